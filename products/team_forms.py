"""The forms of the pages about who belongs to an organization."""

from typing import Any

from django import forms
from django.db.models import Q

from products.models import Invitation, Member, MemberQuerySet, Product, ProductQuerySet, Role


def grantable(member: Member) -> list[tuple[str, str]]:
    """The roles this member may give: none above their own."""
    return [(role.value, role.label) for role in Role if member.has_role(role)]


class ProductsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Some of the products that somebody sees, by name."""

    def __init__(self, products: ProductQuerySet) -> None:
        super().__init__(products.by_name(), required=False, widget=forms.CheckboxSelectMultiple, label="Products")


class ProductsForm(forms.Form):
    """Which products a member sees."""

    def __init__(self, *args: Any, products: ProductQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["products"] = ProductsField(products)


class MemberSearchForm(forms.Form):
    """Whom to find among the members."""

    q = forms.CharField(required=False, max_length=200)

    def narrow(self, members: MemberQuerySet) -> MemberQuerySet:
        """Those whose name or address has it in it; nonsense narrows nothing."""
        self.is_valid()
        text = self.cleaned_data.get("q")
        return members.filter(Q(person__name__icontains=text) | Q(person__email__icontains=text)) if text else members


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, acting_member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = grantable(acting_member)  # type: ignore[attr-defined]


class InvitationForm(forms.Form):
    """Who is asked to join, in which role, and which products they will see."""

    INVITED = "They are invited already. Their link can be sent again from the list of members."

    email = forms.EmailField(max_length=254, label="Email address")
    role = forms.ChoiceField(widget=forms.RadioSelect, initial=Role.MEMBER)

    def __init__(self, *args: Any, acting_member: Member, products: ProductQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = acting_member.workspace
        self.fields["role"].choices = grantable(acting_member)  # type: ignore[attr-defined]
        self.fields["products"] = ProductsField(products)

    def clean_email(self) -> str:
        """Nobody is invited twice, or into where they are."""
        email: str = self.cleaned_data["email"].lower()
        if self.workspace.members.filter(person__email__iexact=email).exists():
            raise forms.ValidationError("They are a member already.")
        if Invitation.objects.pending().filter(workspace=self.workspace, email=email).exists():
            raise forms.ValidationError(self.INVITED)
        return email


class MembersField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Some of the members who do not see every product anyway, by name."""

    def __init__(self, member: Member) -> None:
        others = member.workspace.members.by_name().filter(role__in=[Role.MEMBER, Role.VIEWER]).exclude(id=member.id)
        super().__init__(others, required=False, widget=forms.CheckboxSelectMultiple, label="Collaborators")


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of some members, by name."""

    def label_from_instance(self, obj: Member) -> str:
        """What somebody is called."""
        return str(obj.person)


class CollaboratorForm(forms.Form):
    """One more collaborator of a product."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = product.workspace.members.by_name().filter(role__in=[Role.MEMBER, Role.VIEWER])
        self.fields["member"] = MemberField(
            members.exclude(collaborations__product_id=product.id), label="Add", empty_label="Choose a member…"
        )
