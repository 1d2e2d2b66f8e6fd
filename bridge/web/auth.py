"""The authentication: a bearer key becomes a caller, and a route's scope is asked of it."""

from __future__ import annotations

import re
from typing import Final

import structlog
from flask import g, request

from bridge import errors, keys
from bridge.access import Caller
from bridge.runtime import Runtime

ANYONE: Final = Caller(None, "anyone", frozenset())
"""Who asks for a public route, whatever key is sent along."""

BEARER: Final = re.compile(r"bearer +(phk_[A-Za-z0-9_-]{43})", re.IGNORECASE)


def admit(runtime: Runtime, need: str) -> Caller:
    """Return who asks, if what the route needs (a scope, `any` key, or `public`) is theirs.

    Raises Unauthorized, MissingScope.
    """
    if need == "public":
        return ANYONE
    header = request.headers.get("Authorization")
    if header is None:
        raise errors.Unauthorized("send an API key: the header `Authorization: Bearer`, a space, and the key")
    match = BEARER.fullmatch(header.strip())
    if match is None:
        raise errors.Unauthorized("the Authorization header must read `Bearer`, a space, and the key")
    caller = keys.authenticate(runtime, match[1], request.remote_addr)
    g.api_key_id = caller.api_key_id
    structlog.contextvars.bind_contextvars(api_key_id=caller.api_key_id)
    if need != "any":
        caller.require(need)
    return caller
