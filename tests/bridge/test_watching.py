from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pinecone import Pinecone

from bridge import connecting, polling, watching
from bridge.access import OPERATOR, Caller
from bridge.errors import Conflict, InvalidInput, NotFound, UnknownConnection
from bridge.models import Watch
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

STRANGER = Caller("key_1", "stranger", frozenset({"read", "write", "delete"}), frozenset({"conn_other"}))


def of(runtime: Runtime, trigger: str) -> Watch:
    return next(row for row in watching.page(runtime, OPERATOR).rows if row.trigger == trigger)


def refused(ask: Callable[[], object]) -> list[str]:
    """The pointers of what is wrong with an order."""
    with pytest.raises(InvalidInput) as error:
        ask()
    return [fault.pointer for fault in error.value.errors]


def create(runtime: Runtime, **changes: Any) -> Watch:
    order: dict[str, Any] = {"connection": None, "trigger": "indexes", "options": {}, **changes}
    return watching.create(runtime, OPERATOR, **order)


def test_the_default_connection_is_watched_at_once_by_every_trigger_that_needs_no_options(
    runtime: Runtime,
) -> None:
    rows = watching.page(runtime, OPERATOR).rows
    found = {row.trigger: (row.options, row.interval_seconds, row.state) for row in rows}
    assert found == {
        kind: (plugin.options.check({}), runtime.settings.poll_seconds, "active")
        for kind, plugin in runtime.registry.triggers.items()
        if "required" not in plugin.options.schema
    }


def test_a_watch_that_is_there_is_not_made_again_at_the_next_start(runtime: Runtime) -> None:
    before = watching.active_ids(runtime, OPERATOR)
    watching.update(runtime, OPERATOR, before[0], state="paused")
    connecting.ensure_default(runtime)
    assert watching.active_ids(runtime, OPERATOR) == before[1:]


def test_a_new_watch_has_the_defaults_of_its_trigger(runtime: Runtime) -> None:
    row = create(runtime, options={"names": ["docs"]}, interval_seconds=300)
    stored = watching.get(runtime, OPERATOR, row.id)
    assert (stored.options, stored.interval_seconds, stored.state, stored.baseline_at) == (
        {"names": ["docs"], "tags": {}, "from_start": False, "steady_seconds": 10},
        300,
        "active",
        None,
    )


def test_the_options_given_are_left_as_they_were(runtime: Runtime) -> None:
    options = {"names": ["docs"]}
    create(runtime, options=options)
    assert options == {"names": ["docs"]}


def test_what_cannot_be_ordered_is_named(runtime: Runtime) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"trigger": "weather"}, ["/trigger"]),
        ({"options": {"nmaes": ["docs"]}}, ["/options/nmaes"]),
        ({"options": {"names": "docs"}}, ["/options/names"]),
        ({"options": {"names": [""]}}, ["/options/names/0"]),
        ({"options": {"names": []}}, ["/options/names"]),
        ({"options": ["docs"]}, ["/options"]),
        ({"interval_seconds": 0}, ["/interval_seconds"]),
        ({"interval_seconds": 86401}, ["/interval_seconds"]),
        ({"interval_seconds": 1.5}, ["/interval_seconds"]),
        ({"interval_seconds": True}, ["/interval_seconds"]),
    ]
    assert [refused(lambda order=order: create(runtime, **order)) for order, _ in cases] == [
        pointers for _, pointers in cases
    ]


def test_a_connection_is_watched_once_with_the_same_trigger_and_options(runtime: Runtime) -> None:
    known = of(runtime, "indexes")
    with pytest.raises(Conflict, match=known.id):
        create(runtime, options={"from_start": False, "names": ["*"]})


def test_an_unknown_connection_cannot_be_watched(runtime: Runtime) -> None:
    with pytest.raises(UnknownConnection):
        create(runtime, connection="nowhere")


@pytest.mark.parametrize(
    "ask",
    [
        watching.get,
        watching.remove,
        lambda runtime, caller, found: watching.update(runtime, caller, found, state="paused"),
    ],
)
def test_a_watch_of_another_connection_does_not_exist_for_a_caller(
    runtime: Runtime, ask: Callable[[Runtime, Caller, str], object]
) -> None:
    with pytest.raises(NotFound):
        ask(runtime, STRANGER, of(runtime, "indexes").id)
    assert (watching.page(runtime, STRANGER).rows, watching.active_ids(runtime, STRANGER)) == ([], [])


