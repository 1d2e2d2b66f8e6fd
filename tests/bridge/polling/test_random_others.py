"""Random lives of what the other two files leave out: collections, imports, schedules, projects, keys, counts, searches.

As there, the truth is kept by a model of each kind, which asks nobody. Watches are paused and fail in between: what is
told after that is the net change, once. Each look is at least half a minute after the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pinecone import Admin, Pinecone

from bridge import connecting, polling, watching
from bridge.access import OPERATOR
from bridge.models import new_id
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import watch_id
from tests.bridge.polling.lives import (
    NAMES,
    TAKES,
    Collections,
    Facts,
    Keys,
    Known,
    Model,
    Projects,
    Schedules,
    World,
)
from tests.bridge.polling.lives_inside import Counts, Imports, Searches
from tests.bridge.polling.test_random_backups import half_a_minute_passes

Step = tuple[str, str]
OPTIONS: dict[str, Facts] = {
    "record_counts": {"count_by": "both", "thresholds": [3, 6]},
    "searches": {
        "index": "docs", "vector": [1.0, 0.0, 0.0], "min_score": 0.9, "tell_left": True, "recheck_seconds": 0,
    },
}  # fmt: skip
UNTOLD = {"record_counts": {"record_count.stale"}, "backup_schedules": {"backup_schedule.missed"}}
"""What comes of nothing but time by the bridge's own clock, which the worlds here do not move."""
KINDS: dict[str, type[Model]] = {
    "collections": Collections,
    "imports": Imports,
    "backup_schedules": Schedules,
    "projects": Projects,
    "api_keys": Keys,
    "record_counts": Counts,
    "searches": Searches,
}


@pytest.fixture
def worlds(
    runtime: Runtime, pinecone_emulator: Emulator, parquet_folder: Path
) -> Iterator[Callable[[], tuple[World, str]]]:
    """Begin a world anew, with a connection to it."""
    account = {"client_id": pinecone_emulator.client_id, "client_secret": pinecone_emulator.client_secret}
    place = {"api_key": pinecone_emulator.api_key, "host": pinecone_emulator.url}
    with ExitStack() as stack:
        oauth = f"{pinecone_emulator.url}/oauth/token"
        admin = stack.enter_context(Admin(host=pinecone_emulator.url, oauth_url=oauth, **account))

        def begin() -> tuple[World, str]:
            pinecone_emulator.control.reset()
            pinecone_emulator.control.settings(collection_seconds=TAKES, import_seconds=TAKES)
            # A client of its own: it keeps where an index of this name was.
            pinecone = stack.enter_context(Pinecone(**place))
            connection = connecting.create(runtime, OPERATOR, name=new_id("c"), **place, **account)
            return World(pinecone_emulator, pinecone, admin, parquet_folder), connection.id

        yield begin


def watch(runtime: Runtime, kind: str, connection: str) -> str:
    if kind not in OPTIONS:
        return watch_id(runtime, kind, connection)
    for row in watching.page(runtime, OPERATOR, connection=connection, limit=100).rows:
        if row.trigger == kind:
            watching.remove(runtime, OPERATOR, row.id)
    options = OPTIONS[kind]
    return watching.create(runtime, OPERATOR, connection=connection, trigger=kind, options=options).id


@dataclass
class Life:
    """One life, its watch, and what was told of it and should have been."""

    runtime: Runtime
    world: World
    model: Model
    watch: str
    truth: Known
    told: list[list[str]] = field(default_factory=list)
    expected: list[list[str]] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    paused: bool = False

    def step(self, verb: str, name: str) -> None:
        if verb == "pause":
            self.paused = not self.paused
            state = "paused" if self.paused else "active"
            watching.update(self.runtime, OPERATOR, self.watch, state=state)
        elif verb not in ("poll", "fail"):
            self.model.do(verb, name)
        elif not self.paused:
            getattr(self, verb)()

    def fail(self) -> None:
        self.world.emulator.control.fault("/", status=403, count=1)
        assert polling.poll_now(self.runtime, self.watch).outcome == "failed"

    def poll(self) -> None:
        half_a_minute_passes(self.runtime)
        polled = polling.poll_now(self.runtime, self.watch)
        assert polled.error is None, polled.error
        first = not self.told
        self.told.append(sorted(f"{each.type} {self.model.name_of(each)}" for each in polled.events))
        self.heard.update(each.type for each in polled.events)
        news = self.truth.look()
        self.expected.append([] if first else news)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_of_any_kind_is_what_a_poller_could_know(
    runtime: Runtime, worlds: Callable[[], tuple[World, str]], kind: str
) -> None:
    verbs = (*KINDS[kind].VERBS, "poll", "poll", "poll", "fail", "pause")
    heard: set[str] = set()

    @settings(
        max_examples=9,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @example(steps=[(step, "a") for verb in KINDS[kind].VERBS for step in (verb, "poll", "poll")])
    @given(
        steps=st.lists(st.tuples(st.sampled_from(verbs), st.sampled_from(NAMES)), min_size=15, max_size=35)
    )
    def live(steps: list[Step]) -> None:
        world, connection = worlds()
        model = KINDS[kind](world)
        model.begin()
        life = Life(runtime, world, model, watch(runtime, kind, connection), Known(model), heard=heard)
        for verb, name in [("poll", ""), *steps, ("poll", ""), ("poll", "")]:
            life.step(verb, name)
        assert life.told == life.expected

    live()
    assert set(runtime.registry.triggers[kind].events) - heard == UNTOLD.get(kind, set())
