from __future__ import annotations

from typing import Any

import pytest

from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives, told
from triggers import imports

OPTIONS = {"indexes": ["*"]}


def wire(status: str, import_id: str = "1", **changes: Any) -> dict[str, Any]:
    made = "2026-11-22T18:14:05Z"
    return {"id": import_id, "uri": "s3://b/p", "status": status, "createdAt": made, **changes}


def job(status: str, import_id: str = "1", host: str = "h", **changes: Any) -> Resource:
    body = {"index": "docs", "host": host, "id": import_id, "uri": "s3://b/p", "status": status,
            "created_at": "2026-11-22T18:14:05Z", "finished_at": None, "percent_complete": None,
            "records_imported": None, "error": None, **changes}  # fmt: skip
    return Resource(f"docs/{import_id}", f"{host}/{import_id}", status, body)


def serve(backend: ScriptedPinecone, **answers: Any) -> str:
    host = f"{backend.url}/i/docs"
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", host)]}
    backend.answers |= {f"/i/docs/bulk/imports{path}": answer for path, answer in answers.items()}
    return host


def test_an_import_first_seen_completed_was_created_and_completed_at_pinecones_times() -> None:
    done = job("Completed", finished_at="2026-11-22T18:14:11Z")
    assert [(event.type, event.timestamp) for event in imports.diff({}, lives(done), {})] == [
        ("import.created", "2026-11-22T18:14:05Z"),
        ("import.completed", "2026-11-22T18:14:11Z"),
    ]


@pytest.mark.parametrize("end", ["Completed", "Failed", "Cancelled"])
def test_each_end_is_told_once(end: str) -> None:
    first = imports.diff(lives(job("InProgress")), lives(job(end)), {})
    again = imports.diff(lives(job(end)), lives(job(end, percent_complete=100)), {})
    assert (told(first), told(again)) == ([(f"import.{end.lower()}", "h/1", "InProgress", end)], [])


def test_imports_are_found_by_pages_and_lost_ones_by_id(context: Context, backend: ScriptedPinecone) -> None:
    host = serve(
        backend,
        **{
            "?limit=100": {"data": [wire("Pending")], "pagination": {"next": "2"}},
            "?paginationToken=2": {"data": [wire("Pending", "2")]},
            "/3": wire("Completed", "3"),
        },
    )
    known = lives(job("Completed", "2", host), job("InProgress", "3", host), job("Failed", "4", host))
    look = imports.snapshot(context, OPTIONS, known)
    assert ([(each.key, each.status) for each in look.resources], look.unsure) == (
        [("docs/1", "Pending"), ("docs/2", "Completed"), ("docs/3", "Completed")],
        known.keys(),
    )
