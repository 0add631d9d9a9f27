"""Canaries: every text of an organization, a product and an environment bears its name, and is met nowhere else.

`GREENFLASH_CANARY_MB=100` reads at least so many megabytes of answers; without it fewer.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from conversations.models import Export, Note, SavedView
from conversations.visits import visit_due_conversations
from products.actions import create_api_key, create_product, create_workspace
from products.models import Environment, Member, Person, Product, Role, Workspace
from tests.access.cast import browser
from tests.access.test_routes import API, ROUTES
from tests.conftest import Api, tell
from tests.factories import CollaboratorFactory, MemberFactory

MEGABYTES = int(os.environ.get("GREENFLASH_CANARY_MB", "12"))
CONVERSATIONS = 12
# Whose canaries there are: products of two organizations, hidden from some, and of both environments.
NESTS = ("acmeopen", "acmehidden", "acmedevelopment", "globexopen")
QUERIES = (
    "", "?environment=all", "?environment=development", "?q=canary", "?q=canary&environment=all", "?view=trace",
    "?rating=low&environment=all", "?find=canary&environment=all",
)  # fmt: skip
# Lists and forms that can be about something which their query string names.
NAMED = ("conversations/", "users/", "organizations/", "ratings/", "events/", "products/new/")
# What somebody with one product of Acme's, in production, must not meet.
HIDDEN = ["canaryglobex", "canaryacmehidden", "canaryacmedevelopment"]
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Nest:
    """A product all of whose texts hold `canary`, and what else it consists of."""

    name: str
    product: Product
    ids: set[str] = field(default_factory=set)
    conversations: list[Any] = field(default_factory=list)

    @property
    def canary(self) -> str:
        """What is searched for in answers to others."""
        return f"canary{self.name}"


def text(nest: str, what: str) -> str:
    """A text that bears the nest's name."""
    return f"canary{nest} {what}"


def fill(member: Member, name: str, environment: Environment = Environment.PRODUCTION) -> Nest:
    """A product of `member`'s organization, and everything that can be said about it."""
    workspace = member.workspace
    product = create_product(
        member, name=text(name, "bot"), description=text(name, "about"), environment=environment, kind="agent"
    )
    nest = Nest(name, product)
    key = create_api_key(workspace, acting_user=member.person, name=text(name, "key"), products=[product])
    api = Api(key.plaintext)
    mark = f"canary{name}"
    for number in range(CONVERSATIONS):
        conversation = tell(
            product,
            {"role": "user", "content": text(name, f"asks {number} ") + f"{mark} " * 200},
            {"role": "assistant", "content": f"**{mark}** answers\n```\n{mark}\n```", "model": f"{mark}-model"},
            {
                "messageType": "tool_call", "toolName": mark, "input": {mark: mark},
                "externalMessageId": f"{mark}-{number}",
            },
            {"messageType": "tool_error", "toolName": mark, "output": {"error": mark}},
            {"role": "assistant", "content": text(name, "is sorry"), "properties": {mark: mark}},
            externalUserId=f"{mark}-user-{number % 3}",
            externalConversationId=f"{mark}-{number}",
            externalOrganizationId=f"{mark}-company",
            systemPrompt=text(name, "prompt"),
            properties={mark: mark},
        )  # fmt: skip
        nest.conversations.append(conversation)
        sent = [
            api.put(f"users/{mark}-user-{number % 3}", {"name": mark, "email": f"{mark}@example.com"}),
            api.put(f"organizations/{mark}-company", {"name": text(name, "company")}),
            api.post(
                "ratings",
                {
                    "conversationId": str(conversation.id), "rating": 0, "ratingMin": 0, "ratingMax": 1,
                    "feedback": text(name, "feedback"),
                },
            ),
            api.post(
                "events",
                {
                    "productId": str(product.id), "conversationId": str(conversation.id), "eventType": mark,
                    "value": mark, "properties": {mark: mark},
                },
            ),
        ]  # fmt: skip
        assert all(answer.status_code < 300 for answer in sent), [answer.content for answer in sent]
        Note.objects.create(
            workspace=workspace, conversation=conversation, author=member.person, text=text(name, "note")
        )
    is_development = environment == Environment.DEVELOPMENT
    SavedView.objects.create(
        workspace=workspace,
        member=member,
        # Views are of the organization: that of development is listed in production too.
        name="a view" if is_development else text(name, "view"),
        query=f"product={product.id}",
        shared_at=timezone.now() if name.endswith("open") else None,
    )
    Export.objects.create(workspace=workspace, member=member, format="csv", zone="UTC", product_ids=[str(product.id)])
    return nest


