"""Products: making and changing one. Their cards and their numbers are in analytics/views/products.py."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, retry_collision
from products.actions import archive_product, create_product, restore_product
from products.forms import NewProductForm, ProductForm
from products.models import Role
from products.models.ids import read_id


@member_required(Role.MEMBER)
@retry_collision
def new(request: MemberRequest) -> HttpResponse:
    """Make a product, perhaps the twin of one; its page, with its id, comes next."""
    twin = read_id(request.GET.get("twin", ""))
    original = request.products.filter(id=twin).first() if twin else None
    form = NewProductForm(request.POST or None, member=request.member, original=original)
    if request.method == "POST" and form.is_valid():
        product = create_product(request.member, with_twin=form.cleaned_data.pop("twin", False), **form.cleaned_data)
        messages.success(request, f"{product.name} is ready. This is its id; use it when you send messages.")
        return redirect("product-detail", request.workspace.slug, product.id)
    context = {"form": form, "original": original}
    return render(request, "products/new.html", context, status=422 if form.errors else 200)


@member_required(Role.MEMBER)
@retry_collision
def edit(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Change what a product is called and how it looks."""
    product = get_object_or_404(request.products, id=product_id)
    form = ProductForm(request.POST or None, instance=product, workspace=request.workspace)
    if request.method == "POST" and form.is_valid():
        form.save_as(request.user)
        messages.success(request, "Saved.")
        return redirect("product-detail", request.workspace.slug, product.id)
    return render(request, "products/edit.html", {"form": form, "product": product}, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def archive(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Put a product away."""
    product = get_object_or_404(request.products, id=product_id)
    archive_product(product, acting_user=request.user)
    messages.success(request, f"{product.name} is archived. What is sent to it is refused until you restore it.")
    return redirect("product-list", request.workspace.slug)


@require_POST
@member_required(Role.ADMIN)
def restore(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Bring an archived product back."""
    product = get_object_or_404(request.member.archived_products(), id=product_id)
    restore_product(product, acting_user=request.user)
    messages.success(request, f"{product.name} is back.")
    return redirect("product-detail", request.workspace.slug, product.id)
