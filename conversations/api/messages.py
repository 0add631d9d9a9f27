"""Messages in."""

from conversations.ingest.accept import accept
from conversations.ingest.contract import CreateMessages, MessagesCreated
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.retries import Attempt
from products.models import Scope


@endpoint(Scope.INGEST, body=CreateMessages, answer=MessagesCreated, statuses=(200, 201))
def create_messages(request: ApiRequest, body: CreateMessages) -> Answer:
    """Store messages of one conversation: 201 when any is new, 200 when all were known."""
    accepted = accept(body, caller=request.caller, attempt=Attempt.of(request, request.caller))
    return Answer(body=accepted.answer, status=201 if accepted.created else 200)
