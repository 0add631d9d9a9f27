"""The worker's visits: each message is seen exactly once, whoever visits, crashes or writes meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections

from conversations import visits
from conversations.ingest.tokens import count_tokens, message_tokens
from conversations.models import Conversation
from products.models import Product
from tests.conftest import database_url, tell
from tests.conversations.bodies import known

HELLO = 2 * count_tokens("Hello")
PATIENCE = 60


def visit_all() -> None:
    """Visit until nothing is due."""
    while Conversation.objects.filter(search_due_at__isnull=False).exists():
        visits.visit_due_conversations()


def counted(conversation: Conversation) -> tuple[int, int]:
    """Half tokens, and the position up to which they are counted."""
    conversation.refresh_from_db()
    return conversation.half_tokens, conversation.counted_position


def searchable(conversation: Conversation) -> list[UUID]:
    """The messages that search knows of, in their order."""
    ids = b"".join(row.message_ids for row in conversation.search_rows.order_by("position"))
    return [UUID(bytes=ids[i : i + 16]) for i in range(0, len(ids), 16)]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on the test database, ended as if by a power cut."""
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "worker"]
    process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": database_url()}, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.mark.django_db
def test_it_visits_what_is_due_and_nothing_else(product: Product) -> None:
    conversation = tell(product, "Hello", "Hello")
    assert conversation.search_due_at == conversation.created_at
    assert counted(conversation) == (0, 0)
    assert not visits.visit_due_conversations()
    assert counted(conversation) == (2 * HELLO, 2)
    assert conversation.search_due_at is None
    assert not visits.visit_due_conversations()
    assert counted(conversation) == (2 * HELLO, 2)


@pytest.mark.django_db
def test_it_is_asked_by_new_messages_alone(product: Product) -> None:
    for _ in range(2):
        conversation = tell(product, known("a"), known("b"), externalConversationId="c")
        visit_all()
    assert counted(conversation) == (2 * HELLO, 2)
    conversation = tell(product, known("a"), externalConversationId="c")
    assert conversation.search_due_at is None
    conversation = tell(product, known("a"), known("c"), externalConversationId="c")
    assert conversation.search_due_at == conversation.updated_at
    visit_all()
    assert counted(conversation) == (3 * HELLO, 3)


@pytest.mark.django_db
def test_it_goes_in_batches(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "CONVERSATIONS", 3)
    monkeypatch.setattr(visits, "MESSAGES", 4)
    conversations = [tell(product, *["Hello"] * number, externalUserId=f"u{number}") for number in range(1, 8)]
    batches = 1
    while visits.visit_due_conversations():
        batches += 1
    assert batches >= 28 / 4
    assert [counted(each) for each in conversations] == [(number * HELLO, number) for number in range(1, 8)]


@pytest.mark.django_db
def test_it_takes_few_long_messages_at_a_time(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "BYTES", 20)
    conversation = tell(product, *["Hello Hello Hello"] * 5)
    reached = []
    while Conversation.objects.filter(search_due_at__isnull=False).exists():
        visits.visit_due_conversations()
        reached.append(counted(conversation)[1])
    assert reached == [2, 4, 5]
    assert conversation.half_tokens == 2 * 5 * count_tokens("Hello Hello Hello")


