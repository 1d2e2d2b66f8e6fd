"""The admin plane: organization, projects and API keys, by the SDK and by plain HTTP."""

import httpx
import pytest
from pinecone import ConflictError, FailedPreconditionError, ForbiddenError, NotFoundError, Pinecone

import pinecone_emulator
from tests.pinecone_emulator.conftest import admin_of

VERSIONS = ["2025-04", "2025-10", "2026-04", "2026-07"]
FIELDS = {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}


@pytest.fixture
def token(emulator):
    return got_token(emulator).json()["access_token"]


def got_token(emulator, *, form=False, **changes):
    body = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "grant_type": "client_credentials",
        "audience": "https://api.pinecone.io/",
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not None}
    return httpx.post(emulator.oauth_url, **{"data" if form else "json": body})


@pytest.fixture
def ask(emulator, token):
    """Ask the admin API over plain HTTP."""
    with httpx.Client(base_url=emulator.url) as http:

        def ask(method, path, body=None, version="2025-04"):
            headers = {"Authorization": f"Bearer {token}", "X-Pinecone-Api-Version": version}
            return http.request(method, path, json=body, headers=headers)

        yield ask


@pytest.mark.parametrize("form", [False, True])
def test_a_token_is_given_for_client_credentials(emulator, form):
    answer = got_token(emulator, form=form)
    body = answer.json()
    assert (answer.status_code, body) == (
        200,
        {"access_token": body["access_token"], "token_type": "Bearer", "expires_in": 1800},
    )


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"client_id": "wrong"}, 401, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"audience": "https://example.com/"}, 403, "access_denied"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": 7}, 400, "invalid_request"),
    ],
)
def test_no_token_is_given_for_anything_else(emulator, changes, status, error):
    answer = got_token(emulator, **changes)
    assert (answer.status_code, answer.json()["error"], sorted(answer.json())) == (
        status,
        error,
        ["error", "error_description"],
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_token_request_that_is_no_json_is_400(emulator, body):
    answer = httpx.post(emulator.oauth_url, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_token_expires_and_the_sdk_gets_another(emulator, ask, admin):
    before = ask("GET", "/admin/projects")
    emulator.control.advance(1800)
    after = ask("GET", "/admin/projects", version="2026-07")
    assert (before.status_code, after.status_code, after.json()["error"]) == (
        200,
        401,
        {"code": "UNAUTHENTICATED", "message": "Invalid API key."},
    )
    assert admin.projects.list().names()[0] == "development"


def test_an_api_key_does_not_open_the_admin_api_nor_a_token_a_project(call, token):
    assert call("GET", "/admin/projects").status_code == 401
    headers = {"Api-Key": "", "Authorization": f"Bearer {token}"}
    assert call("GET", "/indexes", headers=headers).status_code == 401


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_and_its_keys_live_in_every_version(ask, version):
    made = ask("POST", "/admin/projects", {"name": "one", "max_pods": 5}, version)
    project = made.json()
    path = f"/admin/projects/{project['id']}"
    key = ask("POST", f"{path}/api-keys", {"name": "k"}, version)
    shown = key.json()["key"]
    renamed = ask("PATCH", path, {"name": "two"}, version).json()
    assert (made.status_code, project) == (
        200,
        {
            "id": project["id"],
            "name": "one",
            "max_pods": 5,
            "force_encryption_with_cmek": False,
            "organization_id": project["organization_id"],
            "created_at": project["created_at"],
        },
    )
    assert (key.status_code, shown, key.json()["value"][:6]) == (
        201,
        {
            "id": shown["id"],
            "name": "k",
            "project_id": project["id"],
            "roles": ["ProjectEditor"],
            "created_at": shown["created_at"],
        },
        "pckey_",
    )
    assert ask("GET", f"{path}/api-keys", None, version).json() == {"data": [shown]}
    assert ask("GET", f"/admin/api-keys/{shown['id']}", None, version).json() == shown
    assert renamed == {**project, "name": "two"} == ask("GET", path, None, version).json()
    statuses = [
        ask("DELETE", f"/admin/api-keys/{shown['id']}", None, version).status_code,
        ask("DELETE", path, None, version).status_code,
        ask("GET", path, None, version).status_code,
    ]
    assert statuses == [202, 202, 404]


def test_the_organization_is_listed_renamed_and_not_deleted_while_it_pays(admin, emulator):
    (one,) = admin.organizations.list()
    admin.organizations.update(organization_id=one.id, name="ours")
    with pytest.raises(FailedPreconditionError, match="free plan"):
        admin.organizations.delete(organization_id=one.id)
    described = admin.organizations.describe(organization_id=one.id)
    emulator.control.reset()
    assert (one.plan, described.name, admin.organizations.list().names()) == (
        "Enterprise",
        "ours",
        ["development"],
    )


def test_a_key_opens_the_data_of_its_project_and_no_other(emulator, admin, call, movies):
    project = admin.projects.create(name="other")
    made = admin.api_keys.create(project_id=project.id, name="k")
    with Pinecone(api_key=made.value, host=emulator.url) as other:
        names = other.indexes.list().to_list()
        other.indexes.create(name="movies", schema={"fields": FIELDS}, timeout=-1)
        own = other.indexes.describe("movies").host
    headers = {"Api-Key": made.value}
    assert (names, own == movies) == ([], False)
    assert call("POST", f"{movies}/describe_index_stats", headers=headers).status_code == 404
    assert call("POST", f"{movies}/describe_index_stats").status_code == 200


def test_a_revoked_key_stops_at_once(admin, caller):
    project = admin.projects.create(name="other")
    made = admin.api_keys.create(project_id=project.id, name="k")
    call = caller(api_key=made.value)
    before = call("GET", "/indexes").status_code
    admin.api_keys.delete(api_key_id=made.key.id)
    assert (before, call("GET", "/indexes").status_code) == (200, 401)


def test_a_project_that_is_not_empty_is_not_deleted(emulator, admin, caller):
    project = admin.projects.create(name="other")
    call = caller(api_key=admin.api_keys.create(project_id=project.id, name="k").value)
    call("POST", "/indexes", {"name": "movies", "schema": {"fields": FIELDS}})
    emulator.control.advance(60)
    backup = call("POST", "/indexes/movies/backups", {}).json()["backup_id"]
    for kind, path in (("1 indexes", "/indexes/movies"), ("1 backups", f"/backups/{backup}")):
        with pytest.raises(FailedPreconditionError, match=kind):
            admin.projects.delete(project_id=project.id)
        assert call("DELETE", path).status_code == 202
    admin.projects.delete(project_id=project.id)
    assert call("GET", "/indexes").status_code == 401


def test_the_sdk_empties_a_project_and_deletes_it(emulator, admin, caller, monkeypatch):
    monkeypatch.setenv("PINECONE_CONTROLLER_HOST", emulator.url)
    project = admin.projects.create(name="passing")
    call = caller(api_key=admin.api_keys.create(project_id=project.id, name="k").value)
    call("POST", "/indexes", {"name": "movies", "schema": {"fields": FIELDS}})
    emulator.control.advance(60)
    call("POST", "/indexes/movies/backups", {})
    admin.projects.delete_with_cleanup(project_id=project.id)
    assert "passing" not in admin.projects.list().names()


def test_the_plan_limits_projects_and_indexes():
    with pinecone_emulator.start(plan="Starter") as emulator:
        with admin_of(emulator) as admin:
            with pytest.raises(ForbiddenError, match="allows 1 project") as refused:
                admin.projects.create(name="second")
            plan = admin.organizations.list()[0].plan
        with Pinecone(api_key=emulator.api_key, host=emulator.url) as pc:
            for number in range(5):
                pc.indexes.create(name=f"i{number}", schema={"fields": FIELDS}, timeout=-1)
            with pytest.raises(ForbiddenError, match="Increase your quota"):
                pc.indexes.create(name="i5", schema={"fields": FIELDS}, timeout=-1)
    assert (refused.value.error_code, plan) == ("QUOTA_EXCEEDED", "Free")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/admin/projects", {}, 422),
        ("POST", "/admin/projects", {"name": ""}, 400),
        ("POST", "/admin/projects", {"name": "x" * 513}, 400),
        ("POST", "/admin/projects", {"name": "x", "max_pods": -1}, 400),
        ("POST", "/admin/projects", {"name": "x", "force_encryption_with_cmek": True}, 501),
        ("GET", "/admin/projects/none", None, 404),
        ("POST", "/admin/projects/none/api-keys", {"name": "k"}, 404),
        ("GET", "/admin/api-keys/none", None, 404),
        ("GET", "/admin/organizations/none", None, 404),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_envelope(ask, method, path, body, status):
    answer = ask(method, path, body)
    assert (answer.status_code, answer.json()["status"], sorted(answer.json()["error"])) == (
        status,
        status,
        ["code", "message"],
    )


@pytest.mark.parametrize(
    "body", [{"name": "x" * 81}, {"name": "k", "roles": ["King"]}, {"name": "k", "roles": []}]
)
def test_a_key_that_makes_no_sense_is_refused(ask, body):
    project_id = ask("GET", "/admin/projects").json()["data"][0]["id"]
    assert ask("POST", f"/admin/projects/{project_id}/api-keys", body).status_code == 400


def test_a_reset_leaves_only_what_was_ready_made(emulator, admin, call):
    admin.projects.create(name="passing")
    project_id = admin.projects.list()[0].id
    admin.projects.update(project_id=project_id, name="renamed")
    (key,) = admin.api_keys.list(project_id=project_id)
    admin.api_keys.delete(api_key_id=key.id)
    refused = call("GET", "/indexes").status_code
    emulator.control.reset()
    names = admin.projects.list().names()
    assert (refused, call("GET", "/indexes").status_code) == (401, 200)
    assert (names[0], "passing" in names, names.count("development")) == ("development", False, 1)


def test_errors_of_the_sdk_are_those_of_the_service(admin):
    with pytest.raises(NotFoundError):
        admin.projects.describe(project_id="none")
    with pytest.raises(ConflictError):
        admin.invites.create(
            email="owner@example.com", role_bindings=[{"resource_type": "organization", "role": "OrgMember"}]
        )
