"""Home: until data flows a checklist that ticks itself, afterwards what is going on."""

from datetime import UTC, datetime

from django.http import HttpResponse

from analytics.onboarding import onboarding
from analytics.queries import product_cards
from conversations.models import conversations_of
from conversations.rows import rows_of
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, partial, render
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
    products = request.products.in_environment(request.environment)
    context = {
        "products": product_cards(products, today=datetime.now(UTC).date()),
        "latest": rows_of(conversations_of(products).newest_first()[:LATEST], request.workspace),
    }
    return render(request, "home.html", context)
