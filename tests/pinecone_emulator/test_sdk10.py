"""The official SDK 10.2.0 through a whole life, with its own models and exceptions."""

import asyncio

import pytest
from pinecone import AsyncPinecone, Pinecone, ServerlessSpec
from pinecone.errors.exceptions import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    UnauthorizedError,
)

SERVERLESS = ServerlessSpec(cloud="aws", region="us-east-1")


@pytest.fixture
def pc(emulator):
    with Pinecone(api_key=emulator.api_key, host=emulator.url) as client:
        yield client


@pytest.fixture
def movies_index(emulator, pc):
    pc.create_index("movies", dimension=2, metric="cosine", spec=SERVERLESS, timeout=-1)
    emulator.control.advance(60)
    with pc.index("movies") as index:
        yield index


def test_an_index_lives_from_creation_to_deletion(emulator, pc):
    made = pc.create_index("a", dimension=2, metric="euclidean", spec=SERVERLESS, tags={"t": "1"}, timeout=-1)
    emulator.control.advance(60)
    seen = pc.describe_index("a")
    configured = pc.configure_index("a", deletion_protection="enabled")
    with pytest.raises(ForbiddenError):
        pc.delete_index("a")
    pc.configure_index("a", deletion_protection="disabled")
    with pytest.raises(ConflictError):
        pc.create_index("a", dimension=2, metric="cosine", spec=SERVERLESS, timeout=-1)
    pc.delete_index("a")
    assert (
        made.status.state,
        seen.status.state,
        seen.dimension,
        seen.metric,
        seen.vector_type,
        seen.tags,
    ) == (
        "Initializing",
        "Ready",
        2,
        "euclidean",
        "dense",
        {"t": "1"},
    )
    assert (configured.deletion_protection, pc.has_index("a"), [one.name for one in pc.list_indexes()]) == (
        "enabled",
        False,
        [],
    )


def test_vectors_live_from_upsert_to_delete(movies_index):
    vectors = [
        {"id": "a", "values": [1, 0], "metadata": {"genre": "x", "year": 2000}},
        {"id": "b", "values": [0, 1], "metadata": {"genre": "y"}},
    ]
    upserted = movies_index.upsert(vectors=vectors, namespace="n")
    found = movies_index.query(
        vector=[1, 0], top_k=2, namespace="n", filter={"genre": "x"}, include_metadata=True
    )
    movies_index.update(id="a", set_metadata={"year": 2001}, namespace="n")
    fetched = movies_index.fetch(ids=["a"], namespace="n").vectors["a"]
    by_metadata = movies_index.fetch_by_metadata(filter={"genre": "y"}, namespace="n")
    listed = [item.id for page in movies_index.list(namespace="n") for item in page.vectors]
    movies_index.delete(ids=["a"], namespace="n")
    stats = movies_index.describe_index_stats()
    assert upserted.upserted_count == 2
    assert upserted.response_info.lsn_committed == 1
    assert [(match.id, match.score, match.metadata) for match in found.matches] == [
        ("a", 1.0, {"genre": "x", "year": 2000})
    ]
    assert (fetched.values, fetched.metadata) == ([1.0, 0.0], {"genre": "x", "year": 2001})
    assert (list(by_metadata.vectors), listed, stats.total_vector_count) == (["b"], ["a", "b"], 1)
    assert [one.name for page in movies_index.list_namespaces() for one in page.namespaces] == ["n"]


def test_records_are_upserted_and_found_by_text(emulator, pc):
    embed = {"model": "multilingual-e5-large", "field_map": {"text": "chunk"}}
    pc.create_index_for_model(name="texts", cloud="aws", region="us-east-1", embed=embed, timeout=-1)
    emulator.control.advance(60)
    records = [{"_id": "1", "chunk": "red apples"}, {"_id": "2", "chunk": "fast trains"}]
    with pc.index("texts") as index:
        index.upsert_records(namespace="n", records=records)
        found = index.search_records(namespace="n", query={"inputs": {"text": "an apple"}, "top_k": 1})
    seen = pc.describe_index("texts")
    assert [(hit.id, hit.fields) for hit in found.result.hits] == [("1", {"chunk": "red apples"})]
    assert (seen.embed.model, seen.embed.field_map) == ("multilingual-e5-large", {"text": "chunk"})


def test_a_backup_becomes_an_index(emulator, pc, movies_index):
    movies_index.upsert(vectors=[{"id": "a", "values": [1, 0]}])
    backup = pc.create_backup(index_name="movies", backup_name="b", description="d")
    emulator.control.advance(60)
    ready = pc.describe_backup(backup_id=backup.backup_id)
    started = pc.create_index_from_backup(backup_id=backup.backup_id, name="copy", timeout=-1)
    pending = pc.describe_restore_job(job_id=started.restore_job_id)
    emulator.control.advance(60)
    done = pc.describe_restore_job(job_id=started.restore_job_id)
    with pc.index("copy") as copy:
        count = copy.describe_index_stats().total_vector_count
    pc.delete_backup(backup_id=backup.backup_id)
    assert (backup.status, ready.status, ready.record_count, ready.dense_dimension) == (
        "Initializing",
        "Ready",
        1,
        2,
    )
    assert (pending.status, done.status, done.percent_complete, count) == ("Pending", "Completed", 100, 1)
    assert list(pc.list_backups()) == []


def test_inference_embeds_and_ranks(pc):
    parameters = {"input_type": "query"}
    embedded = pc.inference.embed(model="llama-text-embed-v2", inputs=["one", "two"], parameters=parameters)
    ranked = pc.inference.rerank(model="bge-reranker-v2-m3", query="two", documents=["one", "two"], top_n=1)
    assert [len(one.values) for one in embedded.data] == [1024, 1024]
    assert [one.index for one in ranked.data] == [1]


def test_the_asynchronous_client_does_the_same(emulator):
    async def life():
        async with AsyncPinecone(api_key=emulator.api_key, host=emulator.url) as pc:
            options = {"dimension": 2, "metric": "cosine", "spec": SERVERLESS, "timeout": -1}
            await pc.indexes.create(name="movies", **options)
            emulator.control.advance(60)
            async with await pc.index("movies") as index:
                await index.upsert(vectors=[{"id": "a", "values": [1, 0]}, {"id": "b", "values": [0, 1]}])
                found = await index.query(vector=[1, 0], top_k=1)
        return [(match.id, match.score) for match in found.matches]

    assert asyncio.run(life()) == [("a", 1.0)]


def test_errors_arrive_as_the_sdks_exceptions(emulator, pc, movies_index):
    with pytest.raises(NotFoundError):
        pc.describe_index("none")
    with pytest.raises(ApiError) as refused:
        movies_index.query(vector=[1, 2, 3], top_k=1)
    with Pinecone(api_key="wrong", host=emulator.url) as stranger, pytest.raises(UnauthorizedError):
        stranger.list_indexes()
    emulator.control.fault("/indexes", status=429, retry_after=0, count=4)
    with pytest.raises(RateLimitError):
        pc.describe_index("movies")
    assert (refused.value.status_code, refused.value.message) == (
        400,
        "Vector dimension 3 does not match the dimension of the index 2",
    )
