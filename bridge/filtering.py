"""The filter: a JSON Schema that an event must satisfy, and globs its key must match, before an endpoint gets it.

Anyone may write one, and it is applied to every event, so it is bounded: in size and depth, without references and
without keywords that look at a value more than once, and with regular expressions that run in linear time only.
Applied to an event it costs at most its own size times the event's.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import orjson

from bridge import events
from bridge.contract import pointer
from bridge.errors import Fault
from bridge.models import Event
from bridge.plugin import JSON

MAX_BYTES: Final = 8 * 1024
MAX_DEPTH: Final = 16
"""How deep schemas may lie in schemas."""
MAX_PATTERN_BYTES: Final = 256 * 1024
"""What a regular expression may take when it is compiled."""
ONE: Final = frozenset(
    {"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}
)
MANY: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED: Final = frozenset({"dependentSchemas", "patternProperties", "properties"})
PLAIN: Final = frozenset(
    {
        "$comment", "$schema", "const", "default", "dependentRequired", "description", "enum", "examples",
        "exclusiveMaximum", "exclusiveMinimum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum",
        "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern", "required",
        "title", "type", "uniqueItems",
    }
)  # fmt: skip
KNOWN: Final = ONE | MANY | NAMED | PLAIN


def faults(schema: JSON) -> list[Fault]:
    """Say what is wrong with a filter, at most ten things, with pointers into it; an empty list if nothing is."""
    size = len(orjson.dumps(schema))
    if size > MAX_BYTES:
        return [Fault("", f"has {size} bytes as JSON; the most is {MAX_BYTES}")]
    found = [fault for fault, _ in zip(_unbounded(schema, []), range(10), strict=False)]
    if found:
        return found
    try:
        _validator(schema)
    except jsonschema_rs.ValidationError as error:
        place = list(error.instance_path)
        if "pattern" in place or "patternProperties" in place:
            told = "must be a regular expression without look-around or back-references, and not a huge one"
        else:
            told = f"is not what JSON Schema 2020-12 takes for {place[-1] if place else 'a schema'!r}"
        return [Fault(pointer(place), told)]
    except ValueError as error:
        return [Fault("", str(error)[:300])]
    return []


def fits(event: Event, keys: Sequence[str] | None, schema: JSON | None) -> bool:
    """Whether an event's key matches one of the globs, and the event as it is sent satisfies the schema."""
    if keys is not None and not _pattern(tuple(keys)).match(event.key):
        return False
    return schema is None or _compiled(orjson.dumps(schema)).is_valid(events.wire(event))


def _unbounded(node: Any, path: list[str | int]) -> Iterator[Fault]:
    """Walk the schemas of a schema; what is no schema at all is told by the check that follows."""
    if not isinstance(node, dict):
        return
    if sum(isinstance(step, str) and step in KNOWN - PLAIN for step in path) > MAX_DEPTH:
        yield Fault(pointer(path), f"is nested deeper than {MAX_DEPTH} schemas")
        return
    for keyword, value in node.items():
        here = [*path, keyword]
        if keyword not in KNOWN:
            yield Fault(pointer(here), "is not a keyword that a filter may use")
        elif keyword in ONE:
            yield from _unbounded(value, here)
        elif keyword in MANY and isinstance(value, list):
            for place, part in enumerate(value):
                yield from _unbounded(part, [*here, place])
        elif keyword in NAMED and isinstance(value, dict):
            for name, part in value.items():
                yield from _unbounded(part, [*here, name])


def _validator(schema: JSON) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, offline=True, pattern_options=jsonschema_rs.RegexOptions(size_limit=MAX_PATTERN_BYTES)
    )


@lru_cache(maxsize=1024)
def _compiled(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    return _validator(orjson.loads(schema))


@lru_cache(maxsize=1024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))
