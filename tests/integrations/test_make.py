"""The Make app: as schemas/ say, by the documented rules, and what it sends is what the actions take."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrations.iml import FUNCTIONS, evaluated, names, rendered
from tests.stories.processes import ROOT

APP = ROOT / "integrations/make"
MANIFEST = json.loads((APP / "makecomapp.json").read_text())
COMPONENTS = MANIFEST["components"]
ACTIONS = {
    path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "schemas/actions").glob("*.json"))
}
CODES = {
    "connection": {"communication", "params"},
    "webhook": {"communication", "params", "attach", "detach"},
    "rpc": {"communication", "params"},
    "module": {"communication", "staticParams", "mappableParams", "interface", "samples"},
}
TYPES = {
    "any", "array", "boolean", "collection", "date", "integer", "number", "password", "select", "text", "uinteger", "url",
}  # fmt: skip
ERROR_TYPES = {
    "ConnectionError", "DataError", "InvalidAccessTokenError", "InvalidConfigurationError", "RateLimitError", "RuntimeError",
}  # fmt: skip
VARIABLES = {
    "connection": {"parameters", "body", "statusCode"},
    "rpc": {"parameters", "connection", "body", "item", "statusCode"},
    "module": {"parameters", "connection", "body", "item", "headers", "statusCode"},
    "webhook": {"parameters", "data", "body", "headers", "query", "method"},
    "attach": {"parameters", "connection", "webhook", "body"},
    "detach": {"webhook", "connection"},
}
"""Which variables are documented where (developers.make.com: IML variables of each component)."""


def content(kind: str, name: str, code: str) -> Any:
    return json.loads((APP / COMPONENTS[kind][name]["codeFiles"][code]).read_text())


def camel(action: str) -> str:
    first, *others = action.split("_")
    return first + "".join(word.title() for word in others)


def components() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, named in COMPONENTS.items():
        for name, entry in named.items():
            yield kind, name, entry


def fields(form: Any) -> Iterator[dict[str, Any]]:
    """Every field of a form or an interface, those in others too."""
    for field in form if isinstance(form, list) else [form]:
        yield field
        yield from fields(field.get("spec", []))


def forms() -> Iterator[tuple[str, Any]]:
    for kind, name, entry in components():
        for code in {"params", "mappableParams", "interface"} & entry["codeFiles"].keys():
            yield f"{kind} {name} {code}", content(kind, name, code)


def test_the_app_is_as_the_schemas_say() -> None:
    command = [sys.executable, "-m", "integrations.make.generate", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_action_is_a_module_and_every_module_is_in_one_group() -> None:
    groups = json.loads((APP / MANIFEST["generalCodeFiles"]["groups"]).read_text())
    grouped = [module for group in groups for module in group["modules"]]
    assert {camel(name) for name in ACTIONS} <= COMPONENTS["module"].keys()
    assert sorted(grouped) == sorted(COMPONENTS["module"])


def test_names_files_and_kinds_are_those_that_make_knows() -> None:
    kept = {path.relative_to(APP).as_posix() for path in APP.rglob("*.iml.json")}
    named = {path for _, _, entry in components() for path in entry["codeFiles"].values()}
    assert kept == named | {MANIFEST["generalCodeFiles"]["base"]}
    for kind, name, entry in components():
        assert re.fullmatch(r"[a-zA-Z][0-9a-zA-Z]+[0-9a-zA-Z]", name), name
        assert 3 <= len(name) <= 48, name
        assert entry["codeFiles"].keys() <= CODES[kind], name
        assert 1 <= len(entry["label"]) <= 256, name
    modules = COMPONENTS["module"].values()
    assert {one["moduleType"] for one in modules} == {"instant_trigger", "action", "search", "universal"}
    assert {one.get("actionCrud") for one in modules} == {None, "create", "read", "update", "delete"}
    assert [name for name, one in COMPONENTS["module"].items() if one["moduleType"] == "instant_trigger"] == [
        "watchEvents"
    ]


def test_forms_have_the_types_that_make_knows_and_every_list_of_choices_is_there() -> None:
    for where, form in forms():
        for field in fields(form):
            assert field["type"] in TYPES, (where, field)
            assert 1 <= len(field.get("label", "?")) <= 256, (where, field)
            assert len(field.get("name", "")) <= 128, (where, field)
            if isinstance(options := field.get("options"), str):
                assert options.removeprefix("rpc://") in COMPONENTS["rpc"], (where, field)


def test_expressions_use_what_is_documented_and_fields_that_there_are() -> None:
    for kind, name, entry in components():
        for code in {"communication", "attach", "detach"} & entry["codeFiles"].keys():
            variables = VARIABLES[code if code in VARIABLES else kind]
            form = next(
                (
                    content(kind, name, each)
                    for each in ("mappableParams", "params")
                    if each in entry["codeFiles"]
                ),
                [],
            )
            asked = {field["name"] for field in form}
            for word, after in names(content(kind, name, code)):
                assert word in (FUNCTIONS if after == "(" else variables), (kind, name, code, word)
                assert word != "parameters" or after in asked, (kind, name, code, after)


def test_refusals_have_the_types_that_make_knows() -> None:
    base = json.loads((APP / "general/base.iml.json").read_text())
    told = base["response"]["error"]
    types = {told["type"], *(each["type"] for code, each in told.items() if code.isdigit())}
    assert types <= ERROR_TYPES
    assert (told["401"]["type"], told["429"]["type"]) == ("InvalidAccessTokenError", "RateLimitError")
    problem = {
        "detail": "The input is not right.",
        "errors": [{"pointer": "/top_k", "message": "is a string"}],
    }
    scope = {"statusCode": 422, "body": problem}
    assert rendered(told["422"]["message"], scope) == "[422] The input is not right. /top_k is a string"
    assert rendered(told["message"], {"statusCode": 502, "body": {}}).strip() == "[502]"


def filled(action: str, given: dict[str, Any], *, by_name: bool = False) -> dict[str, Any]:
    """An action's input as it is filled in: open parts as JSON, or by names where the form has such a field."""
    form = {field["name"]: field for field in content("module", camel(action), "mappableParams")}
    filled_in: dict[str, Any] = {}
    for key, value in given.items():
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        if by_name and f"{key}_by_name" in form and isinstance(one, dict):
            filled_in[f"{key}_by_name"] = [{"key": name, "value": text} for name, text in one.items()]
        elif form[key]["type"] == "text" and not isinstance(value, str):
            filled_in[key] = json.dumps(value)
        elif form[key]["type"] == "array" and isinstance(value, dict):
            filled_in[key] = [{"key": name, "value": text} for name, text in value.items()]
        else:
            filled_in[key] = value
    return filled_in


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_module_sends_is_what_was_filled_in(action: str) -> None:
    body = content("module", camel(action), "communication")["body"]
    for example in ACTIONS[action]["examples"]:
        for by_name in (False, True):
            parameters = filled(action, example["input"], by_name=by_name)
            assert rendered(body, {"parameters": parameters}) == example["input"], by_name


