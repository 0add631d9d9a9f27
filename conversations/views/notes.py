"""What teammates leave on a conversation: notes with mentions, and that it was reviewed."""

from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from conversations.forms import NoteForm
from conversations.models import Conversation, Note, Review
from conversations.views.reader import conversation_of, notes_on
from greenflash_site.access import member_required
from greenflash_site.http import MemberRequest, render
from products.models import Member, Role


@require_POST
@member_required(Role.MEMBER)
def new(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Leave a note on the conversation or on one of its messages."""
    conversation = conversation_of(request, conversation_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _panel(request, conversation, form=form, status=422)
    about = form.cleaned_data["message"]
    if about:
        get_object_or_404(conversation.messages.filter(workspace_id=request.workspace.id).only("id"), id=about)
    with transaction.atomic():
        note = Note.objects.create(
            workspace=request.workspace,
            conversation=conversation,
            message_id=about,
            author=request.user,
            text=form.cleaned_data["text"],
        )
        note.mention(member.person for member in _mentionable(conversation))
    return _answer(request, conversation, note)


@member_required(Role.MEMBER)
def edit(request: MemberRequest, conversation_id: UUID, note_id: UUID) -> HttpResponse:
    """Say something else in a note of one's own."""
    conversation = conversation_of(request, conversation_id)
    note = _own_note(request, conversation, note_id)
    form = NoteForm(request.POST or None, initial={"text": note.text}, auto_id=f"note-{note.id}-%s")
    if request.method != "POST" or not form.is_valid():
        context = {"conversation": conversation, "note": note, "form": form}
        template = "components/note_form.html" if request.htmx else "conversations/note_edit.html"
        return render(request, template, context, status=422 if form.errors else 200)
    with transaction.atomic():
        note.edit(form.cleaned_data["text"])
        note.mention(member.person for member in _mentionable(conversation))
    return _answer(request, conversation, note)


@require_POST
@member_required(Role.MEMBER)
def delete(request: MemberRequest, conversation_id: UUID, note_id: UUID) -> HttpResponse:
    """Delete a note of one's own."""
    conversation = conversation_of(request, conversation_id)
    note = _own_note(request, conversation, note_id)
    with transaction.atomic():
        note.mentions.all().delete()
        note.delete()
    return _answer(request, conversation, note)


@member_required(Role.MEMBER)
def mentions(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Whom a note here can mention: those who see the product."""
    conversation = conversation_of(request, conversation_id)
    return render(request, "components/mentionable.html", {"members": _mentionable(conversation)})


@require_POST
@member_required(Role.MEMBER)
def review(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Mark the conversation as reviewed, by this person and now."""
    conversation = conversation_of(request, conversation_id)
    Review.objects.update_or_create(
        workspace=request.workspace,
        conversation=conversation,
        defaults={"reviewer": request.user, "reviewed_at": timezone.now()},
    )
    return _review(request, conversation_id)


@require_POST
@member_required(Role.MEMBER)
def unreview(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Take the mark back."""
    conversation = conversation_of(request, conversation_id)
    conversation.reviews.filter(workspace_id=request.workspace.id).delete()
    return _review(request, conversation_id)


def _own_note(request: MemberRequest, conversation: Conversation, id: UUID) -> Note:
    notes = conversation.notes.filter(workspace_id=request.workspace.id, author=request.user)
    return get_object_or_404(notes, id=id)


def _mentionable(conversation: Conversation) -> list[Member]:
    return list(conversation.product.workspace.members.who_see(conversation.product))


def _answer(request: MemberRequest, conversation: Conversation, note: Note) -> HttpResponse:
    """The panel with what is there now; without htmx the page, at the note."""
    if request.htmx:
        return _panel(request, conversation, form=NoteForm(), changed=note)
    place = f"?message={note.message_id}" if note.message_id else ""
    page = redirect("conversation-detail", request.workspace.slug, conversation.id)
    page["Location"] += f"{place}#notes"
    return page


def _panel(
    request: MemberRequest,
    conversation: Conversation,
    *,
    form: NoteForm,
    changed: Note | None = None,
    status: int = 200,
) -> HttpResponse:
    """The notes, and the mark on the message that `changed` is about."""
    notes = notes_on(conversation)
    about = changed.message_id if changed else None
    context = {
        "conversation": conversation,
        "notes": notes,
        "form": form,
        "about": None,
        "can_write": True,
        "changed_message": about,
        "changed_count": sum(note.message_id == about for note in notes),
    }
    template = "components/notes.html" if request.htmx else "conversations/notes.html"
    return render(request, template, context, status=status)


def _review(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    if not request.htmx:
        return redirect("conversation-detail", request.workspace.slug, conversation_id)
    context = {"conversation": conversation_of(request, conversation_id), "can_write": True}
    return render(request, "components/review.html", context)
