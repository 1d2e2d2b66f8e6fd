"""Owns the command line of the emulator. Every option is also an environment variable, PINECONE_EMULATOR_<OPTION>."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinecone_emulator.database import DataDirectoryInUseError
from pinecone_emulator.quotas import PLANS
from pinecone_emulator.running import start
from pinecone_emulator.sentences import SentenceTransformerError
from pinecone_emulator.settings import (
    DEFAULT_PORT,
    DEVELOPMENT_CLIENT_ID,
    DEVELOPMENT_CLIENT_SECRET,
    DEVELOPMENT_KEY,
    Settings,
    is_loopback,
)

if TYPE_CHECKING:
    from types import FrameType

SECONDS = click.FloatRange(min=0)


@click.command(context_settings={"auto_envvar_prefix": "PINECONE_EMULATOR", "show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--data-dir",
    default=Path("var"),
    type=click.Path(file_okay=False, path_type=Path),
    help="Where data is kept.",
)
@click.option(
    "--public-url", default=None, help="URL clients reach the server by; index hosts begin with it."
)
@click.option("--api-key", default=DEVELOPMENT_KEY, help="API key of the ready-made project.")
@click.option(
    "--client-id", default=DEVELOPMENT_CLIENT_ID, help="Client ID of the ready-made service account."
)
@click.option("--client-secret", default=DEVELOPMENT_CLIENT_SECRET, help="Its client secret.")
@click.option(
    "--plan", default="Enterprise", type=click.Choice(tuple(PLANS)), help="Plan, which sets the quotas."
)
@click.option("--index-seconds", default=2.0, type=SECONDS, help="How long a new index is Initializing.")
@click.option("--backup-seconds", default=3.0, type=SECONDS, help="How long a new backup is Initializing.")
@click.option("--restore-seconds", default=4.0, type=SECONDS, help="How long a restore job is Pending.")
@click.option(
    "--scaling-seconds", default=3.0, type=SECONDS, help="How long changed read capacity is Scaling."
)
@click.option(
    "--collection-seconds", default=3.0, type=SECONDS, help="How long a new collection is Initializing."
)
@click.option(
    "--terminating-seconds",
    default=0.0,
    type=SECONDS,
    help="How long a deleted index or collection is Terminating.",
)
@click.option("--token-seconds", default=1800.0, type=SECONDS, help="How long an access token is good.")
@click.option(
    "--import-seconds", default=4.0, type=SECONDS, help="How long an import is Pending, then InProgress."
)
@click.option(
    "--import-dir",
    default=None,
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Where imports may read.",
    show_default="anywhere, if --host is loopback",
)
@click.option(
    "--sentence-transformer",
    default=None,
    help="Name or path of a sentence-transformer that embeds for all dense models.",
    show_default="the built-in lexical embedder",
)
@click.option("--rate-limits/--no-rate-limits", default=False, help="The service's rate limits.")
@click.option("--threads", default=16, type=click.IntRange(1), help="Requests served at once.")
@click.option(
    "--control/--no-control",
    default=None,
    help="Control API; never on unless --host is loopback.",
    show_default="on",
)
def main(**options: Any) -> None:
    """Run a Pinecone-compatible server for development and tests."""
    settings = Settings(**options)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with start(settings) as emulator:
            _greet(settings, emulator.url)
            emulator.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.")
    except (DataDirectoryInUseError, SentenceTransformerError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        if error.filename is not None:
            raise click.ClickException(f"{error.filename} cannot be used: {error.strerror}") from error
        raise click.ClickException(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror or error}). "
            "Stop what is using it, or choose another --port."
        ) from error


def _greet(settings: Settings, url: str) -> None:
    click.echo(f"Pinecone emulator at {url}, data in {settings.data_dir}")
    click.echo(f"API key: {settings.api_key}")
    click.echo(f"Service account: {settings.client_id}, secret {settings.client_secret}")
    click.echo(f'Python:  Pinecone(api_key="{settings.api_key}", host="{url}")')
    if not is_loopback(settings.host):
        click.echo(
            "Reachable from other machines: the control API is off; choose an --api-key and a --client-secret of your own."
        )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
