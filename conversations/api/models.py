"""Models: what wrote the answers."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from conversations import examples
from conversations.models import Model, conversations_of
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.errors import not_found
from greenflash_site.api.pagination import NumberedPage, paginate
from products.models import Scope


class ModelSummary(msgspec.Struct, rename="camel", kw_only=True):
    """A model in a list; `usageCount` is how many conversations within the key's reach use it."""

    examples: ClassVar = examples.MODEL

    id: UUID
    canonical_id: str
    """One name for all the ways in which the model is sent."""
    display_name: str
    """What people call it."""
    provider: str
    """Who offers it."""
    family: str | None
    usage_count: int
    """How many conversations within the key's reach use it."""
    last_used_at: datetime | None
    """When the last of these was active."""


class ModelProduct(msgspec.Struct, rename="camel", kw_only=True):
    """A product within the key's reach that uses the model."""

    id: UUID
    name: str
    icon: str | None
    conversation_count: int


class ModelDetail(ModelSummary, rename="camel", kw_only=True):
    """One model with the products that use it. What only a catalogue of models could tell is null."""

    examples: ClassVar = examples.MODEL_DETAIL

    source: str = "customer"
    created_at: datetime
    products: list[ModelProduct]
    description: str | None = None
    context_window: int | None = None
    input_cost: float | None = msgspec.field(name="inputCostPer1k", default=None)
    output_cost: float | None = msgspec.field(name="outputCostPer1k", default=None)
    input_modalities: list[str] | None = None
    output_modalities: list[str] | None = None
    supported_parameters: list[str] | None = None
    expiration_date: datetime | None = None
    intelligence_index: float | None = None
    coding_index: float | None = None
    math_index: float | None = None
    mmlu_pro: float | None = None
    gpqa: float | None = None


@endpoint(Scope.READ, query=NumberedPage, answer=list[ModelSummary])
def list_models(request: ApiRequest, query: NumberedPage) -> Answer:
    """The models that the workspace's conversations have named, by their canonical ids."""
    uses = {use["model"]: use for use in conversations_of(request.caller.products).uses_by("model")}

    def summary(model: Model) -> ModelSummary:
        use = uses.get(model.canonical_id)
        return ModelSummary(
            **_fields(model), usage_count=use["count"] if use else 0, last_used_at=use["last_at"] if use else None
        )

    return paginate(request, request.caller.workspace.models.order_by("canonical_id"), query, as_struct=summary)


@endpoint(Scope.READ, answer=ModelDetail)
def get_model(request: ApiRequest, model_id: UUID) -> ModelDetail:
    """One model, and how much the products within the key's reach use it."""
    model = request.caller.workspace.models.filter(id=model_id).first()
    if model is None:
        raise not_found()
    conversations = conversations_of(request.caller.products).filter(model=model.canonical_id)
    uses = conversations.uses_by("product_id", "product__name", "product__icon")
    return ModelDetail(
        **_fields(model),
        usage_count=sum(use["count"] for use in uses),
        last_used_at=max((use["last_at"] for use in uses), default=None),
        created_at=model.created_at,
        products=[
            ModelProduct(
                id=use["product_id"],
                name=use["product__name"],
                icon=use["product__icon"],
                conversation_count=use["count"],
            )
            for use in sorted(uses, key=lambda use: (-use["count"], use["product__name"], use["product_id"]))
        ],
    )


def _fields(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "canonical_id": model.canonical_id,
        "display_name": model.display_name,
        "provider": model.provider,
        "family": model.family or None,
    }
