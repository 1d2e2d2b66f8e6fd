"""`python -m tests.faults`: write the ledgers of the last `make faults` as the table of docs/reliability.md."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.faults.ledger import KEPT

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- ledger -->\n", "<!-- end of ledger -->\n"


def table(rows: list[dict[str, object]]) -> str:
    lines = [
        "| fault | database | committed | received | lost | twice | at most |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row.values())) + " |" for row in rows)]) + "\n"


def main() -> None:
    rows = [orjson.loads(line) for line in KEPT.read_bytes().splitlines()]
    last = {(row["fault"], row["database"]): row for row in rows}
    rows = [last[name] for name in sorted(last)]
    page = PAGE.read_text()
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{table(rows)}{END}{after}")
    print(table(rows))  # noqa: T201 - it is what the command is for


if __name__ == "__main__":
    main()
