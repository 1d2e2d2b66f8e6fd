"""From a sheet of contract clauses to answers: the whole way, with the models of either provider."""

from __future__ import annotations

import pytest

from tests.actions.conftest import RunAction, World
from tests.clauses import CLAUSES, QUESTION
from tests.embedders.stand_in import Voyage


@pytest.mark.parametrize(
    "embed",
    [
        {"provider": "voyage", "model": "voyage-law-2"},
        {"provider": "pinecone", "model": "llama-text-embed-v2", "dimension": 1024},
    ],
    ids=lambda embed: str(embed["provider"]),
)
@pytest.mark.usefixtures("voyage")
def test_154_clauses_answer_a_question(run_action: RunAction, world: World, embed: dict[str, str]) -> None:
    run_action("find_or_create_index", {"name": "clauses", "dimension": 1024, "metric": "cosine"})
    world.emulator.control.advance(60)
    rows = {"rows": [{"text": clause} for clause in CLAUSES], "text_columns": ["text"]}
    written = run_action("upsert_rows", {"index": "clauses", "embed": embed, **rows})
    again = run_action("upsert_rows", {"index": "clauses", "embed": embed, **rows})
    found = run_action("search_text", {"index": "clauses", "embed": embed, "text": QUESTION, "top_k": 3})
    best = found["passages"][0]["text"]
    assert (
        len(CLAUSES),
        written["upserted_count"],
        again["unchanged_count"],
        len(found["passages"]),
        "Damaged goods" in best and "support desk" in best,
    ) == (154, 154, 154, 3, True)


def test_a_wrong_key_at_the_provider_writes_nothing(
    run_action: RunAction, world: World, voyage: Voyage
) -> None:
    run_action("create_index", {"name": "clauses", "dimension": 1024})
    world.emulator.control.advance(60)
    voyage.answer(401, {"detail": "Provided API key is invalid."})
    rows = {"rows": [{"text": clause} for clause in CLAUSES], "text_columns": ["text"]}
    with pytest.raises(Exception, match="refused the key"):
        run_action("upsert_rows", {"index": "clauses", "embed": {"provider": "voyage"}, **rows})
    assert run_action("describe_index_stats", {"index": "clauses"})["total_vector_count"] == 0
