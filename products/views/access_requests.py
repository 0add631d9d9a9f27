"""A member without products asks for some, and those who could add them answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest
from products import mail, throttle
from products.models import Role
from products.team import ask_for_access, dismiss

# So often may somebody ask in a day: after each time that the owners dismissed it.
BY_MEMBER = 10


@require_POST
@member_required()
def new(request: MemberRequest) -> HttpResponse:
    """Ask the owners, once; whoever sees products already has nothing to ask for."""
    if request.products.exists():
        return redirect("home", request.workspace.slug)
    throttle.take("access-request", str(request.member.id), limit=BY_MEMBER, seconds=86_400)
    if ask_for_access(request.member):
        mail.send(
            "mail/access_request.txt",
            to=[owner.person.email for owner in request.workspace.members.owners()],
            subject=f"{request.user} asks to be added to a product of {request.workspace}",
            context={"member": request.member, "person": request.user, "workspace": request.workspace},
        )
    return redirect("home", request.workspace.slug)


@require_POST
@member_required(Role.ADMIN)
def dismiss_request(request: MemberRequest, access_request_id: UUID) -> HttpResponse:
    """Take a request off the list."""
    asked = get_object_or_404(request.workspace.access_requests.for_list(), id=access_request_id)
    dismiss(asked, acting_user=request.user)
    messages.success(request, f"The request of {asked.member.person} is dismissed.")
    return redirect("member-list", request.workspace.slug)
