"""`keys`: makes, lists and revokes the keys of the bridge's own API."""

from __future__ import annotations

from datetime import timedelta

import click

from bridge import clock, connecting, keys
from bridge.access import OPERATOR, SCOPES
from bridge.config import Settings
from bridge.runtime import running


@click.group()
def command() -> None:
    """Make, list and revoke API keys."""


@command.command()
@click.option("--name", required=True, help="Whose key it is.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=["read"], show_default=True
)
@click.option(
    "--connection",
    "connections",
    multiple=True,
    help="Limit it to this connection, by id or name; repeatable.",
)
@click.option("--index", "indexes", multiple=True, help="Limit it to indexes of this glob; repeatable.")
@click.option("--calls-per-minute", type=click.IntRange(1), help="Limit how often it may ask.")
@click.option("--days", type=click.IntRange(1), help="Let it expire after so many days.")
def create(  # noqa: PLR0917 - click names them
    name: str,
    scopes: tuple[str, ...],
    connections: tuple[str, ...],
    indexes: tuple[str, ...],
    calls_per_minute: int | None,
    days: int | None,
) -> None:
    """Make a key and print it: it is shown this once."""
    with running(Settings.from_env()) as runtime:
        _, key = keys.create(
            runtime,
            name=name,
            scopes=scopes,
            connection_ids=[connecting.chosen(runtime, OPERATOR, each).id for each in connections] or None,
            indexes=indexes or None,
            calls_per_minute=calls_per_minute,
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
    click.echo(key)


@command.command(name="list")
def list_keys() -> None:
    """List the keys: id, hint, name, scopes, state."""
    cursor = None
    with running(Settings.from_env()) as runtime:
        while True:
            page = keys.page(runtime, OPERATOR, cursor=cursor, limit=100)
            for row in page.rows:
                state = "revoked" if row.revoked_at else "active"
                click.echo(f"{row.id}  {row.hint}  {row.name:20}  {','.join(row.scopes):25}  {state}")
            cursor = page.next_cursor
            if cursor is None:
                return


@command.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke the key KEY_ID at once."""
    with running(Settings.from_env()) as runtime:
        keys.revoke(runtime, OPERATOR, key_id)
    click.echo(f"{key_id} is revoked")
