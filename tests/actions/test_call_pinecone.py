from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import update

from bridge import accepting, clock, errors, executing, running, runs
from bridge.accepting import Wish
from bridge.access import OPERATOR
from bridge.models import Run
from bridge.plugin import JSON
from bridge.runtime import Runtime
from tests.actions.conftest import RunAction, World

DOCS = {"index": "docs-example"}
QUERY = {"vector": [0.1, 0.2, 0.3], "topK": 1, "namespace": "articles"}


def test_the_control_plane_is_called_and_answers_as_it_does(run_action: RunAction) -> None:
    answer = run_action("call_pinecone", {"path": "/indexes/docs-example"})
    assert (answer["status"], answer["body"]["name"]) == (200, "docs-example")


def test_an_index_s_own_api_is_called_with_a_body(run_action: RunAction) -> None:
    answer = run_action("call_pinecone", {**DOCS, "method": "POST", "path": "/query", "body": QUERY})
    assert [match["id"] for match in answer["body"]["matches"]] == ["article-1"]


def test_what_is_answered_and_no_json_is_text(run_action: RunAction) -> None:
    answer = run_action("call_pinecone", {"path": "/_emulator/state"})
    assert (answer["status"], type(answer["body"]), "\0" in answer["body"]) == (200, str, False)


def test_what_pinecone_refuses_is_an_error(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("call_pinecone", {"path": "/indexes/nowhere"})


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"method": "DELETE", "path": "/indexes/docs-example"}, "/confirm"),
        ({"method": "DELETE", "path": "/indexes/docs-example", "confirm": "docs-example"}, "/confirm"),
        ({**DOCS, "method": "POST", "path": "/vectors/delete", "body": {"deleteAll": True}}, "/confirm"),
        ({"path": "/indexes", "body": {}}, "/body"),
        ({"path": "https://example.com/"}, "/path"),
        ({"path": "//example.com/x"}, "/path"),
        ({"path": "/indexes?x=1"}, "/path"),
        ({"path": "/../indexes"}, "/path"),
        ({**DOCS, "path": "/%2e%2e/%2E./indexes"}, "/path"),
        ({**DOCS, "path": "/vectors%2F..%2Flist"}, "/path"),
        ({**DOCS, "method": "POST", "path": "/vectors/%64elete", "body": {"deleteAll": True}}, "/confirm"),
        ({**DOCS, "method": "POST", "path": "/vectors%2Fdelete%2f", "body": {"deleteAll": True}}, "/confirm"),
    ],
)
def test_what_it_will_not_send(run_action: RunAction, given: JSON, pointer: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("call_pinecone", given)
    assert caught.value.errors[0].pointer == pointer


def test_a_call_that_deletes_is_made_when_its_path_is_repeated(run_action: RunAction) -> None:
    path = "/vectors/delete"
    order = {**DOCS, "method": "POST", "path": path, "body": {"ids": ["doc-1"]}, "confirm": path}
    answer = run_action("call_pinecone", order)
    left = run_action("list_vectors", {**DOCS, "prefix": "doc-"})["ids"]
    assert (answer["status"], left) == (200, ["doc-2", "doc-3"])


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("order", "scope"),
    [
        ({"path": "/indexes"}, "read"),
        ({**DOCS, "method": "POST", "path": "/query", "body": QUERY}, "write"),
        ({"method": "DELETE", "path": "/indexes/nowhere", "confirm": "/indexes/nowhere"}, "delete"),
        ({**DOCS, "method": "POST", "path": "/vectors/%64elete", "body": {"deleteAll": True}}, "delete"),
    ],
)
def test_nobody_does_by_it_what_their_scopes_do_not_let_them(
    runtime: Runtime, order: JSON, scope: str
) -> None:
    caller = replace(OPERATOR, scopes=OPERATOR.scopes - {scope})
    with pytest.raises(errors.MissingScope, match=f"'{scope}'"):
        running.run(runtime, caller, "call_pinecone", order)


@pytest.mark.usefixtures("world")
def test_nobody_has_a_deletion_of_another_done_without_the_scope_for_it(runtime: Runtime) -> None:
    order = {"method": "DELETE", "path": "/indexes/nowhere", "confirm": "/indexes/nowhere"}
    run = accepting.accept(runtime, OPERATOR, "call_pinecone", order, wish=Wish(background=True)).run
    assert run is not None
    runs.cancel(runtime, OPERATOR, run.id)
    caller = replace(OPERATOR, scopes=OPERATOR.scopes - {"delete"})
    with pytest.raises(errors.MissingScope, match="'delete'"):
        runs.retry(runtime, caller, run.id)


def test_an_index_that_was_made_anew_is_missed_once_at_most(world: World, run_action: RunAction) -> None:
    listing = {**DOCS, "path": "/vectors/list"}
    run_action("call_pinecone", listing)
    run_action("configure_index", {**DOCS, "deletion_protection": "disabled"})
    run_action("delete_index", {**DOCS, "confirm": "docs-example"})
    world.emulator.control.advance(60)
    run_action(
        "create_index", {"name": "docs-example", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    )
    world.emulator.control.advance(60)
    with pytest.raises(errors.PineconeNotFound):
        run_action("call_pinecone", listing)
    assert run_action("call_pinecone", listing)["body"]["vectors"] == []


@pytest.mark.parametrize("order", [{"path": "/indexes"}, {**DOCS, "path": "/vectors/list"}])
def test_it_is_sent_once(world: World, run_action: RunAction, order: JSON) -> None:
    world.emulator.control.fault("/i/docs-example" if "index" in order else "/indexes", status=503)
    with pytest.raises(errors.PineconeFailed):
        run_action("call_pinecone", order)


@pytest.mark.usefixtures("world")
def test_of_a_run_that_was_lost_nobody_says_that_it_was_done(runtime: Runtime) -> None:
    order = {**DOCS, "method": "POST", "path": "/query", "body": QUERY}
    run_id = accepting.accept(runtime, OPERATOR, "call_pinecone", order, wish=Wish(background=True)).run_id
    lost = {
        "state": "running",
        "attempt_count": 1,
        "lease_token": "gone",
        "lease_until": clock.now() - timedelta(1),
    }
    with runtime.database.write() as session:
        session.execute(update(Run).where(Run.id == run_id).values(**lost))  # type: ignore[arg-type]
    executing.execute_due(runtime, threading.Event())
    ended = runs.get(runtime, OPERATOR, str(run_id))
    assert (ended.state, ended.error and ended.error["code"]) == ("failed", "outcome_unknown")
