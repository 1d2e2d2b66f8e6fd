"""`/v1/actions`: what can be asked of Pinecone, how, and the asking itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response

from bridge import accepting, errors, runs, uploading
from bridge.accepting import Wish
from bridge.models import Run
from bridge.plugin import JSON
from bridge.registry import ActionPlugin
from bridge.replying import Callback
from bridge.web import paging, reading, waiting
from bridge.web.api.runs import accepted, as_csv
from bridge.web.door import OWN, Answer, Call, here, operation

room = Blueprint("actions", __name__)
CALLBACK: Final = ("callback_url", "callback_format")
WAIT_SECONDS: Final = 20
"""How long a request waits for a run that its action's schema sends to the worker."""


@operation(room, "GET /v1/actions", "any", answer="action", many=True)
def list_actions(call: Call) -> JSON:
    """List the actions, by name."""
    return paging.whole(call.runtime.registry.actions.values(), _short)


@operation(room, "GET /v1/actions/<name>", "any", answer="action_details")
def describe_action(call: Call, name: str) -> JSON:
    """Describe an action: the schemas of its input and output, and examples."""
    action = call.runtime.registry.actions.get(name)
    if action is None:
        raise errors.UnknownAction(f"there is no action {name!r}; GET /v1/actions lists them")
    schemas = {"input": action.input.bundled, "output": action.output.bundled}
    return {**_short(action), **schemas, "examples": action.examples}


@operation(room, "POST /v1/actions/<name>", "any", body=OWN, query="action.run")
def run_action(call: Call, name: str) -> Answer | Response:
    """Run an action on a connection; the action names the scope it needs."""
    answer = _answered(call, name)
    if answer.status is None and answer.body is not None and reading.wants_csv(call.query):
        return as_csv(answer.body, answer.headers)
    return answer


def _answered(call: Call, name: str) -> Answer:
    _take_file(call)
    wish = Wish(reading.idempotency_key(), reading.prefers_async(), _callback(call.body))
    asked = accepting.accept(
        call.runtime, call.caller, name, call.body, connection=call.query.get("connection"), wish=wish
    )
    if asked.run is None:
        return _done(asked.output, asked.run_id)
    answer = _ended(call, asked.run, patient=asked.patient)
    return answer if asked.secret is None else _with_secret(answer, asked.secret)


def _ended(call: Call, run: Run, *, patient: bool) -> Answer:
    """Answer with what a run gave, or with the run itself if it has not ended in a while."""
    if patient and run.state not in runs.ENDED:
        with suppress(errors.TooManyWaiting), waiting.seat(needed=True):
            run = runs.wait(call.runtime, call.caller, run.id, WAIT_SECONDS)
    if run.state not in runs.ENDED:
        return accepted(run)
    if run.state != "succeeded":
        raise runs.problem(run)
    return _done(run.output, run.id)


def _take_file(call: Call) -> None:
    """Keep the file of a form, and name it in the input."""
    settings = call.runtime.settings
    if not (reading.is_form() and isinstance(call.body, dict)):
        return
    if sent := reading.upload(settings.max_file_bytes + settings.max_body_bytes):
        call.caller.require("write")
        call.body["file"] = uploading.upload(
            call.runtime, call.caller, sent.name, sent.media_type, sent.pieces
        ).id


def _callback(body: Any) -> Callback | None:
    """Take what every action's input may say of a callback out of it."""
    if not isinstance(body, dict):
        return None
    said = {name: body.pop(name) for name in CALLBACK if name in body}
    if not said:
        return None
    told = here().requests["action.callback"].check(said, what="the input")
    return Callback(told["callback_url"], told.get("callback_format"))


def _with_secret(answer: Answer, secret: str) -> Answer:
    return replace(answer, headers={**answer.headers, "Pinehook-Callback-Secret": secret})


def _done(output: JSON | None, run_id: str | None) -> Answer:
    return Answer(output, headers={"Pinehook-Run-Id": run_id} if run_id else {})


def _short(action: ActionPlugin) -> JSON:
    return {
        "name": action.name,
        "title": action.title,
        "description": action.description,
        "effect": action.effect,
        "scope": action.scope,
        "long": action.long,
    }
