"""Conversations: the list and the reader."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from conversations.facets import chips, facets_of
from conversations.filters import ConversationFilter
from conversations.keyset import Page
from conversations.models import Conversation, Message, conversations_of
from conversations.transcript import RESULTS, transcript
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render

# Messages on one page of the reader.
WINDOW = 200
LONGER = 50


@member_required()
def index(request: MemberRequest) -> HttpResponse:
    """Conversations of the switch's environment, newest first, narrowed to what the query string asks for."""
    chosen = ConversationFilter.of(request)
    page = Page.of(chosen.apply(conversations_of(chosen.products)), request.GET, workspace=request.workspace)
    context = {
        "conversations": page.rows,
        "newer_url": page.newer_url,
        "older_url": page.older_url,
        "chosen": chosen,
        "chips": chips(chosen),
        "facets": facets_of(chosen),
        "has_any": bool(page.rows) or conversations_of(request.products).exists(),
    }
    return render(request, "conversations/list.html", context)


@member_required()
def detail(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation, to be read like a chat."""
    conversations = conversations_of(request.products)
    conversation = get_object_or_404(
        conversations.select_related("participant", "organization", "product", "version", "prompt"), id=conversation_id
    )
    start = _start(request)
    messages = _window(conversation, start)
    end = start + len(messages)
    neighbours = conversations.filter(product__environment=conversation.product.environment)
    place = (conversation.last_message_at, conversation.id)
    context = {
        "conversation": conversation,
        "entries": list(transcript(conversation, messages)),
        "earlier_url": f"?start={max(start - WINDOW, 0)}" if start else None,
        "later_url": f"?start={end}" if messages and end < conversation.message_count else None,
        "newer": neighbours.newer_than(*place).only("id").first(),
        "older": neighbours.newest_first().older_than(*place).only("id").first(),
    }
    return render(request, "conversations/detail.html", context)


def _window(conversation: Conversation, start: int) -> list[Message]:
    """A window of messages, a little longer where that keeps tool calls and their results together."""
    found = list(conversation.messages.in_order().select_related("participant")[start : start + WINDOW + LONGER])
    end = WINDOW
    while end < len(found) and found[end].type in RESULTS:
        end += 1
    return found[:end]


def _start(request: MemberRequest) -> int:
    """How many messages to pass over; nonsense means none."""
    start = request.GET.get("start", "")
    return int(start) if start.isdecimal() and len(start) < 8 else 0
