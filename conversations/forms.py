"""The forms of the pages about conversations."""

from typing import Any

from django import forms

from conversations.models import Note


class NoteForm(forms.Form):
    """A note's text, and perhaps which message it is about."""

    text = forms.CharField(
        max_length=Note.MAX_LENGTH,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3, "data-mentions": "", "autocomplete": "off"}),
        error_messages={"required": "Write something first."},
    )
    message = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "note-%s", **kwargs})
