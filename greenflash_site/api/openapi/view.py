"""`GET /api/v1/openapi.json`."""

from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
from django.utils.cache import get_conditional_response

from greenflash_site.api.endpoint import Answer, ApiRequest, endpoint
from greenflash_site.api.openapi.document import document


@endpoint(None, answer=dict[str, Any], statuses=(200, 304))
def get_document(request: ApiRequest) -> Answer:
    """This document, in OpenAPI 3.1.

    It needs no key. It changes only with the version of the server: send its `ETag` as `If-None-Match`.
    """
    content, etag = _encoded()
    if get_conditional_response(request, etag=etag) is not None:
        return Answer(body=msgspec.Raw(b""), status=304, headers={"ETag": etag})
    return Answer(body=msgspec.Raw(content), headers={"ETag": etag})


@cache
def _encoded() -> tuple[bytes, str]:
    """The document as it is sent, and its ETag."""
    content = msgspec.json.encode(document())
    return content, f'"{sha256(content).hexdigest()[:32]}"'
