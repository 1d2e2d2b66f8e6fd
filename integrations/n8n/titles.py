"""How n8n has its titles and descriptions: with capitals, abbreviations and full stops as its editor shows them."""

from __future__ import annotations

import re

WORDS = {"Id": "ID", "Api": "API", "Ids": "IDs", "Uri": "URI"}


def plain(text: str) -> str:
    """Return a description as n8n has them: one sentence has no full stop, and ID is written in capitals."""
    text = re.sub(r"\b[Ii]d(s?)\b", r"ID\1", text)
    return text.removesuffix(".") if ". " not in text else text


def spoken(name: str) -> str:
    """Return the title of a name in snake_case or of a word."""
    return titled(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " "))


def titled(text: str) -> str:
    """Return a title, its first letters and its abbreviations in capitals."""
    small = {"a", "an", "and", "by", "for", "in", "of", "or", "the"}
    words = [
        word if number and word in small else word[:1].upper() + word[1:]
        for number, word in enumerate(text.split(" "))
    ]
    return " ".join(WORDS.get(word, word) for word in words)


def sentence_case(title: str) -> str:
    """Return a title as the beginning of a sentence."""
    first, *rest = title.split(" ")
    return " ".join([first, *(word if word.isupper() or word == "IDs" else word.lower() for word in rest)])
