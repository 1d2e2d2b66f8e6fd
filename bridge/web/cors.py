"""The CORS: which pages of other origins may call the API from a browser; none, unless a setting names them."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

METHODS: Final = "GET, POST, PATCH, DELETE"
HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id"
SHOWN: Final = "Location, Pinehook-Run-Id, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
KEPT_SECONDS: Final = 600


def register(app: Flask, origins: str) -> None:
    """Answer the browsers of these origins (separated by commas; * is every one), if there are any."""
    allowed = {origin.strip().rstrip("/") for origin in origins.split(",")} - {""}
    if not allowed:
        return

    def answer_preflight() -> Response | None:
        # A browser asks this before the request itself, and without its key.
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204) if asks and _fits(allowed) else None

    def tell(response: Response) -> Response:
        response.headers.add("Vary", "Origin")
        if origin := _fits(allowed):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = SHOWN
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = METHODS
                response.headers["Access-Control-Allow-Headers"] = HEADERS
                response.headers["Access-Control-Max-Age"] = str(KEPT_SECONDS)
        return response

    app.before_request(answer_preflight)
    app.after_request(tell)


def _fits(allowed: set[str]) -> str | None:
    """Return what to allow: keys are sent in a header and never by the browser itself, so * is safe."""
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    return "*" if "*" in allowed else origin if origin in allowed else None
