"""Home: until data flows a checklist that ticks itself, afterwards what is going on."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from analytics.onboarding import onboarding
from analytics.queries import attention, low_ratings, product_cards
from conversations.feeds import products_within
from conversations.models import Conversation
from conversations.rows import rows_called
from greenflash_site.access import member_required
from greenflash_site.compiled import AnyOf, composed
from greenflash_site.http import MemberRequest, render, zone_of
from products.team import waiting

LATEST = 8


@member_required()
def home(request: MemberRequest) -> HttpResponse:
    """Home base; the checklist asks for itself every second, and is sent when more of it is done than it shows."""
    first = _first(request.workspace.id, [product.id for product in request.products_seen])
    is_fragment = request.htmx.request_type == "partial"
    if not first or is_fragment:
        steps = onboarding(request.workspace, request.products, first=first[0] if first else None)
        if not is_fragment:
            return render(request, "home.html", {"onboarding": steps, "waiting": waiting(request.member)})
        if request.GET.get("ticks") == steps.ticks:
            return HttpResponse(status=204)
        return render(request, "components/checklist.html", {"onboarding": steps})
    cards = product_cards(products_within(request), zone=zone_of(request))
    products = [card.product for card in cards]
    context = {
        "products": cards,
        "attention": attention(cards, member=request.member, environment=request.environment),
        "low_ratings": low_ratings(products),
        "latest": rows_called(_latest(request.workspace.id, [product.id for product in products]), request.workspace),
    }
    return render(request, "home.html", context)


@composed
def _first(workspace: UUID, products: Sequence[UUID]) -> QuerySet[Conversation]:
    """The first conversation, if there is one."""
    found = Conversation.objects.filter(AnyOf("product_id", products), workspace_id=workspace)
    return found.order_by("last_message_at", "id").only("title", "product_id")[:1]


@composed
def _latest(workspace: UUID, products: Sequence[UUID]) -> QuerySet[Conversation, UUID]:
    """The conversations that went on last."""
    found = Conversation.objects.filter(AnyOf("product_id", products), workspace_id=workspace)
    return found.newest_first().values_list("id", flat=True)[:LATEST]
