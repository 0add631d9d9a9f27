"""POST /messages: what is stored, which conversation it goes to, and what is answered (Decisions 1, 5 and 6)."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from conversations.models import Conversation, Message, Organization, Participant
from greenflash_site.api import auth
from products.actions import create_product
from products.models import Member, Product
from products.models.ids import new_id
from tests.conftest import Api
from tests.conversations.bodies import known, saying
from tests.conversations.round_trips import executed, rows_read


@pytest.fixture
def copilot(owner: Member) -> Product:
    """Acme's other product."""
    return create_product(owner, name="Copilot")


def statuses(response: Any) -> list[str]:
    return [message["status"] for message in response.json()["messages"]]


def ids(response: Any) -> list[str]:
    return [message["messageId"] for message in response.json()["messages"]]


def without_request_id(response: Any) -> tuple[int, dict[str, Any]]:
    body = response.json()
    del body["requestId"]
    return response.status_code, body


def test_it_stores_a_conversation(api: Api, product: Product) -> None:
    answer = {"role": "assistant", "content": "Hi", "model": "gpt-4o", "context": "page 3", "properties": {"a": 1}}
    response = api.post("messages", saying(product, "Hello", answer, externalConversationId="c1", model="gpt-4"))
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body.keys() == {
        "success", "conversationId", "messages", "systemPromptPromptId", "systemPromptComponentIds"
    }  # fmt: skip
    assert (body["success"], body["systemPromptPromptId"], body["systemPromptComponentIds"]) == (True, "", [])
    assert [message.keys() for message in body["messages"]] == [{"messageId", "messageType", "status"}] * 2
    conversation = Conversation.objects.get(id=body["conversationId"])
    assert (conversation.message_count, conversation.title, conversation.model) == (2, "Hello", "gpt-4")
    assert conversation.version_id == product.versions.get().id
    second = conversation.messages.get(position=2)
    assert (second.model, second.context, second.properties) == ("gpt-4o", "page 3", {"a": 1})


def test_it_answers_200_when_every_message_was_known(api: Api, product: Product) -> None:
    body = saying(product, known("a"), known("b"), externalConversationId="c1")
    first, again = api.post("messages", body), api.post("messages", body)
    assert (first.status_code, statuses(first)) == (201, ["created", "created"])
    assert (again.status_code, statuses(again)) == (200, ["deduplicated", "deduplicated"])
    assert ids(again) == ids(first)
    body["messages"].append(known("c"))
    more = api.post("messages", body)
    assert (more.status_code, statuses(more)) == (201, ["deduplicated", "deduplicated", "created"])
    assert Conversation.objects.get().message_count == Conversation.objects.get().last_position == 3


def test_it_keeps_the_first_of_two_messages_with_one_id_in_a_request(api: Api, product: Product) -> None:
    response = api.post("messages", saying(product, known("a", "first"), known("b"), known("a", "second")))
    assert statuses(response) == ["created", "created", "deduplicated"]
    assert ids(response)[0] == ids(response)[2]
    stored = Message.objects.order_by("position").values_list("position", "content")
    assert list(stored) == [(1, "first"), (2, "Hello")]


def test_it_tells_the_stored_type_of_a_known_message(api: Api, product: Product) -> None:
    api.post("messages", saying(product, known("a"), externalConversationId="c1"))
    thought = {"messageType": "thought", "output": "Hm", "externalMessageId": "a"}
    response = api.post("messages", saying(product, thought, externalConversationId="c1"))
    assert response.json()["messages"][0]["messageType"] == "user_message"


def test_it_begins_a_conversation_each_time_with_a_product_alone(api: Api, product: Product) -> None:
    conversations = {api.post("messages", saying(product, known("a"))).json()["conversationId"] for _ in range(3)}
    assert len(conversations) == 3


def test_it_finds_a_conversation_by_either_of_its_ids(api: Api, product: Product) -> None:
    first = api.post("messages", saying(product, externalConversationId="chat/1 ü")).json()["conversationId"]
    for fields in ({"conversationId": first}, {"externalConversationId": "chat/1 ü"}):
        for named in (product, None):
            response = api.post("messages", saying(named, **fields))
            assert (response.status_code, response.json()["conversationId"]) == (201, first)
    assert Conversation.objects.get().message_count == 5


