from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pinecone import Pinecone

from bridge import registry
from bridge.config import Settings
from bridge.embedding import Embedding
from pinecone_emulator import Emulator
from tests.embedders import stand_in
from tests.embedders.stand_in import Voyage

Embed = Callable[..., list[list[float]]]


@pytest.fixture
def voyage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Voyage]:
    """The stand-in, its key and its address in the environment."""
    with stand_in.serve() as running:
        monkeypatch.setenv("PINEHOOK_VOYAGE_API_KEY", stand_in.KEY)
        monkeypatch.setenv("PINEHOOK_VOYAGE_URL", running.url)
        yield running


@pytest.fixture
def embed(pinecone_emulator: Emulator) -> Iterator[Embed]:
    """Embed texts: `embed(["a"], provider="voyage", model=...)`."""
    embedding = Embedding(Settings(), registry.load().embedders)
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url, ssl_verify=False) as client:

        def run(texts: list[str], **spec: Any) -> list[list[float]]:
            return embedding.embed(client, texts, spec)

        yield run
    embedding.close()
