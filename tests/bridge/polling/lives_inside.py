"""Models of the lives of what is inside indexes: imports, record counts, and what a saved search finds."""

from __future__ import annotations

from bridge.models import Event
from tests.bridge.polling.lives import TAKES, Facts, Model


class Imports(Model):
    VERBS = ("fail_one", "start", "wait", "wait", "start", "cancel")

    def begin(self) -> None:
        self.world.index()

    def start(self, name: str, fate: str = "completed") -> None:  # noqa: ARG002 - an import has no name
        with self.world.pinecone.index(name="docs") as index:
            made = index.start_import(uri=str(self.world.folder)).id
        self.there[made] = {"born": self.world.now, "end": fate}

    def fail_one(self, name: str) -> None:
        self.world.emulator.control.next("import", "fail")
        self.start(name, "failed")

    def cancel(self, name: str) -> None:  # noqa: ARG002 - an import has no name
        running = [each for each, facts in self.seen().items() if facts["status"] == "running"]
        if running:
            with self.world.pinecone.index(name="docs") as index:
                index.cancel_import(id=running[0])
            self.there[running[0]] |= {"end": "cancelled", "born": -TAKES}

    def seen(self) -> dict[str, Facts]:
        seen: dict[str, Facts] = {}
        for made, facts in self.there.items():
            over = self.world.now >= facts["born"] + TAKES
            # The first that completes makes the namespace; those after it find it there, and fail.
            late = facts["end"] == "completed" and {"status": "completed"} in seen.values()
            seen[made] = {"status": ("failed" if late else facts["end"]) if over else "running"}
        return seen

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        assert now is not None
        news = [] if was else [f"import.created {name}"]
        ended = now["status"] != "running" and (was is None or was["status"] == "running")
        return news + ([f"import.{now['status']} {name}"] if ended else [])

    @staticmethod
    def name_of(event: Event) -> str:
        return str(event.data["id"])


class Counts(Model):
    VERBS = ("write", "write", "write", "take", "empty")
    lasts = False

    def begin(self) -> None:
        self.world.index()

    def write(self, name: str) -> None:
        self.world.count += 1
        vectors = [{"id": f"v-{self.world.count}-{number}", "values": [1.0, 2.0, 3.0]} for number in (1, 2)]
        with self.world.pinecone.index(name="docs") as index:
            index.upsert(vectors=vectors, namespace=name)
        self.there.setdefault(name, {"records": []})["records"] += [each["id"] for each in vectors]

    def take(self, name: str) -> None:
        if name in self.there and self.there[name]["records"]:
            with self.world.pinecone.index(name="docs") as index:
                index.delete(ids=[self.there[name]["records"].pop()], namespace=name)

    def empty(self, name: str) -> None:
        if name in self.there:
            with self.world.pinecone.index(name="docs") as index:
                index.delete_namespace(name=name)
            del self.there[name]

    def seen(self) -> dict[str, Facts]:
        counts = {f"docs/{name}": len(each["records"]) for name, each in self.there.items()}
        return {name: {"count": count} for name, count in (counts | {"docs": sum(counts.values())}).items()}

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        old, new = (each["count"] if each else 0 for each in (was, now))
        if old == new:
            return []
        low, high = sorted((old, new))
        crossed = [f"record_count.threshold_crossed {name}"] if {3, 6} & {*range(low + 1, high + 1)} else []
        return [f"record_count.changed {name}", *crossed]

    @staticmethod
    def name_of(event: Event) -> str:
        return event.key


class Searches(Model):
    VERBS = ("near", "near", "far", "drop", "lag", "wait")
    frozen: dict[str, Facts] | None = None

    def begin(self) -> None:
        self.world.index()
        # A namespace that was empty begins anew: for a minute its answers then look older than the last one.
        self._put("anchor", [0.0, 0.0, 1.0])

    def near(self, name: str) -> None:
        self._put(name, [1.0, 0.1, 0.0])
        self.there[name] = {}

    def far(self, name: str) -> None:
        self._put(name, [0.0, 1.0, 0.0])
        self.there.pop(name, None)

    def drop(self, name: str) -> None:
        with self.world.pinecone.index(name="docs") as index:
            index.delete(ids=[name])
        self.there.pop(name, None)

    def lag(self, name: str) -> None:  # noqa: ARG002 - the index as a whole lags
        if self.frozen is None:
            self.world.api("/_emulator/indexes/docs/stale", {"seconds": TAKES / 2})
            self.frozen = dict(self.there)

    def wait(self, name: str) -> None:
        self.frozen = None
        super().wait(name)

    def seen(self) -> dict[str, Facts]:
        return self.there if self.frozen is None else self.frozen

    def told(self, name: str, was: Facts | None, now: Facts | None) -> list[str]:
        if was is None:
            return [f"search.matched {name}"]
        return [f"search.left {name}"] if now is None else []

    @staticmethod
    def name_of(event: Event) -> str:
        return str(event.data["id"])

    def _put(self, name: str, values: list[float]) -> None:
        with self.world.pinecone.index(name="docs") as index:
            index.upsert(vectors=[{"id": name, "values": values}])
