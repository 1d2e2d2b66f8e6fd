from __future__ import annotations

import random
import re
from typing import Any

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World

FITTING = {"id": "new", "values": [0.1, 0.2, 0.3]}


def count(run_action: RunAction, index: str = "docs-example") -> int:
    return run_action("describe_index_stats", {"index": index})["total_vector_count"]


def test_what_is_written_is_read_back(run_action: RunAction) -> None:
    vector = {
        "id": "new",
        "values": [0.5, -0.25, 1],
        "metadata": {"title": "Ünï", "n": 1.5, "ok": True, "tags": ["a"]},
    }
    run_action("upsert_vectors", {"index": "docs-example", "namespace": "fresh", "vectors": [vector]})
    fetched = run_action("fetch_vectors", {"index": "docs-example", "namespace": "fresh", "ids": ["new"]})
    assert fetched["vectors"] == [{**vector, "sparse_values": None}]


def test_an_id_that_is_there_is_written_over(run_action: RunAction) -> None:
    answers = [
        run_action("upsert_vectors", {"index": "docs-example", "vectors": [FITTING]})["upserted_count"]
        for _ in range(2)
    ]
    assert (answers, count(run_action)) == ([1, 1], 6)


def test_an_empty_namespace_is_the_default_one(run_action: RunAction) -> None:
    run_action("upsert_vectors", {"index": "docs-example", "namespace": "", "vectors": [FITTING]})
    fetched = run_action("fetch_vectors", {"index": "docs-example", "ids": ["new"]})
    assert (fetched["namespace"], fetched["missing_ids"]) == ("__default__", [])


def test_many_vectors_go_in_requests_of_1000(run_action: RunAction) -> None:
    vectors = [{"id": f"v{place}", "values": [1, 0, place]} for place in range(2500)]
    answer = run_action("upsert_vectors", {"index": "docs-example", "namespace": "many", "vectors": vectors})
    assert (answer, count(run_action)) == (
        {"upserted_count": 2500, "request_count": 3, "namespace": "many"},
        2505,
    )


def test_wide_vectors_go_in_requests_of_2_mb(run_action: RunAction, world: World) -> None:
    run_action("create_index", {"name": "wide", "dimension": 3072})
    world.emulator.control.advance(60)
    numbers = [random.random() for _ in range(3072)]
    vectors = [{"id": f"v{place}", "values": numbers} for place in range(200)]
    answer = run_action("upsert_vectors", {"index": "wide", "vectors": vectors})
    assert (answer["upserted_count"], answer["request_count"]) == (200, 2)


@pytest.mark.parametrize(
    ("index", "vector", "pointer", "message"),
    [
        ("docs-example", {"values": [1, 2]}, "/vectors/1/values", "has 2 numbers; the index has dimension 3"),
        (
            "docs-example",
            {"values": [1, 2, 3, 4]},
            "/vectors/1/values",
            "has 4 numbers; the index has dimension 3",
        ),
        ("docs-example", {}, "/vectors/1/values", "has 0 numbers; the index has dimension 3"),
        (
            "docs-example",
            {"sparse_values": {"indices": [1], "values": [1]}},
            "/vectors/1/values",
            "has 0 numbers; the index has dimension 3",
        ),
        (
            "docs-example",
            {"values": [1, 2, 3], "sparse_values": {"indices": [1], "values": [1]}},
            "/vectors/1/sparse_values",
            "needs an index with metric dotproduct; this one has cosine",
        ),
        (
            "articles-example",
            {"values": [1, 2]},
            "/vectors/1/values",
            "has 2 numbers; the index has dimension 1024",
        ),
    ],
)
def test_a_vector_that_does_not_fit_stops_all_before_any_is_sent(
    run_action: RunAction, index: str, vector: JSON, pointer: str, message: str
) -> None:
    before = count(run_action, index)
    right = {"id": "a", "values": [0.5] * (1024 if index == "articles-example" else 3)}
    with pytest.raises(errors.DimensionMismatch) as caught:
        run_action("upsert_vectors", {"index": index, "vectors": [right, {"id": "b", **vector}]})
    fault = errors.Fault(pointer, message)
    assert (caught.value.errors, count(run_action, index)) == ((fault,), before)


def test_a_sparse_index_takes_sparse_values_only(run_action: RunAction) -> None:
    with pytest.raises(errors.DimensionMismatch) as caught:
        run_action("upsert_vectors", {"index": "sparse-example", "vectors": [FITTING]})
    assert [(fault.pointer, fault.message) for fault in caught.value.errors] == [
        ("/vectors/0/values", "is dense; the index is sparse and takes sparse values only"),
        ("/vectors/0/sparse_values", "is required: the index is sparse"),
    ]


