"""The team of a workspace: roles and leaving, invitations, collaborators; used by pages and by sign-up.

Whoever changes who belongs to a workspace is alone with its team until they are done, and their own role is read again
then: two owners who demote each other at once are one after the other, and the second is none any more.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from allauth.account import app_settings as allauth_settings
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from products.audit import record
from products.models import (
    AccessRequest,
    Action,
    Collaborator,
    Invitation,
    Member,
    Person,
    Product,
    Role,
    Workspace,
)
from products.models.invitation import expiry, generate_token, hash_token


class LastOwner(Exception):
    """Without this owner the workspace would have none."""


class InvitationGone(Exception):
    """The invitation was accepted, revoked or ran out meanwhile."""


@transaction.atomic
def change_role(member: Member, role: Role, *, acting_member: Member) -> None:
    """Give `member` another role; PermissionDenied where either is above the acting member's, LastOwner."""
    acting = _alone_with_team(acting_member)
    target = _member_now(member)
    _require_rank(acting, target.role, role)
    if target.role == role:
        return
    if target.role == Role.OWNER:
        _keep_an_owner(target)
    before, target.role = target.role, role
    target.save(update_fields=["role"])
    _revoke_what_was_sent(target, acting_user=acting.person)
    record(
        target.workspace,
        Action.MEMBER_ROLE_CHANGED,
        acting_user=acting.person,
        target=target.person,
        before={"role": before},
        after={"role": role},
    )


@transaction.atomic
def remove_member(member: Member, *, acting_member: Member) -> None:
    """Remove `member` with what is theirs alone; PermissionDenied where they are above the acting member, LastOwner.

    Their notes and reviews stay, signed; views that they shared stay with the team.
    """
    acting = _alone_with_team(acting_member)
    target = _member_now(member)
    _require_rank(acting, target.role)
    _delete(target, Action.MEMBER_REMOVED, acting_user=acting.person)


@transaction.atomic
def leave(member: Member) -> None:
    """The member goes; LastOwner."""
    target = _alone_with_team(member, role=Role.VIEWER)
    _delete(target, Action.MEMBER_LEFT, acting_user=target.person)


@dataclass(frozen=True)
class Waiting:
    """A member who sees no product: whom they can ask, and since when they do."""

    owners: list[Member]
    asked: AccessRequest | None


def waiting(member: Member) -> Waiting | None:
    """What a member without products is told; None for everybody else."""
    if member.sees_every_product or member.visible_products().exists():
        return None
    return Waiting(list(member.workspace.members.owners()), member.access_requests.first())


@dataclass(frozen=True)
class NewInvitation:
    """An invitation and its link, which exists nowhere else."""

    invitation: Invitation
    token: str

    @property
    def link(self) -> str:
        """What the invited person opens."""
        return f"{settings.GREENFLASH.url}{reverse('invitation', args=[self.token])}"


@transaction.atomic
def invite(email: str, *, role: Role, products: Iterable[Product] = (), acting_member: Member) -> NewInvitation:
    """Ask whoever has this address to join; IntegrityError where that was done already."""
    acting = _alone_with_team(acting_member)
    _require_rank(acting, role)
    token, chosen = generate_token(), list(products)
    invitation = Invitation.objects.create(
        workspace=acting.workspace,
        email=email.lower(),
        role=role,
        product_ids=[str(product.id) for product in chosen],
        hash=hash_token(token),
        inviter=acting.person,
    )
    after = {"role": role, "products": [product.name for product in chosen]}
    record(acting.workspace, Action.INVITATION_CREATED, acting_user=acting.person, target=invitation, after=after)
    return NewInvitation(invitation, token)


