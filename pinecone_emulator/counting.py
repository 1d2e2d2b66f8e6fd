"""Owns the verb describe_index_stats: how many records an index and each of its namespaces has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.vectors import Answer, condition_of

if TYPE_CHECKING:
    from pinecone_emulator.engine import OpenIndex
    from pinecone_emulator.payload import Payload


def stats(held: OpenIndex, payload: Payload) -> Answer:
    """Return how many records each namespace has; on pods, of those that pass a filter.

    Raises InvalidArgumentError for a filter on any other index, which the service refuses.
    """
    condition, blueprint = condition_of(payload), held.index.blueprint
    if condition is not None and blueprint.pod is None:
        raise InvalidArgumentError(
            "Serverless and Starter indexes do not support describing index stats with metadata filtering"
        )
    # A namespace without records is not told.
    found = [namespace for name in held.names() if (namespace := held.namespace(name))]
    body: dict[str, Any] = {
        "namespaces": {
            namespace.name: {
                "vectorCount": len(namespace) if condition is None else len(namespace.living(condition))
            }
            for namespace in found
        },
        "indexFullness": 0.0,
        "totalVectorCount": sum(len(namespace) for namespace in found),
        "metric": blueprint.metric,
        "vectorType": blueprint.vector_type,
    }
    if blueprint.dimension is not None:
        body["dimension"] = blueprint.dimension
    return Answer(body)
