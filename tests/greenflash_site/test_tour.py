"""The tour: its pictures, and that it leads to pages that are there."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from greenflash_site.management.commands import tour
from products.models import Member

pytestmark = pytest.mark.django_db


def test_it_leads_to_pages_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_data", conversations=120)
    member = Member.objects.get()
    stops = list(tour.stops(member))
    client = Client()
    client.force_login(member.person)
    assert {stop.path: client.get(stop.path).status_code for stop in stops} == {stop.path: 200 for stop in stops}
    assert (tour.FOLDER / "tour.md").read_text() == tour.page(stops)
    assert "120 conversations" in capsys.readouterr().out


def test_its_pictures_are_no_burden() -> None:
    shown = [line for line in (tour.FOLDER / "tour.md").read_text().splitlines() if line.startswith("![")]
    pictures = [tour.FOLDER / line.partition("(")[2].removesuffix(")") for line in shown]
    assert len(pictures) > 15
    assert sorted(pictures) == sorted((tour.FOLDER / "images" / "tour").iterdir())
    sizes = [picture.stat().st_size for picture in pictures]
    assert max(sizes) < 60_000
    assert sum(sizes) < 3_000_000


def test_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "chromium")
    with pytest.raises(CommandError, match="make demo"):
        call_command("tour", to=tmp_path)
