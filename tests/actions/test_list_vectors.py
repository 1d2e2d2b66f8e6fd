from __future__ import annotations

from tests.actions.conftest import RunAction

MANY = {"index": "docs-example", "namespace": "many"}


def write(run_action: RunAction, count: int) -> list[str]:
    vectors = [{"id": f"v{place:04}", "values": [1, 2, 3]} for place in range(count)]
    run_action("upsert_vectors", {**MANY, "vectors": vectors})
    return [vector["id"] for vector in vectors]


def test_more_than_one_page_of_pinecone_comes_at_once(run_action: RunAction) -> None:
    names = write(run_action, 250)
    answer = run_action("list_vectors", MANY)
    assert (answer["ids"], answer["next_cursor"]) == (names, None)


def test_the_cursor_goes_on_where_the_limit_was(run_action: RunAction) -> None:
    names = write(run_action, 250)
    first = run_action("list_vectors", {**MANY, "limit": 120})
    second = run_action("list_vectors", {**MANY, "limit": 200, "cursor": first["next_cursor"]})
    assert (first["ids"], second["ids"], second["next_cursor"]) == (names[:120], names[120:], None)


def test_a_prefix_narrows_it(run_action: RunAction) -> None:
    write(run_action, 20)
    assert run_action("list_vectors", {**MANY, "prefix": "v001"})["ids"] == [
        f"v{n:04}" for n in range(10, 20)
    ]


def test_a_namespace_that_is_not_there_is_an_empty_list(run_action: RunAction) -> None:
    assert run_action("list_vectors", {**MANY, "namespace": "empty"})["ids"] == []
