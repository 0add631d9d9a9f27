"""What `manage.py doctor` finds, and what it says to do about it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from greenflash_site import doctor
from greenflash_site.doctor import Finding, Level
from tests.conftest import database_url, free_port
from tests.greenflash_site.test_hardening import GOOD_KEY, manage, superuser_url
from tests.products.oidc_provider import provider_running

__all__ = ["superuser_url"]  # a fixture


def only(findings: Iterator[Finding]) -> Finding:
    """The one thing a check has to say."""
    [finding] = findings
    assert (finding.level == Level.GOOD) == (not finding.remedy)
    return finding


def installation(settings: Settings, **changes: Any) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, **changes)


@pytest.mark.django_db(transaction=True)
def test_it_finds_an_installation_in_order(tmp_path: Path) -> None:
    done = manage("doctor", DATABASE_URL=database_url(), GREENFLASH_DATA=str(tmp_path), SECRET_KEY=GOOD_KEY)
    assert done.returncode == 0, done.stdout
    assert "✓ Migrations: All made." in done.stdout
    assert "✓ Database role: " in done.stdout
    assert "0 wrong." in done.stdout
    assert "✗" not in done.stdout


def test_it_says_what_is_wrong_without_a_database(tmp_path: Path) -> None:
    url = f"postgres://nobody:secret-word@127.0.0.1:{free_port()}/nothing"
    done = manage("doctor", DATABASE_URL=url, GREENFLASH_DATA=str(tmp_path), SECRET_KEY="short")
    assert done.returncode == 1
    assert "✗ Secret key: SECRET_KEY can be guessed" in done.stdout
    assert "✗ Database: It cannot be reached" in done.stdout
    assert "DATABASE_URL" in done.stdout
    assert "secret-word" not in done.stdout
    assert "2 wrong." in done.stdout


def test_it_finds_a_superuser(superuser_url: str, tmp_path: Path) -> None:
    done = manage("doctor", DATABASE_URL=superuser_url, GREENFLASH_DATA=str(tmp_path), SECRET_KEY=GOOD_KEY)
    assert done.returncode == 1
    assert "is a superuser" in done.stdout
    assert "create role greenflash" in done.stdout


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.GOOD), (0o640, Level.ERROR), (0o604, Level.ERROR)])
def test_it_finds_a_secret_that_others_can_read(tmp_path: Path, settings: Settings, mode: int, level: Level) -> None:
    installation(settings, data=tmp_path)
    (tmp_path / "secret_key").write_text(django_settings.SECRET_KEY)
    (tmp_path / "secret_key").chmod(mode)
    finding = only(doctor.secret())
    assert finding.level == level
    assert ("chmod 600" in finding.remedy) == (level == Level.ERROR)


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({"url": "http://127.0.0.1:8000", "host": "127.0.0.1"}, Level.GOOD, "127.0.0.1"),
        ({"url": "http://greenflash.example", "host": "127.0.0.1"}, Level.ERROR, "plain HTTP"),
        ({"url": "http://127.0.0.1:8000", "host": "0.0.0.0"}, Level.WARNING, "Listens on 0.0.0.0"),  # noqa: S104
        ({"url": "https://greenflash.example", "host": "127.0.0.1"}, Level.WARNING, "GREENFLASH_TRUSTED_PROXIES"),
        (
            {"url": "https://greenflash.example", "trusted_proxies": (ip_network("10.0.0.1/32"),)},
            Level.GOOD,
            "https://greenflash.example",
        ),
    ],
)
def test_it_looks_at_the_address(settings: Settings, changes: dict[str, Any], level: Level, said: str) -> None:
    installation(settings, **changes)
    finding = only(doctor.address())
    assert finding.level == level
    assert said in finding.sentence + finding.remedy


def test_it_finds_a_proxy_that_is_everybody_and_a_host_without_a_name(settings: Settings) -> None:
    everybody = (ip_network("0.0.0.0/0"),)
    installation(settings, url="https://203.0.113.9", trusted_proxies=everybody)
    assert [each.about for each in doctor.address() if each.level != Level.GOOD] == ["Proxies", "Passkeys"]


@pytest.mark.parametrize(
    ("signup", "url", "level"),
    [
        ("open", "https://greenflash.example", Level.WARNING),
        ("invite", "https://greenflash.example", Level.GOOD),
        ("open", "http://127.0.0.1:8000", Level.GOOD),
    ],
)
def test_it_finds_a_door_that_is_open_to_everybody(settings: Settings, signup: str, url: str, level: Level) -> None:
    installation(settings, signup=signup, url=url)
    assert only(doctor.signing_up()).level == level


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free_gb", "level"), [(0.5, Level.ERROR), (5, Level.WARNING), (50, Level.GOOD)])
def test_it_finds_a_disk_that_fills_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings, free_gb: float, level: Level
) -> None:
    installation(settings, data=tmp_path)
    free = int(free_gb * 1024**3)
    total = 100 * 1024**3
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(total, total - free, free))
    assert only(doctor.data_folder()).level == level


def test_it_finds_static_files_that_were_not_collected(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    assert only(doctor.static_files()).level == Level.WARNING
    (tmp_path / "staticfiles.json").touch()
    assert only(doctor.static_files()).level == Level.GOOD


@pytest.mark.django_db
def test_it_finds_migrations_that_are_still_to_be_made() -> None:
    assert only(doctor.migrations()).level == Level.GOOD
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from django_migrations where app = 'mfa'"
            " and name = (select max(name) from django_migrations where app = 'mfa')"
        )
    finding = only(doctor.migrations())
    assert finding.level == Level.ERROR
    assert "1 are still to be made, the first mfa." in finding.sentence


@pytest.mark.django_db
def test_it_finds_a_worker_that_is_gone() -> None:
    assert "No worker was ever seen" in only(doctor.worker()).sentence
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (%s)", [timezone.now()])
        assert only(doctor.worker()).level == Level.GOOD
        cursor.execute("update procrastinate_workers set last_heartbeat = now() - interval '5 minutes'")
    assert "No worker was seen for 300 s" in only(doctor.worker()).sentence


@pytest.mark.django_db
def test_it_finds_too_few_connections(settings: Settings) -> None:
    installation(settings, web_workers=2)
    assert only(doctor.connections()).level == Level.GOOD
    installation(settings, web_workers=1_000)
    assert "max_connections" in only(doctor.connections()).remedy


@pytest.mark.django_db(transaction=True)
def test_it_finds_a_database_that_knows_no_letters(tmp_path: Path) -> None:
    """One that was made with the plain C locale; it says so, though it could be used."""
    name = f"{connection.settings_dict['NAME']}_c"
    with psycopg.connect(database_url(), autocommit=True) as database:
        database.execute(f'create database "{name}" locale "C" encoding "SQL_ASCII" template template0')
        try:
            url = database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
            done = manage("doctor", DATABASE_URL=url, GREENFLASH_DATA=str(tmp_path), SECRET_KEY=GOOD_KEY)
        finally:
            database.execute(f'drop database "{name}" with (force)')
    assert done.returncode == 1
    assert "✗ Locale: The database knows no letters beyond A to Z" in done.stdout
    assert "✗ Encoding: The database writes SQL_ASCII" in done.stdout
    assert "are still to be made" in done.stdout


@pytest.fixture
def mail_server() -> Iterator[int]:
    """A mail server that says hello and lets everybody in; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            client, _ = listening.accept()
            with client, client.makefile("rwb", buffering=0) as lines:
                lines.write(b"220 ready\r\n")
                while line := lines.readline():
                    lines.write(b"221 bye\r\n" if line.lower().startswith(b"quit") else b"250 ok\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_it_tries_the_mail_server(mail_server: int, tmp_path: Path, settings: Settings) -> None:
    assert only(doctor.mail()).level == Level.GOOD
    settings.EMAIL_CONFIGURED = True
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    settings.MAILERS = {"default": {**smtp, "OPTIONS": {"host": "127.0.0.1", "port": mail_server, "timeout": 5}}}
    assert only(doctor.mail()).sentence == "The mail server lets us in."
    settings.MAILERS = {"default": {**smtp, "OPTIONS": {"host": "127.0.0.1", "port": free_port(), "timeout": 5}}}
    assert "EMAIL_URL" in only(doctor.mail()).remedy


def test_it_asks_the_provider(settings: Settings) -> None:
    with provider_running() as provider:
        app = {"settings": {"server_url": provider.url}}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        finding = only(doctor.single_sign_on())
        assert "/account/single-sign-on/callback/" in finding.sentence
        assert finding.level == Level.GOOD
    assert only(doctor.single_sign_on()).level == Level.ERROR


def test_it_finds_debug_pages(settings: Settings) -> None:
    assert only(doctor.debug()).level == Level.GOOD
    settings.DEBUG = True
    installation(settings, url="http://127.0.0.1:8000", host="127.0.0.1")
    assert only(doctor.debug()).level == Level.WARNING
    installation(settings, url="https://greenflash.example")
    assert only(doctor.debug()).level == Level.ERROR
