"""The offers: what can be chosen where an id or a name is asked for, as {id, name}, for forms with a drop-down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from bridge import connecting, errors
from bridge.access import Caller
from bridge.errors import Fault
from bridge.plugin import Context
from bridge.runtime import Runtime

MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to choose: what to send, and what to show."""

    id: str
    name: str


def offer(
    runtime: Runtime, caller: Caller, source: str, *, connection: str | None = None, index: str | None = None
) -> list[Offer]:
    """Return what a source has to choose from, at most 1,000 things.

    connection: an id or a name; None = the default one. index: whose namespaces, or whose backups.
    Raises NotFound, UnknownConnection, BadRequest without an index where one is needed, or what Pinecone's
    refusal means.
    """
    if source == "connections":
        return [
            Offer(row.id, row.name) for row in connecting.page(runtime, caller, cursor=None, limit=MOST).rows
        ]
    if source == "event-types":
        return [Offer(known.name, known.title) for known in runtime.registry.event_types.values()]
    ask = ASKED.get(source)
    if ask is None:
        known = ", ".join(sorted({"connections", "event-types", *ASKED}))
        raise errors.NotFound(f"there are no options for {source[:80]!r}; there are for: {known}")
    if source == "namespaces" and index is None:
        raise errors.BadRequest("namespaces are in an index", errors=(Fault("/index", "is required"),))
    context = runtime.connections.context(connecting.chosen(runtime, caller, connection))
    try:
        return list(islice(ask(context, index), MOST))
    except Exception as error:
        raise runtime.connections.explain(error) from error


def _indexes(context: Context, _index: str | None) -> Iterator[Offer]:
    for model in context.pinecone.indexes.list():
        yield Offer(model.name, model.name)


def _namespaces(context: Context, index: str | None) -> Iterator[Offer]:
    for page in _pages(context.index(str(index)).list_namespaces_paginated):
        for namespace in page.namespaces:
            yield Offer(namespace.name, namespace.name)


def _backups(context: Context, index: str | None) -> Iterator[Offer]:
    for page in _pages(context.pinecone.backups.list, index_name=index):
        for backup in page:
            name = f"{backup.name or backup.backup_id} ({backup.source_index_name})"
            yield Offer(backup.backup_id, name)


def _models(context: Context, _index: str | None) -> Iterator[Offer]:
    for model in context.pinecone.inference.list_models():
        yield Offer(model.model, f"{model.model} ({model.type})")


def _pages(fetch: Callable[..., Any], **arguments: Any) -> Iterator[Any]:
    page = fetch(limit=100, **arguments)
    tokens: set[str] = set()
    yield page
    while (token := page.pagination and page.pagination.next) and token not in tokens:
        tokens.add(token)
        page = fetch(pagination_token=token, **arguments)
        yield page


ASKED: Final[dict[str, Callable[[Context, str | None], Iterator[Offer]]]] = {
    "backups": _backups,
    "indexes": _indexes,
    "models": _models,
    "namespaces": _namespaces,
}
