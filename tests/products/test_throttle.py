"""Attempts are counted in the database, once for all processes, and in one statement."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.utils import timezone

from greenflash_site.tasks import delete_old_requests
from products import throttle
from products.models import Attempts, Person
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def taken(scope: str = "try", key: str = "a", *, limit: int = 3, seconds: int = 60) -> bool:
    """Whether one more attempt is let through."""
    try:
        throttle.take(scope, key, limit=limit, seconds=seconds)
    except throttle.Throttled:
        return False
    return True


def age(seconds: int) -> None:
    """Let time pass."""
    for attempts in Attempts.objects.all():
        attempts.expires_at -= timedelta(seconds=seconds)
        attempts.save(update_fields=["expires_at"])


def test_it_lets_through_as_many_as_the_limit_says() -> None:
    assert [taken() for _ in range(5)] == [True, True, True, False, False]


def test_it_counts_each_thing_and_each_key_by_itself() -> None:
    assert [taken() for _ in range(4)][-1] is False
    assert taken(key="b")
    assert taken(scope="another")


def test_it_says_when_to_try_again_and_begins_anew_then() -> None:
    assert [taken() for _ in range(4)][-1] is False
    with pytest.raises(throttle.Throttled) as refusal:
        throttle.take("try", "a", limit=3, seconds=60)
    assert 55 < refusal.value.seconds <= 60
    age(59)
    assert not taken()
    age(2)
    assert [taken() for _ in range(4)] == [True, True, True, False]


def test_it_takes_nothing_back_for_who_was_refused() -> None:
    for _ in range(10):
        taken()
    assert Attempts.objects.get().count == 3


def test_it_gives_back_and_forgets() -> None:
    for _ in range(3):
        taken()
    throttle.give_back("try", "a")
    assert taken()
    assert not taken()
    throttle.forget("try", "a")
    assert taken()


def test_it_stores_no_key_that_can_be_read() -> None:
    taken(key="grace@example.com")
    assert b"grace" not in bytes(Attempts.objects.get().key_hash)


def test_it_clears_away_what_is_over() -> None:
    taken(key="old")
    age(61)
    taken(key="new")
    delete_old_requests(timestamp=0)
    assert Attempts.objects.get().expires_at > timezone.now()


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_it_counts_a_household_of_ipv6_as_one(address: str, counted_as: str) -> None:
    assert throttle.address_of(RequestFactory().get("/", REMOTE_ADDR=address)) == counted_as


@pytest.mark.django_db(transaction=True)
def test_it_is_exact_for_twenty_at_once() -> None:
    let_through = []
    together = threading.Barrier(20)

    def attempt() -> None:
        together.wait()
        let_through.append(taken(limit=5))
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_through) == 5


def test_it_lets_nobody_in_while_it_cannot_count(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Person.objects.create_user("grace@example.com", PASSWORD)

    def away(*_arguments: Any, **_rate: Any) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(throttle, "take", away)
    client.raise_request_exception = False
    answer = client.post("/login/", {"login": "grace@example.com", "password": PASSWORD})
    assert answer.status_code == 503
    assert "_auth_user_id" not in client.session
