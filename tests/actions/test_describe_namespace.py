from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_an_empty_name_is_the_default_one(run_action: RunAction) -> None:
    told = run_action("describe_namespace", {"index": "docs-example", "namespace": ""})
    assert (told["name"], told["record_count"]) == ("__default__", 3)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_namespace", {"index": "docs-example", "namespace": "nowhere"})
