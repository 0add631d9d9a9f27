"""Looks an installation over and says what to do about what it finds; `manage.py doctor` prints it.

Each check is a function that yields findings; one that cannot be made, because what it needs is away, says so.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.mail import mailers
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from greenflash_site import safety
from greenflash_site.health import WORKER_SILENT_SECONDS

OLDEST_POSTGRESQL, NEWEST_POSTGRESQL = 15, 18
LITTLE_SPACE = 1024**3
CLOCK_SECONDS = 2.0


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it (nothing, if it is good)."""

    level: Level
    about: str
    sentence: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Everything there is to say about this installation, one after the other."""
    for check in (secret, debug, address, signing_up, data_folder, static_files):
        yield from check()
    if (failure := _database_failure()) is None:
        for check in (role, server, connections, migrations, worker, clock):
            yield from check()
    else:
        yield failure
    for check in (mail, single_sign_on):
        yield from check()


def secret() -> Iterator[Finding]:
    """The key that signs sessions and links, and who may read it."""
    if refusal := safety.secret_refusal(settings.SECRET_KEY):
        yield Finding(Level.ERROR, "Secret key", refusal.reason, refusal.remedy)
        return
    path = settings.GREENFLASH.data / "secret_key"
    if not path.exists() or path.read_text() != settings.SECRET_KEY:
        yield Finding(Level.GOOD, "Secret key", "Given by SECRET_KEY.")
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding(Level.ERROR, "Secret key", f"Others on this machine can read {path}.", f"chmod 600 {path}")
    else:
        yield Finding(Level.GOOD, "Secret key", f"Kept in {path}, for its owner alone.")


def debug() -> Iterator[Finding]:
    """Whether errors show more than they should."""
    if refusal := safety.debug_refusal():
        yield Finding(Level.ERROR, "Debug pages", refusal.reason, refusal.remedy)
    elif settings.DEBUG:
        yield Finding(Level.WARNING, "Debug pages", "DEBUG is on.", "Unset DEBUG unless you work on Greenflash itself.")
    else:
        yield Finding(Level.GOOD, "Debug pages", "Off.")


def address() -> Iterator[Finding]:
    """The public origin, and whether what a proxy says of clients is believed."""
    here = settings.GREENFLASH
    parts = urlsplit(here.url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not safety.is_this_machine(host):
        yield Finding(
            Level.ERROR,
            "Address",
            f"{here.url} is plain HTTP: passwords and API keys can be read on the way.",
            "Put a proxy with a certificate in front, and set GREENFLASH_URL to its https:// address.",
        )
    elif not safety.is_this_machine(here.host) and parts.scheme != "https":
        yield Finding(
            Level.WARNING,
            "Address",
            f"Listens on {here.host or 'every address'}, but links and cookies are for {here.url}.",
            "Set GREENFLASH_URL to the address people type, or GREENFLASH_HOST to 127.0.0.1.",
        )
    elif parts.scheme == "https" and not here.trusted_proxies:
        yield Finding(
            Level.WARNING,
            "Address",
            f"{here.url} is reached through a proxy, and nobody is trusted to say for whom it asks: limits and the"
            " audit log take all people for one.",
            "Set GREENFLASH_TRUSTED_PROXIES to the proxy's address.",
        )
    else:
        yield Finding(Level.GOOD, "Address", f"{here.url}.")
    if any(network.prefixlen == 0 for network in here.trusted_proxies):
        yield Finding(
            Level.ERROR,
            "Proxies",
            "GREENFLASH_TRUSTED_PROXIES trusts everybody: anybody can say to be anybody, and no limit holds.",
            "Name the proxy's address or network alone.",
        )
    if _is_address(host) and not safety.is_this_machine(host):
        yield Finding(
            Level.WARNING, "Passkeys", "They need a host name, not an IP address.", "Set GREENFLASH_URL to a name."
        )


def signing_up() -> Iterator[Finding]:
    """Who may make an account."""
    here = settings.GREENFLASH
    if here.signup == "open" and not safety.is_this_machine(urlsplit(here.url).hostname or ""):
        yield Finding(
            Level.WARNING,
            "Sign-up",
            f"Whoever reaches {here.url} can make an account, and an organization of their own.",
            "Set GREENFLASH_SIGNUP=invite unless that is meant.",
        )
    else:
        yield Finding(Level.GOOD, "Sign-up", "By invitation." if here.signup == "invite" else "Open, on this machine.")


def data_folder() -> Iterator[Finding]:
    """The folder of the embedded database and generated secrets: ours to write, and room in it."""
    folder: Path = settings.GREENFLASH.data
    if not folder.exists():
        yield Finding(Level.GOOD, "Data folder", f"{folder} is made at the first start.")
        return
    if not os.access(folder, os.W_OK):
        yield Finding(
            Level.ERROR,
            "Data folder",
            f"{folder} cannot be written.",
            "Give it to who runs Greenflash: chown.",
        )
        return
    usage = shutil.disk_usage(folder)
    free = f"{usage.free / 1024**3:.1f} GB free at {folder}"
    if usage.free < LITTLE_SPACE:
        yield Finding(Level.ERROR, "Disk", f"Only {free}.", "Make room, or move GREENFLASH_DATA, before it is full.")
    elif usage.free < usage.total / 10:
        yield Finding(Level.WARNING, "Disk", f"{free}, less than a tenth.", "Make room before it is full.")
    else:
        yield Finding(Level.GOOD, "Disk", f"{free}.")


def static_files() -> Iterator[Finding]:
    """Styles and scripts where the web server looks for them."""
    if (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield Finding(Level.GOOD, "Static files", f"Collected in {settings.STATIC_ROOT}.")
    else:
        yield Finding(
            Level.WARNING, "Static files", "Not collected yet.", "manage.py up does it; else manage.py collectstatic."
        )


def role() -> Iterator[Finding]:
    """What the database lets us do."""
    if refusal := safety.role_refusal():
        yield Finding(Level.ERROR, "Database role", refusal.reason, refusal.remedy)
    else:
        yield Finding(Level.GOOD, "Database role", f"{connection.settings_dict['USER']}, no superuser.")


def server() -> Iterator[Finding]:
    """The database's version, and how it writes and understands letters."""
    version = connection.pg_version // 10_000  # type: ignore[attr-defined]
    if version < OLDEST_POSTGRESQL:
        yield Finding(
            Level.ERROR, "Database", f"PostgreSQL {version} is too old.", f"Use {OLDEST_POSTGRESQL} or newer."
        )
    elif version > NEWEST_POSTGRESQL:
        yield Finding(Level.WARNING, "Database", f"PostgreSQL {version} was not tried with.", "Try it on a copy first.")
    else:
        yield Finding(Level.GOOD, "Database", f"PostgreSQL {version}.")
    encoding, letters, extension = _row(
        "select pg_encoding_to_char(encoding), datctype,"
        " (select default_version from pg_available_extensions where name = 'pg_trgm')"
        " from pg_database where datname = current_database()"
    )
    if encoding != "UTF8":
        yield Finding(
            Level.ERROR, "Encoding", f"The database writes {encoding}.", "Make one with encoding 'UTF8' and move to it."
        )
    if letters in ("C", "POSIX"):
        yield Finding(
            Level.ERROR,
            "Locale",
            "The database knows no letters beyond A to Z, so that search finds no Chinese, Arabic or accents.",
            "Make one with locale 'C.UTF-8' (template template0) and move to it; it cannot be changed later.",
        )
    if extension is None:
        yield Finding(
            Level.ERROR,
            "Extensions",
            "pg_trgm, which search needs, is missing.",
            "Install PostgreSQL's contrib package.",
        )
    if encoding == "UTF8" and letters not in ("C", "POSIX") and extension is not None:
        yield Finding(Level.GOOD, "Letters", f"UTF8, {letters}, with pg_trgm {extension}.")


