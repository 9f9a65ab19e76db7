"""Numerals in an answer: behind a word, in ranges, or standing for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from .scene import Scene
from .values import Numbers, bounded_behind, number_range, stage_numeral

LINKS = frozenset(
    [
        ":",
        "=",
        "is",
        "was",
        "of",
        "#",
        "(",
        "-",
        "at",
        "as",
        "the",
        "a",
        "an",
        "in",
        "graded",
        "grade",
        "number",
        "hip",
        "|",
    ]
)
_FEW, _HIGHEST = 7, 6
SHORT = 40
"""Words of an answer in which a number may stand for itself, at most."""


def _numeral(scene: Scene, i: int) -> Numbers | None:
    return stage_numeral(scene.text.tokens, scene.words, i, scene.vocabulary.numbers)


def range_at(scene: Scene, i: int) -> Numbers | None:
    """The numeral, range or bounded number at token i."""
    read: Callable[[int], Numbers | None] = partial(_numeral, scene)
    found = number_range(scene.words, scene.text.tokens, i, read)
    return bounded_behind(scene.words, found) if found else None


def numeral_after(scene: Scene, position: int, gap: int = 3) -> Numbers | None:
    """The numeral behind a word, over a few linking words."""
    for i in range(position, min(position + gap + 1, len(scene.words))):
        if found := range_at(scene, i):
            return found
        if scene.words[i] not in LINKS and scene.words[i] not in {
            "stage",
            "stg",
            "type",
            "class",
            "score",
            "'",
            "scale",
            "system",
            "classification",
        }:
            return None
    return None


def bare_numerals(scene: Scene, used: set[int]) -> Iterator[Numbers]:
    """Numerals that are the whole answer, or stand alone in a part of it."""
    words = scene.words
    i = 0
    while i < len(words):
        number = range_at(scene, i) if i not in used else None
        if number is None:
            i += 1
            continue
        alone_before = (
            number.first == 0
            or words[number.first - 1] in {",", ";", "\n", "->", ".", ":", "(", "-"}
            or _is_link(scene, number.first - 1)
        )
        alone_after = (
            number.last == len(words)
            or words[number.last] in {",", ";", "\n", ".", ")", "->", "?", "-", "("}
            or _is_link(scene, number.last)
        )
        letter = words[number.first] in {"i", "v", "l", "a"} and len(words) > 3
        marker = (
            words[number.last : number.last + 1] == [")"] and "(" not in words[max(0, number.first - 2) : number.first]
        )
        if alone_before and alone_after and not letter and not marker and len(words) <= SHORT:
            yield number
        i = number.last


def unread_number(scene: Scene) -> bool:
    """Whether a short answer gives numbers that could not be read, of nothing else that is known."""
    if len(scene.words) > _FEW or any(
        scene.having(kind) for kind in ("other_site", "other_system", "not_length", "decoy")
    ):
        return False
    read = (_numeral(scene, i) for i in range(len(scene.words)))
    return any(n and scene.words[n.first] not in {"i", "v", "l"} and min(n.values) <= _HIGHEST for n in read)


def _is_link(scene: Scene, i: int) -> bool:
    """A word of correction or doubt beside a bare value, or a name of the disease."""
    kinds = scene.kinds_at.get(i)
    return bool(kinds & {"correction", "current", "finding"}) if kinds else i in scene.cued
