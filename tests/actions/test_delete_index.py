from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World

DOCS = {"index": "docs-example", "confirm": "docs-example"}


def test_a_deleted_index_is_gone(run_action: RunAction) -> None:
    run_action("delete_index", DOCS)
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_index", {"index": "docs-example"})


def test_a_protected_index_is_not_deleted(run_action: RunAction) -> None:
    run_action("configure_index", {"index": "docs-example", "deletion_protection": "enabled"})
    with pytest.raises(errors.PineconeForbidden, match=r"[Dd]eletion protection"):
        run_action("delete_index", DOCS)


def test_an_index_made_again_under_its_name_is_written_to(run_action: RunAction, world: World) -> None:
    """Another host, another dimension: what is remembered of the first does not stand in the way."""
    run_action("upsert_vectors", {"index": "docs-example", "vectors": [{"id": "a", "values": [1, 2, 3]}]})
    run_action("delete_index", DOCS)
    run_action("create_index", {"name": "docs-example", "dimension": 4})
    world.emulator.control.advance(60)
    run_action("upsert_vectors", {"index": "docs-example", "vectors": [{"id": "b", "values": [1, 2, 3, 4]}]})
    stats = run_action("describe_index_stats", {"index": "docs-example"})
    assert (stats["dimension"], stats["total_vector_count"]) == (4, 1)
