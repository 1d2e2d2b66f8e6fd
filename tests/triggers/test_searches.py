from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pinecone import Pinecone
from sqlmodel import col, select

from bridge import connecting, polling, watching
from bridge.access import OPERATOR
from bridge.errors import InvalidInput
from bridge.models import ResourceRow
from bridge.plugin import Context, Resource, Snapshot
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives, told
from triggers import searches

SPEC = {"serverless": {"cloud": "aws", "region": "us-east-1"}}
LONG_AGO = "2026-01-01T00:00:00+00:00"
EAST = {"index": "docs", "namespace": "__default__", "vector": [1.0, 0.0], "top_k": 10, "min_score": 0.9,
        "tell_left": True, "recheck_seconds": 600, "from_start": False}  # fmt: skip
WATCHED = {"index": "docs", "vector": [1.0, 0.0], "min_score": 0.9, "tell_left": True, "recheck_seconds": 0}


@pytest.fixture
def pinecone(pinecone_emulator: Emulator) -> Iterator[Pinecone]:
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as client:
        yield client


@pytest.fixture
def docs(pinecone: Pinecone, pinecone_emulator: Emulator) -> Pinecone:
    return made(pinecone, pinecone_emulator)


@pytest.fixture
def here(runtime: Runtime) -> Context:
    return runtime.connections.context(connecting.get(runtime, OPERATOR, None))


def made(pinecone: Pinecone, emulator: Emulator, **changes: Any) -> Pinecone:
    pinecone.create_index(
        name="docs", spec=SPEC, timeout=-1, **{"dimension": 2, "metric": "cosine", **changes}
    )
    emulator.control.advance(3600)
    return pinecone


def put(pinecone: Pinecone, to: str = "__default__", **records: list[float]) -> None:
    vectors = [{"id": name, "values": values, "metadata": {"n": name}} for name, values in records.items()]
    with pinecone.index(name="docs") as index:
        index.upsert(vectors=vectors, namespace=to)


def found(look: Snapshot) -> list[tuple[str, float]]:
    return [
        (each.body["id"], round(each.body["score"], 2))
        for each in look.resources
        if each.life != searches.NOTE
    ]


def aged(look: Snapshot) -> dict[str, Resource]:
    """What is known after a look, as if nothing had changed since a long time, but asked just now."""
    known = lives(*look.resources)
    note = known[searches.NOTE]
    known[searches.NOTE] = replace(note, body={**note.body, "changed_at": LONG_AGO})
    return known


def watch(runtime: Runtime, options: dict[str, Any]) -> str:
    return watching.create(runtime, OPERATOR, connection=None, trigger="searches", options=options).id


def heard(runtime: Runtime, watch_id: str) -> list[tuple[str, str]]:
    polled = polling.poll_now(runtime, watch_id)
    assert polled.error is None, polled.error
    for event in polled.events:
        runtime.registry.event_types[event.type].data.check(dict(event.data))
    return [(event.type, event.data["id"]) for event in polled.events]


def test_the_result_is_what_is_near_enough_best_first(here: Context, docs: Pinecone) -> None:
    put(docs, far=[0.0, 1.0], near=[1.0, 0.1], exact=[2.0, 0.0])
    assert found(searches.snapshot(here, EAST, {})) == [("exact", 1.0), ("near", 1.0)]


