"""The picture of the README, of a small demo on the real server."""

import shutil
import struct
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from conversations.models import Note
from greenflash_site.management.commands import demo_picture
from products.models import Member

pytestmark = pytest.mark.django_db


def test_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: "chromium")
    with pytest.raises(CommandError, match="make demo"):
        call_command("demo_picture", to=tmp_path / "none.png")


def test_the_picture_is_as_large_as_it_says_and_no_burden() -> None:
    data = demo_picture.PICTURE.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (demo_picture.WIDTH, demo_picture.HEIGHT)
    assert len(data) < 250_000
    assert demo_picture.PICTURE.relative_to(settings.BASE_DIR).as_posix() in Path("README.md").read_text()


def test_it_opens_a_failed_call_that_somebody_has_noted(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_data", conversations=400)
    member = Member.objects.get()
    path = demo_picture.place_of(member)
    note = Note.objects.get()
    assert path.endswith(f"/{note.conversation_id}/?message={note.message_id}")
    assert note.conversation.messages.filter(id__in=[note.message_id], type="tool_call").exists()
    assert demo_picture.place_of(member) == path
    assert Note.objects.count() == 1
    assert "400 conversations" in capsys.readouterr().out
