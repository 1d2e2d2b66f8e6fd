"""A bare Flask view that makes one call of the SDK: what an action is compared with. It checks nothing at all."""

from __future__ import annotations

import os

from flask import Flask, request
from pinecone import Pinecone

app = Flask(__name__)
index = Pinecone(api_key=os.environ["BARE_KEY"], host=os.environ["BARE_URL"], ssl_verify=False).index(
    name="asked"
)


@app.post("/v1/actions/describe_index_stats")
def describe_index_stats() -> dict[str, object]:
    # Read although nothing of it is needed: a server may hang up a line with a body that nobody has read.
    request.get_json()
    return index.describe_index_stats().to_dict()


@app.post("/v1/actions/query_vectors")
def query_vectors() -> dict[str, object]:
    given = request.get_json()
    return index.query(vector=given["vector"], top_k=given["top_k"]).to_dict()
