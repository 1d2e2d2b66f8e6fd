"""Vector operations over real HTTP: values, order, errors."""

import pytest


def query(call, host, **body):
    return call("POST", f"{host}/query", body)


def test_a_query_returns_the_nearest_first_with_what_was_asked_for(call, movies):
    answer = query(call, movies, topK=2, vector=[1, 0, 0], includeMetadata=True, includeValues=True)
    assert answer.json() == {
        "results": [],
        "matches": [
            {
                "score": 1.0,
                "id": "alien",
                "values": [1.0, 0.0, 0.0],
                "metadata": {"genre": "horror", "year": 1979, "tags": ["space", "cat"]},
            },
            {"score": pytest.approx(0.70710678, abs=1e-6), "id": "dune", "values": [1.0, 1.0, 0.0]},
        ],
        "namespace": "",
        "usage": {"readUnits": 1, "egressBytes": answer.json()["usage"]["egressBytes"]},
    }


def test_a_query_without_flags_returns_ids_and_scores(call, movies):
    assert query(call, movies, topK=1, vector=[0, 1, 0]).json()["matches"] == [
        {"score": 1.0, "id": "brazil", "values": []}
    ]


def test_a_query_by_id_finds_that_record_first(call, movies):
    matches = query(call, movies, topK=2, id="alien").json()["matches"]
    assert [match["id"] for match in matches] == ["alien", "dune"]


def test_a_query_by_unknown_id_returns_no_matches(call, movies):
    answer = query(call, movies, topK=2, id="unknown")
    assert (answer.status_code, answer.json()["matches"]) == (200, [])


def test_a_query_of_an_unknown_namespace_returns_no_matches(call, movies):
    assert query(call, movies, topK=2, vector=[1, 0, 0], namespace="none").json()["matches"] == []


def test_euclidean_is_the_squared_distance_and_lower_is_nearer(call):
    host = call.dense_index("far", 2, "euclidean")
    vectors = [{"id": "near", "values": [1, 1]}, {"id": "far", "values": [4, 5]}]
    call("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    assert query(call, host, topK=2, vector=[1, 2]).json()["matches"] == [
        {"score": 1.0, "id": "near", "values": []},
        {"score": 18.0, "id": "far", "values": []},
    ]


