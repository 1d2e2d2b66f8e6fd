"""How records are read by their ids: they travel in the URL, which has an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from pinecone import Index

IDS_PER_REQUEST = 1000
URL_BYTES = 6000
"""Ids travel in the URL; servers and proxies commonly take 8 KB of it."""


def fetched(index: Index, ids: Sequence[str], namespace: str) -> tuple[dict[str, Any], int | None]:
    """Return the records that are there, by id, and the read units it took, where Pinecone tells them."""
    vectors: dict[str, Any] = {}
    units = None
    for some in _requests(ids):
        answer = index.fetch(ids=some, namespace=namespace)
        vectors.update(answer.vectors)
        if answer.usage and answer.usage.read_units is not None:
            units = (units or 0) + answer.usage.read_units
    return vectors, units


def _requests(ids: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for name in ids:
        weight = len(quote(name, safe="")) + len("ids=&")
        if some and (size + weight > URL_BYTES or len(some) == IDS_PER_REQUEST):
            yield some
            some, size = [], 0
        some.append(name)
        size += weight
    if some:
        yield some
