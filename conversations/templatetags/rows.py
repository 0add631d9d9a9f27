"""`{% load rows %}`: the rows of a list of conversations (conversations/rows.py).

In Python, because a page has fifty of them: as a template with its cells as filters they took 5 ms, so they take 1.
"""

from collections.abc import Iterable
from html import escape

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from conversations.models.rating import rating_tone
from conversations.rows import Row
from greenflash_site.templatetags.addresses import address
from greenflash_site.templatetags.greenflash import ago, icon, number

register = template.Library()
NONE = mark_safe('<span class="muted">–</span>')  # noqa: RUF001 - typography


def within(context: Context) -> tuple[str, str]:
    """Where the addresses of an organization begin, and what those of its people end with, both escaped."""
    return escape(address("home", context["request"].workspace.slug)), escape(context["scope"])


@register.simple_tag
def conversation_rows(rows: Iterable[Row], list_url: str, query: str, scope: str) -> SafeString:
    """The body of the table whose head is in components/conversation_rows.html."""
    root = list_url.removesuffix("conversations/")
    query, scope = escape(query), escape(scope)
    return mark_safe("".join(_row(row, root, query=query, scope=scope) for row in rows))  # noqa: S308 - of safe parts


def _row(row: Row, root: str, *, query: str, scope: str) -> str:
    """A row; `query` and `scope` are what links to conversations and to people end with, escaped."""
    messages = f"message{'' if row.message_count == 1 else 's'}"
    return f"""<tr role="row">
<td role="cell">{_subject(row, root, query)}</td>
<td role="cell" data-phone="fill">{_person(row, root, scope)}</td>
<td role="cell" data-phone="second">{_product(row)}</td>
<td role="cell" data-phone="second"><span class="scores">{_scores(row)}</span></td>
<td role="cell" class="number" data-phone="second end" data-unit="{messages}">{number(row.message_count)}</td>
<td role="cell" class="number" data-tablet="hidden" data-phone="hidden">{_tools(row)}</td>
<td role="cell" class="number" data-tablet="hidden" data-phone="hidden">{row.event_count or NONE}</td>
<td role="cell" class="number" data-phone="end">{ago(row.last_message_at)}</td>
</tr>"""


def _subject(row: Row, root: str, query: str) -> str:
    """What a conversation is about, as the link to it, and below it what a search found or the model."""
    at = f"&amp;message={row.match.message_id}" if row.match else ""
    link = f'<a class="row-link one-line" href="{root}conversations/{row.id}/{query}{at}">'
    below = ""
    if row.match:
        below = f'<small class="search-match" dir="auto">{row.match.html}</small>'
    elif row.model:
        below = f'<small data-phone="hidden">{escape(row.model)}</small>'
    return f"{link}<bdi>{escape(row.title) or 'Untitled conversation'}</bdi></a>{below}"


def _person(row: Row, root: str, scope: str) -> str:
    """Whom it was with, and their organization, as links to their pages."""
    user = f'<a class="row-action plain-link" href="{root}users/{row.participant_id}/{scope}">'
    company = ""
    if row.organization:
        link = f'<a class="row-action plain-link" href="{root}organizations/{row.organization_id}/{scope}">'
        company = f'<small data-phone="hidden">{link}<bdi>{escape(row.organization)}</bdi></a></small>'
    return f'<span class="one-line">{user}<bdi>{escape(row.participant)}</bdi></a></span>{company}'


def _product(row: Row) -> str:
    """The product; one in development says so."""
    of = f'class="tile" data-color="{escape(row.color)}" data-size="small" aria-hidden="true"'
    badge = '<div><span class="badge" data-tone="caution">Development</span></div>'
    return (
        f'<span class="named"><span {of}>{icon(row.icon)}</span><span><bdi>{escape(row.product)}</bdi></span></span>'
        f"{badge if row.environment == 'development' else ''}"
    )


def _scores(row: Row) -> str:
    """How it and its messages were rated; a dash where they were not."""
    shown = [_of_conversation(row), _of_messages(row)]
    if row.has_feedback:
        shown.append(_score("", icon("message-square-quote"), "With feedback"))
    return "".join(shown) or NONE


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


def _tools(row: Row) -> str:
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
    return f"{warning}{calls:,}"
