"""Deleting a product: what will be gone, the name typed, and how far it is."""

from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from conversations.product_deletion import delete_product, what_will_be_gone
from conversations.tasks import erase_product
from greenflash_site.access import member_required, recently_authenticated
from greenflash_site.http import MemberRequest, render, render_partial
from products.erasure import COUNTED
from products.models import DeletedProduct, Role
from products.tasks import BEGIN_AFTER


@member_required(Role.ADMIN)
@recently_authenticated
def delete(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Delete a product, archived or not; asks for its name."""
    product = get_object_or_404(request.products | request.member.archived_products(), id=product_id)
    is_wrong = False
    if request.method == "POST":
        if request.POST.get("name", "").strip() == product.name.strip():
            with transaction.atomic():
                receipt = delete_product(product, acting_user=request.user)
                erase_product.configure(schedule_in={"seconds": BEGIN_AFTER}).defer(receipt_id=str(receipt.id))
            return redirect("product-deleted", request.workspace.slug, receipt.id)
        is_wrong = True
    context = {"product": product, "gone": what_will_be_gone(product), "counted": COUNTED, "is_wrong": is_wrong}
    return render(request, "products/delete.html", context, status=422 if is_wrong else 200)


@member_required(Role.ADMIN)
@never_cache
def deleted(request: MemberRequest, deleted_product_id: UUID) -> HttpResponse:
    """The receipt; its fragment asks for itself until all is gone."""
    receipt = get_object_or_404(DeletedProduct.objects.seen_by(request.member), id=deleted_product_id)
    context = {"receipt": receipt, "counts": sorted(receipt.counts.items(), key=lambda each: -each[1])}
    return render_partial(request, "products/deleted.html", "progress", context)
