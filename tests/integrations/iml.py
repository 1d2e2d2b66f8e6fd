"""A reading of Make's IML after its documentation, of as much of it as the Make app uses; Make's own does not run here.

Stricter than Make may be: every argument is evaluated, and a function is given only what it is documented for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

TOKEN = re.compile(r"\s*(?:'([^']*)'|`([^`]*)`|(\d+)|([A-Za-z_]\w*)|(==|!=|>|&&|\|\||[(),.]))")
EXPRESSION = re.compile(r"\{\{(.*?)\}\}")
SPREAD = "{{...}}"
Tokens = list[tuple[str, str]]


class Nothing:
    """What an expression gives that gives no value: Make leaves it out."""

    def __bool__(self) -> bool:
        return False


NOTHING = Nothing()


def sha256(text: str, encoding: str, key: str) -> str:
    assert encoding == "hex"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def collection(pairs: list[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    assert isinstance(pairs, list)
    return {pair[key]: pair[value] for pair in pairs}


def mapped(items: list[dict[str, Any]], key: str) -> list[Any]:
    assert isinstance(items, list)
    return [item[key] for item in items]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "if": lambda test, then, otherwise=NOTHING: then if test else otherwise,
    "ifempty": lambda value, otherwise: (
        otherwise if value is NOTHING or value is None or value == "" else value
    ),
    "length": len,
    "keys": lambda value: [*value] if isinstance(value, dict) else [*range(len(value))],
    "toCollection": collection,
    "add": lambda items, *more: [*items, *more],
    "parseJSON": json.loads,
    "sha256": sha256,
    "encodeURL": lambda text: quote(text, safe=""),
    "map": mapped,
    "join": lambda items, between: between.join(items),
}
CONSTANTS = {"emptyarray": list, "true": lambda: True, "false": lambda: False}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda one, other: type(one) is type(other) and one == other,
    "!=": lambda one, other: type(one) is not type(other) or one != other,
    ">": lambda one, other: one > other,
    "&&": lambda one, other: one and other,
    "||": lambda one, other: one or other,
}


def tokens(text: str) -> Tokens:
    found: Tokens = []
    place = 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        assert match, f"no IML: {text[place:]}"
        kind = ("text", "quoted", "number", "name", "sign")[(match.lastindex or 0) - 1]
        found.append((kind, str(match[match.lastindex or 0])))
        place = match.end()
    return found


def evaluated(text: str, scope: dict[str, Any]) -> Any:
    """Return what an expression, without its braces, gives."""
    left = tokens(text)
    value = operation(left, scope)
    assert not left, f"more than an expression: {text}"
    return value


def operation(left: Tokens, scope: dict[str, Any]) -> Any:
    value = operand(left, scope)
    while left and left[0][1] in OPERATORS:
        sign = left.pop(0)[1]
        value = OPERATORS[sign](value, operand(left, scope))
    return value


def operand(left: Tokens, scope: dict[str, Any]) -> Any:
    kind, word = left.pop(0)
    if kind == "text":
        return word
    if kind == "number":
        return int(word)
    assert kind == "name", word
    if word in CONSTANTS:
        return CONSTANTS[word]()
    if left and left[0] == ("sign", "("):
        return FUNCTIONS[word](*arguments(left, scope))
    value = scope.get(word, NOTHING)
    while left and left[0] == ("sign", "."):
        left.pop(0)
        name = left.pop(0)[1]
        value = value.get(name, NOTHING) if isinstance(value, dict) else NOTHING
    return value


def arguments(left: Tokens, scope: dict[str, Any]) -> Iterator[Any]:
    left.pop(0)
    while True:
        yield operation(left, scope)
        sign = left.pop(0)[1]
        if sign == ")":
            return
        assert sign == ","


def rendered(content: Any, scope: dict[str, Any]) -> Any:
    """Return a file's content with its expressions evaluated, what gives no value left out."""
    if isinstance(content, dict):
        whole = {key: rendered(part, scope) for key, part in content.items()}
        whole |= whole.pop(SPREAD, {})
        return {key: part for key, part in whole.items() if part is not NOTHING}
    if isinstance(content, list):
        return [rendered(part, scope) for part in content]
    if not isinstance(content, str):
        return content
    if alone := re.fullmatch(r"\{\{((?:(?!\}\}).)*)\}\}", content):
        return evaluated(alone[1], scope)
    return EXPRESSION.sub(lambda found: said(evaluated(found[1], scope)), content)


def said(value: Any) -> str:
    return "" if value is NOTHING or value is None else str(value)


def names(content: Any) -> Iterator[tuple[str, str]]:
    """Yield every function (as `name`, "(") and every path (`root`, its first part) that a content's expressions use."""
    if isinstance(content, dict):
        for part in content.values():
            yield from names(part)
    elif isinstance(content, list):
        for part in content:
            yield from names(part)
    elif isinstance(content, str):
        for found in EXPRESSION.findall(content):
            yield from used(tokens(found))


def used(listed: Tokens) -> Iterator[tuple[str, str]]:
    for place, (kind, word) in enumerate(listed):
        after = [text for _, text in listed[place + 1 : place + 3]]
        before = listed[place - 1][1] if place else ""
        if kind == "name" and before != "." and word not in CONSTANTS:
            yield word, "(" if after[:1] == ["("] else after[1] if after[:1] == ["."] else ""
