"""The command palette: from anywhere to anything by a few letters of its name."""

from django.http import HttpResponse

from conversations.palette import found
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render_partial


@member_required()
def index(request: MemberRequest) -> HttpResponse:
    """What bears the words of `q`; as a page, or as the list of the palette that is open."""
    text = request.GET.get("q", "")
    context = {"groups": found(request, text), "text": text.strip()}
    return render_partial(request, "conversations/palette.html", "results", context)
