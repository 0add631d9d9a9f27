"""Products: the cards, and the page of one with its numbers. Making and changing them is in products/views."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse

from analytics.overview import product_overview
from analytics.queries import product_cards
from analytics.rollups import Days
from conversations.feeds import products_within
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, zone_of
from products.models import Role
from products.snippets import snippets
from products.team import waiting
from products.team_forms import CollaboratorForm

# How many days a page of numbers can show, and which it does by itself.
PERIODS = (7, 30, 90)
DAYS = 30


@member_required()
def index(request: MemberRequest) -> HttpResponse:
    """The products this member may see, in the environment of the switch."""
    cards = product_cards(products_within(request), zone=zone_of(request))
    archived = list(request.member.archived_products().in_environment(request.environment))
    context = {"cards": cards, "archived": archived, "waiting": waiting(request.member)}
    return render(request, "products/list.html", context)


@member_required()
def detail(request: MemberRequest, product_id: UUID) -> HttpResponse:
    """One product: its numbers, its id, its twin, how to send to it."""
    product = next((each for each in request.products_seen if each.id == product_id), None)
    if product is None:
        raise Http404
    others = [each for each in request.products_seen if each.name == product.name and each.id != product.id]
    asked = request.GET.get("days", "")
    count = int(asked) if asked in map(str, PERIODS) else DAYS
    context = {
        "product": product,
        "overview": product_overview(
            product,
            Days.until_today(zone_of(request), count=count),
            home=reverse("home", args=[request.workspace.slug]),
        ),
        "days": count,
        "periods": PERIODS,
        "twin": next((each for each in others if each.environment != product.environment), None),
        "snippets": snippets(product_id=product.id),
        "collaborators": product.collaborators.select_related("member__person").order_by("created_at"),
        "collaborator_form": CollaboratorForm(product=product) if request.member.has_role(Role.MEMBER) else None,
    }
    return render(request, "products/detail.html", context)
