"""A stand-in for Voyage AI on loopback: it speaks the wire of its documented `POST /v1/embeddings`.

Its vectors are of words: texts that share words are near to each other, so that what is found makes sense.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

KEY = "pa-stand-in-key"
DIMENSIONS = {"voyage-law-2": (1024,), "voyage-3.5": (256, 512, 1024, 2048), "voyage-2": (1024,)}
MAX_TEXTS = 128
PLAIN = re.compile(r"[a-z]+")
Reply = tuple[int, Any, dict[str, str]]


@dataclass
class Voyage:
    """What was asked of the stand-in, and what it is to answer instead of vectors."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def answer(self, status: int, body: Any, *, count: int = 1, **headers: str) -> None:
        """Answer the next requests so: a body that is no bytes is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies += [(status, body, named)] * count


@contextmanager
def serve() -> Iterator[Voyage]:
    """Run the stand-in for a block."""
    voyage = Voyage()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            voyage.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
            status, answer, headers = (
                voyage.replies.pop(0) if voyage.replies else _judge(self.path, self.headers, body)
            )
            told = answer if isinstance(answer, bytes) else orjson.dumps(answer)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(told)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    voyage.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield voyage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _judge(path: str, headers: Any, body: dict[str, Any]) -> Reply:
    texts, model = body.get("input"), str(body.get("model"))
    dimensions = DIMENSIONS.get(model, ())
    dimension = body.get("output_dimension") or (1024 if 1024 in dimensions else 0)
    known = {"input", "model", "input_type", "truncation", "output_dimension"}
    proper = isinstance(texts, list) and 1 <= len(texts) <= MAX_TEXTS and all(texts)
    refusals = (
        (path != "/v1/embeddings", 404, "Not Found"),
        (headers.get("Authorization") != f"Bearer {KEY}", 401, "Provided API key is invalid."),
        (not set(body) <= known, 400, f"Arguments are {sorted(known)}."),
        (model not in DIMENSIONS, 400, f"Model {model} is not supported."),
        (not proper, 400, f"The input list must have 1 to {MAX_TEXTS} texts, none empty."),
        (body.get("input_type") not in (None, "query", "document"), 400, "input_type is query or document."),
        (dimension not in dimensions, 400, f"output_dimension {dimension} is not supported by {model}."),
    )
    for refused, status, detail in refusals:
        if refused:
            return status, {"detail": detail}, {}
    data = [
        {"object": "embedding", "embedding": vector_of(text, dimension), "index": place}
        for place, text in enumerate(texts or ())
    ]
    usage = {"total_tokens": sum(len(text.split()) for text in texts or ())}
    # The order of `data` is promised by `index` alone.
    return 200, {"object": "list", "data": data[::-1], "model": model, "usage": usage}, {}


def vector_of(text: str, dimension: int) -> list[float]:
    """Return a vector of unit length in which each word has a direction."""
    values = [0.0] * dimension
    for word in PLAIN.findall(text.lower()) or [text]:
        values[int(hashlib.sha256(word.encode()).hexdigest(), 16) % dimension] += 1.0
    length = sum(value * value for value in values) ** 0.5
    return [value / length for value in values]
