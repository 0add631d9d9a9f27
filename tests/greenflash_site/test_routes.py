"""Every page of the site map with every kind of person, against the tables below; a page that is not in them fails."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from conversations.models import Export, Note, SavedView
from products.actions import create_api_key
from products.models import AccessRequest, Member, Product, Role, Workspace
from products.team import invite
from tests.conftest import browser_of, tell
from tests.factories import MemberFactory

PEOPLE = ("anonymous", "stranger", "newcomer", "viewer", "collaborator", "admin", "owner")

# Columns: anonymous, stranger, newcomer, viewer, collaborator, admin, owner; all about Acme's own things.
GET = {
    "healthz": "200 200 200 200 200 200 200",
    "readyz": "503 503 503 503 503 503 503",  # no worker runs beside the tests
    "signup/": "200 302 302 302 302 302 302",
    "login/": "200 302 302 302 302 302 302",
    "logout/": "302 200 200 200 200 200 200",
    "account/inactive/": "200 200 200 200 200 200 200",
    "account/reauthenticate/": "302 200 200 200 200 200 200",
    "account/email/": "302 200 200 200 200 200 200",
    "account/email/confirm/": "200 200 200 200 200 200 200",
    "account/email/confirm/<key>/": "200 200 200 200 200 200 200",
    "account/password/change/": "302 200 200 200 200 200 200",
    "account/password/set/": "302 302 302 302 302 302 302",
    "account/password/reset/": "200 200 200 200 200 200 200",
    "account/password/reset/done/": "200 200 200 200 200 200 200",
    "account/password/reset/key/<uidb36>-<key>/": "200 200 200 200 200 200 200",
    "account/password/reset/key/done/": "200 200 200 200 200 200 200",
    "changes/<ticket>/": "404 404 404 404 404 404 404",
    "organizations/new/": "302 200 200 200 200 200 200",
    "changes/conversations/<ticket>/": "200 200 200 200 200 200 200",
    "": "302 302 302 302 302 302 302",
    "conversations/": "302 302 302 302 302 302 302",
    "conversations/filters/<facet_name>/": "302 302 302 302 302 302 302",
    "conversations/arrivals/": "302 302 302 302 302 302 302",
    "conversations/exports/": "302 302 302 302 302 302 302",
    "conversations/exports/<export_id>/": "302 404 302 302 302 302 302",
    "conversations/exports/<export_id>/download/": "302 404 302 302 302 302 302",
    "conversations/views/new/": "302 302 302 302 302 302 302",
    "conversations/views/<saved_view_id>/edit/": "302 404 302 302 302 302 302",
    "conversations/views/<saved_view_id>/delete/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/markdown/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/review/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/unreview/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/mentions/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/<note_id>/edit/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/<note_id>/delete/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/messages/<message_id>/": "302 404 302 302 302 302 302",
    "products/": "302 302 302 302 302 302 302",
    "products/new/": "302 302 302 302 302 302 302",
    "products/<product_id>/": "302 404 302 302 302 302 302",
    "products/<product_id>/edit/": "302 404 302 302 302 302 302",
    "api-keys/": "302 302 302 302 302 302 302",
    "api-keys/new/": "302 302 302 302 302 302 302",
    "api-keys/<api_key_id>/rotate/": "302 404 302 302 302 302 302",
    "api-keys/<api_key_id>/revoke/": "302 404 302 302 302 302 302",
    "organizations/deleted/<receipt_id>/": "302 404 404 404 404 404 404",
    "organizations/deleted/<receipt_id>/receipt/": "302 404 404 404 404 404 404",
    "invitations/<token>/": "404 404 404 404 404 404 404",
    "invitations/<token>/join/": "302 405 405 405 405 405 405",
    "products/<product_id>/collaborators/": "302 404 302 302 302 302 302",
    "products/<product_id>/collaborators/<member_id>/remove/": "302 404 302 302 302 302 302",
    "access-requests/": "302 302 302 302 302 302 302",
    "settings/delete/": "302 302 302 302 302 302 302",
    "settings/members/": "302 302 302 302 302 302 302",
    "settings/members/<member_id>/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/role/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/products/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/remove/": "302 404 302 302 302 302 302",
    "settings/invitations/new/": "302 302 302 302 302 302 302",
    "settings/invitations/<invitation_id>/resend/": "302 404 302 302 302 302 302",
    "settings/invitations/<invitation_id>/revoke/": "302 404 302 302 302 302 302",
    "settings/access-requests/<access_request_id>/dismiss/": "302 404 302 302 302 302 302",
    "leave/": "302 302 302 302 302 302 302",
    "settings/": "302 302 302 302 302 302 302",
    "settings/audit-log/": "302 302 302 302 302 302 302",
    "settings/audit-log/export/": "302 302 302 302 302 302 302",
    "<slug>/": "302 404 200 200 200 200 200",
    "<slug>/conversations/": "302 404 200 200 200 200 200",
    "<slug>/conversations/filters/<facet_name>/": "302 404 200 200 200 200 200",
    "<slug>/conversations/arrivals/": "302 404 200 200 200 200 200",
    "<slug>/conversations/exports/": "302 405 405 405 405 405 405",
    "<slug>/conversations/exports/<export_id>/": "302 404 404 403 404 404 200",
    "<slug>/conversations/exports/<export_id>/download/": "302 404 404 403 404 404 200",
    "<slug>/conversations/views/new/": "302 404 200 403 200 200 200",
    "<slug>/conversations/views/<saved_view_id>/edit/": "302 404 404 403 404 200 200",
    "<slug>/conversations/views/<saved_view_id>/delete/": "302 405 405 405 405 405 405",
    "<slug>/conversations/<conversation_id>/": "302 404 404 200 200 200 200",
    "<slug>/conversations/<conversation_id>/markdown/": "302 404 404 403 200 200 200",
    "<slug>/conversations/<conversation_id>/review/": "302 405 405 405 405 405 405",
    "<slug>/conversations/<conversation_id>/unreview/": "302 405 405 405 405 405 405",
    "<slug>/conversations/<conversation_id>/mentions/": "302 404 404 403 200 200 200",
    "<slug>/conversations/<conversation_id>/notes/": "302 405 405 405 405 405 405",
    "<slug>/conversations/<conversation_id>/notes/<note_id>/edit/": "302 404 404 403 404 404 200",
    "<slug>/conversations/<conversation_id>/notes/<note_id>/delete/": "302 405 405 405 405 405 405",
    "<slug>/conversations/<conversation_id>/messages/<message_id>/": "302 404 404 200 200 200 200",
    "<slug>/products/": "302 404 200 200 200 200 200",
    "<slug>/products/new/": "302 404 200 403 200 200 200",
    "<slug>/products/<product_id>/": "302 404 404 200 200 200 200",
    "<slug>/products/<product_id>/edit/": "302 404 404 403 200 200 200",
    "<slug>/api-keys/": "302 404 200 403 200 200 200",
    "<slug>/api-keys/new/": "302 404 200 403 200 200 200",
    "<slug>/api-keys/<api_key_id>/rotate/": "302 404 404 403 404 200 200",
    "<slug>/api-keys/<api_key_id>/revoke/": "302 405 405 405 405 405 405",
    "<slug>/products/<product_id>/collaborators/": "302 405 405 405 405 405 405",
    "<slug>/products/<product_id>/collaborators/<member_id>/remove/": "302 405 405 405 405 405 405",
    "<slug>/access-requests/": "302 405 405 405 405 405 405",
    "<slug>/settings/delete/": "302 404 403 403 403 403 200",
    "<slug>/settings/members/": "302 404 403 403 403 200 200",
    "<slug>/settings/members/<member_id>/": "302 404 403 403 403 200 200",
    "<slug>/settings/members/<member_id>/role/": "302 405 405 405 405 405 405",
    "<slug>/settings/members/<member_id>/products/": "302 405 405 405 405 405 405",
    "<slug>/settings/members/<member_id>/remove/": "302 405 405 405 405 405 405",
    "<slug>/settings/invitations/new/": "302 404 403 403 403 200 200",
    "<slug>/settings/invitations/<invitation_id>/resend/": "302 405 405 405 405 405 405",
    "<slug>/settings/invitations/<invitation_id>/revoke/": "302 405 405 405 405 405 405",
    "<slug>/settings/access-requests/<access_request_id>/dismiss/": "302 405 405 405 405 405 405",
    "<slug>/leave/": "302 404 200 200 200 200 200",
    "<slug>/settings/": "302 404 403 403 403 200 200",
    "<slug>/settings/audit-log/": "302 404 403 403 403 200 200",
    "<slug>/settings/audit-log/export/": "302 405 405 405 405 405 405",
}
# With a body that no form can use: who may would be told what is missing (422).
POST = {
    "healthz": "200 200 200 200 200 200 200",
    "readyz": "503 503 503 503 503 503 503",
    "signup/": "422 302 302 302 302 302 302",
    "login/": "422 302 302 302 302 302 302",
    "logout/": "302 302 302 302 302 302 302",
    "account/inactive/": "405 405 405 405 405 405 405",
    "account/reauthenticate/": "302 422 422 422 422 422 422",
    "account/email/": "302 302 302 302 302 302 302",
    "account/email/confirm/": "405 405 405 405 405 405 405",
    "account/email/confirm/<key>/": "404 404 404 404 404 404 404",
    "account/password/change/": "302 422 422 422 422 422 422",
    "account/password/set/": "302 302 302 302 302 302 302",
    "account/password/reset/": "422 422 422 422 422 422 422",
    "account/password/reset/done/": "405 405 405 405 405 405 405",
    "account/password/reset/key/<uidb36>-<key>/": "422 422 422 422 422 422 422",
    "account/password/reset/key/done/": "405 405 405 405 405 405 405",
    "changes/<ticket>/": "404 404 404 404 404 404 404",
    "organizations/new/": "302 422 422 422 422 422 422",
    "changes/conversations/<ticket>/": "200 200 200 200 200 200 200",
    "": "302 302 302 302 302 302 302",
    "conversations/": "302 302 302 302 302 302 302",
    "conversations/filters/<facet_name>/": "302 302 302 302 302 302 302",
    "conversations/arrivals/": "302 302 302 302 302 302 302",
    "conversations/exports/": "302 302 302 302 302 302 302",
    "conversations/exports/<export_id>/": "302 404 302 302 302 302 302",
    "conversations/exports/<export_id>/download/": "302 404 302 302 302 302 302",
    "conversations/views/new/": "302 302 302 302 302 302 302",
    "conversations/views/<saved_view_id>/edit/": "302 404 302 302 302 302 302",
    "conversations/views/<saved_view_id>/delete/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/markdown/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/review/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/unreview/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/mentions/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/<note_id>/edit/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/notes/<note_id>/delete/": "302 404 302 302 302 302 302",
    "conversations/<conversation_id>/messages/<message_id>/": "302 404 302 302 302 302 302",
    "products/": "302 302 302 302 302 302 302",
    "products/new/": "302 302 302 302 302 302 302",
    "products/<product_id>/": "302 404 302 302 302 302 302",
    "products/<product_id>/edit/": "302 404 302 302 302 302 302",
    "api-keys/": "302 302 302 302 302 302 302",
    "api-keys/new/": "302 302 302 302 302 302 302",
    "api-keys/<api_key_id>/rotate/": "302 404 302 302 302 302 302",
    "api-keys/<api_key_id>/revoke/": "302 404 302 302 302 302 302",
    "organizations/deleted/<receipt_id>/": "302 404 404 404 404 404 404",
    "organizations/deleted/<receipt_id>/receipt/": "302 404 404 404 404 404 404",
    "invitations/<token>/": "404 404 404 404 404 404 404",
    "invitations/<token>/join/": "302 404 404 404 404 404 404",
    "products/<product_id>/collaborators/": "302 404 302 302 302 302 302",
    "products/<product_id>/collaborators/<member_id>/remove/": "302 404 302 302 302 302 302",
    "access-requests/": "302 302 302 302 302 302 302",
    "settings/delete/": "302 302 302 302 302 302 302",
    "settings/members/": "302 302 302 302 302 302 302",
    "settings/members/<member_id>/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/role/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/products/": "302 404 302 302 302 302 302",
    "settings/members/<member_id>/remove/": "302 404 302 302 302 302 302",
    "settings/invitations/new/": "302 302 302 302 302 302 302",
    "settings/invitations/<invitation_id>/resend/": "302 404 302 302 302 302 302",
    "settings/invitations/<invitation_id>/revoke/": "302 404 302 302 302 302 302",
    "settings/access-requests/<access_request_id>/dismiss/": "302 404 302 302 302 302 302",
    "leave/": "302 302 302 302 302 302 302",
    "settings/": "302 302 302 302 302 302 302",
    "settings/audit-log/": "302 302 302 302 302 302 302",
    "settings/audit-log/export/": "302 302 302 302 302 302 302",
    "<slug>/": "302 404 200 200 200 200 200",
    "<slug>/conversations/": "302 404 200 200 200 200 200",
    "<slug>/conversations/filters/<facet_name>/": "302 404 200 200 200 200 200",
    "<slug>/conversations/arrivals/": "302 404 200 200 200 200 200",
    "<slug>/conversations/exports/": "302 404 400 403 400 400 400",
    "<slug>/conversations/exports/<export_id>/": "302 404 404 403 404 404 200",
    "<slug>/conversations/exports/<export_id>/download/": "302 404 404 403 404 404 200",
    "<slug>/conversations/views/new/": "302 404 422 403 422 422 422",
    "<slug>/conversations/views/<saved_view_id>/edit/": "302 404 404 403 404 422 422",
    "<slug>/conversations/views/<saved_view_id>/delete/": "302 404 404 403 404 302 404",
    "<slug>/conversations/<conversation_id>/": "302 404 404 200 200 200 200",
    "<slug>/conversations/<conversation_id>/markdown/": "302 404 404 403 200 200 200",
    "<slug>/conversations/<conversation_id>/review/": "302 404 404 403 302 302 302",
    "<slug>/conversations/<conversation_id>/unreview/": "302 404 404 403 302 302 302",
    "<slug>/conversations/<conversation_id>/mentions/": "302 404 404 403 200 200 200",
    "<slug>/conversations/<conversation_id>/notes/": "302 404 404 403 422 422 422",
    "<slug>/conversations/<conversation_id>/notes/<note_id>/edit/": "302 404 404 403 404 404 422",
    "<slug>/conversations/<conversation_id>/notes/<note_id>/delete/": "302 404 404 403 404 404 302",
    "<slug>/conversations/<conversation_id>/messages/<message_id>/": "302 404 404 200 200 200 200",
    "<slug>/products/": "302 404 200 200 200 200 200",
    "<slug>/products/new/": "302 404 422 403 422 422 422",
    "<slug>/products/<product_id>/": "302 404 404 200 200 200 200",
    "<slug>/products/<product_id>/edit/": "302 404 404 403 422 422 422",
    "<slug>/api-keys/": "302 404 200 403 200 200 200",
    "<slug>/api-keys/new/": "302 404 422 403 422 422 422",
    "<slug>/api-keys/<api_key_id>/rotate/": "302 404 404 403 404 422 422",
    "<slug>/api-keys/<api_key_id>/revoke/": "302 404 404 403 404 302 302",
    "<slug>/products/<product_id>/collaborators/": "302 404 404 403 302 302 302",
    "<slug>/products/<product_id>/collaborators/<member_id>/remove/": "302 404 404 403 302 302 302",
    "<slug>/access-requests/": "302 404 302 302 302 302 302",
    "<slug>/settings/delete/": "302 404 403 403 403 403 422",
    "<slug>/settings/members/": "302 404 403 403 403 200 200",
    "<slug>/settings/members/<member_id>/": "302 404 403 403 403 200 200",
    "<slug>/settings/members/<member_id>/role/": "302 404 403 403 403 422 422",
    "<slug>/settings/members/<member_id>/products/": "302 404 403 403 403 302 302",
    "<slug>/settings/members/<member_id>/remove/": "302 404 403 403 403 302 302",
    "<slug>/settings/invitations/new/": "302 404 403 403 403 422 422",
    "<slug>/settings/invitations/<invitation_id>/resend/": "302 404 403 403 403 200 200",
    "<slug>/settings/invitations/<invitation_id>/revoke/": "302 404 403 403 403 302 404",
    "<slug>/settings/access-requests/<access_request_id>/dismiss/": "302 404 403 403 403 302 404",
    "<slug>/leave/": "302 404 302 302 302 302 422",
    "<slug>/settings/": "302 404 403 403 403 422 422",
    "<slug>/settings/audit-log/": "302 404 403 403 403 200 200",
    "<slug>/settings/audit-log/export/": "302 404 403 403 403 200 200",
}


def routes(patterns: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each route with its parameters as <name>; the API's endpoints have a table of their own."""
    for pattern in patterns:
        route = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(pattern.pattern)).strip("^$")
        route = prefix + re.sub(r"<\w+:(\w+)>", r"<\1>", route)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        elif isinstance(pattern, URLResolver) and route != "api/v1/":
            yield from routes(pattern.url_patterns, route)


