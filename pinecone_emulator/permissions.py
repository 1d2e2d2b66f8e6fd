"""Owns what the roles of an API key allow: which permission an operation needs, and who has it.

Inference needs no permission beyond a key that is known.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pinecone_emulator.errors import PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterable

EDIT, VIEW = ("read", "write"), ("read",)
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "ProjectEditor": {"control": EDIT, "data": EDIT},
    "ProjectViewer": {"control": VIEW, "data": VIEW},
    "ControlPlaneEditor": {"control": EDIT},
    "ControlPlaneViewer": {"control": VIEW},
    "DataPlaneEditor": {"data": EDIT},
    "DataPlaneViewer": {"data": VIEW},
}
FREE = frozenset({"embed", "rerank", "models", "assistant"})
#: Operations that read although they are POST.
READING = frozenset({"query", "describe_index_stats", "fetch_by_metadata", "search", "fetch", "list"})
VERBS = {"POST": "create", "PATCH": "update", "DELETE": "delete"}


class Permission(NamedTuple):
    """A permission as the service names it, such as `control::backups::list`."""

    plane: str
    resource: str
    verb: str
    level: str

    @property
    def name(self) -> str:
        """The permission as error messages have it."""
        return f"{self.plane}::{self.resource}::{self.verb}"


@lru_cache(maxsize=512)
def needed(method: str, rule: str) -> Permission | None:
    """Return what a request needs whose path fits this rule (`/indexes/<name>`), None if any key will do."""
    parts = rule.split("/")[1:]
    words = [part.replace("-", "_") for part in parts if not part.startswith("<")]
    if not words or words[0] in FREE:
        return None
    level = "read" if method == "GET" or words[-1] in READING else "write"
    single = parts[-1].startswith("<")
    verb = VERBS.get(method, "describe" if single else "list")
    if words[0] != "i":
        if words[-1] in {"create_for_model", "create_index"}:
            return Permission("control", "indexes", "create", level)
        if words[-1] == "history":
            return Permission("control", "backup_schedules", "list", level)
        return Permission(
            "control", words[-1], "configure" if words == ["indexes"] and verb == "update" else verb, level
        )
    return Permission("data", *_of_data(words[1:], verb), level)


def _of_data(words: list[str], verb: str) -> tuple[str, str]:
    if words[0] in {"query", "describe_index_stats"}:
        return "vectors", words[0]
    if "documents" in words:
        return "documents", words[-1]
    if words[0] == "bulk":
        return "imports", verb
    return words[0], verb if len(words) == 1 else words[-1]


def check(roles: Iterable[str], permission: Permission | None) -> None:
    """Raise PermissionDeniedError unless one of the roles has the permission."""
    if permission is None:
        return
    if not any(permission.level in ROLES.get(role, {}).get(permission.plane, ()) for role in roles):
        raise PermissionDeniedError(f"Access denied: Permission {permission.name} is required")
