"""What every page's templates may use: `{% load greenflash %}`."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from conversations.models.rating import rating_tone
from conversations.transcript import pretty_json as as_pretty_json

register = template.Library()

UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


@register.filter
def compact(number: float | None) -> str:
    """12345 as "12.3k"; the exact number belongs on hover."""
    if number is None:
        return "–"  # noqa: RUF001 - typography
    for size, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(number) >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return f"{number:,}"


@register.filter
def relative(time: datetime) -> str:
    """ "5m ago", as static/js/times.js says it, so that nothing moves when it takes over."""
    seconds = (timezone.now() - time).total_seconds()
    distance = abs(seconds)
    if distance < 45:
        return "in a moment" if seconds < 0 else "just now"
    if distance >= 7 * 86_400:
        return time.strftime("%b %-d" if time.year == timezone.now().year else "%b %-d, %Y")
    size, letter = next(((size, letter) for size, letter in UNITS if distance >= size), UNITS[-1])
    amount = f"{max(1, int(distance // size))}{letter}"
    return f"in {amount}" if seconds < 0 else f"{amount} ago"


@register.filter
def tone(normalized: float) -> str:
    """The colour of a rating of 0 to 1."""
    return rating_tone(normalized)


@register.filter
def short_id(id: UUID | str) -> str:
    """The last eight characters: UUIDv7 begin with the time, so their ends tell them apart."""
    return str(id)[-8:]


@register.filter
def pretty_json(value: Any) -> str:
    """JSON for people."""
    return as_pretty_json(value)


@register.simple_tag
def number(value: int) -> SafeString:
    """A number, compact, exact on hover."""
    return mark_safe(f'<data value="{value}" title="{value:,}">{compact(value)}</data>')  # noqa: S308 - a number


@register.simple_tag
def ago(time: datetime | None, none: str = "—") -> SafeString:
    """How long ago a time was, refreshed by times.js, which puts the exact one in its title; `none` for no time."""
    if time is None:
        return format_html('<span class="muted">{}</span>', none)
    return _time(time, "relative", relative(time))


@register.simple_tag
def clock(time: datetime) -> SafeString:
    """The time of day, which times.js tells in the viewer's zone."""
    return _time(time, "clock", f"{timezone.localtime(time):%-I:%M %p}")


def _time(time: datetime, kind: str, said: str) -> SafeString:
    exact = time.isoformat(timespec="seconds")
    return mark_safe(f'<time datetime="{exact}" data-{kind}>{said}</time>')  # noqa: S308 - of a time


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of the sprite; beside words, so hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )
