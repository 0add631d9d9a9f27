"""The organization: its settings, and making another one."""

import pytest
from django.test import Client
from django.utils import timezone

from products.models import Member, Role, Workspace
from tests.conftest import browser_of


def test_it_renames_the_organization_and_keeps_its_address(as_owner: Client) -> None:
    assert as_owner.post("/acme/settings/", {"name": "Acme Corporation"}).headers["Location"] == "/acme/settings/"
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.slug) == ("Acme Corporation", "acme")
    assert "Acme Corporation" in as_owner.get("/acme/").text


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\0b"])
def test_it_refuses_a_name_that_is_none(as_owner: Client, name: str) -> None:
    assert as_owner.post("/acme/settings/", {"name": name}).status_code == 422
    assert as_owner.post("/organizations/new/", {"name": name}).status_code == 422
    assert [workspace.name for workspace in Workspace.objects.all()] == ["Acme"]


def test_it_lists_members_owners_first(as_owner: Client, collaborator: Member, viewer: Member, owner: Member) -> None:
    page = as_owner.get("/acme/settings/members/").text.split("<main")[1]
    places = [page.index(member.person.email) for member in (owner, collaborator, viewer)]
    assert places == sorted(places)


def test_it_makes_another_organization_of_ones_own(as_owner: Client, owner: Member) -> None:
    assert as_owner.post("/organizations/new/", {"name": "Initech"}).headers["Location"] == "/initech/"
    member = owner.person.memberships.get(workspace__slug="initech")
    assert member.role == Role.OWNER
    page = as_owner.get("/initech/").text
    assert 'href="/acme/"' in page  # the switcher leads back


def test_it_keeps_settings_from_strangers_and_members(stranger: Member, collaborator: Member) -> None:
    for person, status in ((stranger.person, 404), (collaborator.person, 403)):
        assert browser_of(person).post("/acme/settings/", {"name": "Mine"}).status_code == status
    assert Workspace.objects.get(slug="acme").name == "Acme"


def test_it_shows_no_organization_of_others_in_the_switcher(as_owner: Client, stranger: Member) -> None:
    assert "Globex" not in as_owner.get("/acme/").text


def test_it_opens_nothing_of_a_deleted_organization(as_owner: Client, workspace: Workspace) -> None:
    assert as_owner.get("/acme/").status_code == 200
    Workspace.objects.filter(id=workspace.id).update(deleted_at=timezone.now())
    for path in ("/acme/", "/acme/conversations/", "/acme/settings/"):
        assert as_owner.get(path).status_code == 404
    assert "Acme" not in as_owner.get("/account/delete/").text
