"""Makes one call of Pinecone's API as it is: what no other action offers yet."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context


def needs(input: JSON) -> str:
    """Return the scope of what is called: nobody reads, writes or deletes here what they may not elsewhere."""
    return "delete" if _deletes(input) else "read" if input["method"] == "GET" else "write"


def run(context: Context, input: JSON) -> JSON:
    """Return what Pinecone answered; a refusal is an error as in every action."""
    method, path = input["method"], input["path"]
    if any(part in (".", "..") for part in unquote(path).split("/")):
        refuse([Fault("/path", "leads elsewhere by . or ..")])
    if _deletes(input) and input.get("confirm") != path:
        refuse([Fault("/confirm", "must repeat path: this call deletes")])
    if "body" in input and method in ("GET", "DELETE"):
        refuse([Fault("/body", f"does not go with {method}")])
    status, said = context.call(method, path, input.get("index"), input.get("query"), input.get("body"))
    return {"status": status, "body": _read(said)}


def _read(said: bytes) -> Any:
    """Return the JSON that was answered, else its text, without NUL, which no database here can keep."""
    try:
        return orjson.loads(said) if said else None
    except orjson.JSONDecodeError:
        return said.decode("utf-8", "replace").replace("\0", "\ufffd")


def _deletes(order: JSON) -> bool:
    # As a server reads it: %64elete is delete.
    return bool(order["method"] == "DELETE" or unquote(order["path"]).rstrip("/").endswith("/delete"))
