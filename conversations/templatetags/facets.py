"""`{% load facets %}`: the values of a menu of the filter bar (conversations/facets.py)."""

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from conversations.facets import Choice, Facet
from greenflash_site.templatetags.greenflash import icon

register = template.Library()


@register.simple_tag
def links_to(choices: Sequence[Choice], facet: Facet, list_url: str) -> SafeString:
    """Each value as the link to the list that it narrows; in Python, because a page of the list has 26 of them."""
    links = (_link(choice, list_url, id=f"{facet.name}-{place}") for place, choice in enumerate(choices, 1))
    return mark_safe("\n".join(links))  # noqa: S308 - of safe parts


def _link(choice: Choice, list_url: str, *, id: str) -> str:
    current = ' aria-current="true"' if choice.is_chosen else ""
    return (
        f'<a class="menu__item" id="{id}" href="{list_url}{escape(choice.url)}"{current}>'
        f'<span dir="auto">{escape(choice.label)}</span>{_count(choice)}{icon("check") if choice.is_chosen else ""}</a>'
    )


def _count(choice: Choice) -> str:
    if choice.count is None:
        return ""
    none, more = "" if choice.count else " data-none", "+" if choice.is_capped else ""
    return f'<data class="facet__count" value="{choice.count}"{none}>{choice.count:,}{more}</data>'
