"""Who is really calling, and which part of a page is asked for."""

import gzip
from dataclasses import replace
from ipaddress import ip_network

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from greenflash_site.http import STRAIGHT, TrustedProxies
from products.models import Member
from tests.conftest import browser_of


@pytest.fixture
def proxies(settings: Settings) -> None:
    """10.0.0.0/8 and one IPv6 address are ours."""
    ours = (ip_network("10.0.0.0/8"), ip_network("2001:db8::1/128"))
    settings.GREENFLASH = replace(django_settings.GREENFLASH, trusted_proxies=ours)


def seen(peer: str, **headers: str) -> tuple[str, str]:
    """The client's address and scheme as views see them."""
    requests: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    TrustedProxies(view)(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))
    [request] = requests
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    assert "HTTP_X_FORWARDED_PROTO" not in request.META
    return request.META["REMOTE_ADDR"], request.scheme or ""


def test_it_believes_nobody_unless_told() -> None:
    assert seen("10.0.0.1", x_forwarded_for="1.2.3.4", x_forwarded_proto="https") == ("10.0.0.1", "http")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),  # spoofed by who is no proxy
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the client's own claim comes first and is not believed
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # two proxies of ours
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # all of them ours
        ("2001:db8::1", "2001:db8::99", "2001:db8::99"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 203.0.113.9", "203.0.113.9"),
        ("", "1.2.3.4", ""),  # a Unix socket has no address
    ],
)
@pytest.mark.usefixtures("proxies")
def test_it_finds_the_client_behind_proxies(peer: str, forwarded_for: str, client: str) -> None:
    assert seen(peer, x_forwarded_for=forwarded_for)[0] == client


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "http", "http"),
        ("10.0.0.1", "javascript", "http"),
        ("10.0.0.1", "https, http", "http"),
        ("203.0.113.9", "https", "http"),
    ],
)
@pytest.mark.usefixtures("proxies")
def test_it_believes_the_scheme_of_proxies_only(peer: str, proto: str, scheme: str) -> None:
    assert seen(peer, x_forwarded_proto=proto)[1] == scheme


def test_it_refuses_hosts_that_are_not_ours_and_keeps_its_log_clean(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/login/", headers={"host": "evil.example"}).status_code == 400
    assert caplog.records == []


def test_it_ignores_a_forwarded_host(client: Client, db: None) -> None:
    answer = client.get("/login/", headers={"x-forwarded-host": "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_it_takes_nothing_past_the_gates_but_what_has_one_or_needs_none() -> None:
    """What goes straight through meets no session and no login: polls must be open, the API's views have their gate."""
    polls = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern).startswith("changes/")]
    assert {getattr(pattern.callback, "access", None) for pattern in polls} == {"public"}
    others = {str(pattern.pattern) for pattern in get_resolver().url_patterns} - {str(each.pattern) for each in polls}
    assert {pattern for pattern in others if f"/{pattern}".startswith(STRAIGHT)} == {"api/v1/"}


def test_it_compresses_pages_for_who_takes_it_to_a_length_that_tells_nothing(stranger: Member) -> None:
    browser = browser_of(stranger.person)
    plain = browser.get("/globex/settings/members/")
    packed = [browser.get("/globex/settings/members/", headers={"Accept-Encoding": "br, gzip"}) for _ in range(8)]
    assert "Content-Encoding" not in plain.headers
    for page in packed:
        assert page.headers["Content-Encoding"] == "gzip"
        assert page.headers["Content-Length"] == str(len(page.content))
        assert "Accept-Encoding" in page.headers["Vary"]
        assert b"Members" in gzip.decompress(page.content)
    names = {page.content[10 : page.content.index(b"\0", 10)] for page in packed if page.content[3] & 8}
    assert len(names) > 1, "padded at random"


def test_it_lets_no_page_be_framed_scripted_or_sniffed(stranger: Member) -> None:
    headers = browser_of(stranger.person).get("/globex/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
