from __future__ import annotations

from typing import Any

import pytest

from bridge.choosing import chooser, teller
from bridge.plugin import Resource

SCHEMA = {"properties": {"names": {"x-matches": "name"}, "regions": {"x-matches": "region"}, "other": {}}}


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, True),
        ({"names": ["*"]}, True),
        ({"names": ["docs"]}, True),
        ({"names": ["doc"]}, False),
        ({"names": ["x", "d?c*"]}, True),
        ({"names": ["DOCS"]}, False),
        ({"names": ["[a-d]ocs"], "regions": ["eu-*"]}, False),
        ({"names": ["docs"], "regions": ["us-*"]}, True),
        ({"other": ["x"]}, True),
    ],
)
def test_a_resource_is_selected_when_every_field_matches_one_glob(
    options: dict[str, Any], chosen: bool
) -> None:
    docs = Resource("docs", "docs", None, {"name": "docs", "region": "us-east-1"})
    assert chooser(SCHEMA, options)(docs) is chosen


@pytest.mark.parametrize(
    ("tags", "wanted", "told"),
    [
        ({"team": "search"}, {}, True),
        ({"team": "search", "tier": "gold"}, {"team": "se*", "tier": "gold"}, True),
        ({"team": "search"}, {"team": "sales"}, False),
        ({"team": "search"}, {"team": "search", "tier": "*"}, False),
        (None, {"team": "*"}, False),
        (None, {}, True),
    ],
)
def test_of_a_resource_is_told_when_each_tag_matches_its_glob(
    tags: Any, wanted: dict[str, str], told: bool
) -> None:
    schema = {"properties": {"tags": {"x-matches-all": "tags"}}}
    docs = Resource("docs", "docs", None, {"name": "docs", "tags": tags})
    assert teller(schema, {"tags": wanted})(docs) is told
