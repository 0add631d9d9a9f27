"""What search takes for the same."""

import sys

import pytest

from conversations.folding import fold, fold_characters
from conversations.search_rows import grams


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Ça\t VA\n ?  ", "ca va ?"),
        ("Straße ẞ", "strasse ss"),
        ("İstanbul ISPARTA ısparta", "istanbul isparta isparta"),
        ("Smørrebrød Łódź Œuvre", "smorrebrod lodz oeuvre"),
        ("e\u0301 and \u00e9", "e and e"),
        ("Ёлка й", "елка и"),
        ("ΟΔΥΣΣΕΥΣ ὀδυσσεύς", "οδυσσευσ οδυσσευσ"),
        ("مُحَمَّد أحمد آـــب", "محمد احمد اب"),
        ("שָׁלוֹם", "שלום"),
        ("が ガ ｶﾞ か", "が ガ カ\u3099 か"),
        ("한글 ﾊﾝ", "한글 ハン"),
        ("हिन्दी ภาษาไทย", "हिन्दी ภาษาไทย"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("❤️ 👩\u200d💻 👍🏽", "❤ 👩💻 👍🏽"),
        ("don’t “quote” a – b", 'don\'t "quote" a - b'),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\x1f\x00\x0bb", "a b"),
        (" \u3000\u00a0 ", ""),
    ],
)
def test_it_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_it_folds_what_is_folded_into_itself() -> None:
    once = [fold_characters(chr(code)) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert [text for text in once if fold_characters(text) != text] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("refund, order #42", set()),
        ("заказ الطلب", set()),
        ("在庫", {"在", "庫", "在庫"}),
        ("no 在 stock 😕😕", {"在", "😕", "😕😕"}),
    ],
)
def test_it_makes_grams_beyond_the_alphabets(text: str, found: set[str]) -> None:
    assert grams(text) == found
