"""`{% load feeds %}`: ratings and events one below the other, in their feeds and in the story of somebody.

In Python, because a page has fifty of them, as the rows of conversations (templatetags/rows.py).
"""

from collections.abc import Callable, Sequence
from html import escape

from django import template
from django.template import Context
from django.template.defaultfilters import floatformat, pluralize, truncatechars
from django.utils.safestring import SafeString, mark_safe

from conversations.models import Event, Rating
from conversations.models.rating import rating_tone
from conversations.rows import Row
from conversations.templatetags.rows import within
from conversations.timeline import Entry
from greenflash_site.templatetags.greenflash import ago, clock, icon

register = template.Library()
SHORT = 80


@register.simple_tag(takes_context=True)
def rating_feed(context: Context, ratings: Sequence[Rating]) -> SafeString:
    """Ratings, each with what was rated and whose it is."""
    root, scope = within(context)
    return mark_safe("".join(_rating(each, root, scope) for each in ratings))  # noqa: S308 - of safe parts


@register.simple_tag(takes_context=True)
def event_feed(context: Context, events: Sequence[Event]) -> SafeString:
    """Events, each with the conversation before it."""
    root, scope = within(context)
    return mark_safe("".join(_event(each, root, scope) for each in events))  # noqa: S308 - of safe parts


@register.simple_tag(takes_context=True)
def timeline_entries(context: Context, entries: Sequence[Entry], tells_who: bool) -> SafeString:
    """What happened on a day; `tells_who` says whether to whom."""
    root, scope = within(context)
    bodies: dict[str, Callable[..., str]] = {
        "conversation": _talk_entry,
        "rating": _rating_entry,
        "event": _event_entry,
    }
    return mark_safe(  # noqa: S308 - of safe parts
        "".join(
            f'<li class="timeline__entry" data-kind="{entry.kind}">'
            f"{bodies[entry.kind](entry.what, root, scope, tells_who)}{clock(entry.at)}</li>"
            for entry in entries
        )
    )


def _rating(rating: Rating, root: str, scope: str) -> str:
    words = f'<p class="feed__words" dir="auto">{escape(rating.feedback)}</p>' if rating.feedback else ""
    said = '<span class="muted">The whole conversation</span>'
    if rating.message_id:
        said = escape(_noted(rating, "said") or _noted(rating, "tool_name") or "A message without words")
    of = f'{_plain(rating.value)}<span class="score__of">/{_plain(rating.maximum)}</span>'
    title = escape(_short(rating.conversation.title or "Untitled conversation"))
    talk = f'<a class="row-link" href="{_rated(rating, root)}"><bdi>{title}</bdi></a>'
    return f"""<li class="feed__item">
<div class="feed__side"><span class="rating" data-tone="{rating_tone(rating.normalized)}">{
        _value(rating, of)
    }</span></div>
<div class="feed__main">{words}
<p class="quoted" dir="auto">{said}</p>
<p class="byline"><span>{talk}</span>{_whose(rating, root, scope)}</p></div>
<span class="feed__time">{ago(rating.rated_at)}</span></li>
"""


def _event(event: Event, root: str, scope: str) -> str:
    influence = escape(event.get_influence_display())
    talk_id = getattr(event, "talk_id", None)
    talk = "No conversation before it"
    if talk_id:
        when = "In" if event.conversation_id else "After"
        talk = f'<a class="row-link" href="{root}conversations/{talk_id}/">{when} a conversation</a>'
    return f"""<li class="feed__item">
<div class="feed__side"><span class="timeline__mark" data-tone="{escape(event.influence)}" title="{influence}">{
        icon("zap")
    }<span class="visually-hidden">{influence}</span></span></div>
<div class="feed__main"><p><strong dir="auto">{escape(event.type)}</strong>{_badge(event)}</p>
<p class="byline"><span>{talk}</span>{_whose(event, root, scope)}</p></div>
<span class="feed__time">{ago(event.event_at)}</span></li>
"""


def _talk_entry(row: Row, root: str, scope: str, tells_who: bool) -> str:
    who = _user(row.participant_id, row.participant, root, scope) if tells_who else ""
    failed = row.tool_error_count
    return _entry(
        f'<p><a class="row-link" href="{root}conversations/{row.id}/">'
        f"<bdi>{escape(row.title) or 'Untitled conversation'}</bdi></a></p>"
        f'<p class="byline">{who}<bdi>{escape(row.product)}</bdi>'
        f"<span>{row.message_count} message{pluralize(row.message_count)}</span>"
        f"{f'<span>{failed} failed tool{pluralize(failed)}</span>' if failed else ''}</p>",
        icon("message-square-text"),
    )


