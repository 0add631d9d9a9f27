"""Users and organizations: their lists, and each one's story."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from conversations.feeds import PERIODS, began, products_within
from conversations.models import Organization, Participant
from conversations.people import ORGANIZATIONS, USERS, Kind, Meant, People, is_within_reach, text_of, whose
from conversations.people_orders import ORDERS
from conversations.timeline import Whose
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, zone_of
from products.models import Product

# So many users stand on the page of their organization.
USERS_SHOWN = 8


@member_required()
def users(request: MemberRequest) -> HttpResponse:
    """Who talked with the products of the switch's environment, perhaps of one organization."""
    products = products_within(request)
    company = whose(ORGANIZATIONS, request.GET, workspace=request.workspace, products=products)
    return render(request, "conversations/users.html", _list(request, USERS, products, company=company))


@member_required()
def organizations(request: MemberRequest) -> HttpResponse:
    """The companies whose people talked with the products of the switch's environment."""
    return render(request, "conversations/organizations.html", _list(request, ORGANIZATIONS, products_within(request)))


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
    meant = Meant(kind=USERS, workspace=request.workspace.id, products=products, company=found.id)
    people = People.of(meant, QueryDict())
    context["users"] = people.rows[:USERS_SHOWN]
    context["has_more_users"] = len(people.rows) > USERS_SHOWN
    return render(request, "conversations/organization.html", context)


def _list(
    request: MemberRequest, kind: Kind, products: Sequence[Product], *, company: Organization | None = None
) -> dict[str, Any]:
    """A list that the query string may narrow to one of the products, and to who was seen in a period."""
    product = next((each for each in products if str(each.id) == request.GET.get("product")), None)
    period = request.GET.get("period", "")
    meant = Meant(
        kind=kind,
        workspace=request.workspace.id,
        products=[product] if product else products,
        text=text_of(request.GET),
        company=company.id if company else None,
        since=began(period, zone_of(request)) if period in PERIODS else None,
    )
    people = People.of(meant, request.GET)
    return {
        "people": people,
        "meant": meant,
        "company": company,
        "is_narrowed": bool(meant.text or company or product or meant.since),
        "products": products,
        "product": product,
        "periods": PERIODS,
        "period": period,
        "orders": ORDERS,
        "order": str(people.order),
        "newer_url": people.previous_url,
        "older_url": people.next_url,
    }


def _story(request: MemberRequest, kind: Kind, who: Participant | Organization) -> dict[str, Any]:
    """What happened to them in the environment of the switch; 404 where this member sees nothing of them in any."""
    whose = Whose(kind=kind, id=who.id, workspace=request.workspace, products=products_within(request))
    figures = whose.figures()
    # What came a moment ago, and what is of another environment, is not in the figures.
    if not figures.has_any and not is_within_reach(
        kind, who.id, workspace=request.workspace.id, products=request.products_seen
    ):
        raise Http404
    timeline = whose.timeline(request.GET, zone_of(request))
    found = urlencode({kind.filter: who.id, "environment": request.environment})
    root = reverse("home", args=[request.workspace.slug])
    return {
        "figures": figures,
        "timeline": timeline,
        "newer_url": timeline.previous_url,
        "older_url": timeline.next_url,
        "found_url": f"{root}conversations/?{found}",
        "ratings_url": f"{root}ratings/?{found}&period=1y",
        "events_url": f"{root}events/?{found}&period=1y",
    }
