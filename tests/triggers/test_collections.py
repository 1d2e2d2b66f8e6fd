from __future__ import annotations

from typing import Any

import pytest

from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone
from tests.triggers.conftest import lives, told
from triggers import collections


def wire(status: str, name: str = "kept") -> dict[str, Any]:
    return {"name": name, "status": status, "environment": "us-east1-gcp"}


def collection(status: str, name: str = "kept") -> Resource:
    return Resource(name, name, status, wire(status, name))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "Initializing", [("collection.created", None, "Initializing")]),
        (None, "Ready", [("collection.created", None, "Ready"), ("collection.ready", None, "Ready")]),
        ("Initializing", "Ready", [("collection.ready", "Initializing", "Ready")]),
        ("Ready", "Terminating", []),
        ("Terminating", None, [("collection.deleted", "Terminating", None)]),
        (
            "Ready",
            "Initializing",
            [("collection.deleted", "Ready", None), ("collection.created", None, "Initializing")],
        ),
    ],
)
def test_the_life_of_a_collection_is_told(before: str | None, after: str | None, expected: list[Any]) -> None:
    was, now = (lives(collection(status)) if status else {} for status in (before, after))
    assert [(kind, old, new) for kind, _, old, new in told(collections.diff(was, now, {}))] == expected


def test_what_is_not_in_the_list_is_asked_for_by_name(context: Context, backend: ScriptedPinecone) -> None:
    backend.answers |= {
        "/collections": {"collections": [wire("Ready")]},
        "/collections/b": wire("Ready", "b"),
    }
    look = collections.snapshot(context, {}, lives(collection("Ready", "b"), collection("Ready", "c")))
    assert ([each.life for each in look.resources], look.complete, backend.asked) == (
        ["kept", "b"],
        True,
        ["/collections", "/collections/b", "/collections/c"],
    )
