from __future__ import annotations

import pytest
from pinecone import Pinecone

from bridge import errors, running, runs
from bridge.access import OPERATOR
from bridge.plugin import JSON
from bridge.runtime import Runtime
from tests.actions.conftest import PROJECT_ID, RunAction, World


@pytest.fixture
def order(world: World) -> JSON:
    return {"project_id": world.ids[PROJECT_ID], "name": "new"}


def test_its_value_opens_the_project(run_action: RunAction, world: World, order: JSON) -> None:
    made = run_action("create_api_key", order)
    with Pinecone(api_key=made["value"], host=world.emulator.url, ssl_verify=False) as client:
        assert ([*client.indexes.list()], made["roles"]) == ([], ["ProjectEditor"])


def test_its_value_is_in_no_stored_run(runtime: Runtime, order: JSON) -> None:
    ran = running.run(runtime, OPERATOR, "create_api_key", order)
    stored = runs.get(runtime, OPERATOR, str(ran.run_id)).output
    assert (stored and stored["value"], stored and stored["id"]) == (None, ran.output["id"])


def test_a_role_that_does_not_exist_is_refused(run_action: RunAction, order: JSON) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("create_api_key", {**order, "roles": ["King"]})
    assert [fault.pointer for fault in caught.value.errors] == ["/roles/0"]
