"""The organization: its settings, and making another one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from greenflash_site.access import member_required, signed_in
from greenflash_site.http import MemberRequest, PersonRequest, render, retry_collision
from products.actions import change_workspace, create_workspace
from products.forms import OrganizationForm
from products.models import Role


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
