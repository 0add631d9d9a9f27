"""Fills an organization with the big data set by COPY, as ingest would have left it.

`manage.py bench_data` and `manage.py bench_pages` call it; told.py says what is in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from django.db import connection, transaction
from tqdm import tqdm
from uuid_utils import uuid7

from conversations.ingest.model_names import model_name
from conversations.models import Conversation
from conversations.models.rating import LOW
from conversations.tallies import count_uncounted
from conversations.visits import visit_due_conversations
from greenflash_site.bench.told import Rated, Told, chapters, said_at
from greenflash_site.demo.cast import COMPANIES
from greenflash_site.demo.script import Json
from greenflash_site.demo.story import ORGANIZATION_NAME, PRODUCTS
from products.actions import create_product, create_workspace
from products.models import Environment, Member, Person, Version, Workspace

type Row = tuple[object, ...]

TYPES = {"user": "user_message", "assistant": "assistant_message", "system": "system_message"}
IMPACT = {"positive": 1, "neutral": 0, "negative": -1}
# Somebody looks at what was rated low.
REVIEWED_AFTER = timedelta(days=1)
NAMES = {company.external_id: company.name for company in COMPANIES}
# In the order that foreign keys ask for; what is not named here keeps its default.
COLUMNS = {
    "organization": "id, workspace_id, external_id, name, created_at, updated_at",
    "participant": "id, workspace_id, external_id, name, email, organization_id, created_at, updated_at",
    "model": "id, workspace_id, canonical_id, display_name, provider, family, created_at",
    "conversation": (
        "id, workspace_id, product_id, version_id, participant_id, organization_id, external_id, title, model,"
        " properties, message_count, tool_call_count, last_position, rating, rating_min, rating_max,"
        " rating_normalized, feedback, rated_at, first_message_at, last_message_at, created_at, updated_at,"
        " search_due_at"
    ),
    "message": (
        "id, workspace_id, conversation_id, position, type, content, tool_name, input, output, model,"
        " parent_external_id, external_id, created_at, received_at"
    ),
    "rating": (
        "id, workspace_id, conversation_id, product_id, participant_id, organization_id, message_id, value, minimum,"
        " maximum, normalized, feedback, rated_at, created_at"
    ),
    "event": (
        "id, workspace_id, product_id, participant_id, organization_id, conversation_id, type, value, value_type,"
        " influence, quality_impact_score, event_at, created_at"
    ),
    "review": "id, workspace_id, conversation_id, reviewer_id, reviewed_at",
}


def fill(person: Person, *, conversations: int, messages: int, until: datetime, shown: bool) -> Workspace:
    """Make an organization of `person` with so many conversations and messages, until `until`; returns it."""
    with transaction.atomic(), tqdm(total=messages, unit=" messages", unit_scale=True, disable=not shown) as bar:
        member = _member(person)
        rows = Rows(
            workspace=str(member.workspace_id), reviewer=str(member.person_id), products=_products(member), until=until
        )
        for chapter in chapters(conversations=conversations, messages=messages, until=until):
            for told in chapter:
                rows.add(told)
            bar.update(_copy(rows.due(max(told.began_at for told in chapter))))
        bar.update(_copy(rows.due(until)))
        _run("insert into uncounted (workspace_id, event_id) select workspace_id, id from event")
    return member.workspace


def visit_all(*, shown: bool) -> None:
    """Do what the worker would have done by now: count what happened, make all of it searchable."""
    _run("analyze")
    waiting = Conversation.objects.filter(search_due_at__isnull=False)
    total = waiting.count()
    with tqdm(total=total, unit=" conversations visited", unit_scale=True, disable=not shown) as bar:
        while visit_due_conversations():
            if shown:
                bar.update(total - bar.n - waiting.count())
    while count_uncounted():
        pass


def vacuum() -> None:
    """Do what autovacuum would have done by now; not in a transaction."""
    _run("vacuum analyze")


def _run(command: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(command)


def _member(person: Person) -> Member:
    workspace = create_workspace(ORGANIZATION_NAME, acting_user=person)
    return Member.objects.select_related("workspace").get(workspace=workspace, person=person)


def _products(member: Member) -> dict[tuple[str, str], tuple[str, str]]:
    """The ids of the story's products and of a development twin, each with its version's; by environment and key."""
    ids = {}
    for environment in Environment.values:
        for product in PRODUCTS if environment == Environment.PRODUCTION else PRODUCTS[:1]:
            made = create_product(
                member, name=product.name, kind=product.kind, description=product.description, environment=environment,
                icon=product.icon, color=product.color,
            )  # fmt: skip
            version = Version.objects.get(product=made)
            ids[environment, product.key] = (str(made.id), str(version.id))
    return ids


def _copy(rows: dict[str, Sequence[Row]]) -> int:
    """COPY rows into their tables; returns how many messages there were."""
    with connection.cursor() as django_cursor:
        cursor: psycopg.Cursor[Any] = django_cursor.cursor
        for table, columns in COLUMNS.items():
            with cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
                for row in rows[table]:
                    copy.write_row(row)
    return len(rows["message"])


@dataclass
class Rows:
    """Rows of all tables that wait to be copied. Values are as PostgreSQL reads them, ids are UUIDv7 of their time."""

    workspace: str
    reviewer: str
    products: dict[tuple[str, str], tuple[str, str]]
    until: datetime
    _rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    _messages: list[tuple[datetime, Row]] = field(default_factory=list)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def due(self, until: datetime) -> dict[str, Sequence[Row]]:
        """What was not told yet, of messages those until then, in the order in which they were said."""
        self._messages.sort(key=lambda message: message[0])
        due = [row for at, row in self._messages if at <= until]
        del self._messages[: len(due)]
        rows, self._rows = self._rows, {table: [] for table in COLUMNS}
        return {**rows, "message": due}

    def add(self, told: Told) -> None:
        """A conversation with all that belongs to it."""
        began, ended = told.began_at, told.ended_at
        conversation = _id(began)
        product, version = self.products[told.environment, told.product]
        organization = self._organization(told.organization, began) if told.organization else None
        participant = self._participant(told.participant, organization, told.organization, began)
        self._model(told.model, began)
        ids = self._say(conversation, told.messages)
        whole = [rating for rating in told.ratings if rating.place is None]
        calls = sum(message.get("messageType") == "tool_call" for message in told.messages)
        row = (
            conversation, self.workspace, product, version, participant, organization, told.external_id,
            _title(told.messages), told.model, _json(told.properties), len(told.messages), calls, len(told.messages),
            *_shown(whole), began, ended, began, max([ended, *(rating.at for rating in whole)]), began,
        )  # fmt: skip
        self._rows["conversation"].append(row)
        self._rows["rating"] += [
            (
                _id(rating.at), self.workspace, conversation, product, participant, organization,
                None if rating.place is None else ids[rating.place], rating.value, rating.minimum, rating.maximum,
                rating.normalized, rating.feedback, rating.at, rating.at,
            )
            for rating in told.ratings
        ]  # fmt: skip
        self._rows["event"] += [
            (
                _id(event.at), self.workspace, product, participant, organization, conversation, event.type,
                event.value, event.value_type, event.influence, IMPACT[event.influence], event.at, event.at,
            )
            for event in told.events
        ]  # fmt: skip
        reviewed_at = ended + REVIEWED_AFTER
        if any(rating.normalized < LOW for rating in told.ratings) and reviewed_at < self.until:
            self._rows["review"].append((_id(reviewed_at), self.workspace, conversation, self.reviewer, reviewed_at))

    def _say(self, conversation: str, messages: Iterable[dict[str, Json]]) -> list[str]:
        """The ids of these messages."""
        ids: list[str] = []
        for message in messages:
            at = said_at(message)
            ids.append(_id(at))
            type = str(message.get("messageType") or TYPES[str(message["role"])])
            row = (
                ids[-1], self.workspace, conversation, len(ids), type, message.get("content"),
                message.get("toolName"),
                _json(message.get("input")), _json(message.get("output")), message.get("model"),
                message.get("parentExternalMessageId"), message["externalMessageId"], at, at,
            )  # fmt: skip
            self._messages.append((at, row))
            if "model" in message:
                self._model(str(message["model"]), at)
        return ids

    def _organization(self, external_id: str, at: datetime) -> str:
        if ("organization", external_id) not in self._known:
            id = self._known["organization", external_id] = _id(at)
            self._rows["organization"].append((id, self.workspace, external_id, NAMES[external_id], at, at))
        return self._known["organization", external_id]

    def _participant(self, external_id: str, organization: str | None, company: str | None, at: datetime) -> str:
        if ("participant", external_id) not in self._known:
            id = self._known["participant", external_id] = _id(at)
            name = external_id.partition("-")[0] if company else ""
            email = f"{external_id}@{company}.example" if company else ""
            row = (id, self.workspace, external_id, name.replace(".", " ").title(), email, organization, at, at)
            self._rows["participant"].append(row)
        return self._known["participant", external_id]

    def _model(self, name: str, at: datetime) -> None:
        if ("model", name) not in self._known:
            id = self._known["model", name] = _id(at)
            known = model_name(name)
            self._rows["model"].append(
                (id, self.workspace, known.canonical_id, known.display_name, known.provider, known.family, at)
            )


def _id(at: datetime) -> str:
    return str(uuid7(nanoseconds=int(at.timestamp() * 1e9)))


def _shown(ratings: Sequence[Rated]) -> Row:
    """What a conversation shows of the ratings of it as a whole: the latest."""
    if not ratings:
        return (None,) * 6
    latest = max(ratings, key=lambda rating: rating.at)
    return (
        latest.value, latest.minimum, latest.maximum, latest.normalized, latest.feedback or None, latest.at,
    )  # fmt: skip


def _title(messages: Iterable[dict[str, Json]]) -> str:
    """As ingest makes it: the first thing the user said, on one line."""
    said = (str(message["content"]) for message in messages if message.get("role") == "user")
    return " ".join(next(said, "").split())[: Conversation.TITLE_LENGTH]


def _json(value: Json) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
