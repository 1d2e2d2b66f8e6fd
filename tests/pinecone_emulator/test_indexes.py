"""Indexes: what each API version says of them, and how they live."""

import pytest

SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}}


def test_an_index_is_described_by_schema_and_deployment_in_2026_07(call):
    host = call.dense_index()
    assert call("GET", "/indexes/movies").json() == {
        "name": "movies",
        "host": host,
        "status": {"ready": True, "state": "Ready"},
        "deployment": {
            "deployment_type": "managed",
            "cloud": "aws",
            "region": "us-east-1",
            "environment": "aws-us-east-1",
        },
        "read_capacity": {"mode": "OnDemand", "status": {"state": "Ready"}},
        "schema": {
            "fields": {
                "_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"},
                "_sparse_values": {"type": "sparse_vector"},
            }
        },
        "tags": None,
        "deletion_protection": "disabled",
    }


@pytest.mark.parametrize(
    ("version", "serverless"),
    [
        (None, {"cloud": "aws", "region": "us-east-1"}),
        ("2025-04", {"cloud": "aws", "region": "us-east-1"}),
        *[
            (
                version,
                {
                    "cloud": "aws",
                    "region": "us-east-1",
                    "read_capacity": {"mode": "OnDemand", "status": {"state": "Ready"}},
                },
            )
            for version in ("2025-10", "2026-04")
        ],
    ],
)
def test_an_index_is_described_by_dimension_metric_and_spec_before_2026_07(caller, version, serverless):
    call = caller(version)
    host = call.dense_index()
    assert call("GET", "/indexes/movies").json() == {
        "name": "movies",
        "dimension": 3,
        "metric": "cosine",
        "host": host,
        "deletion_protection": "disabled",
        "spec": {"serverless": serverless},
        "status": {"ready": True, "state": "Ready"},
        "vector_type": "dense",
    }


def test_an_index_created_by_an_old_version_is_the_same_index_in_a_new_one(caller):
    old, new = caller("2025-10"), caller("2026-07")
    body = {
        "name": "old",
        "dimension": 2,
        "metric": "dotproduct",
        "spec": {"serverless": {"cloud": "gcp", "region": "us-central1"}},
    }
    assert old("POST", "/indexes", body).status_code == 201
    seen = new("GET", "/indexes/old").json()
    assert (seen["schema"]["fields"]["_values"], seen["deployment"]["cloud"]) == (
        {"type": "dense_vector", "dimension": 2, "metric": "dotproduct"},
        "gcp",
    )


def test_an_integrated_index_shows_its_embedding_in_each_version(caller):
    old, new = caller("2025-10"), caller("2026-07")
    new.model_index()
    parameters = {
        "read_parameters": {"input_type": "query", "truncate": "END"},
        "write_parameters": {"input_type": "passage", "truncate": "END"},
    }
    assert (old("GET", "/indexes/texts").json()["embed"], new("GET", "/indexes/texts").json()["schema"]) == (
        {
            "model": "llama-text-embed-v2",
            "metric": "cosine",
            "dimension": 1024,
            "vector_type": "dense",
            "field_map": {"text": "chunk"},
            **parameters,
        },
        {
            "fields": {
                "chunk": {
                    "type": "semantic_text",
                    "model": "llama-text-embed-v2",
                    "dimension": 1024,
                    "metric": "cosine",
                    **parameters,
                }
            }
        },
    )


def test_an_index_is_ready_only_after_its_time(emulator, call):
    call("POST", "/indexes", {"name": "slow", "schema": SCHEMA})
    before = call("GET", "/indexes/slow").json()["status"]
    emulator.control.advance(60)
    after = call("GET", "/indexes/slow").json()["status"]
    assert (before, after) == ({"ready": False, "state": "Initializing"}, {"ready": True, "state": "Ready"})


def test_an_index_that_is_not_ready_answers_503_on_its_host(call):
    host = call("POST", "/indexes", {"name": "slow", "schema": SCHEMA}).json()["host"]
    answer = call("POST", f"{host}/describe_index_stats", {})
    assert (answer.status_code, answer.json()) == (
        503,
        {"code": 14, "message": "Index slow is not ready: its state is Initializing.", "details": []},
    )


def test_a_deleted_index_is_gone_at_once_and_its_host_too(call, movies):
    answers = [
        call("DELETE", "/indexes/movies"),
        call("GET", "/indexes/movies"),
        call("POST", f"{movies}/describe_index_stats", {}),
        call("GET", "/indexes"),
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (202, ""),
        (404, '{"status":404,"error":{"code":"NOT_FOUND","message":"Index movies not found."}}'),
        (404, '{"code":5,"message":"Index not found.","details":[]}'),
        (200, '{"indexes":[]}'),
    ]


