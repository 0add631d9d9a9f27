"""A message's `systemPrompt`: stored once per wording, versioned, and told in the answer (Decisions 12 and 17)."""

from typing import Any

import pytest

from conversations.ingest import prompts
from conversations.ingest.tokens import count_tokens
from conversations.models import Component, Conversation, Prompt, PromptUse
from conversations.visits import visit_due_conversations
from products.actions import create_api_key, create_product
from products.models import Member, Product, Version
from products.models.ids import new_id
from tests.conftest import Api
from tests.conversations.bodies import saying


@pytest.fixture(autouse=True)
def _forget_prompts() -> None:
    """Prompts are remembered by the process; each test begins without."""
    prompts.forget_prompts()


def prompted(api: Api, product: Product | None, prompt: Any, **fields: Any) -> Any:
    return api.post("messages", saying(product, systemPrompt=prompt, **fields))


def test_it_stores_a_wording_once(api: Api, product: Product) -> None:
    first = prompted(api, product, "Be kind.").json()
    again = prompted(api, product, "Be kind.").json()
    as_content = prompted(api, product, {"content": "Be kind."}).json()
    as_component = prompted(api, product, {"components": [{"content": "Be kind.", "type": "system"}]}).json()
    stored = Prompt.objects.get()
    component = stored.components.get()
    for answer in (first, again, as_content, as_component):
        assert answer["systemPromptPromptId"] == str(stored.id)
        assert answer["systemPromptComponentIds"] == [str(component.id)]
        assert "promptVariables" not in answer
    assert (component.type, component.source, component.content) == ("system", "customer", "Be kind.")
    assert set(Conversation.objects.values_list("prompt_id", flat=True)) == {stored.id}


def test_it_makes_a_version_of_each_wording(api: Api, product: Product) -> None:
    def version_number(**fields: Any) -> int:
        answer = api.post("messages", saying(product, **fields)).json()
        return Conversation.objects.get(id=answer["conversationId"]).version.number

    assert version_number() == 1
    assert version_number(systemPrompt="Be kind.") == 2
    assert version_number(systemPrompt="Be brief.") == 3
    # Two wordings in turn stay two versions; a conversation without one begins under the newest.
    assert version_number(systemPrompt="Be kind.") == 2
    assert Version.objects.filter(product=product).count() == 3


def test_it_leaves_a_conversation_the_version_it_began_under(api: Api, product: Product) -> None:
    prompted(api, product, "Be kind.", externalConversationId="c1")
    prompted(api, product, "Be brief.", externalConversationId="c1")
    conversation = Conversation.objects.get()
    assert conversation.version.number == 2
    assert conversation.prompt is not None
    assert conversation.prompt.components.get().content == "Be brief."


def test_it_finds_the_product_of_a_conversation_that_is_named_alone(api: Api, product: Product) -> None:
    begun = prompted(api, product, "Be kind.", externalConversationId="c1").json()
    for named in ({"conversationId": begun["conversationId"]}, {"externalConversationId": "c1"}):
        answer = prompted(api, None, "Be kind.", **named).json()
        assert answer["systemPromptPromptId"] == begun["systemPromptPromptId"]
    assert Prompt.objects.count() == 1


def test_it_knows_a_prompt_by_its_ids(api: Api, product: Product) -> None:
    parts = [{"content": "Be {{mood}}."}, {"content": "Never guess.", "type": "guardrail", "name": "honesty"}]
    made = prompted(api, product, {"externalPromptId": "support", "components": parts}).json()
    assert len(made["systemPromptComponentIds"]) == 2
    for reference in (
        {"externalPromptId": "support"},
        {"externalTemplateId": "support"},
        {"promptId": made["systemPromptPromptId"]},
        {"promptId": made["systemPromptPromptId"], "components": parts},
    ):
        answer = prompted(api, product, reference).json()
        assert answer["systemPromptPromptId"] == made["systemPromptPromptId"], reference
        assert answer["systemPromptComponentIds"] == made["systemPromptComponentIds"]
    reworded = prompted(api, product, {"promptId": made["systemPromptPromptId"], "content": "Be quick."}).json()
    assert reworded["systemPromptPromptId"] != made["systemPromptPromptId"]
    assert Prompt.objects.get(id=reworded["systemPromptPromptId"]).external_id == "support"
    # The newest wording under the caller's id is the one it names.
    assert prompted(api, product, {"externalPromptId": "support"}).json() | {"conversationId": 0, "messages": 0} == (
        reworded | {"conversationId": 0, "messages": 0}
    )


def test_it_refuses_what_is_not_the_products(api: Api, product: Product, stranger: Member, owner: Member) -> None:
    theirs = create_product(stranger, name="Globex bot")
    key = create_api_key(stranger.workspace, acting_user=stranger.person, name="globex").plaintext
    foreign = prompted(Api(key), theirs, "Secret").json()
    elsewhere = prompted(api, create_product(owner, name="Copilot"), "Be kind.").json()
    before = Prompt.objects.count(), Conversation.objects.count()
    refused: list[tuple[Any, str]] = [
        ({"promptId": str(new_id())}, "$.systemPrompt.promptId"),
        ({"promptId": foreign["systemPromptPromptId"]}, "$.systemPrompt.promptId"),
        ({"promptId": elsewhere["systemPromptPromptId"]}, "$.systemPrompt.promptId"),
        ({"externalPromptId": "nobody's"}, "$.systemPrompt.externalPromptId"),
        (
            {"components": [{"content": "x", "componentId": foreign["systemPromptComponentIds"][0]}]},
            "$.systemPrompt.components[0].componentId",
        ),
    ]
    for prompt, path in refused:
        response = prompted(api, product, prompt)
        assert (response.status_code, response.json()["path"]) == (404, path), prompt
    assert prompted(api, product, {"variables": {"a": "b"}}).status_code == 400
    assert (Prompt.objects.count(), Conversation.objects.count()) == before


def test_it_keeps_no_prompt_of_a_request_that_is_refused(api: Api, product: Product) -> None:
    response = api.post("messages", saying(product, conversationId=str(new_id()), systemPrompt="Be kind."))
    assert response.status_code == 404
    assert Prompt.objects.count() == Component.objects.count() == 0
    assert Version.objects.filter(product=product).count() == 1


def test_it_takes_an_empty_prompt_for_none(api: Api, product: Product) -> None:
    answer = prompted(api, product, "").json()
    assert (answer["systemPromptPromptId"], answer["systemPromptComponentIds"]) == ("", [])


def test_it_counts_half_of_a_prompt_once_and_of_each_new_value(api: Api, product: Product) -> None:
    prompt, hello, paris, rome = (count_tokens(text) for text in ("Be kind.", "Hello", "Paris", "Rome"))
    expected = 0
    api.post("messages", saying(product, "Hello", externalConversationId="c1"))
    expected += 2 * hello
    # Half tokens: a message counts two for each of its tokens, a prompt and a value one.
    for city, new in (("Paris", prompt + paris), ("Paris", 0), ("Rome", rome), ("Paris", 0)):
        sent = {"content": "Be kind.", "variables": {"city": city}}
        answer = prompted(api, product, sent, externalConversationId="c1").json()
        expected += 2 * hello + new
        visit_due_conversations()
        conversation = Conversation.objects.get()
        assert conversation.half_tokens == expected
        assert answer["promptVariables"] == conversation.prompt_variables == {"city": city}
    assert PromptUse.objects.count() == 3
