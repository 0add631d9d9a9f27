"""The official client, as its users have it, against the real server in two processes; answers are checked strictly."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from greenflash import AuthenticationError, DefaultAioHttpClient, Greenflash, NotFoundError
from greenflash.types import CreateMessageResponse, MessageItemParam

from conversations.models import Conversation, Message
from products.actions import create_api_key, create_product
from products.models import Member, Product
from products.models.api_key import generate_key
from tests.conftest import async_sdk, sdk
from tests.conversations.clients import CLIENTS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
HELLO: list[MessageItemParam] = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(server: str, api_key: str) -> Iterator[Greenflash]:
    """Acme's client."""
    with sdk(server, api_key) as client:
        yield client


def assert_exact(conversation: Conversation, count: int) -> None:
    """Counters and positions 1..n agree with the messages there are."""
    assert (conversation.message_count, conversation.last_position) == (count, count)
    positions = conversation.messages.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, count + 1))


def ids(answer: CreateMessageResponse) -> list[str]:
    return [message.message_id for message in answer.messages]


def test_it_takes_a_conversation_and_what_is_added_to_it(client: Greenflash, product: Product) -> None:
    hello: MessageItemParam = {"role": "user", "content": "Weather in Köln?", "external_message_id": "m1"}
    call: MessageItemParam = {
        "message_type": "tool_call", "tool_name": "weather", "input": {"city": "Köln"}, "external_message_id": "m2"
    }  # fmt: skip
    observed: MessageItemParam = {
        "message_type": "observation", "output": {"°C": 21.5}, "external_message_id": "m3",
        "parent_external_message_id": "m2",
    }  # fmt: skip
    common: dict[str, Any] = {
        "external_user_id": "ann",
        "product_id": str(product.id),
        "external_conversation_id": "c1",
    }
    first = client.messages.create(**common, messages=[hello, observed])
    # The call arrives after what it led to, with all of the history again.
    more = client.messages.create(**common, messages=[hello, observed, call])
    assert [message.status for message in first.messages] == ["created", "created"]
    assert [message.status for message in more.messages] == ["deduplicated", "deduplicated", "created"]
    assert ids(more)[:2] == ids(first)
    assert more.conversation_id == first.conversation_id
    detail = client.interactions.get(first.conversation_id)
    assert [(message.role, message.content) for message in detail.messages] == [
        ("user", "Weather in Köln?"), ("observation", '{"°C":21.5}'), ("tool_call", '{"city":"Köln"}')
    ]  # fmt: skip
    parents = [message.model_dump()["parentMessageId"] for message in detail.messages]
    assert parents == [None, ids(more)[2], None]
    assert_exact(Conversation.objects.get(), 3)


def test_it_finds_the_conversation_however_it_is_named(client: Greenflash, product: Product) -> None:
    begun = client.messages.create(
        external_user_id="ann", messages=HELLO, product_id=str(product.id), external_conversation_id="c1"
    ).conversation_id
    names: list[dict[str, Any]] = [
        {"conversation_id": begun},
        {"external_conversation_id": "c1"},
        {"external_conversation_id": "c1", "product_id": str(product.id)},
        {"conversation_id": begun, "product_id": str(product.id), "external_conversation_id": "c1"},
    ]
    for named in names:
        assert client.messages.create(external_user_id="ann", messages=HELLO, **named).conversation_id == begun
    alone = client.messages.create(external_user_id="ann", messages=HELLO, product_id=str(product.id))
    assert alone.conversation_id != begun
    assert_exact(Conversation.objects.get(id=begun), 5)


