from __future__ import annotations

from typing import Any

import pytest

from bridge import errors, previewing
from bridge.access import OPERATOR, Caller
from tests.bridge.conftest import Owing


@pytest.mark.parametrize(
    ("choice", "matched"),
    [
        ({}, ["b", "a", "c"]),
        ({"event_types": ["index.*"]}, ["b", "a"]),
        ({"keys": ["a*"]}, ["a"]),
        ({"filter": {"properties": {"key": {"enum": ["c", "b"]}}}}, ["b", "c"]),
        ({"last": 1}, ["b"]),
    ],
)
def test_a_choice_is_tried_on_the_last_events(
    owing: Owing, choice: dict[str, Any], matched: list[str]
) -> None:
    for key, kind in (("c", "backup.ready"), ("a", "index.ready"), ("b", "index.ready")):
        owing.happen(1, kind, key=key)
    found = previewing.preview(owing.runtime, OPERATOR, **{"last": 100, **choice})
    assert ([event.key for event in found.matched], found.checked) == (matched, min(3, choice.get("last", 3)))


def test_a_choice_that_cannot_be_is_refused(owing: Owing) -> None:
    with pytest.raises(errors.InvalidInput):
        previewing.preview(owing.runtime, OPERATOR, last=1, filter={"$ref": "x"})


def test_what_a_caller_does_not_see_matches_nothing(owing: Owing) -> None:
    owing.happen(connection_id="conn_1")
    stranger = Caller("key_1", "stranger", frozenset({"read"}), frozenset({"conn_2"}))
    assert previewing.preview(owing.runtime, stranger, last=9).checked == 0
