"""Writes the rows of a spreadsheet: what is new or changed is embedded and written, what is not stays."""

from __future__ import annotations

from itertools import groupby

from actions import counting, refuse, vector_shape
from actions.shared import bulk, rows, writing
from actions.shared.rows import Misfit, Record
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context

ROWS_AT_ONCE = 1000
"""Rows embedded and written before the next are: what is written stays, whatever happens to the rest."""


def run(context: Context, input: JSON) -> JSON:
    """Return each row's outcome in order; a row that cannot be a record stops the others only if asked."""
    if ("rows" in input) == ("file" in input) or {"file", "header"} <= input.keys():
        refuse(
            [Fault("", "needs exactly one of rows (with or without a header) and file, which has its own")]
        )
    if "file" in input:
        return bulk.upsert(context, input)
    records = _records(context, input)
    if input["on_error"] == "stop":
        refuse(rows.rejections(records))
    sent = [each for each in records if each.outcome != "rejected"]
    written = 0
    for start in range(0, len(sent), ROWS_AT_ONCE):
        some = sorted(sent[start : start + ROWS_AT_ONCE], key=lambda each: each.namespace)
        for namespace, group in groupby(some, key=lambda each: each.namespace):
            with counting(written, len(sent), "rows were written or unchanged"):
                written += writing.write(context, input, namespace, [*group])
        context.report(written, len(sent))
    outcomes = [each.outcome for each in records]
    counts = {f"{name}_count": outcomes.count(name) for name in ("upserted", "unchanged", "rejected")}
    return {**counts, "rows": [each.told() for each in records]}


def _records(context: Context, input: JSON) -> list[Record]:
    shape, own_field = vector_shape(context, input["index"]), writing.own_field(context, input["index"])
    table = [*rows.table(input.get("header"), input["rows"])]
    columns = {name for row in table if not isinstance(row, Misfit) for name in row} | {
        *input.get("header", ())
    }
    refuse(rows.faults(input, shape, own_field, columns))
    plan = rows.planned(input, shape, own_field, table)
    records = [plan.record(place, row) for place, row in enumerate(table)]
    if all(each.wrong_length for each in records):  # not some bad rows, but a table for another index
        refuse([Fault(f"/rows/0/{records[0].column}", str(records[0].why))], DimensionMismatch)
    rows.mark_repeated(records, input)
    return records
