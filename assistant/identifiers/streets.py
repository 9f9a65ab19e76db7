"""Addresses: a house number, words that are no units, and a word for street; a box; a town with its zip code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .finding import Identifier, listed

ADDRESS = "an address"
_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_UNIT = r"(?:,?\s*(?:apt|apartment|unit|suite|ste|#)\.?\s?#?\w+\b)?"
_TOWN = rf"(?:,?\s+[A-Za-z][A-Za-z.]*(?:\s[A-Za-z][A-Za-z.]*){{0,2}},?\s+(?:{_STATE}|{_STATE.lower()})\b\.?(?:\s+\d{{5}}(?:-\d{{4}})?\b)?)?"
_NEXT = re.compile(r" +([A-Za-z][A-Za-z'’-]*|\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH))\b\.?")
_AFTER = re.compile(rf"{_UNIT}{_TOWN}", re.IGNORECASE)
_BOX = re.compile(r"(?i)\bp\.?\s?o\.?\s?box\s#?\d{1,7}\b")
_ZIP = re.compile(rf"\b(?:[A-Z][a-z]+\s){{0,2}}[A-Z][a-z]+,\s(?:{_STATE})\s\d{{5}}(?:-\d{{4}})?\b")
_START = re.compile(r"(?<![\w./%-])\d{1,5}[A-Za-z]?(?=\s+[A-Za-z0-9])")
_ROUTE = re.compile(r"(?: \d{1,4}\b)?")
_LONGEST = 5


def streets_in(text: str) -> Iterator[Identifier]:
    """Addresses of houses and boxes, and towns with their zip codes."""
    if not any(c.isdecimal() for c in text):
        return
    for start in _START.finditer(text):
        end = _street_end(text, start.end())
        if end:
            after = _AFTER.match(text, end)
            yield Identifier(ADDRESS, start.start(), after.end() if after else end)
    for pattern in (_BOX, _ZIP):
        for match in pattern.finditer(text):
            yield Identifier(ADDRESS, *match.span())


def _street_end(text: str, at: int) -> int:
    """Where a street ends that begins after a house number, 0 if none does."""
    words: list[str] = []
    for _ in range(_LONGEST):
        word = _NEXT.match(text, at)
        if not word:
            return 0
        written = word[1]
        plain, at = written.lower(), word.end()
        if not words and plain in listed("counted"):
            return 0
        if plain in listed("streets") and (words or plain == "broadway"):
            return _ROUTE.match(text, at).end()  # type: ignore[union-attr]  # it may be empty
        if plain in listed("doubtful_streets") and words and written[0].isupper() and _is_written_as_name(words, written):
            return at
        if plain in listed("doubtful_streets") and words and (match := _AFTER.match(text, at)) and match.end() > at:
            return at
        words.append(written)
    return 0


def _is_written_as_name(words: list[str], kind: str) -> bool:
    """Whether all words begin as names do: an abbreviation all in capitals (CT) is a street only among capitals."""
    capitals = all(w[0].isupper() or w[0].isdigit() for w in words)
    return capitals and (not kind.isupper() or all(w.isupper() for w in words))
