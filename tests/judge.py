"""The judge of every answer: the API's own OpenAPI document. `conftest.py` puts each answer of each test before it."""

import gzip
import re
import zlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import cache, wraps
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import jsonschema_rs
import msgspec
from django.test.client import ClientHandler, FakePayload

from greenflash_site.api.openapi.document import document
from greenflash_site.server.front import METHODS

PREFIX = "/api/v1"


class OffTheDocument(AssertionError):
    """An answer that the document does not describe."""


def judge(
    *, method: str, url: str, status: int, headers: dict[str, str], content: bytes, sent: bytes | None = None
) -> None:
    """Raise OffTheDocument unless the document allows this answer; `sent` is the body of the request, unpacked.

    `url` is what was asked for, from the path on; anything outside the API is let pass.
    """
    if not urlsplit(url).path.startswith(f"{PREFIX}/"):
        return
    told = f"{method} {url} was answered {status} {content[:2000]!r}"
    item, in_path = find_path(urlsplit(url).path.removeprefix(PREFIX))
    operation = item.get(method.lower())
    responses = operation["responses"] if operation else elsewhere(method, item)
    if str(status) not in responses:
        raise OffTheDocument(f"{told}: not one of {', '.join(responses)}")
    response = resolved(responses[str(status)])
    check_headers(response, headers, told)
    if method != "HEAD":
        check_content(response, headers, content, told)
    if operation and 200 <= status < 300:
        in_query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        check_parameters(operation, {"path": in_path, "query": in_query}, told)
        check_body(operation, sent, told)


def find_path(path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The path item whose template fits, and its parameters; an id may hold a slash, which was encoded on the wire."""
    for pattern, item in templates():
        if found := pattern.fullmatch(path):
            return item, {name: unquote(value) for name, value in found.groupdict().items()}
    return {}, {}


def elsewhere(method: str, item: dict[str, Any]) -> dict[str, Any]:
    """What may be answered where a path has no such operation, or there is no such path."""
    shared = ["BadRequest", "InternalServerError", "MethodNotAllowed" if item else "NotFound"]
    if method not in METHODS:
        shared.append("MethodNotAllowed")
    statuses = {"BadRequest": "400", "InternalServerError": "500", "MethodNotAllowed": "405", "NotFound": "404"}
    return {statuses[name]: {"$ref": f"#/components/responses/{name}"} for name in shared}


def check_headers(response: dict[str, Any], headers: dict[str, str], told: str) -> None:
    """Each header that is documented is there if it must be, and as its schema says; none of ours is undocumented."""
    given = {name.lower(): value for name, value in headers.items()}
    documented = {name.lower(): resolved(header) for name, header in response.get("headers", {}).items()}
    for name, header in documented.items():
        if name not in given:
            if header.get("required"):
                raise OffTheDocument(f"{told} without {name}")
            continue
        value: Any = given[name]
        if header["schema"].get("type") == "integer" and value.isdecimal():
            value = int(value)
        refuse_errors(header["schema"], value, f"{told} with {name}: {value}")
    ours = {name.lower() for name in document()["components"]["headers"]}
    if unknown := (given.keys() & ours) - documented.keys():
        raise OffTheDocument(f"{told} with {', '.join(unknown)}")


def check_content(response: dict[str, Any], headers: dict[str, str], content: bytes, told: str) -> None:
    """The body is of the documented type and shape."""
    documented = response.get("content")
    if documented is None:
        if content:
            raise OffTheDocument(f"{told}: no body is documented")
        return
    content_type = {name.lower(): value for name, value in headers.items()}.get("content-type", "")
    if content_type not in documented:
        raise OffTheDocument(f"{told} as {content_type!r}")
    try:
        value = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise OffTheDocument(f"{told}: {error}") from None
    refuse_errors(documented[content_type]["schema"], value, told)


def check_parameters(operation: dict[str, Any], given: dict[str, dict[str, str]], told: str) -> None:
    """The parameters that were taken, by where they were, are such as the document describes."""
    for parameter in map(resolved, operation.get("parameters", [])):
        value: Any = given.get(parameter["in"], {}).get(parameter["name"])
        if value is not None:
            if parameter["schema"].get("type") == "integer":
                value = float(value)
            refuse_errors(parameter["schema"], value, f"{told} to {parameter['name']}")


def check_body(operation: dict[str, Any], sent: bytes | None, told: str) -> None:
    """The body that was taken is such as the document describes."""
    if sent is not None and "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        refuse_errors(schema, msgspec.json.decode(sent), f"{told} to {sent!r}", sent=True)


def refuse_errors(schema: dict[str, Any], value: Any, told: str, *, sent: bool = False) -> None:
    """Raise OffTheDocument for the first errors of a value, which was answered or `sent`."""
    if errors := list(validator(msgspec.json.encode(schema), sent=sent).iter_errors(value)):
        found = "; ".join(
            f"{error.message[:500]} at /{'/'.join(map(str, error.instance_path))}" for error in errors[:3]
        )
        raise OffTheDocument(f"{told[:3000]}: {found}")


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what it refers to."""
    while "$ref" in node:
        target: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


@cache
def templates() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """The paths as patterns, those with the fewest parameters and the most words first."""
    paths = sorted(document()["paths"].items(), key=lambda item: (item[0].count("{"), -item[0].count("/")))
    return [(re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(path))), item) for path, item in paths]


