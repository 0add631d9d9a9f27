"""The document against the official client's own types: what it can send is taken, what it requires is answered."""

import inspect
import re
from abc import ABCMeta
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import greenflash
import greenflash.types
import pydantic
import pytest
import typing_extensions
from greenflash._utils import PropertyInfo

from greenflash_site.api.openapi.document import document
from tests.judge import OffTheDocument, refuse_errors, resolved

# Later issues bring these.
NOT_HERE_YET = {
    "chat.create",
    "inbox.get",
    "inbox.list",
    "interactions.get_interaction_analytics",
    "models.get_model_analytics",
    "organizations.get_organization_analytics",
    "products.get_product_analytics",
    "prompts.create",
    "prompts.delete",
    "prompts.get",
    "prompts.get_prompt_analytics",
    "prompts.list",
    "prompts.update",
    "segments.create",
    "segments.get",
    "segments.get_segment_analytics",
    "segments.list",
    "users.get_user_analytics",
    "users.get_user_segments",
}


@dataclass(frozen=True)
class Method:
    """One method of the official client."""

    name: str
    verb: str
    path: str
    sends: Any
    answers: Any


def methods() -> Iterator[Method]:
    """All methods of the client, read from its source."""
    client = greenflash.Greenflash(api_key="gf_none")
    resources = [name for name in dir(type(client)) if not name.startswith(("_", "with_"))]
    for resource in resources:
        cls = type(getattr(client, resource, None))
        if not cls.__module__.startswith("greenflash.resources."):
            continue
        for name, function in vars(cls).items():
            if not inspect.isfunction(function) or name.startswith("_"):
                continue
            source = inspect.getsource(function)
            call = re.search(r'self\._(get|post|put|delete)\(\s*(?:path_template\()?"([^"]+)"', source)
            assert call is not None, f"{resource}.{name}"
            sent = re.findall(r"(\w+_params)\.(\w+)", source)  # the last is that of the whole body or query
            yield Method(
                name=f"{resource}.{name}",
                verb=call[1],
                path=call[2],
                sends=getattr(getattr(greenflash.types, sent[-1][0]), sent[-1][1]) if sent else None,
                answers=get_type_hints(function)["return"],
            )


METHODS = {method.name: method for method in methods()}
HERE = [pytest.param(method, id=name) for name, method in METHODS.items() if name not in NOT_HERE_YET]


def operation_of(method: Method) -> dict[str, Any]:
    """The operation that the method calls; parameters of paths may have other names."""
    for path, item in document()["paths"].items():
        if re.sub(r"{\w+}", "{}", path) == re.sub(r"{\w+}", "{}", method.path) and method.verb in item:
            operation: dict[str, Any] = item[method.verb]
            return operation
    raise AssertionError(f"{method.name}: there is no {method.verb} {method.path}")


def test_it_knows_which_methods_are_not_here_yet() -> None:
    here = {operation["operationId"] for item in document()["paths"].values() for operation in item.values()}
    assert METHODS.keys() - here == NOT_HERE_YET
    assert here - METHODS.keys() == {"openapi.get"}


@pytest.mark.parametrize("method", HERE)
def test_it_is_called_as_the_client_calls_it(method: Method) -> None:
    assert operation_of(method)["operationId"] == method.name


@pytest.mark.parametrize("method", [each for each in HERE if each.values[0].sends])  # type: ignore[union-attr]
def test_it_takes_what_the_client_can_send(method: Method) -> None:
    operation = operation_of(method)
    if method.verb == "get":
        parameters = {each["name"]: each for each in operation["parameters"]}
        for name, type in fields_of(method.sends):
            assert_taken(type, parameters[name]["schema"], name)
    else:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert_taken(method.sends, schema, "$")


@pytest.mark.parametrize("method", HERE)
def test_it_answers_what_the_client_requires(method: Method) -> None:
    operation = operation_of(method)
    for status in set(operation["responses"]) & {"200", "201"}:
        schema = operation["responses"][status]["content"]["application/json"]["schema"]
        assert_answered(method.answers, schema, "$")


