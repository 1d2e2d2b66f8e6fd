"""Rehearsing: sends an endpoint an event that is marked as a test, on the very path of the real ones."""

from __future__ import annotations

from sqlmodel import Session, select

from bridge import auditing, clock, endpoints, errors, events, resending, waking
from bridge.access import Caller
from bridge.errors import Fault
from bridge.fanout import wanted
from bridge.models import Delivery, Endpoint, Event
from bridge.registry import Registry
from bridge.runtime import Runtime

USUAL = "index.ready"


def rehearse(
    runtime: Runtime, caller: Caller, endpoint_id: str, *, event_type: str | None = None
) -> Delivery:
    """Owe an endpoint the example of an event type, marked `test: true`; nobody else hears of it.

    event_type: one it wants unless said. What becomes of it is in the delivery that is returned.
    Raises NotFound, InvalidInput, EndpointDisabled, and Conflict while it is paused.
    """
    with runtime.database.write() as session:
        endpoint = endpoints.visible(session, caller, endpoint_id)
        resending.refuse_closed(endpoint)
        if endpoint.state != "active":
            raise errors.Conflict(f"{endpoint.id} is {endpoint.state}; set it active first")
        event = _example(runtime.registry, endpoint, event_type)
        delivery = Delivery(event_id=event.id, endpoint_id=endpoint.id)
        _owe(session, runtime, event, delivery)
        auditing.note(session, caller, "endpoint.test", endpoint.id)
    return delivery


def _example(registry: Registry, endpoint: Endpoint, event_type: str | None) -> Event:
    known = [USUAL, *registry.event_types]
    name = event_type or next((name for name in known if wanted(name, endpoint.event_types)), USUAL)
    if name not in registry.event_types:
        fault = Fault("/event_type", "is no event type; GET /v1/event-types lists them")
        raise errors.InvalidInput("there is no such event type", errors=(fault,))
    return events.sample(registry.event_types[name], endpoint.connection_id)


def _owe(session: Session, runtime: Runtime, event: Event, delivery: Delivery) -> None:
    events.store(session, [event])
    delivery.next_at = session.scalar(select(runtime.database.now())) or clock.now()
    session.add(delivery)
    waking.ring(session)
