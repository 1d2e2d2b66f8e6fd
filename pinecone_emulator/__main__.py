"""Owns the start by `python -m pinecone_emulator`: the process first, then the command line."""

import ctypes
import os
from contextlib import suppress

# Before numpy is loaded: on a busy machine a second BLAS thread makes the slowest queries ten times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pinecone_emulator.cli import main

#: glibc's mallopt parameter.
ARENA_MAX = -8


def _share_memory() -> None:
    # By itself glibc keeps apart what each thread has freed, which costs as much as a hundred thousand vectors.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 1)


if __name__ == "__main__":
    _share_memory()
    main()
