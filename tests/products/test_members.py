"""Members: roles, removing, leaving, and that an organization always has an owner."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.utils import timezone

from conversations.models import Export, Note, Review, SavedView
from products.actions import archive_product, create_product
from products.models import Action, AuditEntry, Collaborator, Invitation, Member, Product, Role, Workspace
from products.team import LastOwner, change_role, invite, leave, remove_member, resend, revoke_invitation
from tests.conftest import browser_of, tell
from tests.factories import MemberFactory


@pytest.fixture
def admin(workspace: Workspace) -> Member:
    """Amy is an admin of Acme."""
    return MemberFactory.create(workspace=workspace, person__email="amy@acme.example", role=Role.ADMIN)


@pytest.fixture
def second_owner(workspace: Workspace) -> Member:
    """Olga owns Acme too."""
    return MemberFactory.create(workspace=workspace, person__email="olga@acme.example", role=Role.OWNER)


def role_of(member: Member) -> str:
    return Member.objects.get(id=member.id).role


def give(client: Client, member: Member, role: str) -> Any:
    """Post the form that changes a role."""
    return client.post(f"/acme/settings/members/{member.id}/role/", {"role": role})


def take_out(client: Client, member: Member, typed: str | None = None) -> Any:
    """Post the form that removes somebody."""
    email = member.person.email if typed is None else typed
    return client.post(f"/acme/settings/members/{member.id}/remove/", {"email": email})


def test_it_lists_who_is_here(
    as_owner: Client, collaborator: Member, owner: Member, newcomer: Member, stranger: Member
) -> None:
    page = as_owner.get("/acme/settings/members/").text
    for member in (owner, collaborator, newcomer):
        assert member.person.email in page
    assert stranger.person.email not in page
    assert "Every product" in page
    assert '<td role="cell" class="number" data-unit="product">1</td>' in page
    assert '<td role="cell" class="number" data-unit="products">0</td>' in page


def test_it_finds_members_and_pages_through_many(as_owner: Client, workspace: Workspace) -> None:
    assert 'role="search"' not in as_owner.get("/acme/settings/members/").text
    for number in range(101):
        MemberFactory.create(workspace=workspace, person__name=f"Person {number:03}")
    page, pages, seen = as_owner.get("/acme/settings/members/"), 1, set()
    while True:
        seen |= {member.person.name for member in page.context["members"]}
        if not (url := page.context["older_url"]):
            break
        page, pages = as_owner.get(f"/acme/settings/members/{url}"), pages + 1
    assert pages == 3
    assert len(seen) == page.context["count"] == 102
    assert [
        as_owner.get(f"/acme/settings/members/?page={nonsense}").status_code for nonsense in ("0", "x", "9" * 30)
    ] == [200] * 3
    found = as_owner.get("/acme/settings/members/?q=pERSON+05")
    assert [member.person.name for member in found.context["members"]] == [f"Person 05{digit}" for digit in range(10)]
    assert "10 people found" in found.text
    assert "Nobody found" in as_owner.get("/acme/settings/members/?q=nobody%25").text
    assert as_owner.get("/acme/settings/members/?q=%00").status_code == 200


def test_it_changes_a_role_and_says_so_in_the_log(as_owner: Client, owner: Member, newcomer: Member) -> None:
    assert give(as_owner, newcomer, "admin").status_code == 302
    assert role_of(newcomer) == Role.ADMIN
    entry = AuditEntry.objects.get(action=Action.MEMBER_ROLE_CHANGED)
    assert (entry.before, entry.after) == ({"role": "member"}, {"role": "admin"})
    assert (entry.actor, entry.target_id) == (owner.person.email, newcomer.person.id)


@pytest.mark.parametrize(
    ("target", "role", "status"),
    [
        ("newcomer", "admin", 302),
        ("newcomer", "viewer", 302),
        ("admin", "viewer", 302),  # oneself
        ("newcomer", "owner", 422),  # above one's own
        ("owner", "member", 403),  # somebody above
        ("second_owner", "owner", 422),
        ("newcomer", "", 422),
        ("newcomer", "king", 422),
    ],
)
def test_it_lets_an_admin_grant_no_more_than_they_have(
    admin: Member, owner: Member, second_owner: Member, newcomer: Member, target: str, role: str, status: int
) -> None:
    members = {"admin": admin, "owner": owner, "second_owner": second_owner, "newcomer": newcomer}
    before = role_of(members[target])
    assert give(browser_of(admin.person), members[target], role).status_code == status
    assert role_of(members[target]) == (role if status == 302 else before)


def test_it_offers_an_admin_no_owners(admin: Member, owner: Member, newcomer: Member) -> None:
    amy = browser_of(admin.person)
    page = amy.get(f"/acme/settings/members/{newcomer.id}/").text
    assert 'value="admin"' in page
    assert 'value="owner"' not in page
    page = amy.get(f"/acme/settings/members/{owner.id}/").text
    assert "Only an owner" in page
    assert "/role/" not in page
    assert "/remove/" not in page


def test_it_offers_no_product_that_was_put_away(
    as_owner: Client, owner: Member, newcomer: Member, product: Product
) -> None:
    archive_product(product, acting_user=owner.person)
    page = f"/acme/settings/members/{newcomer.id}/"
    assert str(product.id) not in as_owner.get(page).text
    assert as_owner.post(f"{page}products/", {"products": [str(product.id)]}).status_code == 422
    assert not Collaborator.objects.filter(member=newcomer).exists()


def test_it_keeps_the_last_owner(as_owner: Client, owner: Member, admin: Member) -> None:
    for answer in (
        give(as_owner, owner, "admin"),
        take_out(as_owner, owner),
        as_owner.post("/acme/leave/"),
    ):
        assert answer.status_code == 422
        assert "needs an owner" in answer.text
    assert role_of(owner) == Role.OWNER


def test_it_lets_an_owner_go_once_there_is_another(as_owner: Client, owner: Member, second_owner: Member) -> None:
    assert give(as_owner, owner, "viewer").status_code == 302
    assert role_of(owner) == Role.VIEWER
    assert give(as_owner, owner, "owner").status_code == 403  # no way back
    assert browser_of(second_owner.person).post("/acme/leave/").status_code == 422


def test_it_removes_a_member_who_is_out_at_once(
    as_owner: Client, collaborator: Member, product: Product, owner: Member
) -> None:
    bob = browser_of(collaborator.person)
    assert bob.get("/acme/").status_code == 200
    assert take_out(as_owner, collaborator).headers["Location"] == "/acme/settings/members/"
    assert bob.get("/acme/").status_code == 404
    assert bob.get("/").headers["Location"] == "/organizations/new/"
    entry = AuditEntry.objects.get(action=Action.MEMBER_REMOVED)
    assert entry.before == {"role": "member", "products": ["Helpbot"]}
    assert entry.target == "bob@acme.example"


@pytest.mark.parametrize("typed", ["", "bob", "BOB@acme.example"])
def test_it_removes_nobody_whose_address_was_not_typed(as_owner: Client, collaborator: Member, typed: str) -> None:
    assert take_out(as_owner, collaborator, typed).status_code == 302
    assert Member.objects.filter(id=collaborator.id).exists()


def test_it_lets_an_admin_remove_no_owner(admin: Member, owner: Member, second_owner: Member) -> None:
    assert take_out(browser_of(admin.person), owner).status_code == 403
    assert role_of(owner) == Role.OWNER


def test_it_keeps_what_a_removed_member_said_and_shared_and_nothing_else(
    as_owner: Client, collaborator: Member, product: Product, workspace: Workspace, owner: Member
) -> None:
    conversation = tell(product, "Hello")
    bob, person = browser_of(collaborator.person), collaborator.person
    page = f"/acme/conversations/{conversation.id}/"
    bob.post(f"{page}notes/", {"text": "Look here @ada@acme.example"})
    bob.post(f"{page}review/")
    bob.post("/acme/conversations/views/new/?rating=low", {"name": "Low", "is_shared": "on"})
    bob.post("/acme/conversations/views/new/?rating=high", {"name": "High"})
    export = Export.objects.create(
        workspace=workspace, member=collaborator, format="csv", zone="UTC", product_ids=[], finished_at=timezone.now()
    )
    export.append(b"a,b", done=1)
    take_out(as_owner, collaborator)
    assert Note.objects.get().author == Review.objects.get().reviewer == person
    assert "bob@acme.example" in as_owner.get(page).text
    kept = SavedView.objects.get()
    assert (kept.name, kept.member) == ("Low", None)
    assert not Export.objects.exists()
    assert not Collaborator.objects.filter(workspace=workspace).exclude(member=owner).exists()
    assert ">Low<" in as_owner.get("/acme/conversations/").text


def test_it_gives_a_shared_view_without_an_owner_to_who_stops_sharing_it(
    as_owner: Client, owner: Member, collaborator: Member
) -> None:
    browser_of(collaborator.person).post("/acme/conversations/views/new/?rating=low", {"name": "L", "is_shared": "on"})
    take_out(as_owner, collaborator)
    view = SavedView.objects.get()
    as_owner.post(f"/acme/conversations/views/{view.id}/edit/", {"name": "Mine"})
    view.refresh_from_db()
    assert (view.name, view.member, view.shared_at) == ("Mine", owner, None)


def test_it_ends_invitations_of_who_may_not_send_them_any_more(owner: Member, admin: Member) -> None:
    invite("ivan@acme.example", role=Role.ADMIN, acting_member=admin)
    invite("mia@acme.example", role=Role.MEMBER, acting_member=owner)
    change_role(admin, Role.VIEWER, acting_member=owner)
    assert [each.email for each in Invitation.objects.pending()] == ["mia@acme.example"]
    revoked = AuditEntry.objects.get(action=Action.INVITATION_REVOKED)
    assert revoked.target == "ivan@acme.example"


def test_it_lets_everybody_leave(viewer: Member, collaborator: Member, admin: Member) -> None:
    for member in (viewer, collaborator, admin):
        browser = browser_of(member.person)
        assert "/acme/leave/" in browser.get("/acme/").text
        assert browser.get("/acme/leave/").status_code == 200
        assert browser.post("/acme/leave/").headers["Location"] == "/"
        assert browser.get("/acme/").status_code == 404
    assert AuditEntry.objects.filter(action=Action.MEMBER_LEFT).count() == 3


def test_it_knows_no_member_of_another_organization(as_owner: Client, stranger: Member) -> None:
    assert as_owner.get(f"/acme/settings/members/{stranger.id}/").status_code == 404
    assert give(as_owner, stranger, "viewer").status_code == 404
    assert take_out(as_owner, stranger).status_code == 404
    assert role_of(stranger) == Role.OWNER


def test_it_reads_again_who_acts(owner: Member, second_owner: Member, newcomer: Member) -> None:
    """Between the gate and the change somebody demoted them."""
    Member.objects.filter(id=owner.id).update(role=Role.MEMBER)
    for change in (
        lambda: change_role(newcomer, Role.ADMIN, acting_member=owner),
        lambda: remove_member(second_owner, acting_member=owner),
        lambda: invite("ivan@acme.example", role=Role.ADMIN, acting_member=owner),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert role_of(newcomer) == Role.MEMBER


def test_it_lets_nobody_act_above_a_rank_they_have_just_lost(
    owner: Member, second_owner: Member, newcomer: Member
) -> None:
    asked = invite("ivan@acme.example", role=Role.OWNER, acting_member=owner).invitation
    Member.objects.filter(id=owner.id).update(role=Role.ADMIN)
    for change in (
        lambda: change_role(newcomer, Role.OWNER, acting_member=owner),
        lambda: remove_member(second_owner, acting_member=owner),
        lambda: invite("judy@acme.example", role=Role.OWNER, acting_member=owner),
        lambda: resend(asked, acting_member=owner),
        lambda: revoke_invitation(asked, acting_member=owner),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert list(Invitation.objects.pending()) == [asked]


def at_once(*changes: Callable[[], None]) -> list[BaseException | None]:
    """Run each in a thread and a connection of its own, all beginning together; what each raised."""
    barrier, raised = Barrier(len(changes)), dict[int, BaseException | None]()

    def run(number: int, change: Callable[[], None]) -> None:
        barrier.wait()
        try:
            change()
            raised[number] = None
        except (LastOwner, PermissionDenied) as error:
            raised[number] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=each) for each in enumerate(changes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [raised[number] for number in sorted(raised)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["demotes", "removes", "leaves"])
@pytest.mark.parametrize("second", ["demotes", "removes", "leaves"])
def test_it_never_has_no_owner_whatever_two_owners_do_at_once(
    owner: Member, second_owner: Member, first: str, second: str
) -> None:
    def does(verb: str, acting: Member, other: Member) -> Callable[[], None]:
        if verb == "leaves":
            return lambda: leave(acting)
        if verb == "removes":
            return lambda: remove_member(other, acting_member=acting)
        return lambda: change_role(other, Role.MEMBER, acting_member=acting)

    raised = at_once(does(first, owner, second_owner), does(second, second_owner, owner))
    # Who was demoted first may still leave.
    assert raised.count(None) == 1 or "leaves" in (first, second)
    assert Member.objects.filter(role=Role.OWNER).count() == 1


def test_it_keeps_two_tabs_in_two_organizations_apart(owner: Member, product: Product) -> None:
    """The organization is in every address: what one tab did last is nothing to the other."""
    initech = MemberFactory.create(
        workspace__name="Initech", workspace__slug="initech", person=owner.person, role=Role.OWNER
    )
    tell(product, "Said at Acme")
    tell(create_product(initech, name="Faxbot"), "Said at Initech")
    ada = browser_of(owner.person)
    for _ in range(2):
        acme, other = ada.get("/acme/conversations/").text, ada.get("/initech/conversations/").text
        assert ("Said at Acme" in acme, "Said at Initech" in acme) == (True, False)
        assert ("Said at Acme" in other, "Said at Initech" in other) == (False, True)
        ada.get("/initech/")
        form = {"name": "Made in the first tab", "kind": "agent", "environment": "production", "color": "teal"}
        ada.post("/acme/products/new/", {**form, "icon": "bot"})
        assert not initech.workspace.products.filter(name="Made in the first tab").exists()
    assert product.workspace.products.filter(name="Made in the first tab").count() == 1
