"""Owns the real embedder: a sentence-transformer that stands for every dense model of the gallery, if a setting names one.

sentence-transformers runs it, which is an extra: `pip install 'pinehook[embeddings]'`. A vector that is shorter than
the model it stands for is filled up with zeros, which changes no cosine, dot product or distance; a longer one is cut.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from pinecone_emulator import embedding
from pinecone_emulator.gallery import EmbedModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Returns the unit vector (float32) of a text, for a model, in a dimension, as "query" or "passage".
Embedder = Callable[[str, EmbedModel, int, str], "NDArray[np.float32]"]


class SentenceTransformerError(Exception):
    """The sentence-transformer that a setting names cannot be loaded."""


def embedder(name: str | None) -> Embedder:
    """Return the embedder of a sentence-transformer by its name or path; the built-in, lexical one for None.

    Raises SentenceTransformerError if it or sentence-transformers itself is not there.
    """
    if name is None:
        return embedding.dense
    try:
        library = import_module("sentence_transformers")
    except ImportError as error:
        raise SentenceTransformerError(
            "sentence-transformers is not installed: pip install 'pinehook[embeddings]'"
        ) from error
    try:
        model = library.SentenceTransformer(name)
    except Exception as error:  # whatever torch, tokenizers or the hub have to say
        raise SentenceTransformerError(
            f"The sentence-transformer {name!r} cannot be loaded: {error!s:.300}"
        ) from error
    # Its tokenizer is not to be used by two threads at once.
    lock = threading.Lock()

    def embed(text: str, _stands_for: EmbedModel, dimension: int, input_type: str) -> NDArray[np.float32]:
        encode = model.encode_query if input_type == "query" else model.encode_document
        with lock:
            found = np.asarray(encode(text, show_progress_bar=False), np.float64)[:dimension]
        vector = np.zeros(dimension, np.float64)
        vector[: len(found)] = found / (np.linalg.norm(found) or 1.0)
        return vector.astype(np.float32)

    return embed
