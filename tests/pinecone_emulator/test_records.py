"""Text records and inference: what is embedded is found by its words, and the model's rules hold."""

import pytest

ANIMALS = (
    b'{"_id":"cat","chunk":"Cats purr and sleep all day","kind":"pet"}\n'
    b'{"_id":"dog","chunk":"Dogs bark at the postman","kind":"pet"}\n'
    b'{"id":"whale","chunk":"Whales sing in the ocean","kind":"wild"}\n'
)


@pytest.fixture
def texts(call):
    host = call.model_index()
    assert upsert(call, host, ANIMALS).status_code == 201
    return f"{host}/records/namespaces/animals"


def upsert(call, host, content):
    headers = {"Content-Type": "application/x-ndjson"}
    return call("POST", f"{host}/records/namespaces/animals/upsert", content=content, headers=headers)


def search(call, texts, **body):
    return call("POST", f"{texts}/search", body)


def ids(answer):
    return [hit["_id"] for hit in answer.json()["result"]["hits"]]


@pytest.mark.parametrize(
    ("text", "nearest"), [("a sleeping cat", "cat"), ("barking dog", "dog"), ("song of the oceans", "whale")]
)
def test_a_search_finds_texts_that_share_words_or_parts_of_words(call, texts, text, nearest):
    assert ids(search(call, texts, query={"inputs": {"text": text}, "top_k": 1})) == [nearest]


def test_a_search_returns_the_fields_that_were_asked_for_and_its_usage(call, texts):
    answer = search(call, texts, query={"inputs": {"text": "purr"}, "top_k": 1}, fields=["kind"]).json()
    hit = answer["result"]["hits"][0]
    assert answer == {
        "result": {"hits": [{"_id": "cat", "_score": hit["_score"], "fields": {"kind": "pet"}}]},
        "namespace": "animals",
        "usage": {"read_units": 1, "embed_total_tokens": 1, "egress_bytes": answer["usage"]["egress_bytes"]},
    }


def test_a_search_obeys_its_filter(call, texts):
    query = {"inputs": {"text": "cats and dogs"}, "top_k": 9, "filter": {"kind": "wild"}}
    assert ids(search(call, texts, query=query)) == ["whale"]


def test_a_search_by_id_finds_that_record_first(call, texts):
    assert ids(search(call, texts, query={"id": "dog", "top_k": 1})) == ["dog"]


def test_a_search_by_the_vector_of_the_same_text_finds_it(call, texts):
    parameters = {"input_type": "passage"}
    body = {
        "model": "llama-text-embed-v2",
        "inputs": [{"text": "Dogs bark at the postman"}],
        "parameters": parameters,
    }
    values = call("POST", "/embed", body).json()["data"][0]["values"]
    hits = search(call, texts, query={"vector": {"values": values}, "top_k": 1}).json()["result"]["hits"]
    assert (hits[0]["_id"], hits[0]["_score"]) == ("dog", pytest.approx(1.0, abs=1e-6))


def test_reranking_orders_by_the_query_and_keeps_top_n(call, texts):
    rerank = {"model": "bge-reranker-v2-m3", "rank_fields": ["chunk"], "top_n": 1, "query": "bark"}
    answer = search(call, texts, query={"inputs": {"text": "cats purr"}, "top_k": 3}, rerank=rerank)
    assert (ids(answer), answer.json()["usage"]["rerank_units"]) == (["dog"], 1)


def test_match_terms_keep_only_texts_with_all_of_them(call):
    host = call.model_index("sparse", "pinecone-sparse-english-v0")
    upsert(call, host, ANIMALS)
    terms = {"strategy": "all", "terms": ["BARK", "the postman"]}
    query = {"inputs": {"text": "the whales and the dogs"}, "top_k": 3, "match_terms": terms}
    assert ids(search(call, f"{host}/records/namespaces/animals", query=query)) == ["dog"]


