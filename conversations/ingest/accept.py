"""The one way in: a decoded request becomes rows by one call, in one transaction, in one round trip.

Called by the endpoint and by our own commands; `accept.sql` beside this file is what is called in the database.
"""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from conversations.ingest.contract import AcceptedMessage, CreateMessages, MessagesCreated, SystemPrompt
from conversations.ingest.model_names import learn_models, unknown_models
from conversations.ingest.prompts import StoredPrompt, is_known, resolve_prompt
from conversations.ingest.refusals import conversation_path, refusal
from conversations.ingest.rows import Row, message_rows
from conversations.ingest.rules import check_properties
from conversations.ingest.sampling import count_sampled_out, is_kept
from conversations.ingest.statement import Outcome, arguments, store
from conversations.models import Conversation, Message
from greenflash_site.api.auth import Caller
from greenflash_site.api.errors import ApiError, forbidden
from greenflash_site.api.retries import Attempt, stored_once


@dataclass(frozen=True)
class Accepted:
    """What became of a request, and whether it created anything (201) or only matched (200)."""

    answer: MessagesCreated
    created: bool


def accept(
    body: CreateMessages, *, caller: Caller, attempt: Attempt | None = None, now: datetime | None = None
) -> Accepted:
    """Store a request whole or not at all; it is committed when this returns (or with the caller's transaction).

    `attempt` tells a request that is sent again. `now` is the time of arrival (the demo tells its story at times
    past). Raises ApiError: 400 for what does not validate, 403 for a product out of the key's reach, 404 for what is
    not in its workspace.
    """
    now = now or datetime.now(UTC)
    # Before anything is dropped: what does not validate is told whatever the sample rate.
    _check(body)
    rows = message_rows(body, now)
    caller = caller.reaching(body.product_id)
    if body.product_id is not None and not _is_kept(body, body.product_id):
        return _sampled_out(caller, body.product_id, now)
    return stored_once(
        attempt,
        earlier=lambda attempt: _earlier(body, rows, caller=caller, attempt=attempt, now=now),
        store=lambda: _accept(body, rows, caller=caller, attempt=attempt, now=now),
    )


def _accept(
    body: CreateMessages, rows: Sequence[Row], *, caller: Caller, attempt: Attempt | None, now: datetime
) -> Accepted:
    product_id = _prompted_product(body, caller)
    with transaction.atomic() if _is_new_prompt(body, product_id) else nullcontext():
        prompt = _prompt(body, caller, product_id, now)
        models = [body.model, *(message.model for message in body.messages)]
        new_models = unknown_models(caller.workspace_id, models)

        def run(caller: Caller) -> Outcome:
            return store(
                arguments(
                    body, caller=caller, rows=rows, prompt=prompt, new_models=new_models, attempt=attempt, now=now
                )
            )

        outcome = run(caller)
        if outcome.problem in {"product_out_of_reach", "product_required"}:
            # Perhaps of a product made within the last second, which this process does not know of yet.
            outcome = run(caller.reload())
        if outcome.problem == "product_required" and (dropped := _dropped_from(body, caller)) is not None:
            return _sampled_out(caller, dropped, now)
        if outcome.problem is not None:
            raise _refusal(outcome.problem, body, caller)
        if new_models:
            transaction.on_commit(lambda: learn_models(caller.workspace_id, new_models))
    known = msgspec.json.decode(outcome.existing, type=dict[str, tuple[str, str]])
    answer = _answer(body, outcome.conversation_id, _outcomes(body, rows, known), prompt)
    created = outcome.created or any(each.status == "created" for each in answer.messages)
    return Accepted(answer, created=created)


def _check(body: CreateMessages) -> None:
    """Refuse what the types of the request as a whole cannot."""
    check_properties(body.properties, "$.properties")
    if body.voice_call is not None:
        check_properties(body.voice_call.structured_outputs, "$.voiceCall.structuredOutputs")
    if isinstance(body.system_prompt, SystemPrompt):
        check_properties(body.system_prompt.variables, "$.systemPrompt.variables")


def _refusal(problem: str, body: CreateMessages, caller: Caller) -> ApiError:
    code, _, index = problem.partition(":")
    match code:
        case "product_out_of_reach":
            kind = f" is for {caller.environment} only and" if caller.environment else ""
            return forbidden(code, f"This API key{kind} may not be used for this conversation's product.")
        case "product_required":
            return refusal(code, "$.productId")
        case "parent_not_found":
            return refusal(code, f"$.messages[{index}].parentMessageId")
        case _:
            return refusal(code, conversation_path(body.conversation_id))


