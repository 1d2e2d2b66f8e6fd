"""The triggers: one plain module for each watched Pinecone resource, and what they share: pages, and ways inside.

A module has `EVENTS`, `snapshot()` and `diff()`; see bridge.plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import Any, Protocol, TypeVar

from bridge.plugin import JSON, Context, Lives, Resource, Snapshot


class Paged(Protocol):
    """One page of any list of the SDK."""

    pagination: Any


Page = TypeVar("Page", bound=Paged)
Look = Callable[[Context, str, str, Lives], Snapshot]
"""A look into one index: its name, its host, and what was living in it."""


def pages(fetch: Callable[..., Page], **arguments: Any) -> Iterator[Page]:
    """Walk the pages of a list; a token that comes again ends it."""
    tokens: set[str] = set()
    page = fetch(limit=100, **arguments)
    while True:
        yield page
        token = page.pagination and page.pagination.next
        if not token or token in tokens:
            return
        tokens.add(token)
        page = fetch(pagination_token=token, **arguments)


def inside_indexes(
    context: Context, options: JSON, before: Lives, look: Look, urgent: AbstractSet[str] = frozenset()
) -> Snapshot:
    """Look into the indexes that `options["indexes"]` selects, in turn; urgent: hosts to look into at every look.

    The bodies of what lives in an index have its name as `index` and its host as `host`: an index that was made
    anew under its name has another host, and what lived in the old one is gone with it.
    """
    listed = {str(model.host): model for model in context.pinecone.indexes.list() if model.host}
    chosen = [host for host, model in listed.items() if is_chosen(model.name, options["indexes"])]
    living: dict[str, dict[str, Resource]] = {}
    for life, resource in before.items():
        living.setdefault(resource.body["host"], {})[life] = resource
    names = {model.name for model in listed.values()}
    gone = {host for host in living.keys() - listed.keys() if _is_gone(context, host, living[host], names)}

    def into(host: str) -> Snapshot | None:
        index = listed[host]
        return look(context, index.name, host, living.get(host, {})) if index.status.ready else None

    looks = context.in_turn(chosen, into, urgent)
    unsure = {life for look in looks.values() for life in look.unsure}
    for host, lives in living.items():
        if host not in gone and not (host in looks and looks[host].complete):
            unsure |= lives.keys()
    resources = [resource for look in looks.values() for resource in look.resources]
    return Snapshot(tuple(resources), complete=True, observed_at=context.now(), unsure=frozenset(unsure))


def is_chosen(name: str, globs: list[str]) -> bool:
    """Whether a name matches one of the globs."""
    return any(fnmatchcase(name, glob) for glob in globs)


def _is_gone(context: Context, host: str, lives: Lives, names: AbstractSet[str]) -> bool:
    """Whether an index that is not listed is gone, and not only unreadable for the SDK."""
    name = next(iter(lives.values())).body["index"]
    if name in names:
        return True
    try:
        found = context.find(context.pinecone.indexes.describe, name)
    except Exception:  # noqa: BLE001 - any answer but "no such index" proves nothing
        return False
    return found is None or found.host != host
