"""The names of models: one canonical id for the ways they are written, and whose they are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

# What a name begins with, whose it is, and the family it belongs to.
FAMILIES = [
    ("gpt-", "openai", "GPT"),
    ("chatgpt-", "openai", "GPT"),
    ("text-embedding-", "openai", "Embeddings"),
    ("whisper", "openai", "Whisper"),
    ("claude-", "anthropic", "Claude"),
    ("gemini-", "google", "Gemini"),
    ("gemma-", "google", "Gemma"),
    ("llama-", "meta", "Llama"),
    ("mistral-", "mistral", "Mistral"),
    ("mixtral-", "mistral", "Mixtral"),
    ("codestral-", "mistral", "Codestral"),
    ("command-", "cohere", "Command"),
    ("deepseek-", "deepseek", "DeepSeek"),
    ("grok-", "xai", "Grok"),
    ("qwen", "alibaba", "Qwen"),
    ("nova-", "amazon", "Nova"),
    ("phi-", "microsoft", "Phi"),
]
REASONING = re.compile(r"o\d(-|$)")  # OpenAI's o1, o3-mini, o4-mini
# Written in front of a name by gateways; the name alone says whose it is.
GATEWAYS = {
    "openai",
    "anthropic",
    "google",
    "meta",
    "mistral",
    "mistralai",
    "cohere",
    "deepseek",
    "xai",
    "x-ai",
    "models",
}
CUSTOM = "custom"
CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class ModelName:
    """What a model is known by; `provider` is "custom" and `family` empty where the name tells nothing."""

    canonical_id: str
    display_name: str
    provider: str
    family: str


_known: set[tuple[UUID, str]] = set()


def unknown_models(workspace_id: UUID, written: Iterable[str | None]) -> list[ModelName]:
    """The models among the names in a request that this process has not seen stored in the workspace.

    Always in one order: two requests that store the same ones must not wait for each other in a circle.
    """
    names = {model_name(each) for each in set(written) if each}
    new = [name for name in names if (workspace_id, name.canonical_id) not in _known]
    return sorted(new, key=lambda name: name.canonical_id)


def learn_models(workspace_id: UUID, names: Iterable[ModelName]) -> None:
    """Remember that these are stored."""
    if len(_known) >= CACHE_SIZE:
        _known.clear()
    _known.update((workspace_id, name.canonical_id) for name in names)


@lru_cache(maxsize=1_000)
def model_name(written: str) -> ModelName:
    """The model that is meant by `written`: "openai/GPT-4o" and "gpt-4o" are one."""
    name = written.strip()
    prefix, _, rest = name.partition("/")
    if rest and prefix.lower() in GATEWAYS:
        name = rest
    canonical_id = name.lower() or written
    for beginning, provider, family in FAMILIES:
        if canonical_id.startswith(beginning):
            return ModelName(canonical_id, name, provider, family)
    if REASONING.match(canonical_id):
        return ModelName(canonical_id, name, "openai", "o-series")
    return ModelName(canonical_id, name or written, CUSTOM, "")
