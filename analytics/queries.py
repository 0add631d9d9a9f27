"""What Home shows, as frozen values; every one starts from the products somebody may see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.safestring import SafeString

from analytics.charts import sparkline
from analytics.rollups import Days, Numbers, by_product, day_label, total
from conversations.models import Conversation, Rating, Review
from conversations.models.rating import LOW, RatingQuerySet
from greenflash_site.compiled import AnyOf, compiled, composed
from products.models import ApiKey, Member, Product

DAYS = 14
WEEK = 7
# Nobody reads the difference between more than so many.
MOST = 100
UNREVIEWED_DAYS = 30
SILENT_AFTER = timedelta(days=1)
EXPIRES_SOON = timedelta(days=7)
# Tool calls that fail are told of from so many in a week, if so many more of them fail than in the week before.
TOOL_ERRORS, TOOL_ERRORS_SHARE, TOOL_ERRORS_RISE = 5, 0.05, 1.5


@dataclass(frozen=True)
class ProductCard:
    """A product's last two weeks, day by day, the oldest first; `labels` are what the days are called."""

    product: Product
    days: list[Numbers]
    labels: list[str]
    last_message_at: datetime | None

    @property
    def conversations_today(self) -> int:
        """Begun today so far."""
        return self.days[-1].conversations

    @cached_property
    def week(self) -> Numbers:
        """The last seven days, today included."""
        return total(self.days[-WEEK:])

    @cached_property
    def week_before(self) -> Numbers:
        """The seven days before those."""
        return total(self.days[-2 * WEEK : -WEEK])

    @property
    def change(self) -> int | None:
        """Percent of conversations against the week before."""
        return change(self.week.conversations, self.week_before.conversations)

    @property
    def rating(self) -> int | None:
        """The mean of the week's ratings in percent of their scales."""
        return None if self.week.rating is None else round(100 * self.week.rating)

    @property
    def sparkline(self) -> SafeString:
        """Conversations by day."""
        counts = [day.conversations for day in self.days]
        return sparkline(counts, title=f"Conversations a day, last {DAYS} days", labels=self.labels)


def change(now: float, before: float) -> int | None:
    """Percent against what was before; None where there was nothing."""
    return round(100 * (now - before) / before) if before else None


def product_cards(products: Iterable[Product], *, zone: tzinfo) -> list[ProductCard]:
    """A card for each of these products of a workspace; two queries whatever their number."""
    found = list(products)
    latest = dict(_last_messages(found[0].workspace_id, [each.id for each in found])) if found else {}
    days = Days.until_today(zone, count=DAYS)
    numbers, labels = by_product(found, days), [day_label(day) for day in days]
    return [ProductCard(each, numbers[each.id], labels, latest[each.id]) for each in found]


@compiled
def _last_messages(workspace: UUID, products: Sequence[UUID]) -> QuerySet[Product, tuple[UUID, datetime | None]]:
    newest = Conversation.objects.filter(workspace_id=OuterRef("workspace_id"), product_id=OuterRef("id"))
    latest = Subquery(newest.newest_first().values("last_message_at")[:1])
    return Product.objects.filter(AnyOf("id", products), workspace_id=workspace).values_list("id", latest)


def low_ratings(products: Sequence[Product]) -> list[Rating]:
    """The latest low ratings that stand, with their conversations and who rated."""
    return _low_ratings(products[0].workspace_id, [product.id for product in products]) if products else []


@compiled
def _low_ratings(workspace: UUID, products: Sequence[UUID]) -> QuerySet[Rating]:
    low = _low_of(workspace, products).shown().select_related("conversation__participant")
    return low.order_by("-rated_at", "-id")[:5]


def _low_of(workspace: UUID, products: Sequence[UUID]) -> RatingQuerySet:
    return Rating.objects.filter(AnyOf("product_id", products), workspace_id=workspace, normalized__lt=LOW)


@dataclass(frozen=True)
class Attention:
    """Something to look at: `path` leads to what is behind it, from Home on."""

    icon: str
    title: str
    detail: str
    path: str


def attention(cards: Sequence[ProductCard], *, member: Member, environment: str) -> list[Attention]:
    """What should not wait: the worst first."""
    return [
        *_silent(cards),
        *_tool_failures(cards),
        *_unreviewed([card.product for card in cards], environment),
        *_expiring_keys(member),
    ]


def _silent(cards: Sequence[ProductCard]) -> Iterator[Attention]:
    """Products that had messages on each of seven days, and then none for a day."""
    for card in cards:
        last = card.last_message_at
        before = card.days[-WEEK - 2 : -2]
        if last and timezone.now() - last > SILENT_AFTER and all(day.messages for day in before):
            hours = (timezone.now() - last) // timedelta(hours=1)
            detail = f"No message for {hours} hours, after one every day of the week before."
            yield Attention("moon", f"{card.product.name} is silent", detail, f"products/{card.product.id}/")


def _tool_failures(cards: Sequence[ProductCard]) -> Iterator[Attention]:
    for card in cards:
        now, before = card.week.tool_failures or 0, card.week_before.tool_failures or 0
        has_many = card.week.tool_errors >= TOOL_ERRORS and now >= TOOL_ERRORS_SHARE
        if has_many and card.week_before.tool_calls and now > TOOL_ERRORS_RISE * before:
            query = urlencode(
                {
                    "environment": card.product.environment,
                    "product": card.product.id,
                    "tool_error": "yes",
                    "date": "7d",
                }
            )
            detail = f"{now:.0%} of its tool calls failed in 7 days, {before:.0%} in the 7 before."
            yield Attention(
                "triangle-alert", f"Tools of {card.product.name} fail more often", detail, f"conversations/?{query}"
            )


def _unreviewed(products: Sequence[Product], environment: str) -> Iterator[Attention]:
    if not products:
        return
    since = timezone.now() - timedelta(days=UNREVIEWED_DAYS)
    count = len(_unreviewed_since(since, products[0].workspace_id, [product.id for product in products]))
    if count:
        query = urlencode(
            {"environment": environment, "rating": "low", "reviewed": "no", "date": f"{UNREVIEWED_DAYS}d"}
        )
        number = f"{count}{'+' if count == MOST else ''}"
        title = f"{number} conversation{'' if count == 1 else 's'} with low ratings nobody has reviewed"
        yield Attention("star", title, f"Rated in the last {UNREVIEWED_DAYS} days.", f"conversations/?{query}")


@composed
def _unreviewed_since(since: datetime, workspace: UUID, products: Sequence[UUID]) -> QuerySet[Rating, UUID]:
    """Conversations with low ratings since then that nobody has reviewed, as many as anybody counts."""
    reviews = Review.objects.filter(workspace_id=OuterRef("workspace_id"), conversation_id=OuterRef("conversation_id"))
    low = _low_of(workspace, products).filter(~Exists(reviews), rated_at__gte=since)
    return low.shown().values_list("conversation_id", flat=True).distinct()[:MOST]


def _expiring_keys(member: Member) -> Iterator[Attention]:
    now = timezone.now()
    keys = ApiKey.objects.managed_by(member).filter(
        revoked_at=None, successor=None, expires_at__gt=now, expires_at__lt=now + EXPIRES_SOON
    )
    for key in keys.order_by("expires_at")[:5]:
        assert key.expires_at
        days = (key.expires_at - now).days
        when = "today" if not days else "tomorrow" if days == 1 else f"in {days} days"
        detail = "Rotate it, or what uses it is refused."
        yield Attention("key-round", f"The API key “{key.name}” expires {when}", detail, "api-keys/")
