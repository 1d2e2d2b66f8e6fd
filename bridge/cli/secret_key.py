"""`secret-key`: makes a key for PINEHOOK_SECRET_KEY."""

from __future__ import annotations

import click

from bridge import vault


@click.command()
def command() -> None:
    """Print a new key for PINEHOOK_SECRET_KEY; keep it safe: without it sealed keys cannot be opened."""
    click.echo(vault.make_key())
