"""What the environment says, and what is said when it says nonsense."""

import os
import re
import stat
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from greenflash_site.mail import TerminalBackend
from greenflash_site.settings import generated_secret, read_installation


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GREENFLASH_"):
            monkeypatch.delenv(name)


def site(expression: str, **environment: str) -> str:
    """The value of an expression over the settings of a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({expression})"],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "greenflash_site.settings", **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_it_listens_on_this_machine_only_unless_told() -> None:
    here = read_installation()
    assert (here.host, here.port, here.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (here.signup, here.trusted_proxies) == ("open", ())


def test_it_shows_an_address_one_can_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENFLASH_HOST", "0.0.0.0")  # noqa: S104 - a value, nothing listens
    monkeypatch.setenv("GREENFLASH_PORT", "9000")
    assert read_installation().url == "http://127.0.0.1:9000"
    monkeypatch.setenv("GREENFLASH_URL", "https://greenflash.example/")
    assert read_installation().url == "https://greenflash.example"


def test_it_reads_proxies_with_and_without_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENFLASH_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1,::1")
    networks = tuple(ip_network(each) for each in ("10.0.0.0/8", "127.0.0.1/32", "::1/128"))
    assert read_installation().trusted_proxies == networks


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GREENFLASH_URL", "greenflash.example"),
        ("GREENFLASH_URL", "ftp://greenflash.example"),
        ("GREENFLASH_URL", "https://"),
        ("GREENFLASH_SIGNUP", "closed"),
        ("GREENFLASH_PORT", "eighty"),
        ("GREENFLASH_WEB_WORKERS", "many"),
        ("GREENFLASH_TRUSTED_PROXIES", "proxy.example"),
        ("GREENFLASH_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_it_names_the_variable_at_fault(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        read_installation()


def test_it_keeps_a_generated_secret_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    secret = generated_secret(path)
    assert len(secret) > 60
    assert generated_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_it_protects_cookies_on_https(tmp_path: Path) -> None:
    expression = "[settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0]"
    https = site(expression, GREENFLASH_DATA=str(tmp_path), GREENFLASH_URL="https://greenflash.example")
    assert https == "['__Host-greenflash_session', True, True]"
    plain = site(expression, GREENFLASH_DATA=str(tmp_path), GREENFLASH_PORT="9000")
    assert plain == "['greenflash_9000_session', False, False]"


def test_it_refuses_a_database_that_is_not_postgresql(tmp_path: Path) -> None:
    said = site("settings.DATABASES", GREENFLASH_DATA=str(tmp_path), DATABASE_URL="mysql://u:p@localhost/x")
    assert re.search(r"DATABASE_URL must name a PostgreSQL database", said)


def test_it_sends_mail_as_the_url_says(tmp_path: Path) -> None:
    expression = "[settings.MAILERS['default'].get('OPTIONS', {}).get('host'), settings.ACCOUNT_EMAIL_VERIFICATION]"
    mail = site(expression, GREENFLASH_DATA=str(tmp_path), EMAIL_URL="smtp+tls://u:p@mail.example:587")
    assert mail == "['mail.example', 'mandatory']"
    assert site(expression, GREENFLASH_DATA=str(tmp_path)) == "[None, 'none']"


def test_it_prints_mail_with_its_links_whole(capsys: pytest.CaptureFixture[str]) -> None:
    link = "http://127.0.0.1:8000/account/password/reset/key/" + "0123456789-" * 12
    mail = EmailMessage("Reset", f"Follow {link} please", "us@example.com", ["ada@acme.example"])
    TerminalBackend(alias="default").send_messages([mail])
    printed = capsys.readouterr().out
    assert link in printed
    assert "Mail to ada@acme.example: Reset" in printed