ROUTES = dict(routes(get_resolver().url_patterns))


@pytest.fixture
def people(
    owner: Member, newcomer: Member, viewer: Member, collaborator: Member, stranger: Member
) -> dict[str, Client]:
    admin = MemberFactory.create(workspace=owner.workspace, person__email="amy@acme.example", role=Role.ADMIN)
    members = [stranger, newcomer, viewer, collaborator, admin, owner]
    return {"anonymous": Client()} | dict(zip(PEOPLE[1:], [browser_of(m.person) for m in members], strict=True))


@pytest.fixture
def paths(owner: Member, newcomer: Member, workspace: Workspace, product: Product) -> dict[str, str]:
    """What stands for a parameter: Acme's own things."""
    key = create_api_key(workspace, acting_user=owner.person, name="web server").api_key
    conversation = tell(product, "Hello")
    note = Note.objects.create(workspace=workspace, conversation=conversation, author=owner.person, text="Look")
    values = {
        "slug": "acme",
        "facet_name": "rating",
        "saved_view_id": SavedView.objects.create(
            workspace=workspace, member=owner, name="Ours", shared_at=timezone.now()
        ).id,
        "export_id": Export.objects.create(
            workspace=workspace, member=owner, format="csv", zone="UTC", product_ids=[], finished_at=timezone.now()
        ).id,
        "product_id": product.id,
        "conversation_id": conversation.id,
        "message_id": conversation.messages.get().id,
        "note_id": note.id,
        "ticket": "nonsense",
        "api_key_id": key.id,
        "member_id": newcomer.id,
        "invitation_id": invite("ivan@acme.example", role=Role.MEMBER, acting_member=owner).invitation.id,
        "access_request_id": AccessRequest.objects.create(workspace=workspace, member=newcomer).id,
        "receipt_id": uuid4(),
        "token": "nonsense",
        "uidb36": "1",
        "key": "nonsense",
    }
    return {route: "/" + re.sub(r"<(\w+)>", lambda name: str(values[name[1]]), route) for route in ROUTES}