def test_a_caller_cannot_watch_a_connection_it_does_not_see(runtime: Runtime) -> None:
    with pytest.raises(UnknownConnection):
        watching.create(runtime, STRANGER, connection=None, trigger="indexes", options={"names": ["a"]})


def test_a_paused_watch_is_not_due_and_goes_on_where_it_stood(runtime: Runtime) -> None:
    found = of(runtime, "indexes").id
    polling.poll_now(runtime, found)
    baseline_at = watching.get(runtime, OPERATOR, found).baseline_at
    paused = watching.update(runtime, OPERATOR, found, state="paused")
    due = [claimed for claimed, _ in polling.claim_due(runtime, 10)]
    resumed = watching.update(runtime, OPERATOR, found, state="active")
    assert (paused.state, found in due, resumed.state, resumed.baseline_at) == (
        "paused",
        False,
        "active",
        baseline_at,
    )


def test_new_options_begin_with_a_new_baseline_and_the_same_ones_do_not(runtime: Runtime) -> None:
    found = of(runtime, "indexes").id
    polling.poll_now(runtime, found)
    same = watching.update(runtime, OPERATOR, found, options={"names": ["*"]}).baseline_at
    new = watching.update(runtime, OPERATOR, found, options={"names": ["docs"]}).baseline_at
    assert (same is None, new) == (False, None)


def test_a_change_that_cannot_be_is_named_and_changes_nothing(runtime: Runtime) -> None:
    before = of(runtime, "indexes").model_dump()
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"state": "disabled"}, ["/state"]),
        ({"state": "paused", "interval_seconds": -1}, ["/interval_seconds"]),
        ({"options": {"from_start": 1}}, ["/options/from_start"]),
    ]
    named = [
        refused(lambda change=change: watching.update(runtime, OPERATOR, before["id"], **change))
        for change, _ in cases
    ]
    assert (named, of(runtime, "indexes").model_dump()) == ([pointers for _, pointers in cases], before)


def test_a_watch_cannot_be_made_the_double_of_another(runtime: Runtime) -> None:
    other = create(runtime, options={"names": ["docs"]})
    with pytest.raises(Conflict):
        watching.update(runtime, OPERATOR, other.id, options={})


def test_a_removed_watch_is_gone(runtime: Runtime) -> None:
    found = of(runtime, "indexes").id
    watching.remove(runtime, OPERATOR, found)
    with pytest.raises(NotFound):
        polling.poll_now(runtime, found)


def test_watches_are_listed_newest_first_and_by_connection(runtime: Runtime) -> None:
    row = create(runtime, options={"names": ["docs"]})
    other = connecting.create(
        runtime, OPERATOR, name="other", api_key="pckey_other", host="http://127.0.0.1:9"
    )
    newest = watching.page(runtime, OPERATOR, connection="default", limit=1)
    theirs = {each.connection_id for each in watching.page(runtime, OPERATOR, connection="other").rows}
    backups = watching.page(runtime, OPERATOR, trigger="backups").rows
    assert sorted(each.connection_id for each in backups) == sorted({row.connection_id, other.id})
    assert ([each.id for each in newest.rows], newest.next_cursor is None, theirs) == (
        [row.id],
        False,
        {other.id},
    )


def test_what_a_watch_names_and_is_not_there_is_told_as_absent_until_it_appears(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    ordered = [
        watching.create(runtime, OPERATOR, connection=None, trigger=trigger, options=options)
        for trigger, options in (
            ("indexes", {"names": ["docs", "new-*"]}),
            ("namespaces", {"indexes": ["docs"]}),
            ("imports", {"indexes": ["d*"]}),
            ("searches", {"index": "docs", "vector": [1.0, 0.0, 0.0]}),
        )
    ]
    first = [(polling.poll_now(runtime, row.id).outcome, watching.absent(runtime, row)) for row in ordered]
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as pinecone:
        pinecone.indexes.create(name="docs", dimension=3, metric="cosine", timeout=-1)
    told = [event.type for event in polling.poll_now(runtime, ordered[0].id).events]
    assert (first, told, [watching.absent(runtime, row) for row in ordered]) == (
        [("baseline", ["docs"]), ("baseline", ["docs"]), ("baseline", []), ("baseline", ["docs"])],
        ["index.created"],
        [[], [], [], []],
    )
