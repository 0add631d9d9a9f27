"""System prompts as messages bring them: each wording is stored once, found again by its fingerprint, and versioned.

A wording that a product has not used becomes its next version. Wordings never change, so what was stored is
remembered per process: a prompt that is known costs the request no query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from django.db import connection, transaction

from conversations.ingest.contract import Component as SentComponent
from conversations.ingest.contract import SystemPrompt
from conversations.ingest.tokens import count_tokens
from conversations.models import Component, Prompt, VersionPrompt
from greenflash_site.api.errors import not_found
from products.models import Version

CACHE_SIZE = 10_000
DEFAULT_TYPE = "system"
DEFAULT_SOURCE = "customer"


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """A wording that is stored: its newest version, its components in order, and how many tokens it has."""

    id: UUID
    version_id: UUID
    component_ids: tuple[UUID, ...]
    tokens: int


_known: dict[bytes, StoredPrompt] = {}


def resolve_prompt(sent: str | SystemPrompt, *, workspace_id: UUID, product_id: UUID, now: datetime) -> StoredPrompt:
    """The stored prompt that is meant by `sent`, stored now if it is new: then call this in a transaction.

    Raises ApiError 404 for an id that is not the product's.
    """
    prompt = SystemPrompt(content=sent) if isinstance(sent, str) else sent
    named = _named(prompt, workspace_id=workspace_id, product_id=product_id)
    components = _components(prompt)
    if components:
        external_id = named.external_id if named else prompt.external_prompt_id
        fingerprint = _fingerprint(product_id, external_id, components)
        if (known := _known.get(fingerprint)) is not None:
            return known
        _check_component_ids(components, workspace_id=workspace_id, product_id=product_id)
    elif named is not None:
        fingerprint, external_id = bytes(named.fingerprint), named.external_id
    else:
        message = "There is no prompt with this external id here. Send its components to create it."
        raise not_found(message, "$.systemPrompt.externalPromptId")
    stored = _store(fingerprint, external_id, components, workspace_id=workspace_id, product_id=product_id, now=now)
    transaction.on_commit(lambda: _remember(fingerprint, stored))
    return stored


def is_known(sent: str | SystemPrompt, product_id: UUID) -> bool:
    """Whether `resolve_prompt` will need no query for it."""
    prompt = SystemPrompt(content=sent) if isinstance(sent, str) else sent
    components = _components(prompt)
    if prompt.prompt_id is not None or not components:
        return False
    return _fingerprint(product_id, prompt.external_prompt_id, components) in _known


def forget_prompts() -> None:
    """Look every prompt up anew."""
    _known.clear()


def _remember(fingerprint: bytes, stored: StoredPrompt) -> None:
    if len(_known) >= CACHE_SIZE:
        _known.clear()
    _known[fingerprint] = stored


def _components(prompt: SystemPrompt) -> list[SentComponent]:
    if prompt.content is not None:
        return [SentComponent(content=prompt.content)]
    return prompt.components or []


def _named(prompt: SystemPrompt, *, workspace_id: UUID, product_id: UUID) -> Prompt | None:
    """The prompt that `promptId` names, else the newest under `externalPromptId` if there is one."""
    prompts = Prompt.objects.filter(workspace_id=workspace_id, product_id=product_id)
    if prompt.prompt_id is not None:
        named = prompts.filter(id=prompt.prompt_id).first()
        if named is None or prompt.external_prompt_id not in (None, named.external_id):
            raise not_found("There is no prompt with this id here.", "$.systemPrompt.promptId")
        return named
    if prompt.external_prompt_id is not None and not prompt.components and prompt.content is None:
        return prompts.filter(external_id=prompt.external_prompt_id).order_by("-id").first()
    return None


def _fingerprint(product_id: UUID, external_id: str | None, components: Sequence[SentComponent]) -> bytes:
    """SHA-256 of all that makes a wording what it is."""
    parts = [
        (each.type or DEFAULT_TYPE, each.source or DEFAULT_SOURCE, each.name, each.content, each.is_dynamic,
         each.external_component_id)
        for each in components
    ]  # fmt: skip
    return sha256(msgspec.json.encode((product_id, external_id, parts))).digest()


def _check_component_ids(components: Sequence[SentComponent], *, workspace_id: UUID, product_id: UUID) -> None:
    """Refuse a component id that no prompt of the product has."""
    ids = {component.component_id for component in components if component.component_id is not None}
    if not ids:
        return
    known = set(
        Component.objects.filter(workspace_id=workspace_id, prompt__product_id=product_id, id__in=ids).values_list(
            "id", flat=True
        )
    )
    for index, component in enumerate(components):
        if component.component_id is not None and component.component_id not in known:
            path = f"$.systemPrompt.components[{index}].componentId"
            raise not_found("There is no component with this id here.", path)


def _store(
    fingerprint: bytes,
    external_id: str | None,
    components: Sequence[SentComponent],
    *,
    workspace_id: UUID,
    product_id: UUID,
    now: datetime,
) -> StoredPrompt:
    """Find the wording or store it, and the product's newest version with it or make the next."""
    with connection.cursor() as cursor:
        # New wordings of one product are stored one after the other; messages with known ones do not wait.
        cursor.execute(
            "select 1 from product where workspace_id = %s and id = %s for no key update", [workspace_id, product_id]
        )
        if cursor.fetchone() is None:
            raise not_found("There is no product with this id here.", "$.productId")
    prompt, is_new = Prompt.objects.get_or_create(
        workspace_id=workspace_id,
        fingerprint=fingerprint,
        defaults={"product_id": product_id, "external_id": external_id, "created_at": now},
    )
    if is_new:
        Component.objects.bulk_create(
            Component(
                workspace_id=workspace_id,
                prompt=prompt,
                position=position,
                external_id=sent.external_component_id,
                type=sent.type or DEFAULT_TYPE,
                source=sent.source or DEFAULT_SOURCE,
                name=sent.name,
                content=sent.content,
                is_dynamic=sent.is_dynamic,
                created_at=now,
            )
            for position, sent in enumerate(components)
        )
    stored = list(prompt.components_in_order())
    return StoredPrompt(
        id=prompt.id,
        version_id=_version(prompt, workspace_id=workspace_id, product_id=product_id),
        component_ids=tuple(component.id for component in stored),
        tokens=sum(count_tokens(component.content) for component in stored),
    )


def _version(prompt: Prompt, *, workspace_id: UUID, product_id: UUID) -> UUID:
    """The product's newest version with the prompt, or its next one; the product is locked."""
    versions = Version.objects.filter(workspace_id=workspace_id, product_id=product_id).order_by("-number")
    having = versions.filter(
        id__in=VersionPrompt.objects.filter(workspace_id=workspace_id, prompt=prompt).values("version_id")
    ).first()
    if having is not None:
        return having.id
    newest = versions.first()
    version = Version.objects.create(
        workspace_id=workspace_id, product_id=product_id, number=newest.number + 1 if newest else 1
    )
    VersionPrompt.objects.create(workspace_id=workspace_id, version=version, prompt=prompt)
    return version.id
