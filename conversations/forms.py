"""The forms of the pages about conversations."""

from typing import Any

from django import forms

from conversations.models import Note, SavedView
from products.models import Member


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


class SavedViewForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What a view is called, and who sees it."""

    is_shared = forms.BooleanField(
        label="Share with the team",
        required=False,
        help_text="Everybody in your organization finds it above the list, with the conversations they may see.",
    )

    class Meta:
        model = SavedView
        fields = ["name"]

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if self.instance._state.adding:
            self.instance.workspace, self.instance.member = member.workspace, member
        self.fields["is_shared"].initial = self.instance.shared_at is not None

    def clean_name(self) -> str:
        """A member's views have different names."""
        name: str = self.cleaned_data["name"]
        others = SavedView.objects.filter(workspace_id=self.instance.workspace_id, member_id=self.instance.member_id)
        if others.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("There is a view of this name already.")
        return name

    def save(self, commit: bool = True) -> SavedView:
        """Store it; one that is the team's becomes the own of who stops sharing it."""
        self.instance.share(shared=self.cleaned_data["is_shared"])
        if self.instance.member_id is None and self.instance.shared_at is None:
            self.instance.member = self.member
        view: SavedView = super().save(commit)
        return view
