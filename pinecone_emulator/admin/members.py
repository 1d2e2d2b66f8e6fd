"""Owns the verbs of the people of an organization: its users, and the invites by which they come."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory, role_bindings
from pinecone_emulator.admin.model import Grant, Invite, User
from pinecone_emulator.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
)
from pinecone_emulator.names import new_id

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_LENGTH = 254
INVITE_SECONDS = 7 * 86_400.0
EMAILS_PER_HOUR = 100
HOUR_SECONDS = 3_600.0


def users(backend: Backend, caller: Caller, email: str | None) -> list[User]:
    """Return the users, oldest first, or the one with this address. Raises PermissionDeniedError."""
    caller.must_read("organization::users::list")
    if email is not None:
        _check_email(email)
    return [user for user in backend.directory.all(User) if email is None or user.email == email.lower()]


def user(backend: Backend, caller: Caller, user_id: str) -> User:
    """Return the user of this id. Raises NotFoundError, PermissionDeniedError."""
    caller.must_read("organization::users::describe")
    found = backend.directory.find(User, user_id)
    if found is None:
        raise NotFoundError(f"User {user_id[:80]} not found.")
    return found


def remove_user(backend: Backend, caller: Caller, user_id: str) -> None:
    """Remove a user with their roles. Raises as `user`, AbortedError for the last owner."""
    with backend.deciding:
        found = user(backend, caller, user_id)
        caller.must_manage("organization::users::delete")
        role_bindings.check_not_last_owner(backend, found.id)
        with backend.database.writing() as connection:
            directory.remove(connection, *role_bindings.of_principal(backend, found.id), found)


def invites(backend: Backend, caller: Caller) -> list[Invite]:
    """Return the invites that were not accepted, oldest first. Raises PermissionDeniedError."""
    caller.must_read("organization::invites::list")
    return [invite for invite in backend.directory.all(Invite) if invite.processed_at is None]


def invite(backend: Backend, caller: Caller, invite_id: str) -> Invite:
    """Return the invite of this id, accepted or not. Raises NotFoundError, PermissionDeniedError."""
    caller.must_read("organization::invites::describe")
    found = backend.directory.find(Invite, invite_id)
    if found is None:
        raise NotFoundError(f"Invite {invite_id[:80]} not found.")
    return found


def create_invite(backend: Backend, caller: Caller, email: str, grants: list[Grant]) -> Invite:
    """Invite a person; no email is sent. Raises InvalidArgumentError, AlreadyExistsError, PermissionDeniedError."""
    caller.must_manage("organization::invites::create")
    address = _check_email(email)
    if not any(grant.resource_type == "organization" for grant in grants):
        raise InvalidArgumentError(
            "Bad request. role_bindings must have an organization role that makes the invitee a member."
        )
    with backend.deciding:
        now = backend.clock.now()
        if any(one.email == address for one in backend.directory.all(User)):
            raise AlreadyExistsError("This email already belongs to a member of the organization.")
        for other in backend.directory.all(Invite):
            if other.email == address and other.status(now) == "pending":
                raise AlreadyExistsError(
                    f"A pending invite already exists for this email; its ID is {other.id}."
                )
        _check_emails(backend, now)
        made = Invite(new_id(), address, now, now + INVITE_SECONDS, (now,))
        bindings = role_bindings.planned(backend, caller, "invite", made.id, grants)
        with backend.database.writing() as connection:
            directory.save(connection, made, *bindings)
    return made


def resend_invite(backend: Backend, caller: Caller, invite_id: str) -> Invite:
    """Extend an invite. Raises as `invite`, AlreadyExistsError if accepted, ResourceExhaustedError."""
    with backend.deciding:
        found = _not_accepted(backend, caller, invite_id, "resend", " and cannot be resent")
        now = backend.clock.now()
        _check_emails(backend, now)
        sent = (*found.sent_at, now)[-EMAILS_PER_HOUR:]
        found = replace(found, expires_at=now + INVITE_SECONDS, sent_at=sent)
        with backend.database.writing() as connection:
            directory.save(connection, found)
    return found


def delete_invite(backend: Backend, caller: Caller, invite_id: str) -> None:
    """Take an invite back. Raises as `invite`, AlreadyExistsError if it was accepted."""
    with backend.deciding:
        found = _not_accepted(backend, caller, invite_id, "delete", "; delete the resulting user instead")
        with backend.database.writing() as connection:
            directory.remove(connection, *role_bindings.of_principal(backend, found.id), found)


def accept_invite(backend: Backend, invite_id: str, name: str | None) -> User:
    """Be the person who accepts an invite. Raises NotFoundError, FailedPreconditionError unless it is pending."""
    with backend.deciding:
        found = backend.directory.find(Invite, invite_id)
        if found is None:
            raise NotFoundError(f"Invite {invite_id[:80]} not found.")
        now = backend.clock.now()
        if found.status(now) != "pending":
            raise FailedPreconditionError(f"Invite {invite_id} is {found.status(now)}.")
        member = User(new_id(), found.email, name, now)
        with backend.database.writing() as connection:
            directory.save(connection, member)
            directory.save(connection, replace(found, processed_at=now))
            for binding in role_bindings.of_principal(backend, found.id):
                directory.save(connection, replace(binding, principal_type="user", principal_id=member.id))
    return member


def _not_accepted(backend: Backend, caller: Caller, invite_id: str, verb: str, otherwise: str) -> Invite:
    found = invite(backend, caller, invite_id)
    caller.must_manage(f"organization::invites::{verb}")
    if found.processed_at is not None:
        raise AlreadyExistsError(f"Invite has already been accepted{otherwise}.")
    return found


def _check_email(email: str) -> str:
    if len(email) > EMAIL_LENGTH or not EMAIL.fullmatch(email):
        raise InvalidArgumentError(f"Bad request. {email[:80]!r} is not an email address.")
    return email.lower()


def _check_emails(backend: Backend, now: float) -> None:
    latest = sum(one > now - HOUR_SECONDS for each in backend.directory.all(Invite) for one in each.sent_at)
    if latest >= EMAILS_PER_HOUR:
        raise ResourceExhaustedError(f"The organization has sent {EMAILS_PER_HOUR} invite emails this hour.")
