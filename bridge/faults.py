"""Faults: what broke a schema becomes a sentence that says what would be right.

jsonschema looks once more, at the one failing keyword of the one failing part. Messages never repeat the value: it may
be huge, or secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import jsonschema
import jsonschema_rs
import orjson
from jsonschema.exceptions import ValidationError, best_match

from bridge.contract import fits_float32, follow, pointer
from bridge.errors import Fault
from bridge.plugin import JSON

MAX_MESSAGE: Final = 300
FORMATS: Final = {"date-time": "moment like 2030-01-31T12:00:00Z", "uri": "URL", "email": "e-mail address"}
PATTERNS: Final = {
    r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$": "lower-case letters, digits and hyphens, with no hyphen first or last",
    r"^[a-z_]+\.[a-z_]+$": "an event type, like index.ready",
    r"^(\*|[a-z_]+\.(\*|[a-z_]+))$": "an event type, all of a noun or all: index.ready, index.* or *",
    r"\S": "more than blanks",
    r"^[A-Za-z0-9_-]+$": "letters, digits, - and _",
    r"^[\u0021-\u007e]+$": "visible ASCII characters, without blanks",
    r"^[\u0001-\u007f]*$": "ASCII characters",
}
"""What those of our patterns mean that people meet."""
JSON_TYPES: Final = {
    bool: "a boolean", str: "a string", int: "an integer", float: "a number",
    list: "an array", dict: "an object", type(None): "null",
}  # fmt: skip


def _float32(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted and not fits_float32(instance):
        place = next(n for n, number in enumerate(instance) if not fits_float32([number]))
        yield ValidationError("", path=[place])


Explainer: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # it has no types
    jsonschema.Draft202012Validator, {"float32": _float32}
)
"""jsonschema with our keyword, for saying again what jsonschema-rs found."""


def fault(error: jsonschema_rs.ValidationError, instance: Any, root: JSON) -> Fault:
    """Say one fault again, better: jsonschema looks at the failing keyword of the failing part alone."""
    part: Any = instance
    for step in error.instance_path:
        part = part[step]
    owner: Any = root
    *way, keyword = error.schema_path
    for step in way:
        owner = follow(owner, root) if step == "$ref" else owner[step]
    owner = follow(owner, root) if keyword not in owner else owner
    rule: Any = [error.kind.as_dict()["property"]] if keyword == "required" else owner[keyword]
    alone = {keyword: rule, "$defs": root.get("$defs", {})}
    for sibling in ("properties", "patternProperties"):
        if keyword == "additionalProperties" and sibling in owner:
            alone[sibling] = dict.fromkeys(owner[sibling], True)
    found = best_match(Explainer(alone).iter_errors(part))
    path = [*error.instance_path]
    if found is None:  # the two libraries disagree (a format, say): say which rule it was
        if keyword == "format":
            return Fault(pointer(path), f"must be a valid {FORMATS.get(rule, rule)}")
        return Fault(pointer(path), _cut(f"does not satisfy {keyword!r}: {_short(rule)}"))
    return _worded(found, path + list(found.absolute_path))


def _worded(error: ValidationError, path: list[str | int]) -> Fault:
    rule: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "required":
            return Fault(pointer([*path, rule[0]]), "is required")
        case "additionalProperties" if rule is False:
            schema: Any = error.schema
            known = sorted(schema.get("properties", {}))
            extra = next(name for name in instance if name not in known)
            told = f"the fields are: {', '.join(known)}" if known else "there are none"
            return Fault(_cut(pointer([*path, extra])), _cut(f"is not a field here; {told}"))
    return Fault(pointer(path), _cut(_message(error)))


def _message(error: ValidationError) -> str:
    rule: Any = error.validator_value
    value: Any = error.instance
    messages: dict[str, Callable[[], str]] = {
        "type": lambda: f"is {JSON_TYPES.get(type(value), 'something else')}; it must be {_one_of(rule)}",
        "enum": lambda: f"must be one of: {', '.join(map(_short, rule))}",
        "const": lambda: f"must be {_short(rule)}",
        "minimum": lambda: f"is below the least, {rule}",
        "maximum": lambda: f"is above the most, {rule}",
        "exclusiveMinimum": lambda: f"must be above {rule}",
        "exclusiveMaximum": lambda: f"must be below {rule}",
        "minLength": lambda: f"has {len(value)} characters; the least is {rule}",
        "maxLength": lambda: f"has {len(value)} characters; the most is {rule}",
        "minItems": lambda: f"has {len(value)} items; the least is {rule}",
        "maxItems": lambda: f"has {len(value)} items; the most is {rule}",
        "minProperties": lambda: f"has {len(value)} fields; the least is {rule}",
        "maxProperties": lambda: f"has {len(value)} fields; the most is {rule}",
        "pattern": lambda: (
            f"must be {PATTERNS[rule]}" if rule in PATTERNS else f"must match the pattern {rule}"
        ),
        "format": lambda: f"must be a valid {FORMATS.get(rule, rule)}",
        "dependentRequired": lambda: "goes only with: " + _short(rule),
        "float32": lambda: "is out of the range of a 32-bit float, ±3.4028235e38",
        "uniqueItems": lambda: "has the same item twice",
        "not": lambda: f"must not fit: {_short(rule)}",
        "oneOf": lambda: f"needs exactly one of: {_alternatives(rule)}",
    }
    worded = messages.get(str(error.validator))
    return worded() if worded else f"does not satisfy {error.validator!r}: {_short(rule)}"


def _alternatives(branches: list[JSON]) -> str:
    """Name what each branch requires; a branch that requires nothing is written as it is."""
    return ", ".join(
        " and ".join(branch["required"]) if "required" in branch else _short(branch) for branch in branches
    )


def _one_of(types: str | list[str]) -> str:
    names = [types] if isinstance(types, str) else types
    return " or ".join(
        "null" if name == "null" else f"an {name}" if name[0] in "aoi" else f"a {name}" for name in names
    )


def _short(value: Any) -> str:
    return _cut(orjson.dumps(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
