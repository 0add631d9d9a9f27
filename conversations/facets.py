"""By what a list of conversations can be narrowed: the menus of the filter bar, their choices and how many each has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from psycopg.errors import QueryCanceled

from conversations.filters import LENGTHS, LONGEST_TEXT, RATINGS, YES_NO, ConversationFilter
from conversations.models import ConversationQuerySet, Organization, Participant, conversations_of

# Nobody reads the difference between 1,001 and 40,000 in a menu, and counting on costs as much as there is.
MOST = 1_000
# In how many of the newest conversations a menu looks for users, organizations and models.
NEWEST = 5_000
CHOICES = 20
# What counting the values of a menu may take together; one that could not count shows them without.
COUNT_MILLISECONDS = 500


@dataclass(frozen=True)
class Facet:
    """Something to filter by: `name` in the query string, and the values that are always there (`fixed`)."""

    name: str
    label: str
    icon: str
    fixed: Mapping[str, str] | None = None
    is_searched: bool = False


DATE_LABELS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
}

FACETS = {
    facet.name: facet
    for facet in (
        Facet("product", "Product", "package"),
        Facet("user", "User", "users", is_searched=True),
        Facet("organization", "Organization", "building-2", is_searched=True),
        Facet("model", "Model", "brain"),
        Facet("rating", "Rating", "star", RATINGS),
        Facet("feedback", "Feedback", "message-square-quote", YES_NO),
        Facet("event", "Event", "zap", YES_NO),
        Facet("tool_error", "Tool error", "triangle-alert", YES_NO),
        Facet("reviewed", "Reviewed", "check-check", YES_NO),
        Facet(
            "length",
            "Length",
            "ruler",
            {length: f"{length.replace('-', '–')} messages" for length in LENGTHS},  # noqa: RUF001 - typography
        ),
        Facet("date", "Date", "calendar", DATE_LABELS),
    )
}


# Facets whose values are looked for among the conversations, and in which column.
OCCURRING = {"user": "participant_id", "organization": "organization_id", "model": "model"}


@dataclass(frozen=True)
class Choice:
    """A value of a facet: where it leads, and how many conversations it has (None: not known, or not in time)."""

    value: str
    label: str
    url: str
    is_chosen: bool
    count: int | None = None
    is_capped: bool = False


@dataclass(frozen=True)
class Chip:
    """What is filtered by now."""

    facet: Facet
    text: str
    clear_url: str


def facets_of(chosen: ConversationFilter) -> list[tuple[Facet, list[Choice]]]:
    """Every facet with the values that are known before anything is counted."""
    return [(facet, _known(facet, chosen)) for facet in FACETS.values()]


def chips(chosen: ConversationFilter) -> list[Chip]:
    """What this filter filters by, in the order of the menus; the text that is searched for stands in its own box."""
    return [
        Chip(facet, text, f"?{chosen.without(*_names(facet)).query}")
        for facet in FACETS.values()
        if (text := _text(facet, chosen))
    ]


def choices(facet: Facet, chosen: ConversationFilter, *, find: str = "") -> list[Choice]:
    """The values of a facet, with how many conversations each has among those that pass the rest of the filter.

    Users, organizations and models are those that occur in the newest of them, the most frequent first; `find` asks for
    users and organizations whose name or id holds it instead.
    """
    others = chosen.without(*_names(facet))
    base = conversations_of(chosen.products)
    known = _known(facet, chosen, find=find[:LONGEST_TEXT].replace("\0", ""))
    if facet.name not in OCCURRING or (find and facet.is_searched):
        counts = _counts([others.with_value(facet.name, choice.value).apply(base) for choice in known])
        return [
            replace(choice, count=None if count is None else min(count, MOST), is_capped=(count or 0) > MOST)
            for choice, count in zip(known, counts, strict=True)
        ]
    occurring = others.apply(base).newest_first().values_list(OCCURRING[facet.name], flat=True)
    newest = list(occurring[:NEWEST])
    frequent = Counter(str(value) for value in newest if value).most_common(CHOICES)
    labels = _labels(facet, chosen, [value for value, _ in frequent])
    return [
        replace(_choice(facet, chosen, value, labels.get(value, value)), count=count, is_capped=len(newest) == NEWEST)
        for value, count in frequent
    ]


def _known(facet: Facet, chosen: ConversationFilter, *, find: str = "") -> list[Choice]:
    """The choices that take no look at the conversations."""
    return [_choice(facet, chosen, value, label) for value, label in _values(facet, chosen, find=find).items()]


def _choice(facet: Facet, chosen: ConversationFilter, value: str, label: str) -> Choice:
    url = f"?{chosen.with_value(facet.name, value).query}"
    return Choice(value=value, label=label, url=url, is_chosen=chosen.values.get(facet.name) == value)


def _values(facet: Facet, chosen: ConversationFilter, *, find: str) -> dict[str, str]:
    """The values that are known beforehand, with their labels."""
    if facet.fixed is not None:
        return dict(facet.fixed)
    if facet.name == "product":
        return {str(product.id): product.name for product in chosen.products}
    if facet.is_searched and find:
        condition = Q(name__icontains=find) | Q(external_id__icontains=find)
        rows = _within_reach(facet, chosen).filter(condition).order_by("name", "external_id")[:CHOICES]
        return {str(row.pk): str(row) for row in rows}
    return {}


def _labels(facet: Facet, chosen: ConversationFilter, values: list[str]) -> dict[str, str]:
    if facet.name == "model":
        return {}
    return {str(row.pk): str(row) for row in _within_reach(facet, chosen).filter(pk__in=values)}


def _within_reach(facet: Facet, chosen: ConversationFilter) -> QuerySet[Participant] | QuerySet[Organization]:
    """The users or organizations who had conversations with the filter's products."""
    conversations = conversations_of(chosen.products)
    if facet.name == "user":
        mine = conversations.filter(participant_id=OuterRef("pk"))
        return Participant.objects.filter(Exists(mine), workspace_id=chosen.workspace_id)
    mine = conversations.filter(organization_id=OuterRef("pk"))
    return Organization.objects.filter(Exists(mine), workspace_id=chosen.workspace_id)