def test_it_reads_products_and_interactions(client: Greenflash, product: Product) -> None:
    for n in range(5):
        client.messages.create(external_user_id=f"user-{n}", messages=HELLO, product_id=str(product.id))
    assert [each.id for each in client.products.list()] == [str(product.id)]
    assert client.products.get(str(product.id)).name == "Helpbot"
    seen, page = [], client.interactions.with_raw_response.list(limit=2)
    while True:
        seen += [each.external_participant_id for each in page.parse()]
        following = re.search(r'offset=(\d+)>; rel="next"', page.headers["Link"])
        if following is None:
            break
        page = client.interactions.with_raw_response.list(limit=2, offset=int(following[1]))
    assert seen == [f"user-{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_it_serves_the_asynchronous_client(transport: str, server: str, api_key: str, product: Product) -> None:
    async def talk() -> None:
        http_client = DefaultAioHttpClient() if transport == "aiohttp" else None
        async with async_sdk(server, api_key, http_client=http_client) as client:
            answers = await asyncio.gather(
                *(
                    client.messages.create(
                        external_user_id="ann",
                        product_id=str(product.id),
                        external_conversation_id="c1",
                        messages=[{"role": "user", "content": str(n), "external_message_id": str(n)}],
                    )
                    for n in range(CLIENTS)
                )
            )
            (conversation_id,) = {answer.conversation_id for answer in answers}
            detail = await client.interactions.get(conversation_id)
            assert {message.content for message in detail.messages} == {str(n) for n in range(CLIENTS)}
            assert len(await client.interactions.list(product_id=str(product.id))) == 1

    asyncio.run(talk())
    assert_exact(Conversation.objects.get(), CLIENTS)


def test_it_tells_the_stranger_nothing(client: Greenflash, server: str, product: Product, stranger: Member) -> None:
    begun = client.messages.create(external_user_id="ann", messages=HELLO, product_id=str(product.id))
    key = create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext
    with sdk(server, key) as strangers:
        assert strangers.interactions.list() == []
        assert strangers.products.list() == []
        for look in (
            lambda: strangers.interactions.get(begun.conversation_id),
            lambda: strangers.products.get(str(product.id)),
            lambda: strangers.messages.create(
                external_user_id="eve", messages=HELLO, conversation_id=begun.conversation_id
            ),
        ):
            with pytest.raises(NotFoundError):
                look()
    with sdk(server, generate_key()) as nobody, pytest.raises(AuthenticationError) as refusal:
        nobody.products.list()
    assert refusal.value.status_code == 401
    assert_exact(Conversation.objects.get(), 1)


def test_it_begins_one_conversation_for_fifty_clients(client: Greenflash, product: Product) -> None:
    def begin(number: int) -> CreateMessageResponse:
        return client.messages.create(
            external_user_id=f"user-{number % 3}",
            external_organization_id=f"organization-{number % 2}",
            product_id=str(product.id),
            external_conversation_id="c1",
            messages=[
                {"role": "user", "content": "shared", "external_message_id": "shared"},
                {"role": "assistant", "content": f"own {number}", "external_message_id": f"own {number}"},
                {"message_type": "tool_call", "tool_name": "search"},
            ],
        )

    answers = at_once(begin)
    assert len({answer.conversation_id for answer in answers}) == 1
    assert len({answer.messages[0].message_id for answer in answers}) == 1
    assert [answer.messages[0].status for answer in answers].count("created") == 1
    assert all(message.status == "created" for answer in answers for message in answer.messages[1:])
    conversation = Conversation.objects.get()
    assert conversation.tool_call_count == CLIENTS
    assert_exact(conversation, 1 + 2 * CLIENTS)
    stored = {str(id) for id in Message.objects.values_list("id", flat=True)}
    assert stored == {id for answer in answers for id in ids(answer)}


def test_it_stores_one_of_fifty_same_messages(client: Greenflash, product: Product) -> None:
    said: list[MessageItemParam] = [
        {"role": "user", "content": "Hello", "external_message_id": f"m{n}"} for n in range(10)
    ]

    def send(number: int) -> CreateMessageResponse:
        # Each in another order, so that writers who waited for each other would do so in a circle.
        return client.messages.create(
            external_user_id="ann",
            product_id=str(product.id),
            external_conversation_id="c1",
            messages=said[number % 10 :] + said[: number % 10],
        )

    answers = at_once(send)
    assert len({tuple(sorted((m.external_message_id or "", m.message_id) for m in a.messages)) for a in answers}) == 1
    assert sum(message.status == "created" for answer in answers for message in answer.messages) == 10
    assert_exact(Conversation.objects.get(), 10)


def test_it_counts_three_hundred_appends_of_a_hundred_writers(client: Greenflash, product: Product) -> None:
    def append(number: int) -> list[str]:
        return [
            id
            for turn in range(3)
            for id in ids(
                client.messages.create(
                    external_user_id="ann",
                    product_id=str(product.id),
                    external_conversation_id="c1",
                    messages=[{"role": "user", "content": f"{number}.{turn}"}],
                )
            )
        ]

    told = [id for answers in at_once(append, clients=100) for id in answers]
    conversation = Conversation.objects.get()
    assert_exact(conversation, 300)
    assert len(set(told)) == 300
    for number in range(100):
        mine = conversation.messages.filter(content__startswith=f"{number}.").order_by("position")
        assert [message.content for message in mine] == [f"{number}.{turn}" for turn in range(3)]


def test_it_keeps_conversations_of_many_products_apart(client: Greenflash, product: Product, owner: Member) -> None:
    products = [create_product(owner, name=f"Bot {n}") for n in range(CLIENTS)]

    def send(number: int) -> str:
        return client.messages.create(
            external_user_id="ann",
            external_organization_id="acme",
            product_id=str(products[number].id),
            external_conversation_id="c1",
            messages=HELLO,
        ).conversation_id

    told = at_once(send)
    assert len(set(told)) == CLIENTS
    stored = Conversation.objects.values_list(
        "id", "product_id", "participant__external_id", "organization__external_id"
    )
    assert sorted(stored) == sorted(
        (conversation.id, each.id, "ann", "acme")
        for each, conversation in ((each, Conversation.objects.get(product=each)) for each in products)
    )
