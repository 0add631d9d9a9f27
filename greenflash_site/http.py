"""The HTTP layer that every view shares: typed requests, fragments of pages, and who is really calling."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache, wraps
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render as django_render
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from products.models import Member, Person, Product, ProductQuerySet, Workspace

# From where the request comes that is being answered; None in commands and the worker. For the audit log.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)

# What the paths of the API and of polls begin with.
STRAIGHT = ("/api/", "/changes/")


class View(Protocol):
    """What Django calls for a URL."""

    __name__: str

    def __call__(self, request: Any, /, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


class PersonRequest(HttpRequest):
    """A request by somebody who is signed in."""

    user: "Person"
    htmx: HtmxDetails


class MemberRequest(PersonRequest):
    """A request by a member of the organization that the URL names; made by `access.member_required`.

    `products` are all products this member may see, whatever their environment, as a query to go on from, and
    `products_seen` the same, read once for a request; `environment` is what the header's switch is set to:
    "production", "development" or "all"; `memberships` are this person's in every organization.
    """

    workspace: "Workspace"
    member: "Member"
    memberships: "list[Member]"
    products: "ProductQuerySet"
    products_seen: "Sequence[Product]"
    environment: str


def partial(request: PersonRequest, template: str, name: str) -> str:
    """The template to render: the fragment `name` of `template` when htmx asks for a part, else the whole page."""
    return f"{template}#{name}" if request.htmx.request_type == "partial" else template


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page; a form that did not validate is sent with status 422 by its view."""
    return django_render(request, template, context, status=status)


def render_partial(
    request: PersonRequest, template: str, name: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Render what `partial` says; caches keep the fragment and the page, which have one address, apart."""
    response = render(request, partial(request, template, name), context)
    patch_vary_headers(response, ["HX-Request-Type"])
    return response


def zone_of(request: HttpRequest) -> tzinfo:
    """The viewer's time zone, as static/js/times.js left it in a cookie; UTC where it is not known."""
    return zone_named(request.COOKIES.get("timezone", ""))


def zone_named(name: str) -> tzinfo:
    """The time zone of this name; UTC for none and for nonsense."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return UTC


def midnight(day: date, zone: tzinfo) -> datetime:
    """When this day begins there."""
    return datetime.combine(day, time.min, tzinfo=zone)


def retry_collision(view: View) -> View:
    """Run a form's view once more when somebody took the same name at the same moment: now its validation sees it."""

    @wraps(view)
    def retried(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except IntegrityError:
            return view(request, *args, **kwargs)

    return retried


class StraightThrough:
    """Middleware that takes what asks for no page past what follows it, which serves pages.

    That are requests of the API, whose gate is `@endpoint`, and polls, which are open to whoever has their ticket.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(STRAIGHT):
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost
        try:
            request.resolver_match = found = _resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        response: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
        return response


@lru_cache(maxsize=1024)
def _resolve(path: str) -> ResolverMatch:
    """What serves a path: most requests of the API go to few, and each open page asks for one again and again."""
    return resolve(path)


class TrustedProxies:
    """Middleware that believes `X-Forwarded-For` and `-Proto` of `GREENFLASH_TRUSTED_PROXIES` and of nobody else.

    Downstream, `REMOTE_ADDR` is the client and `wsgi.url_scheme` what the client used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        environ = request.META
        forwarded_for = environ.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        if settings.GREENFLASH.trusted_proxies and _is_trusted(environ.get("REMOTE_ADDR", "")):
            if forwarded_proto in {"http", "https"}:
                environ["wsgi.url_scheme"] = forwarded_proto
            # Each proxy appends whom it heard from: the rightmost address that is not one of ours is the client.
            for address in reversed([part.strip() for part in forwarded_for.split(",")]):
                if not _is_address(address):
                    break
                environ["REMOTE_ADDR"] = address
                if not _is_trusted(address):
                    break
        client_address.set(environ.get("REMOTE_ADDR") or None)
        return self.get_response(request)


def is_within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether this is an address, and in one of these networks."""
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str) -> bool:
    return is_within(address, settings.GREENFLASH.trusted_proxies)
