"""Typed readers: numerals, stages, lengths and ages. Each returns every value that its words leave possible."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .text import Token

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "iiii": 4}
STAGE_NUMERALS = {w: n for r, n in _ROMAN.items() for w in (r, *(r + x for x in "abc")) if len(w) > 1} | {
    f"{n}{x}": n for n in range(7) for x in "abc"
}
"""Numerals that hardly mean anything but a stage or grade: II, IIIA, 3b; no single letter."""
_ROMAN_LETTERED = {r + letter: n for r, n in _ROMAN.items() for letter in ("", "a", "b", "c")}
_LETTERS = frozenset("abc")
_VERBS = frozenset(
    [
        "would",
        "will",
        "am",
        "was",
        "have",
        "had",
        "has",
        "think",
        "thought",
        "believe",
        "see",
        "saw",
        "put",
        "do",
        "did",
        "can",
        "could",
        "shall",
        "should",
        "may",
        "might",
        "must",
        "agree",
        "agreed",
        "suspect",
        "suspected",
        "recommend",
        "recommended",
        "reviewed",
        "review",
        "read",
        "went",
        "go",
        "asked",
        "ask",
        "told",
        "tell",
        "spoke",
        "enclose",
        "note",
        "noted",
        "find",
        "found",
        "advise",
        "advised",
        "discussed",
        "look",
        "looked",
        "feel",
        "felt",
        "know",
        "call",
        "called",
        "get",
        "got",
        "understand",
        "want",
        "need",
        "regret",
        "hope",
        "examined",
        "explained",
        "offered",
        "propose",
        "proposed",
        "write",
        "wrote",
        "send",
        "sent",
        "also",
        "just",
        "still",
        "don't",
        "didn't",
        "can't",
        "cannot",
    ]
)
"""Words behind the pronoun I, where it is no number."""

_THROUGH = frozenset(["-", "to", "through", "thru", "till"])
_EITHER = frozenset(["->", "or", "/", "vs", "versus", "and", "&"])
_ONWARD = frozenset([("going", "on"), ("progressing", "to"), ("bordering", "on"), ("verging", "on"), ("heading", "to")])
# fmt: off
_CHANGED = frozenset([
    "progressed", "progressing", "progression", "advanced", "advancing", "worsened", "worsening", "evolved", "went",
    "gone", "changed", "moved", "upgraded", "downgraded", "increased", "improved",
])
# fmt: on
_TOWARD = frozenset(["approaching", "towards", "toward", "nearing", "almost", "bordering"])
_UNDER = {
    ("<",): False,
    ("<=",): True,
    ("under",): False,
    ("below",): False,
    ("less", "than"): False,
    ("up", "to"): True,
    ("at", "most"): True,
    ("no", "more", "than"): True,
    ("not", "more", "than"): True,
    ("maximum",): True,
    ("sub",): False,
}
_OVER = {
    (">",): False,
    (">=",): True,
    ("over",): False,
    ("above",): False,
    ("more", "than"): False,
    ("greater", "than"): False,
    ("at", "least"): True,
    ("exceeding",): False,
    ("exceeds",): False,
    ("exceeded",): False,
    ("in", "excess", "of"): False,
    ("upwards", "of"): True,
    ("larger", "than"): False,
    ("deeper", "than"): False,
    ("older", "than"): False,
    ("beyond",): False,
    ("past",): False,
}
_UNDER_WORDS = {**_UNDER, ("younger", "than"): False}
_MILLIMETRES = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimeters": 1.0,
    "millimetre": 1.0,
    "millimetres": 1.0,
    "mms": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "centimeters": 10.0,
    "centimetre": 10.0,
    "centimetres": 10.0,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers read at tokens [first, last): all that stay possible. `doubtful`: two readings of one numeral."""

    first: int
    last: int
    values: frozenset[int]
    doubtful: bool = False


