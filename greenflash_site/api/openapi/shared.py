"""What the document says of all endpoints together: its introduction, errors, headers and shared parameters."""

from http import HTTPStatus
from typing import Any

from greenflash_site.api.errors import ErrorBody
from greenflash_site.api.openapi.schemas import Schema, content_of
from greenflash_site.api.retries import KEY_LENGTH

# The version of the official clients' API that this one answers.
VERSION = "1.4.0"
DESCRIPTION = """\
Send conversations with one call, then read them. The official Greenflash clients (1.4.0) work unchanged: point them
here with `GREENFLASH_BASE_URL`.

- **Keys.** Every request carries `Authorization: Bearer gf_…`. What is another organization's, or out of a key's reach
  to know of, answers 404 as if it were not there.
- **Bodies** are JSON in UTF-8, up to 8 MiB, also after `Content-Encoding: gzip`. Fields nobody knows are ignored,
  `null` is as good as absent, NUL characters are refused. JSON may be 32 levels deep.
- **Lists** are bare arrays. The `Link` header leads to the first, previous and next page; nothing is counted.
- **Errors** have one shape. `code` is for programs, `error` for people, `path` names the field at fault, and
  `requestId` (also the header `X-Request-Id`) is what to quote when asking.
- **Sending again** is safe with external ids or an `Idempotency-Key`. A success is answered after the commit.
- **Limits.** A key may send so many requests a minute; the `RateLimit-…` headers tell how many are left.
"""
ERRORS = {
    400: "A value does not validate, or the bytes do not parse. `path` names the field at fault.",
    401: "There is no API key, or none that is known.",
    403: "A good key without the right: its scope, environment or products do not allow this.",
    404: "It is not there, or not yours: the answer is the same.",
    405: "The path has no such method; `Allow` names those it has.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "The body is not JSON in UTF-8, or is packed otherwise than with gzip.",
    429: "The key has used up its requests of this minute.",
    431: "The headers are too many or too large.",
    500: "Our fault; quote `requestId` when asking.",
    503: "The server or its database cannot take the request now: send it again.",
}
HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "What to quote when asking about this request.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "RateLimit-Limit": {
        "description": "How many requests the key may send a minute. Absent where there is no limit.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {
        "description": "How many of them are left in this minute.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Reset": {
        "description": "Seconds until the next minute begins.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 60},
    },
    "Link": {
        "description": "The first, previous and next page (RFC 8288); without `next` this is the last.",
        "required": True,
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="first"(, <[^>]+>; rel="(prev|next)"){0,2}$'},
        "example": '<https://greenflash.example.com/api/v1/interactions?limit=50&offset=0>; rel="first"',
    },
    "ETag": {
        "description": "Names this state of the content; send it as `If-None-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Allow": {
        "description": "The methods that the path has.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Z]+(, [A-Z]+)*$"},
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": 60},
    },
}
ALWAYS = ("X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS_OF = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text of your own. The same request under the same key within 24 hours is stored once and gets"
    " the same answer; another request under it is refused. What was refused leaves its key free.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}


def error_response(status: int) -> dict[str, Any]:
    """The Response Object of an error."""
    return {
        "description": ERRORS[status],
        "headers": header_references((*HEADERS_OF.get(status, ()), *ALWAYS)),
        "content": content_of(ErrorBody),
    }


def error_name(status: int) -> str:
    """The name of an error's response: NotFound."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())


def header_references(names: tuple[str, ...]) -> dict[str, Any]:
    """These headers of `HEADERS`, referred to."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
