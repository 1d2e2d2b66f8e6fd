"""`migrate`: brings the database up to date and makes the default connection."""

from __future__ import annotations

import click

from bridge import connecting, migrations
from bridge.config import Settings
from bridge.runtime import running


@click.command()
def command() -> None:
    """Bring the database up to date; make the default connection and its watches."""
    with running(Settings.from_env()) as runtime:
        migrations.upgrade(runtime.database)
        connection = connecting.ensure_default(runtime)
    click.echo(f"the database is up to date; the default connection is {connection.id} at {connection.host}")
