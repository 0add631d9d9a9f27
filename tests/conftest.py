"""What all tests share: the cast, API clients, and a real server on the test database."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.db import connection
from django.test import Client, TransactionTestCase
from greenflash import AsyncGreenflash, Greenflash

from conversations.ingest.accept import accept
from conversations.ingest.contract import CreateMessages
from conversations.models import Conversation
from greenflash_site.api import auth
from products.actions import create_api_key, create_product
from products.models import Environment, Member, Person, Product, Role, Workspace
from products.sessions import SEEN_KEY
from tests import judge
from tests.emptied_tables import empty_tables
from tests.factories import CollaboratorFactory, MemberFactory, WorkspaceFactory

PASSWORD = "correct horse battery staple"


def pytest_configure(config: pytest.Config) -> None:
    """Collect static files once, so that pages are rendered as in production."""
    if not hasattr(config, "workerinput"):
        call_command("collectstatic", interactive=False, verbosity=0)
    # Each client of a test has a handler of its own, and would list all static files: 50 ms.
    settings.WHITENOISE_AUTOREFRESH = True
    # Passwords are hashed as in production, but for the work, which is 0.2 s of a processor each time.
    Argon2PasswordHasher.time_cost = 1
    Argon2PasswordHasher.memory_cost = 8
    Argon2PasswordHasher.parallelism = 1
    judge.attach()
    # To truncate all tables, as Django does, takes 0.15 s; this takes 0.01.
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]  # not in the stubs


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those in a browser come first: they take longest, and in the end one process would wait for the other's."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(autouse=True)
def _forget_callers() -> None:
    """Keys are remembered for a second; tests are faster than that."""
    auth.forget_callers()


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Acme, whose team we follow."""
    return WorkspaceFactory.create(name="Acme", slug="acme")


@pytest.fixture
def owner(workspace: Workspace) -> Member:
    """Ada owns Acme."""
    return MemberFactory.create(workspace=workspace, person__email="ada@acme.example", role=Role.OWNER)


@pytest.fixture
def product(owner: Member) -> Product:
    """Acme's helpbot, in production."""
    return create_product(owner, name="Helpbot")


@pytest.fixture
def collaborator(product: Product, workspace: Workspace) -> Member:
    """Bob is a member of Acme and was added to the helpbot."""
    member = MemberFactory.create(workspace=workspace, person__email="bob@acme.example", role=Role.MEMBER)
    CollaboratorFactory.create(workspace=workspace, product=product, member=member)
    return member


@pytest.fixture
def viewer(product: Product, workspace: Workspace) -> Member:
    """Vera may look at the helpbot, and change nothing."""
    member = MemberFactory.create(workspace=workspace, person__email="vera@acme.example", role=Role.VIEWER)
    CollaboratorFactory.create(workspace=workspace, product=product, member=member)
    return member


@pytest.fixture
def newcomer(workspace: Workspace) -> Member:
    """Nora is a member of Acme whom nobody added to a product yet."""
    return MemberFactory.create(workspace=workspace, person__email="nora@acme.example", role=Role.MEMBER)


@pytest.fixture
def stranger(db: None) -> Member:
    """Charlie owns Globex, which is none of Acme's business, and the other way round."""
    globex = WorkspaceFactory.create(name="Globex", slug="globex")
    return MemberFactory.create(workspace=globex, person__email="charlie@globex.example", role=Role.OWNER)


def browser_of(person: Person, *, password_at: float | None = None, **options: Any) -> Client:
    """A client that is signed in, by a password that was given just now or at that time; `options` are the client's."""
    client = Client(**options)
    client.force_login(person)
    session = client.session
    at = time.time() if password_at is None else password_at
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": at}]
    session["account_authentication_methods_user"] = str(person.pk)
    session[SEEN_KEY] = time.time()
    session.save()
    return client


@pytest.fixture
def as_owner(owner: Member) -> Client:
    """Ada's browser."""
    return browser_of(owner.person)


