"""What every error is: a status, a stable code, a sentence, the faults; and the operator's mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (a JSON pointer, RFC 6901; "" is the whole) and what is right."""

    pointer: str
    message: str


class PinehookError(Exception):
    """Something was asked that cannot be done; `detail` tells the reader what to do about it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str, *, errors: tuple[Fault, ...] = (), retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds


class SetupError(Exception):
    """The bridge cannot start as it was set up; the message tells the operator what to do, and is all there is to say."""
