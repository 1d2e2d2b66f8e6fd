from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner, Result

from bridge import clock, conformance, delivering, rotating, signing
from bridge.access import OPERATOR
from bridge.cli import conform
from bridge.conformance import Arrived
from tests.bridge.conftest import Owing

OLD, NEW = signing.new_secret(), signing.new_secret()
NOW = clock.now().timestamp()
EVENT = {"type": "index.ready", "timestamp": "2026-11-22T18:14:12Z", "data": {}}


def message(
    path: str = "/ok", number: int = 1, at: float = NOW, secrets: Any = (OLD,), **event: Any
) -> Arrived:
    body = orjson.dumps({**EVENT, "number": number, **event})
    headers = signing.headers(f"msg_{number}", body, secrets, datetime.fromtimestamp(at, UTC))
    return Arrived(at, "POST", path, {**headers, "content-type": "application/json"}, body)


def failed(*arrived: Arrived, secrets: Any = (OLD,), result: str = "FAIL") -> list[str]:
    return [verdict.asked for verdict in conformance.judge(arrived, secrets) if verdict.result == result]


@pytest.mark.slow
def test_the_bridge_itself_conforms(owing: Owing) -> None:
    with conform.serve("127.0.0.1", 0) as receiver:
        made = {}
        for path in conformance.PATHS:
            types = ["index.*", *(["backup.*"] if path == "/ok" else [])]
            made[path] = owing.endpoint(receiver.url + path, *types, secret=OLD).endpoint.id
        owing.happen(2)
        delivering.deliver_due(owing.runtime)
        rotating.rotate(owing.runtime, OPERATOR, made["/ok"], secret=NEW)
        owing.happen(1, "backup.ready")
        time.sleep(conformance.RETRY_AFTER_SECONDS + 1.3)  # as /slow-down asked; timestamps are whole seconds
        for _ in range(6):
            owing.make_due()
            delivering.deliver_due(owing.runtime)
        verdicts = conformance.judge(receiver.arrived, [OLD, NEW])
    table = conform.table(verdicts)
    assert {verdict.result for verdict in verdicts} == {"pass"}, table
    assert len(table.splitlines()) == len(conformance.REQUIRED) + len(conformance.ADVISED) + 7


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_a_good_message_fails_nothing(scheme: Any) -> None:
    secret = signing.new_secret(scheme)
    assert failed(message(secrets=(secret,)), secrets=[signing.public_key(secret) or secret]) == []


def test_nothing_that_was_not_seen_passes() -> None:
    assert {verdict.result for verdict in conformance.judge([], [OLD])} == {"not seen"}


@pytest.mark.parametrize(
    ("arrived", "asked"),
    [
        ([replace(message(), method="PUT")], "messages are sent by POST"),
        ([replace(message(), headers={**message().headers, "webhook-id": "a.b"})], "webhook-id is there"),
        ([replace(message(), at=NOW + 3600)], "webhook-timestamp"),
        (
            [replace(message(), headers={**message().headers, "webhook-signature": "sha256=ff"})],
            "webhook-signature",
        ),
        ([replace(message(), body=message().body + b" ")], "a signature fits"),
        ([message(secrets=(NEW,))], "a signature fits"),
        ([message(), message(at=NOW + 5, other=1)], "a retry has"),
        ([message("/retry"), replace(message("/retry"), at=NOW + 5)], "a retry has"),
        ([message("/slow-down"), message("/slow-down", at=NOW + 0.5)], "Retry-After"),
        ([message("/redirect"), message("/trap")], "a redirect is"),
        ([message("/gone"), message("/gone", 2, at=NOW + 60)], "who answers 410"),
    ],
)
def test_every_fault_is_seen(arrived: list[Arrived], asked: str) -> None:
    assert [found for found in failed(*arrived) if found.startswith(asked)] != []


@pytest.mark.parametrize(
    ("arrived", "asked"),
    [
        (replace(message(), headers={**message().headers, "content-type": "text/plain"}), "the body is JSON"),
        (message(type="index ready"), "the body has a type and a timestamp"),
        (message(text="x" * 20_000), "the body is smaller than 20 kB"),
    ],
)
def test_what_the_specification_only_recommends_is_advice(arrived: Arrived, asked: str) -> None:
    assert (failed(arrived), failed(arrived, result="advice")) == ([], [asked])


def test_schemes_of_a_later_version_may_stand_beside_ours() -> None:
    good = message()
    both = f"v2,abc= {good.headers['webhook-signature']}"
    assert failed(replace(good, headers={**good.headers, "webhook-signature": both})) == []


@pytest.mark.parametrize("vector", conformance.VECTORS)
def test_the_published_vectors_are_signed_and_verified(vector: conformance.Vector) -> None:
    at, body = datetime.fromtimestamp(vector.timestamp, UTC), vector.body.encode()
    headers = signing.headers(vector.id, body, [vector.secret], at)
    arrived = Arrived(vector.timestamp, "POST", "/ok", headers, body)
    verifier = signing.public_key(vector.secret) or vector.secret
    assert (headers["webhook-signature"], conformance.verifies(arrived, verifier)) == (vector.signature, True)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(conform.command, ["--port", "0", "--seconds", "0.1", *arguments])


def test_the_command_tells_where_to_send_and_what_it_saw() -> None:
    ran = run()
    assert (ran.exit_code, "/slow-down" in ran.output, "not seen" in ran.output) == (0, True, True)


def test_what_was_not_seen_fails_only_where_it_is_asked_for() -> None:
    assert [run(*strict).exit_code for strict in ([], ["--strict"])] == [0, 1]


def test_the_command_prints_the_vectors() -> None:
    assert [one["signature"][:4] for one in orjson.loads(run("--vectors").output)] == ["v1,g", "v1a,"]


@pytest.mark.parametrize(
    "secret", ["whsec_short", "whpk_short", "whpk_AAAA", conformance.VECTORS[1].secret, "whpk_üüü"]
)
def test_the_command_refuses_what_verifies_nothing(secret: str) -> None:
    ran = run("--secret", secret)
    assert (ran.exit_code, ran.output.startswith("Error: "), secret[6:] in ran.output) == (1, True, False)


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with conform.serve("127.0.0.1", 0) as receiver:
        ran = CliRunner().invoke(conform.command, ["--port", receiver.url.rpartition(":")[2]])
    assert (ran.exit_code, "cannot listen on 127.0.0.1, port " in ran.output) == (1, True)


def test_bodies_in_chunks_are_read_and_other_paths_do_not_exist() -> None:
    heard: list[str] = []
    good = message()
    with conform.serve("127.0.0.1", 0, heard.append) as receiver, httpx.Client(base_url=receiver.url) as http:
        told = [
            http.post(path, content=iter([good.body[:9], good.body[9:]]), headers=good.headers).status_code
            for path in ("/ok", "/ok/?a=b", "/elsewhere")
        ]
        verdicts = conformance.judge(receiver.arrived, [OLD])
    assert told == [204, 204, 404]
    assert heard[-1] == "POST /elsewhere msg_1 is answered 404"
    assert [verdict for verdict in verdicts if verdict.result in ("FAIL", "advice")] == []
