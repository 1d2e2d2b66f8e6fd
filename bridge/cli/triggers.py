"""`triggers`: what can be watched, and the event types it gives."""

from __future__ import annotations

import click

from bridge import registry


@click.command()
def command() -> None:
    """List the triggers and their event types."""
    found = registry.load()
    for trigger in found.triggers.values():
        click.echo(f"{trigger.kind}: {trigger.title}")
        for name in trigger.events:
            click.echo(f"  {name:26} {found.event_types[name].description}")
