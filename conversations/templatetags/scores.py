"""`{% load scores %}`: what a row of a list shows of ratings and failed tools, as tags, because rows are many."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from conversations.models import Conversation
from conversations.models.rating import rating_tone
from greenflash_site.templatetags.greenflash import icon

register = template.Library()


@register.simple_tag
def scores(conversation: Conversation) -> SafeString:
    """How a conversation and its messages were rated, of conversations/rows.py: a dash where they were not."""
    shown = [_of_conversation(conversation), _of_messages(conversation)]
    if conversation.has_feedback:  # type: ignore[attr-defined]  # annotated by rows.py
        shown.append(_score("", icon("message-square-quote"), "With feedback"))
    return mark_safe("".join(shown) or '<span class="muted">–</span>')  # noqa: RUF001, S308 - typography; of safe parts


def _of_conversation(conversation: Conversation) -> str:
    if conversation.rating is None or conversation.rating_normalized is None:
        return ""
    tone = rating_tone(conversation.rating_normalized)
    if conversation.is_rated_by_thumb:
        is_good = bool(conversation.rating_normalized)
        return _score(tone, icon("thumbs-up" if is_good else "thumbs-down"), "Rated good" if is_good else "Rated bad")
    of = format_html('{}<span class="score__of">/{}</span>', f"{conversation.rating:g}", f"{conversation.rating_max:g}")
    return _score(tone, icon("star") + of, "Rated")


def _of_messages(conversation: Conversation) -> str:
    count, worst = conversation.rated_messages, conversation.worst_rating  # type: ignore[attr-defined]
    if not count:
        return ""
    tone = rating_tone(worst)
    thumb = icon("thumbs-up" if tone == "positive" else "thumbs-down")
    said = f"rated message{'' if count == 1 else 's'}{', the worst of them bad' if tone == 'negative' else ''}"
    return _score(tone, format_html("{}{}", thumb, count), said)


def _score(tone: str, shown: str, said: str) -> str:
    return format_html(
        '<span class="score" data-tone="{}" title="{}">{}<span class="visually-hidden"> {}</span></span>',
        tone, said.capitalize(), shown, said,
    )  # fmt: skip


@register.simple_tag
def tools(conversation: Conversation) -> SafeString:
    """How many tools were called, and whether some failed."""
    calls, failed = conversation.tool_call_count, conversation.tool_error_count  # type: ignore[attr-defined]
    if not calls and not failed:
        return mark_safe('<span class="muted">–</span>')  # noqa: RUF001 - typography
    warning = (
        format_html(
            '<span class="failed" title="{0} failed">{1}<span class="visually-hidden">{0} failed, of </span></span>',
            failed,
            icon("triangle-alert"),
        )
        if failed
        else ""
    )
    return format_html("{}{}", warning, f"{calls:,}")
