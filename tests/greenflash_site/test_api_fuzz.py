"""Requests that schemathesis makes from the document, right ones and wrong ones, to the real server.

Nothing may be answered 5xx or off the document; what is wrong is refused, and what is right is refused only for what no
schema can say. `make fuzz` sends ten times as many (`FUZZ_CASES`), others with another `FUZZ_SEED`.
"""

import json
import logging
import os
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok

from conversations.models import Conversation
from greenflash_site.api.openapi.document import document
from products.models import Product
from tests.conftest import tell
from tests.judge import PREFIX, judge

pytestmark = pytest.mark.django_db(transaction=True)

CASES = int(os.environ.get("FUZZ_CASES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
# Refusals of what a schema cannot say: depth, sizes of what is stored, what is not as it is stored.
BEYOND_SCHEMAS = {
    "conversation_ambiguous",
    "conversation_mismatch",
    "message_ambiguous",
    "message_mismatch",
    "nul_character",
    "number_too_large",
    "organization_mismatch",
    "parent_cycle",
    "product_required",
    "properties_too_large",
    "too_deep",
    "too_many_properties",
    "user_mismatch",
}

type Operation = schemathesis.APIOperation[Any, Any, Any, Any]
type Case = schemathesis.Case[Operation]

log = logging.getLogger(__name__)
# The document says in words that times lie between 1970 and tomorrow.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime(1970, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001 - hypothesis wants naive bounds
)


CONFIG = {
    # The key is on every request, and what is unknown is ignored: neither has a right and a wrong.
    "generation": {"with-security-parameters": False, "allow-extra-parameters": False},
    "checks": {
        "negative_data_rejection": {"expected-statuses": ["400", "404", "413", "414"]},
        "positive_data_acceptance": {"enabled": False},  # done below, by the code of the refusal
    },
}


SCHEMA = schemathesis.openapi.from_dict(document(), config=schemathesis.Config.from_dict(CONFIG))
OPERATIONS: list[Operation] = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]
# Bodies have the most to go wrong.
WEIGHTS = {operation.label: 4 if operation.body else 1 for operation in OPERATIONS}


@dataclass
class Known:
    """What the workspace has, for requests that speak of it."""

    product: str
    conversation: str
    message: str
    participant: str
    organization: str
    model: str

    @classmethod
    def of(cls, conversation: Conversation) -> "Known":
        assert conversation.organization_id is not None
        return cls(
            product=str(conversation.product_id),
            conversation=str(conversation.id),
            message=str(conversation.messages.get().id),
            participant=str(conversation.participant_id),
            organization=str(conversation.organization_id),
            model=str(conversation.workspace.models.get().id),
        )

    def put_into(self, case: Case) -> None:
        """Let valid ids in a request be those of what is there: everything else would be 404."""
        if isinstance(case.body, dict):
            case.body = deepcopy(case.body)  # it may be an example of the document itself
            self._put_into_body(case.body, case.operation.label)
        path = case.path_parameters
        for name, value in (
            ("interactionId", self.conversation),
            ("productId", self.product),
            ("modelId", self.model),
        ):
            if is_uuid(path.get(name)):
                path[name] = value
        if is_external_id(path.get("externalId")):
            path["externalId"] = "user-1" if case.operation.path.startswith("/users") else "acme"

    def _put_into_body(self, body: dict[str, Any], label: str) -> None:
        ids = {
            "productId": self.product,
            "conversationId": self.conversation,
            "messageId": self.message,
            "userId": self.participant,
            "organizationId": self.organization,
        }
        for name, value in ids.items():
            if is_uuid(body.get(name)):
                body[name] = value
        of = {"conversationId": "c1", "messageId": "m1", "userId": "user-1", "organizationId": "acme"}
        for name, external_id in of.items():
            other = f"external{name[0].upper()}{name[1:]}"
            named_by_both = is_uuid(body.get(name)) or (label != "POST /messages" and name != "organizationId")
            if named_by_both and is_external_id(body.get(other)):
                body[other] = external_id


def is_uuid(value: Any) -> bool:
    """Whether it is a UUID as the document has it."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def is_external_id(value: Any) -> bool:
    """Whether it is an external id of the document."""
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


def make_consistent(case: Case) -> None:
    """Settle what is valid for the schema and yet contradicts itself, or an earlier request."""
    if isinstance(case.body, dict):
        body: dict[str, Any] = with_whole_numbers(case.body)
        case.body = body
        if "ratingMin" in body:
            low, middle, high = sorted(body[name] for name in ("ratingMin", "rating", "ratingMax"))
            body |= {"ratingMin": low, "rating": middle, "ratingMax": high if low < high else high + 1 + abs(high)}
        for message in body.get("messages", []):
            if message.get("externalMessageId") == message.get("parentExternalMessageId"):
                message.pop("parentExternalMessageId", None)
    if case.headers.get("Idempotency-Key"):
        case.headers["Idempotency-Key"] = f"{uuid4()}{case.headers['Idempotency-Key']}"[:255]


def wrong_places(case: Case) -> set[ParameterLocation | None]:
    """Where a request is wrong on purpose."""
    phase = case.meta.phase.data if case.meta else None
    return {mutation.parameter_location for mutation in getattr(phase, "mutations", ())}


def with_whole_numbers(value: Any) -> Any:
    """The same JSON with 1 for 1.0, which JSON cannot tell apart; the server wants whole numbers written so."""
    if isinstance(value, dict):
        return {key: with_whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_it_answers_as_the_document_says(
    operation: Operation, mode: GenerationMode, server: str, api_key: str, product: Product
) -> None:
    if mode.is_negative and not operation.body and not list(operation.iter_parameters()):
        return  # nothing in it can be wrong
    known = Known.of(
        tell(
            product,
            {"role": "user", "content": "Hello", "externalMessageId": "m1"},
            externalConversationId="c1",
            externalOrganizationId="acme",
            model="gpt-4o",
        )
    )
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api_key}"
    answers: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=max(CASES * WEIGHTS[operation.label] // sum(WEIGHTS.values()) // 2, 1),
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), speaks_of_known=st.sampled_from([True, True, False]))
    def send(case: Case, *, speaks_of_known: bool) -> None:
        if mode.is_positive:
            make_consistent(case)
        elif ParameterLocation.BODY in wrong_places(case):
            # The header is looked at first, and the body is what has the most to go wrong.
            case.headers.pop("Idempotency-Key", None)
        if speaks_of_known:
            known.put_into(case)
        response = case.call(base_url=f"{server}{PREFIX}", session=session)
        case.validate_response(response)
        judge_answer(response)
        code = json.loads(response.content)["code"] if response.status_code >= 400 else ""
        answers[f"{response.status_code} {code}".strip()] += 1
        if mode.is_positive and response.status_code == 400:
            assert code in BEYOND_SCHEMAS, response.text

    send()
    log.info("%s %s: %s", operation.label, mode.value, dict(sorted(answers.items())))


def judge_answer(response: schemathesis.Response) -> None:
    """Put an answer before the judge, together with what was sent."""
    request = response.request
    assert isinstance(request, requests.PreparedRequest)
    sent = request.body.encode() if isinstance(request.body, str) else request.body
    assert sent is None or isinstance(sent, bytes)
    url = urlsplit(str(request.url))
    judge(
        method=str(request.method),
        url=f"{url.path}?{url.query}",
        status=response.status_code,
        headers={name: values[0] for name, values in response.headers.items()},
        content=response.content,
        sent=sent,
    )
