"""`python -m integrations.n8n.generate [--check]`: writes definitions.json of the n8n nodes, from schemas/ alone.

definitions.json is data: which resources and operations there are, the parameters of each, how the values of these are
read, and which event types can be chosen. What the nodes do stands in their own files, once for all of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integrations import schemas
from integrations.n8n.titles import plain, sentence_case, spoken, titled
from integrations.schemas import JSON, followed, is_dict, laid_out, list_found, parsing

OUT = Path(__file__).with_name("definitions.json")
MORE = "additionalFields"
LONG_TEXT = 1000
LISTS = {"index": "indexes", "namespace": "namespaces", "backup_id": "backups", "model": "models"}
"""Which parameters are chosen from a list of /v1/options, or given by name."""
CHOICES = {"namespaces": "namespaces"}
"""Which are several of one."""
OTHER_NOUNS = {"model": "model", "vector": "record", "record": "record", "status": "index"}
"""What actions are about beside what events are about."""
SEVERAL = 'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>'
CONFIRM = (
    "Repeat `{}` here to have it done. Left empty, nothing is deleted, and the answer tells what would be."
)
COMMON = {
    "whole_answer": {
        "displayName": "Whole Answer",
        "name": "whole_answer",
        "type": "boolean",
        "default": False,
        "description": "Whether to give the whole answer in one item, instead of an item for each thing that was found",
    },
    "idempotency_key": {
        "displayName": "Idempotency Key",
        "name": "idempotency_key",
        "type": "string",
        "default": "",
        "description": "A text of your own, such as the ID of the event that led here: what was done under it is not done twice",
    },
    "wait": {
        "displayName": "Wait for the End",
        "name": "wait",
        "type": "boolean",
        "default": True,
        "description": "Whether to wait for what takes long. If off, the item is the run, which goes on without this workflow.",
    },
}
"""What the nodes offer of their own; which of it, depends on the action."""


def definitions() -> JSON:
    """Return everything that is written: resources, operations, parameters, actions and event types."""
    actions = schemas.actions()
    nouns = {name: noun(name, schema) for name, schema in actions.items()}
    asked = {name: dict(parameters(name, schema)) for name, schema in actions.items()}
    by_noun = {one: [name for name in actions if nouns[name] == one] for one in sorted(set(nouns.values()))}
    return {
        "resources": {one: {"name": spoken(one), "value": one} for one in by_noun},
        "operations": {one: operations(names, actions) for one, names in by_noun.items()},
        "parameters": {f"{each['name']} {number}": each for number, each in enumerate(shown(asked, nouns))},
        "actions": {name: how(schema, name, asked[name]) for name, schema in actions.items()},
        "events": {name: event(name, schema) for name, schema in schemas.event_types().items()},
    }


def noun(name: str, schema: JSON) -> str:
    """Return the resource that an action stands under: what its name names first, else records, else models."""
    known = {each.split(".")[0]: each.split(".")[0] for each in schemas.event_types()} | OTHER_NOUNS
    words = name.replace("indexes", "index")
    found = [(words.find(f"_{each}"), -len(each), each) for each in known if f"_{each}" in words]
    if found:
        return known[min(found)[2]]
    if schema.get("scope") == "admin":
        return "project"
    return "record" if {"index", "indexes"} & schema["input"]["properties"].keys() else "model"


def operations(names: list[str], actions: dict[str, JSON]) -> list[JSON]:
    """Return the operations of a resource, by what they are called."""
    made = [
        {
            "name": spoken(name),
            "value": name,
            "action": sentence_case(actions[name]["title"]),
            "description": plain(actions[name]["description"]),
        }
        for name in names
    ]
    return sorted(made, key=lambda each: str(each["name"]).lower())


def event(name: str, schema: JSON) -> JSON:
    """Return an event type as it can be chosen."""
    return {"name": titled(schema["title"]), "value": name, "description": plain(schema["description"])}


def how(schema: JSON, name: str, asked: dict[str, tuple[str, JSON]]) -> JSON:
    """Return how an action is called: where each value is, how it is read, and which list of the answer is items."""
    parts = schema["input"]["properties"]
    return {
        "read": {key: reading(key, followed(part)) for key, part in parts.items()},
        "more": sorted(key for key, (place, _) in asked.items() if place == MORE and key in parts),
        "confirm": bool(schema.get("confirm")),
        "list": list_found(name, schema),
        "reads": schema["effect"] == "read",
    }


def parameters(name: str, schema: JSON) -> Iterator[tuple[str, tuple[str, JSON]]]:
    """Yield the parameters of an action, each with its place: in the form itself, or among the additional fields.

    In the form stands what is required, what is chosen from a list, and the texts and lists of the first example.
    """
    asked, example = schema["input"], schema["examples"][0]["input"]
    for key, unfollowed in asked["properties"].items():
        part = followed(unfollowed)
        made = parameter(
            key, part, [each["input"][key] for each in schema["examples"] if key in each["input"]]
        )
        if key in asked["required"]:
            yield key, ("", {**made, "required": True})
        elif made["type"] == "resourceLocator" or (
            key in example and part["type"] != "object" and made["default"] in ("", [])
        ):
            yield key, ("", made)
        else:
            yield key, (MORE, made)
    if confirmed := schema.get("confirm"):
        confirm = {"displayName": "Confirm", "name": "confirm", "type": "string", "default": ""}
        yield "confirm", ("", {**confirm, "description": CONFIRM.format(confirmed)})
    is_long = schema.get("long") or schema.get("inline_max")
    common = {
        "wait": is_long,
        "whole_answer": list_found(name, schema),
        "idempotency_key": schema["effect"] != "read",
    }
    for key, is_offered in common.items():
        if is_offered:
            yield key, (MORE, COMMON[key])


def parameter(key: str, part: JSON, examples: list[Any]) -> JSON:
    """Return the parameter of a part of an action's input."""
    made: JSON = {"displayName": titled(part["title"]), "name": key}
    description = described(part)
    if key in LISTS:
        return {**made, **locator(LISTS[key]), "description": description}
    if key in CHOICES:
        chosen = {"type": "multiOptions", "default": [], "typeOptions": {"loadOptionsMethod": CHOICES[key]}}
        chosen["typeOptions"]["loadOptionsDependsOn"] = ["connection", "index"]
        title = f"{made['displayName'].removesuffix('s')} Names or IDs"
        return {**made, **chosen, "displayName": title, "description": f"{part['description']} {SEVERAL}."}
    made |= kind(part)
    if parsing(part) and examples:
        made["placeholder"] = json.dumps(examples[0])
    return {**made, "description": description}


