"""Every page of an organization with something on it, for tests that look at all of them; and what stands on them."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import URLPattern, reverse
from django.utils import timezone

from conversations.models import Conversation, Event, Export, Note, Rating, SavedView
from greenflash_site.urls import organization_urls
from products.actions import create_api_key, create_product
from products.models import AccessRequest, DeletedProduct, Environment, Member, Role
from products.team import invite
from tests.conftest import tell
from tests.factories import MemberFactory, WorkspaceFactory

# Each route of an organization, and the query strings (or fragments) that its page is looked at with. What stands in
# {braces} is an id of `ids_of`. Routes without a page of their own are empty: what only takes a POST, files, fragments.
QUERIES: dict[str, Sequence[str]] = {
    "home": [""],
    "conversation-list": [
        "",
        "?environment=development",
        "?rating=low&tool_error=yes&user={participant}",
        "?q=parcel",
        "?q=zyxomorph&model=none",
    ],
    "conversation-facet": ["", "?rating=low"],
    "conversation-arrivals": [],
    "conversation-export-new": [],
    "conversation-export": [""],
    "conversation-export-download": [],
    "conversation-view-new": ["?rating=low&user={participant}&q=parcel"],
    "conversation-view-edit": [""],
    "conversation-view-delete": [],
    "conversation-detail": ["", "?view=trace", "?message={message}#m-{message}", "?message={message}&note=#note-text"],
    "conversation-markdown": [],
    "conversation-review": [],
    "conversation-unreview": [],
    "conversation-mentions": [],
    "note-new": [],
    "note-edit": [""],
    "note-delete": [],
    "message-detail": [""],
    "user-list": [
        "",
        "?q=grace&sort=name",
        "?q=zyxomorph",
        "?organization={organization_id}&sort=first_seen",
        "?period=7d&sort=-rating",
    ],
    "user-detail": [""],
    "organization-list": ["", "?q=initech"],
    "organization-detail": [""],
    "rating-list": ["", "?level=low&feedback=yes", "?model=none", "?user={participant}"],
    "event-list": ["", "?influence=negative", "?type=none", "?organization={organization_id}"],
    "palette": ["", "?q=grace", "?q=zyxomorph"],
    "product-list": [""],
    "product-new": ["", "?twin={product_id}"],
    "product-detail": ["", "?days=90"],
    "product-edit": [""],
    "product-archive": [],
    "product-restore": [],
    "product-delete": [""],
    "product-deleted": [""],
    "api-key-list": [""],
    "api-key-new": [""],
    "api-key-revoke": [],
    "api-key-rotate": [""],
    "collaborator-add": [],
    "collaborator-remove": [],
    "access-request-new": [],
    "settings": [""],
    "organization-delete": [""],
    "organization-leave": [""],
    "member-list": [""],
    "member-detail": [""],
    "member-role": [],
    "member-products": [],
    "member-remove": [],
    "invitation-new": [""],
    "invitation-resend": [],
    "invitation-revoke": [],
    "access-request-dismiss": [],
    "audit-log": [""],
    "audit-log-export": [],
}
# Of what a route names by <name>, these stand beside the one that `ids_of` has.
ALSO = {"facet_name": ["date", "model"], "export_id": ["waiting", "failed"]}
# What there is in an organization with nothing in it.
PLACES = (
    "", "conversations/", "users/", "organizations/", "ratings/", "events/", "palette/", "products/", "api-keys/",
)  # fmt: skip
OUTSIDE = [
    "/login/",
    "/signup/",
    "/invitations/gone/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/single-sign-on/cancelled/",
    "/account/deleted/",
]
OF_THE_PERSON = [
    "/organizations/new/",
    "/account/",
    "/account/email/",
    "/account/password/change/",
    "/account/two-factor/",
    "/account/two-factor/app/add/",
    "/account/passkeys/add/",
    "/account/sessions/",
    "/account/delete/",
    "/acme/nowhere/",
]


def furnish(owner: Member) -> list[str]:
    """Put something of everything into this organization, and another with nothing in it; the paths of their pages."""
    ids = ids_of(owner)
    bare = WorkspaceFactory.create(name="Bare", slug="bare")
    MemberFactory.create(workspace=bare, person=owner.person, role=owner.role)
    empty = [f"/bare/{place}" for place in PLACES]
    return [*paths(ids), *empty, *OF_THE_PERSON]


def paths(ids: dict[str, Any]) -> Iterator[str]:
    """Where to find each page of the organization `acme`; KeyError for a route that QUERIES does not know."""
    for route in organization_urls:
        others = [(name, other) for name in ALSO if f":{name}>" in str(route.pattern) for other in ALSO[name]]
        for query in QUERIES[str(route.name)]:
            yield path(route, ids) + query.format(**ids)
            yield from (
                path(route, ids | {name: ids.get(other, other)}) + query.format(**ids) for name, other in others
            )


def path(route: URLPattern, ids: dict[str, Any]) -> str:
    """Where a route leads in the organization `acme`."""
    names = re.findall(r"<\w+:(\w+)>", str(route.pattern))
    return reverse(str(route.name), args=["acme", *[ids[name] for name in names]])


def ids_of(owner: Member) -> dict[str, Any]:
    """Make one of everything a page can show; what is there, by the names of QUERIES and of the routes."""
    workspace = owner.workspace
    product = create_product(owner, name="Helpbot", description="Answers customers")
    create_product(owner, name="Helpbot", environment=Environment.DEVELOPMENT)
    key = create_api_key(workspace, acting_user=owner.person, name="web server").api_key
    newcomer = MemberFactory.create(workspace=workspace, person__name="Nora", role=Role.MEMBER)
    now = timezone.now()
    for number in range(3):
        tell(product, f"talk {number}", at=now - timedelta(days=number), externalUserId=f"user-{number}")
    conversation = tell(
        product,
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Where is my **parcel**?", "createdAt": (now - timedelta(hours=9)).isoformat()},
        {"messageType": "thought", "content": "I should look it up.", "model": "gpt-9"},
        {"messageType": "tool_call", "toolName": "track", "input": {"number": 42}, "externalMessageId": "call"},
        {"messageType": "observation", "output": {"place": "Ghent"}, "parentExternalMessageId": "call"},
        {"messageType": "tool_call", "toolName": "refund", "input": {"number": 42}, "externalMessageId": "refund"},
        {"messageType": "tool_error", "output": "No such order", "parentExternalMessageId": "refund"},
        {
            "role": "assistant",
            "content": "# Found\n\n- in `Ghent`\n\n> soon\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n\n"
            "[More](https://docs.example/)\n\n" + "It is on its way. " * 200,
            "context": "Ghent is in Belgium.",
            "model": "opus-7",
        },
        {"messageType": "final_response", "content": "Tomorrow."},
        externalUserId="grace",
        externalOrganizationId="initech",
        externalConversationId="parcel",
        model="gpt-9",
        properties={"plan": "pro"},
        systemPrompt={"components": [{"type": "system", "content": "Be brief."}], "variables": {"name": "Grace"}},
    )
    message = conversation.messages.in_order()[1]
    _react(conversation, at=now)
    note = Note.objects.create(
        workspace=workspace,
        conversation=conversation,
        message_id=message.id,
        author=owner.person,
        text=f"@{owner.person.email} look: https://tracker.example/7",
    )
    note.mention([owner.person])
    view = SavedView.objects.create(
        workspace=workspace, member=owner, name="Bad ones", query="rating=low", shared_at=timezone.now()
    )
    export: dict[str, Any] = {
        "workspace": workspace,
        "member": owner,
        "format": "csv",
        "zone": "UTC",
        "product_ids": [],
    }
    return {
        "facet_name": "user",
        "saved_view_id": view.id,
        "export_id": Export.objects.create(**export, total=3, done=3, size=2_000, finished_at=now).id,
        "waiting": Export.objects.create(**export, total=9, done=3).id,
        "failed": Export.objects.create(**export, failed_at=now).id,
        "conversation_id": conversation.id,
        "note_id": note.id,
        "message_id": message.id,
        "message": message.id,
        "participant": conversation.participant_id,
        "user_id": conversation.participant_id,
        "organization_id": conversation.organization_id,
        "product_id": product.id,
        "api_key_id": key.id,
        "member_id": newcomer.id,
        "access_request_id": AccessRequest.objects.create(workspace=workspace, member=newcomer).id,
        "invitation_id": invite("ivan@acme.example", role=Role.VIEWER, acting_member=owner).invitation.id,
        "deleted_product_id": DeletedProduct.objects.create(
            workspace=workspace,
            former_id=product.id,
            name="Old bot",
            environment="production",
            deleted_by=owner.person,
            total=9,
            counts={"conversation": 9, "message": 90},
            finished_at=now,
        ).id,
    }


def _react(conversation: Conversation, *, at: datetime) -> None:
    """Ratings of all kinds and tones, events of every influence."""
    same: dict[str, Any] = {"workspace_id": conversation.workspace_id, "conversation": conversation, "created_at": at}
    answer = conversation.messages.in_order().last()
    assert answer
    for message, value, maximum in ((answer.id, 0, 1), (None, 1, 1), (None, 2, 5)):
        Rating.objects.create(
            **same,
            message_id=message,
            value=value,
            minimum=0,
            maximum=maximum,
            normalized=value / maximum,
            feedback="Said so.",
            rated_at=at,
        )
    for influence, score in (("positive", 1), ("neutral", 0), ("negative", -1)):
        Event.objects.create(
            **same,
            product_id=conversation.product_id,
            type=f"{influence} thing",
            value="12",
            influence=influence,
            quality_impact_score=score,
            event_at=at,
        )
    Conversation.objects.filter(id=conversation.id).update(
        rating=0, rating_min=0, rating_max=1, rating_normalized=0, feedback="Said so.", rated_at=at
    )
