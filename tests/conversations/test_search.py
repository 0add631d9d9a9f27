"""Search against a plain look at everything that was said, in five scripts, by each of the ways it goes."""

import re
from unicodedata import combining, normalize

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import search, visits
from conversations.models import Conversation, Message, SearchRow, conversations_of
from conversations.rows import rows_of
from conversations.search import Search, waiting
from products.actions import create_product
from products.models import Member, Product
from tests.conftest import tell
from tests.conversations.test_visits import visit_all

# Few letters each, so that what is looked for is found, and is not, and almost.
SCRIPTS = {
    "latin": "abcdeé Éß.,-'12%_\\",
    "cyrillic": "абвгдеёй АБЁ.,12",
    "arabic": "ابتث أإآ \u064eُ\u064f،؟12",
    "cjk": "在庫退款订单プリ 。、12ab",
    "emoji": "😀😕👍🏽❤️👩\u200d💻 ok!",
}


def plain(text: str) -> str:
    """What a reader takes for the same, by another way than conversations/folding.py."""
    bare = "".join(letter for letter in normalize("NFKD", text) if not combining(letter) or letter in "\u3099\u309a")
    return re.sub(r"\s+", " ", normalize("NFC", re.sub("[\u200d\ufe0f]", "", bare.casefold()))).strip()


def found(text: str, product: Product) -> set[str | None]:
    """The external ids of the conversations of a product's workspace that a search finds."""
    asked = Search(text, product.workspace_id)
    conversations = conversations_of(product.workspace.products.all()).filter(asked.condition)
    return set(conversations.values_list("external_id", flat=True))


