"""The samples of Pinecone's documentation (Voyage AI, admin and control plane of 2025-04), each replayed.

Every request is accepted as it stands there, and every field of the response it shows is there. What was written with
PineconeGRPC goes through Pinecone. curl's `-d` without a content type is sent as curl sends it: as a form.
"""

import re

import httpx
import pytest
from pinecone import Pinecone, ServerlessSpec

AS_CURL_SENDS_IT = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
PROJECT_FIELDS = {"id", "name", "max_pods", "force_encryption_with_cmek", "organization_id", "created_at"}
KEY_FIELDS = {"id", "name", "project_id", "roles", "created_at"}
BACKUP_FIELDS = {
    "backup_id", "source_index_id", "source_index_name", "tags", "name", "description", "status", "cloud", "region",
    "dimension", "record_count", "namespace_count", "size_bytes", "created_at",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


@pytest.fixture
def instant(emulator):
    """The emulator with nothing to wait for: the samples wait for what they make as the SDK does."""
    emulator.control.settings(index_seconds=0, backup_seconds=0, restore_seconds=0, collection_seconds=0)
    return emulator


@pytest.fixture
def pc(instant):
    with Pinecone(api_key=instant.api_key, host=instant.url) as client:
        yield client


@pytest.fixture
def curl(instant):
    """Send what `curl -X METHOD … -d BODY` sends to the control plane, with the API key."""
    with httpx.Client(base_url=instant.url) as http:

        def curl(method, path, body=None, headers=AS_CURL_SENDS_IT):
            own = {"Api-Key": instant.api_key, "X-Pinecone-API-Version": "2025-04"}
            return http.request(method, path, content=body, headers={**headers, **own})

        yield curl


@pytest.fixture
def admin_curl(instant):
    """The same with an access token, got by the sample of its own."""
    body = (
        f'{{ "grant_type": "client_credentials", "client_id": "{instant.client_id}",'
        f' "client_secret": "{instant.client_secret}", "audience": "https://api.pinecone.io/" }}'
    )
    headers = {"X-Pinecone-Api-Version": "2025-04"}
    with httpx.Client(base_url=instant.url, headers=headers) as http:
        token = http.post("/oauth/token", content=body, headers=JSON).json()
        assert (token["expires_in"], token["token_type"], sorted(token)) == (
            1800,
            "Bearer",
            ["access_token", "expires_in", "token_type"],
        )
        bearer = {"Authorization": f"Bearer {token['access_token']}"}

        def curl(method, path, body=None, headers=AS_CURL_SENDS_IT):
            return http.request(method, path, content=body, headers={**headers, **bearer})

        yield curl


@pytest.fixture
def docs_example(pc):
    """The serverless index the samples back up: an integrated model, ninety-eight records in three namespaces."""
    embed = {"model": "multilingual-e5-large", "field_map": {"text": "chunk_text"}}
    pc.create_index_for_model(name="docs-example", cloud="aws", region="us-east-1", embed=embed)
    with pc.Index("docs-example") as index:
        for namespace, count in (("a", 50), ("b", 40), ("c", 8)):
            records = [{"_id": str(number), "chunk_text": f"text {number}"} for number in range(count)]
            index.upsert_records(namespace=namespace, records=records)


@pytest.fixture
def backup_id(pc, docs_example):  # noqa: ARG001 - what is backed up
    return pc.create_backup(index_name="docs-example", backup_name="example-backup").backup_id


def test_documents_embedded_elsewhere_are_stored_and_searched(pc):
    texts = [f"clause {number}" for number in range(154)]
    embeds = [[float(number == place) for place in range(154)] for number in range(154)]
    index_name = "voyageai-pinecone-legalbench"
    if not pc.has_index(index_name):
        pc.create_index(
            index_name,
            dimension=154,
            spec=ServerlessSpec(cloud="aws", region="us-east-1"),
            metric="cosine",
        )
    index = pc.Index(index_name)
    ids = [str(number) for number in range(154)]
    to_upsert = list(zip(ids, embeds, [{"text": text} for text in texts], strict=True))
    for start in range(0, 154, 128):
        index.upsert(vectors=to_upsert[start : start + 128])
    stats = index.describe_index_stats()
    # A list of one embedding, as the embedding client of the sample returns it and the sample passes it on.
    xq = [embeds[7]]
    res = index.query(vector=xq, top_k=3, include_metadata=True)
    assert (
        stats["dimension"],
        stats["index_fullness"],
        stats["namespaces"][""]["vector_count"],
        stats["total_vector_count"],
    ) == (154, 0.0, 154, 154)
    assert next((match["score"], match["metadata"]["text"]) for match in res["matches"]) == (1.0, "clause 7")
    assert len(res["matches"]) == 3
    index.close()


def test_api_keys_are_created_listed_updated_and_deleted(admin_curl):
    project = admin_curl("GET", "/admin/projects").json()["data"][0]["id"]
    keys = f"/admin/projects/{project}/api-keys"
    made = admin_curl("POST", keys, '{ "name": "example-api-key", "roles": ["ProjectEditor"] }')
    path = f"/admin/api-keys/{made.json()['key']['id']}"
    fetched = admin_curl("GET", path, headers={"Accept": "application/json"})
    listed = admin_curl("GET", keys)
    updated = admin_curl("PATCH", path, '{ "name": "new-api-key-name", "roles": ["ProjectEditor"] }')
    deleted = admin_curl("DELETE", path)
    key = made.json()["key"]
    assert (made.status_code, set(made.json()), set(key)) == (201, {"key", "value"}, KEY_FIELDS)
    assert (key["name"], key["project_id"], key["roles"]) == ("example-api-key", project, ["ProjectEditor"])
    assert MOMENT.fullmatch(key["created_at"])
    assert fetched.json() == key
    assert (listed.status_code, key in listed.json()["data"]) == (200, True)
    assert (updated.status_code, updated.json()) == (200, {**key, "name": "new-api-key-name"})
    assert (deleted.is_success, deleted.content) == (True, b"")


def test_projects_are_created_listed_updated_and_deleted(admin_curl):
    made = admin_curl("POST", "/admin/projects", '{ "name":"example-project" }')
    path = f"/admin/projects/{made.json()['id']}"
    fetched = admin_curl("GET", path, headers={"Accept": "application/json"})
    listed = admin_curl("GET", "/admin/projects")
    updated = admin_curl("PATCH", path, '{ "name": "new-project-name" }', headers=JSON)
    deleted = admin_curl("DELETE", path)
    project = made.json()
    assert (made.status_code, set(project), project["name"]) == (200, PROJECT_FIELDS, "example-project")
    assert (project["force_encryption_with_cmek"], type(project["max_pods"])) == (False, int)
    assert MOMENT.fullmatch(project["created_at"])
    assert fetched.json() == project
    assert (listed.status_code, project in listed.json()["data"]) == (200, True)
    assert (updated.status_code, updated.json()) == (200, {**project, "name": "new-project-name"})
    assert (deleted.is_success, deleted.content) == (True, b"")


@pytest.mark.usefixtures("docs_example")
def test_a_backup_is_created_described_and_deleted_by_curl(curl):
    body = '{ "name": "example-backup", "description": "Monthly backup of production index" }'
    made = curl("POST", "/indexes/docs-example/backups", body, headers=JSON)
    path = f"/backups/{made.json()['backup_id']}"
    described = curl("GET", path, headers={"Accept": "application/json"})
    deleted = curl("DELETE", path)
    backup = made.json()
    expected = {
        "source_index_name": "docs-example",
        "tags": {},
        "name": "example-backup",
        "description": "Monthly backup of production index",
        "status": "Ready",
        "cloud": "aws",
        "region": "us-east-1",
        "dimension": 1024,
        "record_count": 98,
        "namespace_count": 3,
    }
    assert (made.status_code, BACKUP_FIELDS - set(backup)) == (201, set())
    assert {name: backup[name] for name in expected} == expected
    assert backup["size_bytes"] > 98 * 1024 * 4
    assert (described.status_code, described.json()) == (200, backup)
    assert (deleted.status_code, deleted.content, curl("GET", path).status_code) == (202, b"", 404)


def test_an_index_is_made_from_a_backup_by_curl(curl, backup_id):
    body = """{"name": "restored-index", "tags": {"tag0": "val0", "tag1": "val1"},
             "deletion_protection": "enabled"}"""
    started = curl("POST", f"/backups/{backup_id}/create-index", body, headers=JSON)
    job = curl("GET", f"/restore-jobs/{started.json()['restore_job_id']}", headers=JSON).json()
    index = curl("GET", "/indexes/restored-index").json()
    assert (started.status_code, set(started.json())) == (202, {"restore_job_id", "index_id"})
    assert MOMENT.fullmatch(job.pop("created_at"))
    assert MOMENT.fullmatch(job.pop("completed_at"))
    assert job == {
        "restore_job_id": started.json()["restore_job_id"],
        "backup_id": backup_id,
        "target_index_name": "restored-index",
        "target_index_id": started.json()["index_id"],
        "status": "Completed",
        "percent_complete": 100.0,
    }
    assert index == {
        "deletion_protection": "enabled",
        "dimension": 1024,
        "embed": {
            "dimension": 1024,
            "field_map": {"text": "chunk_text"},
            "metric": "cosine",
            "model": "multilingual-e5-large",
            "read_parameters": {"input_type": "query", "truncate": "END"},
            "vector_type": "dense",
            "write_parameters": {"input_type": "passage", "truncate": "END"},
        },
        "host": index["host"],
        "metric": "cosine",
        "name": "restored-index",
        "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}},
        "status": {"ready": True, "state": "Ready"},
        "tags": {"tag0": "val0", "tag1": "val1"},
        "vector_type": "dense",
    }


@pytest.mark.usefixtures("docs_example")
def test_a_backup_lives_through_the_python_sdk(pc):
    backup = pc.create_backup(
        index_name="docs-example",
        backup_name="example-backup",
        description="Monthly backup of production index",
    )
    described = pc.describe_backup(backup_id=backup.backup_id)
    restored = pc.create_index_from_backup(
        backup_id=backup.backup_id,
        name="restored-index",
        tags={"tag0": "val0", "tag1": "val1"},
        deletion_protection="enabled",
    )
    [job] = pc.list_restore_jobs()
    described_job = pc.describe_restore_job(job_id=job.restore_job_id)
    pc.delete_backup(backup_id=backup.backup_id)
    assert (described.status, described.description, described.record_count) == (
        "Ready",
        "Monthly backup of production index",
        98,
    )
    assert (restored.name, restored.deletion_protection, restored.tags, restored.status.state) == (
        "restored-index",
        "enabled",
        {"tag0": "val0", "tag1": "val1"},
        "Ready",
    )
    assert (described_job.status, described_job.percent_complete) == ("Completed", 100.0)
    assert list(pc.list_backups()) == []


def test_a_collection_lives_through_the_python_sdk_and_curl(pc, curl):
    pod = '{"pod": {"environment": "us-east-1-aws", "pod_type": "p1.x1"}}'
    curl(
        "POST",
        "/indexes",
        f'{{"name": "docs-example", "dimension": 1536, "metric": "cosine", "spec": {pod}}}',
        headers=JSON,
    )
    pc.create_collection("example-collection", "docs-example")
    by_sdk = pc.describe_collection(name="example-collection")
    described = curl("GET", "/collections/example-collection")
    pc.delete_collection("example-collection")
    body = '{ "name": "example-collection", "source": "docs-example" }'
    made = curl("POST", "/collections", body, headers=JSON)
    deleted = curl("DELETE", "/collections/example-collection")
    collection = {
        "name": "example-collection",
        "status": "Ready",
        "environment": "us-east-1-aws",
        "size": 0,
        "vector_count": 0,
        "dimension": 1536,
    }
    assert (by_sdk.status, by_sdk.dimension) == ("Ready", 1536)
    assert (described.json(), made.status_code, made.json()) == (collection, 201, collection)
    assert (deleted.status_code, deleted.content) == (202, b"")


GALLERY = {
    "llama-text-embed-v2": ("embed", "dense", "text"),
    "multilingual-e5-large": ("embed", "dense", "text"),
    "pinecone-sparse-english-v0": ("embed", "sparse", "text"),
    "cohere-rerank-3.5": ("rerank", None, "text"),
    "bge-reranker-v2-m3": ("rerank", None, "text"),
}


def test_the_models_of_the_gallery_are_there(pc):
    models = {model.model: model for model in pc.inference.list_models()}
    seen = {name: (models[name].type, models[name].vector_type, models[name].modality) for name in GALLERY}
    assert seen == GALLERY
