"""The menus of the filter bar, asked for when one is opened: values, and how many conversations each has."""

from django.http import Http404, HttpResponse

from conversations.facets import FACETS, choices
from conversations.filters import ConversationFilter
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render_partial


@member_required()
def facet(request: MemberRequest, facet_name: str) -> HttpResponse:
    """The values of one facet; `find` looks for users and organizations."""
    if facet_name not in FACETS:
        raise Http404
    chosen = ConversationFilter.of(request)
    find = request.GET.get("find", "").strip()
    context = {
        "facet": FACETS[facet_name],
        "chosen": chosen,
        "find": find,
        "choices": choices(FACETS[facet_name], chosen, find=find),
    }
    return render_partial(request, "conversations/facet.html", "choices", context)
