"""`python -m integrations.make.generate [--check]`: writes the Make app, from schemas/ alone.

The files are those of the Make Apps Editor for VS Code (makecomapp.json and what it names), with a module for each
action, the trigger, and what stands in fixed.py.
"""

from __future__ import annotations

from pathlib import Path

from integrations import schemas
from integrations.make import fixed
from integrations.make.forms import fields, interface, laid_out, path, sent
from integrations.schemas import JSON, SCHEMAS, followed

HERE = Path(__file__).parent
FOLDERS = ("general", "connections", "webhooks", "rpcs", "modules")
CREATES = ("create_", "upsert_", "start_", "find_or_create_")
SUFFIXES = {"mappableParams": "mappable-params", "staticParams": "static-params"}
GROUPS = (
    ("Events", "events"), ("Find", "read"), ("Write", "write"), ("Delete", "delete"), ("Other", "other"),
)  # fmt: skip
IN_BACKGROUND = "It takes longer than 20 seconds and goes on in the background as run {{body.id}}: ask for it with Get a run."


def modules() -> dict[str, JSON]:
    """Return every module: its entry in makecomapp.json, the group it stands in, and its files' contents."""
    made = {"watchEvents": fixed.trigger(schemas.event_types()["index.ready"]["example"], event())}
    made |= {camel(name): module(name, schema) for name, schema in schemas.actions().items()}
    return {**made, "getRun": fixed.run(read_api("run_details")), "makeApiCall": fixed.API_CALL}


def event() -> list[JSON]:
    """Return what the trigger gives: the event, whatever its type."""
    return interface(read_api("event"))


def read_api(name: str) -> JSON:
    """Return a schema of the API's own routes, whose references lie beside it."""
    whole = schemas.read(SCHEMAS / f"api/{name}.json")
    return {**whole, "properties": {key: beside(part) for key, part in whole["properties"].items()}}


def beside(part: JSON) -> JSON:
    """Return a part of a schema of schemas/api/ with what it refers to."""
    if "$ref" not in part:
        return part
    own = {key: value for key, value in part.items() if key != "$ref"}
    return {**schemas.read(SCHEMAS / "api" / part["$ref"]), **own}


def module(name: str, schema: JSON) -> JSON:
    """Return the module of an action."""
    listed = found(name, schema)
    asked = asking(schema)
    shown = {key for example in schema["examples"] for key in example["input"]}
    form = [fixed.CONNECTION_FIELD, *fields(asked, shown)]
    if listed and "limit" not in asked["properties"] and "top_k" not in asked["properties"]:
        form.append(fixed.LIMIT)
    has_limit = any(each["name"] == "limit" for each in form)
    answer = {
        "valid": {"condition": "{{statusCode != 202}}", "message": IN_BACKGROUND, "type": "RuntimeError"}
    }
    if listed:
        answer |= {"limit": "{{parameters.limit}}"} if has_limit else {}
        answer |= {"iterate": path("body", listed), "output": each_found(schema, listed)}
    else:
        answer["output"] = "{{body}}"
    return {
        "group": schema["effect"],
        "entry": {
            "label": schema["title"],
            "description": schema["description"],
            "connection": "pinehook",
            "moduleType": "search" if listed else "action",
            **({} if listed else {"actionCrud": crud(name, schema)}),
        },
        "files": {
            "communication": {
                "url": f"/v1/actions/{name}",
                "method": "POST",
                "qs": {"connection": "{{parameters.connection}}"},
                "body": sent(asked),
                "response": answer,
            },
            "mappableParams": form,
            "interface": interface(given(schema, listed)),
            "samples": sample(schema, listed),
        },
    }


def asking(schema: JSON) -> JSON:
    """Return an action's input, with the field by which a deletion is confirmed."""
    asked: JSON = schema["input"]
    if "confirm" not in schema:
        return asked
    text = f"Repeat {schema['confirm']} here to have it done. Left out, nothing is deleted, and the module tells what would be."
    part = {"type": "string", "title": "Confirm", "description": text, "maxLength": 600}
    return {**asked, "properties": {**asked["properties"], "confirm": part}}


