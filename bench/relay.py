"""A relay of TCP connections that counts the HTTP requests that pass: what is asked is seen from outside."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

REQUEST_LINE = re.compile(rb"^(GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.1\r$", re.MULTILINE)


@dataclass
class Relay:
    """`sent` are the bytes that clients have sent through it."""

    url: str = ""
    sent: bytearray = field(default_factory=bytearray)

    def requests(self) -> list[str]:
        """Return the requests seen so far, as "METHOD path", and forget them."""
        found = [
            f"{method.decode()} {path.decode()}" for method, path in REQUEST_LINE.findall(bytes(self.sent))
        ]
        self.sent.clear()
        return found


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    """Relay what comes to another port of this machine."""
    relay, loop, ready = Relay(), asyncio.new_event_loop(), threading.Event()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, noted: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if noted:
                    relay.sent += data
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_target, to_target = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(passed(reader, to_target, noted=True), passed(from_target, writer, noted=False))

    async def serve() -> None:
        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()

    def run() -> None:
        loop.create_task(serve())
        loop.run_forever()
        loop.run_until_complete(_cancelled())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _cancelled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
