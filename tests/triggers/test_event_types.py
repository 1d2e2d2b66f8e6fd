"""Every event type keeps its promise: the schema, the example, the words."""

from __future__ import annotations

import pytest

from bridge import clock, registry
from bridge.registry import EventType

FOUND = registry.load()
TYPES = list(FOUND.event_types.values())
WIRE = [
    "id", "type", "timestamp", "observed_at", "connection", "resource", "key", "life", "status",
    "previous_status", "changes", "test", "data",
]  # fmt: skip


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.name)
def test_the_example_is_a_whole_event_that_fits_the_schema(event_type: EventType) -> None:
    example = event_type.example
    checked = event_type.data.check(dict(example["data"]))
    times = [clock.iso(clock.parse(example[name])) for name in ("timestamp", "observed_at")]
    assert (list(example), example["type"], checked, times) == (
        WIRE,
        event_type.name,
        example["data"],
        [example["timestamp"], example["observed_at"]],
    )


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.name)
def test_the_description_says_when_it_triggers(event_type: EventType) -> None:
    assert (event_type.description[:14], event_type.description[-1]) == ("Triggers when ", ".")


@pytest.mark.parametrize(
    "kind", [k for k, found in FOUND.triggers.items() if "required" not in found.options.schema]
)
def test_a_trigger_without_options_selects_everything_from_now_on(kind: str) -> None:
    options = FOUND.triggers[kind].options
    checked = options.check({})
    globs = [name for name, part in options.schema["properties"].items() if "x-matches" in part]
    assert ([checked[name] for name in globs], checked.get("from_start", False)) == (
        [["*"]] * len(globs),
        False,
    )