def ids_of(workspace: Workspace) -> set[str]:
    """The id of every row of the organization."""
    ids = {str(workspace.id)}
    for model in apps.get_models():
        columns = {each.attname for each in model._meta.concrete_fields}
        if {"id", "workspace_id"} <= columns:
            rows = model._default_manager.filter(workspace_id=workspace.id)
            ids |= {str(id) for id in rows.values_list("id", flat=True)}
    return ids


@dataclass
class Scan:
    """How much was read, and what must not be in it."""

    read: int = 0
    answers: int = 0

    def answer(self, answer: Any, *, absent: list[str], foreign: set[str], where: str) -> None:
        """Read one answer in whole."""
        assert answer.status_code < 500, where
        said = b"".join(answer).decode(errors="replace") + str(answer.headers)
        self.read += len(said)
        self.answers += 1
        found = [canary for canary in absent if canary in said.lower()]
        assert not found, (where, found)
        assert not foreign.intersection(UUIDS.findall(said)).difference(UUIDS.findall(where)), where


@pytest.mark.django_db
def test_it_shows_nobody_anothers_canaries() -> None:
    ada = create_workspace(
        "canaryacme", acting_user=Person.objects.create(email="canaryacme@example.com")
    ).members.get()
    charlie = create_workspace(
        "canaryglobex", acting_user=Person.objects.create(email="canaryglobex@example.com")
    ).members.get()
    nests = {
        "acmeopen": fill(ada, "acmeopen"),
        "acmehidden": fill(ada, "acmehidden"),
        "acmedevelopment": fill(ada, "acmedevelopment", Environment.DEVELOPMENT),
        "globexopen": fill(charlie, "globexopen"),
    }
    while visit_due_conversations():
        pass
    bob = MemberFactory.create(workspace=ada.workspace, person__email="canaryacmebob@example.com", role=Role.MEMBER)
    vera = MemberFactory.create(workspace=ada.workspace, person__email="canaryacmevera@example.com", role=Role.VIEWER)
    for member in (bob, vera):
        CollaboratorFactory.create(workspace=ada.workspace, product=nests["acmeopen"].product, member=member)
    foreign = {workspace: ids_of(workspace) for workspace in (ada.workspace, charlie.workspace)}
    scan = Scan()
    actors: list[tuple[Member, list[str]]] = [
        (ada, ["canaryglobex"]),
        (bob, HIDDEN),
        (vera, HIDDEN),
        (charlie, ["canaryacme"]),
    ]
    for member, absent in actors:
        client = browser(member.person)
        others = set().union(*(ids for workspace, ids in foreign.items() if workspace != member.workspace))
        named = [f"/{member.workspace.slug}/{place}{query}" for place in NAMED for query in naming(nests.values())]
        for path in [*pages(member, [nest for nest in nests.values() if nest.canary not in absent]), *named]:
            production = [*absent, "canaryacmedevelopment"] if is_of_production(path) else absent
            scan.answer(client.get(path), absent=production, foreign=others, where=f"{member} {path}")
        for format in ("csv", "jsonl"):
            path = f"/{member.workspace.slug}/conversations/exports/"
            for query in QUERIES[:5]:
                exported = client.post(path + query, {"format": format})
                production = [*absent, "canaryacmedevelopment"] if is_of_production(path + query) else absent
                scan.answer(exported, absent=production, foreign=others, where=f"{member} {path}{query}")

    keys = [
        (ada.workspace, {}, ["canaryglobex"]),
        (ada.workspace, {"environment": Environment.PRODUCTION}, ["canaryglobex", "canaryacmedevelopment"]),
        (ada.workspace, {"products": [nests["acmeopen"].product]}, HIDDEN),
        (charlie.workspace, {}, ["canaryacme"]),
    ]
    for workspace, limits, absent in keys:
        made: Any = create_api_key(workspace, acting_user=None, name="canary", **limits)  # type: ignore[arg-type]
        client = Client(headers={"Authorization": f"Bearer {made.plaintext}"})
        others = set().union(*(ids for other, ids in foreign.items() if other != workspace))
        of_people = [path for path in endpoints(nests) if limits and re.search(r"/(users|organizations|models)", path)]
        for path in endpoints(nests):
            # Users, companies and models belong to the organization, not to a product.
            unseen = ["canaryglobex"] if path in of_people and workspace == ada.workspace else absent
            scan.answer(client.get(path), absent=unseen, foreign=others, where=f"{workspace} {limits} {path}")

    # The same questions again and again, until enough was read.
    readers = cycle([(browser(member.person), member, absent) for member, absent in actors])
    while scan.read < MEGABYTES * 1_000_000:
        client, member, absent = next(readers)
        others = set().union(*(ids for workspace, ids in foreign.items() if workspace != member.workspace))
        path = f"/{member.workspace.slug}/conversations/exports/?environment=all"
        scan.answer(client.post(path, {"format": "jsonl"}), absent=absent, foreign=others, where=f"{member} {path}")
        path = f"/{member.workspace.slug}/conversations/?environment=all&q=canary"
        scan.answer(client.get(path), absent=absent, foreign=others, where=f"{member} {path}")
    print(f"{scan.answers} answers, {scan.read / 1e6:.0f} MB")


