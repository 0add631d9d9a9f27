"""What a person sees when a page could not be made (Django's `handler500`); the API's gate answers for itself."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, told of in one line of the log; else 500."""
    error = sys.exception()
    if not isinstance(error, OperationalError | InterfaceError):
        return HttpResponseServerError(render_to_string("500.html"))
    logger.error("%s %s could not reach the database: %s", request.method, request.path, error)
    response = HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "2"})
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own line would bring a trace of the pool
    return response
