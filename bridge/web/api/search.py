"""`/v1/search`: search_text for tools that can only GET."""

from __future__ import annotations

from typing import Any, Final

import orjson
from flask import Blueprint, Response

from bridge import errors, running
from bridge.errors import Fault
from bridge.plugin import JSON
from bridge.web import reading
from bridge.web.api.runs import as_csv
from bridge.web.door import Call, operation

room = Blueprint("search", __name__)

SAME: Final = ("index", "namespace", "top_k", "min_score", "max_chars")
EMBED: Final = ("provider", "model", "dimension")


@operation(room, "GET /v1/search", "any", answer="search", query="search.query", csv=True)
def search(call: Call) -> JSON | Response:
    """Find the passages that answer a text: search_text, for tools that can only GET.

    It needs the scope read.
    """
    asked = _asked(call.query)
    ran = running.run(
        call.runtime, call.caller, "search_text", asked, connection=call.query.get("connection")
    )
    return as_csv(ran.output, {}) if reading.wants_csv(call.query) else ran.output


def _asked(query: JSON) -> JSON:
    asked: JSON = {name: query[name] for name in SAME if name in query} | {"text": query["q"]}
    if "provider" in query:
        asked["embed"] = {name: query[name] for name in EMBED if name in query}
    if query.get("rerank"):
        asked["rerank"] = {}
    if "fields" in query:
        asked["fields"] = [name.strip() for name in query["fields"].split(",") if name.strip()]
    if "filter" in query:
        asked["filter"] = _filter(query["filter"])
    return asked


def _filter(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        fault = Fault("/filter", 'must be JSON like {"year": {"$gte": 2024}}')
        raise errors.BadRequest("the filter is not JSON", errors=(fault,)) from error
