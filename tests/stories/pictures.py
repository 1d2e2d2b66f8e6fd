"""The pictures of docs/howto: `python -m tests.stories.pictures` makes them of what the scripts do to sheets in a running house.

They are rendered by a headless Chromium, which must be installed; nothing else needs it.
"""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from tests.stories.processes import ROOT, House, whole_house

PICTURES = ROOT / "docs/howto/pictures"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=3000",
)
STYLE = """
body { margin: 8px; font: 13px Arial, sans-serif; color: #202124; }
p { margin: 0 0 6px; padding: 5px 8px; border: 1px solid #dadce0; font-family: monospace; }
table { border-collapse: collapse; }
td, th { border: 1px solid #dadce0; padding: 4px 8px; text-align: left; font-weight: normal; max-width: 330px; }
th { background: #f1f3f4; color: #5f6368; text-align: center; }
tr.first td { font-weight: bold; }
"""
ROW_PIXELS, LINE_PIXELS, WIDTH = 25, 15, 880
WRAPPED = 54
"""How many letters of a cell stand in one line, about."""


def given_by(app: str, house: House) -> list[dict[str, Any]]:
    """What an integration has to show."""
    key = house.api.headers["authorization"].removeprefix("Bearer ")
    environment = {**os.environ, "PINEHOOK_TEST_URL": house.url, "PINEHOOK_TEST_KEY": key}
    script = ROOT / "integrations" / app / "test/pictures.js"
    ran = subprocess.run(["node", str(script)], env=environment, stdout=subprocess.PIPE, check=True)
    shown: list[dict[str, Any]] = orjson.loads(ran.stdout)
    return shown


def grid(cells: list[list[Any]], bar: str | None) -> str:
    """A sheet's cells as a page: letters above, numbers at the side, and what stands in the bar of formulas."""
    letters = "".join(f"<th>{chr(ord('A') + at)}</th>" for at in range(len(cells[0])))
    lines = [
        f"<tr{' class=first' if at == 1 and not bar else ''}><th>{at}</th>"
        + "".join(f"<td>{html.escape(written(cell))}</td>" for cell in line)
        + "</tr>"
        for at, line in enumerate(cells, 1)
    ]
    formula = f"<p>{html.escape(bar)}</p>" if bar else ""
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{formula}<table><tr><th></th>{letters}</tr>{''.join(lines)}</table>"


def written(cell: Any) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def take(chromium: str, picture: dict[str, Any], place: Path) -> None:
    """Render a page into a PNG."""
    cells = picture.get("cells")
    text = picture.get("html") or grid(picture["cells"], picture.get("bar"))
    more = sum(max(len(written(cell)) // WRAPPED for cell in line) for line in cells or [])
    tall = ROW_PIXELS * (len(cells or []) + 1) + LINE_PIXELS * more + (60 if picture.get("bar") else 20)
    size = (WIDTH, tall) if cells else (picture["width"], picture["height"])
    page = place / f"{picture['name']}.html"
    page.write_text(text)
    target = PICTURES / f"{picture['name']}.png"
    command = [chromium, *QUIET, f"--user-data-dir={place / 'browser'}", f"--window-size={size[0]},{size[1]}"]
    subprocess.run(
        [*command, f"--screenshot={target}", page.as_uri()], check=True, capture_output=True, timeout=120
    )


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: on Debian, apt install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for app in ("google-sheets", "excel"):
            data = Path(place) / app
            data.mkdir()
            with whole_house(data, PINEHOOK_CORS_ORIGINS="*", PINECONE_EMULATOR_INDEX_SECONDS="1") as house:
                for picture in given_by(app, house):
                    take(chromium, picture, Path(place))


if __name__ == "__main__":
    main()
