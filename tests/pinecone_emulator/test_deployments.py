"""Indexes on pods and in a customer's own cloud: what each version takes and shows, and how they scale."""

import pytest

POD = {
    "environment": "us-east1-gcp",
    "pod_type": "p1.x1",
    "replicas": 2,
    "metadata_config": {"indexed": ["a"]},
}
DEDICATED = {
    "mode": "Dedicated",
    "dedicated": {"node_type": "t1", "scaling": "Manual", "manual": {"replicas": 1, "shards": 1}},
}
SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}}
ENVIRONMENT = "aws-us-east-1-b921"


def create(call, spec, name="films", **more):
    return call("POST", "/indexes", {"name": name, "dimension": 3, "metric": "cosine", "spec": spec, **more})


@pytest.fixture
def old(caller):
    return caller("2025-10")


@pytest.mark.parametrize("version", ["2025-04", "2025-10", "2026-04"])
def test_a_pod_index_is_described_as_it_was_asked_for(caller, version):
    body = create(caller(version), {"pod": POD}).json()
    assert body["spec"] == {"pod": {**POD, "shards": 1, "pods": 2}}


def test_a_pod_index_is_seen_as_a_pod_deployment_in_2026_07_without_read_capacity(call, old):
    create(old, {"pod": POD})
    body = call("GET", "/indexes/films").json()
    shown = {key: body[key] for key in ("deployment", "schema")}
    assert (shown, "read_capacity" in body) == (
        {
            "deployment": {
                "deployment_type": "pod",
                "environment": "us-east1-gcp",
                "pod_type": "p1.x1",
                "replicas": 2,
                "shards": 1,
            },
            "schema": {
                "fields": {
                    **SCHEMA["fields"],
                    "_sparse_values": {"type": "sparse_vector"},
                    "a": {"filterable": True},
                }
            },
        },
        False,
    )


def test_a_pod_index_holds_records(call, old, emulator):
    host = create(old, {"pod": POD}).json()["host"]
    emulator.control.advance(60)
    call("POST", f"{host}/vectors/upsert", {"vectors": [{"id": "a", "values": [1, 0, 0]}]})
    matches = call("POST", f"{host}/query", {"topK": 1, "vector": [1, 0, 0]}).json()["matches"]
    assert [match["id"] for match in matches] == ["a"]


def test_pods_count_the_records_that_pass_a_filter(call, old, emulator):
    host = create(old, {"pod": POD}).json()["host"]
    emulator.control.advance(60)
    vectors = [
        {"id": f"{year}", "values": [1, 0, 0], "metadata": {"year": year}} for year in (1979, 1985, 1986)
    ]
    call("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    call("POST", f"{host}/vectors/upsert", {"vectors": vectors[:1], "namespace": "old"})
    answer = old("POST", f"{host}/describe_index_stats", {"filter": {"year": {"$gt": 1980}}}).json()
    assert (answer["namespaces"], answer["totalVectorCount"]) == (
        {"": {"vectorCount": 2}, "old": {"vectorCount": 0}},
        4,
    )


def test_pods_cannot_be_created_in_2026_07(call):
    deployment = {"deployment_type": "pod", "environment": "us-east1-gcp", "pod_type": "p1.x1"}
    answer = call("POST", "/indexes", {"name": "films", "schema": SCHEMA, "deployment": deployment})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Bad request. Pod-based indexes can no longer be created.",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"replicas": 4}, ("ScalingUp", "p1.x1", 4)),
        ({"replicas": 1}, ("ScalingDown", "p1.x1", 1)),
        ({"pod_type": "p1.x2"}, ("ScalingUpPodSize", "p1.x2", 2)),
        ({"replicas": 2}, ("Ready", "p1.x1", 2)),
    ],
)
def test_pods_scale_for_a_while_and_serve_meanwhile(emulator, call, old, change, expected):
    create(old, {"pod": POD})
    emulator.control.advance(60)
    changed = call("PATCH", "/indexes/films", {"deployment": change}).json()
    emulator.control.advance(60)
    after = old("GET", "/indexes/films").json()
    pod = after["spec"]["pod"]
    assert (changed["status"]["ready"], after["status"]["state"]) == (True, "Ready")
    assert (changed["status"]["state"], pod["pod_type"], pod["replicas"]) == expected


@pytest.mark.parametrize(
    "spec",
    [
        {"pod": {"pod_type": "p2.x1"}},
        {"pod": {"pod_type": "p1"}},
        {"pod": {"replicas": 0}},
        {"serverless": {"read_capacity": DEDICATED}},
    ],
)
def test_pods_become_no_smaller_no_others_and_take_no_read_capacity(emulator, old, spec):
    create(old, {"pod": {**POD, "pod_type": "p1.x2"}})
    emulator.control.advance(60)
    assert old("PATCH", "/indexes/films", {"spec": spec}).status_code == 400


