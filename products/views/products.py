"""Products: the cards, making one, and its page."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, retry_collision
from products.actions import create_product
from products.forms import NewProductForm, ProductForm
from products.models import Role
from products.snippets import snippets
from products.team import waiting
from products.team_forms import CollaboratorForm


@member_required()
def index(request: MemberRequest) -> HttpResponse:
    """The products this member may see, in the environment of the switch."""
    products = request.products.in_environment(request.environment).by_name()
    context = {"products": products, "waiting": waiting(request.member)}
    return render(request, "products/list.html", context)


@member_required(Role.MEMBER)
@retry_collision
def new(request: MemberRequest) -> HttpResponse:
    """Make a product; its page, with its id, comes next."""
    form = NewProductForm(request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        product = create_product(request.member, with_twin=form.cleaned_data.pop("twin"), **form.cleaned_data)
        messages.success(request, f"{product.name} is ready. This is its id; use it when you send messages.")
        return redirect("product-detail", request.workspace.slug, product.id)
    return render(request, "products/new.html", {"form": form}, status=422 if form.errors else 200)


@member_required()
def detail(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """One product: its id, its twin, how to send to it."""
    product = get_object_or_404(request.products, id=product_id)
    context = {
        "product": product,
        "twin": request.products.twin_of(product),
        "snippets": snippets(product_id=product.id),
        "collaborators": product.collaborators.select_related("member__person").order_by("created_at"),
        "collaborator_form": CollaboratorForm(product=product) if request.member.has_role(Role.MEMBER) else None,
    }
    return render(request, "products/detail.html", context)


@member_required(Role.MEMBER)
@retry_collision
def edit(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Change what a product is called and how it looks."""
    product = get_object_or_404(request.products, id=product_id)
    form = ProductForm(request.POST or None, instance=product, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("product-detail", request.workspace.slug, product.id)
    return render(request, "products/edit.html", {"form": form, "product": product}, status=422 if form.errors else 200)
