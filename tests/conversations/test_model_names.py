"""Models: however a name is written, one model, made on first mention."""

import pytest

from conversations.ingest.model_names import model_name
from conversations.models import Conversation, Message, Model
from products.models import Product
from tests.conftest import Api
from tests.conversations.bodies import saying


@pytest.mark.parametrize(
    ("written", "canonical_id", "provider", "family"),
    [
        ("gpt-4o", "gpt-4o", "openai", "GPT"),
        ("openai/GPT-4o", "gpt-4o", "openai", "GPT"),
        ("o3-mini", "o3-mini", "openai", "o-series"),
        ("Claude-Sonnet-4-5", "claude-sonnet-4-5", "anthropic", "Claude"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro", "google", "Gemini"),
        ("meta-llama/llama-3-70b", "meta-llama/llama-3-70b", "custom", ""),
        ("our own", "our own", "custom", ""),
        ("openai/", "openai/", "custom", ""),
        (" ", " ", "custom", ""),
    ],
)
def test_it_knows_a_model_by_its_name(written: str, canonical_id: str, provider: str, family: str) -> None:
    name = model_name(written)
    assert (name.canonical_id, name.provider, name.family) == (canonical_id, provider, family)


def test_it_stores_a_model_once(api: Api, product: Product) -> None:
    said = {"role": "assistant", "content": "Hi", "model": "openai/gpt-4o"}
    for written in ("gpt-4o", "OpenAI/GPT-4o", "GPT-4O"):
        assert api.post("messages", saying(product, said, model=written)).status_code == 201
    assert Model.objects.get().canonical_id == "gpt-4o"
    assert set(Conversation.objects.values_list("model", flat=True)) == {"gpt-4o"}
    assert set(Message.objects.values_list("model", flat=True)) == {"gpt-4o"}


def test_it_stores_no_model_of_a_request_that_is_refused(api: Api) -> None:
    assert api.post("messages", saying(None, externalConversationId="c1", model="gpt-4o")).status_code == 400
    assert Model.objects.count() == 0
