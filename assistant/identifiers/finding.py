"""What a recognizer found, and the words that recognizers know."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


@dataclass(frozen=True, slots=True)
class Identifier:
    """What looks like `kind` at [start, end) of a text."""

    kind: str
    start: int
    end: int


@cache
def listed(name: str) -> frozenset[str]:
    """The words of one list of `words.yaml`, read once."""
    return _lists()[name]


@cache
def _lists() -> dict[str, frozenset[str]]:
    import yaml

    text = files(__package__).joinpath("words.yaml").read_text(encoding="utf-8")
    # Base: `no` and `y` are words here.
    return {name: frozenset(words.split()) for name, words in yaml.load(text, Loader=yaml.BaseLoader).items()}  # noqa: S506


def plain_letters(word: str) -> str:
    """A word in lower case without accents, as the lists have it."""
    letters = unicodedata.normalize("NFD", word.lower().translate(_LETTERS))
    return "".join(c for c in letters if not unicodedata.combining(c))
