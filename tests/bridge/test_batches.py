from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.batches import MAX_BYTES, MAX_VECTORS, batches, size_of
from bridge.plugin import JSON, Written


def dense(dimension: int, **more: object) -> JSON:
    return {"id": "a", "values": [0.5] * dimension, **more}


@pytest.mark.parametrize(
    ("vector", "size"),
    [
        (dense(1536), 6144),
        (dense(3, metadata={"a": "é"}), 12 + len('{"a":"é"}'.encode())),
        ({"id": "a", "sparse_values": {"indices": [1, 9], "values": [0.1, 0.2]}}, 16),
        (dense(2, sparse_values={"indices": [1], "values": [0.1]}, metadata={}), 16),
        ({"id": "a", "values": Written(b"[1, 0.50]", 2), "metadata": {"a": 1}}, 8 + len('{"a":1}')),
        ({"_id": "a", "text": "words"}, len('{"_id":"a","text":"words"}')),
    ],
)
def test_a_record_weighs_its_values_and_its_metadata(vector: JSON, size: int) -> None:
    assert size_of(vector) == size


def test_nothing_to_send_is_no_request() -> None:
    assert [*batches([])] == []


def test_a_request_holds_at_most_1000_vectors() -> None:
    assert [len(batch) for batch in batches([dense(3)] * 2500)] == [1000, 1000, 500]


def test_a_request_holds_at_most_2_mb() -> None:
    assert [len(batch) for batch in batches([dense(3072)] * 200)] == [162, 38]


def test_a_vector_beyond_2_mb_goes_alone() -> None:
    huge = dense(3, metadata={"text": "x" * MAX_BYTES})
    assert [len(batch) for batch in batches([dense(3), huge, dense(3), dense(3)])] == [1, 1, 2]


def test_the_vectors_are_passed_on_not_copied() -> None:
    vectors = [dense(1536) for _ in range(700)]
    sent = [vector for batch in batches(vectors) for vector in batch]
    assert all(one is other for one, other in zip(sent, vectors, strict=True))


@given(st.lists(st.integers(0, 700_000), max_size=60))
def test_whatever_is_cut_stays_whole_in_order_and_within_both_limits(lengths: list[int]) -> None:
    vectors = [dense(0, metadata={"t": "x" * length}, place=place) for place, length in enumerate(lengths)]
    cut = [*batches(vectors)]
    within = [
        len(batch) <= MAX_VECTORS and (len(batch) == 1 or sum(map(size_of, batch)) <= MAX_BYTES)
        for batch in cut
    ]
    assert ([vector for batch in cut for vector in batch], all(within)) == (vectors, True)
