"""POST /messages: what does not validate is a 400 that names the field, and what does is stored as it was sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Message
from products.actions import create_api_key
from products.models import Member, Product
from tests.conftest import Api
from tests.conversations.bodies import known, saying

TOOL = {"messageType": "tool_call", "toolName": "search"}
USER = {"role": "user"}


def nested(depth: int) -> Any:
    """`depth` objects in each other."""
    value: Any = 1
    for _ in range(depth):
        value = {"in": value}
    return value


# One row: the message (or None), the other fields, and the path that the error names.
WRONG_MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"content": "x"}, ""),
    ({"role": "user", "messageType": "user_message"}, ""),
    ({"role": "tool"}, ".role"),
    ({"role": 1}, ".role"),
    ({"messageType": "shout"}, ".messageType"),
    ({"messageType": "tool_call"}, ""),
    ({**TOOL, "toolName": ""}, ".toolName"),
    ({**TOOL, "toolName": "x" * 256}, ".toolName"),
    ({**USER, "content": 5}, ".content"),
    ({**USER, "content": "x" * 1_000_001}, ".content"),
    ({**USER, "externalMessageId": ""}, ".externalMessageId"),
    ({**USER, "externalMessageId": "x" * 256}, ".externalMessageId"),
    ({**USER, "externalMessageId": "a\nb"}, ".externalMessageId"),
    ({**USER, "externalMessageId": "a\n"}, ".externalMessageId"),
    ({**USER, "externalMessageId": "a\x85"}, ".externalMessageId"),
    ({**USER, "parentMessageId": "no-uuid"}, ".parentMessageId"),
    ({**USER, "externalMessageId": "a", "parentExternalMessageId": "a"}, ""),
    ({**USER, "parentMessageId": "018f4b6e-0000-7000-8000-000000000000", "parentExternalMessageId": "a"}, ""),
    ({**USER, "properties": []}, ".properties"),
    ({**USER, "properties": {str(n): n for n in range(101)}}, ".properties"),
    ({**USER, "properties": {"x" * 201: 1}}, ".properties"),
    ({**USER, "properties": nested(33)}, ".properties"),
    ({**USER, "input": nested(33)}, ".input"),
    ({**USER, "output": nested(33)}, ".output"),
    ({**USER, "voice": {"asrConfidence": 1.1}}, ".voice.asrConfidence"),
    ({**USER, "voice": {"durationMs": -1}}, ".voice.durationMs"),
    ({**USER, "content": "a\0b"}, ".content"),
    ({**USER, "input": {"a": ["b", "c\0"]}}, ".input.a[1]"),
    ({**USER, "createdAt": "yesterday"}, ".createdAt"),
    ({**USER, "createdAt": ""}, ".createdAt"),
    ({**USER, "createdAt": "1969-12-31T23:59:59Z"}, ".createdAt"),
    ({**USER, "createdAt": "0001-01-01T00:00:00+14:00"}, ".createdAt"),
    ({**USER, "createdAt": "9999-12-31T23:59:59-14:00"}, ".createdAt"),
    ({**USER, "createdAt": "2025-02-30"}, ".createdAt"),
    ({**USER, "createdAt": 1_700_000_000}, ".createdAt"),
]
WRONG_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"externalUserId": ""}, "$.externalUserId"),
    ({"externalUserId": None}, "$.externalUserId"),
    ({"externalUserId": "a\0"}, "$.externalUserId"),
    ({"messages": []}, "$.messages"),
    ({"messages": None}, "$.messages"),
    ({"messages": {}}, "$.messages"),
    ({"messages": ["hello"]}, "$.messages[0]"),
    ({"messages": [USER] * 1_001}, "$.messages"),
    ({"productId": "x"}, "$.productId"),
    ({"productId": None}, "$"),
    ({"conversationId": "{}"}, "$.conversationId"),
    ({"externalConversationId": ""}, "$.externalConversationId"),
    ({"externalConversationId": "c1\n"}, "$.externalConversationId"),
    ({"externalOrganizationId": "a\tb"}, "$.externalOrganizationId"),
    ({"model": "x" * 256}, "$.model"),
    ({"sampleRate": 1.5}, "$.sampleRate"),
    ({"forceSample": "yes"}, "$.forceSample"),
    ({"properties": {"a\0": 1}}, "$.properties"),
    ({"properties": nested(33)}, "$.properties"),
    ({"voiceCall": {"platform": "pigeon"}}, "$.voiceCall.platform"),
    ({"voiceCall": {"structuredOutputs": nested(33)}}, "$.voiceCall.structuredOutputs"),
    ({"systemPrompt": {"content": "x", "components": [{"content": "y"}]}}, "$.systemPrompt"),
    ({"systemPrompt": {"content": "a\0"}}, "$.systemPrompt.content"),
]


def assert_refused(response: Any, path: str) -> None:
    body = response.json()
    assert response.status_code == 400, body
    assert body.keys() == {"success", "error", "code", "path", "requestId"}
    assert body["success"] is False
    assert body["path"] == path
    assert body["error"][0].isupper()
    assert body["error"].endswith(".")
    assert response["X-Request-Id"] == body["requestId"]
    assert not Message.objects.exists()


@pytest.mark.parametrize(("message", "path"), WRONG_MESSAGES, ids=range(len(WRONG_MESSAGES)))
def test_it_refuses_a_message_and_names_the_field(
    message: dict[str, Any], path: str, api: Api, product: Product
) -> None:
    assert_refused(api.post("messages", saying(product, "fine", message)), f"$.messages[1]{path}")


@pytest.mark.parametrize(("fields", "path"), WRONG_FIELDS, ids=range(len(WRONG_FIELDS)))
def test_it_refuses_a_request_and_names_the_field(
    fields: dict[str, Any], path: str, api: Api, product: Product
) -> None:
    assert_refused(api.post("messages", saying(product, **fields)), path)


def test_it_validates_a_duplicate_as_well(api: Api, product: Product) -> None:
    body = saying(product, known("a"), known("a", createdAt="yesterday"))
    assert_refused(api.post("messages", body), "$.messages[1].createdAt")


@pytest.mark.parametrize("length", [2, 3, 1_000])
def test_it_refuses_messages_that_are_each_others_parents(length: int, api: Api, product: Product) -> None:
    circle = [known(f"m{n}", parentExternalMessageId=f"m{(n + 1) % length}") for n in range(length)]
    assert_refused(api.post("messages", saying(product, *circle)), "$.messages[0]")


def test_it_takes_a_thousand_messages_each_the_child_of_the_next(api: Api, product: Product) -> None:
    chain = [known(f"m{n}", parentExternalMessageId=f"m{n + 1}") for n in range(1_000)]
    response = api.post("messages", saying(product, *chain))
    assert response.status_code == 201
    told = api.get(f"interactions/{response.json()['conversationId']}").json()["messages"]
    assert [message["parentMessageId"] for message in told[:-1]] == [message["id"] for message in told[1:]]


def test_it_tells_the_stranger_nothing_by_a_validation_error(stranger: Member, product: Product) -> None:
    api = Api(create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext)
    assert_refused(api.post("messages", saying(product, {"role": "tool"})), "$.messages[0].role")


def test_it_takes_what_just_fits(api: Api, product: Product) -> None:
    message = {
        "role": "user",
        "content": "x" * 1_000_000,
        "externalMessageId": "é" * 255,
        "properties": {f"{n:0200}": n for n in range(100)},
        "input": nested(32),
        "output": nested(32),
    }
    response = api.post("messages", saying(product, message, properties=nested(32)))
    assert response.status_code == 201, response.content
    told = api.get(f"interactions/{response.json()['conversationId']}").json()
    (stored,) = told["messages"]
    assert told["properties"] == stored["input"] == stored["output"] == nested(32)
    assert (stored["content"], stored["externalMessageId"]) == ("x" * 1_000_000, "é" * 255)
    assert Message.objects.get().properties == message["properties"]


def test_it_ignores_fields_it_does_not_know(api: Api, product: Product) -> None:
    message = {"role": "user", "content": "x", "workspace_id": "1", "position": 9, "id": "me", "__class__": "pk"}
    response = api.post("messages", saying(product, message, versionId="1", workspace="globex", tags=["a"]))
    assert response.status_code == 201
    stored = Message.objects.get()
    assert (stored.position, stored.workspace_id, stored.content) == (1, product.workspace_id, "x")


def test_it_takes_null_for_absent(api: Api, product: Product) -> None:
    names = (
        "messageType content context createdAt externalMessageId parentMessageId parentExternalMessageId toolName"
        " input output model properties voice"
    )
    message: dict[str, Any] = {"role": "user", **dict.fromkeys(names.split())}
    names = (
        "conversationId externalConversationId externalOrganizationId model properties sampleRate forceSample"
        " systemPrompt voiceCall"
    )
    fields = dict.fromkeys(names.split())
    response = api.post("messages", saying(product, message, **fields))
    assert response.status_code == 201, response.content
    assert "externalMessageId" not in response.json()["messages"][0]
    stored = Message.objects.get()
    assert (stored.content, stored.input, stored.output, stored.properties, stored.voice) == (None,) * 5


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2025-01-31", "2025-01-31T00:00:00Z"),
        ("2025-01-31T09:30:00", "2025-01-31T09:30:00Z"),
        ("2025-01-31 09:30", "2025-01-31T09:30:00Z"),
        ("2025-01-31T09:30:00Z", "2025-01-31T09:30:00Z"),
        ("2025-01-31T09:30:00.123456Z", "2025-01-31T09:30:00.123456Z"),
        ("2025-01-31T09:30:00.123456789Z", "2025-01-31T09:30:00.123456Z"),
        ("2025-01-31T09:30:00+05:30", "2025-01-31T04:00:00Z"),
        ("2025-01-31T23:30:00-0130", "2025-02-01T01:00:00Z"),
        ("1970-01-01", "1970-01-01T00:00:00Z"),
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
    ],
)
def test_it_reads_times(sent: str, stored: str, api: Api, product: Product) -> None:
    response = api.post("messages", saying(product, {**USER, "createdAt": sent}))
    told = api.get(f"interactions/{response.json()['conversationId']}").json()
    assert told["messages"][0]["timestamp"] == told["lastMessageAt"] == stored


def test_it_takes_times_up_to_a_day_ahead(api: Api, product: Product) -> None:
    for hours, status in ((23, 201), (25, 400)):
        ahead = (timezone.now() + timedelta(hours=hours)).isoformat()
        assert api.post("messages", saying(product, {**USER, "createdAt": ahead})).status_code == status


def test_it_orders_by_time_then_arrival(api: Api, product: Product) -> None:
    noon = datetime(2025, 1, 31, 12, tzinfo=UTC).isoformat()
    said = [(noon, "1"), ("2025-01-31T11:00:00Z", "0"), (noon, "2"), ("2025-01-31T13:00:00+01:00", "3"), (None, "4")]
    for at, content in said:
        message = {**USER, "content": content, "createdAt": at}
        response = api.post("messages", saying(product, message, externalConversationId="c1"))
    untimed = api.post("messages", saying(product, "5", "6", externalConversationId="c1"))
    assert untimed.status_code == 201
    told = api.get(f"interactions/{response.json()['conversationId']}").json()["messages"]
    assert [message["content"] for message in told] == list("0123456")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "\u202emirrored\u202c שלום مرحبا",
        "e" + "\u0301" * 10_000,
        "a\u2028b\u2029c",
        "%s %(workspace)s %% {0.__class__} {{ settings.SECRET_KEY }} ${jndi}",
        """'"`;-- drop table message; \\ \\u0000 \\0""",
        "\x1b[31mred\x07\x7f\r\n",
        "<script>alert(1)</script>",
        "\ufeff\ufffe\uffff\U0010ffff",
    ],
    ids=range(11),
)
def test_it_gives_back_what_it_was_given(text: str, api: Api, product: Product) -> None:
    value = {text: [text, {"__proto__": text}], "number": [0, -1, 1.5, 2**53, True, None]}
    message = {**TOOL, "content": text, "context": text, "input": value, "output": text, "properties": {"p": value}}
    response = api.post("messages", saying(product, message, properties={"p": value}))
    assert response.status_code == 201, response.content
    told = api.get(f"interactions/{response.json()['conversationId']}").json()
    (shown,) = told["messages"]
    assert (shown["content"], shown["input"], shown["output"]) == (text, value, text)
    assert told["properties"] == {"p": value}
    stored = Message.objects.get()
    assert (stored.context, stored.properties) == (text, {"p": value})


@pytest.mark.parametrize("name", ["%s", "{0.__class__}", "a'b\"c", "👩‍👧", "a/b?c=d&e#f", "..", " ", "null", "\u2028"])
def test_it_takes_any_visible_external_id(name: str, api: Api, product: Product) -> None:
    body = saying(product, known(name), externalConversationId=name, externalUserId=name, externalOrganizationId=name)
    first, again = api.post("messages", body), api.post("messages", body)
    assert (first.status_code, again.status_code) == (201, 200)
    told = api.get(f"interactions/{first.json()['conversationId']}").json()
    assert told["externalId"] == told["externalParticipantId"] == told["organizationExternalId"] == name
    assert told["messages"][0]["externalMessageId"] == name
