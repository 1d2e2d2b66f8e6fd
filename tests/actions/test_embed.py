from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_there_is_a_vector_for_each_text_in_order(run_action: RunAction) -> None:
    texts = [f"text {place}" for place in range(200)]
    answer = run_action("embed", {"texts": texts, "embed": {"provider": "pinecone", "dimension": 384}})
    again = run_action("embed", {"texts": [texts[150]], "embed": {"provider": "pinecone", "dimension": 384}})
    assert (len(answer["vectors"]), answer["dimension"], answer["vectors"][150]) == (
        200,
        384,
        again["vectors"][0],
    )


def test_an_unknown_provider_is_told_with_those_there_are(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="must be one of: pinecone, voyage"):
        run_action("embed", {"texts": ["x"], "embed": {"provider": "nobody"}})


def test_a_model_that_gives_sparse_vectors_is_refused(run_action: RunAction) -> None:
    with pytest.raises(errors.ProviderRejected, match="sparse"):
        run_action(
            "embed",
            {"texts": ["x"], "embed": {"provider": "pinecone", "model": "pinecone-sparse-english-v0"}},
        )


def test_without_its_key_voyage_says_which_setting_it_needs(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PINEHOOK_VOYAGE_API_KEY", raising=False)
    with pytest.raises(errors.ProviderUnauthorized, match="PINEHOOK_VOYAGE_API_KEY"):
        run_action("embed", {"texts": ["x"], "embed": {"provider": "voyage"}})
