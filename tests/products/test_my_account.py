"""A person's own account: name, address, where they are signed in, and its end."""

import re
import threading
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from conversations.models import Note
from products.accounts import password_reset_link
from products.erasure import delete_workspace
from products.models import AuditEntry, Member, Person, Product, Role
from products.people import StillNeeded, delete_account
from products.sessions import SEEN_KEY, device
from products.team import invite
from tests.conftest import PASSWORD, browser_of, tell
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"


@pytest.fixture
def grace() -> Person:
    """Somebody with a password, who is a member of an organization."""
    person = Person.objects.create_user("grace@example.com", PASSWORD)
    MemberFactory.create(person=person, workspace__slug="grace-co", role=Role.MEMBER)
    return person


def log_in(**headers: str) -> Client:
    client = Client(headers=headers)
    assert client.post("/login/", {"login": "grace@example.com", "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/grace-co/").status_code == 200


def test_it_asks_nobody_for_a_password_that_they_have_just_chosen(client: Client) -> None:
    client.post("/signup/", {"email": "henry@example.com", "password1": PASSWORD, "organization": "Henry"})
    assert client.get("/account/email/").status_code == 200


def test_it_changes_the_name(grace: Person) -> None:
    browser = browser_of(grace)
    assert browser.post("/account/", {"name": "Grace Hopper"}).status_code == 302
    assert "Grace Hopper" in browser.get("/account/").text
    too_long = browser.post("/account/", {"name": "x" * 121})
    assert too_long.status_code == 422
    grace.refresh_from_db()
    assert grace.name == "Grace Hopper"


class TestEmail:
    def test_it_changes_the_address_at_once_where_none_can_be_browser_of(self, grace: Person) -> None:
        browser = browser_of(grace)
        assert browser.post("/account/email/", {"email": "Hopper@Example.com"}).status_code == 302
        grace.refresh_from_db()
        assert grace.email == "hopper@example.com"
        assert [(each.email, each.primary) for each in EmailAddress.objects.all()] == [("hopper@example.com", True)]
        entry = AuditEntry.objects.get(action="person.email_changed")
        assert (entry.before, entry.after) == ({"email": "grace@example.com"}, {"email": "hopper@example.com"})
        login = Client().post("/login/", {"login": "hopper@example.com", "password": PASSWORD})
        assert login.headers["Location"] == "/"

    @pytest.mark.parametrize(
        "email", ["", "grace", "grace@example.com", "GRACE@example.com", "taken@example.com", "a\0@b.c"]
    )
    def test_it_refuses_an_address_that_is_wrong_or_taken(self, grace: Person, email: str) -> None:
        Person.objects.create_user("taken@example.com", PASSWORD)
        browser = browser_of(grace)
        answer = browser.post("/account/email/", {"email": email})
        assert answer.status_code == 422
        grace.refresh_from_db()
        assert grace.email == "grace@example.com"

    def test_it_changes_the_address_when_the_link_is_followed(self, grace: Person, settings: Settings) -> None:
        settings.EMAIL_CONFIGURED = True
        browser = browser_of(grace)
        assert browser.post("/account/email/", {"email": "hopper@example.com"}).status_code == 302
        assert "hopper@example.com" in browser.get("/account/email/").text
        grace.refresh_from_db()
        assert grace.email == "grace@example.com"
        [message] = mail.outbox
        assert message.to == ["hopper@example.com"]
        link = re.search(r"/account/email/confirm/\S+/", str(message.body))
        assert link
        assert browser.post(link[0]).status_code == 302
        grace.refresh_from_db()
        assert grace.email == "hopper@example.com"
        assert EmailAddress.objects.get().verified
        assert AuditEntry.objects.filter(action="person.email_changed").count() == 1

    def test_it_tells_nobody_that_an_address_is_taken_where_mail_can(self, grace: Person, settings: Settings) -> None:
        settings.EMAIL_CONFIGURED = True
        taken = Person.objects.create_user("taken@example.com", PASSWORD)
        EmailAddress.objects.create(user=taken, email=taken.email, verified=True, primary=True)
        browser = browser_of(grace)
        assert browser.post("/account/email/", {"email": "taken@example.com"}).status_code == 302
        link = re.search(r"/account/email/confirm/\S+/", str(mail.outbox[0].body))
        assert link
        browser.post(link[0])
        grace.refresh_from_db()
        assert grace.email == "grace@example.com"

    def test_it_keeps_the_old_address_after_all(self, grace: Person, settings: Settings) -> None:
        settings.EMAIL_CONFIGURED = True
        browser = browser_of(grace)
        browser.post("/account/email/", {"email": "hopper@example.com"})
        assert browser.post("/account/email/again/").status_code == 302
        assert len(mail.outbox) == 1  # the link of the first still works
        assert browser.post("/account/email/keep/").status_code == 302
        assert not EmailAddress.objects.filter(email="hopper@example.com").exists()


class TestSessions:
    def test_it_lists_each_browser_with_where_it_is(self, grace: Person) -> None:
        log_in(user_agent=FIREFOX)
        page = log_in().get("/account/sessions/").text
        assert "Firefox on Windows" in page
        assert "127.0.0.1" in page
        assert page.count("This browser") == 1
        assert "2 browsers" in page

    def test_it_signs_out_one_browser(self, grace: Person) -> None:
        other, third, here = log_in(user_agent=FIREFOX), log_in(), log_in()
        session = UserSession.objects.get(user_agent=FIREFOX)
        assert here.post(f"/account/sessions/{session.pk}/end/").status_code == 302
        assert [is_in(client) for client in (other, third, here)] == [False, True, True]
        entry = AuditEntry.objects.get(action="person.session_ended")
        assert entry.before == {"device": "Firefox on Windows", "address": "127.0.0.1"}

    def test_it_signs_out_every_other_browser(self, grace: Person) -> None:
        others, here = [log_in(), log_in()], log_in()
        assert here.post("/account/sessions/end-others/").status_code == 302
        assert [is_in(client) for client in (*others, here)] == [False, False, True]

    def test_it_leads_to_the_way_out_for_this_browser(self, grace: Person) -> None:
        here = log_in()
        answer = here.post(f"/account/sessions/{UserSession.objects.get().pk}/end/")
        assert answer.headers["Location"] == "/logout/"

    def test_it_leaves_a_strangers_browsers_alone(self, grace: Person, stranger: Member) -> None:
        graces = log_in()
        charlie = browser_of(stranger.person)
        assert charlie.post(f"/account/sessions/{UserSession.objects.get().pk}/end/").status_code == 404
        charlie.post("/account/sessions/end-others/")
        assert is_in(graces)

    def test_it_notes_when_a_browser_was_seen_but_not_at_every_page(
        self, grace: Person, django_assert_max_num_queries: Any
    ) -> None:
        client = log_in()
        session = client.session
        session[SEEN_KEY] -= 301
        session.save()
        before = UserSession.objects.get().last_seen_at
        is_in(client)
        assert UserSession.objects.get().last_seen_at > before
        seen = UserSession.objects.get().last_seen_at
        is_in(client)
        assert UserSession.objects.get().last_seen_at == seen

    def test_it_writes_down_each_login(self, grace: Person) -> None:
        log_in()
        entry = AuditEntry.objects.get(action="person.logged_in")
        assert (entry.actor, entry.address) == ("grace@example.com", "127.0.0.1")

    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            (FIREFOX, "Firefox on Windows"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", "Safari on macOS"),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) CriOS/142.0 Safari/604.1", "Chrome on iPhone"),
            ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
            ("curl/8.5.0", "curl"),
            ("<script>alert(1)</script>", "An unknown browser"),
            ("", "An unknown browser"),
        ],
    )
    def test_it_names_a_browser(self, user_agent: str, name: str) -> None:
        assert device(user_agent) == name


