"""A workspace: the account that owns products, keys and every conversation; "your organization" on the screens."""

import secrets
from functools import cache

from django.core.validators import RegexValidator
from django.db import models
from django.urls import get_resolver
from django.utils.text import slugify

from products.models.ids import new_id

# First segments of pages that are on their way (users, ratings, …) and of what a host has at its root.
FUTURE_PAGES = {
    "account", "admin", "analytics", "api", "events", "help", "inbox", "invitations", "new", "organizations", "ratings",
    "segments", "static", "usage", "users", "www",
}  # fmt: skip


@cache
def reserved_slugs() -> frozenset[str]:
    """First segments of our own URLs, which no organization may be called by."""
    segments = {str(pattern.pattern).split("/")[0] for pattern in get_resolver().url_patterns}
    return frozenset(segments | FUTURE_PAGES)


class OrganizationSlug:
    """What stands for an organization in a path (a converter of `django.urls`): nothing that none may be called by.

    So `/admin/`, `/static/` and the like are not there, rather than an organization that asks who one is.
    """

    regex = "[a-z0-9][a-z0-9-]*"

    def to_python(self, value: str) -> str:
        """The slug; ValueError, which is no match, for a reserved one."""
        if value in reserved_slugs():
            raise ValueError
        return value

    def to_url(self, value: str) -> str:
        """The slug as it is."""
        return value


class Workspace(models.Model):
    """One tenant. Its `slug` is the first segment of every URL of its pages."""

    SLUG_LENGTH = 48

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=64, validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$")])
    created_at = models.DateTimeField(auto_now_add=True)
    # From then on it is gone for everybody; the worker deletes its rows, batch by batch.
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "workspace"
        constraints = [models.UniqueConstraint(fields=["slug"], name="workspace_slug_unique")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def free_slug(cls, name: str) -> str:
        """A slug made of `name` that nobody has: the plain one if it is free, else with a few random characters."""
        slug = slugify(name).replace("_", "-")[: cls.SLUG_LENGTH].strip("-") or "organization"
        if slug in reserved_slugs() or cls.objects.filter(slug=slug).exists():
            slug = f"{slug}-{secrets.token_hex(3)}"
        return slug