def is_of_production(path: str) -> bool:
    """Whether a list asks for production alone: what is shown there counts nothing of development."""
    return (
        "environment=" not in path
        and re.search(r"/(conversations|products|users|organizations|ratings|events)/(exports/)?(\?|$)", path)
        is not None
    )


def pages(member: Member, nests: list[Nest]) -> Iterator[str]:
    """Every page that can be read, about what this member may see and, where it has ids, about each such thing."""
    for route in ROUTES:
        if "<slug>" not in route or route.startswith(API):
            continue
        names = set(re.findall(r"<(\w+)>", route)) - {"slug"}
        for values in things(member, nests, names) if names else [{}]:
            path = "/" + re.sub(r"<(\w+)>", lambda name: str({"slug": member.workspace.slug, **values}[name[1]]), route)  # noqa: B023
            yield from (path + query for query in (QUERIES if names <= {"facet_name"} else QUERIES[:1]))


def naming(nests: Iterable[Nest]) -> Iterator[str]:
    """Query strings that name something of each nest, also of those that one may not see."""
    for nest in nests:
        talk = nest.conversations[0]
        yield from (f"?environment=all&{name}={nest.product.id}" for name in ("product", "twin"))
        yield f"?environment=all&user={talk.participant_id}"
        yield f"?environment=all&organization={talk.organization_id}"


def things(member: Member, nests: list[Nest], names: set[str]) -> Iterator[dict[str, Any]]:
    """Values for the parameters of a path: one of each nest and, for what has no product, all there are."""
    workspace = member.workspace
    views, exports = (
        rows.filter(member=member).values_list("id", flat=True) for rows in (workspace.saved_views, workspace.exports)
    )
    mine = {"saved_view_id": views.first() or workspace.id, "export_id": exports.first() or workspace.id}
    if "facet_name" in names:
        yield from ({"facet_name": facet} for facet in ("product", "user", "organization", "model", "rating", "event"))
        return
    for nest in nests:
        if nest.product.workspace_id != workspace.id:
            continue
        for conversation in nest.conversations[:2]:
            yield {
                "product_id": nest.product.id,
                "conversation_id": conversation.id,
                "message_id": conversation.messages.first().id,
                "user_id": conversation.participant_id,
                "organization_id": conversation.organization_id or workspace.id,
                "note_id": conversation.notes.get().id,
                **mine,
                "member_id": member.id,
                # Their paths are for forms alone.
                "invitation_id": workspace.id,
                "access_request_id": workspace.id,
                # None was deleted.
                "deleted_product_id": workspace.id,
                "api_key_id": workspace.api_keys.filter(products=nest.product).values_list("id", flat=True).get(),
            }


def endpoints(nests: dict[str, Nest]) -> Iterator[str]:
    """Every path of the API that can be read, about everybody's things."""
    for path in ("products", "interactions", "users", "organizations", "models"):
        yield f"/api/v1/{path}"
        yield f"/api/v1/{path}?limit=2"
    for nest in nests.values():
        yield f"/api/v1/products/{nest.product.id}"
        yield f"/api/v1/interactions?productId={nest.product.id}"
        yield from (f"/api/v1/interactions/{each.id}" for each in nest.conversations)
