"""Embeds with the models of Voyage AI (docs.voyageai.com, "Text embeddings").

Reads the settings PINEHOOK_VOYAGE_API_KEY and PINEHOOK_VOYAGE_URL.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.plugin import Outbound
from embedders import portions

DEFAULT_MODEL = "voyage-3.5"
URL = "https://api.voyageai.com/v1"
MAX_TEXTS = 128
MAX_CHARACTERS = 300_000
"""Some models take 120,000 tokens a request; a token has more than 2.5 characters in common languages."""


def embed(
    outbound: Outbound, texts: Sequence[str], model: str, input_type: str, dimension: int | None
) -> list[list[float]]:
    """Return one dense vector for each text; what is too long for the model is cut by Voyage."""
    key = outbound.need("VOYAGE_API_KEY")
    url = (outbound.setting("VOYAGE_URL") or URL).rstrip("/")
    options = {"model": model, "input_type": input_type, "truncation": True}
    if dimension:
        options["output_dimension"] = dimension
    vectors: list[list[float]] = []
    for some in portions(texts, MAX_TEXTS, MAX_CHARACTERS):
        body = {"input": some, **options}
        answer = outbound.post(f"{url}/embeddings", body, {"Authorization": f"Bearer {key}"})
        vectors += [item["embedding"] for item in sorted(answer["data"], key=lambda item: item["index"])]
    return vectors
