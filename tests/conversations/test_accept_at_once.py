"""`accept` called from many threads at once: nobody waits for another in a circle, nothing is lost or counted twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import msgspec
import pytest
from django.db import connection, connections
from psycopg_pool import ConnectionPool

from conversations.ingest.accept import Accepted, accept
from conversations.ingest.contract import CreateMessages
from conversations.models import Conversation, Message, Organization, Participant
from greenflash_site.api.auth import Caller, caller_of
from products.actions import create_product
from products.models import Member, Product
from tests.conversations.bodies import Json, known, saying
from tests.conversations.round_trips import deadlocks

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 12
ROUNDS = 8


@pytest.fixture(autouse=True)
def _connection_for_each_thread(transactional_db: None) -> None:
    """Room in the pool for our threads, made once: a pool that is resized up and down grows each time."""
    connection.ensure_connection()
    pool = cast("ConnectionPool", connection.pool)  # type: ignore[attr-defined]
    if pool.max_size <= THREADS:
        pool.resize(THREADS + 1, THREADS + 1)
        pool.wait(timeout=20)


@pytest.fixture
def caller(product: Product) -> Caller:
    """Who may do everything in Acme."""
    return caller_of(product.workspace)


def at_once(caller: Caller, bodies: list[Json]) -> list[Accepted]:
    """What became of each body, all accepted at the same moment by threads of their own."""
    start = Barrier(len(bodies))

    def run(body: Json) -> Accepted:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            return accept(msgspec.convert(body, CreateMessages), caller=caller)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(run, bodies))


Share = Callable[[Product, int, int], Json]
# What the requests of one round have in common, each by round and number.
SHARES: dict[str, Share] = {
    "participant": lambda product, turn, _: saying(product, externalUserId=f"user-{turn}"),
    "organization": lambda product, turn, n: saying(
        product, externalUserId=f"user-{turn}.{n}", externalOrganizationId=f"organization-{turn}"
    ),
    "participant and organization": lambda product, turn, n: saying(
        product, externalUserId=f"user-{turn}", externalOrganizationId=f"organization-{turn}"
    ),
    "participants crosswise with organizations": lambda product, turn, n: saying(
        product, externalUserId=f"user-{turn}.{n % 4}", externalOrganizationId=f"organization-{turn}.{n % 3}"
    ),
    "conversation, participants and organizations": lambda product, turn, n: saying(
        product,
        known("shared"),
        known(f"own-{n}"),
        externalConversationId=f"c{turn}",
        externalUserId=f"user-{turn}.{n % 3}",
        externalOrganizationId=f"organization-{turn}.{n % 2}",
    ),
}


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
def test_it_loses_nothing_when_all_is_new(share: Share, caller: Caller, product: Product) -> None:
    before = deadlocks()
    for turn in range(ROUNDS):
        bodies = [share(product, turn, number) for number in range(THREADS)]
        answers = at_once(caller, bodies)
        for body, accepted in zip(bodies, answers, strict=True):
            conversation = Conversation.objects.get(id=accepted.answer.conversation_id)
            stored = {str(message.id) for message in conversation.messages.all()}
            assert stored >= {message.message_id for message in accepted.answer.messages}
            assert (conversation.organization_id is None) == ("externalOrganizationId" not in body)
    assert not Participant.objects.filter(organization=None).exists() or not Organization.objects.exists()
    for conversation in Conversation.objects.all():
        positions = sorted(conversation.messages.values_list("position", flat=True))
        assert positions == list(range(1, conversation.message_count + 1))
    assert deadlocks() == before


def test_it_lets_users_change_organizations_at_once(caller: Caller, product: Product) -> None:
    sent: Counter[str] = Counter()
    for turn in range(ROUNDS):
        bodies = [
            saying(product, externalUserId=f"user-{(n + turn) % 3}", externalOrganizationId=f"organization-{n % 4}")
            for n in range(THREADS)
        ]
        at_once(caller, bodies)
        sent.update(body["externalUserId"] for body in bodies)
    told = Conversation.objects.values_list("participant__external_id", flat=True)
    assert Counter(told) == sent
    assert Participant.objects.count() == 3
    assert Organization.objects.count() == 4
    assert not Participant.objects.filter(organization=None).exists()


def test_it_adds_different_messages_in_different_orders(caller: Caller, product: Product) -> None:
    for turn in range(ROUNDS):
        said = [known(f"m{n}") for n in range(THREADS)]
        bodies = [
            saying(product, *said[n:], *said[:n], "untold", externalConversationId=f"c{turn}") for n in range(THREADS)
        ]
        answers = at_once(caller, bodies)
        ids = [
            {m.external_message_id: m.message_id for m in accepted.answer.messages if m.external_message_id}
            for accepted in answers
        ]
        assert all(each == ids[0] for each in ids)
        statuses = Counter(message.status for accepted in answers for message in accepted.answer.messages)
        assert statuses["created"] == THREADS + THREADS
        conversation = Conversation.objects.get(external_id=f"c{turn}")
        assert conversation.message_count == conversation.last_position == 2 * THREADS == conversation.messages.count()


def test_it_keeps_the_stranger_apart(caller: Caller, product: Product, stranger: Member) -> None:
    theirs = create_product(stranger, name="Globex bot")
    names = {"externalUserId": "u", "externalOrganizationId": "o", "externalConversationId": "c"}
    mine = saying(product, known("a"), **names)
    bodies = [saying(theirs, known("a"), **names)] * 4
    with ThreadPoolExecutor(1) as pool:
        foreign = pool.submit(at_once, caller_of(theirs.workspace), bodies)
        own = at_once(caller, [mine] * 4)
    told = [{accepted.answer.conversation_id for accepted in answers} for answers in (own, foreign.result())]
    assert [len(each) for each in told] == [1, 1]
    assert told[0] != told[1]
    workspaces = Message.objects.values_list("workspace_id", flat=True)
    assert Counter(workspaces) == {product.workspace_id: 1, theirs.workspace_id: 1}
