"""docs/webhooks.md says what is so: its snippets verify real messages, its tables are the code's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from bridge import attempting, clock, line, retry, signing

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
BODY = orjson.dumps({"id": "evt_1", "type": "index.ready", "key": "bücher"})
SECRET = signing.new_secret()
UNITS = {"second": 1, "minute": 60, "hour": 3600}


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def forgeries() -> dict[str, tuple[dict[str, str], bytes]]:
    now = clock.now()
    good = signing.headers("evt_1", BODY, [signing.new_secret(), SECRET], now)
    return {
        "good": (good, BODY),
        "another body": (good, BODY + b" "),
        "another id": (good | {"webhook-id": "evt_2"}, BODY),
        "another secret": (signing.headers("evt_1", BODY, [signing.new_secret()], now), BODY),
        "an old one": (signing.headers("evt_1", BODY, [SECRET], now - timedelta(minutes=6)), BODY),
    }


def verdicts(receive: Callable[[dict[str, str], bytes], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (headers, body) in forgeries().items():
        try:
            found[name] = receive(headers, body)
        except Exception:  # noqa: BLE001 - each snippet has its own way to say no
            found[name] = None
    return found


EXPECTED = dict.fromkeys(forgeries()) | {"good": orjson.loads(BODY)}


@pytest.mark.parametrize("snippet", snippets("python"))
def test_the_python_snippets_take_what_is_ours_and_nothing_else(snippet: str) -> None:
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert verdicts(lambda headers, body: names["receive"](SECRET, headers, body)) == EXPECTED


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed here")
def test_the_node_snippet_takes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    [snippet] = snippets("js")
    script = tmp_path / "receive.js"
    script.write_text(
        snippet
        + "const [secret, headers, body] = JSON.parse(require('node:fs').readFileSync(0));\n"
        + "process.stdout.write(JSON.stringify(receive(secret, headers, Buffer.from(body))));\n"
    )

    def receive(headers: dict[str, str], body: bytes) -> Any:
        given = orjson.dumps([SECRET, headers, body.decode()])
        ran = subprocess.run(["node", script], input=given, capture_output=True, check=True, timeout=30)
        return orjson.loads(ran.stdout)

    assert verdicts(receive) == EXPECTED


def test_the_schedule_on_the_page_is_the_schedule() -> None:
    rows = re.findall(r"^\| \d+ \| (?:(\d+) (second|minute|hour)s?|at once) \|$", PAGE, re.MULTILINE)
    told = tuple(int(number or 0) * UNITS.get(unit, 0) for number, unit in rows)
    assert told == retry.SCHEDULE_SECONDS


def test_every_outcome_is_on_the_page() -> None:
    table = PAGE.partition("| outcome | means |")[2].partition("\n\n")[0]
    source = Path(attempting.__file__).read_text()
    ours = set(re.findall(r'(?:ended|failed)\(\s*"(\w+)"', source)) | {"timeout"}
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == ours | set(get_args(line.Trouble))
