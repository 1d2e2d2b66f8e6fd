from __future__ import annotations

from typing import Any

import orjson
import pytest

from bridge.contract import Checker, bundle, pointer
from bridge.errors import Fault, InvalidInput

COMMON = {
    "number": {"type": "number"},
    "vector": {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "values": {"type": "array", "items": {"$ref": "number.json"}, "float32": True},
        },
        "required": ["id"],
        "additionalProperties": False,
    },
}
SCHEMA = {
    "type": "object",
    "properties": {
        "index": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"},
        "namespace": {"type": "string", "default": "__default__"},
        "top_k": {"type": "integer", "minimum": 1, "maximum": 10},
        "vectors": {"type": "array", "items": {"$ref": "../common/vector.json"}, "maxItems": 3},
        "metric": {"enum": ["cosine", "euclidean"]},
        "page": {"type": "object", "properties": {"limit": {"type": "integer", "default": 20}}},
        "either": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]},
    },
    "required": ["index"],
    "additionalProperties": False,
}
KNOWN = "either, index, metric, name, namespace, page, top_k, vectors"


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(SCHEMA, COMMON)


@pytest.mark.parametrize(
    ("instance", "fault"),
    [
        ({}, Fault("/index", "is required")),
        ({"index": 1}, Fault("/index", "is an integer; it must be a string")),
        ({"index": "A"}, Fault("/index", "must match the pattern ^[a-z]+$")),
        (
            {"index": "a", "name": "My Index"},
            Fault("/name", "must be lower-case letters, digits and hyphens, with no hyphen first or last"),
        ),
        ({"index": "a", "foo": 1}, Fault("/foo", f"is not a field here; the fields are: {KNOWN}")),
        ({"index": "a", "a/b": 1}, Fault("/a~1b", f"is not a field here; the fields are: {KNOWN}")),
        ({"index": "a", "top_k": 11}, Fault("/top_k", "is above the most, 10")),
        ({"index": "a", "top_k": True}, Fault("/top_k", "is a boolean; it must be an integer")),
        ({"index": "a", "metric": "x"}, Fault("/metric", 'must be one of: "cosine", "euclidean"')),
        ({"index": "a", "vectors": [{"id": "1"}] * 4}, Fault("/vectors", "has 4 items; the most is 3")),
        ({"index": "a", "vectors": [{"id": "1"}, {}]}, Fault("/vectors/1/id", "is required")),
        (
            {"index": "a", "vectors": [{"id": "1", "values": [1, 1e39]}]},
            Fault("/vectors/0/values/1", "is out of the range of a 32-bit float, ±3.4028235e38"),
        ),
        ({"index": "a", "either": {}}, Fault("/either/a", "is required")),
        ([], Fault("", "is an array; it must be an object")),
    ],
)
def test_a_fault_names_the_field_and_what_is_right(checker: Checker, instance: object, fault: Fault) -> None:
    with pytest.raises(InvalidInput) as caught:
        checker.check(instance)
    assert caught.value.errors == (fault,)


def test_what_fits_comes_back_completed_with_the_defaults(checker: Checker) -> None:
    assert checker.check({"index": "a", "page": {}}) == {
        "index": "a",
        "namespace": "__default__",
        "page": {"limit": 20},
    }


def test_a_fault_never_repeats_the_value(checker: Checker) -> None:
    with pytest.raises(InvalidInput) as caught:
        checker.check({"index": ["secret" * 100_000]})
    assert "secret" not in caught.value.detail + str(caught.value.errors)


def test_many_faults_are_told_ten_at_a_time(checker: Checker) -> None:
    with pytest.raises(InvalidInput) as caught:
        checker.check({"index": "a", "vectors": [{"id": "1", "values": ["x"] * 1_000}]})
    assert (len(caught.value.errors), len(orjson.dumps(str(caught.value.errors))) < 4096) == (10, True)


def test_each_missing_field_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        Checker({"type": "object", "required": ["a", "b"]}, {}).check({})
    assert caught.value.errors == (Fault("/a", "is required"), Fault("/b", "is required"))


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        ({"uniqueItems": True}, [1, 1], "has the same item twice"),
        ({"format": "date-time"}, "soon", "must be a valid moment like 2030-01-31T12:00:00Z"),
        ({"not": {"const": 1}}, 1, 'must not fit: {"const":1}'),
        ({"multipleOf": 2}, 3, "does not satisfy 'multipleOf': 2"),
    ],
)
def test_other_rules_are_told_in_words(rule: dict[str, Any], value: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Checker(rule, {}).check(value)
    assert caught.value.errors == (Fault("", told),)


def test_a_large_wrong_instance_is_refused_at_its_first_fault(checker: Checker) -> None:
    with pytest.raises(InvalidInput) as caught:
        checker.check({"index": "a", "vectors": [{"id": "1", "values": ["x"] * 20_000}]})
    assert caught.value.errors == (Fault("/vectors/0/values/0", "is a string; it must be a number"),)


def test_what_is_shown_once_is_null_in_a_copy_however_deep() -> None:
    secret = {"type": "object", "properties": {"value": {"type": "string", "writeOnce": True}}}
    checker = Checker(
        {"properties": {"key": {"$ref": "secret.json"}, "keys": {"items": {"$ref": "secret.json"}}}},
        {"secret": secret},
    )
    told = {"key": {"value": "s", "id": 1}, "keys": [{"value": "s"}], "more": [1]}
    assert (checker.without_once(told), told["key"]) == (
        {"key": {"value": None, "id": 1}, "keys": [{"value": None}], "more": [1]},
        {"value": "s", "id": 1},
    )


def test_shared_parts_are_bundled_once() -> None:
    bundled = bundle({"a": {"$ref": "../common/vector.json"}, "b": {"$ref": "../common/vector.json"}}, COMMON)
    assert (bundled["a"], sorted(bundled["$defs"])) == ({"$ref": "#/$defs/vector"}, ["number", "vector"])


def test_a_pointer_escapes_what_rfc_6901_says() -> None:
    assert pointer(["a/b", 0, "c~d"]) == "/a~1b/0/c~0d"
