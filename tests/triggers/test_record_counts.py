from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge import clock
from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives
from triggers import record_counts

OPTIONS: dict[str, Any] = {"indexes": ["*"], "count_by": "both", "namespaces": ["*"], "thresholds": []}


def count(number: int, namespace: str | None = None, host: str = "h", **changes: Any) -> Resource:
    body = {"index": "docs", "host": host, "namespace": namespace, "record_count": number,
            "changed_at": "2026-11-22T12:00:00Z", "stale": False, **changes}  # fmt: skip
    life = host if namespace is None else f"{host}/{namespace}"
    return Resource("docs" if namespace is None else f"docs/{namespace}", life, None, body)


def serve(backend: ScriptedPinecone, **counts: int) -> str:
    host = f"{backend.url}/i/docs"
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", host)]}
    spaces = {name: {"vectorCount": number} for name, number in counts.items()}
    stats = {"namespaces": spaces, "totalVectorCount": sum(counts.values()), "dimension": 3}
    backend.answers["/i/docs/describe_index_stats"] = stats
    return host


def seen(context: Context, options: dict[str, Any], *known: Resource) -> list[tuple[str | None, int]]:
    look = record_counts.snapshot(context, OPTIONS | options, lives(*known))
    return [(each.body["namespace"], each.body["record_count"]) for each in look.resources]


@pytest.mark.parametrize(
    ("old", "new", "crossed", "direction"),
    [
        (9, 10, [10], "up"),
        (9, 25, [10, 20], "up"),
        (10, 11, None, None),
        (10, 9, [10], "down"),
        (25, 3, [10, 20], "down"),
    ],
)
def test_thresholds_that_are_crossed_are_told_with_the_direction(
    old: int, new: int, crossed: list[int] | None, direction: str | None
) -> None:
    options = OPTIONS | {"thresholds": [20, 10]}
    events = list(record_counts.diff(lives(count(old)), lives(count(new)), options))
    expected: list[Any] = [("record_count.changed", {"record_count": [old, new]}, None, None)]
    if crossed:
        expected.append(("record_count.threshold_crossed", {"record_count": [old, new]}, crossed, direction))
    assert [
        (e.type, e.changes, e.resource.body.get("crossed"), e.resource.body.get("direction")) for e in events
    ] == expected


def test_a_count_that_went_stale_is_told_once_with_when_it_last_changed() -> None:
    stale = lives(count(5, stale=True))
    first, again = (
        [(e.type, e.timestamp) for e in record_counts.diff(before, stale, OPTIONS)]
        for before in (lives(count(5)), stale)
    )
    assert (first, again) == ([("record_count.stale", "2026-11-22T12:00:00Z")], [])


def test_what_is_gone_tells_nothing() -> None:
    assert list(record_counts.diff(lives(count(5)), {}, OPTIONS)) == []


@pytest.mark.parametrize(
    ("count_by", "expected"),
    [
        ("index", [(None, 7)]),
        ("namespace", [("a", 3), ("b", 4)]),
        ("both", [(None, 7), ("a", 3), ("b", 4)]),
    ],
)
def test_one_call_counts_an_index_or_its_namespaces(
    context: Context, backend: ScriptedPinecone, count_by: str, expected: list[Any]
) -> None:
    serve(backend, a=3, b=4)
    assert (seen(context, {"count_by": count_by}), len(backend.asked)) == (expected, 2)


def test_a_namespace_that_the_statistics_leave_out_has_none_once(
    context: Context, backend: ScriptedPinecone
) -> None:
    host = serve(backend, a=3)
    looks = [seen(context, {}, count(number, "b", host)) for number in (4, 0)]
    assert looks == [[(None, 3), ("a", 3), ("b", 0)], [(None, 3), ("a", 3)]]


def test_since_when_a_count_is_what_it_is_stays_known(context: Context, backend: ScriptedPinecone) -> None:
    host = serve(backend, a=3)
    old = clock.iso(clock.now() - timedelta(hours=30))
    found = [
        [
            (each.body["changed_at"] == old, each.body["stale"])
            for each in record_counts.snapshot(
                context, OPTIONS | {"stale_after_hours": hours}, lives(count(3, host=host, changed_at=old))
            ).resources
        ]
        for hours in (24, 48, None)
    ]
    assert found == [
        [(True, True), (False, False)],
        [(True, False), (False, False)],
        [(True, False), (False, False)],
    ]
