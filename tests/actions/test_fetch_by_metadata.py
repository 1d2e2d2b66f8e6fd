from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction

GUIDES = {"index": "docs-example", "filter": {"genre": {"$in": ["guide"]}}}


def test_pages_lead_through_all_that_is_found(run_action: RunAction) -> None:
    first = run_action("fetch_by_metadata", {**GUIDES, "limit": 1})
    second = run_action("fetch_by_metadata", {**GUIDES, "limit": 1, "cursor": first["next_cursor"]})
    found = [vector["id"] for page in (first, second) for vector in page["vectors"]]
    assert (sorted(found), first["vectors"][0]["metadata"]["genre"]) == (["doc-1", "doc-3"], "guide")


def test_nothing_found_is_an_empty_list(run_action: RunAction) -> None:
    answer = run_action("fetch_by_metadata", {**GUIDES, "filter": {"genre": "opera"}})
    assert (answer["vectors"], answer["next_cursor"]) == ([], None)


def test_a_cursor_that_pinecone_does_not_know_is_refused(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeRejected):
        run_action("fetch_by_metadata", {**GUIDES, "cursor": "nonsense"})
