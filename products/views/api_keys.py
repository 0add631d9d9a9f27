"""API keys: the list, making one (shown once), rotating and ending one.

Admins manage all keys of the organization, members those narrowed to products of theirs.
"""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required, recently_authenticated
from greenflash_site.http import MemberRequest, render
from products.actions import KeyHasEnded, NewApiKey, create_api_key, revoke_api_key, rotate_api_key
from products.forms import ApiKeyForm, RotateForm
from products.models import ApiKey, Role
from products.snippets import snippets


@member_required(Role.MEMBER)
def index(request: MemberRequest) -> HttpResponse:
    """The keys that this member manages, newest first."""
    api_keys = ApiKey.objects.managed_by(request.member).for_list()
    return render(request, "products/api_keys.html", {"api_keys": api_keys})


@member_required(Role.MEMBER)
@recently_authenticated
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """Make a key and show it, this once."""
    form = ApiKeyForm(request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        made = create_api_key(request.workspace, acting_user=request.user, **form.as_key())
        return _show_once(request, made)
    return render(request, "products/api_key_new.html", {"form": form}, status=422 if form.errors else 200)


@member_required(Role.MEMBER)
@recently_authenticated
@never_cache
def rotate(request: MemberRequest, api_key_id: UUID) -> HttpResponse:
    """Make a key that may do the same and show it, this once; the old one ends after an overlap."""
    api_key = get_object_or_404(ApiKey.objects.managed_by(request.member).for_list(), id=api_key_id)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = rotate_api_key(api_key, acting_user=request.user, overlap=form.as_overlap())
        except KeyHasEnded:
            messages.error(request, f"{api_key.name} was rotated, revoked or has expired already.")
            return redirect("api-key-list", request.workspace.slug)
        api_key.refresh_from_db()
        return _show_once(request, made, instead_of=api_key)
    context = {"form": form, "api_key": api_key}
    return render(request, "products/api_key_rotate.html", context, status=422 if form.errors else 200)


def _show_once(request: MemberRequest, made: NewApiKey, *, instead_of: ApiKey | None = None) -> HttpResponse:
    """The page with the key in plain text, and how to send with it to a product that it may be used for."""
    products = request.products if made.api_key.every_product else made.api_key.products.all()
    if made.api_key.environment:
        products = products.filter(environment=made.api_key.environment)
    product = products.order_by("name", "-environment", "id").first()
    context = {
        "api_key": made.api_key,
        "plaintext": made.plaintext,
        "instead_of": instead_of,
        "base_url": f"{settings.GREENFLASH.url}/api/v1",
        "product": product,
        "snippets": snippets(product_id=product.id) if product else [],
    }
    return render(request, "products/api_key_created.html", context)


@require_POST
@member_required(Role.MEMBER)
def revoke(request: MemberRequest, api_key_id: UUID) -> HttpResponse:
    """End a key at once."""
    api_key = get_object_or_404(ApiKey.objects.managed_by(request.member), id=api_key_id)
    if request.POST.get("name") != api_key.name:
        messages.error(request, f"Nothing was revoked: type the key's name, {api_key.name}, to confirm.")
    else:
        revoke_api_key(api_key, acting_user=request.user)
        messages.success(request, f"{api_key.name} is revoked. Programs that use it are refused from now on.")
    return redirect("api-key-list", request.workspace.slug)
