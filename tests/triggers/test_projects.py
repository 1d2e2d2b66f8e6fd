from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from pinecone import Admin

from bridge import connecting, watching
from bridge.access import OPERATOR
from bridge.plugin import Context, NewEvent, Resource
from bridge.runtime import Runtime
from tests.triggers.conftest import changed, lives, look
from triggers import projects


def test_the_life_of_a_project_is_told(organization: Context, admin: Admin) -> None:
    looks = [look(projects, organization)]
    made = admin.projects.create(name="search")
    looks.append(look(projects, organization))
    admin.projects.update(project_id=made.id, name="find")
    looks.append(look(projects, organization))
    admin.projects.delete(project_id=made.id)
    looks.append(look(projects, organization, *looks[-1].values()))
    found = [changed(projects.diff(before, after, {})) for before, after in pairwise(looks)]
    assert found == [
        [("project.created", "search", None)],
        [("project.changed", "find", {"name": ["search", "find"]})],
        [("project.deleted", "find", None)],
    ]


def test_a_project_that_only_gained_a_date_tells_nothing() -> None:
    body = {"name": "a", "max_pods": 0, "force_encryption_with_cmek": False, "created_at": None}
    one = Resource("a", "1", None, body)
    other = replace(one, body={**body, "created_at": "2026-11-22T12:00:00Z"})
    assert list(projects.diff(lives(one), lives(other), {})) == []
    assert list(projects.diff({}, lives(other), {})) == [
        NewEvent("project.created", other, timestamp="2026-11-22T12:00:00Z")
    ]


def test_a_connection_without_a_service_account_is_not_watched_for_them(runtime: Runtime) -> None:
    made = connecting.create(runtime, OPERATOR, name="bare", api_key="k", host="http://127.0.0.1:9")
    kinds = [
        {row.trigger for row in watching.page(runtime, OPERATOR, connection=name, limit=100).rows}
        for name in ("default", made.id)
    ]
    assert kinds[0] - kinds[1] == {"projects", "api_keys"}
