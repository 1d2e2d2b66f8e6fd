"""Whatever a request made after the official specifications says, it is answered as they allow, and never with 500.

A few requests an operation, always the same ones; `make fuzz` makes many and new ones. What is left out, and why:
`REFUSALS` and `UNIMPLEMENTED`.
"""

import json
import os
import warnings
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pinecone_emulator.routes.unsupported import OPERATIONS
from tests.pinecone_emulator import coverage, specs

with warnings.catch_warnings():
    # Its dependencies warn of each other while they are loaded.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
QUICK_EXAMPLES = 3
BUDGET = settings(
    max_examples=EXAMPLES or QUICK_EXAMPLES,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [content_type_conformance, response_schema_conformance]
#: What may be refused that the specifications do not tell of each operation: they list the refusals an operation is
#: known for, not a malformed page token (400), the index a backup is asked of (404), a body of the wrong shape (422).
REFUSALS = {400, 403, 404, 405, 409, 412, 422}
#: Not emulated, in some of its forms, and said so (see docs/emulator.md).
UNIMPLEMENTED = {
    "startBulkImport": "from object storage",
    "create_index": "with a customer-managed key",
    "create_project": "with customer-managed keys enforced",
    "update_project": "with customer-managed keys enforced",
    **{operation: "not at all" for _, _, operation in OPERATIONS},
}
RECORDS = ("upsertRecordsNamespace", "searchRecordsNamespace")
DOCUMENTS = [operation for _, rule, operation in OPERATIONS if "documents" in rule]
POD = {"environment": "us-east1-gcp", "pod_type": "p1.x1", "metadata_config": {"indexed": ["genre"]}}
VECTORS = [{"id": f"{i}", "values": [1, i], "metadata": {"genre": "drama", "year": i}} for i in range(5)]


@pytest.fixture
def world(emulator, caller):
    """Ready indexes of each kind with something in them, what is made of them, and a service account's token."""
    call = caller()
    pods = {"name": "pods", "dimension": 2, "metric": "cosine", "spec": {"pod": POD}}
    assert caller("2025-10")("POST", "/indexes", pods).status_code == 201
    hosts = {
        "dense": call.dense_index("dense", dimension=2, metric="dotproduct"),
        "text": call.model_index("text"),
    }
    call("POST", f"{hosts['dense']}/vectors/upsert", {"vectors": VECTORS})
    backup = call("POST", "/indexes/dense/backups", {"name": "first"}).json()["backup_id"]
    assert call("POST", "/collections", {"name": "kept", "source": "pods"}).status_code == 201
    emulator.control.advance(3600)
    job = call("POST", f"/backups/{backup}/create-index", {"name": "restored"}).json()["restore_job_id"]
    schedule = call(
        "POST",
        "/indexes/dense/backup-schedules",
        {
            "name": "nightly",
            "schedule": {"type": "time-based", "frequency": "daily"},
            "retention": {"expire_after_days": 7},
        },
    )
    token = granted(emulator, call)
    organization, project = (
        call("GET", f"/admin/{noun}", headers={"Authorization": f"Bearer {token}"}).json()["data"][0]["id"]
        for noun in ("organizations", "projects")
    )
    there = {
        "index_name": "dense",
        "namespace": "__default__",
        "backup_id": backup,
        "job_id": job,
        "schedule_id": schedule.json()["schedule_id"],
        "collection_name": "kept",
        "model_name": "multilingual-e5-large",
        "organization_id": organization,
        "project_id": project,
    }
    return {"emulator": emulator, "hosts": hosts, "token": token, "there": there}


def granted(emulator, call):
    """A token of the service account's."""
    grant = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "grant_type": "client_credentials",
        "audience": "https://api.pinecone.io/",
    }
    return call("POST", "/oauth/token", grant).json()["access_token"]


def base_of(world, plane, operation_id):
    if plane != "db_data":
        return world["emulator"].url
    return world["hosts"]["text" if operation_id in RECORDS else "dense"]


def headers_for(world, plane, version):
    headers = {"X-Pinecone-Api-Version": version}
    if plane == "admin":
        return headers | {"Authorization": f"Bearer {world['token']}"}
    return headers | {"Api-Key": world["emulator"].api_key}


@cache
def loaded(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_path(str(path))
        found = [result.ok() for result in schema.get_all_operations()]
    # What deletes comes last, so that the others find something.
    return sorted(found, key=lambda operation: operation.method.upper() == "DELETE")


def hold_against_the_specification(case, answer, plane):
    """Fail unless the answer is one the specification allows."""
    status, operation = answer.status_code, case.operation
    name = operation.definition.raw["operationId"]
    documented = operation.definition.raw["responses"]
    if status == 501 and name in UNIMPLEMENTED:
        return
    assert status < 500, f"{status} {answer.text}"
    if str(status) in documented or (status >= 400 and "4XX" in documented):
        case.validate_response(answer, checks=CHECKS)
        return
    assert status in REFUSALS, f"{status} is not documented: {answer.text}"
    body = answer.json()
    if plane == "db_data" and name not in (*RECORDS, *DOCUMENTS):
        assert set(body) == {"code", "message", "details"}
    else:
        assert (body["status"], set(body["error"])) == (status, {"code", "message"})


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """Write the body of upsertRecordsNamespace."""
    if not isinstance(value, list):
        return str(value).encode(errors="replace")
    return b"\n".join(json.dumps(record).encode() for record in value)


def ask(world, plane, version, path, *, mode, hold):
    """Send requests for every operation of a specification; return what went wrong."""
    failures = []
    for operation in loaded(path):
        try:
            ask_for(world, plane, version, operation, mode=mode, hold=hold)
        except (Exception, BaseExceptionGroup) as failure:  # noqa: BLE001 - collected, to be told at once
            failures.append(f"{operation.label}: {failure}")
    return "\n\n".join(failures)


def ask_for(world, plane, version, operation, *, mode, hold):
    base = base_of(world, plane, operation.definition.raw["operationId"])
    headers = headers_for(world, plane, version)

    @BUDGET
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def send(case, known):
        if known:
            there = {
                name: world["there"][name] for name in case.path_parameters or {} if name in world["there"]
            }
            case.path_parameters = {**case.path_parameters, **there}
        # Some are made without the version, and would be answered in the oldest.
        case.headers = {**(case.headers or {}), **headers}
        hold(case, case.call(base_url=base), plane)

    send()


PAIRS = specs.told_pairs()


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize(("plane", "version"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_requests_after_the_specification_are_answered_as_it_says(world, plane, version, mode):
    path = specs.told(plane, version)
    assert ask(world, plane, version, path, mode=mode, hold=hold_against_the_specification) == ""


def test_the_operations_written_down_are_those_of_the_specification():
    specs.need()
    there = [plane for plane, version in specs.available() if version == "2026-07"]
    written = (specs.HERE / "operations_2026-07.txt").read_text().split("\n")
    for plane in there:
        found = {f"{plane} {' '.join(operation)}" for operation in specs.operations(plane, "2026-07")}
        assert found == {line for line in written if line.startswith(f"{plane} ")}


def test_the_table_of_operations_in_the_documentation_is_true():
    specs.need()
    text = coverage.DOCUMENT.read_text()
    assert coverage.with_table(text) == text, "run python -m tests.pinecone_emulator.coverage"
    assert "missing" not in text.split(coverage.BEGIN)[1].split(coverage.END)[0]
