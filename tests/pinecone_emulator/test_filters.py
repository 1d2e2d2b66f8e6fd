"""Metadata filters: every operator against a plain reading of the documentation."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinecone_emulator import filters
from pinecone_emulator.columns import Columns

COMPARE = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
SCALARS = st.one_of(
    st.sampled_from(["a", "b", "c", "true", "1"]),
    st.integers(-2, 2),
    st.sampled_from([0.5, 1.0]),
    st.booleans(),
)
VALUES = st.one_of(SCALARS, st.lists(st.sampled_from(["a", "b", "c"]), max_size=3))
FIELDS = st.sampled_from(["x", "y"])
RECORDS = st.lists(st.dictionaries(FIELDS, VALUES), min_size=1, max_size=12)
NUMBERS = st.one_of(st.integers(-2, 2), st.just(0.5))
TESTS = st.one_of(
    st.tuples(st.sampled_from(["$eq", "$ne"]), SCALARS),
    st.tuples(st.sampled_from(list(COMPARE)), NUMBERS),
    st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(SCALARS, max_size=3)),
    st.tuples(st.just("$exists"), st.booleans()),
).map(lambda pair: {pair[0]: pair[1]})
LEAVES = st.one_of(
    st.builds(lambda field, test: {field: test}, FIELDS, TESTS),
    st.builds(lambda field, test: {field: {"$not": test}}, FIELDS, TESTS),
    st.builds(lambda field, value: {field: value}, FIELDS, SCALARS),
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda key, parts: {key: parts},
        st.sampled_from(["$and", "$or"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def same(stored, operand):
    if isinstance(stored, list):
        return isinstance(operand, str) and operand in stored
    return isinstance(stored, bool) == isinstance(operand, bool) and stored == operand


def passes_test(record, field, name, operand):  # noqa: PLR0911 - one line an operator
    match name:
        case "$eq":
            return field in record and same(record[field], operand)
        case "$ne":
            return not passes_test(record, field, "$eq", operand)
        case "$in":
            return any(passes_test(record, field, "$eq", one) for one in operand)
        case "$nin":
            return not passes_test(record, field, "$in", operand)
        case "$exists":
            return (field in record) == operand
        case "$not":
            return not all(passes_test(record, field, *test) for test in operand.items())
    stored = record.get(field)
    return isinstance(stored, int | float) and not isinstance(stored, bool) and COMPARE[name](stored, operand)


def passes(record, expression):
    ((key, value),) = expression.items()
    if key == "$and":
        return all(passes(record, part) for part in value)
    if key == "$or":
        return any(passes(record, part) for part in value)
    tests = value if isinstance(value, dict) else {"$eq": value}
    return all(passes_test(record, key, name, operand) for name, operand in tests.items())


@settings(max_examples=150, deadline=None)
@given(RECORDS, EXPRESSIONS)
def test_a_filter_passes_what_a_plain_reading_of_the_docs_passes(records, expression):
    columns = Columns()
    for slot, record in enumerate(records):
        columns.put(slot, record, fresh=True)
    passed = filters.parse(expression).mask(columns, len(records))
    assert passed.tolist() == [passes(record, expression) for record in records]


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ({}, ["alien", "brazil", "clue", "dune"]),
        ({"genre": "comedy"}, ["clue"]),
        ({"year": 1985, "cult": True}, ["brazil"]),
        ({"cult": 1}, []),
        ({"tags": "space"}, ["alien"]),
        ({"$and": [{"tags": "space"}, {"tags": "cat"}]}, ["alien"]),
        ({"tags": {"$in": ["house", "space"]}}, ["alien", "clue"]),
        ({"year": {"$gte": 1979, "$lt": 1985}}, ["alien"]),
        ({"year": {"$exists": False}}, ["dune"]),
        ({"year": {"$ne": 1985}}, ["alien", "dune"]),
        ({"year": {"$nin": [1985]}}, ["alien", "dune"]),
        ({"genre": {"$not": {"$eq": "comedy"}}}, ["alien", "brazil", "dune"]),
        ({"$or": [{"genre": "horror"}, {"genre": "satire"}]}, ["alien", "brazil"]),
    ],
)
def test_a_query_returns_only_what_passes_its_filter(call, movies, expression, ids):
    body = {"topK": 9, "vector": [1, 1, 1], "filter": expression}
    assert sorted(match["id"] for match in call("POST", f"{movies}/query", body).json()["matches"]) == ids


@pytest.mark.parametrize(
    "expression",
    [
        {"genre": ["a", "b"]},
        {"genre": {"$eq": ["a", "b"]}},
        {"genre": None},
        {"genre": {}},
        {"genre": {"$like": "a"}},
        {"genre": {"$gt": "a"}},
        {"genre": {"$gt": True}},
        {"genre": {"$in": "a"}},
        {"genre": {"$in": [["a"]]}},
        {"genre": {"$in": ["a"] * 10_001}},
        {"genre": {"$exists": 1}},
        {"genre": {"$not": "a"}},
        {"$and": []},
        {"$and": {"genre": "a"}},
        {"$or": ["a"]},
        {"$not": {"genre": "a"}},
        {"$eq": "a"},
    ],
)
def test_a_filter_of_the_wrong_shape_is_400(call, movies, expression):
    answer = call("POST", f"{movies}/query", {"topK": 9, "vector": [1, 1, 1], "filter": expression})
    assert (answer.status_code, answer.json()["code"]) == (400, 3)


def test_a_filter_nested_too_deep_is_400(call, movies):
    expression = {"genre": "a"}
    for _ in range(400):
        expression = {"$and": [expression]}
    answer = call("POST", f"{movies}/query", {"topK": 9, "vector": [1, 1, 1], "filter": expression})
    assert answer.status_code == 400
