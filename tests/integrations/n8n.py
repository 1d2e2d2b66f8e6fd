"""A real n8n, asked as its editor asks: what the checks of the nodes run in (make check-clients)."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.stories.processes import ROOT, free_port, own_environment, process

PROGRAM = ROOT / "tests/integrations/clients/n8n/node_modules/n8n/bin/n8n"
PACKAGE = ROOT / "integrations/n8n"
START_SECONDS = 240
EVENT_SECONDS = 120
OFF = (
    "DIAGNOSTICS_ENABLED",
    "VERSION_NOTIFICATIONS_ENABLED",
    "TEMPLATES_ENABLED",
    "PERSONALIZATION_ENABLED",
    "HIRING_BANNER_ENABLED",
    "LICENSE_AUTO_RENEW_ENABLED",
    "SECURE_COOKIE",
    "RUNNERS_ENABLED",
)
PASSWORD = "Passw0rd123"
OWNER = {"email": "owner@example.com", "firstName": "An", "lastName": "Owner", "password": PASSWORD}
PINEHOOK = "n8n-nodes-pinehook.pinehook"
TRIGGER = "n8n-nodes-pinehook.pinehookTrigger"
RUNNING = ("new", "running")


@dataclass(frozen=True)
class N8n:
    """A running n8n whose owner is signed in."""

    url: str
    api: httpx.Client
    log: Path

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.request(method, f"/rest{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json().get("data")

    def until(self, what: Callable[[], Any]) -> Any:
        """What a look gives, once it gives something."""
        end = time.monotonic() + EVENT_SECONDS
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.2)
        raise AssertionError(f"nothing after {EVENT_SECONDS} s: {self.log.read_text()[-3000:]}")

    def ended(self, workflow: str, count: int = 1) -> dict[str, list[Any]]:
        """Wait until a workflow has run so often; return what each node gave in the newest run, its outputs in order."""
        path = f'/executions?filter={{"workflowId":"{workflow}"}}'

        def done() -> list[dict[str, Any]] | None:
            listed = [one for one in self.ask("GET", path)["results"] if one["status"] not in RUNNING]
            return listed if len(listed) >= count else None

        newest = self.until(done)[0]
        result = unflattened(self.ask("GET", f"/executions/{newest['id']}")["data"])["resultData"]
        assert newest["status"] == "success", result.get("error")
        return {name: runs[0]["data"].get("main", []) for name, runs in result["runData"].items()}

    def active(self, workflow: dict[str, Any]) -> str:
        """Make a workflow, activate it, and return its id."""
        made = self.ask("POST", "/workflows", {**workflow, "active": False, "settings": {}})
        self.ask("POST", f"/workflows/{made['id']}/activate", {"versionId": made["versionId"]})
        return str(made["id"])


def unflattened(text: str) -> Any:
    """The value of which n8n keeps an execution: a list of parts that name each other by their places."""
    parts = json.loads(text)

    def whole(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: of(value) for key, value in part.items()}
        return [of(value) for value in part] if isinstance(part, list) else part

    def of(value: Any) -> Any:
        return whole(parts[int(value)]) if isinstance(value, str) else value

    return whole(parts[0])


def install(home: Path) -> None:
    """Pack the package, and install it as n8n's community nodes are: in a folder of the user's n8n."""
    nodes = home / ".n8n/nodes"
    nodes.mkdir(parents=True)
    (nodes / "package.json").write_text('{"name": "installed-nodes", "private": true}')
    packed = npm(nodes, "pack", str(PACKAGE), "--json", "--pack-destination", str(nodes))
    npm(nodes, "install", "--legacy-peer-deps", "--offline", f"./{json.loads(packed)[0]['filename']}")


def unpack(place: Path) -> None:
    """Pack the package, and unpack it into a folder."""
    packed = npm(place, "pack", str(PACKAGE), "--json", "--pack-destination", str(place))
    shutil.unpack_archive(place / json.loads(packed)[0]["filename"], place / "unpacked", filter="data")


def npm(place: Path, *arguments: str) -> str:
    return subprocess.run(
        ["npm", *arguments, "--no-audit", "--no-fund"], cwd=place, capture_output=True, text=True, check=True
    ).stdout


@contextmanager
def running(home: Path, **more: str) -> Iterator[N8n]:
    """n8n with a data folder of its own; started again in the same folder, it goes on. more: further settings."""
    port, log = home / "port", home / "n8n.log"
    is_new = not port.exists()
    if is_new:
        port.write_text(str(free_port()))
    url = f"http://127.0.0.1:{port.read_text()}"
    settings = {f"N8N_{name}": "false" for name in OFF} | {
        "N8N_USER_FOLDER": str(home),
        "N8N_PORT": port.read_text(),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_ENCRYPTION_KEY": "check",
        "DB_TYPE": "sqlite",
        "WEBHOOK_URL": f"{url}/",
        **more,
    }
    log.write_text("")
    with process(["node", str(PROGRAM), "start"], own_environment(**settings), log) as child:
        end = time.monotonic() + START_SECONDS
        while "Editor is now accessible" not in log.read_text():
            assert (child.poll(), time.monotonic() < end) == (None, True), log.read_text()[-3000:]
            time.sleep(0.2)
        with httpx.Client(base_url=url, headers={"browser-id": "check"}, timeout=60, trust_env=False) as api:
            n8n = N8n(url, api, log)
            if is_new:
                n8n.ask("POST", "/owner/setup", OWNER)
            else:
                n8n.ask("POST", "/login", {"emailOrLdapLoginId": OWNER["email"], "password": PASSWORD})
            yield n8n
