"""Describes one model that Pinecone hosts."""

from __future__ import annotations

from actions import model_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return model_described(context.pinecone.inference.get_model(model=input["model"]))
