"""Many phrases found in one pass over tokens, the longest at each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .text import Token, normalise

EntryT = TypeVar("EntryT")


@dataclass(frozen=True, slots=True)
class Found(Generic[EntryT]):
    """A phrase found at tokens [first, last)."""

    first: int
    last: int
    entry: EntryT


class Phrases(Generic[EntryT]):
    """Phrases by their first word. The cost of a search does not depend on how many there are."""

    def __init__(self, entries: Iterable[tuple[str, EntryT]], joined: frozenset[str] = frozenset()) -> None:
        by_first: dict[str, dict[int, dict[tuple[str, ...], EntryT]]] = {}
        for phrase, entry in entries:
            plain = phrase.replace(" ", "")
            if plain.isascii() and plain.isalpha() and plain.islower():
                words = tuple(phrase.split())
            else:
                words = tuple(t.text for t in normalise(phrase, joined).tokens)
            if words:
                by_first.setdefault(words[0], {}).setdefault(len(words), {}).setdefault(words, entry)
        self._by_first = {first: tuple(sorted(lengths.items(), reverse=True)) for first, lengths in by_first.items()}
        self.words = frozenset(
            w for lengths in by_first.values() for table in lengths.values() for ws in table for w in ws
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
