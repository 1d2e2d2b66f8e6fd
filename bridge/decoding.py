"""The decoding of Pinecone's answers: has every model of the SDK ready before threads read with it.

msgspec works out how a model is read at the first answer of its kind, and notes it before it is done. Another thread
that reads the same kind meanwhile takes half of it and breaks the whole process (a segmentation fault, msgspec 0.22).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import msgspec
import pinecone._internal.adapters
import pinecone.models


@cache
def prepare() -> None:
    """Work out how each model is read: some milliseconds, once; call it before there are threads."""
    for room in (pinecone.models, pinecone._internal.adapters):  # noqa: SLF001 - what it wraps lists in stands there
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for model in _below(msgspec.Struct):
        if model.__module__.startswith("pinecone."):
            with suppress(TypeError):  # some are only ever written
                msgspec.json.Decoder(model)


def _below(model: type) -> Iterator[type]:
    classes: list[type] = model.__subclasses__()
    for one in classes:
        yield one
        yield from _below(one)
