from __future__ import annotations

import re

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World

DOCS = {"index": "docs-example", "confirm": "docs-example"}


def left(run_action: RunAction) -> dict[str, int]:
    stats = run_action("describe_index_stats", {"index": "docs-example"})
    return {namespace["name"]: namespace["vector_count"] for namespace in stats["namespaces"]}


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"ids": ["doc-1", "doc-1", "gone"]}, {"__default__": 2, "articles": 2}),
        ({"filter": {"genre": "guide"}}, {"__default__": 1, "articles": 2}),
        ({"namespace": "articles", "ids": ["article-1"]}, {"__default__": 3, "articles": 1}),
        ({"prefix": "doc-"}, {"articles": 2}),
        ({"prefix": "nothing-"}, {"__default__": 3, "articles": 2}),
    ],
)
def test_only_what_is_meant_is_deleted(run_action: RunAction, given: JSON, after: dict[str, int]) -> None:
    run_action("delete_vectors", {**DOCS, **given})
    assert left(run_action) == after


def test_many_ids_go_in_requests_of_1000(run_action: RunAction) -> None:
    vectors = [{"id": f"v{place}", "values": [1, 2, 3]} for place in range(2500)]
    run_action("upsert_vectors", {"index": "docs-example", "namespace": "many", "vectors": vectors})
    ids = [vector["id"] for vector in vectors]
    answer = run_action("delete_vectors", {**DOCS, "namespace": "many", "ids": ids})
    assert (answer, left(run_action).get("many", 0)) == (
        {
            "requested_count": 2500,
            "request_count": 3,
            "namespace": "many",
            "deleted": True,
            "would_delete": None,
        },
        0,
    )


def test_what_begins_alike_is_found_over_all_pages(run_action: RunAction) -> None:
    vectors = [{"id": f"{place % 2}-{place}", "values": [1, 2, 3]} for place in range(2500)]
    many = {"index": "docs-example", "namespace": "many"}
    run_action("upsert_vectors", {**many, "vectors": vectors})
    answer = run_action("delete_vectors", {**DOCS, **many, "prefix": "1-"})
    assert (answer["requested_count"], answer["request_count"], left(run_action)["many"]) == (1250, 2, 1250)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"delete_all": False},
        {"ids": ["doc-1"], "delete_all": True},
        {"ids": ["doc-1"], "filter": {"genre": "x"}},
        {"prefix": "doc-", "delete_all": True},
    ],
)
def test_exactly_one_way_must_be_given(run_action: RunAction, given: JSON) -> None:
    with pytest.raises(errors.InvalidInput, match="exactly one of ids, prefix, filter and delete_all"):
        run_action("delete_vectors", {**DOCS, **given})
    assert left(run_action) == {"__default__": 3, "articles": 2}


@pytest.mark.parametrize("given", [{"filter": {}}, {"ids": []}])
def test_an_empty_choice_is_never_read_as_everything(run_action: RunAction, given: JSON) -> None:
    with pytest.raises(errors.InvalidInput):
        run_action("delete_vectors", {**DOCS, **given})
    assert left(run_action) == {"__default__": 3, "articles": 2}


def test_when_pinecone_fails_on_the_way_the_error_says_how_many_were_deleted(
    run_action: RunAction, world: World
) -> None:
    path = world.pinecone.indexes.describe("docs-example").host.removeprefix(world.emulator.url)
    world.emulator.control.fault(f"{path}/vectors/delete", count=1)
    world.emulator.control.fault(f"{path}/vectors/delete", status=403)
    ids = [f"v{place}" for place in range(1500)]
    with pytest.raises(errors.PineconeForbidden) as caught:
        run_action("delete_vectors", {**DOCS, "ids": ids})
    assert re.search(r"before this, (1000|500) of 1500 ids were deleted", caught.value.detail)