@pytest.mark.django_db
def test_it_is_done_with_a_conversation_whose_messages_are_gone(product: Product) -> None:
    conversation = tell(product, "Hello", "Hello")
    conversation.messages.all().delete()
    visit_all()
    assert counted(conversation) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_it_undoes_a_batch_that_fails(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tell(product, "Hello", externalUserId="u1"), tell(product, "Goodbye", externalUserId="u2")

    def fail(type: str, content: str | None) -> int:
        if content == "Goodbye":
            raise DatabaseError
        return count_tokens(content or "")

    with monkeypatch.context() as patched:
        patched.setattr(visits, "message_tokens", fail)
        with pytest.raises(DatabaseError):
            visits.visit_due_conversations()
    assert [counted(each) for each in (first, second)] == [(0, 0), (0, 0)]
    visit_all()
    assert [counted(each) for each in (first, second)] == [(HELLO, 1), (2 * count_tokens("Goodbye"), 1)]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_visiting_when_a_batch_failed(
    product: Product, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    conversation = tell(product, "Hello")
    failures = iter([DatabaseError("The disk is full."), DatabaseError("Still.")])
    visit = visits.visit_due_conversations

    def fail_twice() -> bool:
        if (failure := next(failures, None)) is not None:
            raise failure
        return visit()

    monkeypatch.setattr(visits, "visit_due_conversations", fail_twice)
    monkeypatch.setattr(visits, "POLL_SECONDS", 0.01)
    with visits.visiting():
        wait_until(lambda: counted(conversation) == (HELLO, 1))
    assert [record.getMessage() for record in caplog.records] == [
        "Visiting conversations failed; trying again in 0.02 s.",
        "Visiting conversations failed; trying again in 0.04 s.",
    ]


@pytest.mark.django_db(transaction=True)
def test_it_lets_messages_arrive_during_a_visit(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = tell(product, known("a"), externalConversationId="c")
    count = message_tokens
    arrived = Event()

    def arrive() -> None:
        # It would wait for the row, and fail after a second, if the visit held it.
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '1s'")
        tell(product, known("b"), externalConversationId="c")
        connections.close_all()

    def count_meanwhile(type: str, content: str | None) -> int:
        if not arrived.is_set():
            arrived.set()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(arrive).result()
        return count(type, content)

    monkeypatch.setattr(visits, "message_tokens", count_meanwhile)
    visits.visit_due_conversations()
    assert counted(conversation) == (HELLO, 1)
    assert conversation.search_due_at is not None
    visits.visit_due_conversations()
    assert counted(conversation) == (2 * HELLO, 2)
    assert conversation.search_due_at is None


@pytest.mark.django_db(transaction=True)
def test_it_counts_once_however_many_visit_and_write(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "CONVERSATIONS", 2)
    monkeypatch.setattr(visits, "MESSAGES", 3)
    writing = Event()

    def write(writer: int) -> None:
        for turn in range(20):
            # Each message is sent by two writers, in conversations that all share.
            said = [known(f"{writer // 2}.{turn}.{n}") for n in range(3)]
            tell(product, *said, externalConversationId=f"c{turn % 4}")
        connections.close_all()

    def visit() -> None:
        while not writing.is_set():
            visits.visit_due_conversations()
        connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        visitors = [pool.submit(visit) for _ in range(2)]
        for each in [pool.submit(write, writer) for writer in range(4)]:
            each.result()
        writing.set()
        for each in visitors:
            each.result()
    visit_all()
    assert Conversation.objects.count() == 4
    for conversation in Conversation.objects.all():
        assert searchable(conversation) == list(conversation.messages.order_by("position").values_list("id", flat=True))
        assert conversation.message_count == 2 * 5 * 3
        assert counted(conversation) == (conversation.message_count * HELLO, conversation.last_position)


@pytest.mark.django_db(transaction=True)
def test_it_counts_once_however_often_the_worker_is_killed(product: Product) -> None:
    conversations, messages = 40, 120
    for sent in (messages, 2 * messages, 3 * messages):
        for number in range(conversations):
            tell(product, *["Hello"] * messages, externalConversationId=f"c{number}")
        with worker() as process:
            # Killed after its first batch, and most likely during the next.
            some = Conversation.objects.filter(counted_position=sent)
            wait_until(some.exists)
            # Whoever sends or reads comes first.
            assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    visit_all()
    assert [counted(each) for each in Conversation.objects.all()] == [(sent * HELLO, sent)] * conversations
    assert {len(set(searchable(each))) for each in Conversation.objects.all()} == {sent}
