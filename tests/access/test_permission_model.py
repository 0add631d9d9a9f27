"""Who may see and do what after any course of joining, leaving, promoting and so on, against a model in plain Python.

Each course of fifty steps ends where it began. `GREENFLASH_MODEL_RUNS=2000` runs more of them than CI does.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client, override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from greenflash_site.api import auth
from products.actions import create_product, create_workspace
from products.models import ApiKey, Environment, Invitation, Member, Person, Product, Role, Workspace
from products.team import LastOwner, accept, change_role, invite, leave, remove_member, revoke_invitation
from tests.access.cast import browser

RUNS = int(os.environ.get("GREENFLASH_MODEL_RUNS", "200"))
STEPS = 50
PEOPLE = ("ada", "bob", "cleo", "dan", "eve")
PRODUCTS = ("helpbot", "helpbot-development", "copilot")
RANKS = ("owner", "admin", "member", "viewer")  # each may what follows it may

people = st.sampled_from(PEOPLE)
products = st.sampled_from(PRODUCTS)
roles = st.sampled_from(RANKS)


def includes(role: str | None, other: str) -> bool:
    """Whether whoever has `role` may do what `other` may."""
    return role is not None and RANKS.index(role) <= RANKS.index(other)


@dataclass
class Key:
    """A key as the model knows it."""

    products: frozenset[str]  # none: all
    environment: str | None
    is_live: bool = True
    is_rotated: bool = False

    def reaches(self) -> set[str]:
        """The products it may be used for."""
        named = self.products or frozenset(PRODUCTS)
        return {each for each in named if self.environment in (None, environment_of(each))} if self.is_live else set()


def environment_of(product: str) -> str:
    """Where a product of the model is."""
    return "development" if product.endswith("development") else "production"


@dataclass
class Team:
    """The model: who is in it, who sees what, and which keys there are."""

    roles: dict[str, str] = field(default_factory=lambda: {"ada": "owner"})
    seen: set[tuple[str, str]] = field(default_factory=lambda: {("ada", product) for product in PRODUCTS})
    invited: dict[str, tuple[str, str]] = field(default_factory=dict)  # whom: as what, by whom
    keys: list[Key] = field(default_factory=list)

    def sees(self, person: str, product: str) -> bool:
        """Whether pages show the product to the person."""
        role = self.roles.get(person)
        return includes(role, "admin") or (role is not None and (person, product) in self.seen)

    def is_last_owner(self, person: str) -> bool:
        """Whether nobody else is an owner."""
        return [name for name, role in self.roles.items() if role == "owner"] == [person]

    def go(self, person: str) -> None:
        """The person is no member any more."""
        del self.roles[person]
        self.seen = {pair for pair in self.seen if pair[0] != person}
        self.forget_invitations_of(person)

    def forget_invitations_of(self, person: str) -> None:
        """What they could not send any more is no way in."""
        role = self.roles.get(person)
        self.invited = {
            whom: (what, by)
            for whom, (what, by) in self.invited.items()
            if by != person or (includes(role, "admin") and includes(role, what))
        }

    def manages(self, person: str, key: Key) -> bool:
        """Whether the person may rotate and revoke the key."""
        role = self.roles.get(person)
        mine = bool(key.products) and all(self.sees(person, product) for product in key.products)
        return includes(role, "admin") or (includes(role, "member") and mine)


class Base:
    """What all courses begin with, made once: Ada's organization, its products, and four others who have accounts."""

    def __init__(self) -> None:
        self.people = {name: Person.objects.create(email=f"{name}@acme.example") for name in PEOPLE}
        self.browsers: dict[str, Client] = {name: browser(person) for name, person in self.people.items()}
        self.workspace: Workspace = create_workspace("Acme", acting_user=self.people["ada"])
        ada = self.workspace.members.get()
        self.products: dict[str, Product] = {
            name: create_product(ada, name=name, environment=Environment(environment_of(name))) for name in PRODUCTS
        }


