from __future__ import annotations

from typing import Any

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World
from tests.embedders.stand_in import Voyage

SHEET = {
    "index": "articles-example",
    "namespace": "sheet",
    "header": ["key", "body", "year", "open"],
    "rows": [
        ["a", "Backups are copies.", "2024", "true"],
        ["b", "Restoring takes minutes.", "2025", "false"],
    ],
    "id_column": "key",
    "text_columns": ["body"],
}
VECTORS = {
    "index": "docs-example",
    "namespace": "sheet",
    "rows": [
        {"id": "x", "vector": [1, 2, 3], "price": "7"},
        {"id": "y", "vector": "3, 2, 1", "price": "8.5"},
    ],
    "id_column": "id",
    "vector_column": "vector",
}


def outcomes(answer: JSON) -> list[tuple[str | None, str, str | None]]:
    return [(row["id"], row["outcome"], row["column"]) for row in answer["rows"]]


def stored(run_action: RunAction, index: str, name: str, namespace: str = "sheet") -> JSON:
    asked = {"index": index, "namespace": namespace, "ids": [name]}
    [vector] = run_action("fetch_vectors", asked)["vectors"]
    vector["metadata"].pop("pinehook_hash")
    return vector


def test_rows_with_a_header_go_into_an_integrated_index(run_action: RunAction) -> None:
    answer = run_action("upsert_rows", SHEET)
    found = run_action("search_text", {"index": "articles-example", "namespace": "sheet", "text": "copies"})
    assert (outcomes(answer), found["passages"][0]["text"], found["passages"][0]["fields"]) == (
        [("a", "upserted", None), ("b", "upserted", None)],
        "Backups are copies.",
        {"year": 2024, "open": True},
    )


def test_running_it_again_changes_nothing_and_says_so(run_action: RunAction) -> None:
    run_action("upsert_rows", SHEET)
    again = run_action("upsert_rows", SHEET)
    counts = {name: again[f"{name}_count"] for name in ("upserted", "unchanged", "rejected")}
    assert counts == {"upserted": 0, "unchanged": 2, "rejected": 0}


def test_only_what_changed_is_written_again(run_action: RunAction) -> None:
    run_action("upsert_rows", SHEET)
    changed = {**SHEET, "rows": [SHEET["rows"][0], ["b", "Restoring takes hours.", "2025", "false"]]}
    assert outcomes(run_action("upsert_rows", changed)) == [("a", "unchanged", None), ("b", "upserted", None)]


def test_vectors_and_typed_metadata_are_written(run_action: RunAction) -> None:
    run_action("upsert_rows", VECTORS)
    vector = stored(run_action, "docs-example", "y")
    assert (vector["values"], vector["metadata"]) == ([3, 2, 1], {"price": 8.5})


def test_without_a_key_the_content_is_the_id(run_action: RunAction) -> None:
    asked = {**VECTORS, "rows": [{"vector": [1, 2, 3], "a": "x"}] * 2}
    del asked["id_column"]
    first, again = (outcomes(run_action("upsert_rows", asked)) for _ in range(2))
    assert ([told[1] for told in first], [told[1] for told in again], first[0][0]) == (
        ["upserted", "unchanged"],
        ["unchanged", "unchanged"],
        again[0][0],
    )


def test_each_bad_row_says_which_column_and_why_and_stops_no_other(run_action: RunAction) -> None:
    rows: list[Any] = [
        {"id": "good", "vector": [1, 2, 3], "price": 1},
        {"id": "", "vector": [1, 2, 3]},
        {"id": "short", "vector": [1, 2]},
        {"id": "none"},
        {"id": "word", "vector": "a,b,c"},
        {"id": "dear", "vector": [1, 2, 3], "price": "much"},
        {"id": "good", "vector": [3, 2, 1]},
        {"id": "é", "vector": [1, 2, 3]},
        ["a", "list"],
        {"id": "fat", "vector": [1, 2, 3], "note": "x" * 41_000},
    ]
    answer = run_action("upsert_rows", {**VECTORS, "rows": rows, "types": {"price": "number"}})
    assert [(row["outcome"], row["column"], row["message"]) for row in answer["rows"]] == [
        ("upserted", None, None),
        ("rejected", "id", "is empty: there is no id"),
        ("rejected", "vector", "has 2 numbers; the index has dimension 3"),
        ("rejected", "vector", "is empty: there is no vector"),
        ("rejected", "vector", "is no number"),
        ("rejected", "price", "is no number"),
        ("rejected", "id", "is the id of row 0 too"),
        ("rejected", "id", "is no id: up to 512 ASCII characters"),
        ("rejected", None, "is a list of cells; give a header, or rows that are objects"),
        ("rejected", None, "has more than 40 KB of metadata"),
    ]


def test_a_bad_row_stops_all_when_asked_to(run_action: RunAction) -> None:
    rows = [*VECTORS["rows"], {"id": "z", "vector": [1]}]
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_rows", {**VECTORS, "rows": rows, "on_error": "stop"})
    listed = run_action("list_vectors", {"index": "docs-example", "namespace": "sheet"})["ids"]
    assert ([fault.pointer for fault in caught.value.errors], listed) == (["/rows/2/vector"], [])


def test_a_table_of_another_dimension_is_refused_whole(run_action: RunAction) -> None:
    with pytest.raises(errors.DimensionMismatch, match="/rows/0/vector has 2 numbers"):
        run_action("upsert_rows", {**VECTORS, "rows": [{"id": "a", "vector": [1, 2]}] * 3})


