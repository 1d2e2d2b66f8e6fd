"""The audit: one row for each write, in the transaction of what it tells of."""

from __future__ import annotations

from sqlmodel import Session, col, select

from bridge import pages
from bridge.access import Caller
from bridge.db import Database
from bridge.models import Audit
from bridge.pages import Page


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


def page(
    database: Database, caller: Caller, *, cursor: str | None, limit: int, subject: str | None = None
) -> Page[Audit]:
    """Return who did what, newest first; to a caller that is limited to connections only what it did itself.

    subject: only what was done to this one, such as an index's name or an endpoint's id.
    """
    statement = select(Audit)
    if caller.connection_ids is not None:
        statement = statement.where(Audit.api_key_id == caller.api_key_id)
    if subject is not None:
        statement = statement.where(Audit.subject == subject)
    with database.read() as session:
        return pages.fetch(session, statement, col(Audit.id), cursor=cursor, limit=limit)
