"""Counts tokens with `o200k_base`, the encoding usage is counted in (Decision 12 of the contract).

13 µs for 300 characters; the table takes 65 MB, which the worker loads, and a web process at its first system prompt.
"""

from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Protocol, cast

from conversations.models import MessageType

COUNTED = frozenset(
    {
        MessageType.USER_MESSAGE.value,
        MessageType.ASSISTANT_MESSAGE.value,
        MessageType.SYSTEM_MESSAGE.value,
        MessageType.FINAL_RESPONSE.value,
    }
)


class Tokenizer(Protocol):
    """What we use of bpe-openai's Rust tokenizer."""

    def count(self, text: str, /) -> int: ...


@cache
def tokenizer() -> Tokenizer:
    """The one tokenizer of this process, loaded on first use (0.09 s)."""
    package = find_spec("bpe_openai")
    assert package is not None
    assert package.submodule_search_locations is not None
    # Past the package's own __init__, which unpacks every encoding it has in Python: 68 MB that we never use.
    spec = PathFinder.find_spec("_bindings", list(package.submodule_search_locations))
    assert spec is not None
    assert spec.loader is not None
    bindings = module_from_spec(spec)
    spec.loader.exec_module(bindings)
    return cast("Tokenizer", bindings.tokenizer_for_encoding("o200k_base"))


def count_tokens(text: str) -> int:
    """How many tokens `text` has."""
    return tokenizer().count(text)


def message_tokens(type: str, content: str | None) -> int:
    """What a message counts: its content in full if it was said, nothing for tool calls, thoughts and the rest."""
    return count_tokens(content) if content and type in COUNTED else 0
