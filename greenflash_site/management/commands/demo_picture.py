"""`manage.py demo_picture`: the picture of the README, taken of the demo data of a running Greenflash."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversations.models import Conversation, MessageType, Note
from greenflash_site.demo.camera import camera_of, demo_member
from products.models import Member

PICTURE = Path(settings.BASE_DIR) / "docs" / "images" / "conversation.png"
WIDTH, HEIGHT = 1440, 900
# Messages: more than fill the picture, not so many that nobody reads them.
LENGTHS = (8, 16)
NAME, NOTE = "Mina Okafor", "The replacement tool has a rule the bot does not know. Let us tell it in the prompt."


class Command(BaseCommand):
    help = "Take the picture of the README, of `make demo` in the Greenflash that runs here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to put it."""
        parser.add_argument("--to", type=Path, default=PICTURE, help=f"the file ({PICTURE.name})")

    def handle(self, *, to: Path, **_options: Any) -> None:
        """Open a badly rated conversation at the call that failed in it, with a note, and look."""
        member = demo_member()
        path = place_of(member)
        with camera_of(member) as camera, camera(path, size=(WIDTH, HEIGHT)) as page:
            page.wait_for_timeout(500)
            page.screenshot(path=to)
        self.stdout.write(f"{to}: {to.stat().st_size / 1000:.0f} KB")


def place_of(member: Member) -> str:
    """The message to open; somebody with a name has written a note on it."""
    member.person.name = NAME
    member.person.save(update_fields=["name"])
    broken = Conversation.objects.filter(workspace_id=member.workspace_id, messages__type=MessageType.TOOL_ERROR)
    # Best of all one that somebody complained of, of a length that fits; what the demo tells depends on the hour.
    complained = broken.filter(rating_normalized__lt=0.4, feedback__isnull=False)
    found = (rows.distinct().order_by("-last_message_at").first() for rows in (
        complained.filter(message_count__range=LENGTHS), complained, broken,
    ))  # fmt: skip
    failed = next((conversation for conversation in found if conversation is not None), None)
    if failed is None:
        raise CommandError("No call failed in this demo: make demo in another GREENFLASH_DATA.")
    messages = list(failed.messages.filter(workspace_id=member.workspace_id).in_order())
    error = next(place for place, message in enumerate(messages) if message.type == MessageType.TOOL_ERROR)
    call = messages[error - 1]
    Note.objects.get_or_create(
        workspace_id=member.workspace_id, conversation=failed, author=member.person, message_id=call.id, text=NOTE
    )
    return f"/{member.workspace.slug}/conversations/{failed.id}/?message={call.id}"
