from __future__ import annotations

from typing import Any

import pytest

from bridge import reaching, registry
from bridge.access import Caller
from bridge.errors import MissingScope

ACTIONS = registry.load().actions
LIMITED = Caller("key_x", "x", frozenset({"read"}), indexes=("docs", "prod-*"))


def refused(name: str, given: Any) -> list[str] | None:
    """Where a limited key is refused; None when it is not."""
    try:
        reaching.refuse_beyond(LIMITED, ACTIONS[name], given)
    except MissingScope as refusal:
        return [fault.pointer for fault in refusal.errors]
    return None


@pytest.mark.parametrize(
    ("name", "given", "pointers"),
    [
        ("query_vectors", {"index": "docs"}, None),
        ("query_vectors", {"index": "prod-1"}, None),
        ("query_vectors", {"index": "docs-2"}, ["/index"]),
        ("search_indexes", {"indexes": [{"index": "docs"}, {"index": "other"}]}, ["/indexes/1/index"]),
        ("create_index", {"name": "prod-2", "dimension": 3}, None),
        ("create_index", {"name": "mine", "dimension": 3}, ["/name"]),
        ("create_collection", {"index": "docs", "name": "copy"}, ["/name"]),
        ("list_backups", {"index": "docs"}, None),
        ("embed", {"texts": ["a"]}, None),
        ("list_models", {}, None),
    ],
)
def test_a_limited_key_may_name_its_own_indexes_and_no_other(
    name: str, given: Any, pointers: list[str] | None
) -> None:
    assert refused(name, given) == pointers


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("list_indexes", {}),
        ("list_backups", {}),
        ("list_collections", {}),
        ("describe_backup", {"backup_id": "b"}),
        ("create_index_from_backup", {"backup_id": "b", "name": "docs"}),
        ("list_projects", {}),
    ],
)
def test_what_does_not_say_which_index_it_is_about_is_not_for_a_limited_key(name: str, given: Any) -> None:
    assert refused(name, given) == []


def test_who_is_not_limited_may_name_any() -> None:
    free = Caller("key_x", "x", frozenset({"read"}))
    for action in ACTIONS.values():
        reaching.refuse_beyond(free, action, {})
