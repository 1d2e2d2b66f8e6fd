"""What a table given with an action says: the records its rows make, and which records it names at all."""

from __future__ import annotations

from collections.abc import Iterator

from actions import refuse, vector_shape
from actions.shared import bulk, rows, writing
from actions.shared.rows import Misfit, Record
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def refuse_both(order: JSON) -> None:
    """Raise InvalidInput unless there is either rows or a file."""
    if ("rows" in order) == ("file" in order) or {"file", "header"} <= order.keys():
        refuse(
            [Fault("", "needs exactly one of rows (with or without a header) and file, which has its own")]
        )


def records(context: Context, order: JSON) -> list[Record]:
    """Return the records that the rows of an order make. Raises InvalidInput where they are no table for this index."""
    if "header" not in order and all(isinstance(row, list) for row in order["rows"]):
        refuse([Fault("/header", "is required with rows that are lists: it names their columns")])
    shape, own_field = vector_shape(context, order["index"]), writing.own_field(context, order["index"])
    table = [*rows.table(order.get("header"), order["rows"])]
    columns = {name for row in table if not isinstance(row, Misfit) for name in row} | {
        *order.get("header", ())
    }
    refuse(rows.faults(order, shape, own_field, columns))
    plan = rows.planned(order, shape, own_field, table)
    records = [plan.record(place, row) for place, row in enumerate(table)]
    if all(each.wrong_length for each in records):  # not some bad rows, but a table for another index
        refuse([Fault(f"/rows/0/{records[0].column}", str(records[0].why))], DimensionMismatch)
    rows.mark_repeated(records, order)
    return records


def named(context: Context, order: JSON) -> dict[str, set[int]]:
    """Return the hashes of the ids of all records that rows or a file name, by namespace; rejected ones count, too.

    A hash takes little memory, and where two are alike an id counts as named. Raises InvalidInput for a row whose id
    or namespace cannot be told.
    """
    refuse_both(order)
    found: dict[str, set[int]] = {}
    for record in _every(context, order):
        if not (record.id and rows.is_namespace(record.namespace)):
            why = f"{record.column or 'the row'} {record.why}: which record it is cannot be told"
            refuse([Fault(f"/{'rows' if 'rows' in order else 'file'}/{record.place}", why)])
        found.setdefault(record.namespace, set()).add(hash(record.id))
    return found


def _every(context: Context, order: JSON) -> Iterator[Record]:
    if "rows" in order:
        yield from records(context, order)
        return
    plan = bulk.plan_of(context, order, bulk.planned(context, order))
    for piece in bulk.pieces(context, order, plan, 0):
        yield from piece
