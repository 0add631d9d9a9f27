"""Saved views: who sees them, who may change them, and that they show what their opener may see."""

from typing import Any

import pytest
from django.test import Client

from conversations.models import SavedView
from products.actions import create_product
from products.models import Member, Product, Role
from tests.conftest import browser_of, tell
from tests.conversations.views.test_list import titles
from tests.factories import MemberFactory

LIST = "/acme/conversations/"
NEW = "/acme/conversations/views/new/"


def save(client: Client, query: str, name: str, *, is_shared: bool = False) -> Any:
    """Save the filter of this query string."""
    return client.post(f"{NEW}?{query}", {"name": name, **({"is_shared": "on"} if is_shared else {})})


def tabs(client: Client, query: str = "") -> str:
    """The part of the list's page that holds the views."""
    return client.get(f"{LIST}?{query}").text.split('aria-label="Views"')[1].split("</nav>")[0]


@pytest.fixture
def bob(collaborator: Member, product: Product) -> Client:
    """Bob's browser; there is one conversation to list."""
    tell(product, "Hello", model="gpt-9")
    return browser_of(collaborator.person)


def test_it_saves_a_filter_and_opens_it_again(bob: Client, product: Product) -> None:
    tell(product, "Bonjour", model="claude-7")
    assert "Save view" in tabs(bob, "model=gpt-9")
    assert "Save view" not in tabs(bob), "there is nothing to save"
    answer = save(bob, "x=1&model=gpt-9", "The nines")
    assert answer.headers["Location"] == f"{LIST}?model=gpt-9"
    page = bob.get(answer.headers["Location"]).text
    assert titles(page) == ["Hello"]
    assert "Saved as The nines." in page
    shown = tabs(bob, "model=gpt-9")
    assert "The nines" in shown
    assert "Save view" not in shown, "it is saved already"


def test_it_keeps_private_views_private_and_shares_shared_ones(
    bob: Client, owner: Member, viewer: Member, stranger: Member
) -> None:
    save(bob, "model=gpt-9", "Mine")
    save(bob, "rating=low", "Ours", is_shared=True)
    for member in (owner, viewer):
        seen = tabs(browser_of(member.person))
        assert "Ours" in seen
        assert "Mine" not in seen
    theirs = create_product(stranger, name="Globex bot")
    tell(theirs, "Hi")
    page = browser_of(stranger.person).get("/globex/conversations/").text
    assert "Ours" not in page
    assert "Mine" not in page


def test_it_shows_in_a_shared_view_only_what_its_opener_may_see(
    owner: Member, product: Product, collaborator: Member
) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(secret, "secret", model="gpt-9")
    tell(product, "open", model="gpt-9")
    ada, bob = browser_of(owner.person), browser_of(collaborator.person)
    save(ada, "model=gpt-9", "Nines", is_shared=True)
    query = SavedView.objects.get().query
    assert set(titles(ada.get(f"{LIST}?{query}").text)) == {"secret", "open"}
    assert titles(bob.get(f"{LIST}?{query}").text) == ["open"]


def test_it_lets_viewers_use_views_but_not_make_them(bob: Client, viewer: Member) -> None:
    save(bob, "rating=none", "Ours", is_shared=True)
    vera = browser_of(viewer.person)
    assert "Ours" in tabs(vera)
    assert "Save view" not in tabs(vera, "rating=low")
    assert "Edit the view" not in tabs(vera, "rating=none")
    view = SavedView.objects.get()
    for path in (NEW, f"{LIST}views/{view.id}/edit/", f"{LIST}views/{view.id}/delete/"):
        assert vera.post(path, {"name": "x"}).status_code == 403
    assert SavedView.objects.get().name == "Ours"


def test_it_renames_shares_and_unshares(bob: Client, owner: Member) -> None:
    save(bob, "model=gpt-9", "Mine")
    view = SavedView.objects.get()
    edit = f"{LIST}views/{view.id}/edit/"
    assert 'value="Mine"' in bob.get(edit).text
    assert bob.post(edit, {"name": "Everybody's", "is_shared": "on"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.shared_at is not None) == ("Everybody's", True)
    assert bob.post(edit, {"name": "Mine again"}).status_code == 302
    view.refresh_from_db()
    assert (view.name, view.shared_at) == ("Mine again", None)
    assert browser_of(owner.person).get(edit).status_code == 404, "private is private to admins as well"


def test_it_lets_admins_tidy_up_what_is_shared_and_nobody_else(bob: Client, owner: Member, stranger: Member) -> None:
    save(bob, "model=gpt-9", "Ours", is_shared=True)
    path = f"{LIST}views/{SavedView.objects.get().id}/delete/"
    other = MemberFactory.create(workspace=owner.workspace, role=Role.MEMBER)
    assert browser_of(other.person).post(path).status_code == 404
    assert browser_of(stranger.person).post(path).status_code == 404
    assert browser_of(stranger.person).post(path.replace("acme", "globex")).status_code == 404
    assert bob.get(path).status_code == 405
    assert SavedView.objects.exists()
    assert browser_of(owner.person).post(path).headers["Location"] == f"{LIST}?model=gpt-9"
    assert not SavedView.objects.exists()


def test_it_wants_a_name_that_is_ones_own_once(bob: Client, owner: Member) -> None:
    save(bob, "model=gpt-9", "Nines")
    for name, told in (("", "required"), (" ", "required"), ("Nines", "already"), ("x" * 61, "at most 60")):
        answer = save(bob, "model=claude-7", name)
        assert answer.status_code == 422
        assert told in answer.text
        assert f'value="{name}"' in answer.text or not name.strip(), "what was typed stays"
    assert save(browser_of(owner.person), "model=gpt-9", "Nines").status_code == 302, "others have names of their own"
    assert SavedView.objects.count() == 2


def test_it_keeps_a_dangerous_name_harmless(bob: Client) -> None:
    name = '<script>alert(1)</script>"onx='
    save(bob, "model=gpt-9", name, is_shared=True)
    view = SavedView.objects.get()
    for path in (f"{LIST}?model=gpt-9", f"{LIST}views/{view.id}/edit/"):
        page = bob.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
