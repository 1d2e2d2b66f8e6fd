"""The contract: checks JSON against JSON Schema 2020-12, quickly when it fits, clearly when it does not.

jsonschema-rs judges; only where it finds a fault does jsonschema look again (bridge.faults), to say what would be
right. Plain jsonschema over a whole legal body of 1,000 vectors takes many seconds; so it never sees one.

One keyword is ours: `"float32": true` on an array of numbers says that each fits a 32-bit float. As `maximum`
the same rule costs a hundred times as much, because the bound is beyond 64-bit integers.
"""

from __future__ import annotations

import copy
import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from bridge.errors import InvalidInput
from bridge.plugin import JSON

FLOAT32_MAX: Final = 3.4028234663852886e38
MAX_FAULTS: Final = 10
MAX_NODES: Final = 10_000
"""Up to this size an instance is searched for every fault; above it for the first, whatever it costs to send."""


class Float32:
    """The keyword `float32` for jsonschema-rs: every number of an array fits a 32-bit float."""

    def __init__(self, _schema: JSON, value: Any, _path: list[str | int]) -> None:
        self._wanted = value

    def validate(self, instance: Any) -> None:
        """Raise ValueError when a number is out of range; what is no number is for other keywords."""
        if self._wanted and not fits_float32(instance):
            raise ValueError("out of the range of a 32-bit float")


class Checker:
    """One schema, compiled when it is needed. `schema` is it as written.

    Raises ValueError when it is no valid schema, KeyError for a shared part that is missing.
    """

    def __init__(self, schema: JSON, common: Mapping[str, JSON]) -> None:
        self.schema = schema
        self._common = common
        jsonschema_rs.meta.validate(bundle(schema, common))

    @cached_property
    def bundled(self) -> JSON:
        """The schema with the shared parts in its `$defs`."""
        # Made again when it is needed: a process needs few of them, and all are large.
        return bundle(self.schema, self._common)

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
            from bridge.faults import fault  # noqa: PLC0415 - with jsonschema it takes 3 MB, and what fits needs none of it

            faults = tuple(fault(error, instance, self.bundled) for error in islice(found, MAX_FAULTS))
            first = faults[0]
            raise InvalidInput(f"{what}: {first.pointer or 'it'} {first.message}", errors=faults)
        return self._complete(instance, self.bundled)

    def without_once(self, instance: Any) -> Any:
        """Return a copy in which what the schema marks `"writeOnce": true` is null: it is shown one time only."""
        return self._veiled(instance, self.bundled)

    def _veiled(self, instance: Any, schema: JSON) -> Any:
        if isinstance(instance, list):
            return [self._veiled(item, follow(schema.get("items"), self.bundled)) for item in instance]
        if not isinstance(instance, dict):
            return instance
        parts = follow(schema, self.bundled).get("properties", {})
        once = {name for name, part in parts.items() if isinstance(part, dict) and part.get("writeOnce")}
        return {
            name: None if name in once else self._veiled(value, follow(parts.get(name), self.bundled))
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
        for name, part in follow(schema, self.bundled).get("properties", {}).items():
            known = follow(part, self.bundled)
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


def fits_float32(numbers: Any) -> bool:
    """Whether every number of a list fits a 32-bit float; what is no list of numbers is for other rules."""
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


def follow(schema: Any, root: JSON) -> JSON:
    """Return the schema that a bundled one refers to, itself where it refers to none."""
    while isinstance(schema, dict) and "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema if isinstance(schema, dict) else {}