@pytest.fixture
def api_key(owner: Member, product: Product) -> str:
    """A key of Acme for everything, in plain text."""
    return create_api_key(owner.workspace, acting_user=owner.person, name="tests").plaintext


class Api:
    """The API by HTTP through Django's client: `api.post("messages", {...})`."""

    def __init__(self, key: str | None) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {key}"} if key else {})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        """POST JSON (or bytes as they are) to /api/v1/<path>."""
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers or None)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """PUT JSON (or bytes as they are) to /api/v1/<path>."""
        return self.client.put(f"/api/v1/{path}", body, content_type="application/json", headers=headers or None)

    def get(self, path: str, **query: Any) -> Any:
        """GET /api/v1/<path>."""
        return self.client.get(f"/api/v1/{path}", query_params=query)


@pytest.fixture
def api(api_key: str) -> Api:
    """The API with Acme's key."""
    return Api(api_key)


@pytest.fixture(params=["environment", "product"])
def narrowed(request: pytest.FixtureRequest, owner: Member, development: Product) -> Api:
    """The API with a key of Acme's that reaches the development helpbot alone, by its environment or by name."""
    limit: Any = (
        {"environment": Environment.DEVELOPMENT} if request.param == "environment" else {"products": [development]}
    )
    return Api(create_api_key(owner.workspace, acting_user=owner.person, name="key", **limit).plaintext)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[str]:
    """The address of the real server on the test database, in two processes; for tests with transaction=True."""
    with web_server(database_url(), workers=2) as base:
        yield base


def database_url() -> str:
    """The test database, as `DATABASE_URL` names one."""
    parameters = connection.settings_dict
    user = quote(parameters["USER"]) + (f":{quote(parameters['PASSWORD'])}" if parameters["PASSWORD"] else "")
    # A DATABASE_URL with a socket's folder has it among its parameters.
    host, port = (parameters["OPTIONS"].get(name) or parameters[name.upper()] for name in ("host", "port"))
    return f"postgres://{user}@/{parameters['NAME']}?host={quote(host, safe='')}&port={port}"


@contextmanager
def web_server(database: str, *, workers: int, **environment: str) -> Iterator[str]:
    """The real server on the database of this URL, with these settings beside those of the tests; its address."""
    port = free_port()
    own = {
        "DATABASE_URL": database,
        "GREENFLASH_PORT": str(port),
        "PYTHONWARNINGS": "default",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "web", "--workers", str(workers)],
        env={**os.environ, **own},
        start_new_session=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{base}/healthz", process)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=90)


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(900):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def sdk(base: str, key: str) -> Greenflash:
    """The official client, which checks every answer strictly."""
    return Greenflash(api_key=key, base_url=f"{base}/api/v1", _strict_response_validation=True, max_retries=0)


def async_sdk(base: str, key: str, **options: Any) -> AsyncGreenflash:
    """The official asynchronous client, as strict."""
    return AsyncGreenflash(
        api_key=key, base_url=f"{base}/api/v1", _strict_response_validation=True, max_retries=0, **options
    )


@pytest.fixture
def development(owner: Member) -> Product:
    """The helpbot's development twin."""
    return create_product(owner, name="Helpbot", environment=Environment.DEVELOPMENT)


def tell(product: Product, *messages: str | dict[str, Any], at: datetime | None = None, **fields: Any) -> Conversation:
    """Send messages to a product as they arrive at `at`; a bare string is said by the user, `fields` are the wire's."""
    said = [{"role": "user", "content": message} if isinstance(message, str) else message for message in messages]
    body = {"productId": str(product.id), "externalUserId": "user-1", "messages": said, **fields}
    accepted = accept(msgspec.convert(body, CreateMessages), caller=auth.caller_of(product.workspace), now=at)
    return Conversation.objects.get(id=accepted.answer.conversation_id)
