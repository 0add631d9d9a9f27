"""An organization's paths without its slug (`/conversations/<id>/`): they lead to the organization that is meant."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from conversations.models import Conversation, Export, Message, Note, SavedView
from greenflash_site.access import signed_in
from greenflash_site.http import PersonRequest
from products.models import ApiKey, Member, Product

# What an id in a path names. An id leads to an organization only through a membership of who asks.
OWNERS = {
    "product_id": Product,
    "conversation_id": Conversation,
    "message_id": Message,
    "note_id": Note,
    "saved_view_id": SavedView,
    "export_id": Export,
    "api_key_id": ApiKey,
}


def urls(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """A shortcut for each pattern of an organization's pages."""
    return [path(str(pattern.pattern), to_organization) for pattern in patterns if str(pattern.pattern)]


@signed_in
def to_organization(request: PersonRequest, **ids: UUID | str) -> HttpResponse:
    """Redirect to the same path in the organization that has the object, else where the person was last."""
    memberships = Member.objects.filter(person_id=request.user.pk).select_related("workspace").order_by("created_at")
    owners = [(OWNERS[name], id) for name, id in ids.items() if name in OWNERS]
    for owner, id in owners:
        memberships = memberships.filter(workspace_id__in=owner._default_manager.filter(id=id).values("workspace_id"))
    last = request.session.get("workspace")
    candidates = list(memberships)
    member = next((each for each in candidates if each.workspace.slug == last), next(iter(candidates), None))
    if member is None:
        if owners:
            raise Http404
        return redirect("organization-new")
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    return redirect(f"/{member.workspace.slug}{request.path}{query}")
