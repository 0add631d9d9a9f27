"""The first steps of an organization: which are done, and what helps with the next."""

from dataclasses import dataclass

from conversations.models import Conversation
from products.models import ApiKey, Product, ProductQuerySet, Workspace
from products.snippets import Snippet, snippets


@dataclass(frozen=True)
class Onboarding:
    """The checklist: each thing that is there ticks its step."""

    product: Product | None
    api_key: ApiKey | None
    conversation: Conversation | None
    snippets: list[Snippet]


def onboarding(workspace: Workspace, products: ProductQuerySet) -> Onboarding:
    """The checklist of a workspace that has no conversation yet."""
    product = products.order_by("created_at", "-environment").first()
    api_key = workspace.api_keys.filter(revoked_at=None).order_by("-created_at").first()
    return Onboarding(product, api_key, None, snippets(product_id=product.id) if product else [])
