"""A person's place in a workspace: their role, and which products they may see."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce

from greenflash_site.compiled import compiled
from products.models.ids import new_id
from products.models.product import Product, ProductQuerySet
from products.models.workspace import Workspace


class Role(models.TextChoices):
    """What a member may do; each includes what follows it."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that `other` may."""
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(other)


class MemberQuerySet(models.QuerySet["Member"]):
    """Reads of memberships, started from a person or a workspace."""

    def by_workspace_name(self) -> Self:
        """In alphabetical order of their workspaces, which come with them."""
        return self.current().order_by("workspace__name", "id")

    def current(self) -> Self:
        """Those in workspaces that nobody has deleted, which come with them."""
        return self.filter(workspace__deleted_at=None).select_related("workspace")

    def in_order(self) -> Self:
        """Owners first, then by when they joined, with the person."""
        rank = models.Case(*[models.When(role=role, then=place) for place, role in enumerate(Role)], default=9)
        return self.select_related("person").order_by(rank, "created_at", "id")

    def by_name(self) -> Self:
        """In alphabetical order, with the person."""
        return self.select_related("person").order_by("person__name", "person__email")

    def owners(self) -> Self:
        """The owners, the first of them first."""
        return self.filter(role=Role.OWNER).in_order()

    def for_list(self) -> Self:
        """As `in_order`, with the number of products each was added to (`product_count`)."""
        mine = Collaborator.objects.filter(
            workspace_id=models.OuterRef("workspace_id"), member_id=models.OuterRef("id")
        )
        number = mine.values("member_id").annotate(number=models.Count("id")).values("number")
        return self.in_order().annotate(product_count=Coalesce(models.Subquery(number), 0))

    def who_see(self, product: Product) -> Self:
        """The workspace's owners and admins, and the product's collaborators."""
        everything = models.Q(role__in=[Role.OWNER, Role.ADMIN])
        return self.filter(
            everything | models.Q(collaborations__product_id=product.id), workspace_id=product.workspace_id
        ).in_order()


MemberManager = models.Manager.from_queryset(MemberQuerySet)


class Member(models.Model):
    """One person in one workspace."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="members", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MemberManager()

    class Meta:
        db_table = "member"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "person"], name="member_workspace_person_unique"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="member_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.workspace}"

    def has_role(self, role: Role) -> bool:
        """Whether this member may do all that `role` may."""
        return Role(self.role).includes(role)

    @property
    def sees_every_product(self) -> bool:
        """Whether being added to products makes no difference."""
        return self.has_role(Role.ADMIN)

    def visible_products(self) -> ProductQuerySet:
        """Every product in use for owners and admins; for members and viewers those they were added to; by name."""
        return self._products().in_use()

    def read_products(self) -> list[Product]:
        """The same, read, with a query that is put together once."""
        return _read_products(self.workspace_id, *self._added_to)

    def archived_products(self) -> ProductQuerySet:
        """The same of those that are archived."""
        return self._products().archived()

    def _products(self) -> ProductQuerySet:
        return _products(self.workspace_id, *self._added_to)

    @property
    def _added_to(self) -> tuple[UUID, ...]:
        """Whose collaborations decide what is seen: nobody's for owners and admins, else this member's."""
        return () if self.sees_every_product else (self.id,)


class Collaborator(models.Model):
    """A member or viewer who was added to a product."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="collaborators", db_constraint=False, db_index=False
    )
    member = models.ForeignKey(Member, models.CASCADE, related_name="collaborations", db_constraint=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "collaborator"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "product", "member"], name="collaborator_product_member_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} on {self.product}"


def _products(workspace: UUID, *added: UUID) -> ProductQuerySet:
    """The products of a workspace, only those that a member was added to if one is named; by name."""
    products = Product.objects.filter(workspace_id=workspace).by_name()
    if not added:
        return products
    (member,) = added
    mine = Collaborator.objects.filter(workspace_id=workspace, member_id=member)
    return products.filter(id__in=mine.values("product_id"))


@compiled
def _read_products(workspace: UUID, *added: UUID) -> ProductQuerySet:
    return _products(workspace, *added).in_use()