class TestDelete:
    def test_it_deletes_the_account_and_leaves_what_belongs_to_the_organization(
        self, owner: Member, product: Product
    ) -> None:
        bob = Person.objects.create_user("bob@example.com", PASSWORD, name="Bob")
        MemberFactory.create(workspace=owner.workspace, person=bob, role=Role.ADMIN)
        conversation = tell(product, "Hello")
        Note.objects.create(workspace=owner.workspace, conversation=conversation, author=bob, text="Look at this")
        elsewhere, browser = Client(), browser_of(bob)
        elsewhere.post("/login/", {"login": "bob@example.com", "password": PASSWORD})
        assert "Acme" in browser.get("/account/delete/").text
        answer = browser.post("/account/delete/", {"email": "BOB@example.com"})
        assert answer.headers["Location"] == "/account/deleted/"
        assert browser.get("/account/deleted/").status_code == 200
        assert not Person.objects.filter(email__icontains="bob").exists()
        assert not Member.objects.filter(person=bob).exists()
        assert not any(client.get("/acme/").status_code == 200 for client in (browser, elsewhere))
        assert not Session.objects.exists()
        login = Client().post("/login/", {"login": "bob@example.com", "password": PASSWORD})
        assert login.status_code == 422
        page = browser_of(owner.person).get(f"/acme/conversations/{conversation.id}/").text
        assert "Look at this" in page
        assert "Deleted account" in page
        entry = AuditEntry.objects.get(action="person.deleted")
        assert (entry.actor, entry.target) == ("bob@example.com", "Bob")

    def test_it_frees_the_address_for_a_new_account(self, grace: Person) -> None:
        browser_of(grace).post("/account/delete/", {"email": "grace@example.com"})
        form = {"email": "grace@example.com", "password1": PASSWORD, "organization": "Again"}
        assert Client().post("/signup/", form, follow=True).redirect_chain[-1][0] == "/again/"

    @pytest.mark.parametrize("email", ["", "grace", "other@example.com"])
    def test_it_wants_the_address_typed(self, grace: Person, email: str) -> None:
        assert browser_of(grace).post("/account/delete/", {"email": email}).status_code == 422
        assert Person.objects.filter(email="grace@example.com").exists()

    @pytest.mark.parametrize("others", [Role.ADMIN, None])
    def test_it_keeps_the_last_owner_and_says_what_to_do(self, owner: Member, others: Role | None) -> None:
        if others:
            MemberFactory.create(workspace=owner.workspace, role=others)
        browser = browser_of(owner.person)
        page = browser.get("/account/delete/").text
        assert "no owner but you" in page
        assert "/acme/settings/" in page
        assert browser.post("/account/delete/", {"email": "ada@acme.example"}).status_code == 422
        assert Person.objects.filter(email="ada@acme.example").exists()

    def test_it_lets_one_of_two_owners_go(self, owner: Member) -> None:
        MemberFactory.create(workspace=owner.workspace, role=Role.OWNER)
        answer = browser_of(owner.person).post("/account/delete/", {"email": "ada@acme.example"})
        assert answer.headers["Location"] == "/account/deleted/"

    def test_it_does_not_wait_for_an_organization_that_is_being_deleted(self, owner: Member) -> None:
        delete_workspace(owner.workspace, acting_member=owner)
        delete_account(owner.person)
        assert not Member.objects.filter(person=owner.person).exists()

    def test_it_leaves_no_invitation_as_a_way_back(self, owner: Member) -> None:
        amy = MemberFactory.create(workspace=owner.workspace, role=Role.ADMIN)
        invite("amy@elsewhere.example", role=Role.ADMIN, acting_member=amy)
        delete_account(amy.person)
        assert not owner.workspace.invitations.pending().exists()


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_two_owners_who_go_at_once(owner: Member) -> None:
    other = MemberFactory.create(workspace=owner.workspace, role=Role.OWNER)
    outcomes = []
    together = threading.Barrier(2)

    def go(person: Person) -> None:
        together.wait()
        try:
            delete_account(person)
            outcomes.append("gone")
        except StillNeeded:
            outcomes.append("needed")
        connection.close()

    threads = [threading.Thread(target=go, args=[member.person]) for member in (owner, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "needed"]
    assert owner.workspace.members.filter(role=Role.OWNER).count() == 1


def test_it_gives_a_link_to_a_new_password_without_any_mail(grace: Person) -> None:
    link = password_reset_link(grace)
    assert link.startswith(f"{django_settings.GREENFLASH.url}/account/password/reset/key/")
    client = Client()
    path = link.removeprefix(django_settings.GREENFLASH.url)
    address = client.get(path, follow=True).redirect_chain[-1][0]
    new = {"password1": "a whole new battery", "password2": "a whole new battery"}
    assert client.post(address, new).status_code == 302
    assert Client().post("/login/", {"login": grace.email, "password": new["password1"]}).status_code == 302
    assert 'name="password1"' not in Client().get(path, follow=True).text
    assert AuditEntry.objects.filter(action="person.password_changed").exists()
