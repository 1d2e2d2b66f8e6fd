"""Makes one call of Pinecone's API as it is: what no other action offers yet."""

from __future__ import annotations

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return what Pinecone answered; a refusal is an error as in every action."""
    method, path = input["method"], input["path"]
    deletes = method == "DELETE" or path.rstrip("/").endswith("/delete")
    if deletes and input.get("confirm") != path:
        refuse([Fault("/confirm", "must repeat path: this call deletes")])
    if "body" in input and method in ("GET", "DELETE"):
        refuse([Fault("/body", f"does not go with {method}")])
    status, body = context.call(method, path, input.get("index"), input.get("query"), input.get("body"))
    return {"status": status, "body": body}