def test_for_euclidean_the_least_score_is_the_most(
    here: Context, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    put(made(pinecone, pinecone_emulator, metric="euclidean"), far=[3.0, 0.0], near=[1.5, 0.0])
    assert found(searches.snapshot(here, {**EAST, "min_score": 1.0}, {})) == [("near", 0.25)]


def test_a_filter_and_a_namespace_select(here: Context, docs: Pinecone) -> None:
    put(docs, a=[1.0, 0.0], b=[1.0, 0.0])
    put(docs, "other", c=[1.0, 0.0])
    only_b = searches.snapshot(here, {**EAST, "filter": {"n": "b"}}, {})
    other = searches.snapshot(here, {**EAST, "namespace": "other"}, {})
    assert (found(only_b), found(other)) == ([("b", 1.0)], [("c", 1.0)])


def test_each_record_is_told_once_when_it_comes_into_the_result(runtime: Runtime, docs: Pinecone) -> None:
    put(docs, before=[1.0, 0.0], far=[0.0, 1.0])
    search = watch(runtime, WATCHED)
    looks = [heard(runtime, search)]
    put(docs, new=[1.0, 0.1])
    looks += [heard(runtime, search), heard(runtime, search)]
    put(docs, far=[1.0, 0.2])  # an update: the number of records stays
    looks += [heard(runtime, search), heard(runtime, search)]
    assert looks == [[], [("search.matched", "new")], [], [("search.matched", "far")], []]


def test_from_start_tells_of_what_is_in_the_result_already(runtime: Runtime, docs: Pinecone) -> None:
    put(docs, a=[1.0, 0.0])
    search = watch(runtime, {**WATCHED, "from_start": True})
    assert [heard(runtime, search), heard(runtime, search)] == [[("search.matched", "a")], []]


def test_a_record_that_left_for_30_seconds_is_told_where_that_is_wanted_and_matches_anew() -> None:
    known = lives(hit("a"), hit("b"))
    gone = lives(hit("a"))
    wanted = told(searches.diff(known, gone, EAST))
    unwanted = told(searches.diff(known, gone, {**EAST, "tell_left": False}))
    again = told(searches.diff(gone, known, EAST))
    assert (wanted, unwanted, again, searches.DELETED_AFTER_SECONDS) == (
        [("search.left", "h/b", None, None)], [], [("search.matched", "h/b", None, None)], 30)  # fmt: skip


def hit(name: str) -> Resource:
    return Resource(f"docs/__default__/{name}", f"h/{name}", None, {"id": name})


def test_a_record_that_is_deleted_is_first_only_missing(runtime: Runtime, docs: Pinecone) -> None:
    put(docs, a=[1.0, 0.0])
    search = watch(runtime, WATCHED)
    heard(runtime, search)
    with docs.index(name="docs") as index:
        index.delete(ids=["a"])
    looks = [heard(runtime, search), heard(runtime, search)]
    with runtime.database.read() as session:
        missing = col(ResourceRow.missing_since_at).is_not(None)
        keys = session.exec(select(ResourceRow.key).where(ResourceRow.watch_id == search, missing)).all()
    assert (looks, keys) == ([[], []], ["docs/__default__/a"])


def test_what_nobody_wrote_to_is_not_asked_again(backend: ScriptedPinecone, context: Context) -> None:
    host = serve(backend, ["a"], position=7)
    first = searches.snapshot(context, EAST, {})
    asked = asked_by(backend)
    quiet = searches.snapshot(context, EAST, aged(first))
    assert (asked, asked_by(backend), quiet.unsure, found(quiet)) == (
        ["indexes", "stats", "query"],
        ["stats"],
        {searches.NOTE, f"{host}/__default__/a"},
        [],
    )


@pytest.mark.parametrize("what", ["count", "recent", "recheck", "options"])
def test_it_is_asked_again_when_something_may_have_been_written(
    backend: ScriptedPinecone, context: Context, what: str
) -> None:
    serve(backend, ["a"], position=7)
    first = searches.snapshot(context, EAST, {})
    known = lives(*first.resources) if what == "recent" else aged(first)
    serve(backend, ["a", "b"] if what == "count" else ["a"], position=8)
    options = {**EAST, **{"recheck": {"recheck_seconds": 0}, "options": {"top_k": 5}}.get(what, {})}
    asked_by(backend)
    searches.snapshot(context, options, known)
    assert asked_by(backend)[-2:] == ["stats", "query"]


def test_an_answer_older_than_the_last_one_is_not_believed(
    backend: ScriptedPinecone, context: Context
) -> None:
    serve(backend, ["a", "b"], position=7)
    first = searches.snapshot(context, EAST, {})
    serve(backend, ["a"], position=6)
    stale = searches.snapshot(context, EAST, lives(*first.resources))
    serve(backend, ["a"], position=8)
    later = searches.snapshot(context, EAST, lives(*first.resources))
    assert (found(stale), len(stale.unsure), found(later), later.unsure) == (
        [],
        3,
        [("a", 0.95)],
        frozenset(),
    )


def test_an_index_that_does_not_exist_is_an_empty_result_until_it_does(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    search = watch(runtime, WATCHED)
    looks = [heard(runtime, search), heard(runtime, search)]
    put(made(pinecone, pinecone_emulator), a=[1.0, 0.0])
    looks.append(heard(runtime, search))
    pinecone.indexes.delete("docs", timeout=-1)
    put(made(pinecone, pinecone_emulator), a=[1.0, 0.0])
    looks.append(heard(runtime, search))
    assert looks == [[], [], [("search.matched", "a")], [("search.matched", "a")]]


def test_a_text_is_embedded_by_the_index_s_own_model(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    pinecone.indexes.create_for_model(name="docs", cloud="aws", region="us-east-1", embed=embed, timeout=-1)
    pinecone_emulator.control.advance(3600)
    search = watch(runtime, {"index": "docs", "text": "a copy of an index", "top_k": 1, "recheck_seconds": 0})
    first = heard(runtime, search)
    with pinecone.index(name="docs") as index:
        index.upsert_records(namespace="__default__", records=[{"id": "r", "text": "a copy of an index"}])
    assert (first, heard(runtime, search)) == ([], [("search.matched", "r")])


def test_an_event_says_which_question_it_answers(
    here: Context, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    made(pinecone, pinecone_emulator, dimension=384)
    embed = {"provider": "pinecone", "dimension": 384}
    vector = here.embed(["prices"], {**embed, "input_type": "document"})[0]
    put(pinecone, a=vector)
    whatever = {name: told for name, told in EAST.items() if name not in ("vector", "min_score")}
    looks = [
        searches.snapshot(here, {**whatever, **question}, {})
        for question in ({"text": "prices", "embed": embed}, {"vector": vector})
    ]
    matched = [found.body for look in looks for found in look.resources if found.life != searches.NOTE]
    assert [(body["id"], body["text"]) for body in matched] == [("a", "prices"), ("a", None)]


def test_a_text_is_embedded_by_a_provider_where_the_index_has_no_model(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator, here: Context
) -> None:
    made(pinecone, pinecone_emulator, dimension=384)
    embed = {"provider": "pinecone", "dimension": 384}
    search = watch(runtime, {"index": "docs", "text": "prices", "embed": embed, "recheck_seconds": 0})
    first = heard(runtime, search)
    put(pinecone, r=here.embed(["prices"], {**embed, "input_type": "document"})[0])
    assert (first, heard(runtime, search)) == ([], [("search.matched", "r")])


def test_a_text_without_a_way_to_embed_it_is_told_in_the_watch(runtime: Runtime, docs: Pinecone) -> None:
    put(docs, a=[1.0, 0.0])
    search = watch(runtime, {"index": "docs", "text": "prices"})
    polling.poll_now(runtime, search)
    said = watching.get(runtime, OPERATOR, search).last_error
    assert said == "/options/embed is required: the index docs has no model of its own"


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"index": "docs"}, "/options"),
        ({"index": "docs", "text": "a", "vector": [1.0]}, "/options"),
        ({"text": "a"}, "/options/index"),
        ({"index": "docs", "vector": [1.0], "embed": {"provider": "voyage"}}, "/options"),
        ({"index": "docs", "text": "a", "top_k": 101}, "/options/top_k"),
        ({"index": "docs", "text": "a", "filter": 1}, "/options/filter"),
    ],
)
def test_a_search_that_cannot_be_is_refused_with_a_pointer(
    runtime: Runtime, options: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        watch(runtime, options)
    assert [fault.pointer for fault in caught.value.errors] == [pointer]


def serve(backend: ScriptedPinecone, ids: list[str], *, position: int) -> str:
    """An index `docs` in which these records match, as of a write."""
    host = f"{backend.url}/i/docs"
    backend.headers["x-pinecone-max-indexed-lsn"] = str(position)
    backend.answers["/indexes/docs"] = wire_index("docs", host)
    backend.answers["/i/docs/describe_index_stats"] = {
        "namespaces": {"": {"vectorCount": len(ids)}},
        "dimension": 2,
    }
    backend.answers["/i/docs/query"] = {"matches": [{"id": name, "score": 0.95} for name in ids]}
    return host


def asked_by(backend: ScriptedPinecone) -> list[str]:
    short = {"describe_index_stats": "stats", "docs": "indexes"}
    asked = [path.rsplit("/", 1)[-1] for path in backend.asked]
    backend.asked.clear()
    return [short.get(name, name) for name in asked]
