"""An action as Make's forms have it: what is filled in, what is sent of it, and what comes back.

Formats: developers.make.com/custom-apps-documentation (parameters, interface, IML). Make leaves out of a request what
an expression gives no value for, so an expression of something optional gives none where nothing was filled in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from integrations import schemas
from integrations.schemas import JSON, explained, followed, has_own_names, is_dict, kinds, scalar

TYPES = {"string": "text", "datetime": "date", "integer": "integer", "number": "number", "boolean": "boolean"}
DROPDOWNS = {"index": "listIndexes", "backup_id": "listBackups", "model": "listModels"}
"""The RPC that lists what a field may be. Namespaces are typed: what is written to may be new."""
LONG_TEXT = 1000
BY_NAME = "_by_name"
PAIRS = [
    {"name": "key", "type": "text", "label": "Name", "required": True},
    {"name": "value", "type": "text", "label": "Value"},
]
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def shape(part: JSON) -> str:
    """Return how a part is filled in: one value, a list, a collection, rows, pairs (names and texts), or JSON."""
    part = followed(part)
    if is_dict(part):
        return "pairs"
    if kinds(part) == ["object"]:
        return "collection" if is_fixed(part) else "json"
    if kinds(part) != ["array"]:
        return "value"
    items = followed(part.get("items", {}))
    if kinds(items) == ["object"]:
        return "rows" if is_fixed(items) else "json"
    is_one_kind = len(kinds(items)) == 1 and kinds(items)[0] not in ("array", "object")
    return "list" if is_one_kind else "json"


def is_fixed(part: JSON) -> bool:
    """Whether an object has no names but the schema's, nor has anything in it."""
    inner = [shape(each) for each in part.get("properties", {}).values()]
    return (
        "properties" in part
        and part.get("additionalProperties") is False
        and not {"json", "pairs"} & {*inner}
    )


def fields(asked: JSON, shown: Iterable[str]) -> Iterator[JSON]:
    """Yield the form's fields for an object. shown: the names that examples use; what no example uses is advanced."""
    for key, unfollowed in asked.get("properties", {}).items():
        part = followed(unfollowed)
        is_required = key in asked.get("required", ())
        made = {**field(key, part), "required": is_required}
        if not is_required and key not in shown:
            made["advanced"] = True
        if not (shape(part) == "json" and has_own_names(part)):
            yield made
            continue
        yield {**made, "required": False}
        what = "one of them" if kinds(part) == ["array"] else "it"
        text = f"Instead of {made['label']}: {what} as names and values, which may be any text. Numbers are text too."
        label = f"{made['label']} by name"
        yield {"name": f"{key}{BY_NAME}", "type": "array", "label": label, "help": text, "spec": PAIRS}


def field(key: str, part: JSON) -> JSON:
    """Return one field of a form."""
    form = shape(part)
    made: JSON = {
        "name": key,
        "type": "text",
        "label": sentence(schemas.title(key, part)),
        "help": explained(part),
    }
    if not made["help"]:
        del made["help"]
    if form == "json":
        return {**made, "multiline": True, "help": f"{explained(part)} Written as JSON."}
    if form == "pairs":
        return {**made, "type": "array", "spec": PAIRS}
    if form == "collection":
        return {**made, "type": "collection", "spec": [*fields(part, part["properties"])]}
    if form == "rows":
        items = followed(part["items"])
        return {**made, "type": "array", "spec": [*fields(items, items["properties"])]}
    if form == "list":
        return {**made, **listed(followed(part["items"]))}
    return {**made, **single(key, part)}


def listed(items: JSON) -> JSON:
    """Return what a list of single values adds to a field."""
    if choices := items.get("enum"):
        return {"type": "select", "multiple": True, "options": options(choices)}
    return {"type": "array", "spec": {"type": TYPES[scalar(items)]}}


def single(key: str, part: JSON) -> JSON:
    """Return what a single value adds to a field: its type, its choices, its limits."""
    if key in DROPDOWNS:
        return {"type": "select", "options": f"rpc://{DROPDOWNS[key]}"}
    if choices := part.get("enum"):
        return {"type": "select", "options": options(choices)}
    kind = TYPES[scalar(part)]
    limits = {to: part[of] for of, to in (("minimum", "min"), ("maximum", "max")) if of in part}
    if kind in ("integer", "number"):
        is_whole = kind == "integer" and part.get("minimum", -1) >= 0
        return {"type": "uinteger" if is_whole else kind, **({"validate": limits} if limits else {})}
    if kind == "text":
        is_long = part.get("maxLength", 0) > LONG_TEXT or not {"maxLength", "format"} & part.keys()
        return {"multiline": True} if is_long else {}
    return {"type": "text" if kind == "date" else kind}


def options(choices: Iterable[object]) -> list[JSON]:
    """Return the options of a select."""
    return [{"label": str(choice), "value": choice} for choice in choices if choice is not None]


def sentence(words: str) -> str:
    """Return a title as Make writes labels: only the first word, and what is no word, with capitals."""
    first, *others = words.split(" ")
    return " ".join(
        [
            first,
            *(word if word[1:] != word[1:].lower() or len(word) == 1 else word.lower() for word in others),
        ]
    )


def sent(asked: JSON) -> JSON:
    """Return a request's body: an expression for each part of an action's input."""
    return {key: f"{{{{{expression(key, followed(part))}}}}}" for key, part in asked["properties"].items()}


def expression(key: str, part: JSON) -> str:
    """Return the expression that makes a part of what was filled in."""
    given, named = f"parameters.{key}", f"parameters.{key}{BY_NAME}"
    form = shape(part)
    if form == "value":
        return given
    if form == "collection":
        return f"if(length(keys(ifempty({given}, emptyarray))) > 0, {given})"
    if form in ("list", "rows"):
        return some(given, given)
    if form == "pairs":
        return some(given, collected(given))
    parsed = f"if({given}, parseJSON(ifempty({given}, 'null')))"
    if not has_own_names(part):
        return parsed
    one = collected(named)
    return some(named, f"add(emptyarray, {one})" if kinds(part) == ["array"] else one, parsed)


def some(path: str, then: str, otherwise: str = "") -> str:
    """Return an expression for when a list has anything in it."""
    return f"if(length(ifempty({path}, emptyarray)) > 0, {then}{', ' * bool(otherwise)}{otherwise})"


def collected(path: str) -> str:
    """Return the expression that makes a collection of names and values."""
    return f"toCollection(ifempty({path}, emptyarray), 'key', 'value')"


def interface(given: JSON) -> list[JSON]:
    """Return what comes back, as Make shows it to be mapped."""
    return [output(key, followed(part)) for key, part in given.get("properties", {}).items()]


def output(key: str, part: JSON) -> JSON:
    """Return one of the things that come back."""
    named: JSON = {"name": key, "label": sentence(schemas.title(key, part))}
    if "array" in kinds(part):
        items = followed(part.get("items", {}))
        if items.get("properties"):
            return {**named, "type": "array", "spec": interface(items)}
        kind = "collection" if "object" in kinds(items) else TYPES[scalar(items)]
        return {**named, "type": "array", "spec": {"type": kind}}
    if "object" in kinds(part):
        spec = {"spec": interface(part)} if part.get("properties") else {}
        return {**named, "type": "collection", **spec}
    return {**named, "type": TYPES[scalar(part)]}


def path(root: str, key: str) -> str:
    """Return an expression of a thing by its name; backticks where it is no plain word."""
    return f"{{{{{root}.{key if PLAIN.fullmatch(key) else f'`{key}`'}}}}}"


def laid_out(content: object) -> str:
    """Return the text of one of Make's files."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
