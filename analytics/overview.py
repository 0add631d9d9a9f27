"""A product's page in numbers: figures of some days against those before, and charts of them day by day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from analytics import charts
from analytics.charts import Chart, Series
from analytics.queries import change
from analytics.rollups import (
    Days,
    EventNumbers,
    Numbers,
    by_day,
    day_label,
    events_by_day,
    total,
    users_by_day_and_half,
)
from products.models import Product


@dataclass(frozen=True)
class Figure:
    """A number of the whole time, its change in percent against the time before, and where what is behind it is."""

    label: str
    value: float | None
    change: int | None
    path: str
    unit: str = ""


@dataclass(frozen=True)
class Overview:
    """What a product's page shows."""

    figures: list[Figure]
    charts: list[Chart]
    has_data: bool


def product_overview(product: Product, days: Days, *, home: str) -> Overview:
    """The numbers of a product in these days and in as many before; three queries.

    Every number leads to what is behind it; `home` is where the addresses of lists begin.
    """
    both = days.with_before
    numbers, events = by_day([product], both), events_by_day([product], both)
    users, (users_before, users_now) = users_by_day_and_half([product], both)
    count = len(days)
    now, before = total(numbers[count:]), total(numbers[:count])
    first = product.created_at.astimezone(days.zone).date()
    not_yet = sum(day < first for day in both)
    labels, dates = [day_label(day) for day in days], [day.isoformat() for day in days]

    def told[T](values: Sequence[T], read: Callable[[T], Any]) -> tuple[list[Any], list[Any]]:
        """These values and those before, None where the product was not there yet."""
        known = [read(value) for value in values]
        known[:not_yet] = [value or None for value in known[:not_yet]]
        return known[count:], known[:count]

    def compared(
        title: str, draw: Callable[..., Any], values: Sequence[Any], read: Callable[[Any], Any], **more: str
    ) -> Chart:
        these, those = told(values, read)
        series = [Series(title, these), *([Series("The time before", those, "muted")] if any(those) else [])]
        return charts.chart(draw, series, title=title, **by_day_of(**more))

    def parts(title: str, *named: tuple[str, Callable[[Numbers], int], str], **more: str) -> Chart:
        series = [Series(name, told(numbers, read)[0], tone) for name, read, tone in named]
        return charts.chart(charts.stacked, series, title=title, **by_day_of(**more))

    def path(place: str, **more: str) -> str:
        narrowed = {"environment": product.environment, "product": product.id, **more}
        return f"{home}{place}/?{urlencode(narrowed)}"

    def by_day_of(**more: str) -> dict[str, Any]:
        talks = path("conversations", **more)
        return {"labels": labels, "links": [f"{talks}&from={day}&until={day}" for day in dates]}

    talks = f"{path('conversations')}&from={days.first}&until={days.last}"
    period = f"{count}d"
    rating, rating_before = now.rating, before.rating
    figures = [
        Figure("Conversations", now.conversations, change(now.conversations, before.conversations), talks),
        Figure("Users", users_now, change(users_now, users_before), path("users", period=period)),
        Figure("Messages", now.messages, change(now.messages, before.messages), talks),
        Figure(
            "Rating",
            None if rating is None else round(100 * rating),
            change(rating, rating_before) if rating is not None and rating_before else None,
            path("ratings", period=period),
            "%",
        ),
        Figure("Events", *_events(events, count), path("events", period=period)),
        Figure("Tokens", now.tokens, change(now.tokens, before.tokens), talks),
    ]
    return Overview(
        figures=figures,
        charts=[
            compared("Conversations", charts.bars, numbers, lambda day: day.conversations),
            compared("Users", charts.line, users, lambda day: day),
            parts(
                "Ratings",
                ("Low", lambda day: day.low_ratings, "negative"),
                ("Medium", lambda day: day.ratings - day.low_ratings - day.high_ratings, "caution"),
                ("High", lambda day: day.high_ratings, "accent"),
                rating="any",
            ),
            compared("Events", charts.bars, events, lambda day: day.events, event="yes"),
            compared("Tokens", charts.line, numbers, lambda day: day.tokens),
            parts(
                "Tool calls",
                ("Failed", lambda day: day.tool_errors, "negative"),
                ("Worked", lambda day: max(day.tool_calls - day.tool_errors, 0), "accent"),
            ),
        ],
        has_data=any(day.messages for day in numbers),
    )


def _events(events: Sequence[EventNumbers], count: int) -> tuple[int, int | None]:
    now, before = sum(day.events for day in events[count:]), sum(day.events for day in events[:count])
    return now, change(now, before)
