"""Who is asking: the caller behind an API key, and what its scopes and connections allow."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal, get_args

from bridge import errors

Scope = Literal["read", "write", "delete", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with an API key (or the operator at the command line, whose `api_key_id` is None).

    Who asks in a chat has the workspace's id for it.

    connection_ids: the only connections it may see; None = all of them.
    indexes: globs of the only indexes its actions may name; None = all. calls_per_minute: None = the usual limit.
    """

    api_key_id: str | None
    name: str
    scopes: frozenset[str]
    connection_ids: frozenset[str] | None = None
    remote: str | None = None
    indexes: tuple[str, ...] | None = None
    calls_per_minute: int | None = None

    def require(self, scope: str) -> None:
        """Raise MissingScope unless the caller has the scope. No scope includes another."""
        if scope not in self.scopes:
            raise errors.MissingScope(
                f"this needs the scope {scope!r} and the API key has: {', '.join(sorted(self.scopes)) or 'none'}"
            )

    def may_use(self, connection_id: str | None) -> bool:
        """Whether the caller may see what belongs to this connection (None: to no connection)."""
        return self.connection_ids is None or connection_id in self.connection_ids

    def may_touch(self, index: str) -> bool:
        """Whether the caller may name this index."""
        return self.indexes is None or any(fnmatchcase(index, glob) for glob in self.indexes)


OPERATOR: Final = Caller(None, "operator", frozenset(SCOPES))
"""The person at the command line of the machine itself."""
