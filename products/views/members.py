"""Members: who belongs to the organization, in which role, to which products; removing, and leaving."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render
from products.models import Member, Role
from products.team import LastOwner, change_role, leave, remove_member, set_products
from products.team_forms import MemberSearchForm, ProductsForm, RoleForm

PAGE_SIZE = 50
LAST_OWNER = "An organization needs an owner. Make somebody else an owner first."


@member_required(Role.ADMIN)
def index(request: MemberRequest) -> HttpResponse:
    """Who is here, who is invited, and who asks for products."""
    form = MemberSearchForm(request.GET)
    page = Paginator(form.narrow(request.workspace.members.for_list()), PAGE_SIZE).get_page(request.GET.get("page"))
    text = form.cleaned_data.get("q", "")

    def url(number: int) -> str:
        return "?" + urlencode({"q": text, "page": number})

    context = {
        "members": page.object_list,
        "count": page.paginator.count,
        "text": text,
        "is_long": bool(text) or page.has_other_pages(),
        "newer_url": url(page.previous_page_number()) if page.has_previous() else None,
        "older_url": url(page.next_page_number()) if page.has_next() else None,
        "invitations": request.workspace.invitations.for_list(),
        "access_requests": request.workspace.access_requests.for_list(),
    }
    return render(request, "settings/members.html", context)


@member_required(Role.ADMIN)
def detail(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """One member: what they may do and see."""
    return _page(request, _member(request, member_id))


@require_POST
@member_required(Role.ADMIN)
def role(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, member_id)
    form = RoleForm(request.POST, acting_member=request.member)
    if form.is_valid():
        try:
            change_role(member, Role(form.cleaned_data["role"]), acting_member=request.member)
        except LastOwner:
            form.add_error("role", LAST_OWNER)
        else:
            messages.success(request, f"{member.person} is {Role(form.cleaned_data['role']).label.lower()} now.")
            return redirect("member-list", request.workspace.slug)
    return _page(request, member, role_form=form)


@require_POST
@member_required(Role.ADMIN)
def products(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Choose which products a member sees."""
    member = _member(request, member_id)
    form = ProductsForm(request.POST, products=request.products)
    if form.is_valid():
        set_products(member, form.cleaned_data["products"], acting_user=request.user)
        messages.success(request, f"{member.person} sees what you have chosen.")
        return redirect("member-list", request.workspace.slug)
    return _page(request, member, products_form=form)


@require_POST
@member_required(Role.ADMIN)
def remove(request: MemberRequest, member_id: UUID) -> HttpResponse:
    """Remove a member."""
    member = _member(request, member_id)
    if request.POST.get("email") != member.person.email:
        messages.error(request, f"Nobody was removed: type {member.person.email} to confirm.")
        return redirect("member-detail", request.workspace.slug, member.id)
    try:
        remove_member(member, acting_member=request.member)
    except LastOwner:
        return _page(request, member, error=LAST_OWNER)
    messages.success(request, f"{member.person} is no member any more.")
    return redirect("root") if member.id == request.member.id else redirect("member-list", request.workspace.slug)


@member_required()
def leave_organization(request: MemberRequest) -> HttpResponse:
    """Leave; asks first."""
    error = ""
    if request.method == "POST":
        try:
            leave(request.member)
        except LastOwner:
            error = LAST_OWNER
        else:
            messages.success(request, f"You have left {request.workspace.name}.")
            return redirect("root")
    return render(request, "settings/leave.html", {"error": error}, status=422 if error else 200)


def _member(request: MemberRequest, id: UUID) -> Member:
    return get_object_or_404(request.workspace.members.select_related("person"), id=id)


def _page(
    request: MemberRequest,
    member: Member,
    *,
    role_form: RoleForm | None = None,
    products_form: ProductsForm | None = None,
    error: str = "",
) -> HttpResponse:
    seen = member.visible_products().values_list("id", flat=True)
    context = {
        "member": member,
        "is_above": not request.member.has_role(Role(member.role)),
        "role_form": role_form or RoleForm(acting_member=request.member, initial={"role": member.role}),
        "products_form": products_form or ProductsForm(products=request.products, initial={"products": list(seen)}),
        "access_request": member.access_requests.first(),
        "error": error,
    }
    status = 422 if role_form or products_form or error else 200
    return render(request, "settings/member.html", context, status=status)
