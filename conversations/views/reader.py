"""The reader: one conversation as a chat or as a trace, its messages as JSON, all of it as Markdown, and its growth."""

import json
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.signing import BadSignature
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache

from conversations.api.interactions import message_in_full
from conversations.as_markdown import as_markdown
from conversations.changes import change_ticket, is_unchanged
from conversations.filters import ConversationFilter
from conversations.marks import marks_of
from conversations.models import Conversation, ConversationQuerySet, Neighbours, Note, conversations_of
from conversations.trace import trace
from conversations.transcript import transcript
from conversations.window import Window, window_of
from greenflash_site.access import member_required, public
from greenflash_site.compiled import AnyOf, compiled
from greenflash_site.http import MemberRequest, PersonRequest, render_partial, zone_of
from products.models import Role

# Names in the query string of where in the conversation one is.
PLACES = ("message", "after", "before", "at", "note")


@member_required()
def detail(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation, to be read like a chat or, with `view=trace`, as the tree of what was done."""
    conversation = conversation_of(request, conversation_id)
    window = window_of(conversation, request.GET)
    notes = notes_on(conversation)
    context = {"conversation": conversation, "notes": notes, **_more(request, conversation, window)}
    context |= (
        _as_trace(window) if request.GET.get("view") == "trace" else _as_chat(request, conversation, window, notes)
    )
    if request.htmx.request_type != "partial":
        context |= _around(request, conversation, window)
    return render_partial(request, "conversations/detail.html", "window", context)


@member_required()
def message(request: MemberRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """One message as JSON, to be copied."""
    conversation = conversation_of(request, conversation_id)
    found = get_object_or_404(conversation.messages.filter(workspace_id=request.workspace.id), id=message_id)
    text = json.dumps(message_in_full(found), indent=2, ensure_ascii=False)
    context = {"conversation": conversation, "message": found, "json": text}
    return render_partial(request, "conversations/message.html", "json", context)


@member_required(Role.MEMBER)
def markdown(request: MemberRequest, conversation_id: UUID) -> StreamingHttpResponse:
    """The whole conversation as a Markdown file, for who may export."""
    conversation = conversation_of(request, conversation_id)
    return StreamingHttpResponse(
        as_markdown(conversation),
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="conversation-{str(conversation.id)[-8:]}.md"'},
    )


@public
@never_cache
def changes(request: PersonRequest, ticket: str) -> HttpResponse:
    """204 as long as the conversation of this ticket is as it was when the ticket was made; else 200.

    Open to anybody: the ticket is signed and tells nothing else, and to know who asks would cost three queries.
    """
    try:
        return HttpResponse(status=204 if is_unchanged(ticket) else 200)
    except BadSignature:
        return HttpResponse(status=404)


def conversation_of(request: MemberRequest, id: UUID) -> Conversation:
    """The conversation of this id, if this person may see it, with what its page tells of it."""
    found = _conversation(request.workspace.id, [product.id for product in request.products_seen], id)
    if not found:
        raise Http404
    return found[0]


def notes_on(conversation: Conversation) -> list[Note]:
    """The notes on a conversation and its messages, as the panel shows them."""
    return _notes(conversation.workspace_id, conversation.id)


@compiled
def _conversation(workspace: UUID, products: list[UUID], id: UUID) -> ConversationQuerySet:
    return Conversation.objects.filter(AnyOf("product_id", products), workspace_id=workspace, id=id).for_reader()


@compiled
def _notes(workspace: UUID, conversation: UUID) -> QuerySet[Note]:
    return Note.objects.filter(workspace_id=workspace, conversation_id=conversation).for_panel()


def _as_chat(request: MemberRequest, conversation: Conversation, window: Window, notes: list[Note]) -> dict[str, Any]:
    counts = Counter(note.message_id for note in notes if note.message_id)
    is_continued = request.htmx.request_type == "partial" and "after" in request.GET
    marks = marks_of(conversation, window, counts)
    with timezone.override(zone_of(request)):
        return {"transcript": transcript(conversation, window, marks, is_continued=is_continued)}


def _as_trace(window: Window) -> dict[str, Any]:
    return {"view": "trace", "turns": trace(window)}


def _more(request: MemberRequest, conversation: Conversation, window: Window) -> dict[str, Any]:
    """Where more messages are: before, after, or yet to come; a fragment knows of the side that it grows on."""
    is_part = request.htmx.request_type == "partial"
    last = next(iter((*window.earlier, *window.messages)[-1:]), None)
    later = _url(request, after=last.id) if last else _url(request)
    grows_down = not (is_part and "before" in request.GET)
    return {
        "earlier_url": _url(request, before=window.messages[0].id)
        if window.messages and window.has_earlier and not (is_part and "after" in request.GET)
        else None,
        "first_at": window.messages[0].created_at if window.messages else None,
        "later_url": later if window.has_later and grows_down else None,
        "growing_url": later if not window.has_later and grows_down else None,
        "ticket": change_ticket(conversation),
        "can_write": request.member.has_role(Role.MEMBER),
    }


def _around(request: MemberRequest, conversation: Conversation, window: Window) -> dict[str, Any]:
    """What a whole page has around the window: the neighbours in the list that one came from, and other views of it."""
    chosen = ConversationFilter.of(request)
    return {
        "filter": chosen,
        "neighbours": neighbours(request, conversation, chosen),
        "about": _about(window, request.GET.get("note")),
        "reading_url": _url(request, view=None, message=window.marked),
        "trace_url": _url(request, view="trace", message=window.marked),
        "start_url": _url(request) if window.has_earlier else None,
        "end_url": _url(request, at="end") if window.has_later else None,
    }


def neighbours(request: MemberRequest, conversation: Conversation, chosen: ConversationFilter) -> Neighbours:
    """Those right before and after it in the list that one came from: of the filter, or of its environment."""
    if chosen.query:
        return chosen.apply(conversations_of(chosen.products)).neighbours(conversation)
    environment = conversation.product.environment
    products = [product.id for product in request.products_seen if product.environment == environment]
    place = (conversation.last_message_at, conversation.id)
    return Neighbours(**dict(_nearest(conversation.workspace_id, products, *place)))


@compiled
def _nearest(workspace: UUID, products: list[UUID], at: datetime, id: UUID) -> QuerySet[Conversation, tuple[str, UUID]]:
    return Conversation.objects.filter(AnyOf("product_id", products), workspace_id=workspace).nearest(at, id)


def _about(window: Window, wanted: str | None) -> UUID | None:
    """The message that a new note is about: the one that the address names, where it asks for a note."""
    return window.marked if wanted is not None else None


def _url(request: MemberRequest, **places: Any) -> str:
    """This page elsewhere in the conversation, or seen otherwise; the filter stays."""
    kept = {name: value for name, value in request.GET.items() if name not in PLACES} | places
    return "?" + urlencode({name: value for name, value in kept.items() if value is not None})
