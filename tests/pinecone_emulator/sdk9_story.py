"""Run by SDK 9.0.1's own interpreter: `sdk9_story.py URL API_KEY`. Writes what it saw as one JSON object."""

import json
import sys
import urllib.request

from pinecone import Pinecone, ServerlessSpec

url, key = sys.argv[1:]
pc = Pinecone(api_key=key, host=url)


def advance():
    request = urllib.request.Request(f"{url}/_emulator/advance", b'{"seconds": 60}', {"Api-Key": key})
    urllib.request.urlopen(request).close()


seen = {}
spec = ServerlessSpec(cloud="aws", region="us-east-1")
seen["created"] = pc.create_index("movies", dimension=2, metric="cosine", spec=spec, timeout=-1).status.state
advance()
described = pc.describe_index("movies")
seen["described"] = [described.status.state, described.dimension, described.metric, described.vector_type]
pc.configure_index("movies", tags={"a": "b"})
seen["tags"] = pc.describe_index("movies").tags
index = pc.Index(host=described.host)
vectors = [{"id": "a", "values": [1, 0], "metadata": {"genre": "x"}}, {"id": "b", "values": [0, 1]}]
seen["upserted"] = index.upsert(vectors=vectors).upserted_count
found = index.query(vector=[1, 0], top_k=2, filter={"genre": "x"}, include_metadata=True)
seen["found"] = [[match.id, match.score, match.metadata] for match in found.matches]
seen["namespaces"] = [[one.name, one.record_count] for one in index.list_namespaces_paginated().namespaces]
backup = pc.create_backup(index_name="movies", backup_name="b")
advance()
ready = pc.describe_backup(backup_id=backup.backup_id)
seen["backup"] = [ready.status, ready.dimension, ready.metric, ready.record_count]
pc.create_index_from_backup(backup_id=backup.backup_id, name="copy", timeout=-1)
advance()
seen["restored"] = [[job.status, job.percent_complete] for job in pc.list_restore_jobs()]
seen["copied"] = pc.Index(host=pc.describe_index("copy").host).describe_index_stats().total_vector_count
embed = {"model": "llama-text-embed-v2", "field_map": {"text": "chunk"}}
pc.create_index_for_model(name="texts", cloud="aws", region="us-east-1", embed=embed, timeout=-1)
advance()
texts = pc.Index(host=pc.describe_index("texts").host)
texts.upsert_records(
    namespace="n", records=[{"_id": "1", "chunk": "red apples"}, {"_id": "2", "chunk": "trains"}]
)
hits = texts.search(namespace="n", inputs={"text": "apple"}, top_k=1).result.hits
seen["hits"] = [[hit.id, hit.fields] for hit in hits]
pc.delete_index("movies")
seen["left"] = sorted(one.name for one in pc.list_indexes())
sys.stdout.write(json.dumps(seen))
