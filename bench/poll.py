"""The poll: what one look costs when nothing has changed, in CPU and in calls to Pinecone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from sqlmodel import select

from bench.measuring import Goal, Reference, Row, at_most, median, row
from bench.processes import KEY, emulator, folder, new_index, release, settings_for, settings_of
from bench.relay import Relay, relay_to
from bench.rounds import rounds_of_namespaces
from bench.watches import change_to_webhook, diff_of_100000_resources, many_watches
from bridge import connecting, polling
from bridge.access import OPERATOR
from bridge.models import Watch
from bridge.runtime import Runtime, running
from pinecone_emulator import Settings
from pinecone_emulator.backend import Backend
from pinecone_emulator.catalogue import save_index
from pinecone_emulator.names import new_id, new_slug

DIMENSION = 8
POLLS = 15
KINDS = ("indexes", "backups", "restore_jobs")


@dataclass(frozen=True)
class Project:
    """A runtime in this process, its default connection being an emulator behind a relay that counts."""

    runtime: Runtime
    relay: Relay


@contextmanager
def world() -> Iterator[None]:
    """Each row has a project of its own."""
    yield


def poll_of_200_indexes(_world: None) -> list[Row]:
    with _project(200) as project:
        return [*(_calls(project, kind) for kind in KINDS), _cpu_of_a_poll(project, 200, at_most(50))]


def poll_of_1000_indexes(_world: None) -> list[Row]:
    with _project(1000) as project:
        return [_cpu_of_a_poll(project, 1000, at_most(100))]


ROWS: tuple[Callable[[None], list[Row]], ...] = (
    poll_of_200_indexes,
    poll_of_1000_indexes,
    diff_of_100000_resources,
    change_to_webhook,
    many_watches,
    rounds_of_namespaces,
)


def _calls(project: Project, kind: str) -> Row:
    """Count the calls of one look; one list call is what it cannot do without."""
    watch_id = _watch(project, kind)
    _poll(project, watch_id)
    project.relay.requests()
    _poll(project, watch_id)
    calls = project.relay.requests()
    return row(f"calls of a poll of {kind}", len(calls), "calls", Reference("one list call", 1), at_most(1))


def _cpu_of_a_poll(project: Project, count: int, goal: Goal) -> Row:
    """Poll, the claim included, and list alone, in turns; the CPU is this process's, the relay's share too."""
    watch_id = _watch(project, "indexes")
    _poll(project, watch_id)
    connection = connecting.get(project.runtime, OPERATOR, None)
    client = project.runtime.connections.context(connection).pinecone
    assert len(list(client.indexes.list())) == count
    polled, listed = [], []
    for _ in range(POLLS):
        polled.append(_cpu(lambda: _poll(project, watch_id)))
        listed.append(_cpu(lambda: list(client.indexes.list())))
    reference = Reference("the SDK's list call", median(listed))
    return row(f"poll of {count} indexes, CPU", median(polled), "ms", reference, goal)


@contextmanager
def _project(count: int) -> Iterator[Project]:
    with folder() as data:
        with emulator(data) as pinecone, pinecone.client() as client:
            new_index(client, "i-0000", DIMENSION).close()
        _stock(data, count)
        with emulator(data) as pinecone, relay_to(urlsplit(pinecone.url).port or 0) as relay:
            environment = settings_for(data, relay.url)
            release(environment)
            with running(settings_of(environment)) as runtime:
                yield Project(runtime, relay)


def _stock(data: Path, count: int) -> None:
    """Copy the one index in the emulator's files: its quota of 200 is for those who create them."""
    backend = Backend(Settings(data_dir=data), data)
    [first] = backend.catalogue.indexes(backend.projects.of_key(KEY).project_id)
    with backend.database.writing() as connection:
        for number in range(1, count):
            name = f"i-{number:04}"
            save_index(connection, replace(first, id=new_id(), name=name, slug=new_slug(name)))
    backend.close()


def _watch(project: Project, kind: str) -> str:
    with project.runtime.database.read() as session:
        return session.exec(select(Watch.id).where(Watch.trigger == kind)).one()


def _poll(project: Project, watch_id: str) -> None:
    polled = polling.poll_now(project.runtime, watch_id)
    assert polled.outcome in ("polled", "baseline"), polled


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return 1000 * (time.process_time() - began)
