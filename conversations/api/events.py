"""Events in."""

import msgspec

from conversations.ingest.events import CreateEvent, store_event
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.retries import Attempt
from products.models import Scope


class EventCreated(msgspec.Struct, rename="camel", kw_only=True):
    """The event that is stored; what was sampled out says `sampledOut` and has an empty id."""

    success: bool = True
    event_id: str
    sampled_out: bool | msgspec.UnsetType = msgspec.UNSET


@endpoint(Scope.INGEST, body=CreateEvent, answer=EventCreated, statuses=(200, 201))
def create_event(request: ApiRequest, body: CreateEvent) -> Answer:
    """Store an event: 201 when it is new, 200 when its `insertId` was known or it was sampled out."""
    stored = store_event(body, caller=request.caller, attempt=Attempt.of(request, request.caller))
    if stored.id is None:
        return Answer(body=EventCreated(event_id="", sampled_out=True))
    return Answer(body=EventCreated(event_id=str(stored.id)), status=201 if stored.created else 200)
