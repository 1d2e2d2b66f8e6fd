"""`openapi`: the document of the API on paper, for tools that are given a file."""

from __future__ import annotations

import click

from bridge import web
from bridge.config import Settings


@click.command()
@click.option("--actions", metavar="NAMES", help="Only these operations, separated by commas.")
@click.option("--swagger", is_flag=True, help="As Swagger 2.0, with the x-ms-* of Power Automate.")
def command(*, actions: str | None, swagger: bool) -> None:
    """Print the OpenAPI document, as /openapi.json serves it; PINEHOOK_PUBLIC_URL is the address in it."""
    click.echo(web.described(Settings.from_env(), actions=actions, as_swagger=swagger))
