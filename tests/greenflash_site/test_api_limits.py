"""A key may send so many requests a minute, over all processes (`GREENFLASH_RATE_LIMIT`)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from greenflash_site.api import limits
from products.actions import create_api_key
from products.models import Member, Product, RequestCount
from tests.conftest import Api


class Clock:
    """The time of day as the limiter reads it, in seconds; in the middle of a minute."""

    now = 1_700_000_000.0 // 60 * 60 + 20

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Time stands still, and counting begins anew."""
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    limits.forget_counts()
    yield clock
    limits.forget_counts()


def limit(settings: Settings, requests: int) -> None:
    settings.GREENFLASH = replace(django_settings.GREENFLASH, rate_limit=requests)


def remaining(response: Any) -> tuple[int, str, str]:
    return response.status_code, response["RateLimit-Remaining"], response["RateLimit-Reset"]


def test_it_refuses_what_is_over_the_limit(api: Api, product: Product, clock: Clock, settings: Settings) -> None:
    limit(settings, 3)
    assert [remaining(api.get("products")) for _ in range(3)] == [(200, "2", "40"), (200, "1", "40"), (200, "0", "40")]
    refused = api.post("messages", {})
    assert remaining(refused) == (429, "0", "40")
    assert (refused["RateLimit-Limit"], refused["Retry-After"]) == ("3", "40")
    assert refused.json()["code"] == "rate_limited"
    clock.now += 40
    assert remaining(api.get("products")) == (200, "2", "60")


def test_it_counts_refused_requests_and_tells_their_headers(
    api: Api, clock: Clock, settings: Settings, product: Product
) -> None:
    limit(settings, 5)
    assert remaining(api.post("messages", {})) == (400, "4", "40")
    assert "RateLimit-Limit" not in Api("gf_nobody").get("products")


def test_it_limits_each_key_by_itself(
    api: Api, owner: Member, clock: Clock, settings: Settings, product: Product
) -> None:
    limit(settings, 1)
    other = Api(create_api_key(owner.workspace, acting_user=owner.person, name="other").plaintext)
    assert [each.get("products").status_code for each in (api, api, other, other)] == [200, 429, 200, 429]


def test_it_counts_what_other_processes_took(api: Api, clock: Clock, settings: Settings, product: Product) -> None:
    limit(settings, 4)
    api.get("products")
    RequestCount.objects.update(count=3)
    assert remaining(api.get("products")) == (200, "0", "40")
    assert api.get("products").status_code == 429


def test_it_says_its_count_a_hundred_times_a_limit(
    api: Api, clock: Clock, settings: Settings, product: Product
) -> None:
    limit(settings, 1_000)
    for expected in (0, 10, 20):
        for _ in range(5):
            api.get("products")
        shared = RequestCount.objects.values_list("count", flat=True)
        assert sum(shared) == expected
        for _ in range(5):
            api.get("products")


def test_it_may_be_off(api: Api, clock: Clock, settings: Settings, product: Product) -> None:
    limit(settings, 0)
    assert "RateLimit-Limit" not in api.get("products")
    assert RequestCount.objects.count() == 0
