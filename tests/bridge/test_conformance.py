from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

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


def failed(*arrived: Arrived, secrets: Any = (OLD,)) -> list[str]:
    return [verdict.asked for verdict in conformance.judge(arrived, secrets) if verdict.result == "FAIL"]


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
    assert len(table.splitlines()) == len(conformance.EACH) + 7


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_a_good_message_fails_nothing(scheme: Any) -> None:
    secret = signing.new_secret(scheme)
    assert failed(message(secrets=(secret,)), secrets=[signing.public_key(secret) or secret]) == []


def test_nothing_that_was_not_seen_passes() -> None:
    assert {verdict.result for verdict in conformance.judge([], [OLD])} == {"not seen"}


@pytest.mark.parametrize(
    ("arrived", "asked"),
    [
        ([replace(message(), method="PUT")], "messages are JSON"),
        (
            [replace(message(), headers={**message().headers, "content-type": "text/plain"})],
            "messages are JSON",
        ),
        ([replace(message(), headers={**message().headers, "webhook-id": "a.b"})], "webhook-id is there"),
        ([replace(message(), at=NOW + 3600)], "webhook-timestamp"),
        (
            [replace(message(), headers={**message().headers, "webhook-signature": "sha256=ff"})],
            "webhook-signature",
        ),
        ([replace(message(), body=message().body + b" ")], "a signature fits"),
        ([message(secrets=(NEW,))], "a signature fits"),
        ([message(type="index ready")], "the body has"),
        ([message(text="x" * 20_000)], "the body is smaller"),
        ([message(), message(at=NOW + 5, other=1)], "a retry has"),
        ([message("/retry"), replace(message("/retry"), at=NOW + 5)], "a retry has"),
        ([message("/slow-down"), message("/slow-down", at=NOW + 0.5)], "Retry-After"),
        ([message("/redirect"), message("/trap")], "a redirect is"),
        ([message("/gone"), message("/gone", 2, at=NOW + 60)], "who answers 410"),
    ],
)
def test_every_fault_is_seen(arrived: list[Arrived], asked: str) -> None:
    assert [found for found in failed(*arrived) if found.startswith(asked)] != []


def test_the_command_tells_where_to_send_and_what_it_saw() -> None:
    ran = CliRunner().invoke(conform.command, ["--port", "0", "--seconds", "0.1"])
    assert (ran.exit_code, "/slow-down" in ran.output, "not seen" in ran.output) == (0, True, True)


def test_the_command_refuses_what_is_no_secret() -> None:
    ran = CliRunner().invoke(conform.command, ["--secret", "whsec_short"])
    assert (ran.exit_code, "secret" in ran.output) == (1, True)
