"""Pattern phrases over word classes, with typed slots: found in the words of a text, the longest at each place.

`{record} {and {record}}? {says|shows}` is: a word of the class `record`, perhaps `and` and another one, then one of two
words. `?` makes what stands before it optional, `*` repeats it. `{n}` is a number, `{n>3}` one above three; a word in
angle brackets (`<date>`) stands for a stretch that a typed reader has taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .phrases import tokens_of

_PIECE = re.compile(r"[{}|?*]|<[^\s>]+>|[^\s{}|?*]+")
_REPEATS = 12
"""How often what is repeated may stand at most: no text can cost more for it."""
_NUMBER = re.compile(r"n(?:(>=?)(\d+))?")

Ends = frozenset[int]


class Part:
    """A part of a pattern: from where it begins to all places where it may end."""

    def ends(self, words: Sequence[str], at: int) -> Ends:
        """All places where it may end when it begins at this word."""
        raise NotImplementedError

    def begins(self) -> frozenset[str] | None:
        """The words that it may begin with; None when that may be anything, or nothing."""
        return None


class _Words(Part):
    """One of several phrases."""

    def __init__(self, phrases: Iterable[tuple[str, ...]]) -> None:
        self.by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            if phrase:
                self.by_first.setdefault(phrase[0], []).append(phrase)

    def ends(self, words: Sequence[str], at: int) -> Ends:
        found = self.by_first.get(words[at], ()) if at < len(words) else ()
        return frozenset(at + len(p) for p in found if tuple(words[at : at + len(p)]) == p)

    def begins(self) -> frozenset[str]:
        return frozenset(self.by_first)


class _Number(Part):
    """A number, at least so large."""

    def __init__(self, least: int) -> None:
        self.least = least

    def ends(self, words: Sequence[str], at: int) -> Ends:
        number = at < len(words) and words[at].isdecimal() and len(words[at]) <= 6 and int(words[at]) >= self.least
        return frozenset([at + 1]) if number else frozenset()


class _Row(Part):
    """Parts that follow each other."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    def ends(self, words: Sequence[str], at: int) -> Ends:
        reached = frozenset([at])
        for part in self.parts:
            reached = frozenset(end for start in reached for end in part.ends(words, start))
            if not reached:
                break
        return reached

    def begins(self) -> frozenset[str] | None:
        found: frozenset[str] = frozenset()
        for part in self.parts:
            inner = part.inner if isinstance(part, _Perhaps) else part
            first = inner.begins()
            if first is None:
                return None
            found |= first
            if inner is part:
                return found
        return None


class _Either(Part):
    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    def ends(self, words: Sequence[str], at: int) -> Ends:
        return frozenset().union(*(part.ends(words, at) for part in self.parts))

    def begins(self) -> frozenset[str] | None:
        found: frozenset[str] = frozenset()
        for part in self.parts:
            first = part.begins()
            if first is None:
                return None
            found |= first
        return found


class _Perhaps(Part):
    """A part that may stand there not at all, once, or (`most`) several times."""

    def __init__(self, inner: Part, most: int) -> None:
        self.inner = inner
        self.most = most

    def ends(self, words: Sequence[str], at: int) -> Ends:
        reached = last = frozenset([at])
        for _ in range(self.most):
            last = frozenset(end for start in last for end in self.inner.ends(words, start)) - reached
            if not last:
                break
            reached |= last
        return reached


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found at words [first, last). `kind` is the name under which it was given."""

    kind: str
    first: int
    last: int


class Lexicon:
    """Word classes, and the patterns that are made of them."""

    def __init__(self, classes: Mapping[str, Sequence[str]], joined: frozenset[str]) -> None:
        self.joined = joined
        self.phrases = {name: [tokens_of(p, joined) for p in phrases] for name, phrases in classes.items()}
        self._classes = {name: _Words(phrases) for name, phrases in self.phrases.items()}
        self.words: set[str] = {w for phrases in self.phrases.values() for p in phrases for w in p}
        """Every word of a class or a pattern."""

    def part(self, pattern: str) -> Part:
        """A pattern, compiled. A ValueError names what is wrong with it."""
        pieces = _PIECE.findall(pattern)
        part, end = self._row(pieces, 0)
        if end < len(pieces):
            raise ValueError(f"a bracket too many in the pattern {pattern!r}")
        return part

    def _row(self, pieces: Sequence[str], at: int) -> tuple[_Row, int]:
        parts: list[Part] = []
        while at < len(pieces) and pieces[at] not in {"}", "|"}:
            piece = pieces[at]
            if piece == "{":
                part, at = self._group(pieces, at + 1)
            elif piece in {"?", "*"}:
                if not parts:
                    raise ValueError(f"nothing stands before {piece!r}")
                part, at = _Perhaps(parts.pop(), 1 if piece == "?" else _REPEATS), at + 1
            else:
                phrase = tokens_of(piece, self.joined) if not piece.startswith("<") else (piece,)
                self.words.update(phrase)
                part, at = _Words([phrase]), at + 1
            parts.append(part)
        return _Row(parts), at

    def _group(self, pieces: Sequence[str], at: int) -> tuple[Part, int]:
        if at + 1 < len(pieces) and pieces[at + 1] == "}":
            name = pieces[at]
            if number := _NUMBER.fullmatch(name):
                return _Number(int(number[2] or 0) + (number[1] == ">")), at + 2
            if name not in self._classes:
                raise ValueError(f"there is no class '{name}'")
            return self._classes[name], at + 2
        rows: list[Part] = []
        while True:
            row, at = self._row(pieces, at)
            rows.append(row)
            if at >= len(pieces):
                raise ValueError("a bracket is not closed")
            at += 1
            if pieces[at - 1] == "}":
                return _Either(rows), at

    def patterns(self, given: Mapping[str, Iterable[str]]) -> Patterns:
        """Patterns by the name that a match has."""
        return Patterns([(kind, self.part(p)) for kind, listed in given.items() for p in listed])


class Patterns:
    """Patterns that are looked for together."""

    def __init__(self, entries: Sequence[tuple[str, Part]]) -> None:
        self._by_first: dict[str, list[tuple[str, Part]]] = {}
        self._any: list[tuple[str, Part]] = []
        for kind, part in entries:
            first = part.begins()
            if first is None:
                self._any.append((kind, part))
            for word in first or ():
                self._by_first.setdefault(word, []).append((kind, part))

    def find(self, words: Sequence[str], first: int = 0, last: int | None = None) -> list[Match]:
        """All patterns, left to right, none overlapping: at each place the longest, of equals the one given first."""
        words = words[:last]
        found: list[Match] = []
        at = first
        while at < len(words):
            best: Match | None = None
            for kind, part in (*self._by_first.get(words[at], ()), *self._any):
                end = max(part.ends(words, at), default=at)
                if end > (best.last if best else at):
                    best = Match(kind, at, end)
            if best:
                found.append(best)
            at = best.last if best else at + 1
        return found