@pytest.mark.parametrize("action", ACTIONS)
def test_what_was_not_filled_in_is_not_sent(action: str) -> None:
    communication = content("module", camel(action), "communication")
    empty = {"array": [], "collection": {}}
    form = content("module", camel(action), "mappableParams")
    untouched = {field["name"]: empty[field["type"]] for field in form if field["type"] in empty}
    for parameters in ({}, untouched):
        request = rendered({key: communication[key] for key in ("qs", "body")}, {"parameters": parameters})
        assert request == {"qs": {}, "body": {}}


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_module_gives_is_its_sample_and_its_interface(action: str) -> None:
    name = camel(action)
    told = {field["name"] for field in content("module", name, "interface")}
    answer = content("module", name, "communication")["response"]
    sample = content("module", name, "samples")
    if "iterate" in answer:
        outputs = [example["output"] for example in ACTIONS[action]["examples"]]
        lists = ((output, evaluated(answer["iterate"][2:-2], {"body": output})) for output in outputs)
        output, items = next((both for both in lists if both[1]), (None, []))
        given = rendered(answer["output"], {"body": output, "item": items[0]}) if items else {}
    else:
        given = rendered(answer["output"], {"body": ACTIONS[action]["examples"][0]["output"]})
    assert (sample, sample.keys() <= told) == (given, True)
