"""Limits: what is too much or of the wrong kind is refused in the service's words, and nothing is half applied."""

from http.client import HTTPConnection

import pytest

KEPT_LINES = 250
ONE = {"id": "a", "values": [1, 0, 0]}
METADATA = "Metadata value must be a string, number, boolean or list of strings, got '{}' for field 'x'"


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ({"id": "a", "values": [1, 2]}, "Vector dimension 2 does not match the dimension of the index 3"),
        ({"id": "a"}, "Vector dimension 0 does not match the dimension of the index 3"),
        ({"id": "a", "values": [0, 0, 0]}, "Dense vectors must contain at least one non-zero value."),
        (
            {"id": "a", "values": [1e39, 0, 0]},
            "Vector values must be finite numbers in the range of float32.",
        ),
        ({"id": "a", "values": [True, 0, 0]}, "Bad request. Vector values must be a list of numbers."),
        ({"id": "a", "values": ["1", "0", "0"]}, "Bad request. Vector values must be a list of numbers."),
        ({"id": "", "values": [1, 0, 0]}, "Vector ID must not be empty."),
        ({"id": "x" * 513, "values": [1, 0, 0]}, "Vector ID must be at most 512 characters, got 513."),
        ({"id": "ä", "values": [1, 0, 0]}, "Vector ID must be ASCII without NUL, got 'ä'."),
        ({"id": 7, "values": [1, 0, 0]}, "Bad request. Each vector must have an id that is a string."),
        ({**ONE, "metadata": {"x": None}}, METADATA.format("null")),
        ({**ONE, "metadata": {"x": {"y": 1}}}, METADATA.format('{"y":1}')),
        ({**ONE, "metadata": {"x": [1, 2]}}, METADATA.format("[1,2]")),
        ({**ONE, "metadata": {"$x": 1}}, "Metadata field names may not begin with '$', got '$x'."),
        (
            {**ONE, "metadata": {"x": "y" * 41_000}},
            "Metadata size is 41008 bytes, which exceeds the limit of 40960 bytes per vector",
        ),
        (
            {**ONE, "sparseValues": {"indices": [1], "values": [1]}},
            "Index configuration does not support sparse values - only dotproduct does.",
        ),
    ],
)
def test_a_vector_that_breaks_a_rule_is_refused_with_all_that_came_with_it(call, movies, vector, message):
    body = {"vectors": [{"id": "good", "values": [1, 0, 0]}, vector]}
    answer = call("POST", f"{movies}/vectors/upsert", body)
    good = call("GET", f"{movies}/vectors/fetch", params={"ids": "good"}).json()["vectors"]
    assert (answer.status_code, answer.json(), good) == (
        400,
        {"code": 3, "message": message, "details": []},
        {},
    )


@pytest.mark.parametrize(
    ("sparse", "message"),
    [
        ({"indices": [1, 1], "values": [1, 2]}, "Sparse vector must not contain duplicate indices."),
        (
            {"indices": [1], "values": [1, 2]},
            "Sparse vector must have the same number of indices and values.",
        ),
        ({"indices": [], "values": []}, "Sparse vector must contain 1 to 2048 values."),
        (
            {"indices": list(range(2049)), "values": [1] * 2049},
            "Sparse vector must contain 1 to 2048 values.",
        ),
        ({"indices": [2**32], "values": [1]}, "Sparse indices must be in the range 0 to 4294967295."),
        ({"indices": [-1], "values": [1]}, "Sparse indices must be in the range 0 to 4294967295."),
        ({"indices": [1.5], "values": [1]}, "Bad request. Sparse indices must be a list of integers."),
    ],
)
def test_a_sparse_vector_that_breaks_a_rule_is_refused(call, sparse, message):
    host = call.sparse_index()
    answer = call("POST", f"{host}/vectors/upsert", {"vectors": [{"id": "a", "sparseValues": sparse}]})
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_a_thousand_vectors_pass_and_one_more_does_not(call, movies):
    vectors = [{"id": str(i), "values": [1, 0, 0]} for i in range(1001)]
    answers = [
        call("POST", f"{movies}/vectors/upsert", {"vectors": part}) for part in (vectors[:1000], vectors)
    ]
    assert [answer.status_code for answer in answers] == [200, 400]


