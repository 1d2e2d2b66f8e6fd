"""The MCP door, asked by the protocol's own client."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from bridge import executing, keys, mcp, registry
from bridge.access import SCOPES
from tests.bridge.web.conftest import Web
from tests.stories.processes import ROOT, free_port, own_environment, process

INDEX = {"name": "docs", "dimension": 2, "cloud": "aws", "region": "us-east-1"}


def key_of(web: Web, *scopes: str) -> str:
    return keys.create(web.runtime, name="test", scopes=scopes or SCOPES)[1]


@asynccontextmanager
async def connected(web: Web, *scopes: str) -> AsyncIterator[Client]:
    """A client in this process, of a server that asks the web door over HTTP."""
    async with mcp.calling(web.url, key_of(web, *scopes)) as bridge, Client(mcp.server(bridge)) as client:
        yield client


def talk(web: Web, use: Callable[[Client], Awaitable[Any]], *scopes: str) -> Any:
    async def run() -> Any:
        async with connected(web, *scopes) as client:
            return await use(client)

    return asyncio.run(run())


def test_every_action_is_a_tool_with_its_schemas_and_what_it_does(web: Web) -> None:
    tools = talk(web, lambda client: client.list_tools()).tools
    told = {
        tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint, "connection" in tool.input_schema["properties"])
        for tool in tools
    }  # fmt: skip
    assert told == {
        action.name: (action.effect == "read", action.effect == "delete", True)
        for action in registry.load().actions.values()
    }


def test_a_key_s_scopes_decide_which_tools_there_are(web: Web) -> None:
    tools = talk(web, lambda client: client.list_tools(), "read").tools
    assert {registry.load().actions[tool.name].scope for tool in tools} == {"read"}


def test_a_tool_acts_and_gives_what_the_action_gives(web: Web) -> None:
    async def use(client: Client) -> list[Any]:
        made = await client.call_tool("create_index", INDEX)
        listed = await client.call_tool("list_indexes", {"connection": "default"})
        return [made.is_error, [index["name"] for index in listed.structured_content["indexes"]]]

    assert talk(web, use) == [False, ["docs"]]


def test_what_was_wrong_is_told_so_that_a_model_can_mend_it(web: Web) -> None:
    async def use(client: Client) -> list[Any]:
        wrong = await client.call_tool("create_index", {"name": "Docs", "dimension": 2})
        hidden = await client.call_tool("create_index", INDEX)
        return [(result.is_error, result.content[0].text.split("\n")) for result in (wrong, hidden)]

    (failed, told), (refused, why) = talk(web, use, "read")
    assert (failed, refused, why[0].split(":")[0]) == (True, True, "missing_scope")
    assert told[0].startswith("missing_scope")


def test_a_faulty_input_names_its_fields(web: Web) -> None:
    result = talk(web, lambda client: client.call_tool("query_vectors", {"index": "docs", "top_k": "many"}))
    assert (result.is_error, result.content[0].text.split("\n")[0].split(":")[0]) == (True, "invalid_input")
    assert "/top_k: is a string; it must be an integer" in result.content[0].text


def test_an_assistant_that_begins_with_the_older_handshake_is_given_the_same(web: Web) -> None:
    async def run() -> list[Any]:
        async with (
            mcp.calling(web.url, key_of(web)) as bridge,
            Client(mcp.server(bridge), mode="legacy") as client,
        ):
            tools = (await client.list_tools()).tools
            made = await client.call_tool("create_index", INDEX)
            return [{tool.name for tool in tools}, made.structured_content["name"]]

    assert asyncio.run(run()) == [set(registry.load().actions), "docs"]


@contextmanager
def worker(web: Web, begin: threading.Event) -> Iterator[None]:
    """Something that executes what is queued, from a moment on until the block ends."""
    stop = threading.Event()

    def work() -> None:
        begin.wait()
        while not stop.wait(0.1):
            executing.execute_due(web.runtime, stop)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        begin.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_takes_long_is_waited_for_and_tells_that_it_goes_on(web: Web) -> None:
    begin = threading.Event()
    heard: list[float] = []

    async def hear(progress: float, _total: float | None, _message: str | None) -> None:
        heard.append(progress)
        begin.set()

    async def use(client: Client) -> list[Any]:
        await client.call_tool("create_index", INDEX)
        ready = await client.call_tool("wait_for_index", {"index": "docs"}, progress_callback=hear)
        never = await client.call_tool("wait_for_index", {"index": "nowhere"})
        return [
            ready.structured_content["index"]["name"],
            never.is_error,
            never.content[0].text.split(":")[0],
        ]

    with worker(web, begin):
        assert talk(web, use) == ["docs", True, "pinecone_not_found"]
    assert heard[:1] == [1.0]


def test_events_and_resources_are_there_to_read(web: Web) -> None:
    async def use(client: Client) -> list[Any]:
        listed = [*(await client.list_resources()).resources]
        read = [(await client.read_resource(resource.uri)).contents[0].text for resource in listed]
        typed = (await client.read_resource("pinehook://events/index.ready")).contents[0].text
        return [orjson.loads(text)["data"] for text in (*read, typed)]

    assert talk(web, use) == [[], [], []]


@pytest.mark.parametrize("uri", ["pinehook://nothing", "pinehook://resources/../keys", "https://example.com"])
def test_other_addresses_are_no_resources(web: Web, uri: str) -> None:
    async def use(client: Client) -> str:
        with pytest.raises(MCPError) as refused:
            await client.read_resource(uri)
        return str(refused.value)

    assert talk(web, use) == f"there is no resource {uri!r}"


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_over_stdio_it_is_a_process_of_its_own(web: Web) -> None:
    environment = own_environment(PINEHOOK_MCP_API_URL=web.url, PINEHOOK_MCP_API_KEY=key_of(web, "read"))
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "bridge", "mcp"], env=environment, cwd=str(ROOT)
    )

    async def run() -> Any:
        async with Client(started) as client:
            return (await client.call_tool("list_indexes", {})).structured_content

    assert asyncio.run(run()) == {"indexes": []}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_over_http_each_request_brings_its_key(web: Web, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    environment = own_environment(PINEHOOK_MCP_API_URL=web.url, PINEHOOK_MCP_PORT=str(port))
    log = tmp_path / "log"
    with process([sys.executable, "-m", "bridge", "mcp", "--http"], environment, log) as child:
        until = time.monotonic() + 30
        while not answers(url):
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
        stranger = httpx.post(url, json={}, headers={"Authorization": "Bearer phk_nobody"}, trust_env=False)
        told = asyncio.run(listed(url, key_of(web, "read")))
    assert (stranger.status_code, told) == (401, {"indexes": []})


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    except httpx.TransportError:
        return False


async def listed(url: str, key: str) -> Any:
    async with (
        create_mcp_http_client(headers={"Authorization": f"Bearer {key}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        return (await client.call_tool("list_indexes", {})).structured_content
