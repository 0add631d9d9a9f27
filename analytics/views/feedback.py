"""What users thought and what talk led to: the pages of ratings and of events."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from analytics.charts import Chart, Format, Series, chart, distribution, stacked
from conversations.feeds import LEVELS, PERIODS, EventFeed, Feed, RatingFeed, Spread
from conversations.filters import YES_NO
from conversations.models import Influence
from conversations.people import ORGANIZATIONS, USERS, whose
from conversations.templatetags.people import stars
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render

# Bars of more days than these are of weeks.
MOST_DAYS = 92
WEEK = 7
STARS = {"Worst": "negative", "Bad": "negative", "Fair": "caution", "Good": "accent", "Best": "accent"}
TONES = {"positive": "accent", "neutral": "muted", "negative": "negative"}


@member_required()
def ratings(request: MemberRequest) -> HttpResponse:
    """How ratings of a period are spread, how that goes by day, and what each was about."""
    feed = RatingFeed.of_request(request)
    page = feed.page(request.GET)
    context = {
        "feed": feed,
        "page": page,
        "periods": PERIODS,
        "chips": _chips(request, feed),
        "selects": [
            _products(feed),
            ("level", "Rating", list(LEVELS.items())),
            ("feedback", "Feedback", list(YES_NO.items())),
            ("model", "Model", [(model, model) for model in feed.models]),
        ],
        "charts": [(_spread(feed), _mean(feed.spread)), (_rated_by_day(feed), "")] if feed.spread.count else [],
        "newer_url": page.previous_url,
        "older_url": page.next_url,
    }
    return render(request, "analytics/ratings.html", context)


@member_required()
def events(request: MemberRequest) -> HttpResponse:
    """What happened in a period, what that adds up to by type, and which conversations came before."""
    feed = EventFeed.of_request(request)
    page = feed.page(request.GET)
    types = [total.type for total in feed.totals]
    context = {
        "feed": feed,
        "page": page,
        "periods": PERIODS,
        "chips": _chips(request, feed),
        "selects": [
            _products(feed),
            ("type", "Type", [(type, type) for type in types]),
            ("influence", "Influence", Influence.choices),
        ],
        "charts": [(_happened_by_day(feed), "")] if feed.totals else [],
        "totals": [(total, f"?{feed.with_value('type', total.type)}") for total in feed.totals],
        "newer_url": page.previous_url,
        "older_url": page.next_url,
    }
    return render(request, "analytics/events.html", context)


def _chips(request: MemberRequest, feed: Feed) -> list[dict[str, Any]]:
    """Whose ratings or events they are, where the query string says so."""
    found = [
        (kind.filter, label, icon, whose(kind, request.GET, workspace=request.workspace, products=feed.products))
        for kind, label, icon in ((USERS, "User", "users"), (ORGANIZATIONS, "Organization", "building-2"))
        if kind.filter in feed.values
    ]
    return [
        {"name": name, "label": label, "icon": icon, "who": who, "without": f"?{feed.with_value(name, '')}"}
        for name, label, icon, who in found
        if who
    ]


def _products(feed: Feed) -> tuple[str, str, list[tuple[str, str]]]:
    return "product", "Product", [(str(product.id), product.name) for product in feed.products]


def _spread(feed: RatingFeed) -> Chart:
    """From the worst to the best, as on five stars."""

    def draw(series: Sequence[Series], *, labels: Sequence[str], title: str, form: Format) -> SafeString:
        parts = zip(labels, series[0].values, STARS.values(), strict=True)
        return distribution([(label, value or 0, tone) for label, value, tone in parts], title=title, form=form)

    counts = [Series("Ratings", feed.spread.stars)]
    return chart(draw, counts, labels=list(STARS), title="How ratings are spread", of="Rating")


def _mean(spread: Spread) -> str:
    return f"{stars(spread.mean)} of 5 in the mean of {spread.count:,}"


def _rated_by_day(feed: RatingFeed) -> Chart:
    levels = feed.spread.levels
    tones = {"high": "accent", "mid": "caution", "low": "negative"}
    return _by_day(feed, "Ratings by day", [(LEVELS[level], levels[level], tone) for level, tone in tones.items()])


def _happened_by_day(feed: EventFeed) -> Chart:
    counts = feed.influences
    return _by_day(feed, "Events by day", [(Influence(each).label, counts[each], tone) for each, tone in TONES.items()])


def _by_day(feed: Feed, title: str, counts: Sequence[tuple[str, Sequence[int], str]]) -> Chart:
    """Bars of days, or of weeks that end today where there are many days."""
    days, of = feed.days, "Day"
    if len(days) > MOST_DAYS:
        starts = range(len(days) % WEEK, len(days), WEEK)
        days, of, title = [days[start] for start in starts], "Week from", title.replace("day", "week")
        counts = [
            (name, [sum(values[start : start + WEEK]) for start in starts], tone) for name, values, tone in counts
        ]
    return chart(
        stacked,
        [Series(name, values, tone) for name, values, tone in counts],
        labels=[date_format(day, "M j") for day in days],
        title=title,
        of=of,
    )
