from __future__ import annotations

from tests.actions.conftest import RunAction


def test_the_token_itself_is_not_shown(run_action: RunAction) -> None:
    told = run_action("get_token", {})
    assert sorted(told) == ["organization_id", "organization_name"]
