from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from sqlmodel import select

from bridge import clock, delivering, endpoints, errors, rotating, signing
from bridge.access import OPERATOR
from bridge.models import Audit, Endpoint
from tests.bridge.conftest import Owing
from tests.receiver import Received, Receiver

URL = "https://receiver.example/"
OWN = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def verifies(secret: str | None, request: Received) -> bool:
    try:
        standardwebhooks.Webhook(secret or "").verify(request.body, request.headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def rotate(owing: Owing, endpoint_id: str, **changes: Any) -> rotating.Signing:
    return rotating.rotate(owing.runtime, OPERATOR, endpoint_id, **changes)


def outdate(owing: Owing) -> None:
    with owing.runtime.database.write() as session:
        row = session.exec(select(Endpoint)).one()
        past = clock.iso(clock.now() - timedelta(seconds=1))
        row.sealed_old_secrets = [{**old, "valid_until": past} for old in row.sealed_old_secrets]


def test_after_a_rotation_both_secrets_sign_until_the_old_one_has_expired(
    owing: Owing, receiver: Receiver
) -> None:
    made = owing.endpoint(receiver.url)
    rotated = rotate(owing, made.endpoint.id)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    outdate(owing)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    verdicts = [
        [verifies(secret, request) for secret in (made.secret, rotated.secret)]
        for request in receiver.received
    ]
    [until] = rotated.old_valid_until
    assert (verdicts, abs((until - clock.now()).total_seconds() - 86_400) < 60) == (
        [[True, True], [False, True]],
        True,
    )


def test_a_secret_that_leaked_signs_not_a_moment_longer(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url)
    rotated = rotate(owing, made.endpoint.id, keep_old_seconds=0)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    [request] = receiver.received
    assert [verifies(secret, request) for secret in (made.secret, rotated.secret)] == [False, True]


def test_a_rotation_to_a_key_pair_signs_by_both_schemes(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url)
    rotated = rotate(owing, made.endpoint.id, scheme="v1a")
    owing.happen()
    delivering.deliver_due(owing.runtime)
    [request] = receiver.received
    signatures = [one.partition(",")[0] for one in request.headers["webhook-signature"].split()]
    stored = endpoints.get(owing.runtime, OPERATOR, made.endpoint.id)
    assert (signatures, rotated.secret, stored.scheme, verifies(made.secret, request)) == (
        ["v1a", "v1"], None, "v1a", True)  # fmt: skip
    assert (stored.public_key or "").startswith("whpk_")


def test_ten_old_secrets_may_sign_and_no_more(owing: Owing) -> None:
    made = owing.endpoint(URL).endpoint.id
    for _ in range(10):
        rotate(owing, made)
    with pytest.raises(errors.Conflict):
        rotate(owing, made)
    assert len(rotate(owing, made, keep_old_seconds=0).old_valid_until) == 10
    outdate(owing)
    assert len(rotate(owing, made).old_valid_until) == 1


def test_to_rotate_to_the_secret_that_is_there_changes_nothing(owing: Owing) -> None:
    made = owing.endpoint(URL, secret=OWN).endpoint.id
    assert rotate(owing, made, secret=OWN).old_valid_until == []


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_an_own_secret_can_be_given_at_the_start(owing: Owing, receiver: Receiver, scheme: Any) -> None:
    secret = signing.new_secret(scheme)
    made = owing.endpoint(receiver.url, secret=secret)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    [request] = receiver.received
    at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    expected = signing.headers(request.headers["webhook-id"], request.body, [secret], at)
    shown = secret if scheme == "v1" else None
    assert (request.headers["webhook-signature"], made.secret) == (expected["webhook-signature"], shown)


@pytest.mark.parametrize(
    ("secret", "scheme"),
    [
        ("whsec_" + base64.b64encode(b"too short").decode(), None),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), None),
        (base64.b64encode(bytes(32)).decode(), None),
        ("whsk_" + base64.b64encode(bytes(64)).decode(), None),
        (OWN, "v1a"),
    ],
)
def test_what_is_no_secret_of_the_scheme_is_refused(owing: Owing, secret: str, scheme: Any) -> None:
    made = owing.endpoint(URL).endpoint.id
    for verb in (
        lambda: owing.endpoint(URL + "2", secret=secret, scheme=scheme),
        lambda: rotate(owing, made, secret=secret, scheme=scheme),
    ):
        with pytest.raises(errors.InvalidInput) as caught:
            verb()
        assert [fault.pointer for fault in caught.value.errors] == ["/secret"]
        assert secret not in str(caught.value.errors)


def test_a_secret_is_shown_again_and_that_is_written_down(owing: Owing) -> None:
    made = owing.endpoint(URL)
    shown = rotating.reveal(owing.runtime, OPERATOR, made.endpoint.id)
    rotate(owing, made.endpoint.id)
    with owing.runtime.database.read() as session:
        verbs = session.exec(select(Audit.verb).order_by(Audit.id)).all()
    assert (shown.secret, verbs[-2:]) == (made.secret, ["endpoint.secret.reveal", "endpoint.secret.rotate"])


def test_a_secret_whose_seal_is_broken_can_be_rotated(owing: Owing) -> None:
    made = owing.endpoint(URL).endpoint.id
    with owing.runtime.database.write() as session:
        session.exec(select(Endpoint)).one().sealed_secret = b"sealed by another key"
    with pytest.raises(errors.Conflict):
        rotating.reveal(owing.runtime, OPERATOR, made)
    assert (rotate(owing, made, keep_old_seconds=0).secret or "").startswith("whsec_")
