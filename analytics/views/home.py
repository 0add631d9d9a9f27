"""Home: until data flows a checklist that ticks itself, afterwards what is going on."""

from django.http import HttpResponse

from analytics.onboarding import onboarding
from analytics.queries import attention, low_ratings, product_cards
from conversations.models import conversations_of
from conversations.rows import rows_of
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, partial, render, zone_of
from products.team import waiting

LATEST = 8


@member_required()
def home(request: MemberRequest) -> HttpResponse:
    """Home base; while the checklist waits for the first message, its fragment asks for itself every second."""
    first = conversations_of(request.products).order_by("last_message_at", "id").only("id").first()
    if request.htmx.request_type == "partial":
        if first is None:
            return HttpResponse(status=204)
        return render(request, partial(request, "home.html", "waiting"), {"onboarding": {"conversation": first}})
    if first is None:
        steps = onboarding(request.workspace, request.products)
        return render(request, "home.html", {"onboarding": steps, "waiting": waiting(request.member)})
    cards = product_cards(request.products.in_environment(request.environment), zone=zone_of(request))
    products = [card.product for card in cards]
    context = {
        "products": cards,
        "attention": attention(cards, member=request.member, environment=request.environment),
        "low_ratings": low_ratings(products),
        "latest": rows_of(conversations_of(products).newest_first()[:LATEST], request.workspace),
    }
    return render(request, "home.html", context)
