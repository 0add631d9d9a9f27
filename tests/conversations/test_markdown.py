"""Markdown of people and models: what is shown, and that nothing of it is ever run or fetched."""

from html.parser import HTMLParser

import pytest

from conversations.markdown import ATTRIBUTES, LINK_REL, MAX_BRACKETS, MAX_MARKDOWN, TAGS, render_markdown
from tests.conversations.hostile import FAMILIES


class Elements(HTMLParser):
    """The elements of a fragment as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("wrap", ["{}", "> {}", "- {}", "# {}", "**{}**", "a {} b\n\n{}"])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_makes_text_of_what_is_hostile(family: str, wrap: str) -> None:
    for payload in FAMILIES[family]:
        for tag, attributes in Elements(render_markdown(wrap.replace("{}", payload))).found:
            assert tag in TAGS
            assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel", "target"} if tag == "a" else set())
            assert tag != "a" or (attributes["rel"], attributes["target"]) == (LINK_REL, "_blank")
            target = (attributes.get("href") or "").strip().lower()
            assert not target or target.partition(":")[0] in {"http", "https", "mailto"}


@pytest.mark.parametrize("family", FAMILIES)
def test_it_makes_text_of_what_is_hostile_and_long(family: str) -> None:
    for payload in FAMILIES[family]:
        html = render_markdown(payload + "x" * MAX_MARKDOWN)
        assert {tag for tag, _ in Elements(html).found} <= {"p", "br"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("**bold** and *soft* and ~~gone~~", "<p><strong>bold</strong> and <em>soft</em> and <s>gone</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("```python\nx = 1\n```", "<pre><code>x = 1\n</code></pre>"),
        ("# Title", "<h1>Title</h1>"),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>'),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("---", "<hr>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
        ("<b>kept</b>", "<p>&lt;b&gt;kept&lt;/b&gt;</p>"),
        ("מה שלומך? 你好 👩‍👩‍👧", "<p>מה שלומך? 你好 👩‍👩‍👧</p>"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_it_renders_what_people_write(text: str, html: str) -> None:
    assert render_markdown(text).strip() == html


def test_it_renders_tables() -> None:
    tags = [tag for tag, _ in Elements(render_markdown("| a | b |\n|---|---|\n| 1 | 2 |")).found]
    assert tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]


def test_it_links_without_telling_where_from() -> None:
    [_, (_, attributes)] = Elements(render_markdown("[docs](https://docs.example/a?b=c&d)")).found
    assert attributes == {
        "href": "https://docs.example/a?b=c&d",
        "target": "_blank",
        "rel": "nofollow noopener noreferrer",
    }


@pytest.mark.parametrize("target", ["/acme/api-keys/", "//evil.example", "?a=b", "#x", "x", "tel:1", "ftp://x.example"])
def test_it_links_to_nothing_but_full_addresses(target: str) -> None:
    assert render_markdown(f"[x]({target})").strip() == f"<p>[x]({target})</p>"


def test_it_fetches_no_picture() -> None:
    assert "<img" not in render_markdown("![a cat](https://cats.example/cat.png)")
    assert "cats.example" in render_markdown("![a cat](https://cats.example/cat.png)")


@pytest.mark.parametrize("piece", ["[", "*a_", "> ", "- ", "`", "(", "![](", "<", "&", "|a", "\\", "[a](b", "_*", "~~"])
def test_it_survives_what_is_meant_to_take_long(piece: str) -> None:
    render_markdown(piece * (MAX_MARKDOWN // len(piece)))


def test_it_loses_no_word_of_a_long_text() -> None:
    text = "\n\n".join(f"line {number} <&>" for number in range(10_000))
    html = render_markdown(text)
    assert "line 9999 &lt;&amp;&gt;" in html


def test_it_makes_text_of_a_storm_of_brackets() -> None:
    assert render_markdown("[" * (MAX_BRACKETS + 1)) == f"<p>{'[' * (MAX_BRACKETS + 1)}</p>"
