"""`make demo`: one story with real processes and real HTTP, printing the real payloads; it fails when a step does."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
from standardwebhooks import Webhook

from tests.receiver import Received, Receiver, serve
from tests.stories.processes import House, whole_house

QUICK = {
    "PINEHOOK_POLL_SECONDS": "1",
    "PINECONE_EMULATOR_INDEX_SECONDS": "1",
    "PINECONE_EMULATOR_BACKUP_SECONDS": "1",
    "PINECONE_EMULATOR_RESTORE_SECONDS": "2",
}
STEP_SECONDS = 60
NOTES = [
    {"_id": "n1", "text": "Pine cones open when the air is dry and close in the rain."},
    {"_id": "n2", "text": "A webhook is a message that a server sends when something happened."},
    {"_id": "n3", "text": "Backups keep a copy of an index, restore jobs make a new index of it."},
]


class StepFailedError(Exception):
    """A step of the story did not end as it must."""


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - telling the story is its job


def show(title: str, payload: Any) -> None:
    say(f"\n── {title}")
    say(orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode())


def act(house: House, action: str, **given: Any) -> Any:
    answer = house.api.post(f"/v1/actions/{action}", json=given)
    body = answer.json()
    show(f"POST /v1/actions/{action} → {answer.status_code}", body)
    if answer.status_code != httpx.codes.OK:
        raise StepFailedError(f"{action} answered {answer.status_code}")
    return body


def arrives(receiver: Receiver, secret: str, event_type: str, **data: Any) -> Any:
    """Wait for a webhook, verify its signature as a receiver would, and show it."""
    got: Received = receiver.wait_for_type(event_type, **data)
    event: Any = Webhook(secret).verify(got.body, got.headers)
    show(f"webhook {event_type} arrived, its signature verified ({got.headers['webhook-id']})", event)
    return event


def until(question: str, asked: Any) -> Any:
    """Ask until the answer is true: Pinecone shows what was written a moment later."""
    limit = time.monotonic() + STEP_SECONDS
    while time.monotonic() < limit:
        if answer := asked():
            return answer
        time.sleep(0.2)
    raise StepFailedError(f"{question}: not within {STEP_SECONDS} s")


def tell(house: House, receiver: Receiver) -> None:
    endpoint = house.api.post("/v1/endpoints", json={"url": receiver.url, "event_types": ["*"]})
    if endpoint.status_code != httpx.codes.CREATED:
        raise StepFailedError(f"the endpoint was answered {endpoint.status_code}: {endpoint.text}")
    secret = endpoint.json()["secret"]
    show("POST /v1/endpoints → 201", {**endpoint.json(), "secret": "whsec_…"})

    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    act(house, "create_index", name="notes", cloud="aws", region="us-east-1", embed=embed)
    arrives(receiver, secret, "index.created", key="notes")
    arrives(receiver, secret, "index.ready", key="notes")

    act(house, "upsert_records", index="notes", records=NOTES)
    question = "what does a server send when something happens?"
    found = act(house, "search_records", index="notes", text=question, top_k=3)
    if "n2" not in [hit["id"] for hit in found["hits"]][:1]:
        raise StepFailedError("the search did not find the note about webhooks first")

    backup = act(house, "create_backup", index="notes", name="notes-backup")
    arrives(receiver, secret, "backup.ready", key=backup["backup_id"])
    restored = act(house, "create_index_from_backup", backup_id=backup["backup_id"], name="notes-again")
    arrives(receiver, secret, "restore_job.completed", key=restored["restore_job_id"])

    act(house, "delete_index", index="notes", confirm="notes")
    arrives(receiver, secret, "index.deleted", key="notes")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="pinehook-demo-") as data, serve() as receiver:
        try:
            with whole_house(Path(data), **QUICK) as house:
                tell(house, receiver)
        except (StepFailedError, AssertionError) as failed:
            say(f"\nFAILED: {failed}\n\nThe processes said:\n{(Path(data) / 'dev.log').read_text()[-4000:]}")
            return 1
    say("\nEvery step ended as it must.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
