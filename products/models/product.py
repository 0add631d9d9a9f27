"""A product: one chatbot, agent or copilot whose conversations are sent here, and its versions."""

from typing import Self

from django.db import models

from products.models.ids import new_id
from products.models.workspace import Workspace


class Kind(models.TextChoices):
    """What a product is."""

    CHATBOT = "chatbot", "Chatbot"
    AGENT = "agent", "Agent"
    COPILOT = "copilot", "Copilot"
    INTERNAL_TOOL = "internal_tool", "Internal tool"


class Environment(models.TextChoices):
    """Where a product's conversations come from; test traffic never muddies real data."""

    PRODUCTION = "production", "Production"
    DEVELOPMENT = "development", "Development"


ENVIRONMENTS = tuple(Environment.values)


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products, started from `request.products`."""

    def in_environment(self, environment: str) -> Self:
        """Those of one environment; "all" leaves everything."""
        return self if environment == "all" else self.filter(environment=environment)

    def in_use(self) -> Self:
        """Neither archived nor being deleted."""
        return self.filter(archived_at=None, deleted_at=None)

    def archived(self) -> Self:
        """Put away: nobody sees or sends to them until they are restored."""
        return self.filter(archived_at__isnull=False, deleted_at=None)

    def by_name(self) -> Self:
        """Alphabetically, production before its development twin."""
        return self.order_by("name", "-environment", "id")

    def twin_of(self, product: "Product") -> "Product | None":
        """The same product in the other environment, if it is among these."""
        return self.filter(name=product.name).exclude(environment=product.environment).first()


class Product(models.Model):
    """A product. Its production and development twins have the same name."""

    COLORS = ("green", "teal", "blue", "violet", "pink", "red", "orange", "gray")
    ICONS = ("message-circle", "bot", "headset", "code", "shopping-bag", "plane", "graduation-cap", "heart-pulse")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="products", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField("what it is", max_length=13, choices=Kind, default=Kind.CHATBOT)
    description = models.CharField(max_length=500, blank=True, default="")
    environment = models.CharField(max_length=11, choices=Environment, default=Environment.PRODUCTION)
    color = models.CharField(max_length=8, choices=[(color, color.title()) for color in COLORS], default=COLORS[0])
    icon = models.CharField(
        max_length=20, choices=[(icon, icon.replace("-", " ").capitalize()) for icon in ICONS], default=ICONS[0]
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)
    # From then on it is gone for everybody, while the worker deletes what it holds.
    deleted_at = models.DateTimeField(null=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        db_table = "product"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name", "environment"],
                condition=models.Q(deleted_at__isnull=True),
                name="product_name_unique",
            ),
            models.CheckConstraint(condition=models.Q(environment__in=ENVIRONMENTS), name="product_environment_known"),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="product_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_development(self) -> bool:
        """Whether it wears the development badge."""
        return self.environment == Environment.DEVELOPMENT


class Version(models.Model):
    """A product's active set of prompts under a number; every product has version 1 from its first moment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="versions", db_constraint=False, db_index=False)
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "version"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "product", "number"], name="version_product_number_unique")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.number}"
