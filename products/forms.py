"""The forms of the pages about products, keys and the organization."""

from datetime import timedelta
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from products.actions import create_workspace
from products.models import ENVIRONMENTS, Environment, Person, Product, Scope, Workspace


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    """Email, password, and the organization that the new person will own."""

    organization = forms.CharField(max_length=120, label="Your organization", help_text="Your company or team.")
    field_order = ["email", "password1", "organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 8 characters."
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    @transaction.atomic
    def save(self, request: HttpRequest) -> Person:
        """Store the person and their organization, both or neither."""
        person: Person = super().save(request)
        create_workspace(self.cleaned_data["organization"], acting_user=person)
        return person


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The organization's name; its URL stays."""

    class Meta:
        model = Workspace
        fields = ["name"]


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What a product is called and how it looks."""

    class Meta:
        model = Product
        fields = ["name", "kind", "description", "color", "icon"]
        widgets = {
            "kind": forms.RadioSelect,
            "description": forms.Textarea(attrs={"rows": 3}),
            "color": forms.RadioSelect,
            "icon": forms.RadioSelect,
        }

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.workspace = workspace
        self._twin = Product.objects.filter(workspace=workspace).twin_of(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse a second product of one name in one environment, in words."""
        values = super().clean() or {}
        namesakes = Product.objects.filter(
            workspace=self.instance.workspace, name=values.get("name"), environment__in=self.environments(values)
        ).exclude(id__in=[self.instance.id, *([self._twin.id] if self._twin else [])])
        if namesake := namesakes.first():
            self.add_error("name", f"There is a {namesake.environment} product of this name already.")
        return values

    def environments(self, values: dict[str, Any]) -> list[str]:
        """Where the name must be free: a twin is renamed along."""
        return list(ENVIRONMENTS) if self._twin else [self.instance.environment]

    @transaction.atomic
    def save(self, commit: bool = True) -> Product:
        """Store the product; its twin keeps the same name, by which the two know each other."""
        if self._twin and commit:
            self._twin.name = self.cleaned_data["name"]
            self._twin.save(update_fields=["name", "updated_at"])
        product: Product = super().save(commit)
        return product


class NewProductForm(ProductForm):
    """A product that is about to be, in one environment or in both."""

    twin = forms.BooleanField(required=False, label="Also create its twin in the other environment")

    class Meta(ProductForm.Meta):
        fields = ["name", "kind", "description", "environment", "color", "icon"]
        widgets = {**ProductForm.Meta.widgets, "environment": forms.RadioSelect}

    def environments(self, values: dict[str, Any]) -> list[str]:
        """The one chosen, or both with a twin."""
        return list(ENVIRONMENTS) if values.get("twin") else [values.get("environment", "")]


class ApiKeyForm(forms.Form):
    """What a new key is called, may do, and for how long."""

    EXPIRY = {"never": None, "30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365)}

    name = forms.CharField(max_length=120, help_text="Where it will be used, like “web server”.")
    environment = forms.ChoiceField(
        choices=[("", "Production and development"), *Environment.choices],
        required=False,
        help_text="A key bound to one environment cannot write to the other.",
    )
    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.ALL, label="May")
    expires_in = forms.ChoiceField(
        choices=[("never", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")],
        initial="never",
        label="Expires",
    )

    def as_key(self) -> dict[str, Any]:
        """The arguments of `create_api_key`."""
        values = self.cleaned_data
        lifetime = self.EXPIRY[values["expires_in"]]
        return {
            "name": values["name"],
            "environment": values["environment"] or None,
            "scope": values["scope"],
            "expires_at": timezone.now() + lifetime if lifetime else None,
        }
