"""The reading of requests: a JSON body and query parameters, or an error that says what is wrong with them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import orjson
from flask import request

from bridge import clock, errors
from bridge.contract import Checker
from bridge.errors import Fault
from bridge.plugin import JSON
from bridge.web.auth import IN_QUERY

MAX_DEPTH: Final = 100
FEW: Final = 10_000
"""Deeper nesting has no use here, and would be past what others who get the JSON can write."""

CHUNK_BYTES: Final = 256 * 1024
MAX_PATH: Final = 200
WORDS: Final = {"true": True, "false": False}
KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?(e-?[0-9]{1,2})?")
NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is sent: what it says it is, and its bytes as they come."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


def body(max_bytes: int) -> Any:
    """Read the request's body, at most that many bytes, as JSON; nothing at all reads as {}.

    Raises UnsupportedMediaType, BodyTooLarge, NotJson, InvalidInput.
    """
    sent = request.headers
    if "Content-Type" not in sent and not request.content_length and "Transfer-Encoding" not in sent:
        return {}
    if not request.is_json:
        raise errors.UnsupportedMediaType("the body must be JSON: send `Content-Type: application/json`")
    if sent.get("Content-Encoding", "identity") != "identity":
        raise errors.UnsupportedMediaType("the body must be sent as it is, without a Content-Encoding")
    raw = _bytes(max_bytes)
    if not raw:  # many clients announce JSON whether or not they have any to send
        return {}
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise errors.NotJson(
            f"the body is not JSON: {error}; NaN and Infinity are not JSON either"
        ) from error
    opened = _count(raw, b"[") + _count(raw, b"{")
    if opened > MAX_DEPTH and _is_deep(parsed, opened):
        raise errors.NotJson(f"the body is nested deeper than {MAX_DEPTH} levels")
    # One backslash is looked for first: most bodies have none, and that look is ten times as quick.
    if b"\\" in raw and b"\\u0000" in raw and NUL.search(raw):
        raise errors.InvalidInput(
            "the body has a NUL character, which no database here can keep",
            errors=(Fault("", "must be without \\u0000"),),
        )
    return parsed


def raw(max_bytes: int) -> bytes:
    """Return the request's body as it was sent, for whom the bytes are signed. Raises BodyTooLarge."""
    return _bytes(max_bytes)


def form(max_bytes: int) -> Any:
    """Return the JSON of the part `input` of a form (multipart/form-data); {} without one.

    max_bytes: of the whole form; its file goes through a temporary file on disk, its fields through memory.
    Raises NotJson, BodyTooLarge.
    """
    request.max_content_length = max_bytes
    text = request.form.get("input", "{}")
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise errors.NotJson(f"the part `input` is not JSON: {error}") from error
    if _is_deep(parsed, text.count("[") + text.count("{")):
        raise errors.NotJson(f"the part `input` is nested deeper than {MAX_DEPTH} levels")
    return parsed


def is_form() -> bool:
    """Whether the body is multipart/form-data."""
    return request.mimetype == "multipart/form-data"


def upload(max_bytes: int) -> Upload | None:
    """Return the file that was sent: the part `file` of a form, or the whole body; None where there is none."""
    if not is_form():
        return Upload(request.args.get("name", ""), request.mimetype, _pieces())
    request.max_content_length = max_bytes
    part = request.files.get("file")
    if part is None:
        return None
    pieces = iter(lambda: part.stream.read(CHUNK_BYTES), b"")
    return Upload(part.filename or "", part.mimetype, pieces)


def query(schema: Checker | None) -> JSON:
    """Read the query parameters by their schema, completed with its defaults; none are known without one.

    Raises BadRequest naming each parameter that is unknown, there twice, or does not fit.
    """
    known = schema.bundled["properties"] if schema else {}
    faults = []
    asked: JSON = {}
    for name, values in request.args.lists() if request.query_string else ():
        if name == IN_QUERY and "Authorization" not in request.headers and len(values) == 1:
            continue  # it has let the request in
        pointer = f"/{name[:80]}"
        if name not in known:
            faults.append(Fault(pointer, f"is not a parameter here; known: {', '.join(known) or 'none'}"))
        elif len(values) > 1:
            faults.append(Fault(pointer, "must be there only once"))
        elif schema:
            asked[name] = _typed(values[0], _type(schema, known[name]))
    if faults:
        raise errors.BadRequest("the query has what is not understood", errors=tuple(faults[:10]))
    if schema is None:
        return {}
    try:
        checked: JSON = schema.check(asked, what="the query")
    except errors.InvalidInput as error:
        raise errors.BadRequest(error.detail, errors=error.errors) from error
    return checked