def _rating_entry(rating: Rating, root: str, scope: str, tells_who: bool) -> str:
    rated = f"<bdi>{escape(str(rating.participant))}</bdi> rated" if tells_who else "Rated"
    tone, said = rating_tone(rating.normalized), _noted(rating, "said")
    words = f'<q class="rating__feedback" dir="auto">{escape(rating.feedback)}</q>' if rating.feedback else ""
    return _entry(
        f'<p><a class="row-link" href="{_rated(rating, root)}">{rated}'
        f" {'a message' if rating.message_id else 'the conversation'}</a></p>"
        f'<span class="rating" data-tone="{tone}">{_value(rating, str(rating))}{words}</span>'
        f"{f'<p class="quoted" dir="auto">{escape(said)}</p>' if said else ''}",
        icon("star"),
        tone,
    )


def _event_entry(event: Event, root: str, scope: str, tells_who: bool) -> str:
    talk_id = getattr(event, "talk_id", None)
    what = f'<strong dir="auto">{escape(event.type)}</strong>'
    if talk_id:
        what = f'<a class="row-link" href="{root}conversations/{talk_id}/"><bdi>{escape(event.type)}</bdi></a>'
    who = _user(event.participant_id, str(event.participant), root, scope) if tells_who and event.participant else ""
    talk = "<span>after a conversation</span>" if talk_id else ""
    if event.conversation_id:
        talk = "<span>in a conversation</span>"
    return _entry(
        f'<p>{what}{_badge(event)}</p><p class="byline">{who}{_product(event, root)}{talk}</p>',
        icon("zap"),
        escape(event.influence),
    )


def _entry(body: str, mark: str, tone: str = "") -> str:
    toned = f' data-tone="{tone}"' if tone else ""
    return f'<span class="timeline__mark"{toned}>{mark}</span><div class="timeline__body">{body}</div>'


def _rated(rating: Rating, root: str) -> str:
    """Where what was rated is."""
    message = f"?message={rating.message_id}#m-{rating.message_id}" if rating.message_id else ""
    return f"{root}conversations/{rating.conversation_id}/{message}"


def _value(rating: Rating, shown: str) -> str:
    """How somebody rated: a thumb, or `shown`, which are words of its own scale."""
    mark, said = "star", "Rated "
    if rating.is_thumb:
        mark, said, shown = ("thumbs-up", "Rated good", "") if rating.normalized else ("thumbs-down", "Rated bad", "")
    return f'<span class="rating__value">{icon(mark)}<span class="visually-hidden">{said}</span>{shown}</span>'


def _plain(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else floatformat(value, "-2")


def _whose(what: Rating | Event, root: str, scope: str) -> str:
    """User, organization and product, as links to their pages."""
    user = _user(what.participant_id, str(what.participant), root, scope) if what.participant else ""
    company = ""
    if what.organization:
        link = f'<a class="row-action quiet-link" href="{root}organizations/{what.organization_id}/{scope}">'
        company = f"<span>{link}<bdi>{escape(str(what.organization))}</bdi></a></span>"
    return f"{user}{company}{_product(what, root)}"


def _user(id: object, name: str, root: str, scope: str) -> str:
    link = f'<a class="row-action quiet-link" href="{root}users/{id}/{scope}">'
    return f"<span>{link}<bdi>{escape(name)}</bdi></a></span>"


def _product(what: Rating | Event, root: str) -> str:
    link = f'<a class="row-action quiet-link" href="{root}products/{what.product_id}/">'
    return f"<span>{link}<bdi>{escape(what.product.name)}</bdi></a></span>"


def _badge(event: Event) -> str:
    return f' <span class="badge"><bdi>{escape(_short(event.value))}</bdi></span>' if event.value else ""


def _short(text: str) -> str:
    """Its beginning, where it is long."""
    return text if len(text) <= SHORT else truncatechars(text, SHORT)


def _noted(rating: Rating, name: str) -> str:
    """What `for_feed` tells of a rating beside its columns."""
    return getattr(rating, name, None) or ""
