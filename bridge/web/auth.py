"""The authentication: a bearer key becomes a caller, and a route's scope is asked of it."""

from __future__ import annotations

import re
from typing import Final

import structlog
from flask import g, request

from bridge import errors, keys
from bridge.access import Caller
from bridge.runtime import Runtime
from bridge.web.rates import Rates

ANYONE: Final = Caller(None, "anyone", frozenset())
"""Who asks for a public route, whatever key is sent along."""

KEY: Final = re.compile(r"phk_[A-Za-z0-9_-]{43}")
BEARER: Final = re.compile(rf"bearer +({KEY.pattern})", re.IGNORECASE)
IN_QUERY: Final = "key"
"""The query parameter that a key may come in, where a setting allows it."""


def admit(runtime: Runtime, need: str, rates: Rates) -> Caller:
    """Return who asks, if what the route needs (a scope, `any` key, or `public`) is theirs.

    Raises Unauthorized, RateLimited, MissingScope.
    """
    if need == "public":
        return ANYONE
    caller = keys.authenticate(runtime, _key(), request.remote_addr) if _in_header() else _of_query(runtime)
    g.api_key_id = caller.api_key_id
    structlog.contextvars.bind_contextvars(api_key_id=caller.api_key_id)
    rates.spend(caller)
    if need != "any":
        caller.require(need)
        if caller.indexes is not None:
            raise errors.MissingScope("a key that is limited to indexes runs actions on them, and no more")
    return caller


def _in_header() -> bool:
    return "Authorization" in request.headers or IN_QUERY not in request.args


def _key() -> str:
    header = request.headers.get("Authorization")
    if header is None:
        raise errors.Unauthorized("send an API key: the header `Authorization: Bearer`, a space, and the key")
    match = BEARER.fullmatch(header.strip())
    if match is None:
        raise errors.Unauthorized(
            "the Authorization header must read `Bearer`, a space, and a key: `phk_` and 43 characters"
        )
    return match[1]


def _of_query(runtime: Runtime) -> Caller:
    """Take the key from the query: of a GET, where a setting allows it, and only one that may only read."""
    if not runtime.settings.keys_in_query:
        told = "a key in the URL is taken only where PINEHOOK_KEYS_IN_QUERY allows it; send it in a header"
        raise errors.Unauthorized(told)
    match = KEY.fullmatch(request.args[IN_QUERY])
    if match is None or request.method != "GET":
        raise errors.Unauthorized("a key in the URL is taken of a GET alone, once, and must be a whole key")
    caller = keys.authenticate(runtime, match[0], request.remote_addr)
    if caller.scopes != {"read"}:
        raise errors.Unauthorized("a key in the URL must be one that may only read")
    return caller
