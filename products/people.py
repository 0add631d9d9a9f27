"""What a person does about their own account: each change is atomic, complete, and in their organizations' logs."""

from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from products import audit
from products.models import Action, Member, Person, Role, Workspace
from products.team import leave


def pending_email(person: Person) -> EmailAddress | None:
    """The address that the person wants to have and has not confirmed yet."""
    return EmailAddress.objects.filter(user=person, verified=False).exclude(email__iexact=person.email).last()


@transaction.atomic
def propose_email(person: Person, email: str) -> EmailAddress:
    """Keep in mind the address that will replace the person's as soon as it is confirmed; one at a time."""
    EmailAddress.objects.filter(user=person, verified=False).exclude(email__iexact=person.email).delete()
    return EmailAddress.objects.create(user=person, email=email.lower())


@transaction.atomic
def change_email(person: Person, email: str) -> None:
    """Give the person another address at once: nothing can be mailed here, so nobody could confirm it.

    IntegrityError where it is another person's.
    """
    before = person.email
    EmailAddress.objects.filter(user=person).delete()
    person.email = email.lower()
    person.save(update_fields=["email"])
    EmailAddress.objects.create(user=person, email=person.email, primary=True)
    audit.record_for(person, Action.EMAIL_CHANGED, before={"email": before}, after={"email": person.email})


def organizations_without_another_owner(person: Person) -> list[Workspace]:
    """Organizations that would be nobody's without this person."""
    owned = person.memberships.filter(role=Role.OWNER).values("workspace_id")
    with_others = Member.objects.filter(workspace_id__in=owned, role=Role.OWNER).exclude(person=person)
    alone = Workspace.objects.filter(id__in=owned, deleted_at=None).exclude(id__in=with_others.values("workspace_id"))
    return list(alone.order_by("name"))


class StillNeeded(Exception):
    """An organization would be left without an owner."""


@transaction.atomic
def delete_account(person: Person) -> None:
    """Forget who the person is: memberships, address, name, password, second factors, sessions. StillNeeded.

    What they wrote in an organization is its own and stays, signed "Deleted account".
    """
    # Alone with their teams, so that of two owners who go at once one stays.
    ids = person.memberships.values("workspace_id")
    list(Workspace.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
    if organizations_without_another_owner(person):
        raise StillNeeded
    audit.record_for(person, Action.ACCOUNT_DELETED)
    for membership in person.memberships.select_related("workspace", "person"):
        if membership.workspace.deleted_at is None:
            leave(membership)
        else:
            membership.delete()  # the organization is on its way out itself
    for model in (EmailAddress, Authenticator, SocialAccount):
        model.objects.filter(user=person).delete()
    keys = UserSession.objects.filter(user=person)
    Session.objects.filter(session_key__in=list(keys.values_list("session_key", flat=True))).delete()
    keys.delete()
    person.email = f"{uuid4()}@deleted.invalid"
    person.name = "Deleted account"
    person.is_active = False
    person.set_unusable_password()  # other sessions end with the password they began with
    person.save(update_fields=["email", "name", "is_active", "password"])


def record_own(person: Person, action: Action, **change: dict[str, Any]) -> None:
    """Put what a person did about their own account into the log of each of their organizations, all or none."""
    with transaction.atomic():
        audit.record_for(person, action, **change)
