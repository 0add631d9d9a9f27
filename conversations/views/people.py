"""Users and organizations: their lists, and each one's story."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from conversations.feeds import products_within
from conversations.models import Organization, Participant
from conversations.people import ORDERS, ORGANIZATIONS, USERS, Kind, People, is_within_reach
from conversations.timeline import Whose
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, zone_of
from products.models.ids import read_id

# So many users stand on the page of their organization.
USERS_SHOWN = 8


@member_required()
def users(request: MemberRequest) -> HttpResponse:
    """Who talked with the products of the switch's environment, perhaps of one organization."""
    company = _company(request)
    context = _list(request, USERS, company.id if company else None)
    return render(request, "conversations/users.html", {**context, "company": company})


@member_required()
def organizations(request: MemberRequest) -> HttpResponse:
    """The companies whose people talked with the products of the switch's environment."""
    return render(request, "conversations/organizations.html", _list(request, ORGANIZATIONS))


@member_required()
def user(request: MemberRequest, user_id: UUID) -> HttpResponse:
    """One user's whole story."""
    participant = get_object_or_404(request.workspace.participants.select_related("organization"), id=user_id)
    return render(request, "conversations/user.html", {"user": participant, **_story(request, USERS, participant)})


@member_required()
def organization(request: MemberRequest, organization_id: UUID) -> HttpResponse:
    """One organization's, with its users."""
    found: Organization = get_object_or_404(request.workspace.organizations.all(), id=organization_id)
    context = {"organization": found, **_story(request, ORGANIZATIONS, found)}
    products = products_within(request)
    people = People.of(USERS, QueryDict(), workspace=request.workspace.id, products=products, company=found.id)
    context["users"] = people.rows[:USERS_SHOWN]
    context["has_more_users"] = len(people.rows) > USERS_SHOWN
    return render(request, "conversations/organization.html", context)


def _list(request: MemberRequest, kind: Kind, company: UUID | None = None) -> dict[str, Any]:
    products = products_within(request)
    people = People.of(kind, request.GET, workspace=request.workspace.id, products=products, company=company)
    return {
        "people": people,
        "orders": ORDERS,
        "order": str(people.order),
        "newer_url": people.previous_url,
        "older_url": people.next_url,
    }


def _story(request: MemberRequest, kind: Kind, who: Participant | Organization) -> dict[str, Any]:
    """What happened to them with what this member sees; 404 where that is nothing."""
    products = products_within(request)
    if not is_within_reach(kind, who.id, workspace=request.workspace.id, products=products):
        raise Http404
    whose = Whose(kind=kind, id=who.id, workspace=request.workspace, products=products)
    timeline = whose.timeline(request.GET, zone_of(request))
    found = urlencode({kind.filter: who.id, "environment": request.environment})
    return {
        "figures": whose.figures(),
        "timeline": timeline,
        "newer_url": timeline.previous_url,
        "older_url": timeline.next_url,
        "found_url": f"{reverse('conversation-list', args=[request.workspace.slug])}?{found}",
    }


def _company(request: MemberRequest) -> Organization | None:
    """The organization that the list is narrowed to; None for none and for nonsense."""
    id = read_id(request.GET.get("organization", ""))
    return request.workspace.organizations.filter(id=id).first() if id else None