def test_two_megabytes_are_counted_in_float32_and_metadata_not_in_json(call):
    host = call.dense_index("wide", 512)
    vectors = [{"id": str(i), "values": [0.123456789] * 512} for i in range(1000)]
    heavy = [{**vector, "metadata": {"x": "y" * 100}} for vector in vectors]
    answers = [call("POST", f"{host}/vectors/upsert", {"vectors": part}) for part in (vectors, heavy)]
    assert [(answer.status_code, answer.json().get("message")) for answer in answers] == [
        (200, None),
        (400, "Request size 2.06MB exceeds the maximum supported size of 2MB."),
    ]


@pytest.mark.parametrize("top_k", [0, -1, 10_001, "10", 1.5, None])
def test_top_k_out_of_range_is_refused(call, movies, top_k):
    assert call("POST", f"{movies}/query", {"topK": top_k, "vector": [1, 0, 0]}).status_code == 400


def test_what_tunes_a_search_is_taken_and_the_search_stays_exact(call, movies):
    body = {"topK": 1, "vector": [1, 0, 0], "scanFactor": 0.5, "maxCandidates": 1}
    assert [match["id"] for match in call("POST", f"{movies}/query", body).json()["matches"]] == ["alien"]


@pytest.mark.parametrize("operation", ["fetch", "delete"])
def test_a_thousand_ids_pass_and_one_more_does_not(call, movies, operation):
    def ask(count):
        ids = [str(number) for number in range(count)]
        if operation == "fetch":
            return call("GET", f"{movies}/vectors/fetch", params={"ids": ids})
        return call("POST", f"{movies}/vectors/delete", {"ids": ids})

    assert [ask(1000).status_code, ask(1001).status_code] == [200, 400]


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_page_by_metadata_has_one_to_ten_thousand_records(call, movies, limit):
    body = {"filter": {"year": 1985}, "limit": limit}
    assert call("POST", f"{movies}/vectors/fetch_by_metadata", body).status_code == 400


@pytest.mark.parametrize(("dimension", "status"), [(0, 400), (1, 201), (20_000, 201), (20_001, 400)])
def test_an_index_has_one_to_twenty_thousand_dimensions(call, dimension, status):
    field = {"type": "dense_vector", "dimension": dimension, "metric": "cosine"}
    assert call("POST", "/indexes", {"schema": {"fields": {"_values": field}}}).status_code == status


@pytest.mark.parametrize(("count", "status"), [(50, 200), (51, 400)])
def test_a_schema_declares_at_most_fifty_fields(call, movies, count, status):
    schema = {"fields": {f"field{number}": {"filterable": True} for number in range(count)}}
    assert call("POST", f"{movies}/namespaces", {"name": "n", "schema": schema}).status_code == status


@pytest.mark.parametrize(("length", "status"), [(512, 200), (513, 400)])
def test_a_namespace_has_at_most_five_hundred_and_twelve_characters(call, movies, length, status):
    body = {"vectors": [ONE], "namespace": "n" * length}
    assert call("POST", f"{movies}/vectors/upsert", body).status_code == status


@pytest.mark.parametrize(("value", "status"), [(1e-8, 200), (9e-9, 400)])
def test_a_vector_needs_a_value_that_is_not_as_good_as_nothing(call, movies, value, status):
    body = {"vectors": [{"id": "a", "values": [0, -value, 0]}]}
    assert call("POST", f"{movies}/vectors/upsert", body).status_code == status


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e1", "٣"])
def test_a_page_size_out_of_range_is_refused(call, movies, limit):
    assert call("GET", f"{movies}/vectors/list", params={"limit": limit}).status_code == 400


@pytest.mark.parametrize("token", ["x", "!!!!", "YWJj", "ä"])
def test_a_malformed_token_is_refused(call, movies, token):
    answers = [
        call("GET", f"{movies}/vectors/list", params={"paginationToken": token}),
        call("GET", "/backups", params={"paginationToken": token}),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"7", b"\xff", b'{"a":1e400}', b"[" * 2000])
