"""What the roles of API keys allow."""

import pytest

FIELDS = {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}
CONTROL_READS = [("GET", "/indexes"), ("GET", "/backups"), ("GET", "/restore-jobs"), ("GET", "/collections")]
CONTROL_WRITES = [("DELETE", "/indexes/none"), ("POST", "/indexes/none/backups"), ("DELETE", "/backups/none")]
DATA_READS = [
    ("POST", "describe_index_stats"),
    ("POST", "query"),
    ("GET", "vectors/list"),
    ("GET", "namespaces"),
]
DATA_WRITES = [("POST", "vectors/upsert"), ("POST", "vectors/delete"), ("DELETE", "namespaces/n")]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("ProjectEditor", [True, True, True, True]),
        ("ProjectViewer", [True, False, True, False]),
        ("ControlPlaneEditor", [True, True, False, False]),
        ("ControlPlaneViewer", [True, False, False, False]),
        ("DataPlaneEditor", [False, False, True, True]),
        ("DataPlaneViewer", [False, False, True, False]),
    ],
)
def test_a_role_allows_what_it_says(admin, caller, movies, role, allowed):
    project_id = admin.projects.list()[0].id
    call = caller(api_key=admin.api_keys.create(project_id=project_id, name="k", roles=[role]).value)
    groups = [CONTROL_READS, CONTROL_WRITES]
    groups += [
        [(method, f"{movies}/{path}") for method, path in group] for group in (DATA_READS, DATA_WRITES)
    ]
    refused = [{call(method, path, {}).status_code == 403 for method, path in group} for group in groups]
    assert refused == [{not one} for one in allowed]


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "/backups", "control::backups::list"),
        ("GET", "/indexes/movies", "control::indexes::describe"),
        ("PATCH", "/indexes/movies", "control::indexes::configure"),
        ("POST", "/indexes/create-for-model", "control::indexes::create"),
        ("POST", "/backups/b/create-index", "control::indexes::create"),
    ],
)
def test_what_is_missing_is_named(admin, caller, method, path, permission):
    project_id = admin.projects.list()[0].id
    key = admin.api_keys.create(project_id=project_id, name="k", roles=["DataPlaneViewer"])
    answers = [caller(version, key.value)(method, path) for version in ("2025-10", "2026-07")]
    body = {"code": "PERMISSION_DENIED", "message": f"Access denied: Permission {permission} is required"}
    assert [(one.status_code, one.json()["error"]) for one in answers] == [(403, body)] * 2


def test_changed_roles_count_at_once(admin, caller):
    project_id = admin.projects.list()[0].id
    made = admin.api_keys.create(project_id=project_id, name="k", roles=["ProjectViewer"])
    call = caller(api_key=made.value)
    before = call("POST", "/indexes", {"name": "a", "schema": {"fields": FIELDS}}).status_code
    admin.api_keys.update(api_key_id=made.key.id, roles=["ControlPlaneEditor"])
    assert (before, call("POST", "/indexes", {"name": "a", "schema": {"fields": FIELDS}}).status_code) == (
        403,
        201,
    )
