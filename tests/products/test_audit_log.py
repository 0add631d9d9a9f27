"""The audit log as a page and as a file."""

import csv
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from products.audit import record
from products.models import Action, AuditEntry, Member, Product
from tests.conftest import browser_of

PAGE = "/acme/settings/audit-log/"


def targets(client: Client, **query: Any) -> list[str]:
    """What the rows of the page are about."""
    page = client.get(PAGE, query).text
    return re.findall(r'<small dir="auto" title="([^"]*)"', page)


def note(owner: Member, target: str, action: Action = Action.PRODUCT_CHANGED, **change: Any) -> None:
    """An entry about something of this name."""
    record(owner.workspace, action, acting_user=owner.person, target=Product(name=target), **change)


def rows(answer: Any) -> list[dict[str, str]]:
    """The rows of a CSV file that was streamed."""
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_it_shows_what_was_done_newest_first(as_owner: Client, owner: Member, product: Product) -> None:
    as_owner.post("/acme/settings/", {"name": "Acme & Sons"}, REMOTE_ADDR="192.0.2.7")
    page = as_owner.get(PAGE).text
    for part in ("Organization changed", "<del>Acme</del>", "Acme &amp; Sons", owner.person.email, "192.0.2.7"):
        assert part in page
    assert targets(as_owner) == ["Acme &amp; Sons", "Helpbot"]


@pytest.mark.parametrize("hidden", ["viewer", "collaborator", "newcomer"])
def test_it_is_for_admins(hidden: str, request: pytest.FixtureRequest) -> None:
    client = browser_of(request.getfixturevalue(hidden).person)
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}export/").status_code == 403


def test_it_is_narrowed_by_text_action_and_day(as_owner: Client, owner: Member, stranger: Member) -> None:
    note(owner, "Alpha")
    note(owner, "Beta", Action.PRODUCT_DELETED)
    note(stranger, "Alpha of others")
    assert targets(as_owner, q="alp") == ["Alpha"]
    assert targets(as_owner, q="ADA@") == ["Beta", "Alpha"]
    assert targets(as_owner, action="product.deleted") == ["Beta"]
    today = timezone.now().date()
    assert targets(as_owner, since=today.isoformat()) == targets(as_owner, until=today.isoformat()) == ["Beta", "Alpha"]
    assert targets(as_owner, since=(today + timedelta(days=1)).isoformat()) == []
    assert targets(as_owner, until=(today - timedelta(days=1)).isoformat()) == []
    assert "Nothing matches" in as_owner.get(PAGE, {"q": "gamma"}).text


def test_it_counts_days_in_the_viewers_time_zone(as_owner: Client, owner: Member) -> None:
    note(owner, "Alpha")
    utc = timezone.now()
    as_owner.cookies["timezone"] = "Pacific/Kiritimati"  # UTC+14
    there = (utc + timedelta(hours=14)).date()
    assert targets(as_owner, since=there.isoformat(), until=there.isoformat()) == ["Alpha"]


@pytest.mark.parametrize(
    "query",
    [{"action": "nonsense"}, {"since": "yesterday"}, {"until": "0000-00-00"}, {"q": "\0"}, {"q": "x" * 201}],
)
def test_it_says_what_of_a_filter_is_nonsense(as_owner: Client, owner: Member, query: dict[str, str]) -> None:
    note(owner, "Alpha")
    answer = as_owner.get(PAGE, query)
    assert answer.status_code == 422
    assert "Alpha" in answer.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_it_takes_any_day(as_owner: Client, day: str) -> None:
    assert as_owner.get(PAGE, {"since": day, "until": day}).status_code == 200


def test_it_goes_page_by_page(as_owner: Client, owner: Member) -> None:
    for number in range(120):
        note(owner, f"n{number}")
    assert AuditEntry.objects.count() == 120
    seen, url = [], PAGE
    while url:
        page = as_owner.get(url).text
        seen += re.findall(r'<small dir="auto" title="([^"]*)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        url = PAGE + older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"n{number}" for number in reversed(range(120))]
    assert as_owner.get(PAGE, {"before": "nonsense"}).status_code == 200


def test_it_is_exported_as_the_filter_shows_it(as_owner: Client, owner: Member, stranger: Member) -> None:
    note(owner, "=cmd()", before={"role": "viewer"}, after={"role": "member"})
    note(owner, "Beta", Action.PRODUCT_DELETED)
    note(stranger, "=cmd() of others")
    answer = as_owner.post(f"{PAGE}export/?action=product.changed")
    assert "acme-audit-log-" in answer.headers["Content-Disposition"]
    [row] = rows(answer)
    assert row["target"] == "'=cmd()"
    assert (row["action"], row["actor"]) == ("product.changed", owner.person.email)
    assert "viewer" in row["before"]
    newest = owner.workspace.audit_entries.newest_first()[0]
    assert newest.action == Action.AUDIT_LOG_EXPORTED
    assert "product.changed" in newest.after["filter"]
    assert as_owner.get(f"{PAGE}export/").status_code == 405
