from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from pinecone import Pinecone

from bridge import clock, polling, watching
from bridge.access import OPERATOR
from bridge.models import Event, Watch
from bridge.polling import Polled
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import (
    HOST,
    LONG,
    OTHER_HOST,
    create,
    every,
    lease,
    poll,
    told,
    watch_id,
)
from tests.scripted import ScriptedPinecone, wire_index


def test_two_pollers_at_once_write_each_event_once(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    first = watch_id(runtime, "indexes", connection_id)
    other = watching.create(
        runtime, OPERATOR, connection=connection_id, trigger="indexes", options={"names": ["do*"]}
    )
    for found in (first, other.id):
        polling.poll_now(runtime, found)
    faster: list[Polled] = []

    def overtake() -> dict[str, Any]:
        backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST)]}
        faster.append(polling.poll_now(runtime, other.id))
        return {"indexes": [wire_index("docs", HOST)]}

    backend.answers["/indexes"] = overtake
    slower = polling.poll_now(runtime, first)
    again = polling.poll_now(runtime, first)
    assert (
        told(faster[0]),
        slower.outcome,
        told(again),
        [event.type for event in every(runtime, Event)],
    ) == (
        [("index.created", "docs"), ("index.ready", "docs")],
        "overtaken",
        [],
        ["index.created", "index.ready"],
    )


