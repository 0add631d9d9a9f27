"""Measures pages: one client that is signed in asks a running installation for each kind of page, over HTTP."""

import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import cycle, islice
from time import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations.arrivals import arrivals_ticket
from conversations.changes import change_ticket
from conversations.facets import FACETS
from conversations.filters import DATES, LENGTHS, RATINGS, YES_NO, ConversationFilter
from conversations.models import Conversation, Message, MessageType
from greenflash_site.bench import load
from greenflash_site.bench.ingest import percentile
from greenflash_site.bench.installation import Installation
from greenflash_site.bench.processes import cpu_seconds, family
from greenflash_site.bench.report import verdict
from greenflash_site.urls import organization_urls
from products.models import Environment, Person, Workspace
from products.sessions import SEEN_KEY, SessionStore

# Milliseconds that the 95th percentile is to stay under.
LIST_TARGET, SHORT_TARGET, LONG_TARGET, SEARCH_TARGET, OTHER_TARGET = 30, 30, 150, 60, 50
MOST_QUERIES = 12
# So many of a kind take turns, so that it is not one row's pages that are measured.
SAMPLES = 40
# Of which each thread of each process gets some: the first of its requests connects, and loads templates.
WARM_UPS, WARM_UP_CLIENTS = 40, 8
LOOKS = 5
MENU = "menu with counts"
NEWEST, SHORT, LONGEST = "conversations, newest", "conversation of 10 messages", "the longest conversation"
MOST_REQUESTS = 400
LINK = re.compile(rb"conversations/([0-9a-f-]{36})/")
# What people look for in what the demo tells of; the words of one conversation are found in the data.
COMMON_WORDS = ("order", "stock", "printer", "invoice", "thanks", "return")
ABSENT_WORDS = ("zyxomorph", "quagdrill", "vorpalness", "unbexed", "klimptor", "wuzzeldorn")
SUBSTRINGS = ("rde", "toc", "int", "nvo", "ank", "urn")
OTHER_SCRIPTS = ("プリンター", "在庫", "الطلب", "شكرا", "😕", "Rückgabe")
RARE_WORD = r"SW-\d{5}"
# What lists of users and of organizations are sorted by beside names.
COUNTED = ("conversations", "-conversations", "rating", "-rating", "first_seen", "-last_seen")
FOUND_BY = ("last_seen", "name")
# Filters that let choose among a few values; each is measured.
CHOICES: dict[str, Mapping[str, object]] = {
    "rating": RATINGS,
    **dict.fromkeys(("feedback", "event", "tool_error", "reviewed"), YES_NO),
    "length": LENGTHS,
    "date": DATES,
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A kind of page: addresses that are asked for in turns, and its target in milliseconds, if it has one."""

    name: str
    paths: Sequence[str]
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a kind of page took: milliseconds, queries and bytes as sent; the most of any address.

    `cpu` is the processor time of a request in server and database, in milliseconds: it changes less with what else the
    machine does. `rows` are the conversations that it links to, in the mean: they tell whether a filter does anything.
    """

    page: Page
    p50: float
    p95: float
    p99: float
    cpu: float
    requests: int
    queries: int
    transferred: int
    rows: float

    @property
    def is_reached(self) -> bool:
        """Whether it keeps its target, and everybody's of queries."""
        return (self.page.target is None or self.p95 < self.page.target) and self.queries <= MOST_QUERIES


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is signed in to an installation."""

    installation: Installation
    session: str

    def measure(self, page: Page, *, seconds: float) -> Measured:
        """Ask for a page until the time is over; LoadFailed if it does not come."""
        requests = [load.page(path, cookie=self.cookie) for path in page.paths]
        here = self.installation
        load.send_all(list(islice(cycle(requests), WARM_UPS)), port=here.port, clients=WARM_UP_CLIENTS, seconds=60)
        processes = family(here.pid)
        before = cpu_seconds(processes)
        turns = list(islice(cycle(requests), MOST_REQUESTS))
        latencies = load.send_all(turns, port=here.port, clients=1, seconds=seconds).latencies
        cpu = 1000 * (cpu_seconds(processes) - before) / len(latencies)
        looks = [look_at(path, session=self.session) for path in page.paths[:LOOKS]]
        p50, p95, p99 = (1000 * percentile(latencies, share) for share in (0.5, 0.95, 0.99))
        return Measured(
            page=page,
            p50=p50,
            p95=p95,
            p99=p99,
            cpu=cpu,
            requests=len(latencies),
            queries=max(look.queries for look in looks),
            transferred=max(look.transferred for look in looks),
            rows=sum(look.rows for look in looks) / len(looks),
        )

    @property
    def cookie(self) -> str:
        """What a browser sends."""
        return f"{settings.SESSION_COOKIE_NAME}={self.session}"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One page: how many queries it cost, how many bytes it has as it is sent, to how many conversations it leads."""

    status: int
    queries: int
    transferred: int
    rows: int


def look_at(path: str, *, session: str) -> Look:
    """Make a page in this process: how many queries there were, nobody can tell from outside."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"Accept-Encoding": "gzip"})
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    page = gzip.decompress(answer.content) if answer.headers.get("Content-Encoding") == "gzip" else answer.content
    return Look(
        status=answer.status_code,
        queries=len(queries),
        transferred=len(answer.content),
        rows=len(set(LINK.findall(page))),
    )


def session_of(person: Person) -> str:
    """A session as logging in would make it."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session[SEEN_KEY] = int(time())
    session.create()
    assert session.session_key
    return session.session_key


def pages(workspace: Workspace) -> Iterator[Page]:
    """All pages that are measured: those with targets first."""
    root = f"/{workspace.slug}/"
    found = f"{root}conversations/"
    conversations = Conversation.objects.filter(workspace=workspace)
    yield Page(name=NEWEST, paths=[found], target=LIST_TARGET)
    middle = conversations.newest_first()[conversations.count() // 2]
    far = urlencode({"before": f"{middle.last_message_at.isoformat()}_{middle.id}"})
    yield Page(name="conversations, far down", paths=[f"{found}?{far}"], target=LIST_TARGET)
    for name, values in filters(workspace):
        paths = [f"{found}?{urlencode(value)}" for value in values]
        yield Page(name=f"conversations, {name}", paths=paths, target=LIST_TARGET)
    short = [f"{found}{id}/" for id in _some(conversations.filter(message_count=10).values_list("id", flat=True))]
    longest = conversations.order_by("-message_count")[0]
    yield Page(name=SHORT, paths=short, target=SHORT_TARGET)
    yield Page(name=LONGEST, paths=[f"{found}{longest.id}/"], target=LONG_TARGET)
    for name, texts in searches(workspace):
        paths = [f"{found}?{urlencode({'q': text})}" for text in texts]
        yield Page(name=f"search, {name}", paths=paths, target=SEARCH_TARGET)
    for facet in FACETS:
        yield Page(name=f"{MENU}, {facet}", paths=[f"{found}filters/{facet}/"])
    yield from polls(workspace)
    yield from people(workspace)
    for pattern in organization_urls:
        is_list = str(pattern.name).endswith("-list") and not pattern.pattern.converters
        if (is_list and pattern.name != "conversation-list") or pattern.name == "home":
            yield Page(name=str(pattern.name), paths=[f"{root}{pattern.pattern}"], target=OTHER_TARGET)
    products = [f"{root}products/{id}/" for id in workspace.products.values_list("id", flat=True)]
    yield Page(name="a product, 30 days", paths=products, target=OTHER_TARGET)
    yield Page(name="a product, 90 days", paths=[f"{each}?days=90" for each in products], target=OTHER_TARGET)


def people(workspace: Workspace) -> Iterator[Page]:
    """Users, organizations, ratings and events, as their lists can be asked for; and the command palette."""
    root = f"/{workspace.slug}/"
    in_production = {"conversations__product__environment": Environment.PRODUCTION}
    users = workspace.participants.filter(**in_production).distinct()
    companies = workspace.organizations.filter(**in_production).distinct()
    talks = list(Conversation.objects.filter(workspace=workspace).newest_first().values_list("last_message_at", "id"))
    places = [talks[len(talks) * share // 10] for share in (1, 5, 9)]
    far = [urlencode({"before": f"{at.isoformat()}_{id}"}) for at, id in places]
    asked = {
        "users, far down": [f"users/?{place}" for place in far],
        "users, by name": ["users/?sort=name", "users/?sort=-name"],
        "users, by what was counted": [f"users/?sort={sort}" for sort in COUNTED],
        "users, seen in 30 days": [f"users/?period=30d&sort={sort}" for sort in ("last_seen", "name", "rating")],
        "users, of a product": [f"users/?product={product.id}&sort=rating" for product in workspace.products.all()],
        "users, found": [f"users/?q={text}&sort={sort}" for text in ("a", "son", "zyxo") for sort in FOUND_BY],
        "users, of an organization": [f"users/?organization={company.id}" for company in _some(companies)],
        "a user": [f"users/{user.id}/" for user in _some(users)],
        "organizations, by name": ["organizations/?sort=name"],
        "organizations, by what was counted": [f"organizations/?sort={sort}" for sort in COUNTED],
        "an organization": [f"organizations/{company.id}/" for company in _some(companies)],
        "ratings of a year": ["ratings/?period=1y", "ratings/?period=1y&level=low", "ratings/?period=1y&feedback=yes"],
        "events of a year": ["events/?period=1y", "events/?period=1y&influence=negative"],
        "palette": [f"palette/?{urlencode({'q': text})}" for text in ("", "an", "printer", "zyxomorph")],
    }  # fmt: skip
    for name, paths in asked.items():
        yield Page(name=name, paths=[f"{root}{path}" for path in paths], target=OTHER_TARGET)


def polls(workspace: Workspace) -> Iterator[Page]:
    """What pages that are open ask every few seconds, while nothing happens."""
    member = workspace.members.get()
    everything = ConversationFilter.read(
        QueryDict(), workspace=workspace, environment="all", products=member.visible_products(), zone=UTC
    )
    ticket = arrivals_ticket(everything, timezone.now())
    yield Page(name="poll of the list, nothing new", paths=[reverse("conversation-list-changes", args=[ticket])])
    some = _some(Conversation.objects.filter(workspace=workspace))
    paths = [reverse("conversation-changes", args=[change_ticket(each)]) for each in some]
    yield Page(name="poll of a conversation, unchanged", paths=paths)


def filters(workspace: Workspace) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Every single filter of the list, in the words of its query string."""
    people = workspace.participants.values_list("id", flat=True)
    companies = workspace.organizations.values_list("id", flat=True)
    conversations = Conversation.objects.filter(workspace=workspace)
    models = conversations.exclude(model="").values_list("model", flat=True).distinct()
    newest = conversations.newest_first()[0].last_message_at.date()
    yield "a product", [{"product": id} for id in workspace.products.values_list("id", flat=True)]
    yield "a user", [{"user": id} for id in _some(people)]
    yield "an organization", [{"organization": id} for id in _some(companies)]
    yield "a model", [{"model": name} for name in models]
    for name, values in CHOICES.items():
        for value in values:
            yield f"{name}: {value}", [{name: value}]
    months = [newest.replace(month=month, day=1, year=newest.year - (month > newest.month)) for month in range(1, 13)]
    yield "a day long ago", [{"from": day, "until": day} for day in months]
    yield "all environments", [{"environment": "all"}]
    yield "development", [{"environment": "development"}]


def searches(workspace: Workspace) -> Iterator[tuple[str, Sequence[str]]]:
    """Every kind of words to look for."""
    said = Message.objects.filter(workspace=workspace, type=MessageType.USER_MESSAGE, content__regex=RARE_WORD)
    texts = "\n".join(str(content) for content in _some(said.values_list("content", flat=True)))
    yield "a rare word", sorted(set(re.findall(RARE_WORD, texts)))
    yield "an absent word", ABSENT_WORDS
    yield "a common word", COMMON_WORDS
    yield "three letters of a word", SUBSTRINGS
    yield "other scripts", OTHER_SCRIPTS
    yield "a quoted phrase", ['"label printer"', '"out of stock"', '"thank you"']


def _some[T](values: QuerySet[Any, T]) -> list[T]:
    """A few of them, from all over."""
    count = values.count()
    return list(values.order_by("id"))[:: max(count // SAMPLES, 1)][:SAMPLES]


HEAD = (
    "page                                 p50    p95    p99 ms   cpu ms  requests   target          "
    " queries      KB   rows"
)


def table(rows: Sequence[Measured]) -> Iterator[str]:
    """All figures, a line for each kind of page."""
    yield HEAD
    for row in rows:
        target = f"{row.page.target:4.0f} {verdict(row.is_reached)}" if row.page.target else ""
        yield (
            f"{row.page.name:32}{row.p50:8.1f}{row.p95:7.1f}{row.p99:7.1f}{row.cpu:12.1f}{row.requests:10,}"
            f"   {target:16}{row.queries:8}{row.transferred / 1000:8.1f}{row.rows:7.1f}"
        )
