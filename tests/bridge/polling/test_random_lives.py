"""Random lives of indexes, backups and namespaces, looked at at random moments: the events are the truth.

The truth is kept by a model that knows what each step does, and asks nobody: what a poller could know is told,
once, at the first look that could know it; and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pinecone import Pinecone

from bridge import connecting, polling
from bridge.access import OPERATOR
from bridge.models import Event, new_id
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import create, watch_id

KINDS = ("indexes", "backups", "namespaces")
TAKES = 1000
"""Seconds until an index or a backup is ready; a step forward is more than half of it, and no test takes so long."""
VERBS = (
    "create",
    "create",
    "delete",
    "tag",
    "write",
    "back_up",
    "wait",
    "wait",
    "wait",
    "poll",
    "poll",
    "fail",
)
STEPS = st.tuples(st.sampled_from(VERBS), st.sampled_from(["a", "b"]))
FULL = """poll create poll wait wait poll write write back_up poll tag wait wait fail delete create poll
delete poll create wait wait write delete create poll wait wait tag write back_up wait wait poll"""
"""A life in which everything comes at least once, whatever chance brings."""


@dataclass
class Life:
    """What a step knows of one index, or one backup."""

    born: float
    tag: int = 0
    namespaces: int = 0
    number: int = 0

    def ready(self, now: float) -> bool:
        return now >= self.born + TAKES


@dataclass
class Truth:
    """What there is, and what there was at the last look: {(kind, name): what is told of it}."""

    pinecone: Pinecone
    emulator: Emulator
    now: float = 0
    count: int = 0
    indexes: dict[str, Life] = field(default_factory=dict)
    backups: list[Life] = field(default_factory=list)
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def do(self, step: str, name: str) -> None:
        index = self.indexes.get(name)
        if step == "wait":
            self.now += TAKES * 0.6
            self.emulator.control.advance(TAKES * 0.6)
        elif step == "create" and index is None:
            self.count += 1
            create(self.pinecone, name)
            self.indexes[name] = Life(self.now, number=self.count)
        elif index is None:
            pass
        elif step == "delete":
            self.pinecone.delete_index(name, timeout=-1)
            del self.indexes[name]
        elif step == "tag":
            index.tag += 1
            self.pinecone.indexes.configure(name, tags={"n": str(index.tag)})
        elif step == "write" and index.ready(self.now):
            index.namespaces += 1
            vectors = [{"id": "v", "values": [1.0, 2.0, 3.0]}]
            with self.pinecone.index(name=name) as client:
                client.upsert(vectors=vectors, namespace=f"n-{index.namespaces}")
        elif step == "back_up" and index.ready(self.now):
            self.count += 1
            self.pinecone.backups.create(index_name=name, name=f"b-{self.count}")
            self.backups.append(Life(self.now, number=self.count))

    def looks(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What a look sees: each thing by kind and life, with what is told when it changes."""
        seen: dict[tuple[str, str], dict[str, Any]] = {}
        for name, index in self.indexes.items():
            seen["index", f"{name}#{index.number}"] = {"ready": index.ready(self.now), "tag": index.tag}
            for number in range(1, index.namespaces + 1):
                seen["namespace", f"{name}#{index.number}/n-{number}"] = {}
        for backup in self.backups:
            seen["backup", f"b-{backup.number}"] = {"ready": backup.ready(self.now)}
        return seen

    def expected(self) -> list[str]:
        """What is new since the last look. Deletions inside a time limit (namespaces) are not waited for."""
        seen, told = self.looks(), []
        for (kind, life), now in seen.items():
            was = self.known.get((kind, life))
            name = life.split("#", 1)[0]
            name += life[life.index("/") :] if kind == "namespace" else ""
            told += [f"{kind}.created {name}"] if was is None else []
            if now.get("ready") and not (was and was["ready"]):
                told.append(f"{kind}.ready {name}")
                told += [f"index.status_changed {name}"] if was and kind == "index" else []
            if was and was.get("tag") != now.get("tag"):
                told.append(f"index.configured {name}")
        gone = [life for kind, life in self.known.keys() - seen.keys() if kind == "index"]
        self.known = seen
        return sorted(told + [f"index.deleted {life.split('#', 1)[0]}" for life in gone])


def known_as(event: Event) -> str:
    """A backup is known by its id; the truth knows its name."""
    return str(event.data["name"]) if event.type.startswith("backup.") else event.key


@contextmanager
def world(emulator: Emulator) -> Iterator[Truth]:
    emulator.control.reset()
    emulator.control.settings(index_seconds=TAKES, backup_seconds=TAKES)
    with Pinecone(api_key=emulator.api_key, host=emulator.url) as client:
        yield Truth(client, emulator)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=12, max_size=26))
@example(steps=[(verb, "a") for verb in FULL.split()])
def test_what_is_told_is_what_a_poller_could_know(
    runtime: Runtime, pinecone_emulator: Emulator, steps: list[tuple[str, str]]
) -> None:
    connection = connecting.create(
        runtime, OPERATOR, name=new_id("c"), api_key=pinecone_emulator.api_key, host=pinecone_emulator.url
    ).id
    watches = [watch_id(runtime, kind, connection) for kind in KINDS]
    told, expected = [], []
    with world(pinecone_emulator) as truth:
        # Some steps before the silent first look, the others after it, and a last look.
        begin = len(steps) // 3
        for step, name in [*steps[:begin], ("poll", ""), *steps[begin:], ("poll", "")]:
            if step not in ("poll", "fail"):
                truth.do(step, name)
                continue
            if step == "fail":
                pinecone_emulator.control.fault("/", status=403, count=1)
                polling.poll_now(runtime, watches[0])
            events = [event for each in watches for event in polling.poll_now(runtime, each).events]
            told.append(sorted(f"{event.type} {known_as(event)}" for event in events))
            news = truth.expected()
            expected.append(news if len(told) > 1 else [])
    assert told == expected
