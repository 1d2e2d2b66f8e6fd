"""What every action does with an input that is wrong, derived from its schema: nobody edits this for a new action."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bridge import connecting, registry, running, vault
from bridge.access import OPERATOR, Caller
from bridge.config import Settings
from bridge.errors import PinehookError
from bridge.models import Run
from bridge.plugin import JSON
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime
from bridge.runtime import running as start_runtime
from tests.actions.conftest import World

ACTIONS = registry.load().actions
OTHER = {"string": 7, "integer": "seven", "number": "seven", "boolean": "yes", "array": {}, "object": []}
Refusal = tuple[int, str, str | None]


def refused(action: ActionPlugin, given: Any) -> Refusal | None:
    """How an input is refused before anything is sent: status, code and the first pointer; None when it is not."""
    try:
        action.check(copy.deepcopy(given))
    except PinehookError as refusal:
        return refusal.status, refusal.code, refusal.errors[0].pointer
    return None


def part_of(action: ActionPlugin, name: str) -> JSON:
    root = action.input.bundled
    part: Any = root["properties"][name]
    while "$ref" in part:
        part = {
            **root["$defs"][part["$ref"].removeprefix("#/$defs/")],
            **{k: v for k, v in part.items() if k != "$ref"},
        }
    return part


def beyond(part: JSON) -> Iterator[Any]:
    """Values of the right type and out of the range of a field."""
    if "minimum" in part:
        yield part["minimum"] - 1
    if "maximum" in part:
        yield part["maximum"] + 1
    if part.get("type") == "string":
        if "maxLength" in part:
            yield "a" * (part["maxLength"] + 1)
        if part.get("minLength"):
            yield ""
        if "enum" in part:
            yield "none of these"
    if part.get("type") == "array" and part.get("minItems"):
        yield []


def wrong(action: ActionPlugin) -> Iterator[tuple[str, JSON]]:
    """Inputs with one thing wrong each, and where it is."""
    good = action.examples[0]["input"]
    for name in action.input.bundled.get("required", ()):
        yield f"/{name}", {key: value for key, value in good.items() if key != name}
    yield "/vlaue", {**good, "vlaue": 1}
    for name in action.input.bundled["properties"]:
        part = part_of(action, name)
        kind = part.get("type")
        if isinstance(kind, str):
            yield f"/{name}", {**good, name: OTHER[kind]}
        yield from ((f"/{name}", {**good, name: value}) for value in beyond(part))


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_what_is_wrong_is_refused_by_name_before_anything_is_sent(action: ActionPlugin) -> None:
    got = [(pointer, given, refused(action, given)) for pointer, given in wrong(action)]
    assert [each for each in got if each[2] != (422, "invalid_input", each[0])] == []


@pytest.mark.parametrize("given", [[], "text", 7, None, True])
def test_what_is_no_object_is_refused_as_a_whole(given: Any) -> None:
    assert {refused(action, given) for action in ACTIONS.values()} == {(422, "invalid_input", "")}


def test_without_its_scope_none_is_run(runtime: Runtime) -> None:
    every = {"read", "write", "delete", "admin"}
    told = set()
    for action in ACTIONS.values():
        caller = Caller("key_x", "x", frozenset(every - {action.scope}))
        with pytest.raises(PinehookError) as caught:
            running.run(runtime, caller, action.name, {})
        told.add((caught.value.status, caught.value.code))
    assert told == {(403, "missing_scope")}


OF_AN_INDEX = [
    name
    for name in ACTIONS
    if "index" in ACTIONS[name].input.bundled["properties"] and name != "wait_for_index"
]


@pytest.mark.parametrize("name", OF_AN_INDEX)
def test_an_unknown_index_is_told(world: World, runtime: Runtime, name: str) -> None:
    given = {**world.substituted(ACTIONS[name].examples[0]["input"]), "index": "nowhere"}
    if "confirm" in given:
        given["confirm"] = "nowhere" if ACTIONS[name].confirm == "index" else given["confirm"]
    with pytest.raises(PinehookError) as caught:
        running.run(runtime, OPERATOR, name, given)
    assert (caught.value.status, caught.value.code) == (404, "pinecone_not_found")


@pytest.mark.parametrize("name", [name for name in ACTIONS if name not in ("embed", "wait_for_index")])
def test_what_pinecone_refuses_is_told_as_its_refusal(world: World, runtime: Runtime, name: str) -> None:
    world.emulator.control.fault("/", status=403, count=50)
    with pytest.raises(PinehookError) as caught:
        running.run(runtime, OPERATOR, name, world.substituted(ACTIONS[name].examples[0]["input"]))
    assert (caught.value.status, caught.value.code) == (403, "pinecone_forbidden")


@pytest.fixture(scope="module")
def alone(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A runtime whose Pinecone is gone."""
    place = tmp_path_factory.mktemp("alone")
    settings = Settings(
        env="development",
        data_dir=place,
        DATABASE_URL=f"sqlite:///{shutil.copy(migrated_sqlite, place / 'bridge.db')}",
        emulator_url="http://127.0.0.1:9",
        pinecone_retries=0,
        secret_key=vault.make_key(),
    )
    with start_runtime(settings) as runtime:
        connecting.ensure_default(runtime)
        yield runtime


SLOW_TO_GIVE_UP = [name for name in ACTIONS if ACTIONS[name].scope == "admin"]
"""The SDK asks for a service account's token more than once, whatever it is told."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW_TO_GIVE_UP else ()) for name in ACTIONS],
)
def test_without_pinecone_nothing_is_done_and_a_write_says_so(alone: Runtime, name: str) -> None:
    action = ACTIONS[name]
    with pytest.raises(PinehookError) as caught:
        running.run(alone, OPERATOR, name, copy.deepcopy(action.examples[0]["input"]))
    with alone.database.read() as session:
        runs = session.exec(select(Run.state).where(Run.action == name)).all()
    assert (caught.value.status, caught.value.code, caught.value.retryable, runs) == (
        503, "pinecone_unreachable", True, [] if action.effect == "read" else ["failed"],
    )  # fmt: skip