@pytest.mark.parametrize(
    "path",
    [
        "/indexes",
        "HOST/query",
        "HOST/vectors/upsert",
        "HOST/records/namespaces/n/search",
        "/embed",
        "/rerank",
    ],
)
def test_a_body_that_is_not_a_json_object_is_400_everywhere(call, movies, path, content):
    assert call("POST", path.replace("HOST", movies), content=content).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"vector": [1, 0, 0], "id": "alien", "topK": 1},
        {"topK": 1},
        {"vector": "abc", "topK": 1},
        {"vector": [1, 0, 0], "topK": 1, "filter": []},
        {"vector": [1, 0, 0], "topK": 1, "namespace": 7},
        {"vector": [1, 0, 0], "topK": 1, "includeValues": "yes"},
        {"vector": [1, 0, 0], "topK": 1, "namespace": "ä"},
        {"sparseVector": {"indices": [1], "values": [1]}, "topK": 1},
        {"vector": [1, 0, 0], "topK": 1, "filter": {"year": {"$in": list(range(10_001))}}},
        {"vector": [1, 0, 0], "topK": 1, "scanFactor": "2"},
        {"vector": [1, 0, 0], "topK": 1, "scanFactor": 4.1},
        {"vector": [1, 0, 0], "topK": 1, "maxCandidates": 100_001},
        {"vector": [1, 0, 0], "topK": 9, "maxCandidates": 8},
    ],
)
def test_a_query_of_the_wrong_shape_is_400(call, movies, body):
    assert call("POST", f"{movies}/query", body).status_code == 400


@pytest.mark.usefixtures("movies")
def test_tags_beyond_the_limits_are_refused_and_change_nothing(call):
    wrong = [{"a b": "x"}, {"k" * 81: "x"}, {"a": "x" * 121}, {"a": "\n"}, {str(i): "x" for i in range(21)}]
    answers = [call("PATCH", "/indexes/movies", {"tags": {"good": "1", **tags}}) for tags in wrong]
    assert [answer.status_code for answer in answers] == [400] * 5
    assert call("GET", "/indexes/movies").json()["tags"] is None


def test_namespaces_beyond_the_plan_are_refused(emulator, call):
    emulator.control.settings(plan="Starter")
    host = call.dense_index()
    one = {"id": "a", "values": [1, 0, 0]}

    def upsert(namespace):
        return call("POST", f"{host}/vectors/upsert", {"vectors": [one], "namespace": namespace})

    within = {upsert(str(number)).status_code for number in range(99)}
    created = call("POST", f"{host}/namespaces", {"name": "99"}).status_code
    refused = [upsert("100"), call("POST", f"{host}/namespaces", {"name": "101"})]
    known = upsert("7").status_code
    message = "Increase your quota or upgrade to create more namespaces."
    assert (within, created, known) == ({200}, 200, 200)
    assert [(answer.status_code, answer.json()["message"]) for answer in refused] == [(403, message)] * 2
    assert call("GET", f"{host}/namespaces").json()["total_count"] == 100


def test_the_default_namespace_always_exists_and_is_not_created(call):
    host = call.dense_index()
    assert call("POST", f"{host}/namespaces", {"name": "__default__"}).status_code == 409


def test_a_query_whose_result_is_larger_than_four_megabytes_is_refused(call):
    host = call.dense_index()
    for part in range(3):
        vectors = [
            {"id": f"{part}-{i}", "values": [1, 0, 0], "metadata": {"x": "y" * 40_000}} for i in range(40)
        ]
        call("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    body = {"topK": 120, "vector": [1, 0, 0]}
    answers = [call("POST", f"{host}/query", {**body, "includeMetadata": shown}) for shown in (False, True)]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert "exceeds 4MB" in answers[1].json()["message"]


def test_indexes_and_backups_beyond_the_plan_are_refused(emulator, call):
    emulator.control.settings(plan="Starter")
    for number in range(5):
        call.dense_index(f"index-{number}")
    fields = {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}
    index = call("POST", "/indexes", {"name": "one-more", "schema": {"fields": fields}})
    backup = call("POST", "/indexes/index-0/backups", {})
    assert [(answer.status_code, answer.json()["error"]) for answer in (index, backup)] == [
        (403, {"code": "FORBIDDEN", "message": "Increase your quota or upgrade to create more indexes."}),
        (
            403,
            {
                "code": "PERMISSION_DENIED",
                "message": "Your organization's plan does not include backups. Upgrade your plan to create backups.",
            },
        ),
    ]


def test_a_client_may_keep_a_line_for_each_of_many_indexes(emulator):
    lines = [HTTPConnection("127.0.0.1", emulator.port, timeout=10) for _ in range(KEPT_LINES)]
    statuses = set()
    for line in lines:
        line.request("GET", "/indexes", headers={"Api-Key": emulator.api_key})
        answer = line.getresponse()
        answer.read()
        statuses.add(answer.status)
    for line in lines:
        line.close()
    assert statuses == {200}