def test_dot_product_is_not_normalised_and_hybrid_adds_the_sparse_part(call):
    host = call.dense_index("hybrid", 2, "dotproduct")
    vectors = [
        {"id": "a", "values": [2, 0]},
        {"id": "b", "values": [1, 0], "sparseValues": {"indices": [7, 3], "values": [5, 1]}},
    ]
    call("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    dense = query(call, host, topK=2, vector=[3, 0]).json()["matches"]
    sparse = {"indices": [7], "values": [2]}
    hybrid = query(call, host, topK=2, vector=[3, 0], sparseVector=sparse, includeValues=True).json()[
        "matches"
    ]
    assert (dense, hybrid) == (
        [{"score": 6.0, "id": "a", "values": []}, {"score": 3.0, "id": "b", "values": []}],
        [
            {
                "score": 13.0,
                "id": "b",
                "values": [1.0, 0.0],
                "sparseValues": {"indices": [3, 7], "values": [1.0, 5.0]},
            },
            {"score": 6.0, "id": "a", "values": [2.0, 0.0]},
        ],
    )


def test_a_sparse_index_scores_shared_indices_only(call):
    host = call.sparse_index()
    vectors = [
        {"id": "a", "sparseValues": {"indices": [1, 2], "values": [1, 1]}},
        {"id": "b", "sparseValues": {"indices": [2, 3], "values": [3, 1]}},
        {"id": "c", "sparseValues": {"indices": [9], "values": [1]}},
    ]
    call("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    matches = query(call, host, topK=9, sparseVector={"indices": [1, 2], "values": [1, 1]}).json()["matches"]
    assert matches == [{"score": 3.0, "id": "b", "values": []}, {"score": 2.0, "id": "a", "values": []}]


def test_a_replaced_sparse_vector_no_longer_matches_what_it_was(call):
    host = call.sparse_index()
    for index in (1, 2):
        vector = {"id": "a", "sparseValues": {"indices": [index], "values": [1]}}
        call("POST", f"{host}/vectors/upsert", {"vectors": [vector]})
    found = [
        query(call, host, topK=9, sparseVector={"indices": [index], "values": [1]}).json()["matches"]
        for index in (1, 2)
    ]
    assert found == [[], [{"score": 1.0, "id": "a", "values": []}]]


def test_fetch_leaves_out_what_does_not_exist(call, movies):
    body = call("GET", f"{movies}/vectors/fetch", params={"ids": ["dune", "unknown"]}).json()
    assert body["vectors"] == {"dune": {"id": "dune", "values": [1.0, 1.0, 0.0]}}


def test_fetch_by_metadata_pages_in_the_order_of_ids(call, movies):
    body = {"filter": {"year": {"$gt": 1900}}, "limit": 2}
    first = call("POST", f"{movies}/vectors/fetch_by_metadata", body).json()
    second = call(
        "POST",
        f"{movies}/vectors/fetch_by_metadata",
        {**body, "paginationToken": first["pagination"]["next"]},
    ).json()
    assert (list(first["vectors"]), list(second["vectors"]), "pagination" in second) == (
        ["alien", "brazil"],
        ["clue"],
        False,
    )


def test_update_changes_values_and_merges_metadata(call, movies):
    body = {"id": "brazil", "values": [0, 2, 0], "setMetadata": {"year": 1986, "new": "x"}}
    call("POST", f"{movies}/vectors/update", body)
    vectors = call("GET", f"{movies}/vectors/fetch", params={"ids": "brazil"}).json()["vectors"]
    assert vectors["brazil"] == {
        "id": "brazil",
        "values": [0.0, 2.0, 0.0],
        "metadata": {"genre": "satire", "year": 1986, "cult": True, "new": "x"},
    }


def test_update_by_filter_counts_and_a_dry_run_changes_nothing(call, movies):
    body = {"filter": {"year": 1985}, "setMetadata": {"seen": True}}
    dry = call("POST", f"{movies}/vectors/update", {**body, "dryRun": True}).json()
    between = query(call, movies, topK=9, vector=[1, 1, 1], filter={"seen": True}).json()["matches"]
    wet = call("POST", f"{movies}/vectors/update", body).json()
    after = query(call, movies, topK=9, vector=[1, 1, 1], filter={"seen": True}).json()["matches"]
    assert (dry, between, wet, sorted(match["id"] for match in after)) == (
        {"matchedRecords": 2},
        [],
        {"matchedRecords": 2},
        ["brazil", "clue"],
    )


def test_delete_by_ids_by_filter_and_of_everything(call, movies):
    def ids():
        return [item["id"] for item in call("GET", f"{movies}/vectors/list").json()["vectors"]]

    seen = []
    for body in ({"ids": ["alien", "unknown"]}, {"filter": {"genre": "comedy"}}, {"deleteAll": True}):
        assert call("POST", f"{movies}/vectors/delete", body).json() == {}
        seen.append(ids())
    assert seen == [["brazil", "clue", "dune"], ["brazil", "dune"], []]


def test_delete_all_of_an_unknown_namespace_is_404(call, movies):
    answer = call("POST", f"{movies}/vectors/delete", {"deleteAll": True, "namespace": "none"})
    assert (answer.status_code, answer.json()) == (
        404,
        {"code": 5, "message": "Namespace not found", "details": []},
    )


def test_a_slot_that_was_freed_holds_only_its_new_record(call, movies):
    call("POST", f"{movies}/vectors/delete", {"ids": ["alien"]})
    call("POST", f"{movies}/vectors/upsert", {"vectors": [{"id": "new", "values": [1, 0, 0]}]})
    matches = query(call, movies, topK=9, vector=[1, 0, 0], filter={"genre": "horror"}).json()["matches"]
    nearest = query(call, movies, topK=1, vector=[1, 0, 0], includeMetadata=True).json()["matches"]
    assert (matches, nearest) == ([], [{"score": 1.0, "id": "new", "values": []}])


def test_list_pages_in_c_order_within_a_prefix(call):
    host = call.dense_index()
    ids = ["b-1", "a#3", "a#1", "a#10", "A"]
    call("POST", f"{host}/vectors/upsert", {"vectors": [{"id": name, "values": [1, 0, 0]} for name in ids]})
    first = call("GET", f"{host}/vectors/list", params={"prefix": "a#", "limit": 2}).json()
    token = first["pagination"]["next"]
    second = call(
        "GET", f"{host}/vectors/list", params={"prefix": "a#", "limit": 2, "paginationToken": token}
    ).json()
    everything = call("GET", f"{host}/vectors/list").json()
    assert [[item["id"] for item in page["vectors"]] for page in (first, second, everything)] == [
        ["a#1", "a#10"],
        ["a#3"],
        ["A", "a#1", "a#10", "a#3", "b-1"],
    ]


def test_stats_count_each_namespace(call, movies):
    call(
        "POST", f"{movies}/vectors/upsert", {"vectors": [{"id": "a", "values": [1, 0, 0]}], "namespace": "n"}
    )
    assert call("POST", f"{movies}/describe_index_stats", {}).json() == {
        "namespaces": {"": {"vectorCount": 4}, "n": {"vectorCount": 1}},
        "indexFullness": 0.0,
        "totalVectorCount": 5,
        "metric": "cosine",
        "vectorType": "dense",
        "dimension": 3,
    }


def test_stats_with_a_filter_are_refused(call, movies):
    assert call("POST", f"{movies}/describe_index_stats", {"filter": {"a": 1}}).status_code == 400


def test_namespaces_are_created_listed_described_and_deleted(call, movies):
    made = call(
        "POST", f"{movies}/namespaces", {"name": "n", "schema": {"fields": {"year": {"filterable": True}}}}
    )
    again = call("POST", f"{movies}/namespaces", {"name": "n"})
    listed = call("GET", f"{movies}/namespaces").json()
    described = call("GET", f"{movies}/namespaces/__default__").json()
    deleted = call("DELETE", f"{movies}/namespaces/n")
    gone = call("GET", f"{movies}/namespaces/n")
    assert made.json() == {
        "name": "n",
        "record_count": "0",
        "size_bytes": "0",
        "indexed_fields": {"fields": ["year"]},
        "schema": {"fields": {"year": {"filterable": True}}},
    }
    assert [one["name"] for one in listed["namespaces"]] == ["__default__", "n"]
    assert (described["record_count"], described["indexed_fields"], listed["total_count"]) == (
        "4",
        {"fields": ["cult", "genre", "tags", "year"]},
        2,
    )
    assert [again.status_code, deleted.status_code, gone.status_code] == [409, 200, 404]


def test_a_write_says_its_lsn_and_a_read_has_seen_it(call, movies):
    write = call("POST", f"{movies}/vectors/upsert", {"vectors": [{"id": "z", "values": [1, 0, 0]}]})
    read = query(call, movies, topK=1, vector=[1, 0, 0])
    assert (write.headers["x-pinecone-request-lsn"], read.headers["x-pinecone-max-indexed-lsn"]) == ("2", "2")
