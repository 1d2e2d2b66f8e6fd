"""`python -m bridge`: the command line."""

from __future__ import annotations

from bridge.cli import main

main()
