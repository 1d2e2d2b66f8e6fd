from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_the_counts_are_by_namespace(run_action: RunAction) -> None:
    stats = run_action("describe_index_stats", {"index": "sparse-example"})
    assert (stats["total_vector_count"], stats["dimension"], stats["namespaces"]) == (
        2,
        None,
        [{"name": "__default__", "vector_count": 2}],
    )


def test_an_index_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_index_stats", {"index": "nowhere"})
