"""Owns the built-in embedder: lexical, deterministic, without a model file.

A text becomes its words and the character trigrams inside them, hashed into the dimension. Texts that share words or
parts of words are near each other; synonyms and translations are not. A query differs slightly from a passage.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from pinecone_emulator.record import Sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pinecone_emulator.gallery import EmbedModel

WORD = re.compile(r"\w+")
GRAM = 3
GRAM_WEIGHT = 0.8
INPUT_TYPE_WEIGHT = 0.05
PLACES = 4
COMMON_WEIGHT = 0.2
COMMON_WORDS = frozenset(
    WORD.findall(
        "a an and are as at be but by for from has have how i in into is it its of on or that the their there these"
        " this to was were what when where which who why will with you your"
    )
)
#: Word pieces a long word counts as, in characters; an estimate good enough for usage figures.
PIECE_LENGTH = 6
SATURATION = 1.2


def words(text: str) -> list[str]:
    """Return the lower-case words of a text."""
    return WORD.findall(text.lower())


def count_tokens(text: str) -> int:
    """Return how many tokens a text is billed as, at least one."""
    return max(1, sum(math.ceil(len(word) / PIECE_LENGTH) for word in words(text)))


def truncated(text: str, longest: int) -> str:
    """Return the text cut to so many tokens, at a word's end."""
    budget = longest
    for match in WORD.finditer(text):
        budget -= math.ceil(len(match.group()) / PIECE_LENGTH)
        if budget < 0:
            return text[: match.start()].rstrip()
    return text


def dense(text: str, model: EmbedModel, dimension: int, input_type: str) -> NDArray[np.float32]:
    """Return the text's unit vector in float32."""
    vector = np.zeros(dimension, np.float64)
    for word, count in Counter(words(text) or [text]).items():
        weight = (1 + math.log(count)) * (COMMON_WEIGHT if word in COMMON_WORDS else 1.0)
        _add(vector, f"{model.name}|{word}", weight)
        grams = [f"<{word}>"[i : i + GRAM] for i in range(max(1, len(word)))]
        for gram in grams:
            _add(vector, f"{model.name}||{gram}", weight * GRAM_WEIGHT / math.sqrt(len(grams)))
    vector /= np.linalg.norm(vector) or 1.0
    _add(vector, f"{model.name}|||{input_type}", INPUT_TYPE_WEIGHT)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def sparse(text: str, input_type: str) -> tuple[Sparse, list[str]]:
    """Return the text's sparse vector and its tokens, both in the order of their indices."""
    counts = Counter(words(text) or [text])
    by_index = {_hashes(f"sparse|{word}")[0] & 0xFFFFFFFF: word for word in counts}
    order = sorted(by_index)
    tokens = [by_index[index] for index in order]
    values = [_sparse_weight(token, counts[token], input_type) for token in tokens]
    return Sparse(np.array(order, np.uint32), np.array(values, np.float32)), tokens


def _sparse_weight(word: str, count: int, input_type: str) -> float:
    importance = COMMON_WEIGHT if word in COMMON_WORDS else 1.0
    if input_type == "query":
        return importance
    return importance * count * (SATURATION + 1) / (count + SATURATION)


def _add(vector: NDArray[np.float64], feature: str, weight: float) -> None:
    # Several places a feature: where two features meet by chance, they share a part and not the whole.
    part = weight / math.sqrt(PLACES)
    for number in _hashes(feature):
        vector[number % len(vector)] += part if number >> 63 else -part


@lru_cache(maxsize=65_536)
def _hashes(feature: str) -> tuple[int, ...]:
    digest = blake2b(feature.encode(errors="surrogatepass"), digest_size=8 * PLACES).digest()
    return tuple(int.from_bytes(digest[8 * place : 8 * place + 8]) for place in range(PLACES))