@transaction.atomic
def resend(invitation: Invitation, *, acting_member: Member) -> NewInvitation:
    """Another link for seven more days; the one before ends. InvitationGone where there is nothing to send again."""
    acting = _alone_with_team(acting_member)
    now = _pending_now(invitation)
    _require_rank(acting, now.role)
    token, before = generate_token(), now.expires_at
    now.hash, now.expires_at, now.inviter = hash_token(token), expiry(), acting.person
    now.save(update_fields=["hash", "expires_at", "inviter"])
    record(
        acting.workspace,
        Action.INVITATION_RESENT,
        acting_user=acting.person,
        target=now,
        before={"expires": before},
        after={"expires": now.expires_at},
    )
    return NewInvitation(now, token)


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, acting_member: Member) -> None:
    """End an invitation; InvitationGone where it has ended already."""
    acting = _alone_with_team(acting_member)
    now = _pending_now(invitation)
    _require_rank(acting, now.role)
    _revoke(now, acting_user=acting.person)


@transaction.atomic
def accept(invitation: Invitation, *, acting_user: Person) -> Member:
    """Join; InvitationGone where that is not possible any more. Whoever is a member already keeps their role."""
    _lock(invitation.workspace)
    now = _pending_now(invitation)
    if now.is_expired:
        raise InvitationGone
    member, is_new = Member.objects.get_or_create(
        workspace=now.workspace, person=acting_user, defaults={"role": now.role}
    )
    now.accepted_at, now.accepted_by = timezone.now(), acting_user
    now.save(update_fields=["accepted_at", "accepted_by"])
    if is_new:
        products = list(now.workspace.products.filter(id__in=now.product_ids))
        Collaborator.objects.bulk_create(
            Collaborator(workspace=now.workspace, product=product, member=member) for product in products
        )
        after = {
            "role": now.role,
            "invited by": now.inviter.email,
            "products": [product.name for product in products],
        }
        record(now.workspace, Action.MEMBER_JOINED, acting_user=acting_user, target=acting_user, after=after)
    return member


@transaction.atomic
def accept_by_signup(invitation: Invitation, *, acting_user: Person) -> None:
    """Join, or where the address is still to be proven, note who will once it is; InvitationGone."""
    if is_for(invitation, acting_user):
        accept(invitation, acting_user=acting_user)
    else:
        _lock(invitation.workspace)
        now = _pending_now(invitation)
        now.accepted_by = acting_user
        now.save(update_fields=["accepted_by"])


def join_what_was_accepted(person: Person) -> None:
    """Join the organizations by whose invitations this person has signed up, now that their address is proven."""
    for invitation in Invitation.objects.pending().filter(accepted_by=person).select_related("workspace"):
        if is_for(invitation, person):
            with suppress(InvitationGone, PermissionDenied):
                accept(invitation, acting_user=person)


def is_for(invitation: Invitation, person: Person) -> bool:
    """Whether the invitation is for this person: their address is proven wherever mail can prove it."""
    if allauth_settings.EMAIL_VERIFICATION != allauth_settings.EmailVerificationMethod.MANDATORY:
        return person.email.lower() == invitation.email
    proven = EmailAddress.objects.filter(user_id=person.id, email__iexact=invitation.email, verified=True)
    return bool(proven.exists())


@transaction.atomic
def add_collaborators(product: Product, members: Iterable[Member], *, acting_user: Person) -> None:
    """Let members of the product's workspace see it; what they asked for is done with that."""
    for member in members:
        _, is_new = Collaborator.objects.get_or_create(workspace=product.workspace, product=product, member=member)
        AccessRequest.objects.filter(workspace=product.workspace, member=member).delete()
        if is_new:
            after = {"person": member.person.email}
            record(product.workspace, Action.COLLABORATOR_ADDED, acting_user=acting_user, target=product, after=after)


@transaction.atomic
def remove_collaborator(product: Product, member: Member, *, acting_user: Person) -> None:
    """Close the product to a member."""
    found = Collaborator.objects.filter(workspace=product.workspace, product=product, member=member)
    if found.delete()[0]:
        before = {"person": member.person.email}
        record(product.workspace, Action.COLLABORATOR_REMOVED, acting_user=acting_user, target=product, before=before)


