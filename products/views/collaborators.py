"""Collaborators: who was added to a product."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, retry_collision
from products.models import Role
from products.team import add_collaborators, remove_collaborator
from products.team_forms import CollaboratorForm


@require_POST
@member_required(Role.MEMBER)
@retry_collision
def add(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """Let one more member or viewer see the product."""
    product = get_object_or_404(request.products, id=product_id)
    form = CollaboratorForm(request.POST, product=product)
    if form.is_valid():
        member = form.cleaned_data["member"]
        add_collaborators(product, [member], acting_user=request.user)
        messages.success(request, f"{member.person} sees {product.name} now.")
    else:
        messages.error(request, "Nobody was added: choose somebody who is a member and not a collaborator yet.")
    return redirect("product-detail", request.workspace.slug, product.id)


@require_POST
@member_required(Role.MEMBER)
def remove(request: MemberRequest, product_id: UUID, member_id: UUID) -> HttpResponse:
    """Close the product to a collaborator, oneself included."""
    product = get_object_or_404(request.products, id=product_id)
    member = get_object_or_404(request.workspace.members.select_related("person"), id=member_id)
    remove_collaborator(product, member, acting_user=request.user)
    messages.success(request, f"{member.person} is no collaborator of {product.name} any more.")
    if not request.member.visible_products().filter(id=product.id).exists():
        return redirect("product-list", request.workspace.slug)
    return redirect("product-detail", request.workspace.slug, product.id)
