"""JSON schemas of the API's structs, for the document: msgspec's, and what msgspec cannot know of them.

A struct says more of itself than its types do by two class variables, both optional: `rules` (between its fields,
made by the functions here) and `examples` (named, each a body as it is sent or answered). A string below a field
describes it.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec import inspect as types

type Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"

# The `success` of an answer that is none of an error.
Succeeded = Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]


def exactly_one_of(*names: str) -> Schema:
    """A rule: one of these fields is given and no other of them; null is as good as absent, here and below."""
    return {"oneOf": [given(name) for name in names]}


def any_of(*names: str) -> Schema:
    """A rule: at least one of these fields is given."""
    return {"anyOf": [given(name) for name in names]}


def not_both(one: str, other: str) -> Schema:
    """A rule: at most one of these fields is given."""
    return {"not": {"allOf": [given(one), given(other)]}}


def when(field: str, values: Sequence[str], then: Schema) -> Schema:
    """A rule: where `field` is one of `values`, `then` holds as well."""
    return {"if": {"required": [field], "properties": {field: {"enum": list(values)}}}, "then": then}


def given(name: str) -> Schema:
    """A rule: this field is given."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def schemas_of(roots: Iterable[Any], *, answers: bool) -> dict[str, Schema]:
    """The named schemas of `roots` and of all structs in them, for `#/components/schemas`.

    What is sent may hold fields that nobody knows and leave out those with a default; an answer is exact.
    """
    roots = list(roots)
    _, schemas = msgspec.json.schema_components(roots, ref_template=REFERENCE)
    structs = {struct.cls.__name__: struct for root in roots for struct in _structs(types.type_info(root))}
    for name, schema in schemas.items():
        struct = structs[name]
        schema["description"] = inspect.cleandoc(struct.cls.__doc__ or "")
        described = field_descriptions(struct.cls)
        for field in struct.fields:
            property = simplified(schema["properties"][field.encode_name])
            if is_time(field.type):
                property["format"] = "date-time"
            if answers or property.get("default", 0) is None:
                property.pop("default", None)
            if answers and field.default is None and struct.cls.__struct_config__.omit_defaults:
                property = without_null(property)  # absent instead
            if field.name in described:
                property = {"description": described[field.name], **property}
            schema["properties"][field.encode_name] = property
        if answers:
            schema["required"] = [field.encode_name for field in struct.fields if is_always_there(struct, field)]
            schema["additionalProperties"] = False
        elif not schema["required"]:
            del schema["required"]
        if rules := vars(struct.cls).get("rules"):
            schema["allOf"] = list(rules)
    return {name: simplified(schema) for name, schema in schemas.items()}


def schema_of(type: Any) -> Schema:
    """The schema of a type by itself; structs are referred to."""
    (schema,), _ = msgspec.json.schema_components([type], ref_template=REFERENCE)
    simple: Schema = simplified(schema)
    return simple


def content_of(type: Any) -> dict[str, Any]:
    """The Media Type Object of a struct or a list of structs, with its examples."""
    media: dict[str, Any] = {"schema": schema_of(type)}
    if get_origin(type) is list:
        examples = {name: [value] for name, value in _examples_of(get_args(type)[0]).items()}
    else:
        examples = _examples_of(type)
    if examples:
        media["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": media}


def _examples_of(struct: Any) -> dict[str, Any]:
    """The examples of a struct by name; those of what it is made from are not its own."""
    examples: dict[str, Any] = vars(struct).get("examples", {}) if isinstance(struct, type) else {}
    return examples


def without_null(schema: Schema) -> Schema:
    """The same schema for what cannot be null."""
    match schema:
        case {"type": [type, "null"]}:
            schema = {**schema, "type": type}
            if "enum" in schema:
                schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def is_time(type: types.Type) -> bool:
    """Whether it is a datetime, or null; ours have offsets, which is when msgspec says their format by itself."""
    options = type.types if isinstance(type, types.UnionType) else [type]
    return any(isinstance(option, types.DateTimeType) for option in options)


def is_always_there(struct: types.StructType, field: types.Field) -> bool:
    """Whether an encoded struct always has the field: not where it may be unset, nor where a default is left out."""
    if field.required or not struct.cls.__struct_config__.omit_defaults:
        return field.required or (field.default, field.default_factory) != (msgspec.NODEFAULT, msgspec.NODEFAULT)
    # msgspec leaves out equal defaults, and of factories' those of empty collections.
    return field.default_factory not in (msgspec.NODEFAULT, list, dict, set)


@cache
def field_descriptions(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The strings below the fields of a struct and of those it is made from."""
    described: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if not issubclass(cls, msgspec.Struct) or cls is msgspec.Struct:
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        assert isinstance(definition, ast.ClassDef)
        for field, below in zip(definition.body, definition.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    described[name] = inspect.cleandoc(text)
    return described


def _structs(info: types.Type) -> Iterator[types.StructType]:
    """All structs in a type, itself included."""
    match info:
        case types.StructType():
            yield info
            inner: Iterable[types.Type] = [field.type for field in info.fields]
        case types.UnionType():
            inner = info.types
        case types.ListType():
            inner = [info.item_type]
        case types.DictType():
            inner = [info.value_type]
        case types.Metadata():
            inner = [info.type]
        case _:
            inner = []
    for each in inner:
        yield from _structs(each)


def simplified(schema: Any) -> Any:
    """The same schema as a person would write it: a type or null is one list of types, an enumeration has its type."""
    if isinstance(schema, list):
        return [simplified(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    properties = {name: simplified(property) for name, property in schema.get("properties", {}).items()}
    schema = {key: simplified(value) for key, value in schema.items() if key not in ("title", "properties")}
    if properties:  # whose names may be anything
        schema["properties"] = properties
    if "pattern" in schema:
        # As ECMA-262 writes it, where `$` is the very end.
        schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
    if "enum" in schema and "type" not in schema:
        schema = {"type": "string", **schema}
    match schema.get("anyOf"):
        case [{"type": str(type)} as one, {"type": "null"}]:
            del schema["anyOf"]
            schema = {**one, "type": [type, "null"], **schema}
            if "enum" in one:
                schema["enum"] = [*one["enum"], None]
    return schema
