"""The sentence in which something was found."""

import pytest

from conversations.folding import fold
from conversations.snippets import snippet


def marked(text: str, *terms: str) -> str:
    """The snippet with what was found in square brackets."""
    parts = snippet(text, [fold(term) for term in terms])
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in parts)


@pytest.mark.parametrize(
    ("text", "terms", "shown"),
    [
        ("I want a refund.", ["refund"], "I want a [refund]."),
        ("Hello. I want a refund! Now.", ["refund"], "I want a [refund]!"),
        ("One.\nTwo refunds\nThree.", ["REFUND"], "Two [refund]s"),
        ("Version 2.5 is out.", ["2.5"], "Version [2.5] is out."),
        ("A  refund\n\n of  the refund", ["a refund", "of"], "[A refund]"),
        ("no refund, no order, no refund", ["refund", "order"], "no [refund], no [order], no [refund]"),
        ("你好。我想退款，谢谢！再见", ["退款"], "我想[退款]，谢谢！"),
        ("Un cafe\u0301 et un Café", ["café"], "Un [café] et un [Café]"),
        ("Die Straße ist lang", ["strasse"], "Die [Straße] ist lang"),
        ("straße", ["s"], "[s]tra[ß]e"),
        ("I ❤️ it, really", ["❤"], "I [❤️] it, really"),
        ("فين الطَّلَب؟", ["الطلب"], "فين [الطَّلَب]؟"),
        ("<b>bold</b> & more", ["<b>"], "[<b>]bold</b> & more"),
        ("nothing of it", ["refund"], ""),
    ],
)
def test_it_marks_what_was_found_in_its_sentence(text: str, terms: list[str], shown: str) -> None:
    assert marked(text, *terms) == shown


def test_it_cuts_a_long_sentence_at_words() -> None:
    shown = marked(f"{'before ' * 50}needle {'after ' * 50}", "needle")
    before, after = shown.removeprefix("…").split("[needle]")
    assert shown.startswith("…")
    assert set(before.split()) == {"before"}
    assert set(after.split()) == {"after"}
    assert len(shown) < 220


def test_it_cuts_what_has_no_words() -> None:
    shown = marked("字" * 500 + "針" + "字" * 500, "針")
    assert len(shown) < 220
    assert "[針]" in shown