def test_many_pollers_of_overlapping_watches_tell_everything_once(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    watches = [watch_id(runtime, "indexes")]
    for globs in (["do*"], ["*cs"], ["d*", "x*"]):
        options = {"names": globs}
        watches.append(
            watching.create(runtime, OPERATOR, connection=None, trigger="indexes", options=options).id
        )
    for found in watches:
        polling.poll_now(runtime, found)
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    with ThreadPoolExecutor(len(watches)) as pool:
        looks = list(pool.map(lambda found: polling.poll_now(runtime, found), watches))
    assert {look.outcome for look in looks} <= {"polled", "overtaken"}
    assert [event.type for event in every(runtime, Event)] == ["index.created", "index.ready"]


def test_a_poller_that_lost_its_lease_writes_nothing(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    poll(runtime, "indexes", connection_id)
    found = watch_id(runtime, "indexes", connection_id)

    def pause_meanwhile() -> dict[str, Any]:
        watching.update(runtime, OPERATOR, found, state="paused")
        return {"indexes": [wire_index("docs", HOST)]}

    backend.answers["/indexes"] = pause_meanwhile
    assert (polling.poll_now(runtime, found).outcome, every(runtime, Event)) == ("overtaken", [])


def test_an_unknown_token_polls_nothing(runtime: Runtime) -> None:
    assert polling.poll(runtime, watch_id(runtime, "indexes"), "none").outcome == "overtaken"


def test_what_is_due_and_active_and_free_is_claimed_once(runtime: Runtime) -> None:
    mine = {kind: watch_id(runtime, kind) for kind in ("indexes", "backups", "restore_jobs")}
    for row in watching.page(runtime, OPERATOR, limit=100).rows:
        if row.trigger not in mine:
            watching.remove(runtime, OPERATOR, row.id)
    watching.update(runtime, OPERATOR, mine["backups"], state="paused")
    with runtime.database.write() as session:
        session.get_one(Watch, mine["restore_jobs"]).next_poll_at = clock.now() + timedelta(hours=1)
    claims = [[found for found, _ in polling.claim_due(runtime, 10)] for _ in range(2)]
    assert claims == [[mine["indexes"]], []]


def test_a_watch_sees_only_what_its_options_select(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    watching.remove(runtime, OPERATOR, watch_id(runtime, "indexes", connection_id))
    watch = watching.create(
        runtime, OPERATOR, connection=connection_id, trigger="indexes", options={"names": ["prod-*", "d?cs"]}
    )
    polling.poll_now(runtime, watch.id)
    names = ("docs", "dcs", "prod-1", "my-prod-1")
    backend.answers["/indexes"] = {
        "indexes": [wire_index(name, f"{HOST}-{name}", "Initializing") for name in names]
    }
    looks = [told(polling.poll_now(runtime, watch.id))]
    backend.answers["/indexes"] = {"indexes": []}
    looks.append(told(polling.poll_now(runtime, watch.id)))
    assert [sorted(look) for look in looks] == [
        [("index.created", "docs"), ("index.created", "prod-1")],
        [("index.deleted", "docs"), ("index.deleted", "prod-1")],
    ]


def test_the_baseline_of_a_new_watch_swallows_nothing_that_another_would_tell(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    watching.remove(runtime, OPERATOR, watch_id(runtime, "indexes", connection_id))
    old, new = (
        watching.create(
            runtime, OPERATOR, connection=connection_id, trigger="indexes", options={"names": [glob]}
        )
        for glob in ("docs*", "*")
    )
    polling.poll_now(runtime, old.id)
    names = {"docs": HOST, "news": OTHER_HOST}
    backend.answers["/indexes"] = {
        "indexes": [wire_index(name, host, "Initializing") for name, host in names.items()]
    }
    assert [(polling.poll_now(runtime, each).outcome) for each in (new.id, old.id)] == ["baseline", "polled"]
    assert [(event.type, event.key) for event in every(runtime, Event)] == [("index.created", "docs")]


def tagged(runtime: Runtime, connection_id: str, **tags: str) -> str:
    return watching.create(
        runtime, OPERATOR, connection=connection_id, trigger="indexes", options={"tags": tags}
    ).id


def show(backend: ScriptedPinecone, **tags: dict[str, str] | None) -> None:
    """Let there be these indexes, with these tags."""
    found = [wire_index(name, f"{HOST}-{name}", tags=value) for name, value in tags.items()]
    backend.answers["/indexes"] = {"indexes": found}


def test_a_watch_of_tags_tells_of_what_has_them_or_had_them(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    watching.remove(runtime, OPERATOR, watch_id(runtime, "indexes", connection_id))
    found = tagged(runtime, connection_id, team="a*")
    show(backend, docs=None, news={"team": "b"})
    looks = [told(polling.poll_now(runtime, found))]
    for docs, news in (({"team": "a1"}, None), (None, {"team": "x"}), (None, None)):
        show(backend, docs=docs, news=news)
        looks.append(told(polling.poll_now(runtime, found)))
    show(backend, mine={"team": "a"}, other={"team": "b"})
    looks.append(told(polling.poll_now(runtime, found)))
    assert looks == [
        [],
        [("index.configured", "docs")],
        [("index.configured", "docs")],
        [],
        [("index.created", "mine"), ("index.ready", "mine")],
    ]


def test_what_a_watch_of_tags_sees_for_another_watch_is_told_once(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    both = [watch_id(runtime, "indexes", connection_id), tagged(runtime, connection_id, team="a")]
    for found in both:
        polling.poll_now(runtime, found)
    show(backend, docs=None, mine={"team": "a"})
    looks = [sorted(told(polling.poll_now(runtime, found))) for found in reversed(both)]
    assert looks == [
        [
            ("index.created", "docs"),
            ("index.created", "mine"),
            ("index.ready", "docs"),
            ("index.ready", "mine"),
        ],
        [],
    ]


def test_what_only_a_paused_watch_selects_is_left_for_it_to_tell(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    everything = watch_id(runtime, "indexes", connection_id)
    show(backend, old=None)
    polling.poll_now(runtime, everything)
    some = tagged(runtime, connection_id, team="a")
    watching.update(runtime, OPERATOR, everything, state="paused")
    show(backend, docs=None, mine={"team": "a"})
    looks = [told(polling.poll_now(runtime, some)) for _ in range(2)]
    watching.update(runtime, OPERATOR, everything, state="active")
    looks.append(sorted(told(polling.poll_now(runtime, everything))))
    assert looks == [
        [("index.created", "mine"), ("index.ready", "mine")],
        [],
        [("index.created", "docs"), ("index.deleted", "old"), ("index.ready", "docs")],
    ]


def test_the_watch_of_a_worker_that_died_is_taken_over_when_its_lease_has_run_out(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    found = watch_id(runtime, "indexes", connection_id)
    poll(runtime, "indexes", connection_id)
    dead = lease(runtime, found)
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST)]}
    before = found in {claimed for claimed, _ in polling.claim_due(runtime, 100)}
    with runtime.database.write() as session:
        session.get_one(Watch, found).lease_until = clock.now() - timedelta(seconds=1)
    [token] = [token for claimed, token in polling.claim_due(runtime, 100) if claimed == found]
    outcomes = [polling.poll(runtime, found, each).outcome for each in (dead, token, dead)]
    assert (before, outcomes) == (False, ["overtaken", "polled", "overtaken"])
    assert [event.type for event in every(runtime, Event)] == ["index.created", "index.ready"]
