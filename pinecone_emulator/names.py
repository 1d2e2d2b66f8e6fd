"""Owns the rules for names, tags and ids, and how new ones are made."""

from __future__ import annotations

import re
import secrets
import string
import uuid

from pinecone_emulator import limits
from pinecone_emulator.errors import InvalidArgumentError, NotFoundError
from pinecone_emulator.model import DEFAULT_NAMESPACE

RESOURCE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
TAG_KEY = re.compile(r"[A-Za-z0-9_-]+")
POD_TYPE = re.compile(r"(s1|p1|p2)(?:\.x([1248]))?")
POD_ENVIRONMENT = re.compile(r"([a-z0-9-]+)-(aws|gcp|azure)")
BYOC_ENVIRONMENT = re.compile(r"(aws|gcp|azure)-([a-z0-9-]+)-[a-z0-9]+")
SLUG_ALPHABET = string.ascii_lowercase + string.digits
SLUG_LENGTH = 7


def new_id() -> str:
    """Return a new id for an index, a backup or a restore job."""
    return str(uuid.uuid4())


def new_index_name() -> str:
    """Return a name for an index that was created without one (API version 2026-07)."""
    return f"index-{_random(SLUG_LENGTH)}"


def new_slug(name: str) -> str:
    """Return the part of an index's host that is its own, another one each time a name is used again."""
    return f"{name}-{_random(SLUG_LENGTH)}"


def check_resource_name(name: str, kind: str = "Index") -> str:
    """Return the name of an index or a backup if it is allowed; raise InvalidArgumentError if not."""
    if not 1 <= len(name) <= limits.RESOURCE_NAME_LENGTH:
        raise InvalidArgumentError(f"{kind} name must be 1-{limits.RESOURCE_NAME_LENGTH} characters long.")
    if not RESOURCE_NAME.fullmatch(name):
        raise InvalidArgumentError(
            f"{kind} name must contain only lowercase alphanumeric characters or hyphens, "
            "and must not begin or end with a hyphen."
        )
    return name


def check_length(name: str, longest: int, kind: str) -> str:
    """Return a name of any characters if its length is allowed; raise InvalidArgumentError if not."""
    if not 1 <= len(name) <= longest:
        raise InvalidArgumentError(f"{kind} must be 1-{longest} characters long.")
    return name


def check_pod_type(pod_type: str) -> str:
    """Return a pod type with its size, `.x1` unless given; raise InvalidArgumentError for one there is not."""
    found = POD_TYPE.fullmatch(pod_type)
    if found is None:
        raise InvalidArgumentError(
            f"Bad request. Invalid pod type {pod_type[:40]!r}. Must be s1, p1 or p2 with .x1, .x2, .x4 or .x8."
        )
    return f"{found[1]}.x{found[2] or 1}"


def pod_size(pod_type: str) -> tuple[str, int]:
    """Return the kind and the size of a checked pod type."""
    kind, size = pod_type.split(".x")
    return kind, int(size)


def pod_place(environment: str) -> tuple[str, str]:
    """Return cloud and region of a pod environment such as `us-east1-gcp`; raise NotFoundError."""
    found = POD_ENVIRONMENT.fullmatch(environment)
    if found is None:
        raise NotFoundError(f"Environment {environment[:80]} not found.")
    return found[2], found[1]


def byoc_place(environment: str) -> tuple[str, str]:
    """Return cloud and region of a BYOC environment such as `aws-us-east-1-b921`; raise NotFoundError."""
    found = BYOC_ENVIRONMENT.fullmatch(environment)
    if found is None:
        raise NotFoundError(f"Environment {environment[:80]} not found.")
    return found[1], found[2]


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags without those of empty value if all are allowed; raise InvalidArgumentError if not."""
    for key, value in tags.items():
        if len(key) > limits.TAG_KEY_LENGTH or not TAG_KEY.fullmatch(key):
            raise InvalidArgumentError(
                f"Invalid tag key {key[:100]!r}. Keys must be {limits.TAG_KEY_LENGTH} characters or less "
                "and alphanumeric, '_', or '-'."
            )
        if len(value) > limits.TAG_VALUE_LENGTH or not value.isascii() or (value and not value.isprintable()):
            raise InvalidArgumentError(
                f"Invalid value of tag {key!r}. Values must be {limits.TAG_VALUE_LENGTH} characters or less "
                "and consist of printable ASCII characters or spaces."
            )
    kept = {key: value for key, value in tags.items() if value}
    if len(kept) > limits.TAGS:
        raise InvalidArgumentError(f"An index can have at most {limits.TAGS} tags.")
    return kept


def check_record_id(record_id: str) -> str:
    """Return the id of a record if it is allowed; raise InvalidArgumentError if not."""
    if not record_id:
        raise InvalidArgumentError("Vector ID must not be empty.")
    if len(record_id) > limits.RECORD_ID_LENGTH:
        raise InvalidArgumentError(
            f"Vector ID must be at most {limits.RECORD_ID_LENGTH} characters, got {len(record_id)}."
        )
    if not record_id.isascii() or "\0" in record_id:
        raise InvalidArgumentError(f"Vector ID must be ASCII without NUL, got {record_id[:80]!r}.")
    return record_id


def internal_namespace(name: str | None) -> str:
    """Return a namespace's name as it is kept: the default one is the empty string. Raises InvalidArgumentError."""
    if name is None or name in {"", DEFAULT_NAMESPACE}:
        return ""
    if len(name) > limits.NAMESPACE_LENGTH or not name.isascii() or "\0" in name:
        raise InvalidArgumentError(
            f"Namespace must be at most {limits.NAMESPACE_LENGTH} ASCII characters without NUL, got {name[:80]!r}."
        )
    return name


def check_field_names(fields: list[str]) -> tuple[str, ...]:
    """Return the filterable fields of a metadata schema if they are allowed; raise InvalidArgumentError if not."""
    if len(fields) > limits.METADATA_SCHEMA_FIELDS:
        raise InvalidArgumentError(f"A schema may declare at most {limits.METADATA_SCHEMA_FIELDS} fields.")
    for name in fields:
        if name.startswith(("$", "_")):
            raise InvalidArgumentError(
                f"Invalid schema field name {name[:80]!r}: it may not begin with '$' or '_'."
            )
    return tuple(fields)


def _random(length: int) -> str:
    return "".join(secrets.choice(SLUG_ALPHABET) for _ in range(length))
