"""The filter: a JSON Schema that an event must satisfy, and globs its key must match, before an endpoint gets it.

Anyone may write one, and it is applied to every event, so it is bounded: in size and depth, without references and
without keywords that look at a value more than once, and with regular expressions that run in linear time only.
Applied to an event it costs at most its own weight times the event's size, and where that could take long it is not
applied at all: the event is sent.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import jsonschema_rs
import orjson
import structlog

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
MAX_SECONDS: Final = 0.2
"""How long judging one event may take, by what is the worst of each keyword."""
SECONDS_A_BYTE: Final = 0.5e-9
"""What a byte of a filter costs for each byte of an event, but for the two kinds of keywords that cost more."""
SECONDS_A_PATTERN: Final = 125e-9
"""The same of a regular expression, for each KB that it takes when it is compiled: measured at its worst."""
SECONDS_A_MULTIPLE: Final = 700e-9
"""The same of `multipleOf`, which reckons with fractions of any length."""
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
NOT_KNOWN: Final = "is not a keyword that a filter may use"

log = structlog.get_logger(__name__)


class Compiled(NamedTuple):
    """A filter that can be applied, and how many seconds that takes at the worst for each byte of an event."""

    validator: jsonschema_rs.Draft202012Validator
    seconds_a_byte: float


def faults(schema: JSON) -> list[Fault]:
    """Say what is wrong with a filter, at most ten things, with pointers into it; an empty list if nothing is."""
    size = len(orjson.dumps(schema))
    if size > MAX_BYTES:
        return [Fault("", f"has {size} bytes as JSON; the most is {MAX_BYTES}")]
    found = [fault for fault, _ in zip(_unbounded(schema), range(10), strict=False)]
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
    """Whether an event's key matches one of the globs, and the event as it is sent satisfies the schema.

    Where both are so large that it could take long to tell, it counts as fitting: an event too many is better than
    one that is missed.
    """
    if keys is not None and not _pattern(tuple(keys)).match(event.key):
        return False
    if schema is None:
        return True
    compiled, sent = _compiled(orjson.dumps(schema)), events.wire(event)
    if len(orjson.dumps(sent)) * compiled.seconds_a_byte > MAX_SECONDS:
        log.warning("filter.not_applied", event_id=event.id, reason="the filter and the event are too large")
        return True
    return compiled.validator.is_valid(sent)


def _unbounded(schema: JSON) -> Iterator[Fault]:
    for path, node in _walk(schema, []):
        if _depth(path) > MAX_DEPTH:
            yield Fault(pointer(path), f"is nested deeper than {MAX_DEPTH} schemas")
        else:
            unknown = (keyword for keyword in node if keyword not in KNOWN)
            yield from (Fault(pointer([*path, keyword]), NOT_KNOWN) for keyword in unknown)


def _walk(node: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], JSON]]:
    """Walk the schemas of a schema; what is no schema at all is told by the check that follows."""
    if not isinstance(node, dict):
        return
    yield path, node
    if _depth(path) > MAX_DEPTH:
        return
    for keyword, value in node.items():
        here = [*path, keyword]
        if keyword in ONE:
            yield from _walk(value, here)
        elif keyword in MANY and isinstance(value, list):
            for place, part in enumerate(value):
                yield from _walk(part, [*here, place])
        elif keyword in NAMED and isinstance(value, dict):
            for name, part in value.items():
                yield from _walk(part, [*here, name])


def _depth(path: Sequence[str | int]) -> int:
    return sum(isinstance(step, str) and step in KNOWN - PLAIN for step in path)


def _validator(schema: JSON, pattern_bytes: int = MAX_PATTERN_BYTES) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, offline=True, pattern_options=jsonschema_rs.RegexOptions(size_limit=pattern_bytes)
    )


@lru_cache(maxsize=1024)
def _compiled(schema: bytes) -> Compiled:
    read = orjson.loads(schema)
    nodes = [node for _, node in _walk(read, [])]
    patterns = [
        *(node["pattern"] for node in nodes if "pattern" in node),
        *(name for node in nodes for name in node.get("patternProperties", ())),
    ]
    multiples = sum("multipleOf" in node for node in nodes)
    cost = len(schema) * SECONDS_A_BYTE + multiples * SECONDS_A_MULTIPLE
    cost += sum(_kilobytes(pattern) for pattern in patterns) * SECONDS_A_PATTERN
    return Compiled(_validator(read), cost)


def _kilobytes(pattern: str) -> int:
    """Return how large a regular expression is when it is compiled, as the next power of two."""
    size = 1
    while size * 1024 < MAX_PATTERN_BYTES:
        try:
            _validator({"pattern": pattern}, size * 1024)
        except jsonschema_rs.ValidationError:
            size *= 2
        else:
            break
    return size


@lru_cache(maxsize=1024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))
