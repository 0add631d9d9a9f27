"""What the command palette finds: pages, products, users, organizations and conversations that one may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from conversations.feeds import products_within, run
from conversations.filters import LONGEST_TEXT
from conversations.models import conversations_of
from conversations.people import ORGANIZATIONS, USERS, Kind, literal, named
from greenflash_site.http import MemberRequest
from products.models import ENVIRONMENTS, Product, Role
from products.models.ids import read_id

# Of each kind; who wants more searches in its list.
FOUND = 5
# Titles are looked for among so many of the newest: an index of them would be written with every message.
NEWEST = 2_000

CONVERSATIONS = """
(select c.id from conversation c
  where c.workspace_id = %(workspace)s and c.product_id = any(%(products)s) and c.external_id = %(text)s limit %(most)s)
union all
(select newest.id from (
   select c.id, c.title from conversation c where c.workspace_id = %(workspace)s and c.product_id = any(%(products)s)
    order by c.last_message_at desc, c.id desc limit %(newest)s) as newest
  where newest.title ilike %(beginning)s limit %(most)s)
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one can go; `about` says more, `key` is the letter that leads there after a "g"."""

    icon: str
    label: str
    url: str
    about: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Places of one kind."""

    name: str
    places: Sequence[Place]


# Name of the route, label, icon, the letter after "g" that leads there, who may.
PAGES = (
    ("home", "Home", "house", "h", Role.VIEWER),
    ("conversation-list", "Conversations", "message-square-text", "c", Role.VIEWER),
    ("user-list", "Users", "users", "u", Role.VIEWER),
    ("organization-list", "Organizations", "building-2", "o", Role.VIEWER),
    ("rating-list", "Ratings", "star", "r", Role.VIEWER),
    ("event-list", "Events", "zap", "e", Role.VIEWER),
    ("product-list", "Products", "package", "p", Role.VIEWER),
    ("product-new", "Create a product", "plus", "", Role.MEMBER),
    ("api-key-list", "API keys", "key-round", "k", Role.MEMBER),
    ("api-key-new", "Create an API key", "plus", "", Role.MEMBER),
    ("settings", "Settings", "settings", "s", Role.ADMIN),
    ("audit-log", "Audit log", "scroll-text", "", Role.ADMIN),
)


def found(request: MemberRequest, text: str) -> list[Group]:
    """What bears these words, by kind; without any, all pages."""
    text = text.replace("\0", "").strip()[:LONGEST_TEXT]
    groups = [Group(name="Pages", places=list(_pages(request, text)))]
    if text:
        products = products_within(request)
        groups += [
            Group(name="Products", places=list(_products(request, text))),
            Group(name="Users", places=list(_people(request, USERS, text, products))),
            Group(name="Organizations", places=list(_people(request, ORGANIZATIONS, text, products))),
            Group(name="Conversations", places=list(_conversations(request, text, products))),
        ]
    return [group for group in groups if group.places]


def _pages(request: MemberRequest, text: str) -> Iterator[Place]:
    for route, label, icon, key, role in PAGES:
        if request.member.has_role(role) and all(word in label.lower() for word in text.lower().split()):
            yield Place(icon=icon, label=label, url=_url(request, route), key=key)
    if text:
        url = f"{_url(request, 'conversation-list', q=text)}"
        yield Place(icon="search", label=f"Search what was said for “{text}”", url=url)


def _products(request: MemberRequest, text: str) -> Iterator[Place]:
    seen = request.products_seen
    meant = [each for each in seen if text.lower() in each.name.lower() or text.lower() == str(each.id)]
    for product in meant[:FOUND]:
        about = "Development" if product.is_development else ""
        yield Place(icon="package", label=product.name, about=about, url=_url(request, "product-detail", product.id))


def _people(request: MemberRequest, kind: Kind, text: str, products: Sequence[Product]) -> Iterator[Place]:
    route, icon = ("user-detail", "users") if kind is USERS else ("organization-detail", "building-2")
    for row in named(kind, text, workspace=request.workspace.id, products=products, most=FOUND):
        about = row.email or (row.external_id if row.name else "")
        yield Place(icon=icon, label=str(row), about=about, url=_url(request, route, row.id))


def _conversations(request: MemberRequest, text: str, products: Sequence[Product]) -> Iterator[Place]:
    """By their id or the caller's own, else those that begin so, among the newest."""
    values = {
        "workspace": request.workspace.id,
        "products": [product.id for product in products],
        "text": text,
        "beginning": f"{literal(text)}%",
        "newest": NEWEST,
        "most": FOUND,
    }
    found = [read_id(text), *(id for (id,) in run(CONVERSATIONS, values))]
    meant = conversations_of(products).filter(id__in=[id for id in found if id])
    for conversation in meant.select_related("participant", "product").newest_first()[:FOUND]:
        yield Place(
            icon="message-square-text",
            label=conversation.title or "Untitled conversation",
            about=f"{conversation.participant} · {conversation.product}",
            url=_url(request, "conversation-detail", conversation.id),
        )


def _url(request: MemberRequest, route: str, *ids: UUID, **query: str) -> str:
    """Where a page is, in the switch's environment."""
    if request.environment != ENVIRONMENTS[0]:
        query["environment"] = request.environment
    return reverse(route, args=[request.workspace.slug, *ids]) + (f"?{urlencode(query)}" if query else "")
