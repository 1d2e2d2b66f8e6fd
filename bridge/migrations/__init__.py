"""The migrations: Alembic's environment and one file a step; `upgrade()` brings a database up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

from bridge.db import Database

if TYPE_CHECKING:
    from alembic.config import Config

HERE: Final = Path(__file__).parent


def config() -> Config:
    """Return Alembic's settings; `attributes["connection"]` is for the caller to fill."""
    # Alembic takes some 30 MB, and processes that only serve or work never need it.
    from alembic.config import Config  # noqa: PLC0415

    made = Config()
    made.set_main_option("script_location", str(HERE))
    return made


def upgrade(database: Database) -> None:
    """Bring the database to the newest step; nothing happens where it is there already."""
    from alembic import command  # noqa: PLC0415 - see config()

    settings = config()
    with database.writer.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def pending(database: Database) -> bool:
    """Whether the database lacks a step of this version of the bridge."""
    newest = max(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) != newest)
