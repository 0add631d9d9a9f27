"""The one shape of every error of the API (Decision 2 of the contract, docs/api.md), and who raises what."""

import re
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from django.http import HttpResponse

TYPE_NAMES = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "uuid": "a UUID",
}


class ApiError(Exception):
    """An answer that is not a success: HTTP `status`, snake_case `code`, a sentence for a person.

    `path` names the field at fault ("$.messages[0].role"); `headers` go with the answer ("Retry-After").
    """

    def __init__(
        self, status: int, code: str, message: str, *, path: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.path = path
        self.headers = headers or {}


class ErrorBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """What an error looks like on the wire."""

    examples: ClassVar = {
        "A field at fault": {
            "success": False,
            "error": "Give exactly one of `role` and `messageType`.",
            "code": "invalid_value",
            "path": "$.messages[0]",
            "requestId": "0199f2d0-1b7c-7e42-8a35-6c9d0e1f2a3b",
        },
    }

    error: str
    """What is wrong, for a person."""
    code: str
    """What is wrong, for a program: snake_case."""
    request_id: UUID
    """What to quote when asking about it."""
    success: Annotated[bool, msgspec.Meta(extra_json_schema={"const": False})] = msgspec.field(default_factory=bool)
    path: str | None = None
    """The field at fault: `$` is the whole body, or the name of a parameter follows it."""
    message: str | None = None
    """The same as `error`, where there is no good key."""


def error_response(error: ApiError, request_id: UUID) -> HttpResponse:
    """The answer for `error`; 401 also carries `message`, as the SDKs' documentation shows it."""
    body = ErrorBody(
        error=error.message,
        code=error.code,
        request_id=request_id,
        path=error.path,
        message=error.message if error.status == 401 else None,
    )
    return HttpResponse(
        msgspec.json.encode(body), status=error.status, content_type="application/json", headers=error.headers
    )


def invalid(message: str, path: str | None = None, *, code: str = "invalid_value") -> ApiError:
    """400: a value that does not validate."""
    return ApiError(400, code, message, path=path)


def not_found(message: str = "There is nothing with this id here.", path: str | None = None) -> ApiError:
    """404: absent, or somebody else's; the answer is the same."""
    return ApiError(404, "not_found", message, path=path)


def forbidden(code: str, message: str) -> ApiError:
    """403: a good key without the right."""
    return ApiError(403, code, message)


def unavailable() -> ApiError:
    """503: the database cannot take the request now; nothing was stored."""
    return ApiError(
        503,
        "database_unavailable",
        "The database cannot take this request now. Try again shortly.",
        headers={"Retry-After": "2"},
    )


def from_validation(error: msgspec.ValidationError) -> ApiError:
    """400 for what msgspec refused: its first finding, in words, with the path of the field."""
    message, _, path = str(error).partition(" - at `")
    if " matching regex " in message:  # the one pattern there is, that of external ids
        message = "Control characters are not allowed"
    words = re.sub(r"`(\w+)`", lambda match: TYPE_NAMES.get(match[1], f"`{match[1]}`"), message).replace(" | ", " or ")
    return invalid(words.rstrip(".") + ".", path.rstrip("`") or "$")
