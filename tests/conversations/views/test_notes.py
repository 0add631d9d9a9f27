"""Notes with mentions, and the mark that a conversation is reviewed."""

from uuid import uuid4

import pytest
from django.test import Client

from conversations.models import Conversation, Mention, Note, Review
from products.models import Member, Product, Workspace
from tests.conftest import browser_of, tell
from tests.factories import CollaboratorFactory, MemberFactory

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def conversation(product: Product) -> Conversation:
    return tell(product, "Where is my parcel?", {"role": "assistant", "content": "In Ghent."})


@pytest.fixture
def page(conversation: Conversation) -> str:
    return f"/acme/conversations/{conversation.id}/"


@pytest.fixture
def team(workspace: Workspace, product: Product) -> dict[str, Member]:
    """Sam, Sam Smith and Grace see the helpbot; Nobody does not."""
    members = {
        name: MemberFactory.create(workspace=workspace, person__name=name)
        for name in ("Sam", "Sam Smith", "Grace O'Hara", "Nobody")
    }
    for name in ("Sam", "Sam Smith", "Grace O'Hara"):
        CollaboratorFactory.create(workspace=workspace, product=product, member=members[name])
    return members


def write(client: Client, page: str, text: str, **fields: str) -> Note:
    """Leave a note."""
    answer = client.post(f"{page}notes/", {"text": text, **fields})
    assert answer.status_code == 302
    return Note.objects.latest("created_at")


def test_it_keeps_who_wrote_what(as_owner: Client, owner: Member, page: str) -> None:
    write(as_owner, page, 'Looks <b>odd</b>\nto me https://tracker.example/7 rel="nofollow"')
    text = as_owner.get(page).text
    assert "Looks &lt;b&gt;odd&lt;/b&gt;<br>to me" in text
    link = '<a href="https://tracker.example/7" target="_blank" rel="nofollow noopener noreferrer">'
    assert f"{link}https://tracker.example/7</a> rel=&quot;nofollow&quot;" in text
    assert str(owner.person) in text


def test_it_marks_the_message_that_a_note_is_about(as_owner: Client, conversation: Conversation, page: str) -> None:
    message = conversation.messages.in_order().last()
    assert message
    answer = as_owner.post(f"{page}notes/", {"text": "Really?", "message": str(message.id)})
    assert answer.headers["Location"] == f"{page}?message={message.id}#notes"
    text = as_owner.get(page).text
    assert "1 note</a>" in text.split(f'id="notes-on-{message.id}"')[1][:400]
    assert text.count("1 note</a>") == 1


def test_it_answers_htmx_with_the_panel_and_the_mark(as_owner: Client, conversation: Conversation, page: str) -> None:
    message = conversation.messages.in_order().first()
    assert message
    answer = as_owner.post(f"{page}notes/", {"text": "Hm", "message": str(message.id)}, headers=PART)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'<hx-partial hx-target="#notes-on-{message.id}"' in answer.text
    assert "1 note" in answer.text
    deleted = as_owner.post(f"{page}notes/{Note.objects.get().id}/delete/", headers=PART)
    assert "1 note" not in deleted.text
    assert f'<hx-partial hx-target="#notes-on-{message.id}"' in deleted.text


@pytest.mark.parametrize("headers", [{}, PART])
@pytest.mark.parametrize(
    ("text", "error"), [("", "Write something first."), ("   ", "Write something"), ("x" * 4_001, "at most 4000")]
)
def test_it_keeps_what_was_typed_when_it_is_wrong(
    as_owner: Client, page: str, headers: dict[str, str], text: str, error: str
) -> None:
    answer = as_owner.post(f"{page}notes/", {"text": text}, headers=headers)
    assert answer.status_code == 422
    assert error in answer.text
    assert text.strip() in answer.text
    assert Note.objects.count() == 0


def test_it_finds_whom_a_note_mentions(as_owner: Client, page: str, team: dict[str, Member]) -> None:
    note = write(as_owner, page, "@sam smith and @Grace O'Hara, not mail@Sam.example nor @Samantha nor @Nobody: look")
    assert {mention.person.name: mention.name for mention in note.mentions.select_related("person")} == {
        "Sam Smith": "sam smith",
        "Grace O'Hara": "Grace O'Hara",
    }
    text = as_owner.get(page).text
    assert '<b class="mention">@sam smith</b> and <b class="mention">@Grace O&#x27;Hara</b>, not' in text
    assert text.count('class="mention"') == 2


