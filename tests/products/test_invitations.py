"""Invitations: a link that works once, for seven days, for one address."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from products.actions import archive_product
from products.models import Action, AuditEntry, Invitation, Member, Person, Product, Role, Workspace
from products.team import InvitationGone, accept, invite
from products.views import invitations
from tests.conftest import PASSWORD, browser_of, free_port
from tests.factories import MemberFactory, PersonFactory
from tests.products.test_members import at_once

EMAIL = "ivan@acme.example"


@pytest.fixture(autouse=True)
def _no_limits_reached() -> None:
    """Attempts are counted by address, and all tests come from one."""
    cache.clear()


@pytest.fixture
def link(owner: Member, product: Product) -> str:
    """The path of an invitation for Ivan, as a member with the helpbot."""
    return path_of(invite(EMAIL, role=Role.MEMBER, products=[product], acting_member=owner).link)


@pytest.fixture
def ivan(db: None) -> Person:
    """Ivan has an account already."""
    return Person.objects.create_user(EMAIL, PASSWORD)


def path_of(link: str) -> str:
    assert link.startswith(f"{django_settings.GREENFLASH.url}/invitations/")
    return link.removeprefix(django_settings.GREENFLASH.url)


def shown_link(page: str) -> str:
    """The path of the link that a page shows."""
    found = re.search(r"http\S+?(/invitations/[\w-]+/)", page)
    assert found, page
    return found[1]


def sign_up(client: Client, link: str, **changes: str) -> Any:
    """Sign up by an invitation."""
    token = link.split("/")[2]
    return client.post(f"/signup/?invitation={token}", {"email": EMAIL, "password1": PASSWORD, **changes})


def new(client: Client, **changes: Any) -> Any:
    """Post the form that invites."""
    return client.post("/acme/settings/invitations/new/", {"email": EMAIL, "role": "member", **changes})


def test_it_offers_no_product_that_was_put_away(as_owner: Client, owner: Member, product: Product) -> None:
    archive_product(product, acting_user=owner.person)
    assert str(product.id) not in as_owner.get("/acme/settings/invitations/new/").text
    assert new(as_owner, products=[str(product.id)]).status_code == 422
    assert not Invitation.objects.exists()


def test_it_shows_the_link_once_and_stores_only_its_hash(as_owner: Client, product: Product) -> None:
    page = new(as_owner, email="Ivan@ACME.example", products=[str(product.id)])
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    token = shown_link(page.text).split("/")[2]
    assert token not in as_owner.get("/acme/settings/members/").text
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.product_ids) == (EMAIL, "member", [str(product.id)])
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    with connection.cursor() as cursor:
        cursor.execute("select invitation::text, (select string_agg(a::text, '') from audit_entry a) from invitation")
        assert token not in "".join(cursor.fetchone())
    assert mail.outbox == []  # no mail server is set up
    entry = AuditEntry.objects.get(action=Action.INVITATION_CREATED)
    assert (entry.target, entry.after) == (EMAIL, {"role": "member", "products": ["Helpbot"]})


def test_it_mails_the_link_where_mail_is_set_up(as_owner: Client, settings: Settings) -> None:
    settings.EMAIL_CONFIGURED = True
    page = new(as_owner).text
    [message] = mail.outbox
    assert message.to == [EMAIL]
    assert "Acme" in message.subject
    assert shown_link(str(message.body)) == shown_link(page)


def test_it_mails_no_headers_of_somebodys_making(as_owner: Client, settings: Settings, workspace: Workspace) -> None:
    settings.EMAIL_CONFIGURED = True
    workspace.name = "Acme\r\nBcc: eve@evil.example"
    workspace.save(update_fields=["name"])
    new(as_owner)
    [message] = mail.outbox
    assert message.recipients() == [EMAIL]
    assert "\n" not in message.subject


def test_it_shows_the_link_where_the_mail_server_is_away(as_owner: Client, settings: Settings) -> None:
    settings.EMAIL_CONFIGURED = True
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": free_port(), "timeout": 1},
        }
    }
    page = new(as_owner)
    assert page.status_code == 200
    assert "No mail was sent" in page.text
    assert shown_link(page.text)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"email": ""}, "required"),
        ({"email": "ivan"}, "valid email"),
        ({"email": "iv\0an@acme.example"}, "valid email"),
        ({"email": f"{'x' * 250}@acme.example"}, "254"),
        ({"role": ""}, "required"),
        ({"role": "king"}, "valid choice"),
        ({"products": ["nonsense"]}, "valid"),
        ({"products": ["01890000-0000-7000-8000-000000000000"]}, "valid choice"),
        ({"email": "Ada@acme.example"}, "member already"),
    ],
)
def test_it_refuses_what_is_wrong(as_owner: Client, changes: dict[str, Any], told: str) -> None:
    answer = new(as_owner, **changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert not Invitation.objects.exists()


def test_it_leads_whoever_joined_to_the_organization_until_that_is_deleted(
    link: str, ivan: Person, workspace: Workspace
) -> None:
    client = browser_of(ivan)
    assert client.post(f"{link}join/").headers["Location"] == "/acme/"
    assert client.get(link).headers["Location"] == "/acme/"
    Workspace.objects.filter(id=workspace.id).update(deleted_at=timezone.now())
    assert client.get(link).status_code == 404


def test_it_invites_nobody_twice(as_owner: Client, link: str) -> None:
    answer = new(as_owner, email=EMAIL.upper())
    assert answer.status_code == 422
    assert "invited already" in answer.text


def test_it_offers_and_grants_no_role_above_ones_own(workspace: Workspace, owner: Member) -> None:
    amy = browser_of(MemberFactory.create(workspace=workspace, role=Role.ADMIN).person)
    assert 'value="owner"' not in amy.get("/acme/settings/invitations/new/").text
    assert new(amy, role="owner").status_code == 422
    assert new(amy, role="admin").status_code == 200
    owners = invite("olga@acme.example", role=Role.OWNER, acting_member=owner).invitation
    for verb in ("resend", "revoke"):
        assert amy.post(f"/acme/settings/invitations/{owners.id}/{verb}/").status_code == 403


def test_it_says_who_invites_whom_to_what(client: Client, link: str) -> None:
    page = client.get(link)
    assert page.status_code == 200
    for said in ("ada@acme.example", EMAIL, "Acme", "as member"):
        assert said in page.text


def test_it_joins_by_signing_up(client: Client, link: str, product: Product, workspace: Workspace) -> None:
    form = client.get(f"/signup/?invitation={link.split('/')[2]}").text
    assert f'value="{EMAIL}"' in form
    assert 'name="organization"' not in form
    assert sign_up(client, link, email="eve@evil.example").status_code == 302  # the address is the invitation's
    assert client.get("/").headers["Location"] == "/acme/"
    assert client.get(f"/acme/products/{product.id}/").status_code == 200
    member = Member.objects.get(person__email=EMAIL)
    assert (member.role, Workspace.objects.count()) == ("member", 1)
    entry = AuditEntry.objects.get(action=Action.MEMBER_JOINED)
    assert entry.after == {"role": "member", "invited by": "ada@acme.example", "products": ["Helpbot"]}
    assert not Person.objects.filter(email="eve@evil.example").exists()


def test_it_joins_by_signing_up_where_nobody_else_may(client: Client, link: str, settings: Settings) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, signup="invite")
    for path in ("/signup/", "/signup/?invitation=nonsense"):
        assert "By invitation only" in client.get(path).text
        client.post(path, {"email": "eve@evil.example", "password1": PASSWORD, "organization": "Evil"})
    assert not Person.objects.filter(email="eve@evil.example").exists()
    sign_up(client, link)
    assert client.get("/acme/").status_code == 200


def test_it_keeps_the_form_that_was_wrong(client: Client, link: str) -> None:
    answer = sign_up(client, link, password1="short")
    assert answer.status_code == 422
    assert f'value="{EMAIL}"' in answer.text
    assert not Person.objects.filter(email=EMAIL).exists()


def test_it_waits_for_the_proof_of_the_address_where_mail_is_set_up(
    client: Client, link: str, settings: Settings, workspace: Workspace
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert sign_up(client, link).headers["Location"] == "/account/email/confirm/"
    assert not workspace.members.filter(person__email=EMAIL).exists()
    [message] = mail.outbox
    confirm = re.search(r"/account/email/confirm/\S+/", str(message.body))
    assert confirm
    client.post(confirm[0])
    assert workspace.members.get(person__email=EMAIL).role == Role.MEMBER
    assert Invitation.objects.get().accepted_at


def test_it_joins_nobody_whose_invitation_was_revoked_before_the_proof(
    client: Client, link: str, settings: Settings, as_owner: Client, workspace: Workspace
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    sign_up(client, link)
    as_owner.post(f"/acme/settings/invitations/{Invitation.objects.get().id}/revoke/")
    confirm = re.search(r"/account/email/confirm/\S+/", str(mail.outbox[0].body))
    assert confirm
    assert client.post(confirm[0]).status_code == 302
    assert not workspace.members.filter(person__email=EMAIL).exists()


def test_it_joins_with_the_account_one_has(ivan: Person, link: str, workspace: Workspace) -> None:
    anonymous = Client().get(link).text
    assert f"/login/?next={link}" in anonymous
    browser = browser_of(ivan)
    assert "Join</button>" in browser.get(link).text
    assert not workspace.members.filter(person=ivan).exists()  # looking is not joining
    assert browser.post(f"{link}join/").headers["Location"] == "/acme/"
    assert workspace.members.get(person=ivan).role == Role.MEMBER
    assert browser.get(link).headers["Location"] == "/acme/"
    assert browser.post(f"{link}join/").headers["Location"] == "/acme/"


def test_it_wants_the_address_proven_where_mail_can_prove_it(
    ivan: Person, link: str, workspace: Workspace, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    browser = browser_of(ivan)
    assert "Confirm your address first" in browser.get(link).text
    assert browser.post(f"{link}join/").status_code == 403
    assert not workspace.members.filter(person=ivan).exists()
    EmailAddress.objects.create(user=ivan, email=EMAIL, verified=True, primary=True)
    assert browser.post(f"{link}join/").status_code == 302


def test_it_is_for_nobody_else(link: str, workspace: Workspace, stranger: Member) -> None:
    charlie = browser_of(stranger.person)
    page = charlie.get(link).text
    assert "charlie@globex.example" in page
    assert "Switch account" in page
    assert charlie.post(f"{link}join/").status_code == 403
    assert not workspace.members.filter(person=stranger.person).exists()
    assert charlie.post("/logout/", {"next": link}).headers["Location"] == link


def ended(invitation: Invitation, how: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "expired": {"expires_at": timezone.now()},
        "revoked": {"revoked_at": timezone.now()},
        "used": {"accepted_at": timezone.now(), "accepted_by": invitation.inviter},
    }
    if how == "deleted":
        Workspace.objects.update(deleted_at=timezone.now())
    else:
        Invitation.objects.update(**changes[how])


@pytest.mark.parametrize("how", ["expired", "revoked", "used", "deleted"])
def test_it_gives_nothing_away_once_it_has_ended(client: Client, ivan: Person, link: str, how: str) -> None:
    ended(Invitation.objects.get(), how)
    unknown, gone = client.get("/invitations/nonsense/"), client.get(link)
    assert unknown.status_code == gone.status_code == 404
    token = r'X-CSRFToken": "\w+"'
    assert re.sub(token, "", gone.text) == re.sub(token, "", unknown.text)
    assert browser_of(ivan).post(f"{link}join/").status_code == 404
    assert not Member.objects.filter(person=ivan).exists()
    before = Person.objects.count()
    sign_up(client, link)  # as if without: the form lacks an organization
    assert Person.objects.count() == before


@pytest.mark.parametrize("token", ["%00", "%F0%9F%98%80", "x" * 4_000, "..%2f", "%ff%fe", "' or 1=1 --"])
def test_it_answers_nonsense_with_404(client: Client, db: None, token: str) -> None:
    assert client.get(f"/invitations/{token}/").status_code == 404
    assert client.get(f"/signup/?invitation={token}").status_code == 200


def test_it_sends_another_link_and_ends_the_one_before(as_owner: Client, client: Client, link: str) -> None:
    invitation = Invitation.objects.get()
    Invitation.objects.update(expires_at=timezone.now())
    assert "Expired" in as_owner.get("/acme/settings/members/").text
    page = as_owner.post(f"/acme/settings/invitations/{invitation.id}/resend/").text
    assert client.get(link).status_code == 404
    assert client.get(shown_link(page)).status_code == 200
    assert AuditEntry.objects.filter(action=Action.INVITATION_RESENT, target=EMAIL).count() == 1


def test_it_lets_nobody_send_without_end(as_owner: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "TO_ADDRESS", 2)
    resend = f"/acme/settings/invitations/{Invitation.objects.get().id}/resend/"
    assert [as_owner.post(resend).status_code for _ in range(3)] == [200, 200, 429]
    monkeypatch.setattr(invitations, "BY_PERSON", 4)
    assert [new(as_owner, email=f"{n}@acme.example").status_code for n in range(2)] == [200, 429]
    assert Invitation.objects.count() == 2


def test_it_ends_a_revoked_link(as_owner: Client, client: Client, link: str) -> None:
    revoke = f"/acme/settings/invitations/{Invitation.objects.get().id}/revoke/"
    assert as_owner.post(revoke).status_code == 302
    assert client.get(link).status_code == 404
    assert as_owner.post(revoke).status_code == 404
    assert EMAIL not in as_owner.get("/acme/settings/members/").text
    assert new(as_owner).status_code == 200  # and may be invited again


def test_it_keeps_the_role_of_who_is_a_member_already(ivan: Person, link: str, workspace: Workspace) -> None:
    MemberFactory.create(workspace=workspace, person=ivan, role=Role.ADMIN)
    assert browser_of(ivan).post(f"{link}join/").status_code == 302
    assert workspace.members.get(person=ivan).role == Role.ADMIN


def test_it_passes_over_products_that_are_gone(
    owner: Member, ivan: Person, workspace: Workspace, stranger: Member
) -> None:
    lost = Product.objects.create(workspace=workspace, name="Lost")
    theirs = Product.objects.create(workspace=stranger.workspace, name="Theirs")
    made = invite(EMAIL, role=Role.VIEWER, products=[lost, theirs], acting_member=owner)
    lost.delete()
    member = accept(made.invitation, acting_user=ivan)
    assert list(member.visible_products()) == []


def test_it_knows_no_invitation_of_another_organization(stranger: Member, link: str) -> None:
    charlie, id = browser_of(stranger.person), Invitation.objects.get().id
    for slug in ("acme", "globex"):
        assert charlie.post(f"/{slug}/settings/invitations/{id}/resend/").status_code == 404
        assert charlie.post(f"/{slug}/settings/invitations/{id}/revoke/").status_code == 404
    assert EMAIL not in charlie.get("/globex/settings/members/").text


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_member_of_an_invitation_accepted_twice_at_once(owner: Member, workspace: Workspace) -> None:
    person = PersonFactory.create(email=EMAIL)
    invitation = invite(EMAIL, role=Role.MEMBER, acting_member=owner).invitation
    outcomes: list[str] = []

    def join() -> None:
        try:
            accept(invitation, acting_user=person)
            outcomes.append("joined")
        except InvitationGone:
            outcomes.append("gone")

    joins: list[Callable[[], None]] = [join] * 4
    at_once(*joins)
    assert sorted(outcomes) == ["gone", "gone", "gone", "joined"]
    assert workspace.members.filter(person=person).count() == 1
