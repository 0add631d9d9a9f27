"""The one gate for pages: from the organization in the URL to what this person may see of it.

Everything is closed unless a view says otherwise: `LoginRequiredMiddleware` wants a person for every page,
`@member_required` a member of the organization named in the URL, and `@public` opens a page to anybody.
"""

from collections.abc import Callable
from functools import wraps
from time import time
from typing import Any, cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect

from greenflash_site.compiled import compiled
from greenflash_site.http import MemberRequest, PersonRequest, View
from products.models import ENVIRONMENTS, Member, Product, Role


class NotAllowed(PermissionDenied):
    """A member's role is less than what a page asks for."""

    def __init__(self, member: Member, needed: Role) -> None:
        super().__init__(f"{member.role} is less than {needed}")
        self.member = member
        self.needed = needed


class LoginRequired(LoginRequiredMiddleware):
    """Middleware: every page wants somebody signed in; a fragment's answer sends the whole page to the login."""

    def handle_no_permission(  # type: ignore[override]  # Django means any response
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """The login page would be swapped into the fragment's place: htmx is told to go there instead."""
        response = super().handle_no_permission(request, view_func)
        if request.headers.get("HX-Request-Type") == "partial":
            return HttpResponseClientRedirect(response["Location"])
        return response


def public(view: View) -> View:
    """Open a page to anybody, signed in or not."""
    view.access = "public"  # type: ignore[attr-defined]  # for the test that walks every route
    return login_not_required(view)


def signed_in(view: View) -> View:
    """Say that a page is for any signed-in person, whatever their organizations (the middleware sees to it)."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view


def member_required(role: Role = Role.VIEWER) -> Callable[[View], View]:
    """Let in members of the URL's organization with at least `role`, and put on the request what they may see.

    An organization that is not theirs is the same 404 as one that is not there; a member without the role gets 403.
    """

    def gate(view: View) -> View:
        @wraps(view)
        def guarded(request: MemberRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            memberships = _memberships(request.user.pk)
            member = next((each for each in memberships if each.workspace.slug == slug), None)
            if member is None:
                raise Http404
            request.memberships = memberships
            member.person = request.user
            if not member.has_role(role):
                raise NotAllowed(member, role)
            let_in(request, member)
            return view(request, *args, **kwargs)

        guarded.access = role  # type: ignore[attr-defined]
        return guarded

    return gate


def recently_authenticated(view: View) -> View:
    """Ask for the password or the second factor again, unless it was given within ACCOUNT_REAUTHENTICATION_TIMEOUT.

    Goes below `member_required`. Logging in counts, unlike with allauth's decorator of this kind.
    """

    @wraps(view)
    def guarded(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not authenticated_lately(request) and get_adapter().get_reauthentication_methods(request.user):
            raise ReauthenticationRequired  # allauth's middleware asks, and then answers this request
        return view(request, *args, **kwargs)

    return guarded


@compiled
def _memberships(person: UUID) -> QuerySet[Member]:
    return Member.objects.filter(person_id=person).by_workspace_name()


def authenticated_lately(request: HttpRequest) -> bool:
    """Whether whoever is signed in has given a password or second factor within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    times = [record["at"] for record in get_authentication_records(request, request.user)]
    return bool(time() - max(times, default=0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def let_in(request: MemberRequest, member: Member) -> None:
    """Put on the request what this member may see; lists are scoped further by `request.environment`."""
    request.member = member
    request.workspace = member.workspace
    request.products = member.visible_products()
    request.products_seen = cast("list[Product]", SimpleLazyObject(member.read_products))
    environment = request.GET.get("environment", ENVIRONMENTS[0])
    request.environment = environment if environment in (*ENVIRONMENTS, "all") else ENVIRONMENTS[0]
    if request.session.get("workspace") != member.workspace.slug:
        request.session["workspace"] = member.workspace.slug


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page of an organization shows: the switch and the switcher (a context processor)."""
    if not isinstance(getattr(request, "member", None), Member):
        return {}
    member_request = cast("MemberRequest", request)
    return {
        "environment": member_request.environment,
        # What links to other pages of the same environment end with.
        "scope": "" if member_request.environment == ENVIRONMENTS[0] else f"?environment={member_request.environment}",
        "workspaces": [membership.workspace for membership in member_request.memberships],
    }
