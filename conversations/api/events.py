"""Events in."""

from typing import ClassVar

import msgspec

from conversations.ingest.events import CreateEvent, store_event
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.schemas import Succeeded
from greenflash_site.api.retries import Attempt
from products.models import Scope


class EventCreated(msgspec.Struct, rename="camel", kw_only=True):
    """The event that is stored; what was sampled out says `sampledOut` and has an empty id."""

    examples: ClassVar = {"Stored": {"success": True, "eventId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a50"}}

    success: Succeeded = True
    event_id: str
    """Our id of the event; of a repeated `insertId`, that of the first."""
    sampled_out: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether the sample rate dropped the event; nothing was stored then."""


@endpoint(Scope.INGEST, body=CreateEvent, answer=EventCreated, statuses=(200, 201))
def create_event(request: ApiRequest, body: CreateEvent) -> Answer:
    """Store an event: 201 when it is new, 200 when its `insertId` was known or it was sampled out."""
    stored = store_event(body, caller=request.caller, attempt=Attempt.of(request, request.caller))
    if stored.id is None:
        return Answer(body=EventCreated(event_id="", sampled_out=True))
    return Answer(body=EventCreated(event_id=str(stored.id)), status=201 if stored.created else 200)
