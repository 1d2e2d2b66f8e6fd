"""Every event type, from what happens in Pinecone (or in the bridge) to the receiver: each is in one of these stories.

Time passes by moving the emulator's clock, and by making what the bridge remembers older than it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pinecone import Admin, Pinecone

from bridge import (
    accepting,
    endpoints,
    polling,
    registry,
    running,
    runs,
)
from bridge.accepting import Wish
from bridge.access import OPERATOR
from bridge.errors import PinehookError
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import create, watch_id
from tests.bridge.polling.world import LONG_AGO, World
from tests.receiver import Receiver, serve

VECTOR = {"id": "v", "values": [1.0, 2.0, 3.0]}
TYPES = registry.load().event_types


def indexes(world: World) -> None:
    """created status_changed ready configured scaled disabled failed deleted."""
    world.look("indexes")
    create(world.pinecone, "docs")
    world.look("indexes")
    world.wait()
    world.look("indexes")
    world.pinecone.indexes.configure("docs", tags={"team": "a"})
    for state in ("ScalingUp", None, "Disabled"):
        world.force("docs", state)
        world.look("indexes")
    world.emulator.control.next("index", "fail")
    world.index("broken")
    world.pinecone.indexes.delete("docs", timeout=-1)
    world.look("indexes")


def backups(world: World) -> None:
    """created ready failed expired deleted."""
    world.index()
    world.pinecone.backup_schedules.create(
        index_name="docs", name="nightly", frequency="daily", retention_days=1
    )
    world.look("backups")
    made = world.pinecone.backups.create(index_name="docs", name="by-hand")
    world.emulator.control.next("backup", "fail")
    world.pinecone.backups.create(index_name="docs", name="broken")
    world.wait(2 * 86400)
    world.look("backups")
    world.pinecone.backups.delete(backup_id=made.backup_id)
    world.gone("backups")
    world.wait(2 * 86400)
    world.seen_long_ago("backups", created_at=LONG_AGO)
    world.look("backups")


def schedules(world: World) -> None:
    """created changed missed deleted."""
    world.index()
    world.look("backup_schedules")
    schedules = world.pinecone.backup_schedules
    made = schedules.create(index_name="docs", name="nightly", frequency="daily", retention_days=1)
    world.look("backup_schedules")
    schedules.update(schedule_id=made.schedule_id, retention_days=2)
    world.seen_long_ago("backup_schedules", next_scheduled_run=LONG_AGO)
    world.look("backup_schedules")
    schedules.delete(schedule_id=made.schedule_id)
    world.gone("backup_schedules")


def restore_jobs(world: World) -> None:
    """created completed failed cancelled."""
    world.index()
    backup = world.pinecone.backups.create(index_name="docs")
    world.wait()
    world.look("restore_jobs")
    for name, fate in (("whole", None), ("broken", "fail"), ("gone", "hold")):
        if fate:
            world.emulator.control.next("restore", fate)  # type: ignore[arg-type]  # a fate
        world.pinecone.create_index_from_backup(name=name, backup_id=backup.backup_id, timeout=-1)
    world.look("restore_jobs")
    world.pinecone.indexes.delete("gone", timeout=-1)
    world.wait()
    world.look("restore_jobs")


def collections(world: World) -> None:
    """created ready deleted."""
    order = {
        "name": "pods",
        "dimension": 3,
        "spec": {"pod": {"environment": "us-east1-gcp", "pod_type": "p1.x1"}},
    }
    headers = {"Api-Key": world.emulator.api_key, "X-Pinecone-Api-Version": "2025-10"}
    httpx.post(f"{world.emulator.url}/indexes", json=order, headers=headers).raise_for_status()
    world.wait()
    world.look("collections")
    world.pinecone.collections.create(name="kept", source="pods")
    world.look("collections")
    world.wait()
    world.look("collections")
    world.pinecone.collections.delete("kept")
    world.gone("collections")


def imports(world: World) -> None:
    """created completed failed cancelled."""
    world.index()
    world.look("imports")
    with world.pinecone.index(name="docs") as index:
        index.start_import(uri=str(world.folder))
        world.emulator.control.next("import", "fail")
        index.start_import(uri=str(world.folder))
        stopped = index.start_import(uri=str(world.folder)).id
        index.cancel_import(id=stopped)
        world.wait()
        world.look("imports")


def records(world: World) -> None:
    """Of namespaces, of record counts, and of a saved search."""
    world.index()
    world.watch("record_counts", thresholds=[1], stale_after_hours=1)
    world.watch(
        "searches", index="docs", namespace="n", vector=VECTOR["values"], tell_left=True, recheck_seconds=0
    )
    kinds = ("namespaces", "record_counts", "searches")
    world.look(*kinds)
    with world.pinecone.index(name="docs") as index:
        index.upsert(vectors=[VECTOR], namespace="n")
        world.look(*kinds)
        world.seen_long_ago("record_counts", changed_at=LONG_AGO)
        world.look("record_counts")
        index.delete_namespace(name="n")
    world.gone("namespaces")
    world.gone("searches")


def organization(world: World) -> None:
    """Of projects and API keys: created changed deleted."""
    kinds = ("projects", "api_keys")
    world.look(*kinds)
    project = world.admin.projects.create(name="search")
    key = world.admin.api_keys.create(project_id=project.id, name="ingest").key
    world.look(*kinds)
    world.admin.projects.update(project_id=project.id, name="find")
    world.admin.api_keys.update(api_key_id=key.id, name="load")
    world.look(*kinds)
    world.admin.api_keys.delete(api_key_id=key.id)
    world.gone("api_keys")
    world.admin.projects.delete(project_id=project.id)
    world.gone("projects")


def connections(world: World) -> None:
    """Of connections: each trouble and the recovery; of a watch: failing and recovered."""
    for trouble, times in (("unauthorized", 5), ("rate_limited", 2), ("unreachable", 2)):
        for _ in range(times):
            fail(world, trouble)
        world.look("indexes")


def fail(world: World, trouble: str) -> None:
    told = {
        "unauthorized": {"status": 401},
        "rate_limited": {"status": 429},
        "unreachable": {"drop": "before"},
    }
    world.emulator.control.fault("/indexes", count=100, **told[trouble])
    assert polling.poll_now(world.runtime, watch_id(world.runtime, "indexes")).error
    httpx.delete(
        f"{world.emulator.url}/_emulator/faults", headers={"Api-Key": world.emulator.api_key}
    ).raise_for_status()


def run_ends(world: World) -> None:
    """succeeded failed cancelled."""
    order = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    running.run(world.runtime, OPERATOR, "create_index", order)
    with pytest.raises(PinehookError):
        running.run(world.runtime, OPERATOR, "create_index", order)
    queued = accepting.accept(
        world.runtime, OPERATOR, "create_index", {**order, "name": "never"}, wish=Wish(background=True)
    )
    runs.cancel(world.runtime, OPERATOR, str(queued.run_id))


def sending(world: World) -> None:
    """Of an endpoint that fails, is disabled and recovers, and of a delivery that is given up."""
    with serve() as broken:
        made = endpoints.create(
            world.runtime, OPERATOR, url=broken.url, event_types=["index.*"], retry_seconds=[1]
        ).endpoint
        world.look("indexes")
        # What is sent at the same time is answered in any order: so they are answered alike.
        for number, answer in enumerate((500, 204, 410)):
            broken.answers = [answer]
            for another in range(5):
                create(world.pinecone, f"i-{number}-{another}")
            world.look("indexes")
            for _ in range(8):
                world.deliver()
        assert made.id


STORIES: dict[Callable[[World], None], str] = {
    indexes: "index.*",
    backups: "backup.*",
    schedules: "backup_schedule.*",
    restore_jobs: "restore_job.*",
    collections: "collection.*",
    imports: "import.*",
    records: "namespace.* record_count.* search.*",
    organization: "project.* api_key.*",
    connections: "connection.* watch.*",
    run_ends: "run.*",
    sending: "endpoint.* delivery.*",
}
"""What each story tells, all of it."""


def types_of(story: Callable[[World], None]) -> set[str]:
    nouns = {pattern.removesuffix("*") for pattern in STORIES[story].split()}
    return {name for name in TYPES if name[: name.index(".") + 1] in nouns}


@pytest.fixture
def world(
    runtime: Runtime,
    pinecone_emulator: Emulator,
    pinecone: Pinecone,
    receiver: Receiver,
    parquet_folder: Path,
) -> Iterator[World]:
    settings = runtime.settings.model_copy(update={"deliveries_per_second": 0, "calls_per_minute": 100_000})
    account = {"client_id": pinecone_emulator.client_id, "client_secret": pinecone_emulator.client_secret}
    with Admin(
        host=pinecone_emulator.url, oauth_url=f"{pinecone_emulator.url}/oauth/token", **account
    ) as admin:
        endpoints.create(runtime, OPERATOR, url=receiver.url, event_types=["*"])
        quick = dataclasses.replace(runtime, settings=settings)
        yield World(quick, pinecone_emulator, pinecone, admin, receiver, parquet_folder)


def test_no_event_type_is_without_its_story() -> None:
    assert set().union(*map(types_of, STORIES)) == set(TYPES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "story",
    # A line that breaks is tried again below the bridge, too.
    [
        pytest.param(each, marks=[pytest.mark.slow] * (each is connections), id=each.__name__)
        for each in STORIES
    ],
)
def test_what_happens_arrives_at_the_receiver(world: World, story: Callable[[World], None]) -> None:
    story(world)
    world.deliver()
    heard = [request.json for request in world.receiver.received]
    for event in heard:
        TYPES[event["type"]].data.check(dict(event["data"]))
    assert types_of(story) - {event["type"] for event in heard} == set()