def test_it_keeps_external_ids_apart_by_product(api: Api, product: Product, copilot: Product) -> None:
    here = api.post("messages", saying(product, externalConversationId="c1")).json()["conversationId"]
    there = api.post("messages", saying(copilot, externalConversationId="c1")).json()["conversationId"]
    assert here != there
    several = api.post("messages", saying(None, externalConversationId="c1"))
    assert (several.status_code, several.json()["code"]) == (400, "conversation_ambiguous")
    none = api.post("messages", saying(None, externalConversationId="c2"))
    assert (none.status_code, none.json()["code"], none.json()["path"]) == (400, "product_required", "$.productId")


def test_it_refuses_a_conversation_with_somebody_elses_product_or_external_id(
    api: Api, product: Product, copilot: Product
) -> None:
    its_id = api.post("messages", saying(product, externalConversationId="c1")).json()["conversationId"]
    for body in (
        saying(copilot, conversationId=its_id),
        saying(None, conversationId=its_id, externalConversationId="c2"),
        saying(product, conversationId=its_id, externalConversationId="c2"),
    ):
        response = api.post("messages", body)
        assert (response.status_code, response.json()["code"]) == (400, "conversation_mismatch")
    assert Message.objects.count() == 1


def test_it_changes_nothing_by_a_request_it_refuses(api: Api, product: Product) -> None:
    sent = saying(product, externalConversationId="c1", model="gpt-4o", properties={"a": 1})
    conversation = Conversation.objects.get(id=api.post("messages", sent).json()["conversationId"])
    before = Conversation.objects.values().get()
    wrong = {
        "conversationId": str(conversation.id),
        "externalConversationId": "c2",
        "externalOrganizationId": "acme",
        "model": "other",
        "properties": {"a": None, "b": 2},
    }
    for user in ("user-1", "user-2"):
        response = api.post("messages", saying(None, **wrong, externalUserId=user))
        assert response.json()["code"] == "conversation_mismatch"
    assert Conversation.objects.values().get() == before
    assert Participant.objects.count() == 1
    assert not Organization.objects.exists()


def test_it_answers_the_stranger_as_if_nothing_were_there(api: Api, strangers: Api, product: Product) -> None:
    stored = api.post("messages", saying(product, known("a"), externalConversationId="c1")).json()
    conversation, message = stored["conversationId"], stored["messages"][0]["messageId"]
    own = create_product(Member.objects.get(person__email="charlie@globex.example"), name="Globex bot")
    parent = {"role": "user", "parentMessageId": message}
    no_parent = {"role": "user", "parentMessageId": str(new_id())}
    for theirs, absent in (
        (saying(product), saying(None, productId=str(new_id()))),
        (saying(None, conversationId=conversation), saying(None, conversationId=str(new_id()))),
        (saying(own, conversationId=conversation), saying(own, conversationId=str(new_id()))),
        (saying(own, parent), saying(own, no_parent)),
    ):
        answers = [without_request_id(strangers.post("messages", body)) for body in (theirs, absent)]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
    # The same external ids are free in another workspace.
    assert strangers.post("messages", saying(own, known("a"), externalConversationId="c1")).status_code == 201
    assert Conversation.objects.get(id=conversation).message_count == 1


def test_it_records_who_else_spoke_in_a_conversation(api: Api, product: Product) -> None:
    for user in ("ann", "ben", "ann"):
        api.post("messages", saying(product, externalConversationId="c1", externalUserId=user))
    conversation = Conversation.objects.select_related("participant").get()
    ben = Participant.objects.get(external_id="ben")
    assert conversation.participant.external_id == "ann"
    assert list(conversation.messages.in_order().values_list("participant_id", flat=True)) == [None, ben.id, None]


def test_it_moves_a_user_between_organizations(api: Api, product: Product) -> None:
    told = []
    for organization in (None, "acme", None, "globex"):
        fields = {} if organization is None else {"externalOrganizationId": organization}
        conversation = api.post("messages", saying(product, **fields)).json()["conversationId"]
        told.append(api.get(f"interactions/{conversation}").json()["organizationExternalId"])
    assert told == [None, "acme", "acme", "globex"]
    moved = Participant.objects.select_related("organization").get()
    assert moved.organization is not None
    assert moved.organization.external_id == "globex"