def _counts(found: Sequence[ConversationQuerySet]) -> Sequence[int | None]:
    """How many each has, by one statement; None for all where that takes too long."""
    counts = [_count(each.values("id")[: MOST + 1]) for each in found]
    if not counts:
        return []
    columns, values = zip(*counts, strict=True)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = %s", [COUNT_MILLISECONDS])
            cursor.execute(f"select {', '.join(columns)}", [*chain(*values)])
            row: tuple[int, ...] = cursor.fetchone()
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return [None] * len(found)
    return row


def _count(few: QuerySet[Any, Any]) -> tuple[str, Sequence[Any]]:
    """A column that counts these, and its values."""
    try:
        sql, values = few.query.sql_with_params()
    except EmptyResultSet:  # of no products
        return "0", ()
    return f"(select count(*) from ({sql}) as few)", values  # noqa: S608 - Django made it


def _names(facet: Facet) -> tuple[str, ...]:
    return ("date", "from", "until") if facet.name == "date" else (facet.name,)


def _text(facet: Facet, chosen: ConversationFilter) -> str:
    """The chosen value in words; "" where nothing is chosen."""
    value = chosen.values.get(facet.name, "")
    if facet.name == "date" and not value:
        return _days(*chosen.days)
    if facet.fixed is not None:
        return facet.fixed.get(value, "")
    named = {"product": chosen.product, "user": chosen.user, "organization": chosen.organization}
    return str(named.get(facet.name) or "") if facet.name in named else value


def _days(first: date | None, last: date | None) -> str:
    if first and last:
        return _day(first) if first == last else f"{_day(first)} – {_day(last)}"  # noqa: RUF001 - typography
    return f"Since {_day(first)}" if first else f"Until {_day(last)}" if last else ""


def _day(day: date) -> str:
    return date_format(day, "M j, Y")
