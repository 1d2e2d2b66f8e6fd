"""`python -m bench [area]`: measure, print the table, write bench/out/latest.json."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

# Before numpy is loaded: a second BLAS thread on a busy machine makes every figure a matter of luck.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.measuring import Row, broken, table, write

BUSY = 2.0 * (os.cpu_count() or 1)
AREAS = ("api", "poll", "delivery", "backlog", "emulator", "actions", "chat")
BY_NAME = ("node_red",)
"""Areas that need what `make check-clients` installs: only when they are asked for."""
OUT = Path(__file__).parent / "out" / "latest.json"


def measure(area: str) -> list[Row]:
    """Build an area's world and run its rows; one that fails does not keep the others from running."""
    module = import_module(f"bench.{area}")
    rows: list[Row] = []
    try:
        with module.world() as world:
            for function in module.ROWS:
                name = function.__name__.replace("_", " ")
                began = time.monotonic()
                try:
                    rows += function(world)
                except Exception:  # noqa: BLE001 - told, and told again by the row
                    traceback.print_exc()
                    rows.append(broken(name))
                print(f"{area}: {name} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - same
        traceback.print_exc()
        rows.append(broken("its world"))
    return [row.of(area) for row in rows]


def _circumstances() -> str:
    load = os.getloadavg()[0]
    busy = " The machine was busy with other things: run it again when it is quiet." if load > BUSY else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load average {load:.1f} at the end.{busy}"
    )


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - {*AREAS, *BY_NAME}
    if unknown:
        print(
            f"There is no area {', '.join(sorted(unknown))}; the areas are: {', '.join((*AREAS, *BY_NAME))}."
        )
        return 2
    rows = [row for area in wanted or AREAS for row in measure(area)]
    write(rows, OUT)
    print(f"{table(rows)}\n\n{_circumstances()}")
    return int(any(row.value is None for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