def locator(source: str) -> JSON:
    """Return a parameter that is chosen from a list, or given by its name."""
    from_list = {"searchListMethod": source, "searchable": True}
    return {
        "type": "resourceLocator",
        "default": {"mode": "list", "value": ""},
        "modes": [
            {"displayName": "From List", "name": "list", "type": "list", "typeOptions": from_list},
            {"displayName": "By Name or ID", "name": "name", "type": "string"},
        ],
    }


def kind(part: JSON) -> JSON:  # noqa: PLR0911 - one answer a kind
    """Return n8n's type of a part of an action's input, with what belongs to it."""
    items = followed(part.get("items", {}))
    if is_dict(part):
        pair = [
            {"displayName": "Name", "name": "name", "type": "string", "default": ""},
            {"displayName": "Value", "name": "value", "type": "string", "default": ""},
        ]
        one = {"displayName": "Pair", "name": "pair", "values": pair}
        several = {"multipleValues": True}
        return {
            "type": "fixedCollection",
            "default": {},
            "placeholder": "Add",
            "typeOptions": several,
            "options": [one],
        }
    if choices := [each for each in items.get("enum", part.get("enum", ())) if each is not None]:
        options = sorted(
            ({"name": spoken(each), "value": each} for each in choices), key=lambda each: each["name"].lower()
        )
        if items:
            return {"type": "multiOptions", "default": [], "options": options}
        return {"type": "options", "default": part.get("default", choices[0]), "options": options}
    if how_read := parsing(part):
        return {"type": "json" if how_read == "json" else "string", "default": ""}
    if part["type"] == "array":
        return {"type": "string", "default": [], "typeOptions": {"multipleValues": True}}
    if part["type"] == "boolean":
        return {"type": "boolean", "default": part.get("default", False)}
    if part["type"] in ("integer", "number"):
        return number(part)
    rows = (
        {}
        if {"maxLength", "enum", "pattern"} & part.keys() and part.get("maxLength", 0) <= LONG_TEXT
        else {"rows": 3}
    )
    return {"type": "string", "default": part.get("default", ""), **({"typeOptions": rows} if rows else {})}


def number(part: JSON) -> JSON:
    """Return the parameter of a number: what it begins at, and what stands in it at first."""
    options = {"minValue": part["minimum"]} if "minimum" in part else {}
    if part["type"] == "number":
        options["numberPrecision"] = 6
    return {
        "type": "number",
        "default": part.get("default", part.get("minimum", 1)),
        **({"typeOptions": options} if options else {}),
    }


def reading(key: str, part: JSON) -> str:
    """Return how a parameter's value becomes what the action takes."""
    if key in LISTS:
        return "chosen"
    if str(part.get("pattern", "")).startswith("^file_"):
        return "file"
    if is_dict(part):
        return "pairs"
    return parsing(part) or ("list" if part["type"] == "array" else "value")


def shown(asked: dict[str, dict[str, tuple[str, JSON]]], nouns: dict[str, str]) -> Iterator[JSON]:
    """Yield every parameter with the operations that show it; what several have alike is one of them.

    The additional fields of an operation come last.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for name, parts in asked.items():
        for place, made in parts.values():
            if not place:
                alike[json.dumps([nouns[name], made])].append(name)
    for text, names in alike.items():
        one, made = json.loads(text)
        yield {**made, "displayOptions": {"show": {"resource": [one], "operation": names}}}
    for name, parts in asked.items():
        options = sorted(
            (made for place, made in parts.values() if place),
            key=lambda each: str(each["displayName"]).lower(),
        )
        if not options:
            continue
        yield {
            "displayName": "Additional Fields",
            "name": MORE,
            "type": "collection",
            "placeholder": "Add Field",
            "default": {},
            "options": options,
            "displayOptions": {"show": {"resource": [nouns[name]], "operation": [name]}},
        }


def described(part: JSON) -> str:
    """Return what a parameter is for."""
    text = str(part["description"])
    if part["type"] == "boolean" and not text.startswith("Whether"):
        text = f"Whether this is wanted: {text}"
    if str(part.get("pattern", "")).startswith("^file_"):
        text = "The name of the input field that has the binary file, CSV or XLSX, its first row the header; or the ID of an uploaded file. Instead of rows."
    if part["type"] == "array" and parsing(part) is None and "enum" not in followed(part["items"]):
        text += " Each may be one text, or by an expression a list of them."
    return plain(text)


if __name__ == "__main__":
    schemas.settle({OUT: laid_out(definitions())})
