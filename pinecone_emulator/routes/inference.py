"""Owns the doors of inference. Spec: Inference API."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pinecone_emulator import gallery, inference
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.routes.context import backend, body, json

doors = Blueprint("inference", __name__)

FILTERS = {"type": ("embed", "rerank"), "vector_type": ("dense", "sparse")}


@doors.post("/embed")
def embed() -> Response:
    """Embed texts."""
    return json(inference.embed(body(), backend().embed))


@doors.post("/rerank")
def rerank() -> Response:
    """Order documents by relevance."""
    return json(inference.rerank(body()))


@doors.get("/models")
def list_models() -> Response:
    """List the hosted models."""
    for name, allowed in FILTERS.items():
        if request.args.get(name, allowed[0]) not in allowed:
            raise InvalidArgumentError(f"Bad request. {name} must be one of {', '.join(allowed)}.")
    return json({"models": gallery.models(request.args.get("type"), request.args.get("vector_type"))})


@doors.get("/models/<name>")
def get_model(name: str) -> Response:
    """Describe a hosted model."""
    return json(gallery.model_info(name))
