"""What an installation does not do: serve what it should not, take forms from elsewhere, start when it is unsafe."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from greenflash_site.database.cluster import SUPERUSER
from products.models import Member
from tests.access.cast import make_cast
from tests.access.test_routes import ask, rows
from tests.conftest import browser_of, database_url, free_port

MANAGE = str(Path(django_settings.BASE_DIR) / "manage.py")
GOOD_KEY = "Zt8q-this-one-is-long-enough-and-was-typed-for-a-test-x4Lw"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py in an environment of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "GREENFLASH_DATA", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, MANAGE, *arguments],
        env={**kept, "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@pytest.fixture
def superuser_url(db: None) -> Iterator[str]:
    """The test database, for a role that may do anything: the one that made the embedded cluster, else one we have."""
    role = connection.settings_dict["USER"]
    for name in (SUPERUSER, role):
        url = database_url().replace(f"//{role}", f"//{name}", 1)
        with suppress(psycopg.OperationalError), psycopg.connect(url) as database:
            row = database.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
            if row and row[0]:
                yield url
                return
    pytest.skip("no superuser on this server")


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/admin", "/admin/", "/admin/login/", "/static/../settings", "/static/../greenflash_site/settings.py",
            "/static/%2e%2e/manage.py", "/.env", "/.git", "/.git/config", "/__debug__", "/__debug__/", "/wp-login.php",
            "/static/vendor/htmx/htmx.min.js.map", "/static/js/passkeys.js.map", "/.well-known/",
            "/.well-known/nothing", "/static/", "/server-status", "/.DS_Store", "/manage.py",
            "/media/secret_key",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("signed_in", [False, True])
    @pytest.mark.django_db
    def test_it_serves_nothing_that_is_not_for_serving(self, owner: Member, path: str, signed_in: bool) -> None:
        client = browser_of(owner.person) if signed_in else Client()
        answer = client.get(path)
        if path == "/server-status" and not signed_in:
            # It could be an organization: like any other it asks who one is.
            assert answer.status_code in (301, 302)
        else:
            assert answer.status_code == 404 or client.get(answer.headers["Location"]).status_code == 404

    @pytest.mark.django_db
    def test_it_takes_no_session_on_the_api_and_no_key_on_a_page(self, owner: Member, api_key: str) -> None:
        assert browser_of(owner.person).get("/api/v1/products").status_code == 401
        with_key = Client(headers={"Authorization": f"Bearer {api_key}"})
        assert with_key.get("/api/v1/products").status_code == 200
        assert with_key.get("/acme/").headers["Location"].startswith("/login/")


class TestSecurityTxt:
    def test_it_names_whom_to_tell(self, client: Client, settings: Settings) -> None:
        settings.SECURITY_CONTACT = "mailto:security@example.com"
        settings.GREENFLASH = replace(django_settings.GREENFLASH, url="https://greenflash.example")
        answer = client.get("/.well-known/security.txt")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "Contact: mailto:security@example.com\n" in answer.text
        assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", answer.text, re.MULTILINE)
        assert "Canonical: https://greenflash.example/.well-known/security.txt\n" in answer.text

    def test_it_names_the_origin_where_nobody_is_named(self, client: Client, settings: Settings) -> None:
        settings.GREENFLASH = replace(django_settings.GREENFLASH, url="https://greenflash.example")
        assert "Contact: https://greenflash.example\n" in client.get("/.well-known/security.txt").text

    @pytest.mark.django_db
    def test_it_is_silent_on_plain_http(self, client: Client) -> None:
        assert client.get("/.well-known/security.txt").status_code == 404


@pytest.mark.django_db
class TestForgery:
    @pytest.fixture
    def browser(self, owner: Member) -> Client:
        """Ada's browser, of which every form is checked as in the world."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner.person)
        return client

    def token(self, client: Client) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/account/").text)
        assert found
        return found[1]

    def test_it_takes_a_form_of_its_own(self, browser: Client) -> None:
        form = {"name": "Ada", "csrfmiddlewaretoken": self.token(browser)}
        assert browser.post("/account/", form).status_code == 302

    def test_it_refuses_a_form_without_a_token(self, browser: Client) -> None:
        assert browser.post("/account/", {"name": "Eve"}).status_code == 403

    def test_it_refuses_the_token_of_another_session(self, browser: Client, stranger: Member) -> None:
        charlie = Client(enforce_csrf_checks=True)
        charlie.force_login(stranger.person)
        browser.get("/account/")
        form = {"name": "Eve", "csrfmiddlewaretoken": self.token(charlie)}
        assert browser.post("/account/", form).status_code == 403

    @pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://testserver.evil.example", "file://"])
    @pytest.mark.parametrize("extra", [{}, {"HX-Request": "true", "HX-Request-Type": "partial"}])
    def test_it_refuses_a_form_from_elsewhere(self, browser: Client, origin: str, extra: dict[str, str]) -> None:
        form = {"name": "Eve", "csrfmiddlewaretoken": self.token(browser)}
        assert browser.post("/account/", form, headers={"Origin": origin, **extra}).status_code == 403

    def test_it_refuses_json_that_says_to_be_text(self, browser: Client, owner: Member) -> None:
        body = '{"name": "Eve"}'
        assert browser.post("/account/", body, content_type="text/plain").status_code == 403
        assert browser.post("/api/v1/messages", body, content_type="text/plain").status_code == 401
        owner.person.refresh_from_db()
        assert owner.person.name != "Eve"

    @pytest.mark.django_db
    def test_it_changes_nothing_by_get(self) -> None:
        cast, written = make_cast(), {}
        for method, route, kind in rows("pages"):
            if (method, kind) != ("GET", "own"):
                continue
            with CaptureQueriesContext(connection) as queries:
                ask(cast, cast.people["owner"], (method, route, kind))
            said = " ".join(query["sql"] for query in queries)
            tables = re.findall(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)", said, re.IGNORECASE)
            # Who was where last, and when: of the session, and nobody else's affair.
            if changed := sorted(set(tables) - {"django_session", "usersessions_usersession"}):
                written[route] = changed
        assert written == {}


