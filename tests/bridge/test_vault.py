from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bridge import vault
from bridge.config import Settings
from bridge.errors import SealBroken
from bridge.vault import NoSecretKeyError, Vault


def test_what_was_sealed_opens_again_and_does_not_show() -> None:
    one = Vault([vault.make_key()])
    sealed = one.seal("pcsk_secret")
    assert (one.open(sealed), b"pcsk_secret" in sealed) == ("pcsk_secret", False)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    old, new = vault.make_key(), vault.make_key()
    sealed_before = Vault([old]).seal("a")
    rotated = Vault([new, old])
    assert (rotated.open(sealed_before), Vault([new]).open(rotated.seal("b"))) == ("a", "b")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        Vault([vault.make_key()]).open(Vault([vault.make_key()]).seal("a"))


def test_production_without_a_key_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoSecretKeyError, match="python -m bridge secret-key"):
        vault.open_vault(Settings(data_dir=tmp_path))


def test_what_is_no_fernet_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSecretKeyError, match="no Fernet key"):
        vault.open_vault(Settings(data_dir=tmp_path, secret_key="abc"))


def test_development_makes_a_key_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(env="development", data_dir=tmp_path / "var")
    sealed = vault.open_vault(settings).seal("a")
    mode = stat.S_IMODE((tmp_path / "var/secret.key").stat().st_mode)
    folder = stat.S_IMODE((tmp_path / "var").stat().st_mode)
    assert (vault.open_vault(settings).open(sealed), oct(mode), oct(folder)) == ("a", "0o600", "0o700")
