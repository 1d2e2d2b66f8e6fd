"""What the specification of 2026-07 refuses that the versions before it let pass."""

import pytest

DENSE = {"type": "dense_vector", "dimension": 3, "metric": "cosine"}
SCHEMA = {"fields": {"_values": DENSE}}
MANAGED = {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"schema": SCHEMA, "dimension": 3}, "dimension"),
        ({"schema": SCHEMA, "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}}}, "spec"),
        ({"schema": SCHEMA, "deployment": {**MANAGED, "zone": "a"}}, "deployment.zone"),
        (
            {
                "schema": SCHEMA,
                "deployment": {
                    "deployment_type": "byoc",
                    "environment": "aws-us-east-1-b921",
                    "cloud": "aws",
                },
            },
            "deployment.cloud",
        ),
    ],
)
def test_an_index_is_not_created_with_a_field_that_2026_07_does_not_know(call, body, field):
    answer = call("POST", "/indexes", {"name": "new", **body})
    assert (answer.status_code, f"unknown field `{field}`" in answer.json()["error"]["message"]) == (
        422,
        True,
    )
    assert call("GET", "/indexes/new").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dimension": 3}, "dimension"),
        ({"spec": {"serverless": {}}, "tags": {"a": "b"}}, "spec"),
        ({"deployment": {"deployment_type": "pod", "replicas": 2}}, "deployment.deployment_type"),
    ],
)
@pytest.mark.usefixtures("movies")
def test_a_configuration_that_2026_07_does_not_know_is_not_told_to_have_worked(call, change, field):
    answer = call("PATCH", "/indexes/movies", change)
    assert (answer.status_code, f"unknown field `{field}`" in answer.json()["error"]["message"]) == (
        422,
        True,
    )
    assert call("GET", "/indexes/movies").json()["tags"] is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"_values": {**DENSE, "description": "films"}}, 400),
        ({"_sparse_values": {"type": "sparse_vector", "description": "films"}}, 400),
        ({"_values": DENSE, "body": {"type": "string", "full_text_search": {}}}, 400),
        ({"year": {"type": "float"}}, 400),
        ({"body": {"type": "semantic_text", "model": "multilingual-e5-large"}}, 400),
        ({"body": {"type": "string"}}, 422),
        ({"body": {"type": "string", "full_text_search": {}}}, 501),
        ({"embedding": DENSE}, 501),
    ],
)
def test_a_schema_that_breaks_a_rule_is_refused_and_a_document_schema_is_not_emulated(call, fields, status):
    assert call("POST", "/indexes", {"name": "new", "schema": {"fields": fields}}).status_code == status


@pytest.mark.usefixtures("movies")
def test_backups_of_a_name_that_no_index_ever_had_are_404_deleted_ones_included(call):
    call("DELETE", "/indexes/movies")
    answers = [
        call("GET", f"/indexes/{name}/backups?include_deleted={asked}")
        for name, asked in (("movies", "true"), ("none", "true"), ("movies", "false"), ("movies", "perhaps"))
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404, 400]
