"""Invitations: sent and ended by admins, opened by whoever has the link."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from greenflash_site.access import member_required, public, signed_in
from greenflash_site.http import MemberRequest, PersonRequest, render
from products import mail, throttle
from products.models import Invitation, Role
from products.team import InvitationGone, NewInvitation, accept, invite, is_for, resend, revoke_invitation
from products.team_forms import InvitationForm

# So many invitations may somebody send in an hour, and so many may reach an address in a day, whoever sends them.
BY_PERSON = 50
TO_ADDRESS = 5


@member_required(Role.ADMIN)
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """Invite somebody, and show the link, this once."""
    form = InvitationForm(request.POST or None, acting_member=request.member, products=request.products)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        _take(request, values["email"])
        try:
            made = invite(
                values["email"],
                role=Role(values["role"]),
                products=values["products"],
                acting_member=request.member,
            )
        except IntegrityError:  # somebody else did at the same moment
            form.add_error("email", InvitationForm.INVITED)
        else:
            return _link(request, made)
    return render(request, "settings/invitation_new.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
@never_cache
def resend_link(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """Another link; the one before ends."""
    invitation = _pending(request, invitation_id)
    _take(request, invitation.email)
    try:
        return _link(request, resend(invitation, acting_member=request.member))
    except InvitationGone:
        return redirect("member-list", request.workspace.slug)


@require_POST
@member_required(Role.ADMIN)
def revoke(request: MemberRequest, invitation_id: UUID) -> HttpResponse:
    """End an invitation."""
    invitation = _pending(request, invitation_id)
    try:
        revoke_invitation(invitation, acting_member=request.member)
    except InvitationGone:
        pass
    else:
        messages.success(request, f"The invitation of {invitation.email} is revoked. Its link leads nowhere now.")
    return redirect("member-list", request.workspace.slug)


@public
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """What the link opens: who invites whom to what, and how to join."""
    invitation = Invitation.objects.by_token(token)
    return _gone(request, token) if invitation is None else _invitation(request, invitation, token)


@require_POST
@signed_in
def join(request: PersonRequest, token: str) -> HttpResponse:
    """Accept the invitation, if it is for who is signed in."""
    invitation = Invitation.objects.by_token(token)
    if invitation is None:
        return _gone(request, token)
    if not is_for(invitation, request.user):
        return _invitation(request, invitation, token, status=403)
    try:
        member = accept(invitation, acting_user=request.user)
    except InvitationGone:
        return _gone(request, token)
    messages.success(request, f"Welcome to {member.workspace.name}.")
    return redirect("home", member.workspace.slug)


def _pending(request: MemberRequest, id: UUID) -> Invitation:
    return get_object_or_404(request.workspace.invitations.for_list(), id=id)


def _take(request: MemberRequest, email: str) -> None:
    throttle.take("invitation-by", str(request.user.id), limit=BY_PERSON, seconds=3_600)
    throttle.take("invitation-to", email.lower(), limit=TO_ADDRESS, seconds=86_400)


def _link(request: MemberRequest, made: NewInvitation) -> HttpResponse:
    """The page that shows a new link; it is mailed as well where mail is set up."""
    context = {"invitation": made.invitation, "link": made.link}
    context["is_mailed"] = mail.send(
        "mail/invitation.txt",
        to=[made.invitation.email],
        subject=f"{request.user} invites you to {request.workspace} on Greenflash",
        context={**context, "person": request.user, "workspace": request.workspace},
    )
    return render(request, "settings/invitation_created.html", context)


def _invitation(request: HttpRequest, invitation: Invitation, token: str, *, status: int = 200) -> HttpResponse:
    person = request.user if request.user.is_authenticated else None
    context = {
        "invitation": invitation,
        "token": token,
        "is_mine": person is not None and is_for(invitation, person),
        "is_unverified": person is not None and person.email.lower() == invitation.email,
        "single_sign_on": settings.SINGLE_SIGN_ON,
    }
    return render(request, "invitations/invitation.html", context, status=status)


def _gone(request: HttpRequest, token: str) -> HttpResponse:
    """The same for every link that opens nothing; but whoever has joined by it is led where they joined."""
    if request.user.is_authenticated and (joined := Invitation.objects.joined_by(token, request.user)):
        return redirect("home", joined.workspace.slug)
    return render(request, "invitations/gone.html", status=404)
