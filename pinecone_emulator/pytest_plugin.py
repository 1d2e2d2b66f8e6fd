"""Owns the pytest fixtures that give a test suite a Pinecone of its own. See docs/emulator.md.

Installed with the package it is loaded by pytest itself; from a checkout, `pytest -p pinecone_emulator.pytest_plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pinecone_emulator as pinecone_emulator_package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinecone_emulator.running import Emulator


@pytest.fixture(scope="session")
def pinecone_emulator_server() -> Iterator[Emulator]:
    """Run one emulator for the whole session, on a free port, with data that goes away."""
    # Looked up late: the plugin is loaded in every pytest run, numpy and flask only where the emulator is used.
    with pinecone_emulator_package.start() as emulator:
        yield emulator


@pytest.fixture
def pinecone_emulator(pinecone_emulator_server: Emulator) -> Emulator:
    """Give each test the session's emulator, empty: no data, no faults, the clock at the machine's time."""
    pinecone_emulator_server.control.reset()
    return pinecone_emulator_server
