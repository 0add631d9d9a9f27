"""`accept` against a model of a few lines: any list of requests leaves the counters, order and answers it tells of."""

from dataclasses import dataclass, field

import msgspec
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.ingest.accept import accept
from conversations.ingest.contract import CreateMessages
from conversations.models import Conversation, Message
from greenflash_site.api.auth import Caller, caller_of
from products.actions import create_product
from products.models import Member, Product
from tests.conversations.bodies import Json

TIMES = [f"2025-01-31T09:30:0{second}Z" for second in range(3)]
MESSAGE = st.fixed_dictionaries(
    {"content": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)},
    optional={
        "externalMessageId": st.sampled_from(["a", "b", "c", "d"]),
        "createdAt": st.sampled_from(TIMES),
        "parentExternalMessageId": st.sampled_from(["x", "y"]),
        "input": st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["k", "%s", "__proto__"]), inner)
            ),
            max_leaves=5,
        ),
    },
)
SPOKEN = st.tuples(MESSAGE, st.sampled_from(["user_message", "tool_call", "thought"])).map(
    lambda drawn: {**drawn[0], "messageType": drawn[1], "toolName": "search"}
)
REQUEST = st.fixed_dictionaries(
    {"externalConversationId": st.sampled_from(["c1", "c2"]), "messages": st.lists(SPOKEN, min_size=1, max_size=6)}
)


@dataclass
class Said:
    """A conversation as it should be: messages in the order of their arrival, and known ids with their place."""

    messages: list[Json] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def add(self, message: Json) -> tuple[str, int]:
        """The status this message gets, and its place."""
        external_id = message.get("externalMessageId")
        if external_id in self.known:
            return "deduplicated", self.known[external_id]
        self.messages.append(message)
        if external_id is not None:
            self.known[external_id] = len(self.messages)
        return "created", len(self.messages)


@pytest.fixture
def caller(product: Product) -> Caller:
    """Who may do everything in Acme."""
    return caller_of(product.workspace)


@pytest.fixture
def bystander(stranger: Member) -> Conversation:
    """A conversation of Globex under the same names, which nothing may touch."""
    product = create_product(stranger, name="Globex bot")
    body = {
        "productId": str(product.id),
        "externalUserId": "ann",
        "externalConversationId": "c1",
        "messages": [{"role": "user", "content": "Hi", "externalMessageId": "a"}],
    }
    accepted = accept(msgspec.convert(body, CreateMessages), caller=caller_of(product.workspace))
    return Conversation.objects.get(id=accepted.answer.conversation_id)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(REQUEST, min_size=1, max_size=5))
def test_it_does_what_the_model_says(
    requests: list[Json], caller: Caller, product: Product, bystander: Conversation
) -> None:
    with transaction.atomic():
        check(requests, caller, product)
        again = Conversation.objects.get(id=bystander.id)
        assert (again.message_count, again.last_position) == (1, 1)
        transaction.set_rollback(True)


def check(requests: list[Json], caller: Caller, product: Product) -> None:
    """Send the requests, and compare answers and rows with the model."""
    model: dict[str, Said] = {}
    ids: dict[tuple[str, int], object] = {}
    for request in requests:
        name = request["externalConversationId"]
        said = model.setdefault(name, Said())
        body = {**request, "productId": str(product.id), "externalUserId": "ann"}
        accepted = accept(msgspec.convert(body, CreateMessages), caller=caller)
        expected = [said.add(message) for message in request["messages"]]
        assert [message.status for message in accepted.answer.messages] == [status for status, _ in expected]
        assert accepted.created == ("created" in {status for status, _ in expected})
        for message, (_, place) in zip(accepted.answer.messages, expected, strict=True):
            assert ids.setdefault((name, place), message.message_id) == message.message_id
    for name, said in model.items():
        conversation = Conversation.objects.get(workspace=product.workspace_id, external_id=name)
        assert conversation.message_count == conversation.last_position == len(said.messages)
        calls = [message for message in said.messages if message["messageType"] == "tool_call"]
        assert conversation.tool_call_count == len(calls)
        rows: list[Message] = list(conversation.messages.order_by("position"))
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        assert [(row.content, row.external_id, row.input) for row in rows] == [
            (message["content"], message.get("externalMessageId"), message.get("input")) for message in said.messages
        ]
        assert [row.id for row in rows] == [ids[name, row.position] for row in rows]
        assert conversation.first_message_at == min(row.created_at for row in rows)
        assert conversation.last_message_at == max(row.created_at for row in rows)
        # Told times first, being in the past, then those of arrival; each by position.
        order = sorted(rows, key=lambda row: (said.messages[row.position - 1].get("createdAt", "9"), row.position))
        assert list(conversation.messages.in_order()) == order
