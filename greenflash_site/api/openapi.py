"""`GET /api/v1/openapi.json`: the API in OpenAPI 3.1, made from the endpoints of `urls.py` and their structs."""

import inspect
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from django.conf import settings
from django.urls import URLPattern, get_resolver
from django.utils.cache import get_conditional_response

from greenflash_site.api.endpoint import Answer, ApiRequest, Endpoint, endpoint
from greenflash_site.api.errors import ErrorBody
from greenflash_site.api.schemas import Schema, schema_of, schemas_of

ERRORS = {
    400: "A value that does not validate, or bytes that do not parse; `path` names the field at fault.",
    401: "No API key, or none that is known.",
    403: "A good key without the right: its scope, its environment or its products do not allow this.",
    404: "Not there, or not yours: the answer is the same.",
    405: "The path has no such method; `Allow` names those it has.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "Not JSON in UTF-8, or packed otherwise than with gzip.",
    429: "The key has used up its requests of this minute.",
    431: "The headers are too many or too large.",
    500: "Our fault. Nothing was stored.",
    503: "The server or its database cannot take the request now. Nothing was stored: send it again.",
}
HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "What to quote when asking about this request.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "RateLimit-Limit": {
        "description": "How many requests the key may send a minute. Not there where there is no limit.",
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
        "description": "The first, previous and next page (RFC 8288); without `next` this one is the last.",
        "required": True,
        "schema": {"type": "string", "pattern": '^<[^>]+>; rel="first"'},
        "example": '<https://greenflash.example.com/api/v1/users?limit=50&offset=0>; rel="first"',
    },
    "ETag": {"required": True, "schema": {"type": "string", "pattern": '^"[^"]+"$'}},
    "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}},
    "Allow": {"required": True, "schema": {"type": "string", "pattern": "^[A-Z]+(, [A-Z]+)*$"}},
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1, "maximum": 60},
    },
}
ALWAYS = ("X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS_OF = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}


@endpoint(None, answer=dict[str, Any], statuses=(200, 304))
def get_document(request: ApiRequest) -> Answer:
    """This document, in OpenAPI 3.1.

    It needs no key. It changes only with a new version of the server: send its `ETag` as `If-None-Match`.
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


@cache
def document() -> dict[str, Any]:
    """The whole document; made once per process, on first use."""
    operations = list(_operations())
    bodies = [endpoint.body for _, _, endpoint in operations if endpoint.body is not None]
    paths: dict[str, dict[str, Any]] = {}
    for path, method, answering in operations:
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, answering)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Greenflash API", "version": "1.4.0"},
        "servers": [{"url": f"{settings.GREENFLASH.url}/api/v1"}],
        "security": [{"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": {
                **schemas_of(bodies, answers=False),
                **schemas_of([*(endpoint.answer_type for _, _, endpoint in operations), ErrorBody], answers=True),
            },
            "responses": {_name(status): _error(status) for status in ERRORS},
            "headers": HEADERS,
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations() -> Iterator[tuple[str, str, Endpoint]]:
    """Each path as OpenAPI writes it, method and endpoint."""
    for pattern in get_resolver("greenflash_site.api.urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: f"{{{_camel(name[1])}}}", str(pattern.pattern))
        for method, answering in getattr(pattern.callback, "endpoints", {}).items():
            yield path, method, answering


def _operation(path: str, method: str, endpoint: Endpoint) -> dict[str, Any]:
    resource = re.split(r"[/.]", path)[1]
    verb = endpoint.function.__name__.partition("_")[0]
    summary, _, description = inspect.cleandoc(endpoint.function.__doc__ or "").partition("\n\n")
    parameters = [*_path_parameters(path, endpoint), *_query_parameters(endpoint)]
    operation: dict[str, Any] = {
        "operationId": f"{resource}.{verb}",
        "tags": [resource],
        "summary": summary.replace("\n", " ").rstrip("."),
        "description": description,
        "security": [] if endpoint.scope is None else None,
        "parameters": parameters,
        "requestBody": None,
        "responses": {},
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of(endpoint.body)}},
        }
    for status in endpoint.statuses:
        operation["responses"][str(status)] = _success(status, endpoint)
    for status in ERRORS:
        if _may_be(status, path, endpoint):
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
    return {key: value for key, value in operation.items() if value or (key == "security" and value is not None)}


def _may_be(status: int, path: str, endpoint: Endpoint) -> bool:
    match status:
        case 404:
            return "{" in path or endpoint.body is not None
        case 405:  # of a path, not of a method that it has
            return False
        case 415:
            return endpoint.body is not None
        case 401 | 403 | 429:
            return endpoint.scope is not None
        case _:
            return True


def _path_parameters(path: str, endpoint: Endpoint) -> list[dict[str, Any]]:
    hints = get_type_hints(endpoint.function, include_extras=True)
    named = {_camel(name): hint for name, hint in hints.items()}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema_of(named[name])}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    (schema,) = schemas_of([endpoint.query], answers=False).values()
    return [
        {"name": name, "in": "query", "schema": _without_null(property)}
        for name, property in schema["properties"].items()
    ]


def _without_null(schema: Schema) -> Schema:
    """A parameter has no way to be null: it is left out."""
    match schema.get("type"):
        case [type, "null"]:
            return {**schema, "type": type}
        case _:
            return schema


def _success(status: int, endpoint: Endpoint) -> dict[str, Any]:
    if status == 304:
        return {"description": "What you have is the newest.", "headers": _headers(("ETag", "X-Request-Id"))}
    answer = endpoint.answer_type
    headers = ("Link", *ALWAYS) if get_origin(answer) is list else ALWAYS
    if 304 in endpoint.statuses:
        headers = ("ETag", *headers)
    struct = get_args(answer)[0] if get_origin(answer) is list else answer
    return {
        "description": inspect.cleandoc(struct.__doc__ or ""),
        "headers": _headers(headers),
        "content": {"application/json": {"schema": schema_of(answer)}},
    }


def _error(status: int) -> dict[str, Any]:
    return {
        "description": ERRORS[status],
        "headers": _headers((*HEADERS_OF.get(status, ()), *ALWAYS)),
        "content": {"application/json": {"schema": schema_of(ErrorBody)}},
    }


def _headers(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _name(status: int) -> str:
    """The name of an error's response: NotFound."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
