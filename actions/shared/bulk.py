"""How the rows of a file are written: in pieces, several at once, each reported as soon as all before it are done.

Memory holds a few pieces, whatever the file's size. What was reported is not written again when another attempt goes on.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Final

from actions import counting, refuse, vector_shape
from actions.shared import cells, rows, sheets, writing
from actions.shared.rows import Plan, Record
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context

PIECE: Final = 500
AT_ONCE: Final = 4
MAX_TOLD: Final = 1000
"""Rejected rows that are told one by one; all of them are counted."""


@dataclass(slots=True)
class Told:
    """What is done: rows by outcome, and the rejected ones."""

    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[JSON] = field(default_factory=list)

    def add(self, records: list[Record]) -> None:
        """Count a piece that is done."""
        self.done += len(records)
        self.counts.update(record.outcome for record in records)
        room = MAX_TOLD - len(self.rejected)
        self.rejected += [record.told() for record in records if record.outcome == "rejected"][: max(0, room)]

    def output(self) -> JSON:
        """Return it as the action's output has it."""
        counts = {f"{name}_count": self.counts[name] for name in ("upserted", "unchanged", "rejected")}
        return {**counts, "rows": self.rejected}


def upsert(context: Context, order: JSON) -> JSON:
    """Write the rows of a file; return the counts and the rejected rows.

    Raises InvalidInput before anything is sent where the file is no table for this index.
    """
    place = context.place or {"plan": planned(context, order)}
    plan = plan_of(context, order, place["plan"])
    told = Told(place.get("done", 0), Counter(place.get("counts", {})), place.get("rejected", []))
    if order["on_error"] == "stop" and "done" not in place:
        faults = (fault for piece in pieces(context, order, plan, 0) for fault in rows.rejections(piece))
        refuse(faults)
    # What has nothing in it need not be asked what it has.
    empty = "done" not in place and _is_empty(context, order)
    total = place["plan"]["total"]
    under_way: deque[tuple[list[Record], Future[None]]] = deque()

    def finish() -> None:
        records, future = under_way.popleft()
        with counting(told.done, total, "rows were written, unchanged or rejected"):
            future.result()
        told.add(records)
        after = {"done": told.done, "counts": dict(told.counts), "rejected": told.rejected}
        context.report(told.done, total, told.counts["rejected"], {**place, **after})

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="upsert") as threads:
        for piece in pieces(context, order, plan, told.done):
            under_way.append((piece, threads.submit(_write, context, order, piece, empty=empty)))
            if len(under_way) > AT_ONCE:
                finish()
        while under_way:
            finish()
    context.report(told.done, told.done, told.counts["rejected"])
    return told.output()


def _write(context: Context, order: JSON, records: list[Record], *, empty: bool) -> None:
    sent = sorted((each for each in records if each.outcome == "upserted"), key=lambda each: each.namespace)
    for namespace, group in groupby(sent, key=lambda each: each.namespace):
        writing.write(context, order, namespace, [*group], empty=empty)
    for record in records:  # the numbers are on their way: what waits for its turn need not hold them
        record.values, record.metadata = None, {}


def pieces(context: Context, order: JSON, plan: Plan, done: int) -> Iterator[list[Record]]:
    """Read the rows of a file from a place on, a piece at a time. Raises InvalidInput when it is for another index."""
    with context.open(order["file"]) as stream:
        header, found = sheets.table(stream)
        given = enumerate(islice(rows.table(header, found), done, None), done)
        # Row by row: what a row was read from is gone, and still in the processor's memory, when the next is read.
        while records := [plan.record(place, row) for place, row in islice(given, PIECE)]:
            if not done and all(each.wrong_length for each in records):  # a file for another index
                refuse([Fault(f"/file/0/{records[0].column}", str(records[0].why))], DimensionMismatch)
            rows.mark_repeated(records, order)
            yield records
            done += len(records)


def planned(context: Context, order: JSON) -> JSON:
    """Read the file once: its columns, the types of those nobody declared, and how many rows it has."""
    shape, own_field = vector_shape(context, order["index"]), writing.own_field(context, order["index"])
    with context.open(order["file"]) as stream:
        header, found = sheets.table(stream)
        refuse(rows.faults({**order, "header": header}, shape, own_field, {*header} - {""}))
        asked = {**order, "header": [name for name in header if name]}
        wanted = rows.planned(asked, shape, own_field, []).metadata_columns
        open_ones = [name for name in wanted if name not in order.get("types", {})]
        if open_ones:
            total, types = _inferred({name: header.index(name) for name in open_ones}, found)
            return {"header": asked["header"], "types": {**types, **order.get("types", {})}, "total": total}
    with context.open(order["file"]) as stream:  # every type is declared: no cell need be read twice
        return {"header": asked["header"], "types": order.get("types", {}), "total": sheets.count(stream)}


def _inferred(places: Mapping[str, int], found: Iterable[list[Any]]) -> tuple[int, JSON]:
    kinds: dict[str, set[Any]] = {name: set() for name in places}
    total = 0
    for row in found:
        total += 1
        for name, at in places.items():
            if at < len(row) and len(kinds[name]) < 2:  # noqa: PLR2004 - of two types it is of strings
                kinds[name] |= cells.kinds_of(row[at])
    return total, {name: kind.pop() if len(kind) == 1 else "string" for name, kind in kinds.items()}


def plan_of(context: Context, order: JSON, planned: JSON) -> Plan:
    """Return which column is what, as `planned` found it."""
    shape, own_field = vector_shape(context, order["index"]), writing.own_field(context, order["index"])
    return rows.planned(
        {**order, "header": planned["header"], "types": planned["types"]}, shape, own_field, []
    )


def _is_empty(context: Context, order: JSON) -> bool:
    return not context.index(order["index"]).describe_index_stats().total_vector_count