def test_an_index_without_a_model_takes_no_text(call, movies):
    answers = [
        upsert(call, movies, ANIMALS),
        search(call, f"{movies}/records/namespaces/n", query={"inputs": {"text": "a"}, "top_k": 1}),
    ]
    body = {
        "status": 400,
        "error": {
            "code": "INVALID_ARGUMENT",
            "message": "Integrated inference is not configured for this index",
        },
    }
    assert [(answer.status_code, answer.json()) for answer in answers] == [(400, body), (400, body)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"chunk":"no id"}',
        b'{"_id":"a"}',
        b'{"_id":"a","chunk":7}',
        b'{"_id":7,"chunk":"x"}',
        b'{"_id":"a","chunk":"x","bad":{"y":1}}',
        b"\n".join(b'{"_id":"%d","chunk":"x"}' % i for i in range(97)),
    ],
)
def test_records_that_break_a_rule_are_refused_whole(call, texts, content):
    host = texts.split("/records/")[0]
    answer = upsert(call, host, b'{"_id":"good","chunk":"x"}\n' + content if content else b"")
    stats = call("POST", f"{host}/describe_index_stats", {}).json()
    assert (answer.status_code, stats["totalVectorCount"]) == (400, 3)


def test_embedding_is_deterministic_of_unit_length_and_in_the_asked_dimension(call):
    body = {
        "model": "llama-text-embed-v2",
        "inputs": [{"text": "hello world"}],
        "parameters": {"input_type": "query", "dimension": 384},
    }
    first, second = (call("POST", "/embed", body).json() for _ in range(2))
    values = first["data"][0]["values"]
    assert (first, len(values), sum(value * value for value in values)) == (
        second,
        384,
        pytest.approx(1, abs=1e-5),
    )
    assert first["usage"] == {"total_tokens": 2}


def test_a_query_differs_slightly_from_a_passage(call):
    def embedded(input_type):
        parameters = {"input_type": input_type}
        body = {
            "model": "multilingual-e5-large",
            "inputs": [{"text": "hello world"}],
            "parameters": parameters,
        }
        return call("POST", "/embed", body).json()["data"][0]["values"]

    nearness = sum(a * b for a, b in zip(embedded("query"), embedded("passage"), strict=True))
    assert 0.95 < nearness < 1.0


def test_a_sparse_embedding_has_its_tokens_when_asked_for(call):
    parameters = {"input_type": "query", "return_tokens": True}
    body = {
        "model": "pinecone-sparse-english-v0",
        "inputs": [{"text": "Hello, hello world"}],
        "parameters": parameters,
    }
    answer = call("POST", "/embed", body).json()
    data = answer["data"][0]
    assert (answer["vector_type"], sorted(data["sparse_tokens"]), data["sparse_values"]) == (
        "sparse",
        ["hello", "world"],
        [1.0, 1.0],
    )


def test_reranking_documents_returns_the_most_relevant_first(call):
    documents = [{"text": "whales sing"}, {"text": "dogs bark loudly"}, "cats"]
    body = {"model": "bge-reranker-v2-m3", "query": "dogs bark", "documents": documents, "top_n": 1}
    answer = call("POST", "/rerank", body).json()
    assert answer == {
        "model": "bge-reranker-v2-m3",
        "data": [{"index": 1, "score": answer["data"][0]["score"], "document": {"text": "dogs bark loudly"}}],
        "usage": {"rerank_units": 1},
    }


