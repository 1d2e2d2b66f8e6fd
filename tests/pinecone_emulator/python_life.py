"""Run by the interpreter of an SDK, 9.0.1 or 10.2.0: `python_life.py URL API_KEY CLIENT_ID CLIENT_SECRET`.

Writes what the SDK saw as one JSON object. Collections need an index on pods, which 2026-07 no longer makes: it is made
by plain HTTP. SDK 9's Admin has its hosts built in, so that part is for SDK 10.
"""

import json
import sys
import urllib.request

import pinecone
from pinecone import Pinecone, ServerlessSpec
from pinecone.errors.exceptions import ApiError

URL, KEY, CLIENT_ID, CLIENT_SECRET = sys.argv[1:]
SERVERLESS = ServerlessSpec(cloud="aws", region="us-east-1")
SDK_9 = pinecone.__version__.startswith("9.")
pc = Pinecone(api_key=KEY, host=URL)
seen = {"refused": {}}


def main():
    index = indexes()
    vectors(index)
    namespaces(index)
    backups()
    records()
    inference()
    collections()
    if not SDK_9:
        admin()
    pc.delete_index("movies", timeout=-1)
    seen["left"] = sorted(one.name for one in pc.list_indexes())
    refused("a deleted index", lambda: pc.describe_index("movies"))
    refused("an unknown key", lambda: list(Pinecone(api_key="wrong", host=URL).list_indexes()))
    sys.stdout.write(json.dumps(seen))


def post(path, body):
    headers = {"Api-Key": KEY, "X-Pinecone-Api-Version": "2025-10"}
    urllib.request.urlopen(urllib.request.Request(URL + path, json.dumps(body).encode(), headers)).close()


def advance():
    post("/_emulator/advance", {"seconds": 60})


def refused(what, call):
    try:
        call()
        seen["refused"][what] = "accepted"
    except ApiError as error:
        seen["refused"][what] = error.status_code


def indexes():
    options = {"dimension": 2, "metric": "dotproduct", "spec": SERVERLESS, "timeout": -1}
    seen["created"] = pc.create_index("movies", tags={"stage": "new"}, **options).status.state
    refused("a name twice", lambda: pc.create_index("movies", **options))
    advance()
    pc.configure_index("movies", deletion_protection="enabled", tags={"stage": "", "team": "film"})
    refused("deleting what is protected", lambda: pc.delete_index("movies", timeout=-1))
    pc.configure_index("movies", deletion_protection="disabled")
    index = pc.describe_index("movies")
    seen["described"] = [index.status.state, index.dimension, index.metric, index.vector_type, index.tags]
    return pc.Index(host=index.host)


def vectors(index):
    sparse = {"a": ([3], [2]), "b": ([7], [5])}
    metadata = {
        "a": {"genre": "x", "year": 2000},
        "b": {"genre": "y", "year": 1990},
        "c": {"genre": "x", "tags": ["one", "two"]},
    }
    some = [
        {"id": name, "values": values, "metadata": metadata[name]}
        for name, values in {"a": [1, 0], "b": [0, 1], "c": [2, 2]}.items()
    ]
    for one in some[:2]:
        one["sparse_values"] = dict(zip(("indices", "values"), sparse[one["id"]], strict=True))
    index.upsert(vectors=some, namespace="n")

    def ask(**options):
        return index.query(**{"namespace": "n", "top_k": 3, "vector": [1, 0], **options}).matches

    [best] = ask(top_k=1, include_metadata=True, include_values=True)
    seen["found"] = [best.id, best.score, best.values, best.metadata]
    seen["filtered"] = [m.id for m in ask(filter={"$or": [{"year": {"$lt": 1995}}, {"tags": "two"}]})]
    [hybrid] = ask(sparse_vector={"indices": [7], "values": [3]}, top_k=1)
    seen["hybrid"] = [hybrid.id, hybrid.score]
    seen["byId"] = [match.id for match in index.query(namespace="n", top_k=1, id="b").matches]
    index.update(id="a", namespace="n", set_metadata={"year": 2001})
    fetched = index.fetch(ids=["a", "z"], namespace="n").vectors.values()
    seen["fetched"] = [[one.id, one.values, one.sparse_values.indices, one.metadata] for one in fetched]
    seen["byMetadata"] = list(index.fetch_by_metadata(namespace="n", filter={"genre": "y"}).vectors)
    first = index.list_paginated(namespace="n", limit=2)
    rest = index.list_paginated(namespace="n", limit=2, pagination_token=first.pagination.next)
    seen["listed"] = [one.id for one in [*first.vectors, *rest.vectors]]
    index.delete(filter={"genre": "y"}, namespace="n")
    index.delete(ids=["z"], namespace="n")
    stats = index.describe_index_stats()
    seen["stats"] = [stats.namespaces["n"].vector_count, stats.total_vector_count]
    refused("a vector of another dimension", lambda: ask(vector=[1, 2, 3]))
    refused("an unknown operator", lambda: ask(filter={"year": {"$near": 1}}))


