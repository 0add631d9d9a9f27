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

    @property
    def ticks(self) -> str:
        """Which of the steps are done: "110" where the message is still to come."""
        return "".join("1" if each else "0" for each in (self.product, self.api_key, self.conversation))


def onboarding(workspace: Workspace, products: ProductQuerySet, *, first: Conversation | None) -> Onboarding:
    """The checklist of a workspace whose `first` conversation is there or not."""
    product = products.order_by("created_at", "-environment").first()
    api_key = workspace.api_keys.filter(revoked_at=None).order_by("-created_at").first()
    return Onboarding(product, api_key, first, snippets(product_id=product.id) if product else [])
