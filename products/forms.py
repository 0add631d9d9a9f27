"""The forms of the pages about products, keys and the organization."""

from datetime import date, timedelta, tzinfo
from ipaddress import ip_network
from typing import Any, cast

from allauth.account.forms import AddEmailForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from greenflash_site.http import midnight
from products.accounts import invitation_of
from products.actions import create_workspace
from products.audit import changes, record
from products.models import (
    ENVIRONMENTS,
    Action,
    AuditEntryQuerySet,
    Environment,
    Member,
    Person,
    Product,
    Role,
    Scope,
    Workspace,
)
from products.team import accept_by_signup
from products.team_forms import MembersField


class SignupForm(AllauthSignupForm):  # type: ignore[misc]  # allauth has no types
    """Email, password, and the organization that the new person will own, if they do not come by an invitation."""

    organization = forms.CharField(max_length=120, label="Your organization", help_text="Your company or team.")
    field_order = ["email", "password1", "organization"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation_of(context.request)
        if self.invitation:
            del self.fields["organization"]
            self.initial["email"] = self.invitation.email
            self.fields["email"].disabled = True
        self.fields["password1"].help_text = "At least 8 characters."
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def try_save(self, request: HttpRequest) -> tuple[Person | None, HttpResponse | None]:
        """Store them; for an address that is taken, where nobody may learn that, do the same work for nothing."""
        if self.account_already_exists:
            Person().set_password(self.cleaned_data["password1"])
        saved: tuple[Person | None, HttpResponse | None] = super().try_save(request)
        return saved

    @transaction.atomic
    def save(self, request: HttpRequest) -> Person:
        """Store the person and their organization, both or neither."""
        person: Person = super().save(request)
        if self.invitation:
            accept_by_signup(self.invitation, acting_user=person)
        else:
            create_workspace(self.cleaned_data["organization"], acting_user=person)
        return person


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What a person is called."""

    class Meta:
        model = Person
        fields = ["name"]
        help_texts = {"name": "Your teammates see it beside what you write."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class EmailForm(AddEmailForm):  # type: ignore[misc]  # allauth has no types
    """The address that shall replace a person's."""

    email = forms.EmailField(
        label="New address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, data: Any = None, *, user: Person) -> None:
        super().__init__(user, data)

    def clean_email(self) -> str:
        """Not an address of their own; of others only where a mail can tell them, so that nobody learns who is here."""
        email: str = super().clean_email()
        if not settings.EMAIL_CONFIGURED and Person.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError("There is an account with this address already.")
        return email


class DeleteAccountForm(forms.Form):
    """The person's own address, typed, so that nobody deletes an account by a click."""

    email = forms.CharField(
        label="Type your email address to confirm",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_email(self) -> str:
        """The address, if it is theirs."""
        email: str = self.cleaned_data["email"]
        if email.strip().lower() != self.person.email.lower():
            raise forms.ValidationError("That is not the address of this account.")
        return email


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
        self._twin = Product.objects.filter(workspace=workspace, deleted_at=None).twin_of(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse a second product of one name in one environment, in words."""
        values = super().clean() or {}
        namesakes = Product.objects.filter(
            workspace=self.instance.workspace,
            name=values.get("name"),
            environment__in=self.environments(values),
            deleted_at=None,
        ).exclude(id__in=[self.instance.id, *([self._twin.id] if self._twin else [])])
        if namesake := namesakes.first():
            self.add_error("name", f"There is a {namesake.environment} product of this name already.")
        return values

    def environments(self, values: dict[str, Any]) -> list[str]:
        """Where the name must be free: a twin is renamed along."""
        return list(ENVIRONMENTS) if self._twin else [self.instance.environment]

    @transaction.atomic
    def save_as(self, acting_user: Person) -> Product:
        """Store what a person has changed, and note it in the audit log."""
        before, after = changes(self.instance, self.Meta.fields)
        product = self.save()
        if after:
            record(
                product.workspace,
                Action.PRODUCT_CHANGED,
                acting_user=acting_user,
                target=product,
                before=before,
                after=after,
            )
        return product

    @transaction.atomic
    def save(self, commit: bool = True) -> Product:
        """Store the product; its twin keeps the same name, by which the two know each other."""
        if self._twin and commit:
            self._twin.name = self.cleaned_data["name"]
            self._twin.save(update_fields=["name", "updated_at"])
        product: Product = super().save(commit)
        return product


class NewProductForm(ProductForm):
    """A product that is about to be, in one environment or in both; or as the twin of an `original` that has none."""

    twin = forms.BooleanField(required=False, label="Also create its twin in the other environment")

    def __init__(self, *args: Any, member: Member, original: Product | None = None, **kwargs: Any) -> None:
        super().__init__(*args, workspace=member.workspace, initial=original and self.like(original), **kwargs)
        self.fields["collaborators"] = MembersField(member)
        if original:
            del self.fields["twin"]

    @staticmethod
    def like(original: Product) -> dict[str, Any]:
        """What a twin begins with: all as it is there, in the other environment."""
        values = {name: getattr(original, name) for name in ProductForm.Meta.fields}
        return {**values, "environment": next(each for each in ENVIRONMENTS if each != original.environment)}

    class Meta(ProductForm.Meta):
        fields = ["name", "kind", "description", "environment", "color", "icon"]
        widgets = {**ProductForm.Meta.widgets, "environment": forms.RadioSelect}

    def environments(self, values: dict[str, Any]) -> list[str]:
        """The one chosen, or both with a twin."""
        return list(ENVIRONMENTS) if values.get("twin") else [values.get("environment", "")]


class AddressesField(forms.CharField):
    """Addresses and networks, separated by commas or spaces; the value is a list of networks in their shortest form."""

    MOST = 50

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"required": False, "max_length": 4_000, "widget": forms.Textarea(attrs={"rows": 2}), **options}
        )

    def clean(self, value: Any) -> list[str]:
        """Refuse what is none, by name."""
        networks: list[str] = []
        for text in super().clean(value).replace(",", " ").split():
            try:
                networks.append(str(ip_network(text)))
            except ValueError:
                raise forms.ValidationError(
                    f"{text} is no address like 192.0.2.7 and no network like 192.0.2.0/24."
                ) from None
        if len(networks) > self.MOST:
            raise forms.ValidationError(f"At most {self.MOST} addresses and networks.")
        return list(dict.fromkeys(networks))


class ApiKeyForm(forms.Form):
    """What a new key is called, may do, where and for how long; `member` makes it, for products that they see."""

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
    products = forms.ModelMultipleChoiceField(
        Product.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Only for these products"
    )
    addresses = AddressesField(
        label="Only from these addresses",
        help_text="Addresses or networks of the servers that use it, like 192.0.2.7 or 192.0.2.0/24.",
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        products = cast("forms.ModelMultipleChoiceField[Product]", self.fields["products"])
        products.queryset = member.visible_products().by_name()
        if not member.has_role(Role.ADMIN):
            products.required = True
            products.error_messages["required"] = "Choose at least one. Keys for all products are made by admins."

    def clean(self) -> dict[str, Any]:
        """Refuse products that the environment leaves out: the key could not be used for them."""
        values = super().clean() or {}
        if environment := values.get("environment"):
            beyond = [each.name for each in values.get("products", ()) if each.environment != environment]
            if beyond:
                self.add_error("products", f"Not in {environment}: {', '.join(beyond)}.")
        return values

    def as_key(self) -> dict[str, Any]:
        """The arguments of `create_api_key`."""
        values = self.cleaned_data
        lifetime = self.EXPIRY[values["expires_in"]]
        return {
            "name": values["name"],
            "environment": values["environment"] or None,
            "scope": values["scope"],
            "products": list(values["products"]),
            "addresses": values["addresses"],
            "expires_at": timezone.now() + lifetime if lifetime else None,
        }


class AuditFilterForm(forms.Form):
    """What the audit log is narrowed to: who or what is named, what was done, in which days of the viewer's."""

    q = forms.CharField(required=False, max_length=200, strip=True)
    action = forms.ChoiceField(required=False, choices=[("", "Everything"), *Action.choices])
    since = forms.DateField(required=False, label="From")
    until = forms.DateField(required=False)

    def narrow(self, entries: AuditEntryQuerySet, zone: tzinfo) -> AuditEntryQuerySet:
        """The entries that pass; a field that is nonsense narrows nothing, and says so beside itself."""
        self.is_valid()
        if text := self.cleaned_data.get("q"):
            entries = entries.filter(Q(actor__icontains=text) | Q(target__icontains=text) | Q(address__icontains=text))
        if action := self.cleaned_data.get("action"):
            entries = entries.filter(action=action)
        if since := self.cleaned_data.get("since"):
            entries = entries.filter(created_at__gte=midnight(_tellable(since), zone))
        if (until := self.cleaned_data.get("until")) and until < date.max:
            entries = entries.filter(created_at__lt=midnight(_tellable(until + timedelta(days=1)), zone))
        return entries


def _tellable(day: date) -> date:
    """The day, from the year 2 to 9998: beyond, no time zone can tell when it begins."""
    return min(max(day, date(2, 1, 1)), date(9998, 12, 31))


class RotateForm(forms.Form):
    """How long the old key stays beside the new one."""

    OVERLAPS = {
        "0": ("At once", timedelta(0)),
        "1h": ("In an hour", timedelta(hours=1)),
        "1d": ("In a day", timedelta(days=1)),
        "7d": ("In a week", timedelta(days=7)),
        "30d": ("In 30 days", timedelta(days=30)),
    }

    overlap = forms.ChoiceField(
        choices=[(value, label) for value, (label, _) in OVERLAPS.items()],
        initial="1d",
        label="The old key ends",
        help_text="Until then both work, so that you can put the new one in place without losing a message.",
    )

    def as_overlap(self) -> timedelta:
        """What was chosen."""
        return self.OVERLAPS[self.cleaned_data["overlap"]][1]
