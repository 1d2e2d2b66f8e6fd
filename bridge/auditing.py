"""The audit: one row for each write, in the transaction of what it tells of."""

from __future__ import annotations

from sqlmodel import Session

from bridge.access import Caller
from bridge.models import Audit


def note(
    session: Session,
    caller: Caller,
    verb: str,
    subject: str,
    *,
    run_id: str | None = None,
    outcome: str = "done",
    count: int | None = 1,
) -> None:
    """Write down who did what to which thing, to how many (None = nobody knows), from where."""
    session.add(
        Audit(
            api_key_id=caller.api_key_id,
            actor=caller.name,
            verb=verb,
            subject=subject,
            run_id=run_id,
            outcome=outcome,
            count=count,
            remote=caller.remote,
        )
    )
