"""The API's endpoints about products."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.errors import not_found
from greenflash_site.api.pagination import NumberedPage, paginate
from products.models import Member, Product, Scope

# What other programs expect of `color`; the screens draw the same names from their own tokens.
HEX_COLORS = {
    "green": "#16a34a",
    "teal": "#0d9488",
    "blue": "#2563eb",
    "violet": "#7c3aed",
    "pink": "#db2777",
    "red": "#dc2626",
    "orange": "#ea580c",
    "gray": "#6b7280",
}


SUMMARY: dict[str, Any] = {
    "id": "0199f2c4-6a1e-7b3d-9c58-2f4e6a8b0d1c",
    "name": "Helpbot",
    "icon": "🤖",
    "color": HEX_COLORS["teal"],
    "kind": "chatbot",
    "environment": "production",
    "createdAt": "2026-01-05T08:00:00Z",
    "updatedAt": "2026-01-05T08:00:00Z",
}


class ProductSummary(msgspec.Struct, rename="camel", kw_only=True):
    """A product in a list; `environment` and `kind` are ours."""

    examples: ClassVar = {"A product": SUMMARY}

    id: UUID
    name: str
    icon: str | None
    """An emoji."""
    color: str | None
    """As #rrggbb."""
    kind: str
    """What sort of product it is."""
    environment: str
    created_at: datetime
    updated_at: datetime


class ProductMember(msgspec.Struct, rename="camel", kw_only=True):
    """Somebody who may see the product."""

    id: UUID
    user_id: UUID
    role: str
    avatar_url: str | None = None


class MetricWeight(msgspec.Struct, rename="camel", kw_only=True):
    """How much one pillar counts in the product quality index; the weights add up to 1."""

    key: str
    name: str
    description: str
    weight: float


WEIGHTS = [
    MetricWeight(key="satisfaction", name="Satisfaction", description="How content people are.", weight=0.35),
    MetricWeight(key="safety", name="Safety", description="Whether answers can be trusted.", weight=0.30),
    MetricWeight(key="friction", name="Friction", description="How hard people have to work.", weight=0.20),
    MetricWeight(key="growth", name="Growth", description="Whether talk leads to business.", weight=0.15),
]


class ProductDetail(ProductSummary, kw_only=True, rename="camel"):
    """One product with the people on it."""

    examples: ClassVar = {
        "A product": {
            **SUMMARY,
            "description": "Answers customers' questions about orders.",
            "members": [
                {
                    "id": "0199f2c4-6a1e-7b3d-9c58-2f4e6a8b0d2a",
                    "userId": "0199f2c4-6a1e-7b3d-9c58-2f4e6a8b0d2b",
                    "role": "owner",
                    "avatarUrl": None,
                },
            ],
            "optimizationNotes": None,
            "userPrivacy": "standard",
            "qualityIndexMetricWeights": msgspec.to_builtins(WEIGHTS),
        },
    }

    description: str | None
    members: list[ProductMember]
    optimization_notes: str | None = None
    user_privacy: str = "standard"
    quality_index_metric_weights: list[MetricWeight]


@endpoint(Scope.READ, query=NumberedPage, answer=list[ProductSummary])
def list_products(request: ApiRequest, query: NumberedPage) -> Answer:
    """The products within the key's reach, by name."""
    return paginate(request, request.caller.products.by_name(), query, as_struct=_summary)


@endpoint(Scope.READ, answer=ProductDetail)
def get_product(request: ApiRequest, product_id: UUID) -> ProductDetail:
    """One product."""
    product = request.caller.products.filter(id=product_id).first()
    if product is None:
        raise not_found()
    return ProductDetail(
        **msgspec.structs.asdict(_summary(product)),
        description=product.description or None,
        quality_index_metric_weights=WEIGHTS,
        members=[
            ProductMember(id=member.id, user_id=member.person_id, role=member.role)
            for member in Member.objects.who_see(product)
        ],
    )


def _summary(product: Product) -> ProductSummary:
    return ProductSummary(
        id=product.id,
        name=product.name,
        icon=product.icon,
        color=HEX_COLORS[product.color],
        kind=product.kind,
        environment=product.environment,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )
