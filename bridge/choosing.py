"""The choice: which resources a watch's options select.

An option whose schema carries `"x-matches": "<field>"` is a list of globs for that field of the resource. So a
choice is written in the schema alone, and the bridge keeps watches apart that share a kind.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bridge.plugin import Resource

Chooser = Callable[[Resource], bool]


def chooser(schema: Mapping[str, Any], options: Mapping[str, Any]) -> Chooser:
    """Return what tells whether a resource is selected by options that fit this schema."""
    rules = [
        (part["x-matches"], _compiled(options[name]))
        for name, part in schema.get("properties", {}).items()
        if "x-matches" in part and options.get(name, ["*"]) != ["*"]
    ]

    def chooses(resource: Resource) -> bool:
        return all(pattern.match(str(resource.body.get(field))) for field, pattern in rules)

    return chooses


def _compiled(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))