class TestStart:
    @pytest.mark.parametrize("command", ["up", "web"])
    @pytest.mark.parametrize(
        ("environment", "said"),
        [
            ({"SECRET_KEY": "django-insecure-" + "x1y2z3" * 10}, "SECRET_KEY is the one of a template"),
            ({"SECRET_KEY": "changeme"}, "SECRET_KEY can be guessed"),
            ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY can be guessed"),
            ({"DEBUG": "1", "GREENFLASH_URL": "https://greenflash.example"}, "DEBUG is on, and greenflash.example"),
            ({"DEBUG": "1", "GREENFLASH_HOST": "0.0.0.0"}, "DEBUG is on, and 0.0.0.0"),  # noqa: S104 - a value
        ],
    )
    def test_it_does_not_start_with_unsafe_settings(
        self, tmp_path: Path, command: str, environment: dict[str, str], said: str
    ) -> None:
        done = manage(command, GREENFLASH_DATA=str(tmp_path), GREENFLASH_PORT=str(free_port()), **environment)
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "postgres").exists()

    @pytest.mark.parametrize("command", ["up", "web"])
    def test_it_does_not_start_as_a_superuser(self, superuser_url: str, tmp_path: Path, command: str) -> None:
        done = manage(
            command,
            DATABASE_URL=superuser_url,
            GREENFLASH_DATA=str(tmp_path),
            GREENFLASH_PORT=str(free_port()),
            SECRET_KEY=GOOD_KEY,
        )
        assert done.returncode == 1
        assert "is a superuser" in done.stderr
        assert "create role greenflash" in done.stderr
        assert "Traceback" not in done.stderr

    def test_it_passes_djangos_own_check_under_https(self, tmp_path: Path) -> None:
        done = manage(
            "check",
            "--deploy",
            "--fail-level",
            "INFO",
            GREENFLASH_URL="https://greenflash.example",
            GREENFLASH_DATA=str(tmp_path),
            DATABASE_URL=database_url(),
        )
        assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
