"""The retry rules: what an answer means and when a delivery is tried again. Pure.

Eleven attempts over about three days. Waits are shortened, never stretched, by up to a fifth, so that what
failed together does not come back together. Only 2xx is success: a redirect is a failure like any other and
is never followed; 410 says that the endpoint is gone for good. What a receiver says about itself (429, 502, 503,
504) slows the whole endpoint down; what it says about one message (most of 4xx) is tried again less often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal

from bridge.config import Settings

SCHEDULE_SECONDS = (0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""How long after the attempt before it each attempt is made; the first at once."""
MAX_ATTEMPTS = len(SCHEDULE_SECONDS)
JITTER = 0.2
MAX_RETRY_AFTER_SECONDS = 86_400

FIRST_HOLD_SECONDS = 10
MAX_HOLD_SECONDS = 600
MAX_ASKED_HOLD_SECONDS = 3_600

SLOW_DOWN = frozenset({429, 502, 503, 504})
"""Answers that are about the receiver and not about the message."""
PASSING = frozenset({408, 425})
"""Client errors that say no more than: another time."""

Meaning = Literal["succeeded", "failed", "refused", "slow_down", "gone"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation can choose (bridge.config says what each means); 0 = never, or no limit."""

    client_error_attempts: int = 6
    failing_after: int = 5
    disable_after_not_found: int = 20
    disable_after_seconds: float = 5 * 86_400
    per_second: int = 20


def rules(settings: Settings) -> Rules:
    """Read the rules out of the settings."""
    return Rules(
        client_error_attempts=settings.client_error_attempts,
        failing_after=settings.failing_after,
        disable_after_not_found=settings.disable_after_not_found,
        disable_after_seconds=settings.disable_after_days * 86_400,
        per_second=settings.deliveries_per_second,
    )


def meaning(status_code: int) -> Meaning:
    """Tell what a status code says.

    gone: the endpoint is to be disabled. slow_down: it is to be sent less. refused: the message is no good to it.
    """
    if HTTPStatus.OK <= status_code < HTTPStatus.MULTIPLE_CHOICES:
        return "succeeded"
    if status_code == HTTPStatus.GONE:
        return "gone"
    if status_code in SLOW_DOWN:
        return "slow_down"
    client_error = HTTPStatus.BAD_REQUEST <= status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    return "refused" if client_error and status_code not in PASSING else "failed"


def wait_seconds(
    attempts: int,
    *,
    chance: float,
    retry_after_seconds: float | None = None,
    waits: Sequence[int] | None = None,
    limit: int | None = None,
) -> float | None:
    """Return how long to wait after a number of failed attempts; None when there are no more.

    attempts: made since the delivery was opened (or reopened by hand).
    chance: a random number from 0 to 1; the wait is shortened by up to a fifth of itself.
    retry_after_seconds: what the receiver asked for; it can make the wait longer, up to a day, never shorter.
    waits: the endpoint's own, before its second attempt and on. limit: of attempts, where it is a lower one.
    """
    schedule = SCHEDULE_SECONDS if waits is None else (0, *waits)
    if attempts >= len(schedule) or (limit and attempts >= limit):
        return None
    wait = schedule[attempts] * (1 - JITTER * chance)
    return max(wait, min(retry_after_seconds or 0, MAX_RETRY_AFTER_SECONDS))


def hold_seconds(trips: int, asked_seconds: float | None = None) -> float:
    """Return how long an endpoint is sent nothing at all when it has been held back so often in a row.

    asked_seconds: what it asked for itself; kept to, up to an hour.
    """
    doubled = FIRST_HOLD_SECONDS * float(1 << min(trips - 1, 10))
    return max(min(doubled, MAX_HOLD_SECONDS), min(asked_seconds or 0, MAX_ASKED_HOLD_SECONDS))


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3): whole seconds or a date; None when it says neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        # The length is looked at first: int() of a long row of digits is slow, and refused above 4300.
        return float(MAX_RETRY_AFTER_SECONDS if len(text) > len(str(MAX_RETRY_AFTER_SECONDS)) else int(text))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)
