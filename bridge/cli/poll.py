"""`poll`: looks at Pinecone once, now."""

from __future__ import annotations

import click

from bridge import polling, watching
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.runtime import running


@click.command()
@click.argument("watch_id", required=False)
def command(watch_id: str | None) -> None:
    """Poll the watch WATCH_ID once, or every active watch; say what was seen, and fail where a look did."""
    failed = 0
    with running(Settings.from_env()) as runtime:
        ids = [watch_id] if watch_id else watching.active_ids(runtime, OPERATOR)
        for each in ids:
            polled = polling.poll_now(runtime, each)
            click.echo(f"{each} ({watching.get(runtime, OPERATOR, each).trigger}): {polled}")
            failed += polled.outcome == "failed"
    if failed:
        raise click.exceptions.Exit(1)