def test_an_index_created_again_has_another_host_and_no_records(call, movies):
    call("DELETE", "/indexes/movies")
    again = call.dense_index()
    stats = call("POST", f"{again}/describe_index_stats", {}).json()
    assert (again != movies, stats["totalVectorCount"]) == (True, 0)


def test_a_name_that_is_taken_is_409(call):
    call.dense_index()
    answer = call("POST", "/indexes", {"name": "movies", "schema": SCHEMA})
    assert (answer.status_code, answer.json()) == (
        409,
        {"status": 409, "error": {"code": "ALREADY_EXISTS", "message": "Resource already exists."}},
    )


@pytest.mark.usefixtures("movies")
def test_a_protected_index_is_not_deleted(call):
    call("PATCH", "/indexes/movies", {"deletion_protection": "enabled"})
    answer = call("DELETE", "/indexes/movies")
    message = "Deletion protection is enabled for this index. Disable deletion protection before retrying."
    assert (answer.status_code, answer.json(), call("GET", "/indexes/movies").status_code) == (
        403,
        {"status": 403, "error": {"code": "FORBIDDEN", "message": message}},
        200,
    )


@pytest.mark.parametrize(
    ("version", "status"), [("2025-04", 202), ("2025-10", 202), ("2026-04", 202), ("2026-07", 200)]
)
def test_configure_answers_the_status_of_its_version(caller, version, status):
    call = caller(version)
    call.dense_index()
    assert call("PATCH", "/indexes/movies", {"tags": {"a": "b"}}).status_code == status


@pytest.mark.usefixtures("movies")
def test_tags_are_merged_and_an_empty_value_removes_one(call):
    call("PATCH", "/indexes/movies", {"tags": {"a": "1", "b": "2"}})
    call("PATCH", "/indexes/movies", {"tags": {"a": "", "c": "3"}})
    assert call("GET", "/indexes/movies").json()["tags"] == {"b": "2", "c": "3"}


@pytest.mark.usefixtures("movies")
def test_changed_read_capacity_scales_and_then_is_ready(emulator, call):
    manual = {"replicas": 2, "shards": 1}
    wanted = {"mode": "Dedicated", "dedicated": {"node_type": "t1", "scaling": "Manual", "manual": manual}}
    call("PATCH", "/indexes/movies", {"read_capacity": wanted})
    before = call("GET", "/indexes/movies").json()["read_capacity"]
    emulator.control.advance(60)
    after = call("GET", "/indexes/movies").json()["read_capacity"]
    assert (before, after) == (
        {**wanted, "status": {"state": "Scaling", "current_replicas": None, "current_shards": None}},
        {**wanted, "status": {"state": "Ready", "current_replicas": 2, "current_shards": 1}},
    )


@pytest.mark.parametrize("name", ["", "-a", "a-", "Upper", "a_b", "a" * 46, "ä"])
def test_a_name_that_breaks_the_rules_is_400(call, name):
    answer = call("POST", "/indexes", {"name": name, "schema": SCHEMA})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_ARGUMENT")


def test_an_unknown_region_is_404(caller):
    spec = {"serverless": {"cloud": "aws", "region": "us-west1"}}
    answer = caller("2025-10")("POST", "/indexes", {"name": "a", "dimension": 3, "spec": spec})
    message = "Resource cloud: aws region: us-west1 not found."
    assert (answer.status_code, answer.json()) == (
        404,
        {"status": 404, "error": {"code": "NOT_FOUND", "message": message}},
    )


def test_a_missing_field_is_422_in_the_services_words(caller):
    answer = caller("2025-10")("POST", "/indexes", content=b'{"name":"index"}')
    message = (
        "Failed to deserialize the JSON body into the target type: missing field `spec` at line 1 column 16"
    )
    assert (answer.status_code, answer.json()) == (
        422,
        {"status": 422, "error": {"code": "UNPROCESSABLE_ENTITY", "message": message}},
    )


def test_indexes_of_another_project_are_not_seen(emulator, caller, movies):
    other = caller(api_key=emulator.control.new_project().api_key)
    answers = [
        other("GET", "/indexes"),
        other("GET", "/indexes/movies"),
        other("GET", f"{movies}/vectors/list"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert answers[0].json() == {"indexes": []}