def idempotency_key() -> str | None:
    """Return the Idempotency-Key header, None without one. Raises BadRequest where it is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None or KEY.fullmatch(key):
        return key
    fault = Fault("/Idempotency-Key", "must be 1 to 255 visible ASCII characters")
    raise errors.BadRequest("the Idempotency-Key header cannot be read", errors=(fault,))


def prefers_async() -> bool:
    """Whether the request says `Prefer: respond-async` (RFC 7240, 4.1)."""
    wishes = request.headers.get("Prefer", "").split(",")  # WSGI joins those sent apart
    return any(wish.partition(";")[0].strip().lower() == "respond-async" for wish in wishes)


def wants_csv(query: JSON) -> bool:
    """Whether an output is wanted as CSV: by `format`, or without it by the Accept header."""
    named: str | None = query.get("format")
    if named or "text/" not in request.headers.get("Accept", "").lower():
        return named == "csv"
    return request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"


def moment(text: str, pointer: str) -> datetime:
    """Read a moment that a schema took for a date-time. Raises InvalidInput where no calendar has it."""
    try:
        return clock.parse(text.upper())
    except (ValueError, OverflowError) as error:
        fault = Fault(pointer, "must be a moment like 2030-01-31T12:00:00Z, with its time zone")
        raise errors.InvalidInput("the moment cannot be read", errors=(fault,)) from error


def moments(body: JSON, *names: str) -> dict[str, datetime]:
    """Read those moments that a body has by these names. Raises InvalidInput."""
    return {name: moment(body[name], f"/{name}") for name in names if name in body}


def path() -> str:
    """Return the request's path as a URI has it: whatever it holds, it can be logged and shown."""
    return quote(request.path)[:MAX_PATH]


def _bytes(max_bytes: int) -> bytes:
    # Not by Flask's get_data: it takes three times as long, and cuts a body that does not say how long it is.
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    parts: list[bytes] = []
    left = max_bytes
    for part in _pieces():
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise _too_large(max_bytes)
    return b"".join(parts)


def _pieces() -> Iterator[bytes]:
    """Give the body in pieces, as it comes."""
    length = request.content_length
    if length is None:
        # Chunked bodies end by themselves where the server says so; otherwise there is no body.
        length = sys.maxsize if request.environ.get("wsgi.input_terminated") else 0
    stream = request.environ["wsgi.input"]
    while length > 0 and (part := stream.read(min(length, CHUNK_BYTES))):
        yield part
        length -= len(part)


def _too_large(max_bytes: int) -> errors.BodyTooLarge:
    return errors.BodyTooLarge(f"the body is over {max_bytes} bytes; send it in parts")


def _count(raw: bytes, mark: bytes) -> int:
    """Count a byte: one by one where there are few, as in a body of numbers, which takes a tenth of the time."""
    found, at = 0, raw.find(mark)
    while at >= 0:
        found += 1
        if found > FEW:
            return raw.count(mark)
        at = raw.find(mark, at + 1)
    return found


def _is_deep(parsed: Any, opened: int) -> bool:
    """Whether JSON with so many opening brackets is nested too deep.

    What begins with a number is taken for a vector, whose thousands of numbers are not worth a look each;
    unless there were more brackets than what was looked at has: then one may hide there, or in a string.
    """
    deep, seen = _walked(parsed, vectors=False)
    return deep or (seen < opened and _walked(parsed, vectors=True)[0])


def _walked(parsed: Any, *, vectors: bool) -> tuple[bool, int]:
    level, seen = [parsed], 0
    for _ in range(MAX_DEPTH + 1):
        level = [node for node in level if isinstance(node, dict | list)]
        if not level:
            return False, seen
        seen += len(level)
        level = [
            child
            for node in level
            if isinstance(node, dict) or vectors or not (node and isinstance(node[0], int | float))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return True, seen


def _type(schema: Checker, part: JSON) -> Any:
    while "$ref" in part:
        part = schema.bundled["$defs"][part["$ref"].removeprefix("#/$defs/")]
    return part.get("type")


def _typed(text: str, wanted: Any) -> Any:
    if wanted == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if wanted == "number" and NUMBER.fullmatch(text):
        return float(text)
    if wanted == "boolean":
        return WORDS.get(text, text)
    return text
