from __future__ import annotations

from typing import Any

import pytest

from bridge.choosing import chooser
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
