"""`run`: performs one action from the command line, with the rights of the operator."""

from __future__ import annotations

from typing import BinaryIO

import click
import orjson

from bridge import running as verb
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.errors import NotJson
from bridge.runtime import running


@click.command()
@click.argument("action")
@click.option("--input", "-i", "text", help="The input as JSON; {} where neither it nor --file is given.")
@click.option("--file", "-f", type=click.File("rb"), help="A file with the input as JSON; - is stdin.")
@click.option("--connection", "-c", help="A connection's id or name; the default one without it.")
def command(action: str, text: str | None, file: BinaryIO | None, connection: str | None) -> None:
    """Perform ACTION and print its output as JSON."""
    try:
        given = orjson.loads(file.read() if file else text or "{}")
    except orjson.JSONDecodeError as error:
        raise NotJson(f"the input is not JSON: {error}") from error
    with running(Settings.from_env()) as runtime:
        ran = verb.run(runtime, OPERATOR, action, given, connection=connection)
    click.echo(orjson.dumps(ran.output, option=orjson.OPT_INDENT_2))
