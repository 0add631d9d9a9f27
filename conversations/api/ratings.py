"""Ratings in."""

from typing import ClassVar

import msgspec

from conversations.ingest.ratings import LogRating, store_rating
from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.schemas import Succeeded
from greenflash_site.api.retries import Attempt
from products.models import Scope


class RatingLogged(msgspec.Struct):
    """The rating is kept."""

    examples: ClassVar = {"Kept": {"success": True}}

    success: Succeeded = True


@endpoint(Scope.INGEST, body=LogRating, answer=RatingLogged, statuses=(201,))
def log_rating(request: ApiRequest, body: LogRating) -> Answer:
    """Keep a rating of a message or a conversation, which shows the latest it got."""
    store_rating(body, caller=request.caller, attempt=Attempt.of(request, request.caller))
    return Answer(body=RatingLogged(), status=201)
