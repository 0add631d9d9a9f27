"""An organization's paths without its slug (`/conversations/<id>/`): they lead to the organization that is meant."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from conversations.models import Conversation, Event, Export, Message, Note, SavedView, conversations_of
from greenflash_site.access import signed_in
from greenflash_site.http import PersonRequest
from products.models import AccessRequest, ApiKey, DeletedProduct, Invitation, Member, Role


def _heard_of(member: Member, whom: QuerySet[Any], key: str) -> QuerySet[Any]:
    """Those who talked with what this member sees, or to whom something happened there."""
    products = member.visible_products().order_by().values("id")
    same = {"workspace_id": member.workspace_id, "product_id__in": products, key: OuterRef("id")}
    return whom.filter(Exists(Conversation.objects.filter(**same)) | Exists(Event.objects.filter(**same)))


# What an id in a path names, as far as a member may see it: who may not see a thing is not led to it either.
SEEN: dict[str, Callable[[Member], QuerySet[Any]]] = {
    "product_id": Member.visible_products,
    "conversation_id": lambda member: conversations_of(member.visible_products()),
    "message_id": lambda member: Message.objects.filter(conversation__in=SEEN["conversation_id"](member)),
    "note_id": lambda member: Note.objects.filter(conversation__in=SEEN["conversation_id"](member)),
    "saved_view_id": SavedView.objects.seen_by,
    "user_id": lambda member: _heard_of(member, member.workspace.participants.all(), "participant_id"),
    "organization_id": lambda member: _heard_of(member, member.workspace.organizations.all(), "organization_id"),
    "export_id": Export.objects.of_member,
    "api_key_id": ApiKey.objects.managed_by,
    "member_id": lambda member: _for_admins(Member, member),
    "invitation_id": lambda member: _for_admins(Invitation, member),
    "access_request_id": lambda member: _for_admins(AccessRequest, member),
    "deleted_product_id": DeletedProduct.objects.seen_by,
}


def urls(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """A shortcut for each pattern of an organization's pages."""
    return [path(str(pattern.pattern), to_organization) for pattern in patterns if str(pattern.pattern)]


@signed_in
def to_organization(request: PersonRequest, **ids: UUID | str) -> HttpResponse:
    """Redirect to the same path in the organization that has the object, else where the person was last."""
    memberships = Member.objects.current().filter(person_id=request.user.pk).order_by("created_at")
    named = [(SEEN[name], id) for name, id in ids.items() if name in SEEN]
    candidates = [member for member in memberships if all(seen(member).filter(id=id).exists() for seen, id in named)]
    last = request.session.get("workspace")
    member = next((each for each in candidates if each.workspace.slug == last), next(iter(candidates), None))
    if member is None:
        if named:
            raise Http404
        return redirect("organization-new")
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    return redirect(f"/{member.workspace.slug}{request.path}{query}")


def _for_admins(model: type[Model], member: Member) -> QuerySet[Any]:
    """All that the organization has of these, for those who manage its members."""
    found = model._default_manager.filter(workspace_id=member.workspace_id)
    return found if member.has_role(Role.ADMIN) else found.none()
