"""Owns the door of OAuth. Spec: OAuth API."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pinecone_emulator.admin import tokens
from pinecone_emulator.errors import InvalidArgumentError, OAuthError
from pinecone_emulator.payload import Payload, parse_object
from pinecone_emulator.routes.context import backend, json

doors = Blueprint("oauth", __name__)


@doors.post("/oauth/token")
def get_token() -> Response:
    """Exchange a service account's credentials, as JSON or as a form, for an access token."""
    if request.mimetype == "application/x-www-form-urlencoded":
        wanted = Payload(dict(request.form))
    else:
        try:
            wanted = Payload(parse_object(request.get_data(cache=False)))
        except InvalidArgumentError as error:
            raise OAuthError("invalid_request", error.message) from error
    token, good_for = tokens.issue(backend(), wanted)
    return json({"access_token": token, "token_type": "Bearer", "expires_in": good_for})
