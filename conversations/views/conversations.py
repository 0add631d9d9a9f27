"""Conversations: the list."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from conversations.arrivals import arrivals_ticket
from conversations.facets import chips, facets_of
from conversations.filters import ConversationFilter
from conversations.keyset import Page
from conversations.models import SavedView, conversations_of
from conversations.search import waiting
from greenflash_site.access import member_required
from greenflash_site.compiled import compiled
from greenflash_site.http import MemberRequest, render
from products.models import Member, Role


@member_required()
def index(request: MemberRequest) -> HttpResponse:
    """Conversations of the switch's environment, newest first, narrowed to what the query string asks for."""
    now = timezone.now()
    chosen = ConversationFilter.of(request)
    page = Page.of(chosen.parts(conversations_of(chosen.products)), request.GET, workspace=request.workspace)
    chosen.search.mark(page.rows)
    context = {
        "conversations": page.rows,
        "waiting": waiting(request.workspace.id) if chosen.text else 0,
        "newer_url": page.newer_url,
        "older_url": page.older_url,
        "chosen": chosen,
        "chips": chips(chosen),
        "facets": facets_of(chosen),
        **_views(request, chosen),
        "since": now.isoformat(),
        "ticket": arrivals_ticket(chosen, now),
        "has_any": bool(page.rows) or conversations_of(request.products).exists(),
    }
    return render(request, "conversations/list.html", context)


def _views(request: MemberRequest, chosen: ConversationFilter) -> dict[str, Any]:
    """The saved views above the list, and what this member may do with the one that is shown and with the list."""
    views = _saved_views(request.workspace.id, request.member.id)
    opened = next((view for view in views if view.query == chosen.query), None)
    may_write = request.member.has_role(Role.MEMBER)
    return {
        "saved_views": views,
        "opened": opened,
        "can_change": opened is not None and opened.is_changed_by(request.member),
        "can_export": may_write,
        "can_save": may_write and opened is None and bool(chosen.values),
    }


@compiled
def _saved_views(workspace: UUID, member: UUID) -> QuerySet[SavedView]:
    return SavedView.objects.seen_by(Member(id=member, workspace_id=workspace))
