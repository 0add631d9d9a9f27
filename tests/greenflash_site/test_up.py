"""`manage.py up` as a whole: it comes up on nothing, survives kill -9, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings

from conversations.visits import NICENESS
from greenflash_site.database import embedded
from products.models.api_key import generate_key
from tests.conftest import free_port, sdk

MANAGE = str(Path(settings.BASE_DIR) / "manage.py")
# Generous: the machine may be busy with the other tests.
PATIENCE = 90


class Installation:
    """A Greenflash of its own: a data folder, a port, and `up` runs of it."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.key = generate_key()
        self.product_id = str(uuid4())
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
            "GREENFLASH_DATA": str(data),
            "GREENFLASH_PORT": str(self.port),
            "GREENFLASH_WEB_WORKERS": "1",
            "GREENFLASH_INIT_EMAIL": "ada@acme.example",
            "GREENFLASH_INIT_PASSWORD": "correct horse battery staple",
            "GREENFLASH_INIT_PRODUCT_ID": self.product_id,
            "GREENFLASH_INIT_API_KEY": self.key,
        }
        self.processes: list[subprocess.Popen[str]] = []

    def up(self, **environment: str) -> subprocess.Popen[str]:
        """Start it and wait until it says where it is."""
        process = self.start(**environment)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Greenflash is at"):
                assert self.url in line
                return process
        raise AssertionError("it ended without coming up")

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Start it and wait for nothing."""
        process = subprocess.Popen(
            [sys.executable, MANAGE, "up"],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def send(self, external_id: str) -> str:
        """Send one message; returns the id of its conversation."""
        answer = sdk(self.url, self.key).messages.create(
            product_id=self.product_id,
            external_user_id="u1",
            external_conversation_id="c1",
            messages=[{"role": "user", "content": "Hello", "external_message_id": external_id}],
        )
        return answer.conversation_id

    def message_count(self, conversation_id: str) -> int:
        """How many messages the conversation has."""
        return len(sdk(self.url, self.key).interactions.get(conversation_id).messages)

    def is_visited(self, conversation_id: str) -> bool:
        """Whether the worker has counted what the conversation holds, and made it searchable."""
        with psycopg.connect(embedded.url(Path(self.environment["GREENFLASH_DATA"]))) as database:
            query = (
                "select c.search_due_at is null and c.counted_position = c.last_position and exists ("
                "  select from search_row s where s.conversation_id = c.id and s.text = 'hello')"
                " from conversation c where c.id = %s"
            )
            row = database.execute(query, [conversation_id]).fetchone()
            return row is not None and bool(row[0])

    def database_priorities(self) -> list[int]:
        """How low the priority of each of the database's processes for us is."""
        with psycopg.connect(embedded.url(Path(self.environment["GREENFLASH_DATA"]))) as database:
            pids = database.execute("select pid from pg_stat_activity where usename = current_user").fetchall()
            return [os.getpriority(os.PRIO_PROCESS, pid) for (pid,) in pids]

    def readiness(self) -> dict[str, Any]:
        """What /readyz says; empty when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own server
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            return {}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation on nothing; whatever it started is ended with the test."""
    made = Installation(tmp_path / "data")
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=PATIENCE)
        if process.stdout is not None:
            process.stdout.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def test_it_comes_up_on_nothing_and_stops_at_a_signal(installation: Installation) -> None:
    process = installation.up()
    wait_until(lambda: installation.readiness().get("status") == "ready")
    conversation = installation.send("m1")
    wait_until(lambda: installation.is_visited(conversation))
    assert {0, NICENESS} <= set(installation.database_priorities())
    process.terminate()
    assert process.wait(timeout=PATIENCE) == 0
    assert installation.readiness() == {}
    # Again, with the headless start's variables as they were: the data is there, nothing is made twice.
    installation.up()
    assert installation.message_count(conversation) == 1
    assert len(sdk(installation.url, installation.key).products.list()) == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_a_signal_while_it_starts(installation: Installation, signum: signal.Signals) -> None:
    process = installation.start()
    postmaster = Path(installation.environment["GREENFLASH_DATA"]) / "cluster" / "postmaster.pid"
    wait_until(postmaster.exists)
    process.send_signal(signum)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not postmaster.exists()


def test_it_recovers_from_the_death_of_its_parent(installation: Installation) -> None:
    process = installation.up()
    conversation = installation.send("m1")
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=PATIENCE)
    # At once: the web server and the worker follow their parent, and the next one waits for the port meanwhile.
    installation.up()
    installation.send("m1")
    installation.send("m2")
    assert installation.message_count(conversation) == 2


def test_it_starts_its_database_again(installation: Installation) -> None:
    process = installation.up()
    conversation = installation.send("m1")
    postmaster = int(
        (Path(installation.environment["GREENFLASH_DATA"]) / "cluster" / "postmaster.pid").read_text().split()[0]
    )
    os.kill(postmaster, signal.SIGKILL)
    wait_until(lambda: installation.readiness().get("status") == "ready")
    assert installation.message_count(conversation) == 1
    assert process.poll() is None


def test_it_says_what_to_do_when_the_port_or_the_folder_is_taken(installation: Installation) -> None:
    installation.up()
    same_port = installation.start()
    said, _ = same_port.communicate(timeout=PATIENCE)
    assert same_port.returncode == 1
    assert "GREENFLASH_PORT" in said
    same_folder = installation.start(GREENFLASH_PORT=str(free_port()))
    said, _ = same_folder.communicate(timeout=PATIENCE)
    assert same_folder.returncode == 1
    assert "GREENFLASH_DATA" in said
    assert "Traceback" not in said


def test_it_says_what_to_do_when_the_database_is_not_there(installation: Installation) -> None:
    process = installation.start(DATABASE_URL=f"postgres://nobody:secret-word@127.0.0.1:{free_port()}/nothing")
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "DATABASE_URL" in said
    assert "secret-word" not in said
    assert "Traceback" not in said
