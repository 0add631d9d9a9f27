"""`/healthz` and `/readyz`."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from products.models import Member
from tests.conftest import browser_of


@pytest.fixture
def beat(db: None) -> Any:
    """Makes a worker that beat so many seconds ago."""

    def worker(seconds_ago: float) -> None:
        with connection.cursor() as cursor:
            at = timezone.now() - timedelta(seconds=seconds_ago)
            cursor.execute("insert into procrastinate_workers (last_heartbeat) values (%s)", [at])

    return worker


def wait(seconds: float) -> None:
    """A job that could have begun so many seconds ago."""
    with connection.cursor() as cursor:
        at = timezone.now() - timedelta(seconds=seconds)
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, scheduled_at) values ('default', 'mail', %s)", [at]
        )


def test_it_is_alive_without_a_database(client: Client) -> None:
    """No `db` fixture: pytest-django refuses any query."""
    assert client.get("/healthz").json() == {"status": "ok"}


def test_it_is_not_ready_without_a_worker(db: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "database": True,
        "migrations": True,
        "worker": False,
        "workerLagSeconds": 0.0,
    }


def test_it_is_ready_with_a_worker_that_beats(beat: Any, client: Client) -> None:
    beat(seconds_ago=5)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["worker"] is True


def test_it_is_not_ready_when_the_worker_fell_silent(beat: Any, client: Client) -> None:
    beat(seconds_ago=40)
    assert client.get("/readyz").status_code == 503


def test_it_tells_how_long_the_oldest_due_job_waits(beat: Any, client: Client) -> None:
    beat(seconds_ago=1)
    wait(seconds=-600)  # due in ten minutes
    assert client.get("/readyz").json()["workerLagSeconds"] == 0.0
    wait(seconds=90)
    wait(seconds=30)
    assert 90 <= client.get("/readyz").json()["workerLagSeconds"] < 120


def test_it_tells_a_stranger_as_much_as_anybody(beat: Any, stranger: Member) -> None:
    beat(seconds_ago=1)
    assert browser_of(stranger.person).get("/readyz").json() == Client().get("/readyz").json()
