"""`{% load rows %}`: the cells of a list of conversations (conversations/rows.py).

As filters, because a page has fifty rows: the same in a template took 10 ms.
"""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from conversations.models.rating import rating_tone
from conversations.rows import Row
from greenflash_site.templatetags.greenflash import icon

register = template.Library()
NONE = mark_safe('<span class="muted">–</span>')  # noqa: RUF001 - typography


@register.simple_tag
def subject(row: Row, list_url: str, query: str) -> SafeString:
    """What a conversation is about, as the link to it, and below it what a search found or the model."""
    at = f"&amp;message={row.match.message_id}" if row.match else ""
    link = f'<a class="row-link one-line" href="{list_url}{row.id}/{escape(query)}{at}">'
    below = ""
    if row.match:
        below = f'<small class="search-match" dir="auto">{row.match.html}</small>'
    elif row.model:
        below = f'<small data-phone="hidden">{escape(row.model)}</small>'
    return mark_safe(f"{link}<bdi>{escape(row.title) or 'Untitled conversation'}</bdi></a>{below}")  # noqa: S308


@register.simple_tag
def person(row: Row, list_url: str, scope: str) -> SafeString:
    """Whom it was with, and their organization, as links to their pages."""
    root = list_url.removesuffix("conversations/")
    user = f'<a class="row-action plain-link" href="{root}users/{row.participant_id}/{escape(scope)}">'
    company = ""
    if row.organization:
        link = f'<a class="row-action plain-link" href="{root}organizations/{row.organization_id}/{escape(scope)}">'
        company = f'<small data-phone="hidden">{link}<bdi>{escape(row.organization)}</bdi></a></small>'
    return mark_safe(f'<span class="one-line">{user}<bdi>{escape(row.participant)}</bdi></a></span>{company}')  # noqa: S308


@register.filter
def product(row: Row) -> SafeString:
    """The product; one in development says so."""
    of = f'class="tile" data-color="{escape(row.color)}" data-size="small" aria-hidden="true"'
    badge = '<div><span class="badge" data-tone="caution">Development</span></div>'
    return mark_safe(  # noqa: S308
        f'<span class="named"><span {of}>{icon(row.icon)}</span><span><bdi>{escape(row.product)}</bdi></span></span>'
        f"{badge if row.environment == 'development' else ''}"
    )


@register.filter
def scores(row: Row) -> SafeString:
    """How it and its messages were rated; a dash where they were not."""
    shown = [_of_conversation(row), _of_messages(row)]
    if row.has_feedback:
        shown.append(_score("", icon("message-square-quote"), "With feedback"))
    return mark_safe("".join(shown)) or NONE  # noqa: S308 - of safe parts


def _of_conversation(row: Row) -> str:
    if row.rating is None or row.rating_normalized is None:
        return ""
    tone = rating_tone(row.rating_normalized)
    if row.is_rated_by_thumb:
        is_good = bool(row.rating_normalized)
        return _score(tone, icon("thumbs-up" if is_good else "thumbs-down"), "Rated good" if is_good else "Rated bad")
    return _score(tone, f'{icon("star")}{row.rating:g}<span class="score__of">/{row.rating_max:g}</span>', "Rated")


def _of_messages(row: Row) -> str:
    if not row.rated_messages or row.worst_rating is None:
        return ""
    tone = rating_tone(row.worst_rating)
    thumb = icon("thumbs-up" if tone == "positive" else "thumbs-down")
    said = f"rated message{'' if row.rated_messages == 1 else 's'}"
    worst = ", the worst of them bad" if tone == "negative" else ""
    return _score(tone, f"{thumb}{row.rated_messages}", f"{said}{worst}")


def _score(tone: str, shown: str, said: str) -> str:
    """Of safe parts."""
    return (
        f'<span class="score" data-tone="{tone}" title="{said.capitalize()}">'
        f'{shown}<span class="visually-hidden"> {said}</span></span>'
    )


@register.filter
def tools(row: Row) -> SafeString:
    """How many tools were called, and whether some failed."""
    calls, failed = row.tool_call_count, row.tool_error_count
    if not calls and not failed:
        return NONE
    warning = (
        f'<span class="failed" title="{failed} failed">{icon("triangle-alert")}'
        f'<span class="visually-hidden">{failed} failed, of </span></span>'
        if failed
        else ""
    )
    return mark_safe(f"{warning}{calls:,}")  # noqa: S308 - of numbers
