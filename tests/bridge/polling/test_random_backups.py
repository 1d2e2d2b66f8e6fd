"""Random lives of backups and restore jobs: deletions that are judged over two looks, jobs that leave the list.

As in test_random_lives the truth is kept by a model. Each look is at least half a minute after the last one: what
the bridge remembers is made older before it. A job whose index is gone is not listed any more, so one that was never
seen before that cannot be known; one that was seen is asked for by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pinecone import Pinecone
from sqlmodel import col, select

from bridge import connecting, polling
from bridge.access import OPERATOR
from bridge.models import ResourceRow, new_id
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import LONG, create, watch_id

KINDS = ("backups", "restore_jobs")
TAKES = 1000
STEPS = st.sampled_from(
    ["back_up", "drop", "restore", "restore", "delete", "wait", "wait", "poll", "poll", "poll", "fail"]
)
FULL = """back_up wait poll restore poll wait wait poll back_up restore delete poll wait wait restore poll delete
fail poll drop poll fail poll poll back_up poll drop drop wait poll poll restore wait delete poll"""
"""A life in which everything comes at least once, whatever chance brings."""


@dataclass
class Backup:
    number: int
    born: float
    gone: bool = False
    told: str | None = None
    missed: int = 0


@dataclass
class Job:
    number: int
    born: float
    index_gone_at: float | None = None
    told: str | None = None

    def status(self, now: float) -> str:
        end = self.born + TAKES
        if self.index_gone_at is not None and self.index_gone_at < end:
            return "cancelled"
        return "completed" if now >= end else "pending"


@dataclass
class Truth:
    """What there is, by the ids that Pinecone gave; `told` is what the bridge should have told of it last."""

    pinecone: Pinecone
    emulator: Emulator
    now: float = 0
    count: int = 0
    backups: dict[str, Backup] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def do(self, step: str) -> None:
        ready = [
            each
            for each, backup in self.backups.items()
            if not backup.gone and self.now >= backup.born + TAKES
        ]
        if step == "wait":
            self.now += TAKES * 0.6
            self.emulator.control.advance(TAKES * 0.6)
        elif step == "back_up":
            self.count += 1
            made = self.pinecone.backups.create(index_name="source", name=f"b-{self.count}").backup_id
            self.backups[made] = Backup(self.count, self.now)
        elif (
            step == "drop" and ready and all(job.status(self.now) != "pending" for job in self.jobs.values())
        ):
            self.pinecone.backups.delete(backup_id=ready[0])
            self.backups[ready[0]].gone = True
        elif step == "restore" and ready:
            self.count += 1
            name = f"r-{self.count}"
            self.pinecone.create_index_from_backup(name=name, backup_id=ready[0], timeout=-1)
            jobs = {job.target_index_name: job.restore_job_id for job in self.pinecone.restore_jobs.list()}
            self.jobs[jobs[name]] = Job(self.count, self.now)
        elif step == "delete":
            for job in self.jobs.values():
                if job.index_gone_at is None:
                    self.pinecone.indexes.delete(f"r-{job.number}", timeout=-1)
                    job.index_gone_at = self.now
                    break

    def expected(self) -> list[str]:
        """What is new since the last look."""
        news: list[str] = []
        for backup in self.backups.values():
            news += self._of_backup(backup)
        for job in self.jobs.values():
            status = job.status(self.now)
            listed = job.index_gone_at is None
            if job.told is None and listed:
                news.append(f"restore_job.created r-{job.number}")
            if (listed or job.told == "pending") and status not in ("pending", job.told):
                news.append(f"restore_job.{status} r-{job.number}")
            if listed or job.told == "pending":
                job.told = status
        return sorted(news)

    def _of_backup(self, backup: Backup) -> list[str]:
        name = f"b-{backup.number}"
        if backup.gone:
            backup.missed += 1
            return [f"backup.deleted {name}"] if backup.told and backup.missed == 2 else []
        news = [] if backup.told else [f"backup.created {name}"]
        status = "ready" if self.now >= backup.born + TAKES else "pending"
        if status == "ready" != backup.told:
            news.append(f"backup.ready {name}")
        backup.told = status
        return news


def half_a_minute_passes(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        for row in session.exec(select(ResourceRow).where(col(ResourceRow.missing_since_at).is_not(None))):
            assert row.missing_since_at
            row.missing_since_at -= timedelta(seconds=30)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=12, max_size=30))
@example(steps=FULL.split())
def test_what_is_told_of_backups_and_restores_is_what_a_poller_could_know(
    runtime: Runtime, pinecone_emulator: Emulator, steps: list[str]
) -> None:
    pinecone_emulator.control.reset()
    connection = connecting.create(
        runtime, OPERATOR, name=new_id("c"), api_key=pinecone_emulator.api_key, host=pinecone_emulator.url
    ).id
    watches = [watch_id(runtime, kind, connection) for kind in KINDS]
    told, expected = [], []
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as pinecone:
        create(pinecone, "source")
        pinecone_emulator.control.advance(LONG)
        pinecone_emulator.control.settings(backup_seconds=TAKES, restore_seconds=TAKES)
        truth = Truth(pinecone, pinecone_emulator)
        for step in ["poll", *steps, "poll", "poll"]:
            if step == "fail":
                pinecone_emulator.control.fault("/", status=403, count=2)
                failed = [polling.poll_now(runtime, each).outcome for each in watches]
                assert failed == ["failed", "failed"]
            elif step == "poll":
                half_a_minute_passes(runtime)
                events = [event for each in watches for event in polling.poll_now(runtime, each).events]
                told.append(sorted(f"{event.type} {known_as(event.data)}" for event in events))
                expected.append(truth.expected())
            else:
                truth.do(step)
    assert told == expected


def known_as(data: dict[str, str]) -> str:
    return data["target_index_name"] if "restore_job_id" in data else data["name"]
