"""Notes of teammates on a conversation or on one of its messages, whom they mention, and who has reviewed it."""

import re
from collections.abc import Iterable, Sequence
from typing import Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.html import conditional_escape, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

from conversations.markdown import LINK_REL
from conversations.models.conversation import Conversation
from products.models import Person, Workspace
from products.models.ids import new_id


class NoteQuerySet(models.QuerySet["Note"]):
    """Reads of notes, started from a conversation."""

    def for_panel(self) -> Self:
        """In the order they were written, each with its author and the names it mentions (`mentioned`)."""
        mentions = Mention.objects.filter(workspace_id=OuterRef("workspace_id"), note_id=OuterRef("id"))
        names = ArraySubquery(mentions.order_by("name").values("name"))
        return self.select_related("author").annotate(mentioned=names).order_by("created_at", "id")


class Note(models.Model):
    """What a teammate says to the others about a conversation; about one of its messages where `message_id` is set."""

    MAX_LENGTH = 4_000

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="notes", db_constraint=False, db_index=False
    )
    # No constraint: nothing points at the hot table.
    message_id = models.UUIDField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        db_table = "note"
        # Reader: the notes of a conversation, in its side panel.
        indexes = [models.Index(fields=["workspace", "conversation", "created_at"], name="note_conversation_created")]

    def __str__(self) -> str:
        return self.text[:60]

    def edit(self, text: str) -> None:
        """Say something else instead."""
        self.text, self.edited_at = text, timezone.now()
        self.save(update_fields=["text", "edited_at"])

    def mention(self, people: Iterable[Person]) -> None:
        """Keep whom of `people` the text names, and under which name; what it named before is forgotten."""
        Mention.objects.filter(workspace_id=self.workspace_id, note_id=self.id).delete()
        found = mentioned_in(self.text, people)
        Mention.objects.bulk_create(
            Mention(workspace_id=self.workspace_id, note_id=self.id, person=person, name=name)
            for person, name in found.items()
        )

    @property
    def html(self) -> SafeString:
        """The text as safe HTML: links and the names it mentions stand out, all else is text. Wants `for_panel`."""
        return note_html(self.text, getattr(self, "mentioned", ()))


class Mention(models.Model):
    """A teammate whom a note names, and the name it uses, which stays readable when they are called otherwise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    note = models.ForeignKey(Note, models.CASCADE, related_name="mentions", db_constraint=False, db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mentions")
    name = models.CharField(max_length=320)

    class Meta:
        db_table = "mention"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "note", "person"], name="mention_note_person_unique")
        ]

    def __str__(self) -> str:
        return f"@{self.name}"


class Review(models.Model):
    """Somebody has read a conversation and is done with it.

    A table of its own: writing to the conversation's row would wait for ingest, which counts in it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="reviews", db_constraint=False, db_index=False
    )
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        db_table = "review"
        constraints = [models.UniqueConstraint(fields=["workspace", "conversation"], name="review_conversation_unique")]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.conversation_id}"


def mentioned_in(text: str, people: Iterable[Person]) -> dict[Person, str]:
    """Whom of `people` a text names with an @, by name or email, and how; all who share a name are meant."""
    called: dict[str, list[Person]] = {}
    for person in people:
        for name in {person.name, person.email} - {""}:
            called.setdefault(name, []).append(person)
    found: dict[Person, str] = {}
    for match in _names_pattern(called).finditer(text) if called else ():
        for name, named in called.items():
            if name.casefold() == match[1].casefold():
                found |= {person: match[1] for person in named if person not in found}
    return found


def note_html(text: str, names: Sequence[str]) -> SafeString:
    """A note's text as safe HTML, with the mentioned `names` marked."""
    parts = _names_pattern(names).split(text) if names else [text]
    # Every second part is a name that the pattern has caught.
    html = "".join(
        f'<b class="mention">@{conditional_escape(part)}</b>'
        if place % 2
        else urlize(part, nofollow=True, autoescape=True).replace('rel="nofollow"', f'target="_blank" rel="{LINK_REL}"')
        for place, part in enumerate(parts)
    )
    return mark_safe(linebreaks(mark_safe(html)))  # noqa: S308 - every part was escaped just now, quotes too


def _names_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """An @ and one of the names, the longest that fits, not in the middle of a word or an address."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w.])@({'|'.join(map(re.escape, longest_first))})(?![\w@])", re.IGNORECASE)
