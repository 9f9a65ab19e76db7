"""Many phrases found in one pass over tokens, the longest at each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator

from .text import Token, normalise

EntryT = TypeVar("EntryT")


def listed(value: Any) -> Any:
    """Phrases written as one text with commas between them; anything else as it is."""
    return tuple(w for w in map(str.strip, value.split(",")) if w) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(listed)]
"""Phrases in YAML: a list, or a text with commas between them."""


@cache
def _tokens_of(chunk: str, joined: frozenset[str]) -> tuple[str, ...]:
    return tuple(t.text for t in normalise(chunk, joined).tokens)


def tokens_of(phrase: str, joined: frozenset[str]) -> tuple[str, ...]:
    """The tokens of a phrase as texts are read."""
    chunks = tuple(phrase.split())
    if phrase.replace(" ", "").isalpha() and phrase.isascii() and phrase.islower():
        return chunks
    return tuple(token for chunk in chunks for token in _tokens_of(chunk, joined))


@dataclass(frozen=True, slots=True)
class Found(Generic[EntryT]):
    """A phrase found at tokens [first, last)."""

    first: int
    last: int
    entry: EntryT


class Phrases(Generic[EntryT]):
    """Phrases as tokens, by their first word. The cost of a search does not depend on how many there are."""

    def __init__(self, entries: Iterable[tuple[tuple[str, ...], EntryT]]) -> None:
        by_first: dict[str, dict[int, dict[tuple[str, ...], EntryT]]] = {}
        for words, entry in entries:
            if words:
                by_first.setdefault(words[0], {}).setdefault(len(words), {}).setdefault(words, entry)
        self._by_first = {first: tuple(sorted(lengths.items(), reverse=True)) for first, lengths in by_first.items()}
        self.words = frozenset().union(
            *(ws for lengths in by_first.values() for table in lengths.values() for ws in table)
        )

    def find(self, tokens: Sequence[Token], words: Sequence[str]) -> list[Found[EntryT]]:
        """All phrases, left to right, none overlapping: at each place the longest one."""
        found: list[Found[EntryT]] = []
        position, end = 0, len(tokens)
        while position < end:
            lengths = self._by_first.get(words[position])
            if lengths is None:
                position += 1
                continue
            for length, table in lengths:
                if position + length > end:
                    continue
                entry = table.get(tuple(words[position : position + length]))
                if entry is not None:
                    found.append(Found(position, position + length, entry))
                    position += length
                    break
            else:
                position += 1
        return found
