from __future__ import annotations

from tests.actions.conftest import RunAction


def test_all_of_them_or_one_kind(run_action: RunAction) -> None:
    whole = {model["type"] for model in run_action("list_models", {})["models"]}
    some = {model["type"] for model in run_action("list_models", {"type": "rerank"})["models"]}
    assert (whole, some) == ({"embed", "rerank"}, {"rerank"})