def _prompted_product(body: CreateMessages, caller: Caller) -> UUID | None:
    """The product whose system prompt is sent; None without one, or where the conversation is not there."""
    if not body.system_prompt or body.product_id is not None:
        return body.product_id if body.system_prompt else None
    conversations = Conversation.objects.filter(workspace_id=caller.workspace_id, product_id__in=list(caller.versions))
    if body.conversation_id is not None:
        conversations = conversations.filter(id=body.conversation_id)
    else:
        conversations = conversations.filter(external_id=body.external_conversation_id)
    return conversations.values_list("product_id", flat=True).first()


def _is_new_prompt(body: CreateMessages, product_id: UUID | None) -> bool:
    return product_id is not None and not is_known(body.system_prompt or "", product_id)


def _prompt(body: CreateMessages, caller: Caller, product_id: UUID | None, now: datetime) -> StoredPrompt | None:
    if product_id is None:
        return None
    return resolve_prompt(body.system_prompt or "", workspace_id=caller.workspace_id, product_id=product_id, now=now)


def _is_kept(body: CreateMessages, product_id: UUID) -> bool:
    """Whether the sample rate keeps the request. A conversation named by our id is here, so it was kept."""
    if body.force_sample or body.conversation_id is not None:
        return True
    return is_kept(body.sample_rate, str(product_id), body.external_conversation_id or secrets.token_hex())


def _dropped_from(body: CreateMessages, caller: Caller) -> UUID | None:
    """A product that would have dropped this conversation, which is not here and whose product is not named."""
    return next((product_id for product_id in caller.versions if not _is_kept(body, product_id)), None)


def _sampled_out(caller: Caller, product_id: UUID, now: datetime) -> Accepted:
    count_sampled_out("messages", workspace_id=caller.workspace_id, product_id=product_id, now=now)
    return Accepted(MessagesCreated(conversation_id="", messages=[], sampled_out=True), created=False)


def _earlier(
    body: CreateMessages, rows: Sequence[Row], *, caller: Caller, attempt: Attempt, now: datetime
) -> Accepted | None:
    """The answer to an earlier sending of this very request, made from what it stored; None if there was none."""
    messages = Message.objects.filter(workspace_id=caller.workspace_id)
    latest_first = messages.select_related("conversation").order_by("-received_at")
    first = attempt.earlier(latest_first, now, arrival="received_at")
    if first is None:
        return None
    conversation = first.conversation
    made = list(
        messages.filter(
            conversation=conversation, received_at=first.received_at, position__gte=first.position
        ).order_by("position")
    )
    sent = {message.external_message_id for message in body.messages} - {message.external_id for message in made}
    before = messages.called([id for id in sent if id is not None], conversation=conversation)
    known = {message.external_id or "": (str(message.id), message.type) for message in before}
    fresh = [row for row in rows if row.external_id not in known]
    if len(fresh) != len(made):
        return None
    for row, message in zip(fresh, made, strict=True):
        row.id = str(message.id)
    product_id = conversation.product_id if body.system_prompt else None
    prompt = _prompt(body, caller, product_id, now)
    return Accepted(_answer(body, str(conversation.id), _outcomes(body, rows, known), prompt), created=True)


def _outcomes(body: CreateMessages, rows: Sequence[Row], known: Mapping[str, tuple[str, str]]) -> list[AcceptedMessage]:
    """What became of each message: `rows` are those of the request, `known` what was there before by external id."""
    by_place = {row.i: row for row in rows}
    by_external_id = {row.external_id: row for row in rows}
    outcomes = []
    for i, message in enumerate(body.messages):
        external_id = message.external_message_id
        row = by_place.get(i) or by_external_id[external_id]
        stored = known.get(external_id) if external_id else None
        id, type = stored or (row.id, row.type)
        outcomes.append(
            AcceptedMessage(
                message_id=id,
                message_type=type,
                status="created" if stored is None and row.i == i else "deduplicated",
                external_message_id=external_id,
            )
        )
    return outcomes


def _answer(
    body: CreateMessages, conversation_id: str, outcomes: list[AcceptedMessage], prompt: StoredPrompt | None
) -> MessagesCreated:
    sent = body.system_prompt
    return MessagesCreated(
        conversation_id=conversation_id,
        messages=outcomes,
        system_prompt_prompt_id=str(prompt.id) if prompt else "",
        system_prompt_component_ids=list(prompt.component_ids) if prompt else [],
        prompt_variables=(sent.variables if isinstance(sent, SystemPrompt) else None) or msgspec.UNSET,
    )
