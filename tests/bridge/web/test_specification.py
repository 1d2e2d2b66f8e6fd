"""Whatever a request made after our own OpenAPI document says, the answer is one the document tells, and never 5xx.

A few requests an operation, always the same ones; FUZZ_EXAMPLES=300 makes many and new ones.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.bridge.web.conftest import Web

with warnings.catch_warnings():
    # Its dependencies warn of each other while they are loaded.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
BUDGET = settings(
    max_examples=EXAMPLES or 2,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
GONE = {"wait_for_index"}
"""What may wait for long is asked by its own tests."""
ELSEWHERE = {
    "pinecone_unauthorized",
    "provider_unauthorized",
    "not_supported",
    "not_ready",
    "pinecone_unreachable",
}
"""5xx that tell of others: a made-up connection's host and key, a provider without one, what the emulator leaves out, no worker."""


def operations(document: dict[str, Any]) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]
    # What deletes comes last, so that the others find something.
    return sorted(
        found, key=lambda known: (known.method.upper() == "DELETE", "delete" in known.path, known.path)
    )


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"]
)
def test_every_answer_is_one_the_document_tells(web: Web, mode: GenerationMode) -> None:
    client = web.client()  # it holds every answer to the document
    client.post("/v1/actions/create_index", json={"name": "docs", "dimension": 3})
    failures: list[str] = []
    for operation in operations(web.document):
        if operation.definition.raw["operationId"] in GONE:
            continue
        failures += asked(client, operation, mode)
    assert "\n".join(failures) == ""


def asked(client: httpx.Client, operation: Any, mode: GenerationMode) -> list[str]:
    """Send requests of one operation; return what went wrong."""
    failures: list[str] = []

    @BUDGET
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        told = case.as_transport_kwargs(base_url=str(client.base_url))
        headers = {
            name: text
            for name, text in dict(told.get("headers") or {}).items()
            if name.lower() != "authorization"
        }
        sent = {
            name: told[name]
            for name in ("method", "url", "params", "json", "data", "content")
            if name in told
        }
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        try:
            answer = client.request(**sent, headers=headers)
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
            return  # no client could send it
        if answer.status_code >= 500 and answer.json().get("code") not in ELSEWHERE:
            failures.append(
                f"{operation.label}: {answer.status_code} {answer.text[:300]} for {str(sent)[:300]}"
            )

    try:
        ask()
    except AssertionError as error:
        failures.append(f"{operation.label}: {str(error)[:500]}")
    except (hypothesis.errors.Unsatisfiable, schemathesis.errors.SchemathesisError):
        pass  # nothing unfitting can be asked of what takes nothing
    return failures
