"""Cancelling: one delivery that is owed no more, by hand."""

from __future__ import annotations

from sqlmodel import col, update

from bridge import auditing, errors, resending
from bridge.access import Caller
from bridge.models import Delivery
from bridge.runtime import Runtime


def cancel(runtime: Runtime, caller: Caller, delivery_id: str) -> Delivery:
    """Cancel a delivery that waits; one that has ended stays as it is.

    Raises NotFound, and Conflict while it is being sent.
    """
    with runtime.database.write() as session:
        row, _ = resending.visible(session, caller, delivery_id)
        cancelled = session.execute(
            update(Delivery)
            .where(col(Delivery.id) == row.id, col(Delivery.state) == "pending")
            .values(state="cancelled", finished_at=runtime.database.now())
        )
        session.refresh(row)
        if cancelled.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has it
            auditing.note(session, caller, "delivery.cancel", row.id)
        elif row.state == "sending":
            raise errors.Conflict(f"{row.id} is being sent at this moment; try again in a few seconds")
    return row
