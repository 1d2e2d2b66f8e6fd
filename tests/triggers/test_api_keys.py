from __future__ import annotations

from itertools import pairwise

from pinecone import Admin

from bridge.plugin import Context
from tests.triggers.conftest import changed, lives, look
from triggers import api_keys


def test_the_life_of_an_api_key_is_told_and_the_key_itself_never(organization: Context, admin: Admin) -> None:
    looks = [look(api_keys, organization)]
    project = admin.projects.list()[0].id
    made = admin.api_keys.create(project_id=project, name="ingest")
    looks.append(look(api_keys, organization))
    admin.api_keys.update(api_key_id=made.key.id, roles=["DataPlaneViewer"])
    looks.append(look(api_keys, organization))
    admin.api_keys.delete(api_key_id=made.key.id)
    looks.append(look(api_keys, organization, *looks[-1].values()))
    found = [changed(api_keys.diff(before, after, {})) for before, after in pairwise(looks)]
    assert found == [
        [("api_key.created", "ingest", None)],
        [("api_key.changed", "ingest", {"roles": [["ProjectEditor"], ["DataPlaneViewer"]]})],
        [("api_key.deleted", "ingest", None)],
    ]
    assert made.value not in str(looks)


def test_the_keys_of_a_project_are_gone_with_it(organization: Context, admin: Admin) -> None:
    project = admin.projects.create(name="short")
    admin.api_keys.create(project_id=project.id, name="ingest")
    before = {life: key for life, key in look(api_keys, organization).items() if key.key == "ingest"}
    admin.projects.delete(project_id=project.id)
    seen = api_keys.snapshot(organization, {"projects": ["*"]}, before)
    assert (seen.unsure, before.keys() & lives(*seen.resources).keys()) == (set(), set())
