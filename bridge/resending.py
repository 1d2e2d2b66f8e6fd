"""Resending: one delivery once more, by hand; and the lists in which a person finds it.

A resent delivery is the same row, reopened: its attempts are numbered on, and its retry schedule starts anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import case
from sqlmodel import Session, col, select, update

from bridge import auditing, errors, pages, waking
from bridge.access import Caller
from bridge.models import Attempt, Delivery, Endpoint
from bridge.pages import Page
from bridge.runtime import Runtime

STATES: Final = ("pending", "sending", "succeeded", "failed", "cancelled")


class WithAttempts(NamedTuple):
    """A delivery and its attempts, first to last."""

    delivery: Delivery
    attempts: list[Attempt]


def resend(runtime: Runtime, caller: Caller, delivery_id: str) -> Delivery:
    """Make a delivery due now, whatever became of it before.

    Raises NotFound, EndpointDisabled, EndpointRemoved, and Conflict while it is being sent.
    """
    with runtime.database.write() as session:
        row, endpoint = visible(session, caller, delivery_id)
        refuse_closed(endpoint)
        reopened = session.execute(
            update(Delivery)
            .where(col(Delivery.id) == row.id, col(Delivery.state) != "sending")
            .values(
                state="pending",
                next_at=runtime.database.now(),
                prior_count=col(Delivery.attempt_count),
                finished_at=None,
            )
        )
        if reopened.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE's result has it
            raise errors.Conflict(f"{row.id} is being sent at this moment")
        auditing.note(session, caller, "delivery.resend", row.id)
        waking.ring(session)
        session.refresh(row)
    return row


def refuse_closed(endpoint: Endpoint) -> None:
    """Raise EndpointDisabled or EndpointRemoved where nothing would ever be sent."""
    if endpoint.state == "disabled":
        said = f"{endpoint.id} is disabled ({endpoint.reason}); set it active first"
        raise errors.EndpointDisabled(said)
    if endpoint.state == "removed":
        raise errors.EndpointRemoved(f"{endpoint.id} was removed; make it anew, then replay what it missed")


def reopen(session: Session, moments: Mapping[str, datetime], states: Collection[str]) -> int:
    """Make deliveries due again, each at its moment, that are in one of these states; return how many were."""
    if not moments:
        return 0
    reopened = session.execute(
        update(Delivery)
        .where(col(Delivery.id).in_(moments), col(Delivery.state).in_(states))
        .values(
            state="pending",
            next_at=case(dict(moments), value=col(Delivery.id)),
            prior_count=col(Delivery.attempt_count),
            finished_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return reopened.rowcount  # type: ignore[attr-defined, no-any-return]  # an UPDATE's result has it


def page(
    runtime: Runtime,
    caller: Caller,
    *,
    endpoint_id: str | None = None,
    event_id: str | None = None,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Delivery]:
    """Return deliveries of the endpoints the caller may see, newest first. Raises BadRequest."""
    if state is not None and state not in STATES:
        fault = errors.Fault("/state", f"must be one of: {', '.join(STATES)}")
        raise errors.BadRequest("a delivery has no such state", errors=(fault,))
    statement = select(Delivery)
    if caller.connection_ids is not None:
        seen = select(Endpoint.id).where(col(Endpoint.connection_id).in_(caller.connection_ids))
        statement = statement.where(col(Delivery.endpoint_id).in_(seen))
    for column, value in ((Delivery.endpoint_id, endpoint_id), (Delivery.event_id, event_id),
                          (Delivery.state, state)):  # fmt: skip
        if value is not None:
            statement = statement.where(col(column) == value)
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Delivery.id), cursor=cursor, limit=limit)


def get_with_attempts(runtime: Runtime, caller: Caller, delivery_id: str) -> WithAttempts:
    """Return a delivery and its attempts, first to last. Raises NotFound."""
    with runtime.database.read() as session:
        row, _ = visible(session, caller, delivery_id)
        attempts = session.exec(
            select(Attempt)
            .where(Attempt.delivery_id == row.id)
            .order_by(col(Attempt.number), col(Attempt.id))
        ).all()
    return WithAttempts(row, list(attempts))


def visible(session: Session, caller: Caller, delivery_id: str) -> tuple[Delivery, Endpoint]:
    """Return a delivery and its endpoint, which may be removed by now. Raises NotFound."""
    found = session.exec(
        select(Delivery, Endpoint)
        .join(Endpoint, col(Endpoint.id) == col(Delivery.endpoint_id))
        .where(Delivery.id == delivery_id)
    ).first()
    if found is None or not caller.may_use(found[1].connection_id):
        raise errors.NotFound(f"there is no delivery {delivery_id!r}; GET /v1/deliveries lists them")
    return found[0], found[1]