def connections() -> Iterator[Finding]:
    """Whether the server has as many connections as our processes may want."""
    (most,) = _row("select setting::int from pg_settings where name = 'max_connections'")
    here = settings.GREENFLASH
    wanted = (here.web_workers + 1) * settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    if wanted > most:
        yield Finding(
            Level.WARNING,
            "Connections",
            f"This installation may want {wanted} connections, and the server has {most}.",
            "Raise max_connections, or lower GREENFLASH_WEB_WORKERS or GREENFLASH_WEB_THREADS.",
        )
    else:
        yield Finding(Level.GOOD, "Connections", f"At most {wanted} of {most}.")


def migrations() -> Iterator[Finding]:
    """Whether the tables are as the code wants them."""
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield Finding(
            Level.ERROR,
            "Migrations",
            f"{len(pending)} are still to be made, the first {pending[0][0]}.",
            "Start manage.py up, or run manage.py migrate.",
        )
    else:
        yield Finding(Level.GOOD, "Migrations", "All made.")


def worker() -> Iterator[Finding]:
    """Whether a worker is alive: it counts, makes searchable, mails and cleans up."""
    if "procrastinate_workers" not in connection.introspection.table_names():
        return  # before the first migration; another finding says so
    (silent,) = _row("select extract(epoch from now() - max(last_heartbeat))::float from procrastinate_workers")
    if silent is None or silent > WORKER_SILENT_SECONDS:
        since = "No worker was ever seen" if silent is None else f"No worker was seen for {silent:.0f} s"
        yield Finding(Level.WARNING, "Worker", f"{since}.", "Start manage.py up, or manage.py worker beside the web.")
    else:
        yield Finding(Level.GOOD, "Worker", f"Seen {silent:.0f} s ago.")


