from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.absence import Settled, settle
from bridge.plugin import Resource, Snapshot

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOCS = Resource("docs", "docs", "Ready", {"a": 1})
BEFORE = {"docs": DOCS}


def look(seconds: float, *resources: Resource, complete: bool = True) -> Snapshot:
    return Snapshot(resources, complete, START + timedelta(seconds=seconds))


def test_what_is_seen_is_living_and_the_same_object_where_nothing_changed() -> None:
    news = Resource("news", "news", "Ready", {})
    same = Resource("docs", "docs", "Ready", {"a": 1})
    settled = settle(BEFORE, {"docs": START}, look(9, same, news), 30)
    assert (settled, settled.after["docs"] is DOCS) == (Settled({"docs": DOCS, "news": news}, {}), True)


@pytest.mark.parametrize(
    ("missing_since", "after_seconds", "deleted_after", "complete", "expected"),
    [
        # one look is enough where the trigger says so, and only if it was whole
        (None, 0, 0, True, Settled({}, {})),
        (None, 0, 0, False, Settled(BEFORE, {})),
        # otherwise two looks that far apart
        (None, 0, 30, True, Settled(BEFORE, {"docs": START})),
        (START, 29, 30, True, Settled(BEFORE, {"docs": START})),
        (START, 30, 30, True, Settled({}, {})),
        (START, 99, 30, False, Settled(BEFORE, {"docs": START})),
        # or never
        (None, 0, None, True, Settled(BEFORE, {})),
    ],
)
def test_what_is_not_seen_is_deleted_only_when_that_is_sure(
    missing_since: datetime | None,
    after_seconds: float,
    deleted_after: int | None,
    complete: bool,
    expected: Settled,
) -> None:
    missing = {"docs": missing_since} if missing_since else {}
    assert settle(BEFORE, missing, look(after_seconds, complete=complete), deleted_after) == expected
