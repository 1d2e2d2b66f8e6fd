"""`actions`: what can be asked of the bridge."""

from __future__ import annotations

import click
import orjson

from bridge import registry
from bridge.errors import UnknownAction


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the actions; with NAME, print its schema and examples as JSON."""
    actions = registry.load().actions
    if name is None:
        for action in actions.values():
            click.echo(f"{action.name:26} {action.effect:7} {action.title}")
        return
    if name not in actions:
        raise UnknownAction(f"there is no action {name!r}; `python -m bridge actions` lists them")
    found = actions[name]
    shown = {"input": found.input.bundled, "output": found.output.bundled, "examples": found.examples}
    click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2))
