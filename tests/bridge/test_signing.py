from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import orjson
import pytest
import standardwebhooks
import svix
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bridge import clock, signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'
MOMENT = datetime.fromtimestamp(1614265330, UTC)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3.5))])
def test_the_published_vector_comes_out_in_every_time_zone(zone: timezone) -> None:
    assert signing.headers(PUBLISHED["webhook-id"], BODY, [SECRET], MOMENT.astimezone(zone)) == PUBLISHED


def test_a_secret_may_come_without_its_prefix() -> None:
    bare = SECRET.removeprefix("whsec_")
    assert signing.headers(PUBLISHED["webhook-id"], BODY, [bare], MOMENT) == PUBLISHED


PAIR = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
BY_PAIR = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
VERIFIERS = Path(__file__).parents[1] / "verifiers"


def test_the_published_vector_of_v1a_comes_out_beside_that_of_v1() -> None:
    both = signing.headers(PUBLISHED["webhook-id"], BODY, [PAIR, SECRET], MOMENT)
    assert both["webhook-signature"] == f"{BY_PAIR} {PUBLISHED['webhook-signature']}"


def test_the_public_key_verifies_what_a_new_pair_signs() -> None:
    secret = signing.new_secret("v1a")
    shown = signing.public_key(secret)
    assert shown is not None
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(shown.removeprefix("whpk_")))
    signed = signing.headers("evt_1", BODY, [secret], MOMENT)["webhook-signature"].removeprefix("v1a,")
    public.verify(base64.b64decode(signed), b"evt_1.1614265330." + BODY)


def test_a_secret_of_v1_has_no_public_key() -> None:
    assert (signing.public_key(SECRET), signing.scheme_of(SECRET), signing.scheme_of(PAIR)) == (
        None,
        "v1",
        "v1a",
    )


@pytest.mark.parametrize(
    "secret",
    [PAIR[:-8], "whsk_" + base64.b64encode(bytes(64)).decode(), "whsk_?", "whsk_", "whsec_"],
)
def test_what_is_no_secret_is_refused_without_being_repeated_back(secret: str) -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        signing.check(secret)
    assert secret[6:] in ("", "?") or secret[6:] not in str(caught.value)


def test_the_libraries_of_npm_verify_what_is_ours_and_nothing_else() -> None:
    if shutil.which("node") is None or not (VERIFIERS / "node_modules").exists():
        pytest.skip("the verifiers of npm are not installed here: npm ci --prefix tests/verifiers")
    body = orjson.dumps(
        {"type": "index.ready", "timestamp": clock.iso(clock.now()), "data": {"name": "bücher"}}
    )
    old, new = signing.new_secret(), signing.new_secret()
    now = clock.now()
    good = signing.headers("evt_1", body, [signing.new_secret("v1a"), new, old], now)
    cases = [
        (library, secret, headers, text.decode())
        for library in ("standardwebhooks", "svix")
        for secret, headers, text in (
            (new, good, body),
            (old, good, body),
            (signing.new_secret(), good, body),
            (new, good, body.replace(b"ready", b"READY")),
            (new, good | {"webhook-id": "evt_2"}, body),
            (new, signing.headers("evt_1", body, [new], now - timedelta(minutes=6)), body),
        )
    ]
    ran = subprocess.run(
        ["node", VERIFIERS / "verify.js"],
        input=orjson.dumps(cases),
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert orjson.loads(ran.stdout) == [True, True, False, False, False, False] * 2


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(TEXT, TEXT), st.integers(min_value=1, max_value=3))
def test_other_libraries_verify_every_one_of_several_signatures(body: dict[str, str], count: int) -> None:
    payload = orjson.dumps(body)
    secrets = [signing.new_secret() for _ in range(count)]
    headers = signing.headers("evt_01", payload, secrets, clock.now())
    for secret in secrets:
        svix.Webhook(secret).verify(payload, headers)
        assert standardwebhooks.Webhook(secret).verify(payload, headers) == body


def test_a_foreign_secret_verifies_nothing() -> None:
    headers = signing.headers("evt_01", BODY, [signing.new_secret()], clock.now())
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signing.new_secret()).verify(BODY, headers)


def test_new_secrets_hold_32_bytes_and_differ() -> None:
    made = {signing.new_secret() for _ in range(50)}
    assert (len(made), {len(signing.key_of(secret)) for secret in made}) == (50, {32})


@pytest.mark.parametrize("length", [0, 1, 23, 65])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        signing.key_of("whsec_" + base64.b64encode(bytes(length)).decode())


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsk_" + "A" * 44 + "_", "ü"])
def test_what_is_no_base64_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="base64") as caught:
        signing.key_of(secret)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("event_id", ["", "evt.1"])
def test_an_id_that_would_make_the_signature_ambiguous_is_refused(event_id: str) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        signing.headers(event_id, BODY, [SECRET], MOMENT)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        signing.headers("evt_1", BODY, [SECRET], datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
