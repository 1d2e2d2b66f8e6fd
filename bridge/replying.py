"""Replying: the end of a run is owed to the `callback_url` it was asked with, by an endpoint for this one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bridge import egress, endpoints, signing
from bridge.models import Endpoint, new_id
from bridge.running import Order
from bridge.runtime import Runtime

SLACK_HOST: Final = "hooks.slack.com"
SLACK_SECONDS: Final = (5, 60, 300, 900)
"""Slack takes five messages to a response_url, within half an hour."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Where the end of a run is sent, and what the message says; format None = what the host needs.

    retry_seconds: how long before each further attempt; None = as the format has it.
    """

    url: str
    format: str | None = None
    method: str = "POST"
    retry_seconds: tuple[int, ...] | None = None


def prepared(runtime: Runtime, order: Order, callback: Callback) -> Endpoint:
    """Return the endpoint of a callback, not stored yet. Raises InvalidInput for a URL that may not be called."""
    egress.rules(runtime.settings).check_url(callback.url, "/callback_url")
    slack = urlsplit(callback.url).hostname == SLACK_HOST
    kind = callback.format or ("slack" if slack else "event")
    endpoint_id = new_id("ep")
    seconds = callback.retry_seconds or (SLACK_SECONDS if kind == "slack" else None)
    waits = {"retry_seconds": [*seconds], "attempt_limit": len(seconds) + 1} if seconds else {}
    return Endpoint(
        id=endpoint_id,
        fingerprint=f"callback {endpoint_id}",
        kind="callback",
        description=f"callback of {order.action.name}",
        sealed_url=runtime.vault.seal(callback.url),
        masked_url=endpoints.masked(callback.url),
        sealed_secret=runtime.vault.seal(signing.new_secret()),
        event_types=[],
        connection_id=order.connection.id,
        api_key_id=order.caller.api_key_id,
        format=kind,
        method=callback.method,
        **waits,  # type: ignore[arg-type]  # two columns
    )
