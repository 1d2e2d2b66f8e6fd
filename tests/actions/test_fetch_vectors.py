from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_records_come_in_the_order_asked_for_and_once(run_action: RunAction) -> None:
    asked = {"index": "docs-example", "ids": ["doc-3", "gone", "doc-1", "doc-3"]}
    answer = run_action("fetch_vectors", asked)
    assert ([vector["id"] for vector in answer["vectors"]], answer["missing_ids"]) == (
        ["doc-3", "doc-1"],
        ["gone"],
    )


def test_a_sparse_record_comes_with_its_sparse_values(run_action: RunAction) -> None:
    [vector] = run_action("fetch_vectors", {"index": "sparse-example", "ids": ["note-1"]})["vectors"]
    assert (vector["values"], vector["sparse_values"]["indices"], vector["metadata"]) == (
        None,
        [12, 77],
        None,
    )


@pytest.mark.slow
def test_a_thousand_long_ids_are_read(run_action: RunAction) -> None:
    names = [f"{place:04}-" + "x y+&é"[:5] * 100 for place in range(1000)]
    vectors = [{"id": name, "values": [1, 2, 3]} for name in names]
    run_action("upsert_vectors", {"index": "docs-example", "namespace": "long", "vectors": vectors})
    answer = run_action("fetch_vectors", {"index": "docs-example", "namespace": "long", "ids": names})
    assert ([vector["id"] for vector in answer["vectors"]], answer["missing_ids"]) == (names, [])


def test_more_than_a_thousand_ids_are_too_many(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="most is 1000"):
        run_action("fetch_vectors", {"index": "docs-example", "ids": ["a"] * 1001})