def test_more_pods_than_the_project_may_have_are_403(old):
    answer = create(old, {"pod": {**POD, "replicas": 7, "shards": 3}})
    assert (answer.status_code, answer.json()["error"]) == (
        403,
        {
            "code": "QUOTA_EXCEEDED",
            "message": "The index exceeds the project quota of 20 pods by 1 pods. "
            "Upgrade your account or change the project settings to increase the quota.",
        },
    )


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"pod": {**POD, "pod_type": "p9.x1"}}, 400),
        ({"pod": {**POD, "shards": 0}}, 400),
        ({"pod": {**POD, "pods": 3}}, 400),
        ({"pod": {"pod_type": "p1.x1"}}, 422),
        ({"pod": {**POD, "environment": "moon"}}, 404),
        ({"byoc": {"environment": "moon"}}, 404),
        ({"pod": POD, "serverless": {"cloud": "aws", "region": "us-east-1"}}, 400),
        ({}, 422),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(old, spec, status):
    assert create(old, spec).status_code == status


def test_a_byoc_index_is_described_in_each_version(caller, call, old):
    create(old, {"byoc": {"environment": ENVIRONMENT, "read_capacity": DEDICATED}})
    shown = [caller(v)("GET", "/indexes/films").json()["spec"] for v in ("2025-04", "2025-10")]
    status = {"state": "Ready", "current_replicas": 1, "current_shards": 1}
    assert (shown, call("GET", "/indexes/films").json()["deployment"]) == (
        [
            {"byoc": {"environment": ENVIRONMENT}},
            {"byoc": {"environment": ENVIRONMENT, "read_capacity": {**DEDICATED, "status": status}}},
        ],
        {"deployment_type": "byoc", "environment": ENVIRONMENT},
    )


@pytest.mark.parametrize(("capacity", "status"), [({}, 400), ({"read_capacity": DEDICATED}, 201)])
def test_in_2026_07_byoc_needs_dedicated_read_capacity(call, capacity, status):
    deployment = {"deployment_type": "byoc", "environment": ENVIRONMENT}
    body = {"name": "films", "schema": SCHEMA, "deployment": deployment, **capacity}
    assert call("POST", "/indexes", body).status_code == status


def test_byoc_does_not_go_back_to_on_demand(call, old):
    create(old, {"byoc": {"environment": ENVIRONMENT, "read_capacity": DEDICATED}})
    assert call("PATCH", "/indexes/films", {"read_capacity": {"mode": "OnDemand"}}).status_code == 400


def test_read_capacity_that_is_still_changing_is_not_changed_again(emulator, call, movies):
    twice = {**DEDICATED, "dedicated": {"scaling": "Manual", "manual": {"replicas": 2}}}
    call("PATCH", "/indexes/movies", {"read_capacity": DEDICATED})
    early = call("PATCH", "/indexes/movies", {"read_capacity": twice})
    emulator.control.advance(60)
    late = call("PATCH", "/indexes/movies", {"read_capacity": twice}).json()["read_capacity"]
    assert (movies != "", early.status_code, late["status"]) == (
        True,
        403,
        {"state": "Scaling", "current_replicas": 1, "current_shards": 1},
    )


@pytest.mark.parametrize(
    "manual", [{"replicas": 2**31}, {"replicas": 10**30}, {"shards": 0}, {"replicas": -1}]
)
@pytest.mark.usefixtures("movies")
def test_nodes_beyond_counting_are_400(call, manual):
    call("PATCH", "/indexes/movies", {"read_capacity": DEDICATED})
    wanted = {"mode": "Dedicated", "dedicated": {"scaling": "Manual", "manual": manual}}
    assert call("PATCH", "/indexes/movies", {"read_capacity": wanted}).status_code == 400


@pytest.mark.usefixtures("movies")
def test_another_node_type_is_a_migration_and_no_replicas_disable(emulator, call):
    states = []
    for part in ({}, {"node_type": "b1"}, {"scaling": "Manual", "manual": {"replicas": 0}}):
        wanted = {"mode": "Dedicated", "dedicated": part or DEDICATED["dedicated"]}
        states.append(
            call("PATCH", "/indexes/movies", {"read_capacity": wanted}).json()["read_capacity"]["status"][
                "state"
            ]
        )
        emulator.control.advance(60)
    assert (states, call("GET", "/indexes/movies").json()["status"]) == (
        ["Scaling", "Migrating", "Scaling"],
        {"ready": False, "state": "Disabled"},
    )
