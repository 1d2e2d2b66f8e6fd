"""Owns the doors of users, invites, service accounts and role bindings. Spec: Admin API, since 2026-04."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from pinecone_emulator.admin import members, role_bindings, service_accounts
from pinecone_emulator.admin.model import (
    PRINCIPALS,
    RESOURCES,
    Grant,
    Invite,
    RoleBinding,
    ServiceAccount,
    User,
)
from pinecone_emulator.errors import InvalidArgumentError, UnprocessableError
from pinecone_emulator.payload import Payload
from pinecone_emulator.routes.context import backend, body, caller, json
from pinecone_emulator.routes.pages import data_page
from pinecone_emulator.versions import admin as wire

doors = Blueprint("people", __name__, url_prefix="/admin")

MOST_GRANTS = 100


@doors.get("/users")
def list_users() -> Response:
    """List the users."""
    return data_page(members.users(backend(), caller(), request.args.get("email")), _id, wire.user)


@doors.get("/users/<user_id>")
def fetch_user(user_id: str) -> Response:
    """Describe a user."""
    return json(wire.user(members.user(backend(), caller(), user_id)))


@doors.delete("/users/<user_id>")
def delete_user(user_id: str) -> Response:
    """Remove a user."""
    members.remove_user(backend(), caller(), user_id)
    return Response(status=202)


@doors.get("/invites")
def list_invites() -> Response:
    """List the invites that were not accepted."""
    return data_page(members.invites(backend(), caller()), _id, _invite)


@doors.post("/invites")
def create_invite() -> Response:
    """Invite a person."""
    wanted = body()
    email = wanted.need("email", wanted.text("email"))
    grants = wanted.need("role_bindings", _grants(wanted))
    return json(_invite(members.create_invite(backend(), caller(), email, grants)))


@doors.get("/invites/<invite_id>")
def fetch_invite(invite_id: str) -> Response:
    """Describe an invite."""
    return json(_invite(members.invite(backend(), caller(), invite_id)))


@doors.delete("/invites/<invite_id>")
def delete_invite(invite_id: str) -> Response:
    """Take an invite back."""
    members.delete_invite(backend(), caller(), invite_id)
    return Response(status=202)


@doors.post("/invites/<invite_id>/resend")
def resend_invite(invite_id: str) -> Response:
    """Extend an invite."""
    return json(_invite(members.resend_invite(backend(), caller(), invite_id)))


@doors.get("/service-accounts")
def list_service_accounts() -> Response:
    """List the service accounts."""
    return data_page(service_accounts.all_of(backend(), caller()), _id, wire.service_account)


@doors.post("/service-accounts")
def create_service_account() -> Response:
    """Create a service account; its secret is told this once."""
    wanted = body()
    name = wanted.need("name", wanted.text("name"))
    account, secret = service_accounts.create(backend(), caller(), name, _grants(wanted) or [])
    return json(_with_secret(account, secret), 201)


@doors.get("/service-accounts/<account_id>")
def fetch_service_account(account_id: str) -> Response:
    """Describe a service account."""
    return json(wire.service_account(service_accounts.find(backend(), caller(), account_id)))


@doors.patch("/service-accounts/<account_id>")
def update_service_account(account_id: str) -> Response:
    """Rename a service account."""
    account = service_accounts.rename(backend(), caller(), account_id, body().text("name"))
    return json(wire.service_account(account))


@doors.delete("/service-accounts/<account_id>")
def delete_service_account(account_id: str) -> Response:
    """Delete a service account."""
    service_accounts.delete(backend(), caller(), account_id)
    return Response(status=202)


@doors.post("/service-accounts/<account_id>/rotate-secret")
def rotate_service_account_secret(account_id: str) -> Response:
    """Give a service account another secret."""
    return json(_with_secret(*service_accounts.rotate(backend(), caller(), account_id)))


@doors.get("/role-bindings")
def list_role_bindings() -> Response:
    """List the role bindings that fit all filters."""
    names = ("principal_type", "principal_id", "resource_type", "resource_id", "role")
    wanted = {name: request.args[name] for name in names if name in request.args}
    for kind in ("principal", "resource"):
        if f"{kind}_id" in wanted and f"{kind}_type" not in wanted:
            raise InvalidArgumentError(f"Bad request. {kind}_id requires {kind}_type.")
    found = [
        one
        for one in role_bindings.all_of(backend(), caller())
        if all(getattr(one, name) == value for name, value in wanted.items())
    ]
    return data_page(found, _id, wire.role_binding)


@doors.post("/role-bindings")
def create_role_binding() -> Response:
    """Give a principal a role."""
    wanted = body()
    kind = wanted.need("principal_type", wanted.choice("principal_type", PRINCIPALS))
    principal_id = wanted.need("principal_id", wanted.text("principal_id"))
    return json(
        wire.role_binding(role_bindings.create(backend(), caller(), kind, principal_id, _grant(wanted)))
    )


@doors.get("/role-bindings/<binding_id>")
def fetch_role_binding(binding_id: str) -> Response:
    """Describe a role binding."""
    return json(wire.role_binding(role_bindings.find(backend(), caller(), binding_id)))


@doors.delete("/role-bindings/<binding_id>")
def delete_role_binding(binding_id: str) -> Response:
    """Take a role away."""
    role_bindings.delete(backend(), caller(), binding_id)
    return Response(status=202)


def _grants(wanted: Payload) -> list[Grant] | None:
    items = wanted.items("role_bindings")
    if items is None:
        return None
    if len(items) > MOST_GRANTS:
        raise InvalidArgumentError(f"Bad request. role_bindings may have at most {MOST_GRANTS} entries.")
    grants = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise UnprocessableError(
                f"Failed to deserialize the JSON body into the target type: role_bindings[{place}]: "
                "invalid type, expected an object at line 1 column 1"
            )
        grants.append(_grant(Payload(item, path=f"role_bindings[{place}]")))
    return grants


def _grant(wanted: Payload) -> Grant:
    return Grant(
        wanted.need("resource_type", wanted.choice("resource_type", RESOURCES)),
        wanted.need("role", wanted.text("role")),
        wanted.text("resource_id"),
    )


def _with_secret(account: ServiceAccount, secret: str) -> dict[str, Any]:
    return {"service_account": wire.service_account(account), "client_secret": secret}


def _invite(invite: Invite) -> dict[str, Any]:
    return wire.invite(invite, backend().clock.now())


def _id(record: User | Invite | ServiceAccount | RoleBinding) -> str:
    return record.id