def namespaces(index):
    made = index.create_namespace(name="empty", schema={"fields": {"genre": {"filterable": True}}})
    listed = index.list_namespaces_paginated(limit=10).namespaces
    seen["namespaces"] = [
        [made.name, list(made.schema.fields)],
        [one.name for one in listed],
        int(index.describe_namespace(name="n").record_count),
    ]
    index.delete_namespace(name="empty")
    refused("a deleted namespace", lambda: index.describe_namespace(name="empty"))


def backups():
    backup = pc.create_backup(index_name="movies", backup_name="kept", description="before the change")
    identity = backup.backup_id
    refused(
        "an unfinished backup",
        lambda: pc.create_index_from_backup(backup_id=identity, name="copy", timeout=-1),
    )
    advance()
    ready = pc.describe_backup(backup_id=identity)
    dimension = ready.dimension if SDK_9 else ready.dense_dimension
    seen["backup"] = [backup.status, ready.status, ready.record_count, ready.namespace_count, dimension]
    options = {"tags": {"of": "movies"}, "deletion_protection": "disabled", "timeout": -1}
    pc.create_index_from_backup(backup_id=identity, name="copy", **options)
    [pending] = pc.list_restore_jobs()
    advance()
    done = pc.describe_restore_job(job_id=pending.restore_job_id)
    seen["restored"] = [pending.status, done.status, done.percent_complete, done.target_index_name]
    copy = pc.describe_index("copy")
    seen["copy"] = [copy.tags, pc.Index(host=copy.host).describe_index_stats().total_vector_count]
    lists = (pc.list_backups(index_name="movies"), pc.list_backups(), pc.list_restore_jobs())
    seen["lists"] = [len(list(one)) for one in lists]
    pc.delete_backup(backup_id=identity)
    refused("a deleted backup", lambda: pc.describe_backup(backup_id=identity))


def records():
    embed = {"model": "multilingual-e5-large", "field_map": {"text": "chunk"}}
    pc.create_index_for_model(name="texts", cloud="aws", region="us-east-1", embed=embed, timeout=-1)
    advance()
    index = pc.Index(host=pc.describe_index("texts").host)
    some = [
        {"_id": "1", "chunk": "red apples", "kind": "fruit"},
        {"_id": "2", "chunk": "fast trains", "kind": "rail"},
        {"_id": "3", "chunk": "green apples", "kind": "fruit"},
    ]
    index.upsert_records(namespace="n", records=some)

    def search(query, **options):
        asked = query if SDK_9 else {"query": query}
        return [[hit.id, hit.fields] for hit in index.search(namespace="n", **asked, **options).result.hits]

    query = {"top_k": 2, "inputs": {"text": "trains"}, "filter": {"kind": "fruit"}}
    seen["filteredHits"] = sorted(search(query, fields=["kind"]))
    rerank = {"model": "bge-reranker-v2-m3", "rank_fields": ["chunk"], "top_n": 1, "query": "green"}
    seen["reranked"] = search({"top_k": 3, "inputs": {"text": "apples"}}, rerank=rerank)
    refused("a record without its text", lambda: index.upsert_records(namespace="n", records=[{"_id": "4"}]))


def inference():
    inputs = ["one", "two"]
    parameters = {"input_type": "query"}
    made = pc.inference.embed(model="llama-text-embed-v2", inputs=inputs, parameters=parameters)
    ranked = pc.inference.rerank(model="bge-reranker-v2-m3", query="two", documents=inputs, top_n=1)
    seen["inference"] = [
        [len(one.values) for one in made.data],
        [[one.index, one.document["text"]] for one in ranked.data],
        sorted(one.model for one in pc.inference.list_models(type="rerank")),
        pc.inference.get_model(model="multilingual-e5-large").default_dimension,
    ]
    refused("an unknown model", lambda: pc.inference.get_model(model="none"))


def collections():
    spec = {"pod": {"environment": "us-east1-gcp", "pod_type": "p1.x1"}}
    post("/indexes", {"name": "pods", "dimension": 2, "metric": "cosine", "spec": spec})
    advance()
    pc.Index(host=pc.describe_index("pods").host).upsert(vectors=[("a", [1, 0])])
    made = pc.create_collection("kept", "pods")
    advance()
    ready = pc.describe_collection("kept")
    seen["collection"] = [made.status, ready.status, ready.vector_count, ready.dimension, ready.environment]
    refused("a collection of a serverless index", lambda: pc.create_collection("no", "movies"))
    pc.delete_collection("kept")
    seen["collectionsLeft"] = len(list(pc.list_collections()))


def admin():
    client = pinecone.Admin(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, host=URL, oauth_url=f"{URL}/oauth/token"
    )
    project = client.projects.create(name="second")
    key = client.api_keys.create(project_id=project.id, name="reader", roles=["ProjectViewer"])
    reader = Pinecone(api_key=key.value, host=URL)
    own = list(reader.list_indexes())
    options = {"dimension": 2, "metric": "cosine", "spec": SERVERLESS, "timeout": -1}
    refused("writing with a key that may read", lambda: reader.create_index("no", **options))
    client.api_keys.delete(api_key_id=key.key.id)
    refused("a revoked key", lambda: list(reader.list_indexes()))
    projects = sorted(one.name for one in client.projects.list())
    seen["admin"] = [projects, key.key.name, key.key.roles, len(own)]
    client.projects.delete(project_id=project.id)


if __name__ == "__main__":
    main()