def found(name: str, schema: JSON) -> str | None:
    """Return which list of a reading action's output the module gives one by one; None for what is one thing."""
    if schema["effect"] != "read" or name.startswith("describe_"):
        return None
    parts = {key: followed(part) for key, part in followed(schema["output"])["properties"].items()}
    lists = [key for key, part in parts.items() if followed(part.get("items", {})).get("properties")]
    is_plain = not any(part.get("properties") for part in parts.values())
    return lists[0] if len(lists) == 1 and is_plain else None


def given(schema: JSON, listed: str | None) -> JSON:
    """Return the schema of one bundle of a module."""
    output = followed(schema["output"])
    if "confirm" in schema:
        told = {
            "deleted": {"type": "boolean", "title": "Deleted"},
            "would_delete": {"$ref": "would_delete.json"},
        }
        return {**output, "properties": {**output["properties"], **told}}
    if not listed:
        return output
    items = followed(followed(output["properties"][listed])["items"])
    others = {key: part for key, part in output["properties"].items() if key != listed}
    return {"properties": {**others, **items["properties"]}}


def each_found(schema: JSON, listed: str) -> JSON:
    """Return one bundle of a search: the thing found, and what was said of them all."""
    output = followed(schema["output"])["properties"]
    items = followed(followed(output[listed])["items"])["properties"]
    return {key: path("item" if key in items else "body", key) for key in given(schema, listed)["properties"]}


def sample(schema: JSON, listed: str | None) -> JSON:
    """Return an example of what a module gives."""
    outputs: list[JSON] = [example["output"] for example in schema["examples"]]
    if not listed:
        return outputs[0]
    first = next((output for output in outputs if output[listed]), None)
    if first is None:
        return {}
    return {**{key: value for key, value in first.items() if key != listed}, **first[listed][0]}


def crud(name: str, schema: JSON) -> str:
    """Return what an action is to Make: create, read, update or delete."""
    if schema["effect"] != "write":
        return str(schema["effect"])
    return "create" if name.startswith(CREATES) else "update"


def camel(name: str) -> str:
    """Return a component's name, which may have letters and digits only."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def kebab(name: str) -> str:
    """Return the name of a component's folder and files."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def placed(kind: str, name: str, files: JSON, into: dict[Path, str]) -> JSON:
    """Put a component's files; return where they are, as makecomapp.json says it."""
    places = {}
    for code, content in files.items():
        folder = f"{kind}/{kebab(name)}"
        places[code] = f"{folder}/{kebab(name)}.{SUFFIXES.get(code, code)}.iml.json"
        into[HERE / places[code]] = laid_out(content)
    return places


def app() -> dict[Path, str]:
    """Return every file of the app."""
    made = modules()
    files: dict[Path, str] = {}
    groups = [
        {"label": label, "modules": [name for name, one in made.items() if one["group"] == group]}
        for label, group in GROUPS
    ]
    files[HERE / "general/base.iml.json"] = laid_out(fixed.BASE)
    files[HERE / "general/groups.json"] = laid_out(groups)
    components: JSON = {
        "connection": {"pinehook": fixed.CONNECTION["entry"]},
        "webhook": {"events": fixed.WEBHOOK["entry"]},
        "module": {name: one["entry"] for name, one in made.items()},
        "rpc": {name: fixed.rpc(name)["entry"] for name in fixed.RPCS},
        "function": {},
    }
    for kind, folder, contents in (
        ("connection", "connections", {"pinehook": fixed.CONNECTION}),
        ("webhook", "webhooks", {"events": fixed.WEBHOOK}),
        ("rpc", "rpcs", {name: fixed.rpc(name) for name in fixed.RPCS}),
        ("module", "modules", made),
    ):
        for name, one in contents.items():
            places = placed(folder, name, one["files"], files)
            components[kind][name] = {**components[kind][name], "codeFiles": places}
    files[HERE / "makecomapp.json"] = laid_out(fixed.manifest(components))
    return files


if __name__ == "__main__":
    schemas.settle(app(), tuple(HERE / folder for folder in FOLDERS))
