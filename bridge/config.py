"""The settings: the only reader of the environment. Each field is one setting of docs/settings.md."""

from __future__ import annotations

import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.errors import SetupError


class SettingsError(SetupError):
    """The environment says what cannot be read; each such variable is named, its value is not told."""


class Settings(BaseSettings):
    """What the environment says. Raises pydantic.ValidationError naming each setting that cannot be read."""

    model_config = SettingsConfigDict(
        env_prefix="PINEHOOK_", env_ignore_empty=True, extra="ignore", populate_by_name=True, frozen=True
    )

    env: Literal["production", "development"] = Field(
        "production", description="development allows loopback targets and makes the keys it lacks"
    )
    data_dir: Path = Field(Path("var"), description="where bridge.db, emulator.db and secret.key lie (0700)")
    database_url: SecretStr | None = Field(
        None,
        alias="DATABASE_URL",
        description="postgresql://… or sqlite:///…; by default SQLite in the data directory",
    )
    secret_key: SecretStr | None = Field(
        None, description="seals stored keys; one or more Fernet keys, newest first, separated by commas"
    )
    host: str = Field("127.0.0.1", description="address the web process listens on")
    port: int = Field(8080, alias="PORT", ge=1, le=65535, description="port the web process listens on")
    public_url: str | None = Field(
        None,
        max_length=200,
        description="where others reach the web process, such as https://pinehook.example.com; links in messages, OpenAPI, Swagger and an endpoint's `Location` begin with it",
    )
    mcp_api_url: str = Field(
        "http://127.0.0.1:8080", description="the bridge that `python -m bridge mcp` acts through"
    )
    mcp_api_key: SecretStr | None = Field(
        None,
        description="API key that `python -m bridge mcp` acts with over stdio; over HTTP each request brings its own",
    )
    mcp_port: int = Field(
        8081, ge=1, le=65535, description="port that `python -m bridge mcp --http` listens on"
    )
    web_threads: int = Field(8, ge=1, le=256, description="requests the web process serves at once")
    cpu_affinity: bool = Field(
        False,  # noqa: FBT003 - its default
        description="keeps each web process and worker to a core of its own (Linux): more a second where much is asked at once",
    )
    max_body_bytes: int = Field(64 * 1024 * 1024, ge=1024, description="largest request body; above it 413")
    max_file_bytes: int = Field(
        1024**3, ge=1024, description="largest file taken for an action; above it 413"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level logged")
    log_format: Literal["json", "console"] | None = Field(
        None, description="json in production and console in development, unless said"
    )
    pinecone_api_key: SecretStr | None = Field(
        None, alias="PINECONE_API_KEY", description="makes Pinecone itself the default connection"
    )
    pinecone_client_id: str | None = Field(
        None,
        alias="PINECONE_CLIENT_ID",
        description="service account of the default connection, for projects and API keys",
    )
    pinecone_client_secret: SecretStr | None = Field(
        None, alias="PINECONE_CLIENT_SECRET", description="its secret", validate_default=True
    )
    pinecone_controller_host: str = Field(
        "https://api.pinecone.io",
        alias="PINECONE_CONTROLLER_HOST",
        description="control plane of a default connection that has PINECONE_API_KEY",
    )
    emulator_url: str = Field(
        "http://127.0.0.1:5080",
        description="control plane of the default connection without PINECONE_API_KEY",
    )
    emulator_api_key: SecretStr = Field(
        SecretStr("pckey_emulator_development"), description="the key that emulator knows"
    )
    emulator_client_id: str = Field(
        "emulator-development", description="the service account that emulator knows"
    )
    emulator_client_secret: SecretStr = Field(
        SecretStr("emulator-development-secret"), description="its secret"
    )
    pinecone_timeout_seconds: float = Field(30, gt=0, le=600, description="per attempt of a call to Pinecone")
    pinecone_retries: int = Field(
        3,
        ge=0,
        le=10,
        description="further attempts of a call to Pinecone after 408, 429, 5xx or a broken line",
    )
    poll_seconds: int = Field(60, ge=1, le=86400, description="how often a new watch looks, unless it says")
    poll_fast_seconds: float = Field(
        5, gt=0, le=86400, description="how often a watch looks while something is in transition"
    )
    calls_per_minute: int = Field(
        600,
        ge=1,
        le=1_000_000,
        description="calls to Pinecone the watches of a connection make in a minute, unless it says",
    )
    poll_threads: int = Field(4, ge=1, le=64, description="watches a worker polls at once")
    run_threads: int = Field(2, ge=1, le=64, description="runs a worker executes at once")
    deliveries_at_once: int = Field(64, ge=1, le=1024, description="webhooks a worker sends at once")
    delivery_timeout_seconds: float = Field(15, gt=0, le=30, description="total deadline of one attempt")
    deliveries_per_second: int = Field(
        20,
        ge=0,
        le=10_000,
        description="webhooks sent to one endpoint a second, unless it says; 0 is no limit",
    )
    client_error_attempts: int = Field(
        6,
        ge=0,
        le=31,
        description="attempts while the answer is 4xx (but 408, 425, 429); 0 is the whole schedule",
    )
    failing_after: int = Field(
        5,
        ge=1,
        le=1000,
        description="failed attempts in a row after which an endpoint is failing and held back",
    )
    disable_after_not_found: int = Field(
        20, ge=0, le=1000, description="answers of 404 in a row that disable an endpoint; 0 never does"
    )
    disable_after_days: float = Field(
        5, ge=0, le=365, description="days of nothing but failure that disable an endpoint; 0 never does"
    )
    keep_events_days: float = Field(
        30, ge=0, le=3650, description="days that events and their deliveries are kept; 0 keeps them for ever"
    )
    keep_attempts_days: float = Field(
        30, ge=0, le=3650, description="days that attempts are kept; 0 keeps them as long as their delivery"
    )
    keep_runs_days: float = Field(
        30, ge=0, le=3650, description="days that runs are kept; 0 keeps them for ever"
    )
    allow_targets: str = Field(
        "", description="private hosts or CIDRs that endpoints may point at, separated by commas"
    )
    slack_hosts: str = Field(
        "hooks.slack.com,hooks.slack-gov.com",
        description="hosts that a response_url of Slack's may have, separated by commas",
    )
    discord_api_url: str = Field(
        "https://discord.com/api/v10", description="where follow-ups of Discord's interactions go"
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="the Bot API of Telegram, or a server of your own for it (one on a private host stands in PINEHOOK_ALLOW_TARGETS, too)",
    )
    key_calls_per_minute: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="requests an API key may make in a minute, unless it says (on SQLite of each web process); 0 is no limit",
    )
    keys_in_query: bool = Field(
        False,  # noqa: FBT003 - its default
        description="takes keys that may only read as ?key= of a GET, for tools that cannot send a header",
    )
    cors_origins: str = Field(
        "", description="origins whose pages may call the API, separated by commas; * is every one"
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: SecretStr | None) -> SecretStr | None:
        text = "" if url is None else url.get_secret_value()
        known = text.startswith(("postgres://", "postgresql://", "postgresql+psycopg://"))
        if (
            url is None
            or known
            or (text.startswith("sqlite:///") and ":memory:" not in text and text != "sqlite:///")
        ):
            return url
        raise ValueError("must be postgresql://user:password@host/name or sqlite:///path/of/a/file.db")

    @cached_property
    def database(self) -> str:
        """The database's URL for SQLAlchemy, with the driver named."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.resolve() / 'bridge.db'}"
        url = self.database_url.get_secret_value()
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @field_validator("public_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is None or re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+(/[^\s?#\"'<>|()@]*)?", url):
            return url and url.rstrip("/")
        raise ValueError("must be https://host, with nothing after it but a path")

    @field_validator("pinecone_client_secret")
    @classmethod
    def _whole_account(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (secret is None) != (info.data.get("pinecone_client_id") is None):
            raise ValueError("a service account is both: PINECONE_CLIENT_ID and PINECONE_CLIENT_SECRET")
        return secret

    @property
    def development(self) -> bool:
        """Whether loopback targets are allowed and missing keys are made."""
        return self.env == "development"

    def of_provider(self, name: str) -> str | None:
        """Return PINEHOOK_<name>, a setting that an embedder asks for: the bridge need not know its name."""
        return os.environ.get(f"PINEHOOK_{name}") or None

    @classmethod
    def from_env(cls) -> Settings:
        """Read the settings from the environment. Raises SettingsError."""
        return cls._read()

    @classmethod
    def for_development(cls) -> Settings:
        """Read them as development, whatever PINEHOOK_ENV says. Raises SettingsError."""
        return cls._read(env="development")

    @classmethod
    def _read(cls, **given: Any) -> Settings:
        try:
            return cls(**given)
        except ValidationError as error:
            told = "".join(
                f"\n  {_variable(str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors()
            )
            # Not with its cause, which repeats the values: one of them may be a secret.
            raise SettingsError(f"settings that cannot be read:{told}") from None

    def environment(self) -> dict[str, str]:
        """Return the environment for processes that are to run with these settings and this Python."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        ours = {"PATH": path, "PINEHOOK_ENV": self.env, "PINEHOOK_HOST": self.host, "PORT": str(self.port)}
        return {**os.environ, "PYTHONUNBUFFERED": "1", **ours}


def _variable(name: str) -> str:
    return name if name.isupper() else f"PINEHOOK_{name.upper()}"
