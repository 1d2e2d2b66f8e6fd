"""The command line: one file a command; a command is the `command` of a module in this folder."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from bridge import __version__, db, logs
from bridge.config import Settings
from bridge.errors import PinehookError, SetupError


class Commands(click.Group):
    """The commands by their file names, imported only when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in order."""
        files = Path(__file__).parent.glob("*.py")
        return sorted(path.stem.replace("_", "-") for path in files if path.stem != "__init__")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"bridge.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run; say what went wrong in a sentence, never in a traceback, where it is no bug of ours."""
        try:
            # A command's output is its answer; of the log only what goes wrong. `work` asks for all of it.
            logs.configure(Settings.from_env().model_copy(update={"log_level": "warning"}))
            return super().invoke(ctx)
        except PinehookError as error:
            faults = "".join(f"\n  {fault.pointer or '/'}: {fault.message}" for fault in error.errors)
            raise click.ClickException(f"{error.code}: {error.detail}{faults}") from error
        except SetupError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename} cannot be used: {error.strerror}") from error
        except Exception as error:
            if not db.is_unreachable(error) and not isinstance(error, OperationalError):
                raise
            told = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
            advice = "look at DATABASE_URL and at its server"
            raise click.ClickException(f"the database cannot be used: {told}; {advice}") from error


@click.command(cls=Commands)
@click.version_option(__version__, prog_name="pinehook")
def main() -> None:
    """Pinehook: an automation bridge between Pinecone and everything else."""
