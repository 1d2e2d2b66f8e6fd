from __future__ import annotations

from tests.actions.conftest import RunAction, World


def names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [namespace["name"] for namespace in answer["namespaces"]]


def test_all_pages_are_read_up_to_the_limit(run_action: RunAction, world: World) -> None:
    with world.pinecone.index(name="docs-example") as index:
        for place in range(120):
            index.create_namespace(name=f"n{place:03}")
    whole = run_action("list_namespaces", {"index": "docs-example", "prefix": "n"})
    some = run_action("list_namespaces", {"index": "docs-example", "prefix": "n", "limit": 110})
    rest = run_action(
        "list_namespaces", {"index": "docs-example", "prefix": "n", "cursor": some["next_cursor"]}
    )
    assert (len(names(whole)), whole["next_cursor"], names(some) + names(rest)) == (120, None, names(whole))


def test_the_default_one_has_a_name_and_a_count(run_action: RunAction) -> None:
    answer = run_action("list_namespaces", {"index": "docs-example"})
    assert [(each["name"], each["record_count"]) for each in answer["namespaces"]] == [
        ("__default__", 3),
        ("articles", 2),
    ]
