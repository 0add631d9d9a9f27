"""Conversations: the list."""

from django.http import HttpResponse

from conversations.facets import chips, facets_of
from conversations.filters import ConversationFilter
from conversations.keyset import Page
from conversations.models import conversations_of
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render


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
