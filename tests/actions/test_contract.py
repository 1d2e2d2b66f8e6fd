"""What every action promises, held to whatever the registry finds: nobody edits this for a new action."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import registry
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World

ROOT = Path(__file__).parent.parent.parent
ACTIONS = registry.load().actions
EXAMPLES = [(name, example) for name, action in ACTIONS.items() for example in action.examples]
MAX_LINES = 80
MAX_DESCRIPTION = 300


def ids(value: Any) -> str | None:
    return value if isinstance(value, str) else value["title"]


def keys(value: Any) -> Any:
    """The keys of an output, down through its objects and the first item of its lists."""
    if isinstance(value, dict):
        return {name: keys(part) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [keys(part) for part in value[:1]]
    return None


def objects(schema: Any) -> Iterator[JSON]:
    """Every subschema that describes something to a reader."""
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from objects(part)
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=ids)
def test_an_example_runs_as_it_is_written(
    world: World, run_action: RunAction, name: str, example: JSON
) -> None:
    output = run_action(name, world.substituted(example["input"]))
    assert keys(output) == keys(example["output"])


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=ids)
def test_the_output_of_an_example_fits_its_schema(name: str, example: JSON) -> None:
    ACTIONS[name].output.check(copy.deepcopy(example["output"]))


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_its_files_and_keeps_its_size(name: str) -> None:
    source = (ROOT / f"actions/{name}.py").read_text()
    found = {
        "examples": bool(ACTIONS[name].examples),
        "test": (ROOT / f"tests/actions/test_{name}.py").exists(),
        "short": len(source.splitlines()) <= MAX_LINES,
        "docstring": bool(ast.get_docstring(ast.parse(source))),
    }
    assert found == dict.fromkeys(found, True)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_described_for_people_and_for_machines(name: str) -> None:
    action = ACTIONS[name]
    texts = [action.description] + [
        part["description"]
        for side in (action.input.bundled, action.output.bundled)
        for part in objects(side)
        if isinstance(part.get("description"), str)
    ]
    assert [
        text for text in texts if not (0 < len(text) <= MAX_DESCRIPTION and text.endswith((".", "}.", "?")))
    ] == []


@pytest.mark.parametrize("name", ACTIONS)
def test_every_field_of_an_input_has_a_title_and_a_description_and_no_other_is_taken(name: str) -> None:
    schema = ACTIONS[name].input.bundled
    parts = schema.get("$defs", {})
    bare = [
        field
        for field, part in schema["properties"].items()
        if not {"title", "description"}
        <= set(part) | set(parts.get(part.get("$ref", "").rsplit("/", 1)[-1], {}))
    ]
    assert (bare, schema["additionalProperties"]) == ([], False)
