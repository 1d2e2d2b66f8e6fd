from __future__ import annotations

from typing import Any

from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone, wire_index
from tests.triggers.conftest import lives, told
from triggers import namespaces

OPTIONS = {"indexes": ["*"]}


def space(host: str, name: str) -> Resource:
    body = {"index": "docs", "host": host, "name": name, "schema": None, "indexed_fields": None}
    return Resource(f"docs/{name}", f"{host}/{name}", None, body)


def page(*names: str, more: str | None = None) -> dict[str, Any]:
    spaces = [{"name": name, "record_count": "7"} for name in names]
    return {"namespaces": spaces, "pagination": {"next": more} if more else None}


def serve(backend: ScriptedPinecone) -> str:
    host = f"{backend.url}/i/docs"
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", host)]}
    return host


def test_a_namespace_that_appears_is_created_and_one_that_is_gone_deleted() -> None:
    old, new = space("h", "old"), space("h", "new")
    assert told(namespaces.diff(lives(old), lives(new), {})) == [
        ("namespace.deleted", "h/old", None, None),
        ("namespace.created", "h/new", None, None),
    ]


def test_every_page_is_read_and_what_no_page_has_is_asked_for(
    context: Context, backend: ScriptedPinecone
) -> None:
    host = serve(backend)
    backend.answers |= {
        "/i/docs/namespaces?limit=100": page("__default__", more="2"),
        "/i/docs/namespaces?paginationToken=2": page("b"),
        "/i/docs/namespaces/c": {"name": "c", "record_count": "0"},
    }
    look = namespaces.snapshot(context, OPTIONS, lives(space(host, "c"), space(host, "d")))
    assert ([each.key for each in look.resources], look.unsure, backend.asked[3:]) == (
        ["docs/__default__", "docs/b", "docs/c"],
        set(),
        ["/i/docs/namespaces/c", "/i/docs/namespaces/d"],
    )


def test_counts_are_left_out_so_that_writes_are_no_news(context: Context, backend: ScriptedPinecone) -> None:
    host = serve(backend)
    backend.answers["/i/docs/namespaces"] = page("a")
    assert namespaces.snapshot(context, OPTIONS, {}).resources == (space(host, "a"),)