def fields_of(struct: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a TypedDict by their names on the wire."""
    for name, hint in get_type_hints(struct, include_extras=True).items():
        hint = get_args(hint)[0] if get_origin(hint) in (Required, NotRequired) else hint
        infos = [info for info in getattr(hint, "__metadata__", ()) if isinstance(info, PropertyInfo)]
        alias = next((info.alias for info in infos if info.alias), name)
        yield alias, get_args(hint)[0] if infos else hint


def variants(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What a schema may be, references followed."""
    schema = resolved(schema)
    return [each for one in schema["anyOf"] for each in variants(one)] if "anyOf" in schema else [schema]


def is_a(schema: dict[str, Any], kind: str) -> bool:
    """Whether values of this JSON type are described; where nothing is said, all are."""
    types = schema.get("type", kind)
    return kind in types if isinstance(types, list) else kind == types


def assert_taken(type: Any, schema: dict[str, Any], path: str) -> None:
    """Every value of the client's type is one of the schema."""
    options = variants(schema)
    if get_origin(type) in (Union, UnionType):
        for each in get_args(type):
            assert_taken(each, schema, path)
    elif typing_extensions.is_typeddict(type):
        (struct,) = [option for option in options if is_a(option, "object")]
        for name, inner in fields_of(type):
            assert name in struct["properties"], f"{path}.{name} is not in the document"
            assert_taken(inner, struct["properties"][name], f"{path}.{name}")
        required = {name for name, _ in fields_of(type)} & set(struct.get("required", []))
        assert set(struct.get("required", [])) == required
    elif get_origin(type) in (list, Iterable):
        (array,) = [option for option in options if is_a(option, "array")]
        assert_taken(get_args(type)[0], array["items"], f"{path}[]")
    else:
        assert_values_taken(type, schema, path)


def assert_values_taken(type: Any, schema: dict[str, Any], path: str) -> None:
    """A simple type: all its values are taken; of strings and numbers some, which have limits the type cannot say."""
    limited: dict[Any, list[Any]] = {
        str: ["x", str(UUID(int=0)), "ada@acme.example", "2025-07-09"],
        int: [1, 1_769_851_800_000],
        float: [0.5, 1.0],
    }
    if type in limited:
        assert any(is_taken(schema, value, path) for value in limited[type]), f"{path} takes no {type}"
    else:
        for value in samples(type):
            refuse_errors(schema, value, path, sent=True)


def is_taken(schema: dict[str, Any], value: Any, path: str) -> bool:
    try:
        refuse_errors(schema, value, path, sent=True)
    except OffTheDocument:
        return False
    return True


def samples(type: Any) -> list[Any]:
    """Some values of a simple type of the client, as they are on the wire."""
    if get_origin(type) is Literal:
        return list(get_args(type))
    if get_origin(type) is dict:
        return [{}, {"key": "value"}]
    values: dict[Any, list[Any]] = {
        bool: [True, False],
        object: [None, "x", 1, {"a": [1]}],
        NoneType: [None],
        datetime: ["2025-07-09T09:00:00Z", "2025-07-09T09:00:00.123456+02:00"],
        date: ["2025-07-09", "2025-07-09T09:00:00Z"],
    }
    return values[type]


def assert_answered(type: Any, schema: dict[str, Any], path: str) -> None:
    """Every value of the schema is one of the client's type."""
    type = get_args(type)[0] if get_origin(type) is Annotated else type
    if type in (object, Any):
        return
    allowed = get_args(type) if get_origin(type) in (Union, UnionType) else (type,)
    for option in variants(schema):
        kinds = option["type"] if isinstance(option["type"], list) else [option["type"]]
        for kind in kinds:
            fitting = [each for each in allowed if fits(each, kind, option)]
            assert fitting, f"{path} may be {option}, which is none of {allowed}"
            if kind == "object" and get_origin(fitting[0]) is None:
                assert_has_fields(fitting[0], option, path)
            if kind == "array":
                assert_answered(get_args(fitting[0])[0], option["items"], f"{path}[]")


def fits(type: Any, kind: str, schema: dict[str, Any]) -> bool:
    """Whether the client reads a JSON value of `kind`, described by `schema`, as `type`."""
    match kind:
        case "null":
            return type is NoneType
        case "string":
            if get_origin(type) is Literal:
                return {value for value in schema.get("enum", ["any"]) if value is not None} <= set(get_args(type))
            return type is str or (type is datetime and schema.get("format") == "date-time")
        case "boolean":
            return type is bool
        case "integer":
            return type in (int, float)
        case "number":
            return type is float
        case "array":
            return get_origin(type) is list
        case _:
            return get_origin(type) is dict or (isinstance(type, ABCMeta) and issubclass(type, pydantic.BaseModel))


def assert_has_fields(model: type[pydantic.BaseModel], schema: dict[str, Any], path: str) -> None:
    """An object always has what the client's model requires, and what the model knows is as it knows it."""
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if field.is_required():
            assert alias in schema["required"], f"{path}.{alias} is not always there"
        if alias in schema["properties"]:
            assert_answered(field.annotation, schema["properties"][alias], f"{path}.{alias}")


def test_it_sees_what_the_client_would_not_take() -> None:
    """The comparison itself: a field missing, one that may be null, others of another type."""
    right: dict[str, Any] = {
        "type": "object",
        "required": ["id", "name", "createdAt", "updatedAt", "icon", "color"],
        "properties": {"id": {"type": "string"}, "createdAt": {"type": "string", "format": "date-time"}},
    }
    product = greenflash.types.ProductSummary
    assert_answered(product, right, "$")
    for wrong in (
        {"required": ["id"]},
        {"properties": {"id": {"type": ["string", "null"]}}},
        {"properties": {"id": {"type": "integer"}}},
        {"properties": {"createdAt": {"type": "null"}}},
    ):
        with pytest.raises(AssertionError):
            assert_answered(product, {**right, **wrong}, "$")
    with pytest.raises(AssertionError):
        assert_taken(greenflash.types.UserUpdateParams, {"type": "object", "properties": {}}, "$")
