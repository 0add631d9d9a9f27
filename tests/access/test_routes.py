"""Every route, method, actor and kind of object, against `table.txt`; a route that is not in the table fails.

`GREENFLASH_WRITE_TABLE=1 pytest -n 0 -p no:randomly tests/access/test_routes.py` writes the table anew: read its diff
as a change of who may do what. What must hold whatever the table says is asserted here beside it.
`GREENFLASH_ROUTES_OF=products.views.members` asks for the routes of that module alone.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from http.cookies import SimpleCookie
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from greenflash_site.api import auth
from products.models import Person, Role
from tests.access.cast import KEYS, KINDS, PEOPLE, Cast, make_cast
from tests.conftest import browser_of

TABLE = Path(__file__).with_name("table.txt")
WRITES = bool(os.environ.get("GREENFLASH_WRITE_TABLE"))
ONLY_OF = os.environ.get("GREENFLASH_ROUTES_OF")
METHODS = {"pages": ("get", "post"), "api": ("get", "post", "put", "delete")}
ACTORS = {"pages": PEOPLE, "api": KEYS}
# What a body says besides which object it is about; a page's form gets none of its fields.
BODIES: dict[str, dict[str, Any]] = {
    "messages": {"externalUserId": "u", "messages": [{"role": "user", "content": "Hello"}]},
    "users": {"externalUserId": "u"},
    "organizations": {"externalOrganizationId": "o"},
    "ratings": {"rating": 1, "ratingMin": 0, "ratingMax": 1},
    "events": {"eventType": "purchase", "value": "pro"},
}
NAMED = {"messages": "productId", "ratings": "conversationId", "events": "productId"}

# Who gave their password long ago is asked for it again before these, beside the pages of second factors, which are
# allauth's (test_second_factors.py).
GUARDED = {
    "<slug>/api-keys/new/", "<slug>/api-keys/<api_key_id>/rotate/", "<slug>/products/<product_id>/delete/",
    "<slug>/settings/delete/", "account/delete/", "account/email/", "account/password/set/",
}  # fmt: skip
ALLAUTH = ("account/two-factor/", "account/passkeys/")

type Row = tuple[str, str, str]  # method, route, kind


def routes(patterns: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each route with its parameters as <name>."""
    for pattern in patterns:
        route = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(pattern.pattern)).strip("^$")
        route = prefix + re.sub(r"<\w+:(\w+)>", r"<\1>", route)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        elif isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)


def is_of(pattern: URLPattern, module: str) -> bool:
    """Whether a function of this module answers there."""
    view: Any = pattern.callback
    functions = [endpoint.function for endpoint in view.endpoints.values()] if hasattr(view, "endpoints") else [view]
    return any(function.__module__ == module for function in functions)


EVERY_ROUTE = dict(routes(get_resolver().url_patterns))
ROUTES = {route: pattern for route, pattern in EVERY_ROUTE.items() if ONLY_OF is None or is_of(pattern, ONLY_OF)}
API = "api/v1/"


def rows(side: str, among: Iterable[str] = ROUTES) -> Iterator[Row]:
    """Every method of every route of the pages or the API, once for each kind of object that it can name."""
    for route in among:
        if route.startswith(API) == (side == "api"):
            for method in METHODS[side]:
                for kind in kinds(route):
                    yield method.upper(), route, kind


def kinds(route: str) -> Sequence[str]:
    """What its parameters can name: ids all kinds, an organization its own, another's, a deleted and a random one."""
    names = re.findall(r"<(\w+)>", route)
    if any(name.endswith("_id") or name == "ticket" for name in names) or route.removeprefix(API) in NAMED:
        return KINDS if "slug" in names else [kind for kind in KINDS if kind != "foreign"]
    return ("own", "theirs", "deleted", "random") if names == ["slug"] or "slug" in names else ("own",)


def ask(cast: Cast, client: Client, row: Row) -> Any:
    """The answer, with whatever it changed undone."""
    method, route, kind = row
    values = cast.objects[kind]
    path = "/" + re.sub(r"<(\w+)>", lambda name: str(values[name[1]]), route)
    auth.forget_callers()
    cookies = SimpleCookie(client.cookies)
    with transaction.atomic():
        if route.startswith(API):
            answer = client.generic(method, path, body(route.removeprefix(API), values), "application/json")
        else:
            answer = getattr(client, method.lower())(path, {"nothing": "of use"} if method == "POST" else None)
        if answer.streaming:
            b"".join(answer)
        transaction.set_rollback(True)
    client.cookies = cookies  # logging out undone as well
    return answer


def body(path: str, values: dict[str, Any]) -> bytes:
    """A body that is good, and names the object."""
    said = dict(BODIES.get(path, {}))
    if name := NAMED.get(path):
        said[name] = str(values["product_id" if name == "productId" else "conversation_id"])
    return msgspec.json.encode(said)