def test_dense_and_sparse_go_together_where_the_metric_is_dotproduct(
    run_action: RunAction, world: World
) -> None:
    run_action("create_index", {"name": "hybrid", "dimension": 2, "metric": "dotproduct"})
    world.emulator.control.advance(60)
    vector = {"id": "a", "values": [1, 2], "sparse_values": {"indices": [7], "values": [0.5]}}
    run_action("upsert_vectors", {"index": "hybrid", "vectors": [vector]})
    fetched = run_action("fetch_vectors", {"index": "hybrid", "ids": ["a"]})
    assert fetched["vectors"] == [{**vector, "metadata": None}]


@pytest.mark.parametrize(
    ("vector", "pointer"),
    [
        ({"id": "a", "values": [1, 2, 3]}, "/vectors/1/id"),
        ({"id": "b", "values": [0, 0.0, -0.0]}, "/vectors/1/values"),
        ({"id": "b", "values": [1, 2, 1e39]}, "/vectors/1/values/2"),
        ({"id": "b", "values": [1, "2", 3]}, "/vectors/1/values/1"),
        ({"id": "b", "values": [[1, 2, 3]]}, "/vectors/1/values/0"),
        ({"id": "é", "values": [1, 2, 3]}, "/vectors/1/id"),
        ({"id": "", "values": [1, 2, 3]}, "/vectors/1/id"),
        ({"id": "b", "values": [1, 2, 3], "metadata": {"a": {"b": 1}}}, "/vectors/1/metadata/a"),
        ({"id": "b", "values": [1, 2, 3], "metadata": {"a": [1]}}, "/vectors/1/metadata/a/0"),
        ({"id": "b", "values": [1, 2, 3], "metadata": {"$a": 1}}, "/vectors/1/metadata"),
        ({"id": "b", "values": [1, 2, 3], "score": 1}, "/vectors/1/score"),
        ({"values": [1, 2, 3]}, "/vectors/1/id"),
    ],
)
def test_what_pinecone_never_takes_stops_all_before_any_is_sent(
    run_action: RunAction, vector: JSON, pointer: str
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action(
            "upsert_vectors", {"index": "docs-example", "vectors": [{"id": "a", "values": [1, 2, 3]}, vector]}
        )
    assert ([fault.pointer for fault in caught.value.errors], count(run_action)) == ([pointer], 5)


@pytest.mark.parametrize(("number", "least_or_most"), [(0, "least is 1"), (10_001, "most is 10000")])
def test_a_call_takes_1_to_10000_vectors(run_action: RunAction, number: int, least_or_most: str) -> None:
    with pytest.raises(errors.InvalidInput, match=least_or_most):
        run_action("upsert_vectors", {"index": "docs-example", "vectors": [FITTING] * number})


def test_at_most_ten_faults_are_told(run_action: RunAction) -> None:
    vectors: list[Any] = [{"id": str(place), "values": [1]} for place in range(5000)]
    with pytest.raises(errors.DimensionMismatch) as caught:
        run_action("upsert_vectors", {"index": "docs-example", "vectors": vectors})
    assert (len(caught.value.errors), caught.value.detail) == (
        10,
        "/vectors/0/values has 1 numbers; the index has dimension 3; nothing was sent",
    )


def test_when_pinecone_fails_on_the_way_the_error_says_how_many_were_written(
    run_action: RunAction, world: World
) -> None:
    path = world.pinecone.indexes.describe("docs-example").host.removeprefix(world.emulator.url)
    world.emulator.control.fault(f"{path}/vectors/upsert", count=2)
    world.emulator.control.fault(f"{path}/vectors/upsert", status=403)
    vectors = [{"id": f"v{place}", "values": [1, 0, place]} for place in range(2500)]
    with pytest.raises(errors.PineconeForbidden) as caught:
        run_action("upsert_vectors", {"index": "docs-example", "vectors": vectors})
    told = re.search(r"before this, (2000|1500) of 2500 vectors were written", caught.value.detail)
    assert told is not None
    assert count(run_action) == 5 + int(told[1])


def test_an_index_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("upsert_vectors", {"index": "nowhere", "vectors": [FITTING]})


def test_a_pinecone_that_is_gone_is_told_as_such(run_action: RunAction, world: World) -> None:
    run_action("upsert_vectors", {"index": "docs-example", "vectors": [FITTING]})
    world.emulator.control.fault("/", status=401, count=20)
    with pytest.raises(errors.PineconeUnauthorized):
        run_action("upsert_vectors", {"index": "docs-example", "vectors": [FITTING]})


def test_metadata_that_is_too_large_is_found_before_anything_is_sent(run_action: RunAction) -> None:
    large = {"id": "large", "values": [0.1, 0.2, 0.3], "metadata": {"text": "x" * 50_000}}
    with pytest.raises(errors.InvalidInput) as refused:
        run_action("upsert_vectors", {"index": "docs-example", "vectors": [FITTING, large]})
    told = [(fault.pointer, fault.message) for fault in refused.value.errors]
    assert told == [("/vectors/1/metadata", "weighs 50011 bytes; the most is 40960")]
    assert count(run_action) == 5