class Course(RuleBasedStateMachine):
    """One course of steps, each done by the product and by the model."""

    base: Base

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.model = Team()
        self.keys: list[ApiKey] = []

    def teardown(self) -> None:
        """Look at all once more, and take back what the course has done."""
        for person in PEOPLE:
            self.check_sight(person)
        for number in range(len(self.keys)):
            self.check_key(number)
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        auth.forget_callers()

    def member(self, name: str) -> Member:
        """The member, or for somebody who is none what they once were or could claim to be."""
        person = self.base.people[name]
        found = Member.objects.filter(workspace=self.base.workspace, person=person).select_related(
            "workspace", "person"
        )
        return found.first() or Member(workspace=self.base.workspace, person=person, role=Role.OWNER)

    def outcome(self, act: Callable[[], Any]) -> str:
        """What came of an act: done, refused, or that it would leave no owner."""
        try:
            with transaction.atomic():
                act()
        except PermissionDenied:
            return "refused"
        except LastOwner:
            return "last owner"
        return "done"

    def post(self, name: str, path: str, data: dict[str, Any]) -> int:
        """The status of a form that the person sends."""
        return int(self.base.browsers[name].post(f"/{self.base.workspace.slug}/{path}", data).status_code)

    @rule(actor=people, whom=people, role=roles)
    def promote_or_demote(self, actor: str, whom: str, role: str) -> None:
        model = self.model
        had = model.roles.get(whom)
        allowed = includes(model.roles.get(actor), "admin") and had is not None
        allowed = allowed and includes(model.roles.get(actor), had or "") and includes(model.roles.get(actor), role)
        expected = "refused"
        if allowed:
            expected = "last owner" if role != "owner" and model.is_last_owner(whom) else "done"
        target, acting = self.member(whom), self.member(actor)
        assert self.outcome(lambda: change_role(target, Role(role), acting_member=acting)) == expected
        if expected == "done":
            model.roles[whom] = role
            model.forget_invitations_of(whom)

    @rule(actor=people, whom=people)
    def remove(self, actor: str, whom: str) -> None:
        model = self.model
        had = model.roles.get(whom)
        allowed = had is not None and includes(model.roles.get(actor), "admin") and includes(model.roles[actor], had)
        expected = ("last owner" if model.is_last_owner(whom) else "done") if allowed else "refused"
        target, acting = self.member(whom), self.member(actor)
        assert self.outcome(lambda: remove_member(target, acting_member=acting)) == expected
        if expected == "done":
            model.go(whom)

    @rule(whom=people)
    def leave(self, whom: str) -> None:
        expected = "refused" if whom not in self.model.roles else "done"
        if self.model.is_last_owner(whom):
            expected = "last owner"
        member = self.member(whom)
        assert self.outcome(lambda: leave(member)) == expected
        if expected == "done":
            self.model.go(whom)

    @rule(actor=people, whom=people, role=roles, seen=st.sets(products))
    def invite(self, actor: str, whom: str, role: str, seen: set[str]) -> None:
        if whom in self.model.invited or whom in self.model.roles:
            return
        acting_role = self.model.roles.get(actor)
        expected = "done" if includes(acting_role, "admin") and includes(acting_role, role) else "refused"
        acting, email = self.member(actor), self.base.people[whom].email
        chosen = [self.base.products[product] for product in sorted(seen)]
        assert self.outcome(lambda: invite(email, role=Role(role), products=chosen, acting_member=acting)) == expected
        if expected == "done":
            self.model.invited[whom] = (role, actor)

    @precondition(lambda self: self.model.invited)
    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        whom = data.draw(st.sampled_from(sorted(self.model.invited)))
        invitation = self.invitation(whom)
        accept(invitation, acting_user=self.base.people[whom])
        role, _ = self.model.invited.pop(whom)
        self.model.roles[whom] = role
        names = {str(product.id): name for name, product in self.base.products.items()}
        self.model.seen |= {(whom, names[id]) for id in invitation.product_ids}

    @precondition(lambda self: self.model.invited)
    @rule(data=st.data(), actor=people)
    def take_back_an_invitation(self, data: st.DataObject, actor: str) -> None:
        whom = data.draw(st.sampled_from(sorted(self.model.invited)))
        acting_role = self.model.roles.get(actor)
        allowed = includes(acting_role, "admin") and includes(acting_role, self.model.invited[whom][0])
        invitation, acting = self.invitation(whom), self.member(actor)
        outcome = self.outcome(lambda: revoke_invitation(invitation, acting_member=acting))
        assert outcome == ("done" if allowed else "refused")
        if allowed:
            del self.model.invited[whom]

    def invitation(self, whom: str) -> Invitation:
        """The pending invitation of somebody."""
        pending = Invitation.objects.pending().filter(workspace=self.base.workspace)
        return pending.select_related("workspace").get(email=self.base.people[whom].email)

    @rule(actor=people, whom=people, product=products)
    def add_a_collaborator(self, actor: str, whom: str, product: str) -> None:
        model, made = self.model, self.base.products[product]
        status = self.post(actor, f"products/{made.id}/collaborators/", {"member": str(self.member(whom).id)})
        assert status == self.status(actor, "member", product)
        # Owners and admins see it anyway.
        if status == 302 and model.roles.get(whom) in ("member", "viewer"):
            model.seen.add((whom, product))

    @rule(actor=people, whom=people, product=products)
    def remove_a_collaborator(self, actor: str, whom: str, product: str) -> None:
        made = self.base.products[product]
        status = self.post(actor, f"products/{made.id}/collaborators/{self.member(whom).id}/remove/", {})
        expected = self.status(actor, "member", product)
        assert status == (404 if expected == 302 and whom not in self.model.roles else expected)
        if status == 302:
            self.model.seen.discard((whom, product))

    def status(self, actor: str, least: str, product: str) -> int:
        """What a form about a product is answered with that asks for a role."""
        role = self.model.roles.get(actor)
        if role is None:
            return 404
        if not includes(role, least):
            return 403
        return 302 if self.model.sees(actor, product) else 404

    @precondition(lambda self: len(self.keys) < 6)
    @rule(actor=people, named=st.sets(products), environment=st.sampled_from(["", "production", "development"]))
    def make_a_key(self, actor: str, named: set[str], environment: str) -> None:
        role = self.model.roles.get(actor)
        ids = [str(self.base.products[product].id) for product in sorted(named)]
        form = {"name": "key", "scope": "all", "expires_in": "never", "environment": environment, "products": ids}
        is_whole = all(self.model.sees(actor, product) for product in named)
        fits = all(environment in ("", environment_of(product)) for product in named)
        if role is None or not includes(role, "member"):
            expected = 404 if role is None else 403
        else:
            expected = 200 if is_whole and fits and (named or includes(role, "admin")) else 422
        assert self.post(actor, "api-keys/new/", form) == expected
        if expected == 200:
            self.keys.append(ApiKey.objects.exclude(id__in=[key.id for key in self.keys]).get())
            self.model.keys.append(Key(frozenset(named), environment or None))

    @precondition(lambda self: self.keys and len(self.keys) < 6)
    @rule(data=st.data(), actor=people, overlap=st.sampled_from(["0", "1d"]))
    def rotate_a_key(self, data: st.DataObject, actor: str, overlap: str) -> None:
        number = data.draw(st.integers(0, len(self.keys) - 1))
        key = self.model.keys[number]
        status = self.post(actor, f"api-keys/{self.keys[number].id}/rotate/", {"overlap": overlap})
        works = key.is_live and not key.is_rotated
        assert status == self.status_of_key(actor, key, done=200 if works else 302)
        if status == 200:
            self.keys.append(ApiKey.objects.exclude(id__in=[each.id for each in self.keys]).get())
            self.model.keys.append(Key(key.products, key.environment))
            key.is_rotated, key.is_live = True, overlap != "0"

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), actor=people)
    def revoke_a_key(self, data: st.DataObject, actor: str) -> None:
        number = data.draw(st.integers(0, len(self.keys) - 1))
        key = self.model.keys[number]
        status = self.post(actor, f"api-keys/{self.keys[number].id}/revoke/", {"name": "key"})
        assert status == self.status_of_key(actor, key, done=302)
        if status == 302:
            key.is_live = False

    def status_of_key(self, actor: str, key: Key, *, done: int) -> int:
        """What a form about a key is answered with."""
        role = self.model.roles.get(actor)
        if role is None or not includes(role, "member"):
            return 404 if role is None else 403
        return done if self.model.manages(actor, key) else 404

    @rule(person=people)
    def see(self, person: str) -> None:
        self.check_sight(person)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def use_a_key(self, data: st.DataObject) -> None:
        self.check_key(data.draw(st.integers(0, len(self.keys) - 1)))

    @invariant()
    def it_is_the_team_of_the_model(self) -> None:
        rows = Member.objects.filter(workspace=self.base.workspace).values_list("person__email", "role")
        assert {email.partition("@")[0]: role for email, role in rows} == self.model.roles
        assert "owner" in self.model.roles.values()

    def check_sight(self, person: str) -> None:
        """That somebody sees the products that they do in the model."""
        seen = (
            {product.name for product in self.member(person).visible_products()}
            if person in self.model.roles
            else set()
        )
        assert seen == {product for product in PRODUCTS if self.model.sees(person, product)}

    def check_key(self, number: int) -> None:
        """That a key reaches the products that it does in the model."""
        auth.forget_callers()
        names = {product.id: name for name, product in self.base.products.items()}
        caller = auth._caller(bytes(self.keys[number].hash))
        assert {names[id] for id in (caller.versions if caller else ())} == self.model.keys[number].reaches()

    @rule(person=people, product=products)
    def open_a_page(self, person: str, product: str) -> None:
        path = f"/{self.base.workspace.slug}/products/{self.base.products[product].id}/"
        status = self.base.browsers[person].get(path).status_code
        assert status == (200 if self.model.sees(person, product) else 404)


# Who makes a key has given a password just now, however long all courses take.
@override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=86_400)
@pytest.mark.django_db
@pytest.mark.parametrize("half", ["one half", "the other half"])  # for two processes
def test_it_does_as_the_model_after_any_course(half: str) -> None:
    # Each half by a name of its own: in CI hypothesis derives the courses from it, and would take the same ones twice.
    course: type[Course] = type(half, (Course,), {"base": Base()})
    run_state_machine_as_test(
        course,
        settings=settings(
            max_examples=RUNS // 2,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
