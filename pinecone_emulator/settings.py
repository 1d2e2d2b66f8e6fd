"""Owns the emulator's settings and their names in the environment."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields
from pathlib import Path

DEVELOPMENT_KEY = "pckey_emulator_development"
DEVELOPMENT_CLIENT_ID = "emulator-development"
DEVELOPMENT_CLIENT_SECRET = "emulator-development-secret"  # noqa: S105 - printed at start; it guards nothing
DEFAULT_PORT = 5080


@dataclass(frozen=True, slots=True)
class Settings:
    """How an emulator runs; durations are seconds of the emulator's clock.

    `client_id` and `client_secret` are those of the ready-made service account; `plan` sets the quotas.
    `data_dir` None keeps the data in a temporary directory that goes away with the emulator. `public_url` None is
    made of the address the server is bound to. `sentence_transformer` None embeds lexically. `import_dir` None imports from anywhere if that is loopback, else from
    nowhere. `control` None switches the control API on if that is loopback.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data_dir: Path | None = None
    public_url: str | None = None
    api_key: str = DEVELOPMENT_KEY
    client_id: str = DEVELOPMENT_CLIENT_ID
    client_secret: str = DEVELOPMENT_CLIENT_SECRET
    plan: str = "Enterprise"
    index_seconds: float = 2.0
    backup_seconds: float = 3.0
    restore_seconds: float = 4.0
    scaling_seconds: float = 3.0
    collection_seconds: float = 3.0
    import_seconds: float = 4.0
    terminating_seconds: float = 0.0
    token_seconds: float = 1800.0
    import_dir: Path | None = None
    sentence_transformer: str | None = None
    rate_limits: bool = False
    threads: int = 16
    control: bool | None = None

    @property
    def control_is_on(self) -> bool:
        """Whether the control API under /_emulator/ answers."""
        return is_loopback(self.host) if self.control is None else self.control and is_loopback(self.host)


#: What the control API may change while running.
CHANGEABLE = ("plan", *(each.name for each in fields(Settings) if each.name.endswith("_seconds")))


def is_loopback(host: str) -> bool:
    """Return whether a server bound to this address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
