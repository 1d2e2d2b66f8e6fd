"""The saved searches: when a record newly comes into the result of a question, and when one leaves it.

A look asks again only when something may have been written: the namespace's record count is another (which costs no
read units), something changed a moment ago, or `recheck_seconds` have passed: an update changes no count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.errors import Fault, InvalidInput
from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot

if TYPE_CHECKING:
    from pinecone.models.indexes.index import IndexModel

EVENTS = ("search.matched", "search.left")
DELETED_AFTER_SECONDS = 30
OWN_ROWS = True
NOTE = "note"
"""The life of the row that remembers where and when was asked; it is no record and nothing is told of it."""
SETTLING = timedelta(seconds=60)
"""How long after a change every look asks: counts and answers may lag behind what was written."""


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """Ask for the record count, and the question where its answer may be another; two calls at most.

    An index that does not exist is an empty result: what is found in it later is new.
    """
    asked = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()
    note = before[NOTE].body if NOTE in before else {}
    if note.get("asked") == asked:
        try:
            return _look(context, options, before, note)
        except Exception:
            found = context.find(context.pinecone.indexes.describe, options["index"])
            if found is not None and found.host == note["host"]:
                raise
    else:
        found = context.find(context.pinecone.indexes.describe, options["index"])
    if found is None:
        return Snapshot((), complete=True, observed_at=context.now())
    if not found.host or not found.status.ready:
        return Snapshot((), complete=False, observed_at=context.now())
    return _look(context, options, before, _new_note(context, found, options, asked))


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:
    """Tell of records that are gone from the result, where that is wanted, and of new ones, the best first."""
    for life, was in before.items():
        if options["tell_left"] and life != NOTE and life not in after:
            yield NewEvent("search.left", was)
    for life, now in after.items():
        if life != NOTE and life not in before:
            yield NewEvent("search.matched", now)


def _look(context: Context, options: JSON, before: Lives, note: JSON) -> Snapshot:
    """Look at one index. Records are told by their host: in an index made anew all of them are new."""
    now, index = context.now(), context.index(options["index"], note["host"])
    spaces = index.describe_index_stats().namespaces
    names = {options["namespace"], "" if options["namespace"] == "__default__" else options["namespace"]}
    count = sum(spaces[name].vector_count for name in names if name in spaces)
    settled = now - datetime.fromisoformat(note["changed_at"]) >= SETTLING
    fresh = now - datetime.fromisoformat(note["asked_at"]) < timedelta(seconds=options["recheck_seconds"])
    if settled and fresh and count == note["record_count"]:
        return _unasked(now, before)
    found, position = _answer(context, options, note)
    if not settled and position is not None and position < (note["position"] or 0):
        return _unasked(now, before)  # a replica that has not seen the last write yet
    news = (count, position) != (note["record_count"], note["position"])
    moment = now.isoformat()
    note = {**note, "record_count": count, "position": position, "asked_at": moment}
    note |= {"changed_at": moment} if news else {}
    remembered = Resource(f"{options['index']}/{options['namespace']}", NOTE, None, note)
    return Snapshot((remembered, *found), complete=True, observed_at=now)


def _unasked(now: datetime, before: Lives) -> Snapshot:
    known = (before[NOTE],) if NOTE in before else ()
    return Snapshot(known, complete=True, observed_at=now, unsure=frozenset(before))


def _answer(context: Context, options: JSON, note: JSON) -> tuple[list[Resource], int | None]:
    """Ask the question; return the records that are near enough, and the write up to which the index has read."""
    index = context.index(options["index"], note["host"])
    asked = {"top_k": options["top_k"], "namespace": options["namespace"]}
    asked |= {"filter": options["filter"]} if "filter" in options else {}
    answer: Any
    if "text" in options and note["embeds"]:
        answer = index.search(inputs={"text": options["text"]}, **asked)
        hits = [(hit.id, hit.score, hit.fields) for hit in answer.result.hits]
    else:
        vector = options.get("vector") or context.embed([options["text"]], _by(options))[0]
        answer = index.query(vector=vector, include_metadata=True, **asked)
        hits = [(match.id, match.score, match.metadata) for match in answer.matches]
    # A namespace that no longer is has position 0, which says as little as none.
    position = (answer.response_info and answer.response_info.lsn_reconciled) or None
    return list(_near(hits, options, note)), position


def _near(hits: Iterable[tuple[str, float, Any]], options: JSON, note: JSON) -> Iterator[Resource]:
    least = options.get("min_score")
    place = {"text": options.get("text"), "index": options["index"], "namespace": options["namespace"]}
    for record, score, metadata in hits:
        if least is None or (score <= least if note["metric"] == "euclidean" else score >= least):
            body = {**place, "id": record, "score": score, "metadata": dict(metadata or {})}
            key = f"{place['index']}/{place['namespace']}/{record}"
            yield Resource(key, f"{note['host']}/{place['namespace']}/{record}", None, body)


def _by(options: JSON) -> JSON:
    if "embed" not in options:
        fault = Fault("/options/embed", f"is required: the index {options['index']} has no model of its own")
        raise InvalidInput(f"{fault.pointer} {fault.message}", errors=(fault,))
    return {"input_type": "query", **options["embed"]}


def _new_note(context: Context, index: IndexModel, options: JSON, asked: str) -> JSON:
    own: Any = getattr(index, "embed", None)
    if own and "embed" in options:
        fault = Fault("/options/embed", f"does not go with the index {index.name}, whose own model embeds")
        raise InvalidInput(f"{fault.pointer} {fault.message}", errors=(fault,))
    metric = getattr(index, "metric", None) or getattr(own, "metric", None)
    long_ago = datetime.fromtimestamp(0, context.now().tzinfo).isoformat()
    note = {"asked": asked, "host": index.host, "embeds": own is not None, "metric": metric and str(metric)}
    return {**note, "record_count": None, "position": None, "asked_at": long_ago, "changed_at": long_ago}
