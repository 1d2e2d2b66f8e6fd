"""The logs: one structured line for each thing that happened, on stderr, that never carries a secret.

Lines are JSON in production and readable in development. What is bound by `bound(...)` (request_id, run_id,
event_id, delivery_id, connection_id, watch_id) stands in every line of the block, the libraries' included.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.contextvars import bound_contextvars as bound
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from bridge import clock
from bridge.config import Settings

__all__ = ["bound", "configure", "redacted"]

MASK: Final = "***"
SECRET_NAMES: Final = re.compile(
    r"authorization|cookie|password|passwd|secret|signature|api[-_]?key$|token$", re.IGNORECASE
)
SECRET_VALUES: Final = re.compile(
    r"phk_[\w-]{8,}|pcsk_[\w-]+|pckey_[\w-]+|wh[sp]?sec_[\w+/=-]+|whsk_[\w+/=-]+"
    r"|(?<=://)[^/\s@:]+:[^/\s@]+(?=@)|(?<=[Bb]earer )[\w.~+/=-]+"
)
SECRET_MARKS: Final = ("phk_", "pcsk_", "pckey_", "wh", "://", "earer ")
"""What any of them has in it: most values have none, and need not be searched."""
QUIET: Final = ("httpx", "httpcore", "urllib3", "pinecone", "hpack", "alembic", "apscheduler", "werkzeug")
"""Libraries that log each request, addresses and all, at info: only their warnings are wanted."""


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send every line, ours and the libraries', to a stream (stderr) in the form the settings ask for."""
    level = logging.getLevelName(settings.log_level.upper())
    readable = (settings.log_format or ("console" if settings.development else "json")) == "console"
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _timestamp,
        structlog.processors.format_exc_info,
        _redact,
    ]
    # Plain tracebacks: the pretty ones print local variables, keys among them.
    pretty = structlog.dev.ConsoleRenderer(
        colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    renderer: Processor = pretty if readable else _render_json
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(target)
    lines.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared, processors=[ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(handlers=[lines], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def redacted(value: Any, name: str = "") -> Any:
    """Return a value with what is a secret, by its name or its look, replaced by asterisks."""
    if isinstance(value, str):
        return MASK if _names_a_secret(name) else _masked(value)
    if isinstance(value, Mapping):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, name) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _masked(str(value))


def _masked(text: str) -> str:
    return SECRET_VALUES.sub(MASK, text) if any(mark in text for mark in SECRET_MARKS) else text


@lru_cache(maxsize=1024)
def _names_a_secret(name: str) -> bool:
    return SECRET_NAMES.search(name) is not None


def _redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in line.items():
        if not name.startswith("_"):  # the logging module's own record, which is taken out later
            line[name] = redacted(value, name)
    return line


def _timestamp(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"timestamp": clock.iso(clock.now()), **line}


def _render_json(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    return orjson.dumps(line, default=str).decode()
