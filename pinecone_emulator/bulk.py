"""Owns the quick reading of an upsert's body: the numbers of its vectors go into arrays, not into Python objects.

It reads what clients send as a rule; whatever else comes is left to the ordinary reader and its messages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import simdjson

#: Below this the ordinary reader is as quick.
SMALLEST_BODY = 16 * 1024


def quickly_read(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object with an array of float64 for each vector's `values`; None leaves it to others."""
    if len(body) < SMALLEST_BODY:
        return None
    try:
        # A parser that is used again would overwrite what it gave before.
        document: Any = simdjson.Parser().parse(body)
        data = {name: _plain(document[name]) for name in _names(document) if name != "vectors"}
        data["vectors"] = [_vector(vector) for vector in document["vectors"]]
    except (ValueError, TypeError, RuntimeError, KeyError, AttributeError):
        return None
    # An array is read flat: brackets that nothing else accounts for may be lists within its values.
    brackets = np.count_nonzero(np.frombuffer(body, np.uint8) == ord("["))
    return data if brackets == _lists(data) else None


def _vector(vector: Any) -> dict[str, Any]:
    return {
        name: np.frombuffer(vector[name].as_buffer(of_type="d")) if name == "values" else _plain(vector[name])
        for name in _names(vector)
    }


def _names(members: Any) -> list[str]:
    if not isinstance(members, simdjson.Object):
        raise TypeError
    names = list(members)
    if len(set(names)) < len(names):
        raise KeyError
    return names


def _plain(value: Any) -> Any:
    if isinstance(value, simdjson.Object):
        return value.as_dict()
    return value.as_list() if isinstance(value, simdjson.Array) else value


def _lists(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_lists(member) for member in value.values() if not isinstance(member, str))
    if isinstance(value, list):
        return 1 + sum(_lists(member) for member in value if not isinstance(member, str))
    return int(isinstance(value, np.ndarray))
