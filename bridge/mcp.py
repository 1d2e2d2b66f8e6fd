"""The MCP door: each action is a tool, what happened and what there is are resources (Model Context Protocol).

It is a client of `/v1` like any other: the API key decides which tools there are and what they may do. Over stdio
the key comes from the settings; over streamable HTTP each request brings its own as a bearer token.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
import mcp_types as types
import orjson
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.types import ASGIApp

from bridge import __version__, registry
from bridge.errors import SetupError
from bridge.plugin import JSON
from bridge.registry import ActionPlugin

TIMEOUT_SECONDS: Final = 60
WAIT_SECONDS: Final = 20
"""How long one request waits for a run; a tool call waits for as many of them as the run needs."""
EVENTS: Final = "pinehook://events"
RESOURCES: Final = "pinehook://resources"
PATHS: Final = (
    (re.compile(r"pinehook://events"), "/v1/events?limit=50"),
    (re.compile(r"pinehook://events/([a-z_.]+)"), "/v1/events?limit=50&type={}"),
    (re.compile(r"pinehook://resources"), "/v1/resources?limit=100"),
    (re.compile(r"pinehook://resources/(res_\w+)"), "/v1/resources/{}/timeline"),
)
"""What stands behind the address of a resource."""
CONNECTION: Final[JSON] = {
    "type": "string",
    "title": "Connection",
    "description": "Run it on this connection (id or name); without it on the default one.",
}
INSTRUCTIONS: Final = """\
Tools act on a Pinecone project. A tool that deletes only tells what would go until `confirm` repeats the thing's
name. What was written is found a few seconds later. What happened is in the resource pinehook://events."""
Asked = ServerRequestContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Bridge:
    """The bridge's own API, as this process calls it. key: None = each request brings its own."""

    api: httpx.AsyncClient
    key: str | None

    async def ask(self, asked: Asked, method: str, path: str, **more: Any) -> httpx.Response:
        """Call the API with the key of the request. Raises MCPError when the bridge cannot be reached."""
        headers = {"Authorization": f"Bearer {self.key or _bearer(asked)}"}
        try:
            return await self.api.request(method, path, headers=headers, **more)
        except httpx.TransportError as error:
            told = f"the bridge does not answer at {self.api.base_url}: is its web process running?"
            raise MCPError(types.INTERNAL_ERROR, told) from error

    async def scopes(self, key: str) -> list[str] | None:
        """Return the scopes of a key; None for one that is not valid."""
        answer = await self.api.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
        return answer.json()["scopes"] if answer.is_success else None

    async def verify_token(self, token: str) -> AccessToken | None:
        """Say who a bearer token is, as the library's HTTP door asks it."""
        scopes = await self.scopes(token)
        return None if scopes is None else AccessToken(token=token, client_id="api-key", scopes=scopes)