def test_a_column_says_the_namespace(run_action: RunAction) -> None:
    rows = [
        {"id": "a", "vector": [1, 2, 3], "where": "here"},
        {"id": "a", "vector": [1, 2, 3], "where": ""},
        {"id": "b", "vector": [1, 2, 3], "where": "é"},
    ]
    answer = run_action("upsert_rows", {**VECTORS, "rows": rows, "namespace_column": "where"})
    assert [(row["namespace"], row["outcome"]) for row in answer["rows"]] == [
        ("here", "upserted"),
        ("sheet", "upserted"),
        ("é", "rejected"),
    ]


def test_columns_are_chosen_named_and_joined(run_action: RunAction) -> None:
    asked = {
        "index": "laws-example",
        "namespace": "sheet",
        "rows": [
            {"id": 7, "title": "Price", "body": "It may rise.", "zip": "007", "tags": "a, b", "drop": 1}
        ],
        "id_column": "id",
        "text_columns": ["title", "body"],
        "metadata_columns": ["title", "zip", "tags"],
        "types": {"tags": "list"},
        "text_field": "passage",
        "embed": {"provider": "pinecone", "dimension": 384},
    }
    run_action("upsert_rows", asked)
    assert stored(run_action, "laws-example", "7")["metadata"] == {
        "passage": "Price\nIt may rise.",
        "title": "Price",
        "zip": "007",
        "tags": ["a", "b"],
    }


def test_unchanged_rows_are_not_embedded_again(run_action: RunAction, world: World, voyage: Voyage) -> None:
    run_action("create_index", {"name": "law", "dimension": 1024})
    world.emulator.control.advance(60)
    embed = {"provider": "voyage", "model": "voyage-law-2"}
    rows = [{"text": f"Clause {place}"} for place in range(150)]
    asked = {"index": "law", "rows": rows, "text_columns": ["text"], "embed": embed}
    run_action("upsert_rows", asked)
    run_action("upsert_rows", {**asked, "rows": [*rows, {"text": "One more"}]})
    bodies = [request["body"] for request in voyage.requests]
    assert ([len(body["input"]) for body in bodies], {body["input_type"] for body in bodies}) == (
        [128, 22, 1],
        {"document"},
    )


def test_a_model_of_another_length_is_refused_before_anything_is_written(
    run_action: RunAction, voyage: Voyage
) -> None:
    asked = {"index": "laws-example", "rows": [{"text": "x"}], "text_columns": ["text"]}
    with pytest.raises(errors.DimensionMismatch, match="gives 1024 numbers; the index has dimension 384"):
        run_action("upsert_rows", {**asked, "embed": {"provider": "voyage", "model": "voyage-law-2"}})
    stats = run_action("describe_index_stats", {"index": "laws-example"})
    assert (stats["total_vector_count"], len(voyage.requests) > 0) == (2, True)


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"text_columns": ["price"]}, [""]),
        ({"vector_column": "nope"}, ["/vector_column"]),
        ({"id_column": "nope"}, ["/id_column"]),
        ({"metadata_columns": ["price", "nope"]}, ["/metadata_columns/1"]),
        ({"types": {"nope": "number"}}, ["/types/nope"]),
        ({"embed": {"provider": "pinecone"}}, ["/embed"]),
        ({"index": "sparse-example"}, ["/index"]),
        ({"rows": [{"id": "a", "vector": [1, 2, 3], "$x": 1}]}, ["/rows"]),
        ({"rows": []}, ["/rows"]),
        ({"header": ["a", "a"]}, ["/header"]),
        ({"rows": [["a", [1, 2, 3]]]}, ["/header"]),
        ({"types": {"price": "date"}}, ["/types/price"]),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_sent(
    run_action: RunAction, given: JSON, pointers: list[str]
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_rows", {**VECTORS, **given})
    assert [fault.pointer for fault in caught.value.errors] == pointers


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"embed": {"provider": "pinecone"}}, "whose own model embeds"),
        ({"rows": [{"id": "a", "key": "k", "body": "x"}]}, "have a column id"),
        ({"index": "docs-example"}, "has no model of its own"),
    ],
)
def test_what_does_not_go_with_the_kind_of_index_is_said(
    run_action: RunAction, given: JSON, told: str
) -> None:
    with pytest.raises(errors.InvalidInput, match=told):
        run_action("upsert_rows", {**SHEET, **given})


def test_when_pinecone_fails_on_the_way_the_rest_can_be_sent_again(
    run_action: RunAction, world: World
) -> None:
    rows = [{"id": f"r{place:04}", "vector": [1, 2, 3]} for place in range(1500)]
    host = world.pinecone.indexes.describe("docs-example").host.removeprefix(world.emulator.url)
    world.emulator.control.fault(f"{host}/vectors/upsert", count=1)
    world.emulator.control.fault(f"{host}/vectors/upsert", status=403)
    with pytest.raises(errors.PineconeForbidden) as caught:
        run_action("upsert_rows", {**VECTORS, "rows": rows})
    again = run_action("upsert_rows", {**VECTORS, "rows": rows})
    told = "before this, 1000 of 1500 rows were written or unchanged" in caught.value.detail
    assert (told, again["unchanged_count"], again["upserted_count"]) == (True, 1000, 500)
