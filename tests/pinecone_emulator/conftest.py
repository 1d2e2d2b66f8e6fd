"""Worlds for the emulator's tests: one server a session, empty for each test, spoken to over real HTTP."""

import httpx
import pytest
from pinecone import Admin

import pinecone_emulator

LONG = 3600.0


class Caller:
    """Speaks to an emulator as any HTTP client would; `at` is a path or an index's host."""

    def __init__(self, emulator, version="2026-07", api_key=None):
        self.emulator = emulator
        self._http = httpx.Client(base_url=emulator.url, timeout=30)
        self._headers = {"Api-Key": api_key or emulator.api_key}
        if version:
            self._headers["X-Pinecone-Api-Version"] = version

    def __call__(self, method, at, body=None, *, headers=None, **extra):
        if body is not None:
            extra["json"] = body
        return self._http.request(method, at, headers={**self._headers, **(headers or {})}, **extra)

    def close(self):
        self._http.close()

    def dense_index(self, name="movies", dimension=3, metric="cosine"):
        fields = {"_values": {"type": "dense_vector", "dimension": dimension, "metric": metric}}
        return self._created({"name": name, "schema": {"fields": fields}}, "/indexes")

    def sparse_index(self, name="words"):
        fields = {"_sparse_values": {"type": "sparse_vector"}}
        return self._created({"name": name, "schema": {"fields": fields}}, "/indexes")

    def model_index(self, name="texts", model="llama-text-embed-v2"):
        embed = {"model": model, "field_map": {"text": "chunk"}}
        body = {"name": name, "cloud": "aws", "region": "us-east-1", "embed": embed}
        return self._created(body, "/indexes/create-for-model")

    def _created(self, body, path):
        headers = {"X-Pinecone-Api-Version": "2026-07"}
        answer = self("POST", path, body, headers=headers)
        assert answer.status_code == 201, answer.text
        self.emulator.control.advance(LONG)
        return answer.json()["host"]


@pytest.fixture(scope="session")
def server():
    """One emulator for the session; nothing moves by itself, tests advance the clock."""
    with pinecone_emulator.start(
        index_seconds=60, backup_seconds=60, restore_seconds=60, scaling_seconds=60
    ) as running:
        yield running


@pytest.fixture
def emulator(server):
    server.control.reset()
    return server


@pytest.fixture
def caller(emulator):
    """Make callers of any API version; they are closed afterwards."""
    made = []

    def make(version="2026-07", api_key=None):
        made.append(Caller(emulator, version, api_key))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def call(caller):
    return caller()


@pytest.fixture
def movies(call):
    """The host of a ready dense index of three dimensions, with four films in it."""
    host = call.dense_index()
    films = [
        {
            "id": "alien",
            "values": [1, 0, 0],
            "metadata": {"genre": "horror", "year": 1979, "tags": ["space", "cat"]},
        },
        {"id": "brazil", "values": [0, 1, 0], "metadata": {"genre": "satire", "year": 1985, "cult": True}},
        {"id": "clue", "values": [0, 0, 1], "metadata": {"genre": "comedy", "year": 1985, "tags": ["house"]}},
        {"id": "dune", "values": [1, 1, 0]},
    ]
    assert call("POST", f"{host}/vectors/upsert", {"vectors": films}).json() == {"upsertedCount": 4}
    return host


@pytest.fixture
def admin(emulator):
    """The official Admin client, as the ready-made service account."""
    with admin_of(emulator) as one:
        yield one


def admin_of(emulator):
    return Admin(
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
        host=emulator.url,
        oauth_url=emulator.oauth_url,
    )
