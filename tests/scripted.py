"""A real HTTP server that answers as Pinecone might, word for word as told: for answers the emulator never gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass
class ScriptedPinecone:
    """`answers`: by path with query, or by path, a body to give with 200 or a status to fail with; else 404.

    A function is called and gives the answer: what it does happens in the middle of a request.
    """

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        found = self.answers.get(path, self.answers.get(path.partition("?")[0], 404))
        if callable(found):
            found = found()
        if isinstance(found, int):
            return found, {"status": found, "error": {"code": "SCRIPTED", "message": f"scripted {found}"}}
        return 200, found


@contextmanager
def scripted() -> Iterator[ScriptedPinecone]:
    script = ScriptedPinecone()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = script.answer(self.path)
            content = orjson.dumps(body)
            self.send_response(status)
            for name, value in {**script.headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wire_index(name: str, host: str | None, state: str = "Ready", **changes: Any) -> dict[str, Any]:
    """An index as API 2026-07 sends it."""
    return {
        "name": name,
        "host": host,
        "status": {"ready": state == "Ready", "state": state},
        "schema": {"fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}},
        "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
        "deletion_protection": "disabled",
        **changes,
    }


def wire_job(job_id: str, status: str, **changes: Any) -> dict[str, Any]:
    """A restore job as API 2026-07 sends it."""
    return {
        "restore_job_id": job_id,
        "backup_id": "b-1",
        "target_index_name": "restored",
        "target_index_id": "i-1",
        "status": status,
        "created_at": "2026-11-22T18:14:05Z",
        **changes,
    }


def wire_backup(backup_id: str, status: str, **changes: Any) -> dict[str, Any]:
    """A backup as API 2026-07 sends it."""
    return {
        "backup_id": backup_id,
        "name": None,
        "source_index_name": "docs",
        "source_index_id": "i-1",
        "status": status,
        "cloud": "aws",
        "region": "us-east-1",
        "created_at": "2026-11-22T18:14:05Z",
        **changes,
    }


def wire_schedule(schedule_id: str, **changes: Any) -> dict[str, Any]:
    """A backup schedule as API 2026-07 sends it."""
    return {
        "schedule_id": schedule_id,
        "name": "nightly",
        "index_id": "i-1",
        "project_id": "p-1",
        "schedule_type": "time-based",
        "frequency": "daily",
        "retention_expire_after_days": 7,
        "enabled": True,
        "next_scheduled_run": "2026-11-23T06:00:00Z",
        "created_at": "2026-11-22T18:14:05Z",
        **changes,
    }