def test_it_mentions_by_email_and_all_of_one_name(as_owner: Client, page: str, team: dict[str, Member]) -> None:
    team["Sam"].person.name = "Sam Smith"
    team["Sam"].person.save(update_fields=["name"])
    write(as_owner, page, f"@Sam Smith! @{team["Grace O'Hara"].person.email}.")
    assert set(Mention.objects.values_list("person_id", flat=True)) == {
        team[name].person_id for name in ("Sam", "Sam Smith", "Grace O'Hara")
    }


def test_it_keeps_a_mention_readable_when_somebody_is_called_otherwise(
    as_owner: Client, page: str, team: dict[str, Member]
) -> None:
    write(as_owner, page, "@Sam Smith look")
    team["Sam Smith"].person.name = "Samuel"
    team["Sam Smith"].person.save(update_fields=["name"])
    assert '<b class="mention">@Sam Smith</b> look' in as_owner.get(page).text


def test_it_edits_and_deletes_ones_own(as_owner: Client, page: str, team: dict[str, Member]) -> None:
    note = write(as_owner, page, "@Sam see")
    form = as_owner.get(f"{page}notes/{note.id}/edit/").text
    assert "@Sam see</textarea>" in form
    as_owner.post(f"{page}notes/{note.id}/edit/", {"text": "@Sam Smith see"})
    note.refresh_from_db()
    assert (note.text, note.edited_at is not None) == ("@Sam Smith see", True)
    assert [mention.name for mention in note.mentions.all()] == ["Sam Smith"]
    as_owner.post(f"{page}notes/{note.id}/delete/")
    assert (Note.objects.count(), Mention.objects.count()) == (0, 0)


def test_it_lets_nobody_change_what_others_wrote(
    as_owner: Client, collaborator: Member, viewer: Member, newcomer: Member, stranger: Member, page: str
) -> None:
    note = write(as_owner, page, "Mine")
    for member, status in ((collaborator, 404), (viewer, 403), (newcomer, 404), (stranger, 404)):
        client = browser_of(member.person)
        for verb in ("edit", "delete"):
            assert client.post(f"{page}notes/{note.id}/{verb}/", {"text": "Theirs"}).status_code == status
    note.refresh_from_db()
    assert note.text == "Mine"


def test_it_lets_a_viewer_read_and_write_nothing(as_owner: Client, viewer: Member, page: str) -> None:
    write(as_owner, page, "For everybody")
    vera = browser_of(viewer.person)
    text = vera.get(page).text
    assert "For everybody" in text
    for what in ("note-new", "<textarea", "Mark reviewed", "Copy as Markdown", "data-note-on", ">Edit<"):
        assert what not in text
    for path, body in (("notes/", {"text": "x"}), ("review/", {}), ("unreview/", {})):
        assert vera.post(page + path, body).status_code == 403
    assert (Note.objects.count(), Review.objects.count()) == (1, 0)


def test_it_takes_no_note_on_a_message_of_another_conversation(as_owner: Client, product: Product, page: str) -> None:
    other = tell(product, "Elsewhere").messages.get()
    for id in (other.id, uuid4()):
        assert as_owner.post(f"{page}notes/", {"text": "x", "message": str(id)}).status_code == 404
    assert as_owner.post(f"{page}notes/", {"text": "x", "message": "nonsense"}).status_code == 422
    assert Note.objects.count() == 0


def test_it_names_those_who_see_the_product(
    as_owner: Client, owner: Member, page: str, team: dict[str, Member]
) -> None:
    options = as_owner.get(f"{page}mentions/").text
    assert options.count('role="option"') == 4
    for name in (owner.person.email, "Sam Smith", "Grace O&#x27;Hara"):
        assert f'data-name="{name}"' in options
    assert "Nobody" not in options


def test_it_says_who_reviewed_it_and_when(
    as_owner: Client, owner: Member, conversation: Conversation, page: str
) -> None:
    assert "Mark reviewed" in as_owner.get(page).text
    as_owner.post(f"{page}review/")
    text = as_owner.get(page).text
    assert f"Reviewed by <bdi>{owner.person.email}</bdi>" in text
    assert "new messages since" not in text
    tell(conversation.product, "One more", conversationId=str(conversation.id))
    assert "new messages since" in as_owner.get(page).text
    as_owner.post(f"{page}unreview/")
    assert "Mark reviewed" in as_owner.get(page).text
    assert Review.objects.count() == 0


def test_it_is_reviewed_once_by_whoever_did_it_last(
    as_owner: Client, collaborator: Member, conversation: Conversation, page: str
) -> None:
    as_owner.post(f"{page}review/")
    written = Conversation.objects.get().updated_at
    answer = browser_of(collaborator.person).post(f"{page}review/", headers=PART)
    assert f"Reviewed by <bdi>{collaborator.person.email}</bdi>" in answer.text
    assert Review.objects.get().reviewer == collaborator.person
    assert Conversation.objects.get().updated_at == written  # nothing was written to the row that ingest counts in


def test_it_is_closed_to_a_stranger(stranger: Member, page: str) -> None:
    charlie = browser_of(stranger.person)
    for path in ("notes/", "review/", "unreview/"):
        assert charlie.post(page + path, {"text": "x"}).status_code == 404
    assert charlie.get(f"{page}mentions/").status_code == 404
    assert Note.objects.count() == Review.objects.count() == 0
