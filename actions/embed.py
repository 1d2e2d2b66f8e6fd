"""Turns texts into vectors, with the models of any provider."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return one vector for each text, in order."""
    vectors = context.embed(input["texts"], input["embed"])
    return {"vectors": vectors, "dimension": len(vectors[0])}
