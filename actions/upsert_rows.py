"""Writes the rows of a spreadsheet: what is new or changed is embedded and written, what is not stays."""

from __future__ import annotations

from itertools import groupby

from actions import counting, refuse
from actions.shared import bulk, rows, tables, writing
from bridge.plugin import JSON, Context

ROWS_AT_ONCE = 1000
"""Rows embedded and written before the next are: what is written stays, whatever happens to the rest."""


def run(context: Context, input: JSON) -> JSON:
    """Return each row's outcome in order; a row that cannot be a record stops the others only if asked."""
    tables.refuse_both(input)
    if "file" in input:
        return bulk.upsert(context, input)
    records = tables.records(context, input)
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
