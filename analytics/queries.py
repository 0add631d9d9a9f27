"""Numbers over conversations, as frozen values; every one starts from the products somebody may see."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Max
from django.db.models.functions import TruncDate

from analytics.charts import sparkline_path
from conversations.models import conversations_of
from products.models import Product, ProductQuerySet

DAYS = 14


@dataclass(frozen=True)
class ProductCard:
    """A product's last two weeks: conversations begun by day (UTC, oldest first, empty days are 0)."""

    product: Product
    sparkline: list[int]
    last_message_at: datetime | None  # None when there was none in the two weeks

    @property
    def conversations_today(self) -> int:
        """Begun today so far."""
        return self.sparkline[-1]

    @property
    def conversations_week(self) -> int:
        """Begun in the last seven days, today included."""
        return sum(self.sparkline[-7:])

    @property
    def change(self) -> int | None:
        """Percent against the seven days before; None where these had none."""
        previous = sum(self.sparkline[-14:-7])
        return round(100 * (self.conversations_week - previous) / previous) if previous else None

    @property
    def sparkline_path(self) -> str:
        """The sparkline for a 104 x 40 box."""
        return sparkline_path(self.sparkline)


def product_cards(products: ProductQuerySet, *, today: date) -> list[ProductCard]:
    """A card for each product, by name; two queries whatever their number."""
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    since = datetime.combine(days[0], time.min, tzinfo=UTC)
    begun: Counter[tuple[UUID, date]] = Counter()
    latest: dict[UUID, datetime] = {}
    recent = conversations_of(products).filter(last_message_at__gte=since)
    by_day = recent.values("product_id", day=TruncDate("first_message_at")).annotate(
        count=Count("id"), newest=Max("last_message_at")
    )
    for row in by_day:
        begun[row["product_id"], row["day"]] = row["count"]
        latest[row["product_id"]] = max(row["newest"], latest.get(row["product_id"], since))
    return [
        ProductCard(product, [begun[product.id, day] for day in days], latest.get(product.id))
        for product in products.by_name()
    ]
