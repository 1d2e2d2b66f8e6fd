from __future__ import annotations

import pytest
from pinecone.errors import NotFoundError

from bridge import errors
from tests.embedders.conftest import Embed


def test_each_text_has_a_vector_in_its_order(embed: Embed) -> None:
    texts = [f"clause {place}" for place in range(200)]
    vectors = embed(texts, provider="pinecone")
    assert (len(vectors), len(vectors[0]), vectors[150]) == (
        200,
        1024,
        embed([texts[150]], provider="pinecone")[0],
    )


def test_documents_and_queries_differ(embed: Embed) -> None:
    text = ["What is a backup?"]
    assert embed(text, provider="pinecone", input_type="query") != embed(text, provider="pinecone")


def test_the_model_and_the_dimension_can_be_chosen(embed: Embed) -> None:
    chosen = {"provider": "pinecone", "model": "llama-text-embed-v2", "dimension": 384}
    assert len(embed(["a"], **chosen)[0]) == 384


def test_a_sparse_model_is_refused(embed: Embed) -> None:
    with pytest.raises(errors.ProviderRejected, match="sparse"):
        embed(["a"], provider="pinecone", model="pinecone-sparse-english-v0")


def test_what_pinecone_says_rises_as_it_is(embed: Embed) -> None:
    with pytest.raises(NotFoundError):
        embed(["a"], provider="pinecone", model="nothing")
