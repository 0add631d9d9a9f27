"""What a person sees who may not open a page, and when one could not be made (Django's `handler403` and `handler500`);
the API's gate answers for itself."""

import logging
import sys
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone

from greenflash_site.access import NotAllowed
from greenflash_site.http import render
from products.models import Role
from products.throttle import Throttled

# Who can give a role, as far as anybody reads.
MANAGERS = 5

logger = logging.getLogger(__name__)


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """403, with who can give the role that is missing."""
    context: dict[str, object] = {}
    if isinstance(exception, NotAllowed):
        member = exception.member
        managers = member.workspace.members.filter(role__in=[Role.OWNER, Role.ADMIN]).in_order()[:MANAGERS]
        context = {
            "workspace": member.workspace,
            "member": member,
            "needed": exception.needed.label,
            "managers": [each.person for each in managers],
        }
    return render(request, "403.html", context, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, told of in one line of the log; else 500."""
    error = sys.exception()
    if not isinstance(error, OperationalError | InterfaceError):
        return HttpResponseServerError(render_to_string("500.html"))
    logger.error("%s %s could not reach the database: %s", request.method, request.path, error)
    response = HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "2"})
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line would bring a trace of the pool
    return response


class TooManyRequests:
    """Middleware that turns `Throttled`, from wherever it comes, into a page that says when to try again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """429 with `Retry-After`."""
        if not isinstance(exception, Throttled):
            return None
        again = timezone.now() + timedelta(seconds=exception.seconds)
        response = render(request, "429.html", {"again": again, "seconds": exception.seconds}, status=429)
        response["Retry-After"] = str(exception.seconds)
        return response