@cache
def validator(schema: bytes, *, sent: bool) -> Any:
    """A validator of a schema that may refer to the document's components; formats are checked.

    Times are taken in more forms than their format promises: dates, and those without an offset.
    """
    root = {**msgspec.json.decode(schema), "components": document()["components"]}
    formats = {"date-time": is_time} if sent else None
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True, formats=formats)


def is_time(text: str) -> bool:
    """Whether it is ISO 8601 of any form."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def attach() -> None:
    """Put every answer that a Django test client or an httpx client (so the official SDK) gets before the judge."""
    ClientHandler.__call__ = _judged_handler(ClientHandler.__call__)  # type: ignore[method-assign]
    httpx.Client.send = _judged_send(httpx.Client.send)  # type: ignore[method-assign]
    httpx.AsyncClient.send = _judged_async_send(httpx.AsyncClient.send)  # type: ignore[method-assign]


def _judged_handler(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def judged(handler: ClientHandler, environ: dict[str, Any]) -> Any:
        sent = environ["wsgi.input"].read() if "wsgi.input" in environ else b""
        response = call(handler, {**environ, "wsgi.input": FakePayload(sent)})
        judge(
            method=environ["REQUEST_METHOD"],
            url=response.wsgi_request.get_full_path(),
            status=response.status_code,
            headers=dict(response.items()),
            content=b"" if response.streaming else response.content,
            sent=unpacked(sent, environ.get("HTTP_CONTENT_ENCODING")),
        )
        return response

    return judged


def _judge_httpx(request: httpx.Request, response: httpx.Response) -> None:
    try:
        sent = unpacked(request.content, request.headers.get("Content-Encoding"))
    except httpx.RequestNotRead:  # it was streamed
        sent = None
    judge(
        method=request.method,
        url=request.url.raw_path.decode(),
        status=response.status_code,
        headers=dict(response.headers),
        content=response.content,
        sent=sent,
    )


def _judged_send(send: Callable[..., httpx.Response]) -> Callable[..., httpx.Response]:
    @wraps(send)
    def judged(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(client, request, **options)
        response.read()
        _judge_httpx(request, response)
        return response

    return judged


def _judged_async_send(
    send: Callable[..., Coroutine[Any, Any, httpx.Response]],
) -> Callable[..., Coroutine[Any, Any, httpx.Response]]:
    @wraps(send)
    async def judged(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        response = await send(client, request, **options)
        await response.aread()
        _judge_httpx(request, response)
        return response

    return judged


def unpacked(sent: bytes, encoding: str | None) -> bytes:
    """The body as it was before it was packed; what is no gzip stays."""
    if (encoding or "").strip().lower() != "gzip":
        return sent
    try:
        return gzip.decompress(sent)
    except (OSError, EOFError, zlib.error):
        return sent
