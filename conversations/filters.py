"""What a list of conversations is narrowed to: read from the query string, applied, and written back into links.

The list, its counts, its live poll, its export, saved views and the reader's neighbours all mean the same by it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from conversations.models import (
    Conversation,
    ConversationQuerySet,
    Event,
    Message,
    MessageType,
    Organization,
    Participant,
    Rating,
    Review,
)
from conversations.models.conversation import IS_LONG, LONG
from conversations.models.rating import HIGH, LOW
from conversations.rows import of_row
from conversations.search import Search
from greenflash_site.http import MemberRequest, midnight, zone_of
from products.models import ENVIRONMENTS, Product, Workspace
from products.models.ids import read_id

YES_NO = {"yes": "Yes", "no": "No"}
RATINGS = {"low": "Low", "mid": "Medium", "high": "High", "any": "Rated", "none": "Not rated"}
LENGTHS = {"1-2": (1, 2), "3-5": (3, 5), "6-10": (6, 10), "11-30": (11, 30), "31-100": (31, 100), "101+": (101, None)}
DATES = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "30d": (29, 0), "90d": (89, 0)}
LONGEST_TEXT = 200
# In the order in which they stand in a query string.
NAMES = (
    "product", "user", "organization", "model", "rating", "feedback", "event", "tool_error", "reviewed", "length",
    "date", "from", "until", "q",
)  # fmt: skip


@dataclass(frozen=True)
class ConversationFilter:
    """A filter as somebody chose it: `values` by their names in the query string, all of them sound.

    `products` are those within reach in the switch's environment. `user` and `organization` are what the ids of the
    same names stand for. Days are the viewer's, in `zone`.
    """

    workspace_id: UUID
    environment: str
    products: tuple[Product, ...]
    values: Mapping[str, str]
    user: Participant | None
    organization: Organization | None
    zone: tzinfo
    now: datetime
    # Copies of a filter share it: it asks the database how to find the text, once.
    searched: Search | None = None

    @cached_property
    def search(self) -> Search:
        """What is searched for, perhaps nothing."""
        shared = self.searched
        return shared if shared and shared.text == self.text else Search(self.text, self.workspace_id)

    @classmethod
    def of(cls, request: MemberRequest) -> Self:
        """The filter of this request's query string; what makes no sense in it is as if it were not there."""
        return cls.read(
            request.GET,
            workspace=request.workspace,
            environment=request.environment,
            products=request.products_seen,
            zone=zone_of(request),
        )

    @classmethod
    def read(
        cls,
        query: QueryDict,
        *,
        workspace: Workspace,
        environment: str,
        products: Iterable[Product],
        zone: tzinfo,
        now: datetime | None = None,
    ) -> Self:
        """The same for who may see `products` and asks from the time zone `zone` at `now`."""
        within = tuple(product for product in products if environment in (product.environment, "all"))
        given = {name: query.get(name, "").strip() for name in NAMES if name in query}
        user = _found(workspace.participants.all(), given.get("user"), "participant", products)
        organization = _found(workspace.organizations.all(), given.get("organization"), "organization", products)
        known: dict[str, Mapping[str, object] | set[str]] = {
            "product": {str(product.id) for product in within},
            "user": {str(user.id)} if user else set(),
            "organization": {str(organization.id)} if organization else set(),
            "rating": RATINGS,
            "feedback": YES_NO,
            "event": YES_NO,
            "tool_error": YES_NO,
            "reviewed": YES_NO,
            "length": LENGTHS,
            "date": DATES,
        }
        values = {name: value for name, value in given.items() if name not in known or value in known[name]}
        for name in ("from", "until"):
            if _day(values.get(name, "")) is None:
                values.pop(name, None)
        if "from" in values or "until" in values:
            values.pop("date", None)
        for name in ("model", "q"):
            if not 0 < len(values.get(name, "")) <= LONGEST_TEXT or "\0" in values[name]:
                values.pop(name, None)
        return cls(
            workspace_id=workspace.id,
            environment=environment,
            products=within,
            values=MappingProxyType(values),
            user=user if getattr(user, "is_named", False) else None,
            organization=organization if getattr(organization, "is_named", False) else None,
            zone=zone,
            now=now or timezone.now(),
        )

    @cached_property
    def query(self) -> str:
        """The parameters of the filter alone, urlencoded in a fixed order, for links; "" where nothing is filtered."""
        environment = {} if self.environment == ENVIRONMENTS[0] else {"environment": self.environment}
        return urlencode({**environment, **{name: self.values[name] for name in NAMES if name in self.values}})

    @property
    def link(self) -> str:
        """`query` as it follows a path: "?rating=low", or nothing."""
        return f"?{self.query}" if self.query else ""

    @property
    def text(self) -> str:
        """What is searched for; "" for nothing."""
        return self.values.get("q", "")

    @property
    def product(self) -> Product | None:
        """The one product that is asked for."""
        return next((product for product in self.products if str(product.id) == self.values.get("product")), None)

    def with_value(self, name: str, value: str) -> Self:
        """This filter with another sound value of this name."""
        others = self.without("date", "from", "until").values if name == "date" else self.values
        return replace(self, values=MappingProxyType({**others, name: value}), searched=self.search)

    def without(self, *names: str) -> Self:
        """This filter with these names not filtered by."""
        left = {name: value for name, value in self.values.items() if name not in names}
        return replace(self, values=MappingProxyType(left), searched=self.search)

    @property
    def cleared(self) -> Self:
        """Everything in the same environment."""
        return self.without(*NAMES)

    def apply(self, conversations: ConversationQuerySet) -> ConversationQuerySet:
        """Those of `conversations` that it lets through."""
        products = [product.id for product in ([self.product] if self.product else self.products)]
        found = conversations.filter(product_id__in=products)
        for name, condition in CONDITIONS.items():
            if name in self.values:
                found = found.filter(condition(self.values[name]))
        return self._alive_in(found.filter(self.search.condition))

    def parts(self, conversations: ConversationQuerySet) -> list[ConversationQuerySet]:
        """The same in parts that have none in common; a page of each is found without reading past all that is newer.

        Of days long ago: what ended within a day of them, and of what came to its end later the few that last long.
        """
        found = self.apply(conversations)
        _, last = self.days
        if last is None or last >= self.now.astimezone(self.zone).date():
            return [found]
        soon = midnight(last + timedelta(days=1), self.zone) + LONG
        return [found.filter(last_message_at__lt=soon), found.filter(IS_LONG, last_message_at__gte=soon)]

    def _alive_in(self, conversations: ConversationQuerySet) -> ConversationQuerySet:
        """Those that were going on at some time of the days asked for: a long one shows in each of them."""
        first, last = self.days
        if first is not None:
            conversations = conversations.filter(last_message_at__gte=midnight(first, self.zone))
        if last is not None and last < date.max:
            conversations = conversations.filter(first_message_at__lt=midnight(last + timedelta(days=1), self.zone))
        return conversations

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day asked for; None is open."""
        if "date" in self.values:
            today = self.now.astimezone(self.zone).date()
            first, last = DATES[self.values["date"]]
            return today - timedelta(days=first), today - timedelta(days=last)
        return _day(self.values.get("from", "")), _day(self.values.get("until", ""))


def _length(value: str) -> Q:
    least, most = LENGTHS[value]
    return Q(message_count__gte=least) if most is None else Q(message_count__range=(least, most))


def _rating(value: str) -> Q:
    """Of the conversation or of one of its messages, as it stands: what was rated anew counts as it was rated last."""
    ratings = Rating.objects.shown()
    if value == "low":
        ratings = ratings.filter(normalized__lt=LOW)
    elif value == "mid":
        ratings = ratings.filter(normalized__gte=LOW, normalized__lt=HIGH)
    elif value == "high":
        ratings = ratings.filter(normalized__gte=HIGH)
    else:  # whether there is one does not depend on which is the last
        ratings = Rating.objects.all()
    return ~_has(ratings) if value == "none" else _has(ratings)


def _yes_no(rows: Callable[[], QuerySet[Any]]) -> Callable[[str], Q]:
    """A condition on whether a conversation has such rows."""
    return lambda value: _has(rows()) if value == "yes" else ~_has(rows())


def _has(rows: QuerySet[Any]) -> Q:
    return Q(Exists(of_row(rows)))


CONDITIONS: dict[str, Callable[[str], Q]] = {
    "user": lambda value: Q(participant_id=value),
    "organization": lambda value: Q(organization_id=value),
    "model": lambda value: Q(model=value),
    "rating": _rating,
    "feedback": _yes_no(lambda: Rating.objects.exclude(feedback="")),
    "event": _yes_no(Event.objects.all),
    "tool_error": _yes_no(lambda: Message.objects.filter(type=MessageType.TOOL_ERROR)),
    "reviewed": _yes_no(Review.objects.all),
    "length": _length,
}


def _found[M: Model](rows: QuerySet[M], id: str | None, key: str, products: Iterable[Product]) -> M | None:
    """The row of this id, which may be nonsense; `is_named` if it is within reach, so that one may read its name."""
    pk = read_id(id or "")
    if pk is None:
        return None
    theirs = {"workspace_id": OuterRef("workspace_id"), f"{key}_id": OuterRef("pk")}
    ids = [product.id for product in products]
    talked, happened = (model.objects.filter(**theirs, product_id__in=ids) for model in (Conversation, Event))
    within_reach = ExpressionWrapper(Exists(talked) | Exists(happened), output_field=BooleanField())
    return rows.filter(pk=pk).annotate(is_named=within_reach).first()


def _day(text: str) -> date | None:
    """A day as a form sends it, 2026-05-04; from a time that every time zone can tell."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(1970, 1, 1) <= day <= date(9998, 12, 31) and text == day.isoformat() else None
