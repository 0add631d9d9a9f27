"""What must not be started: settings or a database role with which an installation would be anybody's.

`manage.py up` and `manage.py web` refuse; `manage.py doctor` says the same beforehand.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

SECRET_LENGTH = 50
SECRET_LETTERS = 5

ANOTHER_KEY = (
    "Leave it out, and one is made and kept in the data folder; or make one with"
    " python3 -c 'import secrets; print(secrets.token_urlsafe(50))'."
)
ANOTHER_ROLE = (
    "Make a role that owns its database and nothing else: create role greenflash login password '…';"
    " create database greenflash owner greenflash encoding 'UTF8' locale 'C.UTF-8' template template0;"
    " and name it in DATABASE_URL. A database that exists is handed over, connected to it, by"
    " reassign owned by the_old_role to greenflash."
)


@dataclass(frozen=True)
class Refusal:
    """Why not, and what to do."""

    reason: str
    remedy: str


def refuse_unsafe_settings() -> None:
    """ImproperlyConfigured says which setting nobody should be served with, and what to do."""
    _raise(secret_refusal(settings.SECRET_KEY) or debug_refusal())


def refuse_superuser() -> None:
    """ImproperlyConfigured if the database would let us do anything; asks the database."""
    _raise(role_refusal())


def secret_refusal(secret: str) -> Refusal | None:
    """Why this `SECRET_KEY` must not sign sessions. While one works on Greenflash itself any will do."""
    if settings.DEBUG:
        return None
    if secret.startswith("django-insecure-"):
        return Refusal("SECRET_KEY is the one of a template, which everybody knows.", ANOTHER_KEY)
    if len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_LETTERS:
        return Refusal(f"SECRET_KEY can be guessed: it needs {SECRET_LENGTH} characters, made at random.", ANOTHER_KEY)
    return None


def debug_refusal() -> Refusal | None:
    """Why `DEBUG` must be off: its pages show settings and source to whoever makes an error happen."""
    here = settings.GREENFLASH
    reachable = [host for host in (urlsplit(here.url).hostname or "", here.host) if not is_this_machine(host)]
    if settings.DEBUG and reachable:
        shown = reachable[0] or "every address of this machine"
        return Refusal(f"DEBUG is on, and {shown} can be reached by others, who would see the source.", "Unset DEBUG.")
    return None


def role_refusal() -> Refusal | None:
    """Why the database role must be another: who found a hole in Greenflash would have the whole server."""
    with connection.cursor() as cursor:
        cursor.execute("select rolname from pg_roles where rolname = current_user and rolsuper")
        found = cursor.fetchone()
    return Refusal(f"The database role {found[0]} is a superuser.", ANOTHER_ROLE) if found else None


def is_this_machine(host: str) -> bool:
    """Whether a host is only ever this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _raise(refusal: Refusal | None) -> None:
    if refusal:
        raise ImproperlyConfigured(f"{refusal.reason} {refusal.remedy}")