@transaction.atomic
def set_products(member: Member, products: Iterable[Product], *, acting_user: Person) -> None:
    """Let a member see these products and no others."""
    chosen = set(products)
    had = set(Product.objects.filter(workspace=member.workspace, collaborators__member=member))
    for product in chosen - had:
        add_collaborators(product, [member], acting_user=acting_user)
    for product in had - chosen:
        remove_collaborator(product, member, acting_user=acting_user)


@transaction.atomic
def ask_for_access(member: Member) -> bool:
    """Ask the owners for products; False where the member has asked already."""
    _, is_new = AccessRequest.objects.get_or_create(workspace=member.workspace, member=member)
    if is_new:
        record(member.workspace, Action.ACCESS_REQUESTED, acting_user=member.person, target=member.person)
    return is_new


@transaction.atomic
def dismiss(access_request: AccessRequest, *, acting_user: Person) -> None:
    """Take a request off the list without adding anybody."""
    person = access_request.member.person
    access_request.delete()
    record(access_request.workspace, Action.ACCESS_REQUEST_DISMISSED, acting_user=acting_user, target=person)


def _lock(workspace: Workspace) -> None:
    """Be alone with the workspace's team; ingest, whose rows point at the workspace, does not wait for that."""
    if Workspace.objects.select_for_update(no_key=True).filter(id=workspace.id, deleted_at=None).first() is None:
        raise PermissionDenied


def _alone_with_team(member: Member, *, role: Role = Role.ADMIN) -> Member:
    """The acting member as they are now, alone with the team; PermissionDenied where they may not any more."""
    _lock(member.workspace)
    now = Member.objects.filter(workspace_id=member.workspace_id, id=member.id).select_related("person", "workspace")
    acting = now.first()
    if acting is None or not acting.has_role(role):
        raise PermissionDenied
    return acting


def _member_now(member: Member) -> Member:
    """The member as they are now; PermissionDenied where somebody has removed them meanwhile."""
    now = Member.objects.filter(workspace_id=member.workspace_id, id=member.id).select_related("person", "workspace")
    target = now.first()
    if target is None:
        raise PermissionDenied
    return target


def _pending_now(invitation: Invitation) -> Invitation:
    pending = Invitation.objects.pending().select_related("workspace", "inviter")
    now = pending.filter(workspace_id=invitation.workspace_id, id=invitation.id).first()
    if now is None:
        raise InvitationGone
    return now


def _require_rank(acting: Member, *roles: str) -> None:
    if not all(acting.has_role(Role(role)) for role in roles):
        raise PermissionDenied


def _keep_an_owner(member: Member) -> None:
    owners = Member.objects.filter(workspace_id=member.workspace_id, role=Role.OWNER)
    if not owners.exclude(id=member.id).exists():
        raise LastOwner


def _delete(member: Member, action: Action, *, acting_user: Person) -> None:
    if member.role == Role.OWNER:
        _keep_an_owner(member)
    products = Product.objects.filter(workspace_id=member.workspace_id, collaborators__member_id=member.id)
    before = {"role": member.role, "products": [product.name for product in products.by_name()]}
    record(member.workspace, action, acting_user=acting_user, target=member.person, before=before)
    member.role = Role.VIEWER  # on the way out they may send nothing
    _revoke_what_was_sent(member, acting_user=acting_user)
    member.delete()


def _revoke(invitation: Invitation, *, acting_user: Person) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    before = {"role": invitation.role}
    record(invitation.workspace, Action.INVITATION_REVOKED, acting_user=acting_user, target=invitation, before=before)


def _revoke_what_was_sent(by: Member, *, acting_user: Person) -> None:
    """End the invitations that this member has sent and could not send any more, so that none is a way back in."""
    sent = Invitation.objects.pending().filter(workspace_id=by.workspace_id, inviter_id=by.person_id)
    for invitation in sent.select_related("workspace"):
        if not (by.has_role(Role.ADMIN) and by.has_role(Role(invitation.role))):
            _revoke(invitation, acting_user=acting_user)