@asynccontextmanager
async def calling(url: str, key: str | None) -> AsyncIterator[Bridge]:
    """Hold a client of the API open for a block. Raises SetupError: no bridge there, or a key it does not know."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as api:
        bridge = Bridge(api, key)
        try:
            known = key is None or await bridge.scopes(key) is not None
        except httpx.TransportError as error:
            raise SetupError(f"no bridge answers at {url}: set PINEHOOK_MCP_API_URL") from error
        if not known:
            raise SetupError(f"{url} does not accept the API key of PINEHOOK_MCP_API_KEY")
        yield bridge


def server(bridge: Bridge) -> Server[Any]:
    """Return the MCP server: tools, resources and their templates."""
    return Server(
        "pinehook",
        version=__version__,
        title="Pinehook",
        instructions=INSTRUCTIONS,
        on_list_tools=functools.partial(_tools, bridge),
        on_call_tool=functools.partial(_call, bridge),
        on_list_resources=_resources,
        on_list_resource_templates=_templates,
        on_read_resource=functools.partial(_read, bridge),
    )


def http_app(bridge: Bridge, host: str) -> ASGIApp:
    """Return the streamable HTTP door, at /mcp: without sessions, 401 for a request without a valid API key."""
    app = server(bridge).streamable_http_app(
        stateless_http=True, json_response=True, host=host, token_verifier=bridge
    )
    app.add_middleware(AuthenticationMiddleware, backend=BearerAuthBackend(bridge))
    return app


async def _tools(bridge: Bridge, asked: Asked, _page: Any) -> types.ListToolsResult:
    scopes = (await bridge.ask(asked, "GET", "/v1/me")).json().get("scopes", [])
    actions = registry.load().actions.values()
    return types.ListToolsResult(tools=[_tool(action) for action in actions if action.scope in scopes])


def _tool(action: ActionPlugin) -> types.Tool:
    given = action.input.bundled
    return types.Tool(
        name=action.name,
        title=action.title,
        description=action.description,
        input_schema={**given, "properties": {**given["properties"], "connection": CONNECTION}},
        # Up to 2025-11-25 the protocol wants the type said at the top, also where a reference says it.
        output_schema={"type": "object", **action.output.bundled},
        annotations=types.ToolAnnotations(
            read_only_hint=action.effect == "read", destructive_hint=action.effect == "delete", open_world_hint=True
        ),
    )  # fmt: skip


async def _call(bridge: Bridge, asked: Asked, call: types.CallToolRequestParams) -> types.CallToolResult:
    if call.name not in registry.load().actions:
        raise MCPError(types.INVALID_PARAMS, f"there is no tool {call.name!r}")
    given = dict(call.arguments or {})
    query = {"connection": given.pop("connection")} if "connection" in given else {}
    answer = await bridge.ask(asked, "POST", f"/v1/actions/{call.name}", json=given, params=query)
    if answer.status_code != httpx.codes.ACCEPTED:
        return _result(answer.json(), failed=answer.is_error)
    run: JSON = answer.json()
    for look in itertools.count(1):
        if run["state"] not in ("queued", "running"):
            break
        # A client that asked for it is told that it is still worth waiting; the number must grow, whatever is done.
        told = f"{run['state']}, {run['done_count']} of {run['total_count'] or 'what there is'}"
        await asked.session.report_progress(look, message=told)
        answer = await bridge.ask(asked, "GET", f"/v1/runs/{run['id']}", params={"wait": WAIT_SECONDS})
        if answer.is_error:
            return _result(answer.json(), failed=True)
        run = answer.json()
    if run["state"] == "succeeded":
        return _result(run["output"], failed=False)
    return _result(run["error"] or {"detail": f"the run {run['id']} was {run['state']}"}, failed=True)


def _result(told: JSON, *, failed: bool) -> types.CallToolResult:
    """Return what a tool gave; a problem as text that a model can act on."""
    if not failed:
        text = types.TextContent(text=orjson.dumps(told).decode())
        return types.CallToolResult(content=[text], structured_content=told)
    faults = [f"{fault['pointer'] or '/'}: {fault['message']}" for fault in told.get("errors", [])]
    words = [f"{told.get('code', 'failed')}: {told['detail']}", *faults]
    return types.CallToolResult(content=[types.TextContent(text="\n".join(words))], is_error=True)


async def _resources(_asked: Asked, _page: Any) -> types.ListResourcesResult:
    listed = (
        (EVENTS, "Recent events", "The newest events, newest first."),
        (RESOURCES, "Resources", "What was last seen of each thing in the project."),
    )
    return types.ListResourcesResult(
        resources=[
            types.Resource(uri=uri, name=name, description=text, mime_type="application/json")
            for uri, name, text in listed
        ]
    )


async def _templates(_asked: Asked, _page: Any) -> types.ListResourceTemplatesResult:
    listed = (
        (f"{EVENTS}/{{type}}", "Recent events of a type", "Such as pinehook://events/index.ready."),
        (f"{RESOURCES}/{{id}}", "Timeline of a resource", "What happened to it, and what changed each time."),
    )
    return types.ListResourceTemplatesResult(
        resource_templates=[
            types.ResourceTemplate(
                uri_template=uri, name=name, description=text, mime_type="application/json"
            )
            for uri, name, text in listed
        ]
    )


async def _read(
    bridge: Bridge, asked: Asked, wanted: types.ReadResourceRequestParams
) -> types.ReadResourceResult:
    path = _path(wanted.uri)
    if path is None:
        raise MCPError(types.INVALID_PARAMS, f"there is no resource {wanted.uri!r}")
    answer = await bridge.ask(asked, "GET", path)
    if answer.is_error:
        raise MCPError(types.INVALID_PARAMS, f"{answer.json()['code']}: {answer.json()['detail']}")
    told = types.TextResourceContents(uri=wanted.uri, mime_type="application/json", text=answer.text)
    return types.ReadResourceResult(contents=[told])


def _path(uri: str) -> str | None:
    for pattern, path in PATHS:
        if found := pattern.fullmatch(uri):
            return path.format(*(quote(part, safe="") for part in found.groups()))
    return None


def _bearer(asked: Asked) -> str:
    headers = asked.request.headers if asked.request else {}
    return str(headers.get("authorization", "")).partition(" ")[2]
