"""The API in OpenAPI 3.1, made from the endpoints of `urls.py` and their structs.

Nothing is registered: whatever has a path there is in the document, told by its docstrings and types (`schemas.py`).
Tests put every answer they get before it (tests/judge.py), so what it says is so.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_origin, get_type_hints

from django.conf import settings
from django.urls import URLPattern, get_resolver

from greenflash_site.api.endpoint import Endpoint
from greenflash_site.api.errors import ErrorBody
from greenflash_site.api.openapi.schemas import Schema, content_of, schema_of, schemas_of, without_null
from greenflash_site.api.openapi.shared import (
    ALWAYS,
    DESCRIPTION,
    ERRORS,
    HEADERS,
    IDEMPOTENCY_KEY,
    VERSION,
    error_name,
    error_response,
    header_references,
)


@cache
def document() -> dict[str, Any]:
    """The whole document; made once per process, when it is first asked for (in 0.2 s)."""
    every = list(operations())
    paths: dict[str, dict[str, Any]] = {}
    for operation in every:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Greenflash API",
            "version": VERSION,
            "summary": "Understand your AI conversations.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{settings.GREENFLASH.url}/api/v1"}],
        "security": [{"apiKey": []}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in every)],
        "paths": paths,
        "components": {
            "schemas": {
                **schemas_of([one.endpoint.body for one in every if one.endpoint.body], answers=False),
                **schemas_of([*(one.endpoint.answer_type for one in every), ErrorBody], answers=True),
            },
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "headers": HEADERS,
            "responses": {error_name(status): error_response(status) for status in ERRORS},
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "A key of your organization: `gf_…`."}
            },
        },
    }


@dataclass(frozen=True)
class Operation:
    """One endpoint where it is found: path as OpenAPI writes it, method."""

    path: str
    method: str
    endpoint: Endpoint

    @property
    def tag(self) -> str:
        """The resource: the first word of the path."""
        return re.split(r"[/.]", self.path)[1]

    @property
    def id(self) -> str:
        """As the official clients call it: `interactions.list` for `list_interactions`."""
        return f"{self.tag}.{self.endpoint.function.__name__.partition('_')[0]}"


def operations() -> Iterator[Operation]:
    """Every endpoint that has a path."""
    for pattern in get_resolver("greenflash_site.api.urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: f"{{{_camel(name[1])}}}", str(pattern.pattern))
        for method, found in getattr(pattern.callback, "endpoints", {}).items():
            yield Operation(path, method, found)


def _describe(operation: Operation) -> dict[str, Any]:
    """The Operation Object."""
    endpoint = operation.endpoint
    summary, _, description = inspect.cleandoc(endpoint.function.__doc__ or "").partition("\n\n")
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": summary.replace("\n", " ").rstrip("."),
    }
    if description:
        described["description"] = description
    if endpoint.scope is None:
        described["security"] = []
    if parameters := [*_path_parameters(operation), *_query_parameters(endpoint), *_header_parameters(operation)]:
        described["parameters"] = parameters
    if endpoint.body is not None:
        described["requestBody"] = {
            "description": "It may be packed: `Content-Encoding: gzip`.",
            "required": True,
            "content": content_of(endpoint.body),
        }
    described["responses"] = {
        **{str(status): _success(status, endpoint) for status in endpoint.statuses},
        **{
            str(status): {"$ref": f"#/components/responses/{error_name(status)}"}
            for status in ERRORS
            if _may_be(status, operation)
        },
    }
    return described


def _may_be(status: int, operation: Operation) -> bool:
    """Whether an operation may answer with this error; most are the gate's or the front's, which all pass."""
    match status:
        case 401 | 403 | 429:
            return operation.endpoint.scope is not None
        case 404:
            return "{" in operation.path or operation.endpoint.body is not None
        case 405:  # of a path, not of a method that it has
            return False
        case 415:
            return operation.endpoint.body is not None
        case _:
            return True


def _path_parameters(operation: Operation) -> list[Schema]:
    hints = get_type_hints(operation.endpoint.function, include_extras=True)
    named = {_camel(name): hint for name, hint in hints.items()}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema_of(named[name])}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Schema]:
    if endpoint.query is None:
        return []
    (schema,) = schemas_of([endpoint.query], answers=False).values()
    parameters = []
    for name, property in schema["properties"].items():
        # A parameter has no way to be null: it is left out.
        schema = without_null(property)
        description = schema.pop("description", None)
        parameters.append({"name": name, "in": "query", "schema": schema})
        if description:
            parameters[-1]["description"] = description
    return parameters


def _header_parameters(operation: Operation) -> list[Schema]:
    return [{"$ref": "#/components/parameters/IdempotencyKey"}] if operation.method == "POST" else []


def _success(status: int, endpoint: Endpoint) -> dict[str, Any]:
    """The Response Object of an answer that is no error."""
    if status == 304:
        return {"description": "What you have is the newest.", "headers": header_references(("ETag", "X-Request-Id"))}
    is_list = get_origin(endpoint.answer_type) is list
    descriptions = {200: "Nothing was new." if 201 in endpoint.statuses else "As asked for.", 201: "Something is new."}
    headers = (
        *(["Link"] if is_list else []),
        *(["ETag"] if 304 in endpoint.statuses else []),
        *(ALWAYS if endpoint.scope is not None else ALWAYS[:1]),
    )
    return {
        "description": descriptions[status],
        "headers": header_references(headers),
        "content": content_of(endpoint.answer_type),
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