LONG = "word " * 1100
PAIR = (
    "Request contains a query+document pair with 1101 tokens, which exceeds the maximum token limit of 1024"
    " for each query+document pair."
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"rank_fields": ["text", "title"]},
            "Only one rank field is supported for model bge-reranker-v2-m3.",
        ),
        (
            {"parameters": {"cut": 1}},
            "Model bge-reranker-v2-m3 does not take the parameter 'cut'.",
        ),
        (
            {"parameters": {"truncate": "START"}},
            "Invalid value 'START' for the parameter 'truncate' of bge-reranker-v2-m3. Must be one of END, NONE.",
        ),
        ({"documents": [{"text": LONG}]}, PAIR),
        ({"documents": [{"text": LONG}], "parameters": {"truncate": "NONE"}}, PAIR),
        (
            {"model": "cohere-rerank-3.5", "parameters": {"max_chunks_per_doc": 0}},
            "Invalid value 0 for the parameter 'max_chunks_per_doc' of cohere-rerank-3.5. Must be 1 to 3072.",
        ),
    ],
)
def test_a_ranking_the_model_does_not_take_is_refused(call, texts, body, message):
    documents = [{"text": "cats purr", "title": "cats"}]
    one = {"model": "bge-reranker-v2-m3", "query": "cat", "documents": documents}
    answers = [call("POST", "/rerank", one | body)]
    if "documents" not in body:
        rerank = {"model": "bge-reranker-v2-m3", "rank_fields": ["chunk"]} | body
        answers.append(search(call, texts, query={"inputs": {"text": "cat"}, "top_k": 3}, rerank=rerank))
    assert {(answer.status_code, answer.json()["error"]["message"]) for answer in answers} == {(400, message)}


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("bge-reranker-v2-m3", {"truncate": "END"}),
        ("pinecone-rerank-v0", {}),
    ],
)
def test_a_long_document_is_ranked_by_its_beginning_where_the_model_or_the_request_says_so(
    call, model, parameters
):
    documents = [{"text": LONG + "cat"}, {"text": "cat " + LONG}]
    body = {"model": model, "query": "cat", "documents": documents, "parameters": parameters}
    answer = call("POST", "/rerank", body)
    assert (answer.status_code, answer.json()["data"][0]["index"]) == (200, 1)


def test_cohere_ranks_by_several_fields(call):
    documents = [{"title": "whales", "text": "they sing"}, {"title": "dogs", "text": "they bark"}]
    body = {"model": "cohere-rerank-3.5", "query": "dogs bark", "documents": documents}
    answer = call("POST", "/rerank", {**body, "rank_fields": ["title", "text"]}).json()
    assert [one["index"] for one in answer["data"]] == [1, 0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "none", "inputs": [{"text": "a"}], "parameters": {"input_type": "query"}}, 404),
        ({"model": "multilingual-e5-large", "inputs": [{"text": "a"}]}, 400),
        ({"model": "multilingual-e5-large", "inputs": [], "parameters": {"input_type": "query"}}, 400),
        (
            {
                "model": "multilingual-e5-large",
                "inputs": [{"text": "a"}] * 97,
                "parameters": {"input_type": "query"},
            },
            400,
        ),
        (
            {"model": "multilingual-e5-large", "inputs": [{"text": "a"}], "parameters": {"input_type": "x"}},
            400,
        ),
        ({"model": "multilingual-e5-large", "inputs": [{"text": "a"}], "parameters": {"dimension": 7}}, 400),
        ({"inputs": [{"text": "a"}]}, 422),
        ({"model": 7, "inputs": []}, 422),
    ],
)
def test_an_embedding_that_breaks_a_rule_is_refused(call, body, status):
    assert call("POST", "/embed", body).status_code == status


def test_models_are_listed_by_type_and_described(call):
    names = [
        [model["model"] for model in call("GET", "/models", params=params).json()["models"]]
        for params in ({}, {"type": "embed", "vector_type": "sparse"}, {"type": "rerank"})
    ]
    assert names == [
        [
            "llama-text-embed-v2",
            "multilingual-e5-large",
            "pinecone-sparse-english-v0",
            "bge-reranker-v2-m3",
            "cohere-rerank-3.5",
            "pinecone-rerank-v0",
        ],
        ["pinecone-sparse-english-v0"],
        ["bge-reranker-v2-m3", "cohere-rerank-3.5", "pinecone-rerank-v0"],
    ]
    model = call("GET", "/models/llama-text-embed-v2").json()
    assert (model["default_dimension"], model["supported_dimensions"]) == (1024, [384, 512, 768, 1024, 2048])
    assert call("GET", "/models/none").status_code == 404
