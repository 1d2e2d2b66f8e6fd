"""From a sheet of contract clauses to answers: the whole way, with the models of either provider."""

from __future__ import annotations

import pytest

from tests.actions.conftest import RunAction, World
from tests.embedders.stand_in import Voyage

SUBJECTS = (
    "the subscription", "the free trial", "personal data", "uploaded photos", "late payment", "shared passwords",
    "refunds of gifts", "delivery of parcels", "damaged goods", "advertising mail", "third party links",
)  # fmt: skip
PROVISIONS = (
    "begins on the day the customer signs and is described in annex {n} under {s}.",
    "may be cancelled by the customer at any time with a message about {s}.",
    "may be changed by the provider with thirty days of notice concerning {s}.",
    "is charged on the first day of every month as far as {s} is concerned.",
    "remains the property of the customer; nothing about {s} transfers ownership.",
    "must not be resold, and whoever resells {s} owes damages.",
    "is governed by the law of the place where the customer lives, {s} included.",
    "is limited in liability to the price paid within one year for {s}.",
    "is stored in two places and erased ninety days after the end of {s}.",
    "can be handed to a successor of the provider together with {s}.",
    "requires that the customer be of age before {s} is used.",
    "is explained by the support desk, which answers questions on {s} within two days.",
    "is interrupted for maintenance at night, with a warning on {s}.",
    "ends when the account is deleted, and {s} with it.",
)
CLAUSES = [
    f"Clause {place}: {subject.capitalize()} " + provision.format(n=place, s=subject)
    for place, (subject, provision) in enumerate(
        ((subject, provision) for subject in SUBJECTS for provision in PROVISIONS), 1
    )
]
QUESTION = "Which support desk answers questions on damaged goods within two days?"


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
