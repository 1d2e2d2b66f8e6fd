"""What users of other connectors complain of, where no action's own test says already that it is otherwise here."""

from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction

DOCS = {"index": "docs-example"}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"year": {"$eq": 2024}}, ["article-1"]),
        ({"year": {"$ne": 2024}}, ["article-2"]),
        ({"year": {"$gt": 2024}}, ["article-2"]),
        ({"year": {"$gte": 2024}}, ["article-1", "article-2"]),
        ({"year": {"$lt": 2025}}, ["article-1"]),
        ({"year": {"$lte": 2025}}, ["article-1", "article-2"]),
        ({"year": {"$in": [2025, 1999]}}, ["article-2"]),
        ({"year": {"$nin": [2025]}}, ["article-1"]),
        ({"genre": {"$exists": True}}, []),
        ({"$and": [{"year": 2024}, {"title": "Ranking"}]}, []),
        ({"$or": [{"year": 2024}, {"title": "Ranking"}]}, ["article-1", "article-2"]),
    ],
)
def test_a_filter_takes_every_operator_and_not_equality_alone(
    run_action: RunAction, condition: JSON, found: list[str]
) -> None:
    given = {**DOCS, "namespace": "articles", "vector": [0.1, 0.2, 0.3], "filter": condition}
    assert sorted(match["id"] for match in run_action("query_vectors", given)["matches"]) == found


def test_what_is_written_to_a_namespace_is_in_that_one_and_in_no_other(run_action: RunAction) -> None:
    vector = {"id": "only", "values": [1, 2, 3]}
    run_action("upsert_vectors", {**DOCS, "namespace": "tenant-7", "vectors": [vector]})
    run_action("update_vector", {**DOCS, "namespace": "tenant-7", "id": "only", "metadata": {"seen": True}})
    there = run_action("fetch_vectors", {**DOCS, "namespace": "tenant-7", "ids": ["only"]})["vectors"]
    elsewhere = run_action("fetch_vectors", {**DOCS, "ids": ["only"]})
    assert ([each["metadata"] for each in there], elsewhere["missing_ids"]) == ([{"seen": True}], ["only"])


def test_an_id_is_deleted_in_its_namespace_and_stays_in_the_others(run_action: RunAction) -> None:
    for namespace in ("one", "two"):
        vector = {"id": "same", "values": [1, 2, 3]}
        run_action("upsert_vectors", {**DOCS, "namespace": namespace, "vectors": [vector]})
    order = {**DOCS, "namespace": "one", "ids": ["same"], "confirm": "docs-example"}
    run_action("delete_vectors", order)
    left = run_action("fetch_vectors", {**DOCS, "namespace": "two", "ids": ["same"]})
    assert (left["missing_ids"], [each["id"] for each in left["vectors"]]) == ([], ["same"])


def test_values_nested_once_too_often_are_told_by_their_place(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_vectors", {**DOCS, "vectors": [{"id": "a", "values": [[1, 2, 3]]}]})
    [fault, *_] = caught.value.errors
    assert (fault.pointer, fault.message) == ("/vectors/0/values/0", "is an array; it must be a number")


def test_a_filter_that_finds_thousands_is_counted_first_and_deleted_in_one_call(
    run_action: RunAction,
) -> None:
    vectors = [{"id": f"v{n}", "values": [1, 2, 3], "metadata": {"old": True}} for n in range(2500)]
    many = {**DOCS, "namespace": "many"}
    run_action("upsert_vectors", {**many, "vectors": vectors})
    order = {**many, "filter": {"old": True}}
    asked = run_action("delete_vectors", order)["would_delete"]
    run_action("delete_vectors", {**order, "confirm": asked["confirm"]})
    assert (asked["record_count"], run_action("list_vectors", many)["ids"]) == (2500, [])
