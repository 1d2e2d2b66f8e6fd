"""Lists the models that Pinecone hosts."""

from __future__ import annotations

from actions import model_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them, or those of one kind."""
    models = context.pinecone.inference.list_models(**input)
    return {"models": [model_described(model) for model in models]}
