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
_TOWN = (
    rf"(?:,?\s+[A-Za-z][A-Za-z.]*(?:\s[A-Za-z][A-Za-z.]*){{0,2}},?\s+(?:{_STATE}|{_STATE.lower()})\b\.?"
    r"(?:\s+\d{5}(?:-\d{4})?\b)?)?"
)
_NEXT = re.compile(r" +([A-Za-z][A-Za-z'’-]*|\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH))\b\.?")
_AFTER = re.compile(rf"{_UNIT}{_TOWN}", re.IGNORECASE)
_BOX = re.compile(r"(?i)\bp\.?\s?o\.?\s?box\s#?\d{1,7}\b")
_ZIP = re.compile(rf"\b(?:[A-Z][a-z]+\s){{0,2}}[A-Z][a-z]+,\s(?:{_STATE})\s\d{{5}}(?:-\d{{4}})?\b")
_START = re.compile(r"(?<![\w./%-])\d{1,5}[A-Za-z]?(?=\s+[A-Za-z0-9])")
_LIVES = re.compile(
    r"\b(?i:lives|living|lived|resides|residing|stays|address|home)\b[^.\n\d]{0,20}?(?i:\bat\b|\bis\b|:)\s"
    r"(?P<house>\d{2,5}\s(?P<word>[A-Z][A-Za-z'’-]+)(?:\s[A-Z][a-z]+)*)"
)
_ROUTE = re.compile(r" \d{1,4}\b")
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
    for match in _LIVES.finditer(text):
        if match["word"].lower() not in listed("counted"):
            yield Identifier(ADDRESS, *match.span("house"))
    for pattern in (_BOX, _ZIP):
        for match in pattern.finditer(text):
            yield Identifier(ADDRESS, *match.span())


def _street_end(text: str, at: int) -> int:
    """Where a street ends that begins after a house number, 0 if none does."""
    words: list[str] = []
    while len(words) < _LONGEST and (word := _NEXT.match(text, at)):
        written, at = word[1], word.end()
        plain = written.lower()
        if not words and plain in listed("counted"):
            return 0
        if plain in listed("streets") and (words or plain == "broadway"):
            route = _ROUTE.match(text, at)
            return route.end() if route else at
        follows = _AFTER.match(text, at)
        if plain in listed("doubtful_streets") and words:
            if _is_written_as_name(words, written) or (follows and follows.end() > at):
                return at
        elif plain in {"apt", "apartment"} and words:
            door = _AFTER.match(text, word.start())
            return door.end() if door and door.end() > at else 0
        words.append(written)
    return 0


def _is_written_as_name(words: list[str], kind: str) -> bool:
    """Whether all words begin as names do: an abbreviation all in capitals (CT) is a street only among capitals."""
    capitals = all(w[0].isupper() or w[0].isdigit() for w in (*words, kind))
    return capitals and (not kind.isupper() or all(w.isupper() for w in words))
