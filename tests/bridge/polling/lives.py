"""Models of the lives of things: what each step does to them, and what a poller could know of it.

A model asks nobody: it is the truth that the bridge's events are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import httpx
from pinecone import Admin, Pinecone

from bridge.models import Event
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import LONG, create

TAKES = 1000
"""Seconds until a collection or an import has come to its end; a step forward is more than half of it."""
NAMES = ("a", "b", "c")
Facts = dict[str, Any]


@dataclass
class World:
    """A project of its own that begins empty."""

    emulator: Emulator
    pinecone: Pinecone
    admin: Admin
    folder: Path
    now: float = 0
    count: int = 0

    def wait(self) -> None:
        self.now += TAKES * 0.6
        self.emulator.control.advance(TAKES * 0.6)

    def index(self, *names: str) -> None:
        for name in names or ("docs",):
            create(self.pinecone, name)
        self.emulator.control.advance(LONG)

    def api(self, path: str, body: Facts | None = None, method: str = "POST") -> None:
        headers = {"Api-Key": self.emulator.api_key, "X-Pinecone-Api-Version": "2025-10"}
        httpx.request(method, f"{self.emulator.url}{path}", json=body, headers=headers).raise_for_status()


@dataclass
class Model:
    """What there is of one kind: {name: what is told of it when it changes}. `lasts`: absence must last two looks."""

    world: World
    there: dict[str, Facts] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    lasts = True
    VERBS: ClassVar[tuple[str, ...]] = ()

    def begin(self) -> None:
        """Make what every life needs."""

    def do(self, verb: str, name: str) -> None:
        getattr(self, verb)(name)

    def wait(self, name: str) -> None:  # noqa: ARG002 - as every verb
        self.world.wait()

    def seen(self) -> dict[str, Facts]:
        return self.there

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        raise NotImplementedError

    @staticmethod
    def name_of(event: Event) -> str:
        return str(event.data["name"])


@dataclass
class Known:
    """What a poller knows by the model, from look to look."""

    model: Model
    known: dict[str, Facts] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def look(self) -> list[str]:
        """Look, and say what is new since the last look."""
        seen = {name: dict(facts) for name, facts in self.model.seen().items()}
        news: list[str] = []
        for name in list(self.known.keys() - seen.keys()):
            if self.model.lasts and name not in self.missing:
                self.missing.add(name)
            else:
                self.missing.discard(name)
                news += self.model.told(name, self.known.pop(name), None)
        for name, now in seen.items():
            self.missing.discard(name)
            news += self.model.told(name, self.known.get(name), now)
        self.known |= seen
        return sorted(news)


class Collections(Model):
    VERBS = ("make", "wait", "wait", "drop", "make")

    def begin(self) -> None:
        pod = {"pod": {"environment": "us-east1-gcp", "pod_type": "p1.x1"}}
        self.world.api("/indexes", {"name": "pods", "dimension": 3, "spec": pod})
        self.world.emulator.control.advance(LONG)

    def make(self, name: str) -> None:
        if name not in self.there:
            self.world.pinecone.collections.create(name=name, source="pods")
            self.there[name] = {"born": self.world.now}

    def drop(self, name: str) -> None:
        if self.seen().get(name, {}).get("ready"):
            self.world.pinecone.collections.delete(name)
            del self.there[name]

    def seen(self) -> dict[str, Facts]:
        return {name: {"ready": self.world.now >= each["born"] + TAKES} for name, each in self.there.items()}

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        if now is None:
            return [f"collection.deleted {name}"]
        # A collection is known by its name alone: one that is made again is seen only while it is not ready.
        again = was is not None and was["ready"] and not now["ready"]
        news = [f"collection.deleted {name}"] if again else []
        news += [f"collection.created {name}"] if was is None or again else []
        return news + ([f"collection.ready {name}"] if now["ready"] and not (was and was["ready"]) else [])


class Changing(Model):
    """What is made, changed and deleted, and known by an id."""

    NOUN = ""
    VERBS = ("make", "make", "change", "drop", "wait")

    def make(self, name: str) -> None:
        if name not in self.ids:
            self.world.count += 1
            self.ids[name] = self.order(f"{name}-{self.world.count}")
            self.there[self.ids[name]] = {"value": 0}

    def change(self, name: str) -> None:
        if name in self.ids:
            facts = self.there[self.ids[name]]
            facts["value"] += 1
            self.alter(self.ids[name], facts["value"])

    def drop(self, name: str) -> None:
        if name in self.ids:
            self.end(self.ids[name])
            del self.there[self.ids.pop(name)]

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        if now is None:
            return [f"{self.NOUN}.deleted {name}"]
        if was is None:
            return [f"{self.NOUN}.created {name}"]
        return [f"{self.NOUN}.changed {name}"] if was != now else []

    def order(self, name: str) -> str:
        raise NotImplementedError

    def alter(self, made: str, value: int) -> None:
        raise NotImplementedError

    def end(self, made: str) -> None:
        raise NotImplementedError

    @staticmethod
    def name_of(event: Event) -> str:
        return event.life


class Schedules(Changing):
    NOUN = "backup_schedule"

    def begin(self) -> None:
        self.world.index(*NAMES)  # each takes one schedule

    def order(self, name: str) -> str:
        schedules = self.world.pinecone.backup_schedules
        order = {"index_name": name[0], "frequency": "weekly", "retention_days": 7}
        return str(schedules.create(name=name, **order).schedule_id)

    def alter(self, made: str, value: int) -> None:
        self.world.pinecone.backup_schedules.update(schedule_id=made, retention_days=7 + value)

    def end(self, made: str) -> None:
        self.world.pinecone.backup_schedules.delete(schedule_id=made)


class Projects(Changing):
    NOUN = "project"

    def order(self, name: str) -> str:
        return str(self.world.admin.projects.create(name=name).id)

    def alter(self, made: str, value: int) -> None:
        self.world.admin.projects.update(project_id=made, name=f"renamed-{self.world.count}-{value}")

    def end(self, made: str) -> None:
        self.world.admin.projects.delete(project_id=made)


class Keys(Changing):
    NOUN = "api_key"
    VERBS = (*Changing.VERBS, "drop_project")
    project = ""

    def order(self, name: str) -> str:
        self.project = self.project or str(self.world.admin.projects.create(name=name).id)
        return str(self.world.admin.api_keys.create(project_id=self.project, name=name).key.id)

    def alter(self, made: str, value: int) -> None:
        self.world.admin.api_keys.update(api_key_id=made, name=f"renamed-{self.world.count}-{value}")

    def end(self, made: str) -> None:
        self.world.admin.api_keys.delete(api_key_id=made)

    def drop_project(self, name: str) -> None:  # noqa: ARG002 - there is one
        if self.project:
            self.world.admin.projects.delete(project_id=self.project)
            self.project = ""
            self.there.clear()
            self.ids.clear()
