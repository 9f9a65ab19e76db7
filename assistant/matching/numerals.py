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
# fmt: off
_SAYING = frozenset([
    "and", "but", "or", "between", "is", "was", "be", "as", "says", "said", "say", "wrote", "writes", "reads", "read",
    "calls", "called", "final", "prelim", "preliminary", "addendum", "report", "note", "states", "stated", "has", "now",
    "then", "it", "grades", "graded", "stages", "staged", "gives", "gave", "puts", "put", "thinks", "impression",
    "later", "late",
])
# fmt: on
"""Words behind which a number may be another reading of the same thing."""
_PLACING = frozenset(["on", "per", "by", "in", "according", "at", "for", "from", "this", "today", "now", "then"])
_UNITS = frozenset(["week", "weeks", "month", "months", "day", "days", "mm", "cm", "%", "hours", "minutes", "ml", "mg"])
"""What a number counts that is no stage or grade: `staged 6 weeks apart`."""
_LETTERS = frozenset(["i", "v", "l"])
_FEW, _HIGHEST = 7, 6
SHORT = 40
"""Words of an answer in which a number may stand for itself, at most."""
SHORT_ANSWER = 16
"""Words of an answer that speaks of nothing but what was asked."""
_MANY, _SHORT_WORD = 2, 2
_FEW_INSIDE = 5
"""Words of a clause of a longer one in which a number may stand for itself."""


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
            return None if "".join(scene.words[found.last : found.last + 1]) in _UNITS else found
        if scene.words[i] not in LINKS and scene.words[i] not in {
            "stage",
            "stg",
            "type",
            "class",
            "score",
            "'",
            "scale",
            ")",
            "and",
            "got",
            "yielded",
            "system",
            "classification",
            "roman",
            "numeral",
            "number",
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
            or _only_links_before(scene, number.first)
        )
        alone_after = ends_alone(scene, number.last) or _by_system(scene, number.last)
        letter = words[number.first] in {*_LETTERS, "a"} and len(words) > 3 and not _of_a_side(scene, number.first)
        marker = (
            words[number.last : number.last + 1] == [")"] and "(" not in words[max(0, number.first - 2) : number.first]
        )
        other = _inside_a_finding(scene, number.first)
        if alone_before and alone_after and not letter and not marker and not other and _to_the_point(scene, number):
            yield number
        i = number.last


def _by_system(scene: Scene, i: int) -> bool:
    """Whether the system of a number follows it: IIB per Steinberg, 2 on the ARCO scale."""
    if scene.words[i : i + 1] and scene.words[i] in _PLACING:
        return any("system" in scene.kinds_at.get(j, ()) for j in range(i + 1, i + 4))
    return False


def _only_links_before(scene: Scene, i: int) -> bool:
    """Whether nothing stands before a number in its clause but small words: it's a 4."""
    small = LINKS | _IT
    return all(word in small for word in scene.words[scene.text.clauses[scene.clause_of[i]].first : i])


_IT = frozenset(["its", "it's", "it", "that's", "thats", "he's", "she's", "they", "call", "called", "says", "reads"])


def _to_the_point(scene: Scene, number: Numbers) -> bool:
    """Whether a bare number can be the answer: in a short one, or in a short part of a longer one."""
    clause = scene.text.clauses[scene.clause_of[number.first]]
    inside = sum(w.isalnum() for w in scene.words[clause.first : clause.last])
    return len(scene.words) <= SHORT and (inside <= _FEW_INSIDE or len(scene.words) <= SHORT_ANSWER)


def _of_a_side(scene: Scene, i: int) -> bool:
    """Whether a letter that may be a numeral stands beside a side: `R: I`, `I on the right`."""
    near = (i - 2, i - 1, i + 1, i + 2, i + 3)
    return any("side" in scene.kinds_at.get(j, ()) for j in near if scene.segment_of[i] == _segment(scene, j))


def _segment(scene: Scene, i: int) -> int | None:
    return scene.segment_of[i] if 0 <= i < len(scene.words) else None


