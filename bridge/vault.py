"""The vault: seals what must not be read at rest (API keys, endpoint URLs and secrets), by Fernet.

The key comes from PINEHOOK_SECRET_KEY: one or more Fernet keys, newest first, so that a key can be rotated.
In development one is made and kept in `secret.key` in the data directory, readable by its owner alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bridge.config import Settings
from bridge.errors import SealBroken, SetupError


class NoSecretKeyError(SetupError):
    """PINEHOOK_SECRET_KEY is missing in production, or is no Fernet key."""


class Vault:
    """Seals with the newest key, opens with any."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise NoSecretKeyError("PINEHOOK_SECRET_KEY is no Fernet key; " + HOW_TO_MAKE_ONE) from error

    def seal(self, text: str) -> bytes:
        """Return the text, sealed."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return the text that was sealed. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise SealBroken(
                "what is stored was sealed with a key that PINEHOOK_SECRET_KEY no longer holds"
            ) from error


HOW_TO_MAKE_ONE = "make one with: python -m bridge secret-key (beside `make run`, which keeps its own: set PINEHOOK_ENV=development)"


def make_key() -> str:
    """Return a new Fernet key."""
    return Fernet.generate_key().decode()


def open_vault(settings: Settings) -> Vault:
    """Open the vault of these settings; in development make its key when there is none.

    Raises NoSecretKeyError.
    """
    if settings.secret_key is not None:
        keys = [key.strip() for key in settings.secret_key.get_secret_value().split(",")]
        return Vault([key for key in keys if key])
    if not settings.development:
        raise NoSecretKeyError("PINEHOOK_SECRET_KEY is not set; " + HOW_TO_MAKE_ONE)
    return Vault([_kept_key(settings.data_dir / "secret.key")])


def _kept_key(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = make_key()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(made + "\n")
    return made
