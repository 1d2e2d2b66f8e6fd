"""The embedders: who turns text into vectors, one file a provider; here, what they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def portions(texts: Sequence[str], count: int, characters: int) -> Iterator[list[str]]:
    """Cut texts into requests of at most so many texts and characters, in order; a longer text goes alone."""
    portion: list[str] = []
    size = 0
    for text in texts:
        if portion and (len(portion) == count or size + len(text) > characters):
            yield portion
            portion, size = [], 0
        portion.append(text)
        size += len(text)
    if portion:
        yield portion
