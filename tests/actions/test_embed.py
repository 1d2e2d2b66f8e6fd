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


def test_sparse_vectors_are_found_by_in_a_sparse_index(run_action: RunAction) -> None:
    model = {"provider": "pinecone", "model": "pinecone-sparse-english-v0"}
    texts = ["price of the contract", "a cat on a mat"]
    made = run_action("embed", {"texts": texts, "embed": model, "sparse": True})["sparse_vectors"]
    vectors = [{"id": str(n), "sparse_values": values} for n, values in enumerate(made)]
    run_action("upsert_vectors", {"index": "sparse-example", "namespace": "made", "vectors": vectors})
    asked = run_action(
        "embed", {"texts": ["contract price"], "embed": model | {"input_type": "query"}, "sparse": True}
    )["sparse_vectors"][0]
    given = {"index": "sparse-example", "namespace": "made", "sparse_vector": asked, "top_k": 1}
    assert [match["id"] for match in run_action("query_vectors", given)["matches"]] == ["0"]


@pytest.mark.parametrize("embed", [{}, {"model": "llama-text-embed-v2"}])
def test_sparse_vectors_need_a_sparse_model(run_action: RunAction, embed: dict[str, str]) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("embed", {"texts": ["x"], "embed": {"provider": "pinecone"} | embed, "sparse": True})
    assert [fault.pointer for fault in caught.value.errors] == ["/embed/model"]
