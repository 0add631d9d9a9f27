"""The one gate for the API: authenticate, bound, decode, call, encode.

An endpoint is a function that takes an `ApiRequest` and, when it has one, the decoded body or query; it returns a
struct, a list of structs, or an `Answer` where the status or headers matter.
"""

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import TooManyFieldsSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import bad_request

from greenflash_site.api import limits
from greenflash_site.api.auth import Caller, authenticate
from greenflash_site.api.errors import (
    ApiError,
    error_response,
    forbidden,
    from_validation,
    invalid,
    not_found,
    unavailable,
)
from greenflash_site.api.retries import answer_once
from products.models import Scope
from products.models.ids import new_id

MAX_BODY = 8 * 1024 * 1024

logger = logging.getLogger(__name__)


class ApiRequest(HttpRequest):
    """A request with a good key."""

    caller: Caller
    request_id: UUID
    rate_headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer whose status or headers are not the ordinary ones."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A function and what the gate needs to know about it; the OpenAPI document is made from these."""

    function: Callable[..., Any]
    scope: Scope | None
    answer_type: type[Any]
    body: type[msgspec.Struct] | None
    query: type[msgspec.Struct] | None
    statuses: tuple[int, ...]

    def answer(self, request: ApiRequest, **path: Any) -> HttpResponse:
        """Call the function with what was decoded and encode what it returns."""
        if self.scope is None:
            return self._call(request, path)
        request.caller = authenticate(request)
        request.rate_headers = limits.take(request.caller)
        if request.caller.scope not in (Scope.ALL, self.scope):
            raise forbidden("wrong_scope", f"This API key may not do this: it is for '{request.caller.scope}' only.")
        if request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META:
            return answer_once(request, request.caller, partial(self._call, request, path))
        return self._call(request, path)

    def _call(self, request: ApiRequest, path: dict[str, Any]) -> HttpResponse:
        arguments = dict(path)
        if self.query is not None:
            arguments["query"] = decode_query(request, self.query)
        if self.body is not None:
            arguments["body"] = decode_body(request, self.body)
        result = self.function(request, **arguments)
        answer = result if isinstance(result, Answer) else Answer(body=result)
        return HttpResponse(
            msgspec.json.encode(answer.body),
            status=answer.status,
            content_type="application/json",
            headers=answer.headers,
        )


def endpoint(
    scope: Scope | None,
    *,
    answer: type[Any],
    body: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    statuses: tuple[int, ...] = (200,),
) -> Callable[[Callable[..., Any]], Endpoint]:
    """Make a function an endpoint that keys of `scope` (or of scope "all") may call; for None, anybody without a key.

    `answer` is what a success carries: a struct, or `list[Struct]` when it is paginated; `statuses` are those a success
    may have.
    """
    for struct in (body, query):
        if struct is not None:
            # msgspec learns a struct when it first decodes one, and crashes where two threads do so at once (0.22.0).
            # It does so now, on import.
            msgspec.json.Decoder(struct)
    return lambda function: Endpoint(
        function=function, scope=scope, answer_type=answer, body=body, query=query, statuses=statuses
    )


def resource(**methods: Endpoint) -> Callable[..., HttpResponse]:
    """The view of one path: `resource(GET=list_products, POST=…)`; other methods are 405, without any it is 404."""
    allow = ", ".join(methods)

    @csrf_exempt
    @login_not_required
    def view(request: ApiRequest, **path: Any) -> HttpResponse:
        request.request_id = new_id()
        request.rate_headers = {}
        try:
            if not methods:
                raise not_found("The API has no such path.")
            if (found := methods.get(request.method or "")) is None:
                raise ApiError(405, "method_not_allowed", f"Only {allow} here.", headers={"Allow": allow})
            response = found.answer(request, **path)
        except ApiError as error:
            response = error_response(error, request.request_id)
        except (OperationalError, psycopg.OperationalError) as error:
            logger.error("Request %s was not taken by the database: %s", request.request_id, error)
            response = error_response(unavailable(), request.request_id)
        except Exception:
            # Our own fault: the trace is for our log, the caller gets a request id to quote.
            logger.exception("Request %s failed", request.request_id)
            failure = ApiError(500, "internal_error", "Something went wrong on our side.")
            response = error_response(failure, request.request_id)
        response["X-Request-Id"] = str(request.request_id)
        for name, value in request.rate_headers.items():
            response[name] = value
        return response

    view.endpoints = methods  # type: ignore[attr-defined]  # for the document and the test that walks every route
    return view