def stage_numeral(tokens: Sequence[Token], words: Sequence[str], i: int, numbers: Mapping[str, int]) -> Numbers | None:
    """A numeral of a stage or grade at token i: 2, 2b, II, IIB, two, "ll" for II. Sub-letters are dropped."""
    if i >= len(tokens):
        return None
    word = words[i]
    following = i + 1
    value = int(word) if word.isdecimal() and len(word) <= 2 else _ROMAN_LETTERED.get(word)
    if value is None and set(word) <= set("liv1|") and word.replace("l", "i") in _ROMAN:
        value = _ROMAN[word.replace("l", "i")]
    if value is None:
        value = numbers.get(word)
        if value is None or value > 10:
            return None
    if word == "i" and following < len(tokens) and words[following] in _VERBS:
        return None  # the pronoun
    doubtful = False
    if following < len(tokens) and tokens[following].glued:
        after = words[following]
        if after in _LETTERS:
            following += 1
        elif after == "-" and following + 1 < len(tokens) and tokens[following + 1].glued:
            following += 2 * (words[following + 1] in _LETTERS)  # 2-A
        elif word.isdecimal() and set(after) <= set("liv") and tokens[following].start == tokens[i].end:
            doubtful, following = True, following + 1
    if tuple(words[following : following + 3]) == ("1", "/", "2") or tuple(words[following : following + 2]) == (
        "and",
        "a",
    ):
        doubtful = True  # one and a half
    return Numbers(i, following, frozenset([value]), doubtful)


Numeral = Callable[[int], Numbers | None]


_BETWEEN = frozenset(["between", "btw", "btwn", "betw", "stages", "grades"])


def _both_roman(words: Sequence[str], low: Numbers, high: Numbers | None) -> bool:
    """Whether two Roman numerals stand there: stage I and II. Of figures, the second may count something else."""
    return high is not None and all(set(words[n.first]) <= set("iv") for n in (low, high))


def number_range(words: Sequence[str], tokens: Sequence[Token], i: int, read: Numeral) -> Numbers | None:
    """A numeral at token i, or a range or pair that begins there: 2-3, II to III, 1 or 2, IIA/IIB."""
    low = read(i)
    if low is None:
        return None
    position = low.last
    if position >= len(words):
        return low
    joint = words[position]
    high = None
    lead = words[max(0, i - 2) : i]
    between = bool(_BETWEEN & set(lead))
    if joint in _THROUGH or joint in _EITHER:
        high = read(position + 1)
        if high is None and position + 2 < len(words) and words[position + 1] in {"stage", "grade", "early", "late"}:
            high = read(position + 2)
        if joint in {"and", "&"} and not between and not _both_roman(words, low, high):
            high = None
    elif tuple(words[position : position + 2]) in _ONWARD:
        high, joint = read(position + 2), "or"
    elif joint in _TOWARD:
        high, joint = read(position + 1), "or"
    elif tokens[position].glued and tokens[position].start > tokens[position - 1].end:
        high, joint = read(position), "-"  # II-III: the hyphen between letters is no token
    if high is None:
        return low
    if joint == "to" and "from" in lead and any(w in _CHANGED for w in words[max(0, i - 6) : i]):
        return Numbers(low.first, high.last, high.values, low.doubtful or high.doubtful)  # progressed from 2 to 3
    both = low.values | high.values
    through = joint in _THROUGH or joint in {"and", "&"}
    values = frozenset(range(min(both), max(both) + 1)) if through else both
    return Numbers(low.first, high.last, values, low.doubtful or high.doubtful)


@dataclass(frozen=True, slots=True)
class Interval:
    """A length or amount at tokens [first, last), in the unit of its words."""

    first: int
    last: int
    low: float
    high: float


_STEP = 1e-6
_ABOUT = frozenset(["about", "approx", "approximately", "around", "roughly", "circa", "nearly", "almost", "estimated"])
_SPREAD = 0.2
"""How far off an approximate length may be, as a part of it."""


def lengths(words: Sequence[str], numbers: Mapping[str, int]) -> list[Interval]:
    """All lengths in millimetres: 3 mm, 0.3 cm, 2-3mm, under 2 mm, between 1 and 3 mm."""
    found: list[Interval] = []
    for i, word in enumerate(words):
        factor = _MILLIMETRES.get(word)
        if factor is None or i == 0:
            continue
        high = _amount(words[i - 1], numbers)
        if high is None:
            continue
        first, low = i - 1, high
        if first >= 2 and words[first - 1] in {"-", "to", "or", "and", "&"}:
            other = first - 2
            factor_low = factor
            if words[other] in _MILLIMETRES and other >= 1:
                factor_low, other = _MILLIMETRES[words[other]], other - 1
            lower = _amount(words[other], numbers)
            if lower is not None:
                low, first = lower * factor_low / factor, other
        low, high = min(low, high), max(low, high)
        bounded, begin = _bound(words, first)
        if begin and words[begin - 1] in _ABOUT:
            low, high, begin = low * (1 - _SPREAD), high * (1 + _SPREAD), begin - 1
        if bounded == "under":
            low, high = 0.0, high - _STEP
        elif bounded == "upto":
            low = 0.0
        elif bounded in {"over", "from"}:
            low, high = low + (_STEP if bounded == "over" else 0.0), math.inf
        last = i + 1
        if len(words) > i + 2 and words[i + 1] == "or" and words[i + 2] in _BEHIND:
            low, high, last = (0.0, high, i + 3) if _BEHIND[words[i + 2]] < 0 else (low, math.inf, i + 3)
        found.append(Interval(begin, last, low * factor, high * factor))
    return found


