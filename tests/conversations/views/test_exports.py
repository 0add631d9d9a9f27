"""Exports: the file is opened and compared with what is stored, small at once and large by the worker."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from conversations import exports
from conversations.models import Conversation, Export, ExportChunk, Message
from conversations.tasks import delete_expired_exports, make_export
from conversations.views import exports as views
from products.actions import create_product
from products.models import Collaborator, Member, Product, Role
from products.spreadsheet import FORMULA
from tests.conftest import Api, browser_of, tell

NEW = "/acme/conversations/exports/"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example","x")']


def export(client: Client, format: str, query: str = "", path: str = NEW) -> Any:
    """Ask for the file."""
    return client.post(f"{path}?{query}", {"format": format})


def content(response: Any) -> str:
    """The file in the answer."""
    assert response.status_code == 200, response.status_code
    assert response.headers["Content-Disposition"].startswith("attachment;")
    return b"".join(response.streaming_content).decode()


def rows(response: Any) -> list[dict[str, str]]:
    """A CSV file as a spreadsheet reads it."""
    text = content(response)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text[1:], newline="")))


def lines(response: Any) -> list[dict[str, Any]]:
    """A JSONL file."""
    text = content(response)
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def parcel(api: Api, product: Product) -> Conversation:
    """A conversation with everything: tools, ratings, an event, an organization, strange text."""
    conversation = tell(
        product,
        {"role": "user", "content": "Where is my “parcel”,\nplease? 包裹在哪里 🎁", "externalMessageId": "m1"},
        {"messageType": "tool_call", "toolName": "track", "input": {"n": [1, None]}, "externalMessageId": "m2"},
        {"messageType": "tool_error", "output": "gone", "parentExternalMessageId": "m2"},
        {"role": "assistant", "content": "I cannot see it.", "externalMessageId": "m4"},
        at=NOON,
        externalUserId="grace",
        externalOrganizationId="initech",
        externalConversationId="c1",
        model="gpt-9",
        properties={"plan": "pro"},
    )
    rating = {"productId": str(product.id), "ratingMin": 1, "ratingMax": 5, "externalConversationId": "c1"}
    assert api.post("ratings", {**rating, "rating": 2, "feedback": "=BAD()"}).status_code in (200, 201)
    assert api.post("ratings", {**rating, "rating": 1, "externalMessageId": "m4"}).status_code in (200, 201)
    event = {"productId": str(product.id), "eventType": "refund", "value": "12", "externalConversationId": "c1"}
    assert api.post("events", event).status_code in (200, 201)
    return conversation


def test_it_exports_a_row_for_each_conversation(as_owner: Client, parcel: Conversation) -> None:
    response = export(as_owner, "csv")
    today = timezone.now().date().isoformat()
    assert f'filename="acme-conversations-{today}.csv"' in response.headers["Content-Disposition"]
    (row,) = rows(response)
    assert row["id"] == str(parcel.id)
    assert row["title"] == parcel.title
    assert "包裹在哪里 🎁" in row["title"]
    told = ("external_id", "product", "environment", "user_id", "organization_id", "model", "messages", "tool_calls")
    assert [row[name] for name in told] == ["c1", "Helpbot", "production", "grace", "initech", "gpt-9", "4", "1"]
    assert [row[name] for name in ("tool_errors", "events", "rated_messages")] == ["1", "1", "1"]
    assert [float(row[name]) for name in ("rating", "rating_min", "rating_max")] == [2, 1, 5]
    assert row["feedback"] == "'=BAD()"
    assert datetime.fromisoformat(row["first_message_at"]) == parcel.first_message_at
    assert as_owner.get(row["url"].partition("8000")[2] or row["url"]).status_code == 200


def test_it_exports_a_line_for_each_conversation_with_all_that_was_said(as_owner: Client, parcel: Conversation) -> None:
    (line,) = lines(export(as_owner, "jsonl"))
    assert line["id"] == str(parcel.id)
    assert line["externalUserId"] == "grace"
    assert line["properties"] == {"plan": "pro"}
    stored = list(parcel.messages.in_order())
    assert [message["id"] for message in line["messages"]] == [str(message.id) for message in stored]
    assert [message.get("content") for message in line["messages"]] == [message.content for message in stored]
    assert line["messages"][1]["input"] == {"n": [1, None]}
    assert line["messages"][2] == {
        "id": str(stored[2].id),
        "parentExternalMessageId": "m2",
        "messageType": "tool_error",
        "output": "gone",
        "createdAt": line["messages"][2]["createdAt"],
    }
    assert [(rating["rating"], rating["messageId"]) for rating in line["ratings"]] == [
        (2, None),
        (1, str(stored[3].id)),
    ]
    assert [(event["eventType"], event["value"]) for event in line["events"]] == [("refund", "12")]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_lets_no_cell_be_a_formula(as_owner: Client, product: Product, text: str) -> None:
    conversation = tell(product, "Hello", externalUserId=text.strip())
    strange = {"title": text, "external_id": text, "model": text, "feedback": text}
    Conversation.objects.filter(id=conversation.id).update(**strange)
    (row,) = rows(export(as_owner, "csv"))
    for name in ("title", "external_id", "user_id", "model", "feedback"):
        assert row[name].startswith("'"), name
    assert row["title"] == f"'{text}"
    assert not any(value.startswith(FORMULA) for value in row.values())


def test_it_leaves_negative_numbers_alone(as_owner: Client, api: Api, product: Product) -> None:
    tell(product, "Hello", externalConversationId="c1")
    body = {"productId": str(product.id), "externalConversationId": "c1", "rating": -1, "ratingMin": -1, "ratingMax": 1}
    api.post("ratings", body)
    (row,) = rows(export(as_owner, "csv"))
    assert float(row["rating"]) == float(row["rating_min"]) == -1


def many(product: Product, count: int) -> list[str]:
    """The titles of conversations of different lengths, as the list has them."""
    for number in range(count):
        texts = [f"talk {number}", *[f"word {word}" for word in range(number % 4)]]
        tell(product, *texts, at=NOON + timedelta(minutes=number), model=f"model-{number % 2}")
    return [f"talk {number}" for number in reversed(range(count))]


@pytest.mark.parametrize(("conversations", "messages"), [(500, 2_000), (4, 5), (1, 1), (7, 3)])
def test_it_exports_all_in_the_lists_order_whatever_the_batches(
    as_owner: Client, product: Product, monkeypatch: pytest.MonkeyPatch, conversations: int, messages: int
) -> None:
    titles = many(product, 13)
    monkeypatch.setattr(exports, "CONVERSATIONS", conversations)
    monkeypatch.setattr(exports, "MESSAGES", messages)
    assert [row["title"] for row in rows(export(as_owner, "csv"))] == titles
    told = lines(export(as_owner, "jsonl"))
    assert [line["title"] for line in told] == titles
    for line in told:
        stored = Message.objects.filter(conversation_id=line["id"]).order_by("created_at", "position")
        assert [message["content"] for message in line["messages"]] == [message.content for message in stored]


def test_it_exports_what_the_filter_shows(as_owner: Client, product: Product) -> None:
    titles = many(product, 6)
    assert [row["title"] for row in rows(export(as_owner, "csv", "model=model-1"))] == titles[::2]
    assert [line["title"] for line in lines(export(as_owner, "jsonl", "model=model-0"))] == titles[1::2]
    assert rows(export(as_owner, "csv", "model=none")) == []
    assert lines(export(as_owner, "jsonl", "model=none")) == []


def test_it_exports_only_what_one_may_see(
    owner: Member, collaborator: Member, viewer: Member, stranger: Member, product: Product
) -> None:
    secret = create_product(owner, name="Secret bot")
    tell(secret, "secret")
    tell(product, "open")
    bob = browser_of(collaborator.person)
    for query in ("", "environment=all", f"product={secret.id}"):
        assert [row["title"] for row in rows(export(bob, "csv", query))] == ["open"]
    assert export(browser_of(viewer.person), "csv").status_code == 403
    charlie = browser_of(stranger.person)
    assert export(charlie, "csv").status_code == 404
    assert rows(export(charlie, "csv", path="/globex/conversations/exports/")) == []
    vera = browser_of(viewer.person)
    assert "export-menu" not in vera.get("/acme/conversations/").text
    assert "export-menu" in bob.get("/acme/conversations/").text


@pytest.mark.parametrize("format", ["", "xlsx", "CSV", "\0"])
def test_it_knows_two_formats(as_owner: Client, product: Product, format: str) -> None:
    assert export(as_owner, format).status_code == 400


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, product: Product) -> list[str]:
    """What counts as a large number of conversations here."""
    monkeypatch.setattr(views, "AT_ONCE", 5)
    monkeypatch.setattr("conversations.tasks.CHUNK", 300)
    monkeypatch.setattr(exports, "CONVERSATIONS", 3)
    monkeypatch.setattr(exports, "MESSAGES", 5)
    return many(product, 12)


def run_jobs() -> None:
    """What the worker does."""
    for job in ProcrastinateJob.objects.filter(task_name=make_export.name, status="todo"):
        make_export(**job.args)
        ProcrastinateJob.objects.filter(id=job.id).delete()


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_it_leaves_a_large_file_to_the_worker(as_owner: Client, large: list[str], format: str) -> None:
    page = export(as_owner, format, "rating=none").headers["Location"]
    waiting = as_owner.get(page).text
    assert "Waiting for the worker" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert as_owner.get(f"{page}download/").status_code == 404
    run_jobs()
    done = as_owner.get(page, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    assert "<html" not in done
    assert "12 conversations" in done
    assert "every 1s" not in done, "it has stopped asking"
    assert Export.objects.get().chunks.count() > 2
    response = as_owner.get(f"{page}download/")
    read = [row["title"] for row in (rows(response) if format == "csv" else lines(response))]
    assert read == large
    assert int(response.headers["Content-Length"]) == Export.objects.get().size


def test_it_is_the_same_file_either_way(as_owner: Client, large: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    page = export(as_owner, "jsonl").headers["Location"]
    run_jobs()
    by_worker = content(as_owner.get(f"{page}download/"))
    monkeypatch.setattr(views, "AT_ONCE", 100)
    assert content(export(as_owner, "jsonl")) == by_worker


def test_it_gives_a_file_to_who_asked_for_it_alone(
    as_owner: Client, owner: Member, collaborator: Member, product: Product, stranger: Member, large: list[str]
) -> None:
    page = export(as_owner, "csv").headers["Location"]
    run_jobs()
    for member in (collaborator, stranger):
        other = browser_of(member.person)
        assert other.get(page).status_code == 404
        assert other.get(f"{page}download/").status_code == 404


def test_it_takes_a_file_back_from_who_lost_a_product(collaborator: Member, product: Product, large: list[str]) -> None:
    bob = browser_of(collaborator.person)
    page = export(bob, "csv").headers["Location"]
    run_jobs()
    assert bob.get(f"{page}download/").status_code == 200
    Collaborator.objects.filter(member=collaborator).delete()
    assert bob.get(f"{page}download/").status_code == 404
    assert bob.get(page).status_code == 404


def test_it_makes_no_file_for_who_may_no_more(collaborator: Member, product: Product, large: list[str]) -> None:
    bob = browser_of(collaborator.person)
    page = export(bob, "csv").headers["Location"]
    collaborator.role = Role.VIEWER
    collaborator.save(update_fields=["role"])
    run_jobs()
    assert bob.get(page).status_code == 403
    assert not ExportChunk.objects.exists()
    assert Export.objects.get().failed_at


def test_it_says_so_when_it_fails_or_its_worker_died(
    as_owner: Client, large: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = export(as_owner, "csv").headers["Location"]
    Export.objects.update(progressed_at=timezone.now() - timedelta(minutes=3))
    assert "could not be made" in as_owner.get(page).text
    with monkeypatch.context() as patched:
        patched.setattr("conversations.tasks.CHUNK", "nonsense")
        with pytest.raises(TypeError):
            run_jobs()
    told = as_owner.get(page).text
    assert "could not be made" in told
    assert "every 1s" not in told
    assert as_owner.get(f"{page}download/").status_code == 404
    assert not ExportChunk.objects.exists()


def test_it_keeps_a_file_for_a_day(as_owner: Client, large: list[str]) -> None:
    page = export(as_owner, "csv").headers["Location"]
    run_jobs()
    Export.objects.update(created_at=timezone.now() - timedelta(hours=23))
    delete_expired_exports(timestamp=0)
    assert as_owner.get(f"{page}download/").status_code == 200
    Export.objects.update(created_at=timezone.now() - timedelta(hours=25))
    delete_expired_exports(timestamp=0)
    assert as_owner.get(page).status_code == 404
    assert not ExportChunk.objects.exists()
    make_export(export_id=page.strip("/").rpartition("/")[2])  # its job comes too late


def test_it_knows_the_worker_by_its_jobs() -> None:
    assert {make_export.name, delete_expired_exports.name} <= set(app.tasks)


def test_it_reads_no_more_for_more_messages(
    as_owner: Client, product: Product, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    many(product, 9)
    with django_assert_max_num_queries(16):
        assert len(lines(export(as_owner, "jsonl"))) == 9
