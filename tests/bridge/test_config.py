from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.config import Settings, SettingsError


def test_a_platform_s_postgres_url_gets_its_driver() -> None:
    assert Settings(DATABASE_URL="postgres://u:p@h:5432/d").database == "postgresql+psycopg://u:p@h:5432/d"


def test_without_a_url_it_is_sqlite_in_the_data_directory(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/bridge.db"


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINECONE_API_KEY", "")
    assert Settings.from_env().pinecone_api_key is None


def test_a_value_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("PINEHOOK_POLL_SECONDS", "often")
    with pytest.raises(SettingsError, match=r"  PORT: .*\n  PINEHOOK_POLL_SECONDS: .*valid integer"):
        Settings.from_env()


def test_a_value_that_cannot_be_read_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@db.example/x")
    with pytest.raises(SettingsError) as refused:
        Settings.from_env()
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "http://x", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_none_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be postgresql://"):
        Settings(DATABASE_URL=url)


def test_secrets_do_not_show_in_a_printed_settings_object() -> None:
    told = repr(Settings(PINECONE_API_KEY="pcsk_abc", secret_key="def", DATABASE_URL="postgresql://u:pw@h/d"))
    assert [word for word in ("pcsk_abc", "def'", "pw@") if word in told] == []


@pytest.mark.parametrize("half", [{"PINECONE_CLIENT_ID": "id"}, {"PINECONE_CLIENT_SECRET": "secret"}])
def test_half_a_service_account_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="both: PINECONE_CLIENT_ID and PINECONE_CLIENT_SECRET"):
        Settings(**half)


def test_a_public_url_is_an_address_without_a_slash_at_its_end() -> None:
    assert Settings(public_url="https://pinehook.example.com/").public_url == "https://pinehook.example.com"


@pytest.mark.parametrize(
    "url", ["pinehook.example.com", "ftp://host", "https://", "https://host/?a=b", "https://a b"]
)
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be https://host"):
        Settings(public_url=url)
