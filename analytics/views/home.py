"""Home: until data flows a checklist that ticks itself, afterwards what is going on."""

from django.http import HttpResponse

from analytics.onboarding import onboarding
from analytics.queries import attention, low_ratings, product_cards
from conversations.models import conversations_of
from conversations.rows import rows_of
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render, zone_of
from products.team import waiting

LATEST = 8


@member_required()
def home(request: MemberRequest) -> HttpResponse:
    """Home base; the checklist asks for itself every second, and is sent when more of it is done than it shows."""
    first = conversations_of(request.products).order_by("last_message_at", "id").only("title", "product_id").first()
    is_fragment = request.htmx.request_type == "partial"
    if first is None or is_fragment:
        steps = onboarding(request.workspace, request.products, first=first)
        if not is_fragment:
            return render(request, "home.html", {"onboarding": steps, "waiting": waiting(request.member)})
        if request.GET.get("ticks") == steps.ticks:
            return HttpResponse(status=204)
        return render(request, "components/checklist.html", {"onboarding": steps})
    cards = product_cards(request.products.in_environment(request.environment), zone=zone_of(request))
    products = [card.product for card in cards]
    context = {
        "products": cards,
        "attention": attention(cards, member=request.member, environment=request.environment),
        "low_ratings": low_ratings(products),
        "latest": rows_of(conversations_of(products).newest_first()[:LATEST], request.workspace),
    }
    return render(request, "home.html", context)
