"""What people and models wrote, as HTML that is safe to show: markdown without HTML, cleaned by an allow-list."""

import nh3
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Markdown costs CPU by its length, and link brackets by the square of their number (50,000 of them 0.9 s); beyond
# these it is a document, or an attack, and shown as the text it is.
MAX_MARKDOWN = 50_000
MAX_BRACKETS = 1_000

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
# Of each link: it opens beside what one reads, and tells nobody where it stood.
LINK_REL = "nofollow noopener noreferrer"
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}

# Images would be fetched from elsewhere and tell that the page was read: they stay the text they were written as.
_markdown = (
    MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
)
# A link leads somewhere else by its full address: a relative one would lead to a page of ours.
_markdown.validateLink = lambda url: url.lower().startswith(("http://", "https://", "mailto:"))  # type: ignore[method-assign]
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=LINK_REL,
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def render_plain(text: str) -> SafeString:
    """`text` as paragraphs, with nothing in it understood."""
    return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped just now


def render_markdown(text: str) -> SafeString:
    """`text` as safe HTML; oversized text as plain text."""
    if len(text) > MAX_MARKDOWN or text.count("[") > MAX_BRACKETS:
        return render_plain(text)
    return mark_safe(_cleaner.clean(_markdown.render(text)))  # noqa: S308 - cleaned just now