def clock() -> Iterator[Finding]:
    """Whether the database's clock is ours: codes of authenticator apps and everything with an hour depend on it."""
    (theirs,) = _row("select clock_timestamp()")
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_SECONDS:
        yield Finding(
            Level.WARNING, "Clock", f"This machine and the database are {apart:.0f} s apart.", "Run NTP on both."
        )
    else:
        yield Finding(Level.GOOD, "Clock", f"As the database's, {theirs:%Y-%m-%d %H:%M:%S} UTC: is that right?")


def mail() -> Iterator[Finding]:
    """Whether the mail server lets us in."""
    if not settings.EMAIL_CONFIGURED:
        yield Finding(
            Level.GOOD, "Mail", "EMAIL_URL is not set: what would be mailed is printed, and links are shown to copy."
        )
        return
    try:
        backend = mailers["default"]
        backend.open()
        backend.close()
    except OSError as error:  # smtplib's errors are among them
        yield Finding(
            Level.ERROR,
            "Mail",
            f"The mail server cannot be used: {error}.",
            "Check EMAIL_URL; nobody can sign up or reset.",
        )
    else:
        yield Finding(Level.GOOD, "Mail", "The mail server lets us in.")


def single_sign_on() -> Iterator[Finding]:
    """Whether the OpenID Connect provider answers."""
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    for provider in providers["APPS"]:
        url = f"{provider['settings']['server_url']}/.well-known/openid-configuration"
        try:
            answer = requests.get(url, timeout=10)
            answer.raise_for_status()
            issuer = answer.json()["issuer"]
        except (requests.RequestException, KeyError, ValueError) as error:
            yield Finding(
                Level.ERROR,
                "Single sign-on",
                f"{url} does not answer as a provider does: {error!r}.",
                "Check GREENFLASH_OIDC_URL, and whether this machine may reach it.",
            )
        else:
            callback = f"{settings.GREENFLASH.url}/account/single-sign-on/callback/"
            yield Finding(Level.GOOD, "Single sign-on", f"{issuer} answers; it must send people back to {callback}")


def _database_failure() -> Finding | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError as error:
        return Finding(
            Level.ERROR,
            "Database",
            f"It cannot be reached: {str(error).strip()}",
            "Check that it runs, and DATABASE_URL; what follows from it was not looked at.",
        )
    return None


def _row(query: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return tuple(cursor.fetchone())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
