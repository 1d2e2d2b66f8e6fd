from __future__ import annotations

import random
import time
from typing import Any

import pytest

from bridge import clock, filtering
from bridge.models import Event

MOMENT = clock.parse("2026-11-22T12:00:00Z")


def event(key: str = "docs", **data: Any) -> Event:
    return Event(
        dedupe_key="x", type="index.ready", connection_id="conn_1", key=key, life="h", status="Ready",
        previous_status="Initializing", data={"name": key, **data}, timestamp=MOMENT, observed_at=MOMENT,
    )  # fmt: skip


def on_data(**schema: Any) -> dict[str, Any]:
    return {"properties": {"data": {"properties": schema}}}


@pytest.mark.parametrize(
    ("keys", "schema", "fit"),
    [
        (None, None, True),
        (["docs"], None, True),
        (["x", "d?c*"], None, True),
        (["DOCS", "doc"], None, False),
        (None, {"properties": {"previous_status": {"const": "Initializing"}}}, True),
        (None, on_data(dimension={"minimum": 1000}), True),
        (None, on_data(dimension={"minimum": 2000}), False),
        (None, on_data(name={"pattern": "^do"}), True),
        (None, {"required": ["nothing"]}, False),
        (["docs"], {"not": {}}, False),
        (["news"], {}, False),
    ],
)
def test_an_event_fits_when_its_key_and_what_is_sent_do(
    keys: list[str] | None, schema: dict[str, Any] | None, fit: bool
) -> None:
    assert filtering.fits(event(dimension=1536), keys, schema) is fit


def nested(depth: int) -> dict[str, Any]:
    return {"not": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("schema", "pointers"),
    [
        ({"type": "object"}, []),
        (nested(16), []),
        ({"enum": [{"$ref": "x"}], "const": {"nope": 1}}, []),
        ({"properties": {"$ref": {"type": "string"}}}, []),
        ({"$ref": "https://elsewhere.example/schema"}, ["/$ref"]),
        ({"properties": {"a": {"$ref": "#"}}}, ["/properties/a/$ref"]),
        ({"anyOf": [{}, {"unevaluatedProperties": False}]}, ["/anyOf/1/unevaluatedProperties"]),
        ({"$defs": {}, "typo": 1}, ["/$defs", "/typo"]),
        (nested(17), ["/not" * 17]),
        ({"type": "strin"}, ["/type"]),
        ({"properties": {"a": {"minimum": "1"}}}, ["/properties/a/minimum"]),
        ({"pattern": "(?=a)"}, ["/pattern"]),
        ({"pattern": "(a)\\1"}, ["/pattern"]),
        ({"pattern": "(((a{99}){99}){99})"}, ["/pattern"]),
        ({"patternProperties": {"(": {}}}, ["/patternProperties/("]),
        ({"properties": ["a"]}, ["/properties"]),
        ({"description": "x" * 9000}, [""]),
        ({f"x{number}": 1 for number in range(50)}, [f"/x{number}" for number in range(10)]),
    ],
)
def test_a_filter_that_cannot_be_is_told_where(schema: dict[str, Any], pointers: list[str]) -> None:
    assert [fault.pointer for fault in filtering.faults(schema)] == pointers


@pytest.mark.parametrize(
    "schema",
    [
        on_data(name={"pattern": "^(a+)+$"}),
        on_data(name={"anyOf": [{"pattern": f"^(a|a)*b{number}$"} for number in range(150)]}),
        {"patternProperties": {f"(a|b|c)*{number}": {} for number in range(200)}},
        on_data(many={"uniqueItems": True, "items": {"oneOf": [{"const": number} for number in range(300)]}}),
    ],
)
def test_a_filter_made_to_be_slow_is_not(schema: dict[str, Any]) -> None:
    assert filtering.faults(schema) == []
    long = event("a" * 5000, many=list(range(2000)))
    filtering.fits(long, None, schema)
    start = time.perf_counter()
    filtering.fits(long, None, schema)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": {"pattern": "[ab]*a[ab]{1200}[^ab]"}},
        {"additionalProperties": {"allOf": [{"not": {"pattern": "[ab]*a[ab]{30}[^ab]"}}] * 150}},
        {"patternProperties": {f"[ab]*a[ab]{{9}}[^ab]{number}": {} for number in range(150)}},
        {"properties": {"many": {"items": {"allOf": [{"multipleOf": 0.01}] * 300}}}},
        {"properties": {"many": {"allOf": [{"contains": {"const": -number}} for number in range(1, 250)]}}},
    ],
)
def test_a_filter_and_an_event_made_to_be_slow_together_are_not(schema: dict[str, Any]) -> None:
    chances = random.Random(5)
    hard = event("docs", text="".join(chances.choices("ab", k=300_000)), many=[1.5] * 100_000)
    here = {"properties": {"data": schema}}
    assert filtering.faults(here) == []
    filtering.fits(event(), None, here)
    start = time.perf_counter()
    assert filtering.fits(hard, None, here) is True
    assert time.perf_counter() - start < 1


def test_a_filter_of_many_expressions_judges_an_event_as_they_are() -> None:
    schema = on_data(name={"anyOf": [{"pattern": f"^prod-{number}-.*"} for number in range(100)]})
    assert [filtering.fits(event(key), None, schema) for key in ("prod-99-a", "prod-100-a")] == [True, False]


def test_a_small_filter_judges_a_large_event_as_it_is() -> None:
    large = event("docs", text="a" * 400_000)
    schemas = [on_data(name={"const": name}) for name in ("docs", "news")]
    assert [filtering.fits(large, None, schema) for schema in schemas] == [True, False]
