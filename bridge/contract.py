"""The contract: checks JSON against JSON Schema 2020-12, quickly when it fits, clearly when it does not.

jsonschema-rs judges; only where it finds a fault does jsonschema look again, at the one failing keyword and
the one failing part, to say what would be right. Plain jsonschema over a whole legal body of 1,000 vectors
takes many seconds; so it never sees one. Messages never repeat the value: it may be huge, or secret.

One keyword is ours: `"float32": true` on an array of numbers says that each fits a 32-bit float. As `maximum`
the same rule costs a hundred times as much, because the bound is beyond 64-bit integers.
"""

from __future__ import annotations

import copy
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, Final

import jsonschema
import jsonschema_rs
import orjson
from jsonschema.exceptions import ValidationError, best_match

from bridge.errors import Fault, InvalidInput
from bridge.plugin import JSON

FLOAT32_MAX: Final = 3.4028234663852886e38
MAX_FAULTS: Final = 10
MAX_MESSAGE: Final = 300
MAX_NODES: Final = 10_000
"""Up to this size an instance is searched for every fault; above it for the first, whatever it costs to send."""
FORMATS: Final = {"date-time": "moment like 2030-01-31T12:00:00Z", "uri": "URL", "email": "e-mail address"}
JSON_TYPES: Final = {
    bool: "a boolean", str: "a string", int: "an integer", float: "a number",
    list: "an array", dict: "an object", type(None): "null",
}  # fmt: skip


class Float32:
    """The keyword `float32` for jsonschema-rs: every number of an array fits a 32-bit float."""

    def __init__(self, _schema: JSON, value: Any, _path: list[str | int]) -> None:
        self._wanted = value

    def validate(self, instance: Any) -> None:
        """Raise ValueError when a number is out of range; what is no number is for other keywords."""
        if self._wanted and not _fits_float32(instance):
            raise ValueError("out of the range of a 32-bit float")


class Checker:
    """One schema, compiled. `schema` is it as written, `bundled` with the shared parts in its `$defs`.

    Raises ValueError when it is no valid schema, KeyError for a shared part that is missing.
    """

    def __init__(self, schema: JSON, common: Mapping[str, JSON]) -> None:
        self.schema = schema
        self.bundled = bundle(schema, common)
        jsonschema_rs.meta.validate(self.bundled)

    @cached_property
    def _fast(self) -> jsonschema_rs.Draft202012Validator:
        # Compiled when it is first needed: a process needs a few of them, and all take 9 MB.
        return jsonschema_rs.Draft202012Validator(
            self.bundled, offline=True, validate_formats=True, mask="it", keywords={"float32": Float32}
        )

    def check(self, instance: Any, *, what: str = "the input") -> Any:
        """Return the instance, its objects completed with the schema's defaults.

        Raises InvalidInput with at most ten faults; nothing was changed then.
        """
        if not self._fast.is_valid(instance):
            found = self._fast.iter_errors(instance) if is_small(instance) else self._first(instance)
            faults = tuple(_fault(error, instance, self.bundled) for error in islice(found, MAX_FAULTS))
            first = faults[0]
            raise InvalidInput(f"{what}: {first.pointer or 'it'} {first.message}", errors=faults)
        return self._complete(instance, self.bundled)

    def without_once(self, instance: Any) -> Any:
        """Return a copy in which what the schema marks `"writeOnce": true` is null: it is shown one time only."""
        return self._veiled(instance, self.bundled)

    def _veiled(self, instance: Any, schema: JSON) -> Any:
        if isinstance(instance, list):
            return [self._veiled(item, _follow(schema.get("items"), self.bundled)) for item in instance]
        if not isinstance(instance, dict):
            return instance
        parts = _follow(schema, self.bundled).get("properties", {})
        once = {name for name, part in parts.items() if isinstance(part, dict) and part.get("writeOnce")}
        return {
            name: None if name in once else self._veiled(value, _follow(parts.get(name), self.bundled))
            for name, value in instance.items()
        }

    def _first(self, instance: Any) -> Iterator[jsonschema_rs.ValidationError]:
        try:
            self._fast.validate(instance)
        except jsonschema_rs.ValidationError as error:
            yield error

    def _complete(self, instance: Any, schema: JSON) -> Any:
        if not isinstance(instance, dict):
            return instance
        for name, part in _follow(schema, self.bundled).get("properties", {}).items():
            known = _follow(part, self.bundled)
            default = part.get("default", known.get("default")) if isinstance(part, dict) else None
            if name not in instance and default is not None:
                instance[name] = copy.deepcopy(default)
            elif "properties" in known and isinstance(instance.get(name), dict):
                self._complete(instance[name], known)
        return instance


def bundle(schema: JSON, common: Mapping[str, JSON]) -> JSON:
    """Return a schema that stands alone: `{"$ref": "../common/x.json"}` becomes `{"$ref": "#/$defs/x"}`.

    Raises KeyError for a shared part that is missing.
    """
    parts: JSON = {}

    def rewrite(node: Any) -> Any:
        if isinstance(node, list):
            return [rewrite(item) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.endswith(".json"):
            name = reference.rsplit("/", 1)[-1].removesuffix(".json")
            if name not in parts:
                parts[name] = True  # a shared part may lead back to itself
                parts[name] = rewrite({key: value for key, value in common[name].items() if key[0] != "$"})
            node = {**node, "$ref": f"#/$defs/{name}"}
        return {key: rewrite(value) for key, value in node.items()}

    whole: JSON = rewrite(schema)
    return {**whole, "$defs": {**whole.get("$defs", {}), **parts}} if parts else whole


def pointer(path: Iterable[str | int]) -> str:
    """Write a path as a JSON pointer (RFC 6901); the whole is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _fits_float32(numbers: Any) -> bool:
    try:
        # No number is larger than the length of them all, which is found in half the time.
        if math.hypot(*numbers) <= FLOAT32_MAX:
            return True
        struct.pack(f"<{len(numbers)}f", *numbers)
    except OverflowError:
        return False
    except (struct.error, TypeError):
        return True
    return True


def _float32(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted and not _fits_float32(instance):
        place = next(n for n, number in enumerate(instance) if not _fits_float32([number]))
        yield ValidationError("", path=[place])


Explainer: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # it has no types
    jsonschema.Draft202012Validator, {"float32": _float32}
)
"""jsonschema with our keyword, for saying again what jsonschema-rs found."""


def is_small(instance: Any) -> bool:
    """Whether the JSON has at most MAX_NODES values; told without walking through more than that."""
    left, stack = MAX_NODES, [instance]
    while stack:
        node = stack.pop()
        if isinstance(node, dict | list):
            left -= len(node)
            if left < 0:
                return False
            stack.extend(node.values() if isinstance(node, dict) else node)
    return True


def _follow(schema: Any, root: JSON) -> JSON:
    while isinstance(schema, dict) and "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema if isinstance(schema, dict) else {}


def _fault(error: jsonschema_rs.ValidationError, instance: Any, root: JSON) -> Fault:
    """Say one fault again, better: jsonschema looks at the failing keyword of the failing part alone."""
    part: Any = instance
    for step in error.instance_path:
        part = part[step]
    owner: Any = root
    *way, keyword = error.schema_path
    for step in way:
        owner = _follow(owner, root) if step == "$ref" else owner[step]
    owner = _follow(owner, root) if keyword not in owner else owner
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
        "pattern": lambda: f"must match the pattern {rule}",
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