def refuse_host(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: middleware refused a request before any view, most likely for its `Host`."""
    if not request.path.startswith("/api/"):
        return bad_request(request, exception)
    request_id = new_id()
    refusal = invalid("The server does not answer for this host. GREENFLASH_URL says which it is.", code="unknown_host")
    response = error_response(refusal, request_id)
    response["X-Request-Id"] = str(request_id)
    return response


def decode_query[T: msgspec.Struct](request: HttpRequest, struct: type[T]) -> T:
    """The query string as `struct`; the last of a repeated parameter counts, unknown ones are ignored."""
    try:
        values = request.GET.dict()
    except TooManyFieldsSent:
        raise invalid("There are too many parameters.", "$") from None
    if any("\0" in value for value in values.values()):
        raise invalid("A parameter holds a NUL character.", "$")
    try:
        query = msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        raise from_validation(error) from None
    for attribute, name in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True):
        if name in values and getattr(query, attribute) is None:
            # msgspec reads the word "null" as None; a parameter that is not meant is left out.
            raise invalid("A parameter cannot be null.", f"$.{name}")
    return query


def decode_body[T: msgspec.Struct](request: HttpRequest, struct: type[T]) -> T:
    """The JSON body as `struct`: bounded, unpacked, validated; ApiError 400, 413 or 415."""
    raw = _unpacked(request)
    try:
        raw.decode()  # msgspec does not look into the fields it passes over
        decoded = msgspec.json.decode(raw, type=struct)
        # Rare: a scan of the bytes tells whether the slow walk to name the place is needed at all.
        if rb"\u0000" in raw:
            _refuse_nul(msgspec.to_builtins(decoded), "$")
    except msgspec.ValidationError as error:
        raise from_validation(error) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise invalid(f"The body is not valid JSON: {error}.", code="invalid_json") from None
    return decoded


def _unpacked(request: HttpRequest) -> bytes:
    content_type, _, parameters = request.META.get("CONTENT_TYPE", "").partition(";")
    charset = parameters.lower().partition("charset=")[2].strip('" ')
    if content_type.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        raise ApiError(415, "unsupported_media_type", "Send JSON in UTF-8 with 'Content-Type: application/json'.")
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise _too_large()
    if encoding == "identity":
        return request.body
    if encoding != "gzip":
        raise ApiError(415, "unsupported_encoding", "Only 'Content-Encoding: gzip' is understood.")
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: gzip
    try:
        raw = unpacking.decompress(request.body, MAX_BODY + 1)
    except zlib.error:
        raise _invalid_gzip() from None
    if len(raw) > MAX_BODY:
        raise _too_large()
    if not unpacking.eof or unpacking.unused_data:
        raise _invalid_gzip()
    return raw


def _invalid_gzip() -> ApiError:
    return invalid("The body is not valid gzip.", code="invalid_gzip")


def _too_large() -> ApiError:
    return ApiError(
        413, "body_too_large", f"A body may have {MAX_BODY // 1024 // 1024} MiB. Send fewer messages a request."
    )


def _refuse_nul(value: Any, path: str) -> None:
    if isinstance(value, str) and "\0" in value:
        raise invalid("NUL characters cannot be stored.", path, code="nul_character")
    if isinstance(value, dict):
        for key, inner in value.items():
            _refuse_nul(str(key), path)
            _refuse_nul(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, f"{path}[{index}]")
