"""What lives inside indexes: whose turn it is, and what is not known when it was not."""

from __future__ import annotations

from typing import Any

import pytest

from bridge import connecting
from bridge.access import OPERATOR
from bridge.plugin import Context, Resource, Snapshot
from bridge.runtime import Runtime
from bridge.turns import Meter, Turns
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives
from triggers import inside_indexes

OPTIONS = {"indexes": ["*"]}


def thing(index: str, name: str = "x", host: str | None = None) -> Resource:
    host = host or f"http://h/{index}"
    return Resource(f"{index}/{name}", f"{host}/{name}", None, {"index": index, "host": host, "name": name})


def look(_context: Context, index: str, host: str, _living: Any) -> Snapshot:
    return Snapshot((thing(index, host=host),), complete=True, observed_at=_context.now())


def turned(runtime: Runtime, turns: Turns) -> Context:
    return runtime.connections.context(connecting.get(runtime, OPERATOR, "scripted"), turns=turns)


def listed(backend: ScriptedPinecone, **states: str) -> None:
    backend.answers["/indexes"] = {
        "indexes": [wire_index(name, f"http://h/{name}", state) for name, state in states.items()]
    }


def test_the_chosen_and_ready_indexes_are_looked_into(context: Context, backend: ScriptedPinecone) -> None:
    listed(backend, docs="Ready", news="Ready", young="Initializing")
    found = inside_indexes(context, {"indexes": ["d*", "y*"]}, lives(thing("young")), look)
    assert ([each.key for each in found.resources], found.unsure) == (
        ["docs/x"],
        {"http://h/young/x"},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "unsure"),
    [
        (404, set()),
        (500, {"http://h/lost/x"}),
        (wire_index("lost", "http://h/lost"), {"http://h/lost/x"}),
        (wire_index("lost", "http://h/another"), set()),
    ],
)
def test_what_was_in_an_index_is_gone_only_when_the_index_is(
    context: Context, backend: ScriptedPinecone, answer: Any, unsure: set[str]
) -> None:
    listed(backend, docs="Ready")
    backend.answers["/indexes/lost"] = answer
    assert inside_indexes(context, OPTIONS, lives(thing("lost")), look).unsure == unsure


def test_what_was_in_an_index_made_anew_is_gone_without_a_question(
    context: Context, backend: ScriptedPinecone
) -> None:
    listed(backend, docs="Ready")
    found = inside_indexes(context, OPTIONS, lives(thing("docs", host="http://h/old")), look)
    assert (found.unsure, backend.asked) == (set(), ["/indexes"])


@pytest.mark.usefixtures("context")
def test_an_index_that_fails_leaves_what_is_in_it_as_it_was_and_is_told(
    runtime: Runtime, backend: ScriptedPinecone
) -> None:
    listed(backend, docs="Ready", news="Ready")
    turns = Turns()

    def one_fails(context: Context, index: str, host: str, living: Any) -> Snapshot:
        if index == "news":
            context.pinecone.indexes.describe("news")
        return look(context, index, host, living)

    found = inside_indexes(turned(runtime, turns), OPTIONS, lives(thing("news")), one_fails)
    assert ([each.key for each in found.resources], found.unsure) == (["docs/x"], {"http://h/news/x"})
    errors = {part: note["error"] for part, note in turns.looks.items()}
    assert errors == {"http://h/docs": None, "http://h/news": "Pinecone answered 404: scripted 404"}


@pytest.mark.usefixtures("context")
def test_what_the_budget_does_not_reach_is_left_as_it_was(
    runtime: Runtime, backend: ScriptedPinecone
) -> None:
    listed(backend, docs="Ready", news="Ready")
    turns = Turns(Meter(limit=1))

    def costly(context: Context, index: str, host: str, living: Any) -> Snapshot:
        turns.meter.count += 1
        return look(context, index, host, living)

    found = inside_indexes(turned(runtime, turns), OPTIONS, lives(thing("news")), costly)
    assert (len(found.resources), found.unsure, turns.unfinished) == (1, {"http://h/news/x"}, True)
