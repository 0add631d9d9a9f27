"""The organization: its settings, making another one, and deleting one."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from greenflash_site.access import member_required, recently_authenticated, signed_in
from greenflash_site.http import MemberRequest, PersonRequest, render, render_partial, retry_collision
from products.actions import change_workspace, create_workspace
from products.erasure import COUNTED, as_receipt, delete_workspace, what_will_be_gone, words
from products.forms import OrganizationForm
from products.models import DeletedWorkspace, Role
from products.tasks import BEGIN_AFTER, erase_workspace


@signed_in
@retry_collision
def new(request: PersonRequest) -> HttpResponse:
    """Make another organization and go there."""
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        workspace = create_workspace(form.cleaned_data["name"], acting_user=request.user)
        return redirect("home", workspace.slug)
    return render(request, "products/organization_new.html", {"form": form}, status=422 if form.errors else 200)


@member_required(Role.ADMIN)
def settings(request: MemberRequest) -> HttpResponse:
    """The organization's name."""
    form = OrganizationForm(request.POST or None, instance=request.workspace)
    if request.method == "POST" and form.is_valid():
        change_workspace(form.instance, acting_user=request.user)
        messages.success(request, "Saved.")
        return redirect("settings", request.workspace.slug)
    return render(request, "settings.html", {"form": form}, status=422 if form.errors else 200)


@member_required(Role.OWNER)
@recently_authenticated
def delete(request: MemberRequest) -> HttpResponse:
    """Delete the organization; asks for its name."""
    is_wrong = False
    if request.method == "POST":
        if request.POST.get("name", "").strip() == request.workspace.name.strip():
            with transaction.atomic():
                receipt = delete_workspace(request.workspace, acting_member=request.member)
                later = erase_workspace.configure(schedule_in={"seconds": BEGIN_AFTER})
                later.defer(receipt_id=str(receipt.id))
            return redirect("organization-deleted", receipt.id)
        is_wrong = True
    context = {"gone": what_will_be_gone(request.workspace), "counted": COUNTED, "is_wrong": is_wrong}
    return render(request, "settings/delete.html", context, status=422 if is_wrong else 200)


@signed_in
@never_cache
def deleted(request: PersonRequest, receipt_id: UUID) -> HttpResponse:
    """The receipt, for who deleted the organization; its fragment asks for itself until all is gone."""
    receipt = get_object_or_404(DeletedWorkspace, id=receipt_id, deleted_by=request.user)
    context = {"receipt": receipt, "gone": words(receipt)}
    return render_partial(request, "organization_deleted.html", "progress", context)


@signed_in
@never_cache
def download_receipt(request: PersonRequest, receipt_id: UUID) -> HttpResponse:
    """The receipt as JSON."""
    receipt = get_object_or_404(DeletedWorkspace, id=receipt_id, deleted_by=request.user)
    headers = {"Content-Disposition": f'attachment; filename="{receipt.slug}-deleted.json"'}
    return JsonResponse(as_receipt(receipt), headers=headers, json_dumps_params={"indent": 2})