def rival_numerals(scene: Scene, used: set[int]) -> Iterator[Numbers]:
    """Numerals that nothing else accounts for, which may be another value: `stage 1; 2 on addendum`, `II left`."""
    words = scene.words
    read_to = 0
    for i, word in enumerate(words):
        number = range_at(scene, i) if i not in used and i >= read_to else None
        read_to = number.last if number else read_to
        if number is None or (i and scene.text.tokens[i].glued and words[i - 1] not in {":", "=", "("}):
            continue
        if _numbers_a_list(scene, i) or "/" in words[i : number.last] or _inside_a_finding(scene, i):
            continue
        before = words[i - 1] if i else ","
        if before.isalpha() and not (
            scene.kinds_at.get(i - 1, set()) & {"side", "current", "finding", "degree"}
            or i - 1 in scene.cued
            or before in _SAYING
        ):
            continue
        if before in {"/", "#", "x", "-", "+", "<", ">"}:
            continue
        if word in _LETTERS and not _of_a_side(scene, i):
            continue
        if before in {".", "(", ";", "\n", ":", ","} and words[number.last : number.last + 1] in ([")"], ["."], [":"]):
            continue  # the number of a list's line
        end = number.last
        after = words[end] if end < len(words) else ","
        if ends_alone(scene, end) or after in _PLACING or "side" in scene.kinds_at.get(end, ()):
            yield number


def ends_alone(scene: Scene, position: int) -> bool:
    """Whether nothing that could be counted follows a number."""
    return (
        position == len(scene.words)
        or scene.words[position] in {",", ";", "\n", ".", ")", "->", "?", "-", "("}
        or _is_link(scene, position)
    )


def behind_correction(scene: Scene, position: int) -> int | None:
    """Where the words begin that correct what ends at `position`: behind "sorry" or "I mean", with nothing between."""
    seen = False
    for i in range(position, len(scene.words)):
        kinds = scene.kinds_at.get(i, ())
        if "correction" in kinds:
            seen = True
        elif not seen and ("age_units" in kinds or scene.words[i] == "no"):
            continue
        elif (scene.words[i].isalnum() or "'" in scene.words[i]) and not (seen and scene.words[i] in LINKS | _IT):
            return i if seen else None
    return None


def corrected_numeral(scene: Scene, position: int) -> Numbers | None:
    """The bare numeral that corrects a number: `stage 3, sorry, 2`; not one of something else (`sorry, 2 mm`)."""
    start = behind_correction(scene, position)
    number = range_at(scene, start) if start is not None else None
    return number if number and ends_alone(scene, number.last) else None


def unread(scene: Scene, i: int) -> bool:
    """Whether a word is none that the vocabulary or the context rules know: what it counts, or is counted by."""
    if not 0 <= i < len(scene.words) or not scene.words[i].isalpha():
        return False
    return i not in scene.kinds_at and i not in scene.cued and scene.words[i] not in scene.vocabulary.fillers


def among_unread(scene: Scene, i: int) -> bool:
    """Whether the clause of a bare number has so many unread words that it may count anything."""
    clause = scene.text.clauses[scene.clause_of[i]]
    return sum(unread(scene, j) and len(scene.words[j]) > _SHORT_WORD for j in range(clause.first, clause.last)) > _MANY


def unread_number(scene: Scene) -> bool:
    """Whether a short answer gives numbers that could not be read, of nothing else that is known."""
    if len(scene.words) > _FEW or any(
        scene.having(kind) for kind in ("other_site", "other_system", "not_length", "decoy")
    ):
        return False
    read = (_numeral(scene, i) for i in range(len(scene.words)))
    return any(n and scene.words[n.first] not in {"i", "v", "l"} and min(n.values) <= _HIGHEST for n in read)


def _numbers_a_list(scene: Scene, i: int) -> bool:
    """Whether a number begins a point of a list, as in `1. Osteonecrosis`."""
    words = scene.words
    begins = i == 0 or words[i - 1] in {":", ".", ";", "\n"}
    return begins and words[i].isdecimal() and words[i + 1 : i + 2] in (["."], [")"]) and i + 2 < len(words)


def _inside_a_finding(scene: Scene, i: int) -> bool:
    """Whether a number is part of words that say something else: stairs one at a time, 2 midnights."""
    kinds = scene.kinds_at.get(i, set())
    return bool(kinds & {"finding", "choice", "decoy", "pair_first", "pair_then"}) or (
        "side" in kinds and len(scene.words[i]) > 1
    )


def _is_link(scene: Scene, i: int) -> bool:
    """A word of correction or doubt beside a bare value, or a name of the disease."""
    kinds = scene.kinds_at.get(i)
    if not kinds:
        return i in scene.cued
    return i in scene.disease_at or bool(kinds & {"correction", "current"})