WAYS: dict[str, dict[str, int]] = {
    "as it likes": {},
    "by index": {"COMMON": 10**9},
    "one after the other": {"COMMON": 10**9, "MOST": 1},
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a text is taken for a common or a rare one; with so few conversations it would always be common."""
    for name, value in request.param.items():
        monkeypatch.setattr(search, name, value)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("alphabet", SCRIPTS.values(), ids=SCRIPTS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_finds_what_a_plain_look_finds(data: st.DataObject, alphabet: str, product: Product) -> None:
    texts = st.text(alphabet, max_size=25)
    told = data.draw(st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=6))
    with transaction.atomic():
        for number, messages in enumerate(told):
            tell(product, *messages, externalConversationId=f"c{number}")
        visit_all()
        for _ in range(6):
            source = data.draw(st.sampled_from([text for messages in told for text in messages]))
            begin = data.draw(st.integers(0, len(source)))
            piece = data.draw(st.sampled_from([source[begin : begin + 4], source[begin:]]) | texts)
            for asked, terms in ((f'"{piece}"', [plain(piece)]), (piece, plain(piece).split())):
                expected = {
                    f"c{number}"
                    for number, messages in enumerate(told)
                    if any(all(term in plain(text) for term in terms) for text in messages) or not any(terms)
                }
                assert found(asked, product) == expected, asked
        transaction.set_rollback(True)


@pytest.fixture
def library(product: Product) -> Product:
    """The helpbot, after some conversations that search knows of."""
    tell(product, "Where is my order #SW-48213?", "It left our warehouse.", externalConversationId="order")
    tell(product, "I want a refund for the broken printer.", "100% of it", externalConversationId="refund")
    tell(product, "プリンターの在庫はありますか？", "はい、あります。", externalConversationId="stock")
    tell(product, "The printer works.", "A REFUND was never my wish", externalConversationId="works")
    visit_all()
    return product


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("refund", {"refund", "works"}),
        ("Refund printer", {"refund"}),  # all words in one message
        ("printer refund", {"refund"}),
        ('"broken printer"', {"refund"}),
        ('"printer broken"', set()),
        ('"refund for" printer', {"refund"}),
        ("“broken printer”", {"refund"}),
        ('"broken printer', {"refund"}),
        ("efun", {"refund", "works"}),
        ("SW-48213", {"order"}),
        ("48213", {"order"}),
        ("在庫", {"stock"}),
        ("在", {"stock"}),
        ("庫在", set()),
        ("ﾌﾟﾘﾝﾀｰ", {"stock"}),
        ("%", {"refund"}),
        ("100%", {"refund"}),
        ("_", set()),
        ("\\", set()),
        ("r%d", set()),
        ("'", set()),
        ("'; drop table message; --", set()),
        ("zyxomorph", set()),
        ("order\x00", {"order"}),
        ("wish " * 500, {"works"}),
        ("w" * 10_000, set()),
        ("refund warehouse", set()),
        ("   ", {"order", "refund", "stock", "works"}),
        ('""', {"order", "refund", "stock", "works"}),
    ],
)
def test_it_understands(text: str, names: set[str], library: Product) -> None:
    assert found(text, library) == names


def test_it_keeps_to_its_workspace(library: Product, stranger: Member) -> None:
    theirs = create_product(stranger, name="Globex bot")
    tell(theirs, "A refund in 在庫 of Globex", externalConversationId="theirs")
    visit_all()
    assert found("refund", theirs) == found("在庫", theirs) == {"theirs"}
    assert found("refund", library) == {"refund", "works"}
    assert found("在庫", library) == {"stock"}


def test_it_finds_long_conversations_and_long_messages(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "MESSAGES", 7)
    long = tell(product, *[f"Line {number} of many, many words. " * 20 for number in range(60)])
    tell(product, "x" * 400_000 + " needle", externalConversationId="c")
    visit_all()
    rows = SearchRow.objects.filter(conversation=long)
    assert rows.count() > 60 / 7
    assert max(len(row.text) for row in rows) <= 6_100
    assert found("needle", product) == {"c"}
    row = rows_of(Conversation.objects.filter(id=long.id), product.workspace)[0]
    Search("line 59", product.workspace_id).mark([row])
    assert row.match is not None
    assert row.match.message_id == long.messages.get(position=60).id


def test_it_makes_each_message_searchable_once(product: Product) -> None:
    for text in ("First words", "Second words", "", "   ", "Third words"):
        conversation = tell(product, text, externalConversationId="c")
        visit_all()
    rows = SearchRow.objects.filter(conversation=conversation).order_by("position")
    assert [(row.position, row.text) for row in rows] == [(1, "first words"), (2, "second words"), (5, "third words")]
    conversation.refresh_from_db()
    assert conversation.indexed_position == conversation.last_position == 5


def test_it_indexes_what_was_counted_before_there_was_search(product: Product) -> None:
    conversation = tell(product, "Where is my order?")
    visit_all()
    conversation.refresh_from_db()
    counted = conversation.half_tokens
    SearchRow.objects.all().delete()
    Conversation.objects.update(indexed_position=0, search_due_at=conversation.created_at)
    visit_all()
    conversation.refresh_from_db()
    assert (conversation.half_tokens, conversation.indexed_position) == (counted, 1)
    assert SearchRow.objects.get().text == "where is my order?"


def test_it_forgets_what_is_deleted(library: Product) -> None:
    Conversation.objects.get(external_id="refund").delete()
    assert found("refund", library) == {"works"}
    assert SearchRow.objects.filter(text__contains="broken printer").count() == 0


def test_it_marks_the_first_message_that_matches(library: Product) -> None:
    names = dict(Conversation.objects.values_list("id", "external_id"))
    rows = rows_of(Conversation.objects.all(), library.workspace)
    Search("REFUND", library.workspace_id).mark(rows)
    matches = {names[row.id]: row.match for row in rows if row.match}
    assert {
        name: "".join(f"[{part.text}]" if part.is_match else part.text for part in match.parts)
        for name, match in matches.items()
    } == {"refund": "I want a [refund] for the broken printer.", "works": "A [REFUND] was never my wish"}
    assert Message.objects.get(id=matches["works"].message_id).content == "A REFUND was never my wish"


def test_it_says_how_many_are_not_found_yet(product: Product, stranger: Member) -> None:
    tell(create_product(stranger, name="Globex bot"), "Hello")
    for number in range(3):
        tell(product, "Hello", externalUserId=f"u{number}")
    assert waiting(product.workspace_id) == 0  # it may take seconds
    Conversation.objects.update(search_due_at="2026-01-01T00:00:00Z")
    assert waiting(product.workspace_id) == 3
    visit_all()
    assert waiting(product.workspace_id) == 0


def test_it_finds_without_pg_trgm(library: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("drop index search_row_text")
    monkeypatch.setattr(search, "COMMON", 10**9)
    assert found("efun", library) == {"refund", "works"}
    assert found("在庫", library) == {"stock"}
    tell(library, "One more refund", externalConversationId="more")
    visit_all()
    assert found("efun", library) == {"refund", "works", "more"}
