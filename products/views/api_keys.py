"""API keys: the list, making one (shown once), ending one."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render
from products.actions import create_api_key
from products.forms import ApiKeyForm
from products.models import Role
from products.snippets import snippets


@member_required(Role.ADMIN)
def index(request: MemberRequest) -> HttpResponse:
    """The workspace's keys, newest first."""
    return render(request, "products/api_keys.html", {"api_keys": request.workspace.api_keys.for_list()})


@member_required(Role.ADMIN)
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """Make a key and show it, this once."""
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = create_api_key(request.workspace, acting_user=request.user, **form.as_key())
        product = request.products.by_name().first()
        context = {
            "api_key": made.api_key,
            "plaintext": made.plaintext,
            "base_url": f"{settings.GREENFLASH.url}/api/v1",
            "product": product,
            "snippets": snippets(product_id=product.id) if product else [],
        }
        return render(request, "products/api_key_created.html", context)
    return render(request, "products/api_key_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def revoke(request: MemberRequest, api_key_id: UUID) -> HttpResponse:
    """End a key at once."""
    api_key = get_object_or_404(request.workspace.api_keys, id=api_key_id)
    if request.POST.get("name") != api_key.name:
        messages.error(request, f"Nothing was revoked: type the key's name, {api_key.name}, to confirm.")
    else:
        api_key.revoke()
        messages.success(request, f"{api_key.name} is revoked. Programs that use it are refused from now on.")
    return redirect("api-key-list", request.workspace.slug)
