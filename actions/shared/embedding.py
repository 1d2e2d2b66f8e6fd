"""How texts become vectors for an index: a model that does not fit it is refused, if possible before it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from actions import VectorShape, refuse
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def embedded(
    context: Context,
    shape: VectorShape,
    texts: Sequence[str],
    embed: JSON,
    kind: Literal["document", "query"],
) -> list[list[float]]:
    """Return one vector for each text, of the length the index takes.

    Raises DimensionMismatch, InvalidInput for an unknown provider, and the Provider errors.
    """
    refuse(_misfits(shape, embed.get("dimension")), DimensionMismatch)
    vectors = context.embed(texts, {"input_type": kind, **embed})
    refuse(_misfits(shape, len(vectors[0]) if vectors else None), DimensionMismatch)
    return vectors


def _misfits(shape: VectorShape, dimension: int | None) -> Iterator[Fault]:
    if shape.vector_type == "sparse":
        yield Fault("/embed", "gives dense vectors; the index is sparse")
    elif dimension and shape.dimension and dimension != shape.dimension:
        yield Fault("/embed", f"gives {dimension} numbers; the index has dimension {shape.dimension}")
