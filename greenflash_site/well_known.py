"""`/.well-known/security.txt` (RFC 9116): whom to tell of a hole in this installation."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from greenflash_site.access import public

# The file must be renewed within a year; it is made anew each time it is asked for.
LIFETIME = timedelta(days=180)


@public
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whoever `GREENFLASH_SECURITY_CONTACT` names, else the origin itself; an origin of plain HTTP names nobody."""
    origin = settings.GREENFLASH.url
    contact = settings.SECURITY_CONTACT or (origin if origin.startswith("https://") else "")
    if not contact:
        raise Http404
    expires = (timezone.now() + LIFETIME).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    if origin.startswith("https://"):
        lines.append(f"Canonical: {origin}/.well-known/security.txt")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
