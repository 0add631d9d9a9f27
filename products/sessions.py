"""Where a person is signed in: each browser, when and from where it was seen last; and the sessions themselves, as
settings.SESSION_ENGINE."""

import re
from collections.abc import Callable
from datetime import datetime
from time import time

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from greenflash_site.compiled import compiled

# How long "last seen" may be behind: to be exact, every page would have to write.
SEEN_SECONDS = 300
SEEN_KEY = "seen_at"

# Looked for in this order, because many say that they are others as well.
BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox|FxiOS", "Firefox"),
    ("Chrom|CriOS", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python|Python", "Python"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class SessionStore(db.SessionStore):
    """Django's sessions in the database, read with a query that is put together once."""

    def _get_session_from_db(self) -> Session | None:
        found = _session(self.session_key, timezone.now())
        if not found:
            self._session_key = None
            return None
        return found[0]


@compiled
def _session(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


class LastSeen:
    """Middleware that notes every few minutes that a session is in use; requests without one cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if (
            session.accessed
            and session.session_key
            and time() - session.get(SEEN_KEY, 0) > SEEN_SECONDS
            and request.user.is_authenticated
        ):
            note_session(request)
        return response


def note_session(request: HttpRequest) -> None:
    """Store that the person's session is in use now, and from where."""
    UserSession.objects.create_from_request(request)
    request.session[SEEN_KEY] = int(time())


def device(user_agent: str) -> str:
    """A browser as its owner would name it: "Firefox on Windows"."""
    browser = next((name for pattern, name in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, user_agent)), "")
    return " on ".join(filter(None, (browser, system))) or "An unknown browser"
