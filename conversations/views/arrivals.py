"""The live list: whether something has arrived, and what."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from conversations.arrivals import arrivals, arrivals_ticket, has_arrivals, moment
from conversations.filters import ConversationFilter
from greenflash_site.access import member_required, public
from greenflash_site.http import MemberRequest, PersonRequest, render


@public
@never_cache
def changes(request: PersonRequest, ticket: str) -> HttpResponse:
    """204 as long as nothing arrived in the products of this ticket; else 200, without a word.

    Open to anybody: the ticket is signed and tells nothing else, and to know who asks would cost three queries.
    """
    return HttpResponse(status=200 if has_arrivals(ticket) else 204)


@member_required()
@never_cache
def index(request: MemberRequest) -> HttpResponse:
    """How many conversations of the filter arrived since its page was made, and a fresh ticket."""
    now = timezone.now()
    chosen = ConversationFilter.of(request)
    since = moment(request.GET.get("since", "")) or now
    context = {
        "chosen": chosen,
        "since": since.isoformat(),
        "arrivals": arrivals(chosen, since),
        "ticket": arrivals_ticket(chosen, now),
    }
    return render(request, "conversations/list.html#arrivals", context)