@pytest.mark.parametrize(("method", "table"), [("get", GET), ("post", POST)])
def test_it_lets_in_whom_the_table_says(
    people: dict[str, Client], paths: dict[str, str], method: str, table: dict[str, str]
) -> None:
    body = {"nothing": "of use"} if method == "post" else None
    answers = {
        route: " ".join(str(getattr(client, method)(paths[route], body).status_code) for client in people.values())
        for route in sorted(
            ROUTES, key=lambda route: (route == "logout/", "leave/" in route, "delete" in route)
        )  # they work
    }
    assert answers == table, "a new page needs a row in both tables"


def test_it_says_of_every_page_who_may_open_it() -> None:
    """Every view is opened on purpose: `@public`, `@signed_in` or `@member_required(role)`."""
    unsaid = [route for route, pattern in ROUTES.items() if not hasattr(pattern.callback, "access")]
    assert unsaid == []


def test_it_opens_an_organizations_pages_to_members_only() -> None:
    of_organizations = {route: getattr(ROUTES[route].callback, "access", None) for route in ROUTES if "<slug>" in route}
    assert of_organizations
    assert all(isinstance(access, Role) for access in of_organizations.values()), of_organizations


def test_it_serves_the_api_by_endpoints_only() -> None:
    endpoints = dict(routes(get_resolver("greenflash_site.api.urls").url_patterns))
    assert "messages" in endpoints
    assert [path for path, pattern in endpoints.items() if not hasattr(pattern.callback, "endpoints")] == []
