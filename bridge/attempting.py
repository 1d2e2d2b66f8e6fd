"""One attempt: an owed event becomes a signed message, is sent, and the answer is judged."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from bridge import clock, events, formats, message, retry
from bridge.errors import SealBroken
from bridge.formats import telegram
from bridge.formats.heard import Heard
from bridge.models import Event
from bridge.outbound import Answer, Outbound, SendError
from bridge.retry import Rules
from bridge.runtime import Runtime
from bridge.settling import Owed, Tried

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_BODIES: Final = 64
MAX_ERROR_CHARACTERS: Final = 500
MAX_SAID_CHARACTERS: Final = 160
STANDARD: Final = Rules()


@dataclass(slots=True)
class Trying:
    """An attempt under way: when it began, by the calendar and by the stopwatch.

    remark: what went wrong though the attempt is made, such as a template that failed.
    """

    owed: Owed
    started_at: datetime
    started: float
    rules: Rules
    remark: str | None = None

    def ended(self, outcome: str, *, state: str, wait_seconds: float = 0, error: str | None = None,
              answer: Answer | None = None, disable: str | None = None) -> Tried:  # fmt: skip
        """Close the attempt with what came of it."""
        told = "; ".join(text for text in (error, self.remark) if text)
        return Tried(
            owed=self.owed,
            state=state,
            wait_seconds=wait_seconds,
            outcome=outcome,
            started_at=self.started_at,
            duration_seconds=clock.monotonic() - self.started,
            status_code=answer.status_code if answer else None,
            error=_storable(told or None),
            response_excerpt=answer.excerpt if answer else None,
            disable=disable,
        )

    def failed(
        self, outcome: str, error: str, answer: Answer | None = None, heard: Heard | None = None
    ) -> Tried:
        """Close it as a failure: there is another attempt later, unless this was the last."""
        asked = retry.retry_after_seconds(answer.retry_after, clock.now()) if answer else None
        if heard and heard.retry_after_seconds is not None:
            asked = max(asked or 0, heard.retry_after_seconds)
        refused = answer is not None and retry.meaning(answer.status_code) == "refused"
        wait = retry.wait_seconds(
            self.owed.since_opened,
            chance=random.random(),  # noqa: S311 - spreads load, guards nothing
            retry_after_seconds=asked,
            waits=self.owed.endpoint.retry_seconds,
            limit=self.rules.client_error_attempts if refused else None,
        )
        state = "failed" if wait is None else "pending"
        tried = self.ended(outcome, state=state, wait_seconds=wait or 0, error=error, answer=answer)
        return replace(tried, asked_seconds=asked)


def begin(owed: Owed, rules: Rules = STANDARD) -> Trying:
    """Start the stopwatch of an attempt."""
    return Trying(owed, clock.now(), clock.monotonic(), rules)


class Writer:
    """Writes the bodies, and opens what is sealed; keeps what it did last: both cost more than signing."""

    def __init__(self, runtime: Runtime) -> None:
        self.open = lru_cache(maxsize=4096)(runtime.vault.open)
        self._event_types = runtime.registry.event_types
        self._public_url = runtime.settings.public_url
        self._bodies: dict[str, bytes] = {}

    def body(self, owed: Owed, url: str) -> tuple[bytes, str | None]:
        """Return the bytes that an endpoint is sent, and why they are not what its template says.

        The same at every attempt, as long as the endpoint is not changed.
        """
        endpoint, event = owed.endpoint, owed.event
        if endpoint.kind == "callback":
            return formats.reply(endpoint.format, event) or self._event(event), None
        if endpoint.format == "event":
            return self._event(event), None
        told = formats.told(
            endpoint.format, events.wire(event), self._event_types.get(event.type),
            own=endpoint.template, public_url=self._public_url,
        )  # fmt: skip
        message = telegram.addressed(told.message, url) if endpoint.format == "telegram" else told.message
        return orjson.dumps(message), told.failure

    def _event(self, event: Event) -> bytes:
        body = self._bodies.get(event.id)
        if body is None:
            body = orjson.dumps(events.wire(event))
            if len(self._bodies) >= MAX_BODIES:
                self._bodies.clear()
            self._bodies[event.id] = body
        return body


async def attempt(trying: Trying, outbound: Outbound, writer: Writer) -> Tried:
    """Send an owed event once and judge the answer; never raises for what a receiver does."""
    owed = trying.owed
    try:
        url = writer.open(owed.endpoint.sealed_url)
        body, trying.remark = writer.body(owed, url)
        headers = message.headers(owed.endpoint, writer.open, owed.event.id, body, trying.started_at)
    except SealBroken as broken_seal:
        return trying.failed("unsealable", f"of the endpoint's URL, secret and headers: {broken_seal}")
    if len(body) > MAX_BODY_BYTES:
        error = f"the event is {len(body)} bytes long; webhooks carry at most {MAX_BODY_BYTES}"
        return trying.ended("too_large", state="failed", error=error)
    try:
        method = owed.endpoint.method
        answer = await outbound.post(url, body, headers, method=method, began=trying.started)
    except SendError as trouble:
        return trying.failed(trouble.outcome, str(trouble))
    return judge(trying, answer)


def judge(trying: Trying, answer: Answer) -> Tried:
    """Say what an answer means for the delivery."""
    meaning = retry.meaning(answer.status_code)
    if meaning == "succeeded":
        return trying.ended("succeeded", state="succeeded", answer=answer)
    heard = formats.heard(trying.owed.endpoint.format, answer.status_code, answer.excerpt)
    said = f" ({' '.join(heard.said.split())[:MAX_SAID_CHARACTERS]})" if heard.said else ""
    error = f"the receiver answered {answer.status_code}{said}; only 2xx is success"
    disable = heard.gone or (f"the receiver answered 410 Gone{said}" if meaning == "gone" else None)
    if disable:
        return trying.ended("rejected", state="failed", error=error, answer=answer, disable=disable)
    return trying.failed("rejected", error, answer, heard)


def interrupted(trying: Trying) -> Tried:
    """Close an attempt that the stopping worker cut off: it is due again at once, for any worker."""
    error = "the worker was stopped before the receiver had answered"
    return trying.ended("interrupted", state="pending", error=error)


def broken(trying: Trying) -> Tried:
    """Close an attempt that the bridge itself failed at; the log has the cause."""
    return trying.failed("internal_error", "the bridge failed; its log has the cause")


def _storable(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "\ufffd")[:MAX_ERROR_CHARACTERS]
