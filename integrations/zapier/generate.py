"""`python -m integrations.zapier.generate [--check]`: writes definitions.json of the Zapier app, from schemas/ alone.

definitions.json is data: what triggers, creates and searches are called, what they take, what they give, and an
example of each. What they do stands in triggers.js and actions.js, once for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from integrations import schemas
from integrations.schemas import (
    JSON,
    SCHEMAS,
    explained,
    followed,
    has_own_names,
    is_dict,
    kinds,
    laid_out,
    list_found,
    parsing,
    read,
    scalar,
)

OUT = Path(__file__).with_name("definitions.json")
LONG_TEXT = 1000
HELP_LENGTH = 1000
DROPDOWNS = {
    "index": "index_list",
    "namespace": "namespace_list",
    "namespaces": "namespace_list",
    "backup_id": "backup_list",
    "model": "model_list",
}
CONNECTION = {
    "key": "connection",
    "label": "Connection",
    "type": "string",
    "dynamic": "connection_list.id.name",
    "required": False,
}
BACKGROUND = {
    "key": "background",
    "label": "Run in the Background",
    "type": "boolean",
    "required": False,
    "helpText": "For what takes longer than 20 seconds: the Zap waits until Pinehook reports the end, however long.",
}


def definitions() -> JSON:
    """Return everything that is written, by the keys that Zapier knows it by."""
    actions = schemas.actions()
    reads = {name: schema for name, schema in actions.items() if schema["effect"] == "read"}
    return {
        "triggers": {name: trigger(name, schema) for name, schema in schemas.event_types().items()},
        "creates": {name: create(name, schema) for name, schema in actions.items() if name not in reads},
        "searches": {name: search(name, schema) for name, schema in reads.items()},
        "searchOrCreates": {pair["key"]: pair for pair in pairs(actions)},
    }


def trigger(name: str, schema: JSON) -> JSON:
    """Return the trigger of an event type; its keys are the event's own, here, in the webhook and in the list."""
    event = read(SCHEMAS / "api/event.json")
    event["properties"]["data"] = schema["data"]
    about = {**CONNECTION, "helpText": "Only what is seen through this connection. Left out, through any."}
    keys = {
        "key": "keys",
        "label": "Names",
        "type": "string",
        "list": True,
        "required": False,
        "helpText": "Only what has one of these names. A * stands for anything: `prod-*`.",
    }
    return {
        "key": name.replace(".", "_"),
        "noun": name.split(".", maxsplit=1)[0].replace("_", " ").title(),
        "display": {"label": schema["title"], "description": schema["description"]},
        "event_type": name,
        "operation": {
            "inputFields": [about, keys],
            "outputFields": list(given(event)),
            "sample": schema["example"],
        },
    }


def create(name: str, schema: JSON) -> JSON:
    """Return the create of an action that writes or deletes."""
    made = action(name, schema)
    fields = made["operation"]["inputFields"]
    if confirmed := schema.get("confirm"):
        preview = {"title": "Deleted", "type": "boolean"}, followed({"$ref": "would_delete.json"})
        told = {"properties": dict(zip(("deleted", "would_delete"), preview, strict=True))}
        made["operation"]["outputFields"] += given(told)
        text = f"Repeat `{confirmed}` here to have it done. Left out, nothing is deleted, and the step tells what would be."
        fields.append({
            "key": "confirm", "label": "Confirm", "type": "string", "required": False, "helpText": text,
        })  # fmt: skip
    fields.append(BACKGROUND)
    return made


def search(name: str, schema: JSON) -> JSON:
    """Return the search of an action that reads. `list`: where its output has what was found, best first."""
    made = action(name, schema)
    output = followed(schema["output"])
    made["missing_is_empty"] = name.startswith("describe_")
    made["list"] = listed = list_found(name, schema)
    if listed:
        items = followed(followed(output["properties"][listed])["items"])
        first = {"properties": {"first": {**items, "title": "First"}}}
        made["operation"]["outputFields"] += given(first)
        full = [each["output"] for each in schema["examples"] if each["output"][listed]]
        made["operation"]["sample"] |= {**full[0], "first": full[0][listed][0]} if full else {}
    return made


