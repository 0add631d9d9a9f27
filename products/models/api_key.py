"""API keys: `gf_` + 40 base62 characters + a CRC-32 that lets a mistyped key be refused without a query."""

import secrets
import string
import zlib
from hashlib import sha256
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from products.models.ids import new_id
from products.models.member import Member, Role
from products.models.product import Environment, Product
from products.models.workspace import Workspace

PREFIX = "gf_"
RANDOM_LENGTH = 40
CHECKSUM_LENGTH = 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def generate_key() -> str:
    """A fresh key in plain text: 238 bits of randomness, and its checksum."""
    random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return f"{PREFIX}{random}{_checksum(random)}"


def is_well_formed(plaintext: str) -> bool:
    """Whether `plaintext` has the shape and the checksum of a key; most mistakes end here, at no query's cost."""
    random = plaintext[len(PREFIX) : -CHECKSUM_LENGTH]
    return (
        len(plaintext) == len(PREFIX) + RANDOM_LENGTH + CHECKSUM_LENGTH
        and plaintext.startswith(PREFIX)
        and random.isascii()
        and plaintext.endswith(_checksum(random))
    )


def hash_key(plaintext: str) -> bytes:
    """What is stored of a key: SHA-256 is enough for 238 random bits."""
    return sha256(plaintext.encode()).digest()


def _checksum(random: str) -> str:
    """CRC-32 of the random part in base62, most significant digit first, six characters."""
    value = zlib.crc32(random.encode())
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


class Scope(models.TextChoices):
    """What a key may do."""

    ALL = "all", "Send and read"
    INGEST = "ingest", "Send only"
    READ = "read", "Read only"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads of keys, started from a workspace."""

    def for_list(self) -> Self:
        """Newest first, with who made them."""
        return self.select_related("created_by").prefetch_related("products").order_by("-created_at", "-id")

    def managed_by(self, member: Member) -> Self:
        """Those that the member may see, rotate and revoke.

        For admins all of the workspace; for members those narrowed to products that they all may see.
        """
        keys = self.filter(workspace_id=member.workspace_id)
        if member.has_role(Role.ADMIN):
            return keys
        if not member.has_role(Role.MEMBER):
            return keys.none()
        named = ApiKeyProduct.objects.filter(workspace_id=member.workspace_id, api_key_id=models.OuterRef("id"))
        beyond = named.exclude(product_id__in=member.visible_products().values("id"))
        return keys.filter(models.Exists(named), ~models.Exists(beyond), every_product=False)


class ApiKey(models.Model):
    """A key of a workspace, perhaps narrowed to an environment, to products and to a scope; shown once, kept hashed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="api_keys", db_index=False)
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=8)
    last_four = models.CharField(max_length=4)
    hash = models.BinaryField(max_length=32)
    environment = models.CharField(max_length=11, choices=Environment, null=True, blank=True)  # noqa: DJ001 - null: both
    scope = models.CharField("may", max_length=6, choices=Scope, default=Scope.ALL)
    # Said by itself, so that a key of a product that is deleted does not become one for all.
    every_product = models.BooleanField(default=True, db_default=True)
    products = models.ManyToManyField(Product, through="ApiKeyProduct", related_name="+")
    # Addresses and networks it may be used from, like 192.0.2.0/24; none: any.
    addresses = models.JSONField(default=list, db_default=[])
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The key that took its place; this one ends at `expires_at`.
    successor = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        db_table = "api_key"
        constraints = [
            # Keys are looked up before a workspace is known.
            models.UniqueConstraint(fields=["hash"], name="api_key_hash_unique"),
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="api_key_scope_known"),
        ]
        # Reader: the list of a workspace's keys.
        indexes = [models.Index(fields=["workspace", "-created_at"], name="api_key_workspace_created")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…{self.last_four})"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_live(self) -> bool:
        """Whether it may still be used."""
        return self.revoked_at is None and not self.is_expired

    def revoke(self) -> bool:
        """End the key, and say whether it was there to end; every process refuses it within a second."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
        return True


class ApiKeyProduct(models.Model):
    """One product that a narrowed key may be used for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_constraint=False)

    class Meta:
        db_table = "api_key_product"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "api_key", "product"], name="api_key_product_unique")
        ]

    def __str__(self) -> str:
        return f"{self.api_key} for {self.product}"
