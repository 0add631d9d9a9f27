"""How often something may be tried: counted in the database, so for every process and machine at once.

A view or form calls `take` before the work that it protects, and outside a transaction, whose end the next one would
wait for. Whoever tries too often gets `Throttled`, which becomes a page that says when to try again
(`greenflash_site.failures.TooManyRequests`). While the database is away nothing is counted and nothing is let through.
"""

import hashlib
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import connection
from django.http import HttpRequest

# One statement, so that no two of a thousand attempts at once see the same count. Who is refused writes nothing. The
# clock is the database's; `excluded` carries it into the update, which Citus wants free of functions that change.
TAKE = """
insert into attempts as a (key_hash, count, expires_at)
values (%(key)s, 1, statement_timestamp() + %(seconds)s * interval '1 second')
on conflict (key_hash) do update set
  count = case when a.expires_at <= excluded.expires_at - %(seconds)s * interval '1 second' then 1 else a.count + 1 end,
  expires_at = case when a.expires_at <= excluded.expires_at - %(seconds)s * interval '1 second'
    then excluded.expires_at else a.expires_at end
where a.count < %(limit)s or a.expires_at <= excluded.expires_at - %(seconds)s * interval '1 second'
returning 1
"""


class Throttled(Exception):
    """Tried too often; may be tried again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too often; again in {seconds} s.")
        self.seconds = seconds


def take(scope: str, key: str, *, limit: int, seconds: int) -> None:
    """Count one attempt at `scope` (what is tried) by or at `key` (an address, an account): `limit` in `seconds`.

    The window begins with its first attempt; Throttled says when it ends. Keys are stored hashed.
    """
    parameters: dict[str, bytes | int] = {"key": _hashed(scope, key), "limit": limit, "seconds": seconds}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, parameters)
        if cursor.fetchone() is None:
            cursor.execute(
                "select ceil(extract(epoch from expires_at - statement_timestamp()))::int from attempts"
                " where key_hash = %(key)s",
                parameters,
            )
            remaining = cursor.fetchone()
            raise Throttled(max(remaining[0], 1) if remaining else 1)


def give_back(scope: str, key: str) -> None:
    """Take one attempt back: it was none, like a login that succeeded."""
    with connection.cursor() as cursor:
        cursor.execute("update attempts set count = count - 1 where key_hash = %s and count > 0", [_hashed(scope, key)])


def forget(scope: str, key: str) -> None:
    """Begin anew."""
    with connection.cursor() as cursor:
        cursor.execute("delete from attempts where key_hash = %s", [_hashed(scope, key)])


def address_of(request: HttpRequest) -> str:
    """Who is asking, as far as limits go: an IPv4 address, or the /64 that a household of IPv6 has.

    `REMOTE_ADDR` is the client: of the headers that say so, those of trusted proxies alone were believed.
    """
    text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return str(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _hashed(scope: str, key: str) -> bytes:
    return hashlib.sha256(f"{scope}\0{key}".encode()).digest()