def _amount(word: str, numbers: Mapping[str, int]) -> float | None:
    try:
        return float(word)
    except ValueError:
        return float(numbers[word]) if word in numbers else None


def _bound(words: Sequence[str], first: int) -> tuple[str, int]:
    """A bound that stands before a number, and where it begins."""
    for length in (3, 2, 1):
        before = tuple(words[max(0, first - length) : first])
        if len(before) < length:
            continue
        if before in _UNDER_WORDS:
            return ("upto" if _UNDER_WORDS[before] else "under"), first - length
        if before in _OVER:
            return ("from" if _OVER[before] else "over"), first - length
    return "", first


_BEHIND = {
    "less": -1,
    "below": -1,
    "lower": -1,
    "earlier": -1,
    "under": -1,
    "better": -1,
    "more": 1,
    "above": 1,
    "higher": 1,
    "later": 1,
    "greater": 1,
    "over": 1,
    "worse": 1,
    "beyond": 1,
}


def bounded_behind(words: Sequence[str], numbers: Numbers) -> Numbers:
    """A number with a bound behind it: II or less, 3 or higher, 2+."""
    end = numbers.last
    following = words[end : end + 2]
    if following[:1] == ["+"] and not "".join(following[1:]).isalnum():  # a word behind it: stage 2 + mild OA
        direction, length = 1, 1
    elif following in (["at", "least"], ["at", "most"]):
        direction, length = (1 if following[1] == "least" else -1), 2
    elif len(following) == 2 and following[0] == "or" and following[1] in _BEHIND:
        direction, length = _BEHIND[following[1]], 2
    else:
        return numbers
    reach = range(max(numbers.values) + 1) if direction < 0 else range(min(numbers.values), 7)
    return Numbers(numbers.first, end + length, frozenset(reach), numbers.doubtful)


def grades_of(interval: Interval, bounds: Mapping[str, tuple[float, float]]) -> frozenset[str]:
    """The grades that a length may belong to."""
    return frozenset(g for g, (low, high) in bounds.items() if interval.low <= high and interval.high >= low)


_DIGIT_ALIKE = {"l": "1", "o": "0", "i": "1"}


def whole_number(
    words: Sequence[str], i: int, numbers: Mapping[str, int], glued: Callable[[int], bool] = lambda _: False
) -> tuple[int, int] | None:
    """A whole number in digits or words at token i, and where it ends: 38, thirty eight."""
    if i >= len(words):
        return None
    word = words[i]
    if word.isdecimal() and len(word) <= 3:
        after = words[i + 1] if i + 1 < len(words) else ""
        if after in _DIGIT_ALIKE and len(word) == 1 and glued(i + 1):
            return int(word + _DIGIT_ALIKE[after]), i + 2
        return int(word), i + 1
    value = numbers.get(word)
    if value is None:
        return None
    unit = numbers.get(words[i + 1]) if i + 1 < len(words) else None
    if value >= 20 and value % 10 == 0 and unit is not None and 0 < unit < 10:
        return value + unit, i + 2
    return value, i + 1


def bounded_years(
    words: Sequence[str], first: int, value: int, domain: frozenset[int]
) -> tuple[frozenset[int], int] | None:
    """The ages that a bound before a number leaves: over 50 is 51 and up. None without a bound."""
    bounded, begin = _bound(words, first)
    if not bounded:
        return None
    tests = {
        "under": lambda a: a < value,
        "upto": lambda a: a <= value,
        "over": lambda a: a > value,
        "from": lambda a: a >= value,
    }
    return frozenset(a for a in domain if tests[bounded](a)), begin
