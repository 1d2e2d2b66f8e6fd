from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from bridge import clock, connecting, errors, keys
from bridge.access import OPERATOR, Caller
from bridge.errors import PinehookError
from bridge.models import ApiKey, Audit
from bridge.runtime import Runtime


def refusal(of: type[PinehookError], runtime: Runtime, token: str) -> str:
    with pytest.raises(of) as caught:
        keys.authenticate(runtime, token, None)
    return caught.value.detail


def last_used(runtime: Runtime) -> object:
    with runtime.database.read() as session:
        return session.exec(select(ApiKey.last_used_at)).one()


@pytest.fixture
def connection_id(runtime: Runtime) -> str:
    return connecting.get(runtime, OPERATOR, None).id


@pytest.fixture
def limited(runtime: Runtime, connection_id: str) -> Caller:
    """Someone who may make keys, for one connection only."""
    _, key = keys.create(runtime, name="limited", scopes=["admin", "read"], connection_ids=[connection_id])
    return keys.authenticate(runtime, key, "192.0.2.1")


def test_a_key_stands_for_its_scopes_and_connections(runtime: Runtime, connection_id: str) -> None:
    row, key = keys.create(runtime, name="n8n", scopes=["write", "read"], connection_ids=[connection_id])
    assert keys.authenticate(runtime, key, "192.0.2.1") == Caller(
        row.id, "n8n", frozenset({"read", "write"}), frozenset({connection_id}), "192.0.2.1"
    )
    assert re.fullmatch(r"phk_[A-Za-z0-9_-]{43}", key)


def test_of_a_key_only_its_hash_and_its_beginning_are_kept(runtime: Runtime) -> None:
    row, key = keys.create(runtime, name="k", scopes=["read"])
    assert (row.hash, row.hint) == (hashlib.sha256(key.encode()).hexdigest(), f"{key[:8]}…")
    assert key not in str(row.model_dump())


def test_an_unknown_an_expired_and_a_revoked_key_open_nothing_and_read_alike(runtime: Runtime) -> None:
    soon = clock.now() + timedelta(milliseconds=1)
    _, expired = keys.create(runtime, name="e", scopes=["read"], expires_at=soon)
    row, revoked = keys.create(runtime, name="r", scopes=["read"])
    keys.revoke(runtime, OPERATOR, row.id)
    told = {refusal(errors.Unauthorized, runtime, key) for key in (expired, revoked, "phk_unknown", "")}
    assert told == {"the API key is unknown, expired or revoked; ask its owner for another"}


def test_a_key_revoked_twice_keeps_the_first_moment(runtime: Runtime) -> None:
    row, _ = keys.create(runtime, name="r", scopes=["read"])
    first = keys.revoke(runtime, OPERATOR, row.id).revoked_at
    assert keys.revoke(runtime, OPERATOR, row.id).revoked_at == first


def test_when_a_key_was_used_is_written_once_a_minute(runtime: Runtime) -> None:
    _, key = keys.create(runtime, name="k", scopes=["read"])
    never = last_used(runtime)
    keys.authenticate(runtime, key, None)
    first = last_used(runtime)
    keys.authenticate(runtime, key, None)
    assert (never, last_used(runtime)) == (None, first)
    with runtime.database.write() as session:
        session.exec(select(ApiKey)).one().last_used_at = clock.now() - timedelta(seconds=61)
    keys.authenticate(runtime, key, None)
    assert last_used(runtime) > first


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"scopes": ["read"]}, errors.MissingScope),
        ({"scopes": ["write"], "connection_ids": ["conn_other"]}, errors.MissingScope),
        ({"scopes": ["read"], "connection_ids": ["conn_other"]}, errors.MissingScope),
    ],
)
def test_nobody_gives_what_they_do_not_have(
    runtime: Runtime, limited: Caller, asked: dict[str, list[str]], problem: type[PinehookError]
) -> None:
    with pytest.raises(problem):
        keys.create(runtime, name="more", caller=limited, **asked)


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["everything"]}, "/scopes"),
        ({"scopes": ["read"], "expires_at": clock.now()}, "/expires_at"),
        ({"scopes": ["read"], "connection_ids": ["conn_unknown"]}, "/connections"),
        ({"scopes": ["read"], "connection_ids": []}, "/connections"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    runtime: Runtime, asked: dict[str, list[str]], pointer: str
) -> None:
    with pytest.raises(PinehookError) as caught:
        keys.create(runtime, name="k", **asked)
    assert [fault.pointer for fault in caught.value.errors] == [pointer]


def test_a_limited_caller_sees_and_revokes_only_keys_within_its_limits(
    runtime: Runtime, limited: Caller, connection_id: str
) -> None:
    wide, _ = keys.create(runtime, name="wide", scopes=["read"])
    own, _ = keys.create(runtime, name="own", scopes=["read"], connection_ids=[connection_id], caller=limited)
    seen = [row.name for row in keys.page(runtime, limited, cursor=None, limit=10).rows]
    for verb in (keys.get, keys.revoke):
        with pytest.raises(errors.NotFound):
            verb(runtime, limited, wide.id)
    assert (seen, keys.get(runtime, limited, own.id).name) == (["own", "limited"], "own")


def test_keys_are_made_and_revoked_in_writing(runtime: Runtime, limited: Caller, connection_id: str) -> None:
    row, _ = keys.create(runtime, name="k", scopes=["read"], connection_ids=[connection_id], caller=limited)
    keys.revoke(runtime, limited, row.id)
    with runtime.database.read() as session:
        rows = session.exec(select(Audit).where(Audit.subject == row.id).order_by(Audit.id)).all()
    assert [(audit.verb, audit.actor, audit.api_key_id, audit.remote) for audit in rows] == [
        (verb, "limited", limited.api_key_id, "192.0.2.1") for verb in ("key.create", "key.revoke")
    ]
