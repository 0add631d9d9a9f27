"""`sampleRate` and `forceSample` of messages: a conversation is kept or dropped whole (Decision 11)."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db.models import Sum

from conversations.ingest.sampling import is_kept
from conversations.models import Conversation, Participant, SampledOut
from products.models import Product
from tests.conftest import Api
from tests.conversations.bodies import saying


def send(api: Api, product: Product | None, **fields: Any) -> Any:
    response = api.post("messages", saying(product, **fields))
    assert response.status_code in {200, 201}
    return response


def named(product: Product, *, kept: bool, rate: float = 0.5) -> str:
    """An external id that the rate keeps, or drops."""
    ids = (f"chat-{number}" for number in range(100))
    return next(id for id in ids if is_kept(rate, str(product.id), id) is kept)


def test_it_answers_and_stores_nothing(api: Api, product: Product) -> None:
    response = send(api, product, externalConversationId=named(product, kept=False), sampleRate=0.5)
    assert (response.status_code, response.json()) == (
        200,
        {
            "success": True,
            "sampledOut": True,
            "conversationId": "",
            "messages": [],
            "systemPromptPromptId": "",
            "systemPromptComponentIds": [],
        },
    )
    assert Conversation.objects.count() == Participant.objects.count() == 0
    assert SampledOut.objects.aggregate(all=Sum("messages"))["all"] == 1
    assert SampledOut.objects.get().product_id == product.id


def test_it_keeps_or_drops_a_conversation_whole(api: Api, product: Product) -> None:
    for _ in range(3):
        for kept in (True, False):
            answer = send(api, product, externalConversationId=named(product, kept=kept), sampleRate=0.5).json()
            assert ("sampledOut" not in answer) is kept
    assert Conversation.objects.get().message_count == 3


def test_it_keeps_what_is_forced_and_what_is_known_by_our_id(api: Api, product: Product) -> None:
    dropped = named(product, kept=False)
    forced = send(api, product, externalConversationId=dropped, sampleRate=0.5, forceSample=True)
    assert forced.status_code == 201
    assert send(api, None, conversationId=forced.json()["conversationId"], sampleRate=0).status_code == 201


def test_it_decides_without_the_product_as_with_it(api: Api, product: Product) -> None:
    dropped, kept = named(product, kept=False), named(product, kept=True)
    assert send(api, None, externalConversationId=dropped, sampleRate=0.5).json()["sampledOut"] is True
    response = api.post("messages", saying(None, externalConversationId=kept, sampleRate=0.5))
    assert (response.status_code, response.json()["code"]) == (400, "product_required")


@pytest.mark.parametrize(("rate", "expected"), [(0, [0]), (1, [40]), (None, [40]), (0.5, range(8, 33))])
def test_it_keeps_about_as_many_as_asked(
    rate: float | None, expected: Sequence[int], api: Api, product: Product
) -> None:
    fields = {} if rate is None else {"sampleRate": rate}
    for _ in range(40):
        send(api, product, **fields)
    assert Conversation.objects.count() in expected


@pytest.mark.parametrize("rate", [-0.1, 1.1, "0.5", True])
def test_it_refuses_what_is_no_rate(rate: Any, api: Api, product: Product) -> None:
    response = api.post("messages", saying(product, sampleRate=rate))
    assert (response.status_code, response.json()["path"]) == (400, "$.sampleRate")


def test_it_draws_evenly() -> None:
    kept = sum(is_kept(0.25, "product", str(number)) for number in range(4_000))
    assert 850 < kept < 1_150


def test_it_refuses_what_does_not_validate_whatever_the_rate(api: Api, product: Product) -> None:
    wrong: list[dict[str, Any]] = [{"properties": {"x" * 201: 1}}, {"systemPrompt": {}}]
    for fields in wrong:
        assert api.post("messages", saying(product, sampleRate=0, **fields)).status_code == 400
    late = {"role": "user", "createdAt": "yesterday"}
    assert api.post("messages", saying(product, late, sampleRate=0)).status_code == 400