def test_it_merges_the_properties_of_a_conversation(api: Api, product: Product) -> None:
    for properties in ({"a": 1, "b": {"x": 1}, "gone": None}, {"b": {"y": None}, "c": [None]}, {"a": None}):
        response = api.post("messages", saying(product, externalConversationId="c1", properties=properties))
    told = api.get(f"interactions/{response.json()['conversationId']}").json()
    assert told["properties"] == {"b": {"y": None}, "c": [None]}


def test_its_table_holds_an_external_id_once_in_a_conversation(api: Api, product: Product) -> None:
    api.post("messages", saying(product, known("a"), externalConversationId="c1"))
    api.post("messages", saying(product, known("a"), externalConversationId="c2"))
    one, _ = Message.objects.all()
    one.id, one.position = new_id(), 2
    with pytest.raises(IntegrityError, match="message_external_unique"), transaction.atomic():
        one.save(force_insert=True)
    one.external_id = "b"
    one.save(force_insert=True)


def test_it_links_a_parent_that_arrives_after_its_child(api: Api, product: Product) -> None:
    observation = {"messageType": "observation", "output": 21, "parentExternalMessageId": "call"}
    call = {"messageType": "tool_call", "toolName": "weather", "input": {"city": "Köln"}, "externalMessageId": "call"}
    child = api.post("messages", saying(product, observation, externalConversationId="c1")).json()
    path = f"interactions/{child['conversationId']}"
    assert api.get(path).json()["messages"][0]["parentMessageId"] is None
    parent = api.post("messages", saying(product, call, externalConversationId="c1"))
    assert api.get(path).json()["messages"][0]["parentMessageId"] == ids(parent)[0]
    by_id = {"role": "user", "parentMessageId": ids(parent)[0]}
    api.post("messages", saying(product, by_id, externalConversationId="c1"))
    assert api.get(path).json()["messages"][-1]["parentMessageId"] == ids(parent)[0]


def test_it_names_the_parent_that_is_missing(api: Api, product: Product) -> None:
    first = api.post("messages", saying(product, externalConversationId="c1"))
    elsewhere = api.post("messages", saying(product))
    known_parent = {"role": "user", "parentMessageId": ids(first)[0]}
    for parent in (ids(elsewhere)[0], str(new_id())):
        wrong = {"role": "user", "parentMessageId": parent}
        response = api.post("messages", saying(product, known_parent, "x", wrong, externalConversationId="c1"))
        assert (response.status_code, response.json()["path"]) == (404, "$.messages[2].parentMessageId")
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_query_with_a_known_key(api: Api, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHE_SECONDS", 60)
    body = saying(product, known("a"), known("b"), externalConversationId="c1", externalOrganizationId="acme")
    api.post("messages", body)
    for messages in (body["messages"], [known(f"new-{n}") for n in range(1_000)]):
        with executed() as statements:
            assert api.post("messages", {**body, "messages": messages}).status_code in (200, 201)
        assert len(statements) == 1, statements


@pytest.mark.django_db(transaction=True)
def test_it_reads_no_more_rows_than_it_is_sent(api: Api, product: Product) -> None:
    """Whatever the tables hold, and though the plans were made when they held less."""
    tables = (Conversation, Message, Organization, Participant, Product)

    def send(n: int) -> None:
        conversation = {"externalConversationId": f"c{n % 200}", "externalUserId": f"u{n % 200}"}
        body = saying(product, *(known(f"{n}.{i}") for i in range(3)), **conversation, externalOrganizationId=f"o{n}")
        assert api.post("messages", body).status_code == 201

    for n in range(60):  # as many as it takes for PostgreSQL to look at them by itself
        send(n)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    for n in range(60, 200):
        send(n)
    before = rows_read(*tables)
    for n in range(200, 210):
        send(n)
    # Some 20 rows a request, each seen by a look-up, a lock and the foreign keys of others.
    assert rows_read(*tables) - before < 10 * 50
