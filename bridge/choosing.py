"""The choice: which resources a watch's options select.

An option whose schema carries `"x-matches": "<field>"` is a list of globs for that field of the resource; one with
`"x-matches-all": "<field>"` is an object of globs for what that field has by name (tags). So a choice is written in
the schema alone, and the bridge keeps watches apart that share a kind. What the first looks at never changes, so it
decides what a watch knows of; what the second looks at may change, so it only decides what is told.
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


def teller(schema: Mapping[str, Any], options: Mapping[str, Any]) -> Chooser:
    """Return what tells whether something of a resource is told, by options that fit this schema."""
    rules = [
        (part["x-matches-all"], {key: _compiled([glob]) for key, glob in options[name].items()})
        for name, part in schema.get("properties", {}).items()
        if "x-matches-all" in part and options.get(name)
    ]

    def tells(resource: Resource) -> bool:
        return all(
            key in (resource.body.get(field) or {}) and pattern.match(str(resource.body[field][key]))
            for field, patterns in rules
            for key, pattern in patterns.items()
        )

    return tells


def _compiled(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs))
