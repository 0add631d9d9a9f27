"""`manage.py tour`: pictures of all pages, of the demo data of a running Greenflash, and docs/tour.md around them."""

from argparse import ArgumentParser
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from conversations.models import MessageType, Rating, conversations_of
from greenflash_site.demo.camera import Camera, camera_of, demo_member
from products.models import Member

FOLDER = Path(settings.BASE_DIR) / "docs"
WIDTH, HEIGHT = 1280, 800
PHONE = (390, 844)
QUALITY = 60
INTRODUCTION = """# A tour

Every page of Greenflash, of the demo data that `make demo` makes. `manage.py tour` takes the pictures and writes this
page; run it again when pages change.
"""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A page of the tour: what it is called, what to look at, where it is; `press` is a key that opens something."""

    name: str
    title: str
    text: str
    path: str
    press: str = ""
    is_dark: bool = False
    is_on_phone: bool = False


class Command(BaseCommand):
    help = "Take pictures of all pages, of `make demo` in the Greenflash that runs here, and write docs/tour.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to put them."""
        parser.add_argument("--to", type=Path, default=FOLDER, help="the folder of tour.md (docs)")

    def handle(self, *, to: Path, **_options: Any) -> None:
        """Go to each stop, look, and write down what there is to see."""
        member = demo_member()
        tour = list(stops(member))
        pictures = to / "images" / "tour"
        pictures.mkdir(parents=True, exist_ok=True)
        with camera_of(member) as camera:
            for each in tour:
                (pictures / f"{each.name}.webp").write_bytes(_picture(each, camera))
        (to / "tour.md").write_text(page(tour))
        size = sum(picture.stat().st_size for picture in pictures.glob("*.webp"))
        self.stdout.write(f"{len(tour)} pictures, {size / 1000:,.0f} KB: {to / 'tour.md'}")


def stops(member: Member) -> Iterator[Stop]:
    """All pages, in the order in which one would show them; CommandError where the demo has nothing to show."""
    products = list(member.visible_products().in_environment("production"))
    conversations = conversations_of(products)
    ids = {"workspace_id": member.workspace_id}
    rating = Rating.objects.filter(**ids, message_id__isnull=False, product__in=products).order_by("normalized").first()
    failed = conversations.filter(messages__type=MessageType.TOOL_ERROR, organization__isnull=False).first()
    if not products or rating is None or failed is None:
        raise CommandError("This demo has too little to show: make demo in another GREENFLASH_DATA.")

    def at(route: str, *named: object, query: str = "") -> str:
        return reverse(route, args=[member.workspace.slug, *named]) + query

    def stop(name: str, title: str, text: str, route: str, *named: object, query: str = "", **options: Any) -> Stop:
        return Stop(name=name, title=title, text=text, path=at(route, *named, query=query), **options)

    yield stop("home", "Home", "How things stand, by product, and what was said last.", "home")
    yield stop(
        "conversations", "Conversations", "What was said, narrowed by any of eleven filters.", "conversation-list"
    )
    yield stop(
        "search", "Search", "Words and parts of words, with the sentence.", "conversation-list", query="?q=refund"
    )
    yield stop("conversation", "A conversation", "Read like a chat.", "conversation-detail", failed.id)
    yield stop(
        "trace", "The same as a trace", "Calls with what came of them.", "conversation-detail", failed.id,
        query="?view=trace",
    )  # fmt: skip
    yield stop("users", "Users", "Who talks with your products, by a click on any heading.", "user-list")
    yield stop("user", "A user", "Their whole story on one line.", "user-detail", failed.participant_id)
    yield stop("organizations", "Organizations", "The companies of your customers.", "organization-list")
    yield stop(
        "organization", "An organization", "What its people said.", "organization-detail", failed.organization_id
    )
    yield stop("ratings", "Ratings", "What users thought, and of which message.", "rating-list")
    yield stop("events", "Events", "What talk led to, and what it was worth.", "event-list")
    yield stop("products", "Products", "Your chatbots, agents and copilots.", "product-list")
    yield stop("product", "A product", "Its numbers, its id, who works on it.", "product-detail", products[0].id)
    yield stop("new-product", "A new product", "In one environment, or with its twin in both.", "product-new")
    yield stop("api-keys", "API keys", "What may write and read, and when it last did.", "api-key-list")
    yield stop("settings", "Settings", "Your organization.", "settings")
    yield stop("members", "Members", "Your team: who may see and do what.", "member-list")
    yield stop("invite", "Invite people", "By a link, with a role and products.", "invitation-new")
    yield stop("audit-log", "Audit log", "Who did what, and when.", "audit-log")
    yield stop("palette", "Command palette", "Ctrl K leads anywhere.", "conversation-list", press="Control+k")
    yield stop("shortcuts", "Keyboard shortcuts", "A question mark shows them.", "conversation-list", press="?")
    yield stop("dark", "In the dark", "Every page knows it.", "rating-list", is_dark=True)
    yield stop("phone", "On a phone", "Every page fits.", "conversation-list", is_on_phone=True)


def page(tour: list[Stop]) -> str:
    """The tour as Markdown."""
    parts = [f"\n## {stop.title}\n\n{stop.text}\n\n![{stop.title}](images/tour/{stop.name}.webp)\n" for stop in tour]
    return INTRODUCTION + "".join(parts)


def _picture(stop: Stop, camera: Camera) -> bytes:
    """What there is to see at a stop, as WebP."""
    size = PHONE if stop.is_on_phone else (WIDTH, HEIGHT)
    with camera(stop.path, size=size, is_dark=stop.is_dark) as page:
        if stop.press:
            page.keyboard.press(stop.press)
        page.wait_for_timeout(500)
        # Chromium itself writes WebP, which is a third of the same as PNG; Playwright has no name for it.
        chromium = page.context.new_cdp_session(page)
        shot = chromium.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return b64decode(shot["data"])
