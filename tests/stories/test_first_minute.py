"""The first minute: what is made as soon as `make run` says that it is ready is told, whoever makes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pinecone import Pinecone

from bridge.config import Settings
from tests.stories.processes import wait_for_an_event, whole_house

SPEC = {"serverless": {"cloud": "aws", "region": "us-east-1"}}


@pytest.mark.slow
def test_what_is_made_elsewhere_after_the_greeting_is_told_as_created(tmp_path: Path) -> None:
    api_key = Settings.for_development().emulator_api_key.get_secret_value()
    with (
        whole_house(tmp_path, PINEHOOK_POLL_SECONDS="1") as house,
        Pinecone(api_key=api_key, host=house.emulator_url) as elsewhere,
    ):
        elsewhere.create_index(name="docs", dimension=3, metric="cosine", spec=SPEC, timeout=-1)
        assert wait_for_an_event(house, "index.created")["key"] == "docs"
