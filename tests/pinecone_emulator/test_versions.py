"""Versions, keys and envelopes: how a request is admitted and how a refusal looks."""

import pytest

JSON_401 = '{"status":401,"error":{"code":"UNAUTHENTICATED","message":"Invalid API key."}}'
RPC_401 = '{"code":16,"message":"Invalid API key.","details":[]}'


@pytest.mark.parametrize(
    ("version", "control", "vectors"),
    [
        (None, JSON_401, RPC_401),
        ("2025-10", JSON_401, RPC_401),
        ("2026-04", JSON_401, RPC_401),
        ("2026-07", "Invalid API key", "Unauthorized"),
    ],
)
def test_a_wrong_key_is_401_in_the_shape_of_the_version(caller, movies, version, control, vectors):
    call = caller(version, api_key="pckey_wrong")
    answers = [call("GET", "/indexes"), call("POST", f"{movies}/query", {})]
    assert [(answer.status_code, answer.text) for answer in answers] == [(401, control), (401, vectors)]


def test_a_missing_key_is_401(call):
    assert call("GET", "/indexes", headers={"Api-Key": ""}).status_code == 401


def test_an_unknown_version_is_400(caller):
    answer = caller("2023-01")("GET", "/indexes")
    message = (
        "Unsupported X-Pinecone-Api-Version '2023-01'. "
        "Supported versions: 2025-04, 2025-10, 2026-04, 2026-07."
    )
    assert (answer.status_code, answer.json()) == (
        400,
        {"status": 400, "error": {"code": "INVALID_ARGUMENT", "message": message}},
    )


def test_an_unknown_path_is_404_in_the_envelope_of_its_plane(call, movies):
    answers = [call("GET", "/nothing"), call("GET", f"{movies}/nothing")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (404, {"status": 404, "error": {"code": "NOT_FOUND", "message": "There is no such operation."}}),
        (404, {"code": 5, "message": "There is no such operation.", "details": []}),
    ]


def test_every_response_has_a_request_id(call):
    assert call("GET", "/indexes").headers["x-pinecone-request-id"].isdigit()


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/assistant/assistants", "assistant"),
        ("GET", "/prometheus/projects/p/metrics/discover", "discover_metrics"),
    ],
)
def test_what_is_not_emulated_says_so(call, method, path, operation):
    answer = call(method, path)
    message = (
        f"The operation {operation} is part of Pinecone's API but not of this emulator; nothing was done."
    )
    assert (answer.status_code, answer.json()) == (
        501,
        {"status": 501, "error": {"code": "UNKNOWN", "message": message}},
    )


def test_what_is_not_emulated_on_an_index_says_so_in_the_planes_envelope(call, movies):
    answers = [
        call("POST", f"{movies}/bulk/imports", {"uri": "s3://x"}),
        call("POST", f"{movies}/namespaces/n/documents/search", {}),
    ]
    assert [(answer.status_code, sorted(answer.json())) for answer in answers] == [
        (501, ["code", "details", "message"]),
        (501, ["error", "status"]),
    ]


def test_operations_of_a_later_version_do_not_exist_in_2025_04(caller, movies):
    call = caller("2025-04")
    answers = [
        call("POST", f"{movies}/namespaces", {"name": "n"}),
        call("POST", f"{movies}/vectors/fetch_by_metadata", {"filter": {"a": 1}}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_usage_has_egress_only_in_2026_07(caller, movies):
    body = {"topK": 1, "vector": [1, 0, 0]}
    usages = [
        sorted(caller(v)("POST", f"{movies}/query", body).json()["usage"]) for v in ("2025-10", "2026-07")
    ]
    assert usages == [["readUnits"], ["egressBytes", "readUnits"]]