def action(name: str, schema: JSON) -> JSON:
    """Return what creates and searches have in common.

    parsed: how the text of a field is read, where it is JSON or numbers. named: the fields that may be filled in by
    name instead, without JSON; true where what is named is one of a list.
    """
    asked = schema["input"]
    parts = {key: followed(part) for key, part in asked["properties"].items()}
    parsed = {key: kind for key, part in parts.items() if (kind := parsing(part))}
    chosen = {**CONNECTION, "helpText": "The connection to run it on. Left out, the default one."}
    named = {key: part["type"] == "array" for key, part in parts.items() if is_open(part)}
    fields = [one for key, part in parts.items() for one in form(name, key, part, schema)]
    return {
        "key": name,
        "noun": name.partition("_")[2].replace("_", " ").title() or schema["title"],
        "display": {"label": schema["title"], "description": schema["description"]},
        "long": schema.get("long", False),
        "parsed": parsed,
        "named": named,
        "operation": {
            "inputFields": [chosen, *fields],
            "outputFields": list(given(followed(schema["output"]))),
            "sample": schema["examples"][0]["output"],
        },
    }


def pairs(actions: JSON) -> Iterator[JSON]:
    """Yield the searches that find by a name what a create makes, and tell it as the create does."""
    for name, schema in actions.items():
        noun = name.removeprefix("describe_")
        made = actions.get(f"create_{noun}")
        if noun == name or made is None or any(key.endswith("_id") for key in schema["input"]["required"]):
            continue
        if followed(made["output"])["properties"] != followed(schema["output"])["properties"]:
            continue
        yield {
            "key": name,
            "display": {
                "label": f"Find or Create {noun.replace('_', ' ').title()}",
                "description": "Finds it by its name, and creates it when it is not there.",
            },
            "search": name,
            "create": f"create_{noun}",
        }


def form(action_name: str, key: str, part: JSON, schema: JSON) -> Iterator[JSON]:
    """Yield the form field of a part of an action's input, and where it may be filled in by name that one too."""
    made = field(action_name, key, part, schema)
    if not is_open(part):
        yield made
        return
    yield {**made, "required": False}
    what = "one of them" if part["type"] == "array" else "it"
    text = f"Instead of {made['label']}: {what} as names and values. Any text may stand in a value; numbers are text too."
    yield {"key": f"{key}_by_name", "label": f"{made['label']} by Name", "dict": True, "helpText": text}


def is_open(part: JSON) -> bool:
    """Whether a part may be filled in by names and values: it is, or lists, objects with names of the user's own."""
    return parsing(part) == "json" and has_own_names(part)


def field(action_name: str, key: str, part: JSON, schema: JSON) -> JSON:
    """Return the form field of a part of an action's input."""
    help_text = explained(part)
    if parsing(part) == "json":
        help_text += " Written as JSON."
    made: JSON = {
        "key": key,
        "label": part["title"],
        "type": form_type(part),
        "required": key in schema["input"]["required"],
        "helpText": help_text[:HELP_LENGTH],
    }
    if is_dict(part):
        made["dict"] = True
    elif part["type"] == "array" and not parsing(part):
        made["list"] = True
    if choices := followed(part.get("items", part)).get("enum"):
        made["choices"] = [choice for choice in choices if choice is not None]
    if source := DROPDOWNS.get(key):
        made["dynamic"] = f"{source}.id.name"
    if key == "index" and action_name != "describe_index":
        made["search"] = "describe_index.name"
    shown = [example["input"][key] for example in schema["examples"] if key in example["input"]]
    if parsing(part) and shown:
        made["placeholder"] = json.dumps(shown[0])
    return made


def form_type(part: JSON) -> str:
    """Return Zapier's type of a form field."""
    if parsing(part):
        return "text"
    whole = followed(part["items"]) if part["type"] == "array" else part
    kind = scalar(whole)
    is_long = whole.get("maxLength", 0) > LONG_TEXT or not {"maxLength", "enum"} & whole.keys()
    return "text" if kind == "string" and is_long and "items" not in part and not is_dict(part) else kind


def given(schema: JSON, prefix: str = "", called: str = "") -> Iterator[JSON]:
    """Yield the output fields of an object: nested ones as a__b, those of lists of objects as a[]b."""
    for name, unfollowed in schema["properties"].items():
        part = followed(unfollowed)
        types = kinds(part)
        label = f"{called} {schemas.title(name, part)}".strip()
        items = followed(part.get("items", {})) if "array" in types else {}
        if "object" in types and part.get("properties"):
            yield from given(part, f"{prefix}{name}__", label)
        elif items.get("properties") and "[]" not in prefix:
            yield from given(items, f"{prefix}{name}[]", label)
        elif "array" in types:
            yield {"key": f"{prefix}{name}", "label": label, "list": True, "type": scalar(items)}
        elif "object" in types:
            yield {"key": f"{prefix}{name}", "label": label, "dict": True}
        else:
            yield {"key": f"{prefix}{name}", "label": label, "type": scalar(part)}


if __name__ == "__main__":
    schemas.settle({OUT: laid_out(definitions())})
