"""`{% load people %}`: what is told of users, organizations, ratings and events."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from html import escape

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from conversations.models.rating import rating_tone
from conversations.people import Row
from conversations.people_orders import Order
from conversations.templatetags.rows import NONE, within
from greenflash_site.templatetags.greenflash import ago, compact, icon, number

# From here on a number is told in short, and from there by its size alone.
THOUSAND, TRILLION = 10**3, 10**12
register = template.Library()


@register.filter
def stars(mean: float | None) -> str:
    """A mean of ratings from 0 to 1, brought to one to five stars."""
    return f"{1 + 4 * mean:.1f}" if mean is not None else "–"  # noqa: RUF001 - typography


@register.simple_tag(takes_context=True)
def people_rows(context: Context, rows: Iterable[Row], kind: str) -> SafeString:
    """The body of the table whose head is in components/people_rows.html; `kind` is "user" or "organization"."""
    root, scope = within(context)
    return mark_safe("".join(_row(row, root, scope, kind) for row in rows))  # noqa: S308 - of safe parts


def _row(row: Row, root: str, scope: str, kind: str) -> str:
    id, email = escape(row.external_id), f"<small>{escape(row.email)}</small>" if row.email else ""
    link = f'<a class="row-link one-line" href="{root}{kind}s/{row.id}/{scope}">'
    conversations = f"conversation{'' if row.conversation_count == 1 else 's'}"
    return f"""<tr role="row">
<td role="cell">{link}<bdi>{escape(str(row))}</bdi></a>{email}</td>
{_company(row, root, scope) if kind == "user" else ""}
<td role="cell" data-tablet="hidden" data-phone="hidden"><code class="one-line" title="{id}">{id}</code></td>
<td role="cell" data-phone="second"><span class="scores">{_mean(row.mean_rating, row.rating_count)}</span></td>
<td role="cell" class="number" data-phone="end" data-unit="{conversations}">{number(row.conversation_count)}</td>
<td role="cell" class="number" data-tablet="hidden" data-phone="hidden">{ago(row.first_at, "never")}</td>
<td role="cell" class="number" data-phone="second end">{ago(row.last_at, "never")}</td>
</tr>
"""


def _company(row: Row, root: str, scope: str) -> str:
    shown = '<span class="muted" data-phone="hidden">–</span>'  # noqa: RUF001 - typography
    if row.company_id:
        link = f'<a class="row-action quiet-link one-line" href="{root}organizations/{row.company_id}/{scope}">'
        shown = f"{link}<bdi>{escape(row.company or '')}</bdi></a>"
    return f'<td role="cell" data-phone="fill">{shown}</td>'


def _mean(mean: float | None, count: int) -> str:
    """The mean of somebody's ratings, with how many there were on hover."""
    if mean is None:
        return NONE
    of = f"Mean of {count:,} rating{'' if count == 1 else 's'}, brought to five stars"
    return (
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
