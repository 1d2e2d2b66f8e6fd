"""`mcp`: the bridge as an MCP server, over stdio or streamable HTTP."""

from __future__ import annotations

import anyio
import click
import uvicorn
from mcp.server.stdio import stdio_server

from bridge import mcp
from bridge.config import Settings
from bridge.errors import SetupError


@click.command()
@click.option(
    "--http",
    is_flag=True,
    help="Serve streamable HTTP at /mcp instead of stdio; each request brings its key.",
)
def command(*, http: bool) -> None:
    """Serve every action as a tool to MCP clients; a client of a running bridge's API."""
    anyio.run(_serve_http if http else _serve_stdio, Settings.from_env())


async def _serve_stdio(settings: Settings) -> None:
    if settings.mcp_api_key is None:
        raise SetupError("PINEHOOK_MCP_API_KEY is not set: make one with `python -m bridge keys create`")
    async with (
        mcp.calling(settings.mcp_api_url, settings.mcp_api_key.get_secret_value()) as bridge,
        stdio_server() as (incoming, outgoing),
    ):
        served = mcp.server(bridge)
        await served.run(incoming, outgoing, served.create_initialization_options())


async def _serve_http(settings: Settings) -> None:
    async with mcp.calling(settings.mcp_api_url, None) as bridge:
        app = mcp.http_app(bridge, settings.host)
        config = uvicorn.Config(
            app, host=settings.host, port=settings.mcp_port, log_level="warning", access_log=False
        )
        await uvicorn.Server(config).serve()
