"""`{% load reader %}`: what stands beside each message of a conversation; a window has sixty of them."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from conversations.transcript import Said
from greenflash_site.templatetags.greenflash import icon

register = template.Library()


@register.simple_tag
def entry_tools(entry: Said, can_write: bool) -> SafeString:
    """What one can do with a message, seen when it is pointed at, and what was noted about it.

    The addresses are relative to the conversation's.
    """
    id = str(entry.message.id)
    note = (
        f'<a href="?message={id}&amp;note=#note-text" data-note-on="{id}" aria-label="Write a note on this message"'
        f' title="Note  n">{icon("message-square-plus")}</a>'
    )
    return mark_safe(  # noqa: S308 - of an id
        f'<span class="entry__tools">'
        f'<a href="?message={id}#m-{id}" data-copy-link aria-label="Copy the link to this message"'
        f' title="Copy link">#</a>'
        f"{note if can_write else ''}"
        f'<a href="messages/{id}/" data-json aria-label="This message as JSON" title="JSON">{icon("braces")}</a></span>'
        f'<span id="notes-on-{id}">{note_mark(entry.note_count) if entry.note_count else ""}</span>'
    )


@register.simple_tag
def note_mark(count: int) -> SafeString:
    """How many notes a message has."""
    return mark_safe(  # noqa: S308 - of a number
        f'<a class="badge" href="#notes" data-tone="caution" data-to-notes>{icon("sticky-note")}'
        f"{count} note{'' if count == 1 else 's'}</a>"
    )
