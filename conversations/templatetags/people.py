"""`{% load people %}`: what is told of users, organizations, ratings and events."""

from collections.abc import Mapping
from decimal import Decimal

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from conversations.models.rating import rating_tone
from conversations.people_orders import Order
from conversations.templatetags.rows import NONE
from greenflash_site.templatetags.greenflash import compact, icon

# From here on a number is told in short, and from there by its size alone.
THOUSAND, TRILLION = 10**3, 10**12
register = template.Library()


@register.filter
def stars(mean: float | None) -> str:
    """A mean of ratings from 0 to 1, brought to one to five stars."""
    return f"{1 + 4 * mean:.1f}" if mean is not None else "–"  # noqa: RUF001 - typography


@register.simple_tag
def mean_rating(mean: float | None, count: int) -> SafeString:
    """The same as a cell of a list, with how many there were on hover."""
    if mean is None:
        return NONE
    of = f"Mean of {count:,} rating{'' if count == 1 else 's'}, brought to five stars"
    return mark_safe(  # noqa: S308 - of numbers
        f'<span class="score" data-tone="{rating_tone(mean)}" title="{of}">{icon("star")}{stars(mean)}'
        f'<span class="visually-hidden"> of 5 stars</span></span>'
    )


@register.simple_tag(takes_context=True)
def sortable(context: Context, name: str, label: str, **attributes: str) -> SafeString:
    """The heading of a column by which a list is sorted with a click, and turned round with another."""
    order: Order = context["people"].order
    query = context["request"].GET.copy()
    query["sort"] = str(order.by(name))
    for place in ("before", "after"):
        query.pop(place, None)
    sorted_now = f' aria-sort="{"descending" if order.is_descending else "ascending"}"' if name == order.name else ""
    others = "".join(f' {attribute.replace("_", "-")}="{value}"' for attribute, value in attributes.items())
    return mark_safe(  # noqa: S308 - names of ours, and a query that was encoded
        f'<th scope="col" role="columnheader"{others}{sorted_now}>'
        f'<a class="sort" href="?{query.urlencode().replace("&", "&amp;")}">{label}</a></th>'
    )


@register.filter
def worth(value: Decimal | None) -> SafeString | str:
    """A sum of an event's values, compact, exact on hover; "" for none."""
    if value is None:
        return ""
    if abs(value) >= TRILLION:
        shown = f"{value:.2e}"
    else:
        shown = compact(round(value)) if abs(value) >= THOUSAND else f"{value:.2f}".removesuffix(".00")
    return mark_safe(f'<data value="{value:f}" title="{value:,f}">{shown}</data>')  # noqa: S308 - a number


@register.filter
def value_of(values: Mapping[str, str], name: str) -> str:
    """The value of this name, "" where there is none."""
    return values.get(name, "")