def told(answer: Any) -> str:
    """What an answer says, without what is different each time."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|csrf\S+|\"[A-Za-z0-9]{64}\"", "", answer.content.decode())
    return f"{answer.status_code} {text}"


def read_table() -> dict[str, dict[Row, dict[str, int]]]:
    """The table by side: what each row says for each actor."""
    table: dict[str, dict[Row, dict[str, int]]] = {"pages": {}, "api": {}}
    for line in TABLE.read_text().splitlines() if TABLE.exists() else []:
        if not line or line.startswith("#"):
            continue
        method, route, named, *statuses = line.split()
        side = "api" if route.startswith(f"/{API}") else "pages"
        for kind in named.split(","):
            table[side][method, route[1:], kind] = dict(zip(ACTORS[side], map(int, statuses), strict=True))
    return table


def write_table(found: dict[str, dict[Row, dict[str, int]]]) -> None:
    """The table as a file: a line for each run of kinds that all actors are answered alike about."""
    lines = ["# Who is answered what: see test_routes.py. Statuses of, for pages:", f"#   {' '.join(PEOPLE)}"]
    lines += ["# and for the API:", f"#   {' '.join(KEYS)}"]
    for answers in found.values():
        lines.append("")
        same = groupby(answers.items(), lambda item: (item[0][:2], tuple(item[1].values())))
        for ((method, route), statuses), group in same:
            named = ",".join(row[2] for row, _ in group)
            lines.append(f"{method:6} {f'/{route}':72} {named:42} {' '.join(map(str, statuses))}")
    TABLE.write_text("\n".join(lines) + "\n")


_written: dict[str, dict[Row, dict[str, int]]] = {"pages": {}, "api": {}}


@pytest.mark.django_db
@pytest.mark.parametrize(("side", "actor"), [(side, actor) for side, actors in ACTORS.items() for actor in actors])
def test_it_answers_each_actor_as_the_table_says(side: str, actor: str) -> None:
    cast = make_cast()
    client = (cast.people if side == "pages" else cast.keys)[actor]
    answers = {row: ask(cast, client, row) for row in rows(side)}
    found = {row: answer.status_code for row, answer in answers.items()}
    assert max(found.values(), default=0) < 500 or {row for row in found if found[row] >= 500} <= {
        (method, "readyz", "own") for method in ("GET", "POST")
    }, found

    # What is not there, is another's, or is gone: the same 404, to the byte.
    for method, route, kind in answers:
        if kind in ("foreign", "theirs", "deleted") and found[method, route, "random"] == 404:
            alike = found[method, route, kind] != 404 or told(answers[method, route, kind]) == told(
                answers[method, route, "random"]
            )
            assert alike, (method, route, kind)

    check(side, actor, found)
    if WRITES:
        for row, status in found.items():
            _written[side].setdefault(row, {})[actor] = status
        if (side, actor) == ("api", KEYS[-1]):
            write_table(_written)
        return
    table = read_table()[side].items()
    expected = {row: statuses[actor] for row, statuses in table if ONLY_OF is None or row[1] in ROUTES}
    assert found == expected, "table.txt says otherwise, or lacks a route"


@pytest.mark.django_db
def test_it_asks_for_the_password_again_before_what_matters() -> None:
    cast = make_cast()
    owner = browser_of(Person.objects.get(email="ada@acme.example"), password_at=0, raise_request_exception=False)
    for method in METHODS["pages"]:
        pages = [route for route in ROUTES if not route.startswith((API, *ALLAUTH))]
        asked = {route: ask(cast, owner, (method, route, "own")).headers.get("Location", "") for route in pages}
        found = {route for route, location in asked.items() if location.startswith("/account/reauthenticate/")}
        assert found == GUARDED & ROUTES.keys(), method


def check(side: str, actor: str, found: dict[Row, int]) -> None:
    """What must hold, whatever the table says."""
    for (method, route, kind), status in found.items():
        where = (method, route, kind, actor, status)
        access = getattr(ROUTES[route].callback, "access", None)
        if side == "api":
            if actor in ("no_key", "session", "expired_key", "revoked_key"):
                assert status in (401, 404, 405) or route == f"{API}openapi.json", where
            elif actor == "other_address_key":
                assert status in (403, 404, 405) or route == f"{API}openapi.json", where
            elif kind not in ("own", "other") and actor != "foreign_key" and "<external_id>" not in route:
                assert status in (403, 404, 405), where
        elif actor in ("anonymous", "with_key"):
            assert status in (302, 404, 405) or access == "public", where
        elif "<slug>" in route:
            is_closed = {
                "stranger": kind in ("own", "other", "foreign"),
                "removed": True,
                "admin": kind not in ("own", "other"),
                "owner": kind not in ("own", "other"),
            }.get(actor, kind != "own")
            assert status in (403, 404, 405) or not is_closed, where


@pytest.mark.django_db
def test_it_asks_at_least_five_thousand_times() -> None:
    assert sum(len(list(rows(side, EVERY_ROUTE))) * len(actors) for side, actors in ACTORS.items()) >= 5_000


def test_it_says_of_every_page_who_may_open_it() -> None:
    unsaid = [route for route, pattern in EVERY_ROUTE.items() if not hasattr(pattern.callback, "access")]
    assert [route for route in unsaid if not route.startswith(API)] == []
    assert all(hasattr(EVERY_ROUTE[route].callback, "endpoints") for route in unsaid)


def test_it_opens_an_organizations_pages_to_members_only() -> None:
    of_organizations = [
        getattr(EVERY_ROUTE[route].callback, "access", None) for route in EVERY_ROUTE if "<slug>" in route
    ]
    assert of_organizations
    assert all(isinstance(access, Role) for access in of_organizations)
