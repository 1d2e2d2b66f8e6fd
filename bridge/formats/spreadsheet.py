"""An action's output as CSV (RFC 4180), for spreadsheets: the rows of its list, or itself as one row. Pure.

Fields inside fields become columns of their own (`metadata.year`), lists stay JSON. A text that a spreadsheet would
take for a formula begins with an apostrophe (OWASP, "CSV Injection"): records hold what others have written.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import orjson

from bridge.plugin import JSON

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def table(output: JSON) -> str:
    """Return the first list of objects that an output has, a line each; without one the output in one line."""
    lists = (part for part in output.values() if isinstance(part, list) and _are_objects(part))
    rows = [_flat(row) for row in next(lists, [output])]
    columns = [*dict.fromkeys(name for row in rows for name in row)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _are_objects(part: list[Any]) -> bool:
    return all(isinstance(item, dict) for item in part)


def _flat(row: JSON, before: str = "") -> JSON:
    flat: JSON = {}
    for name, value in row.items():
        flat |= _flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return flat


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else orjson.dumps(value).decode()
