"""What the words around a mention say of it: affirmed, negated, uncertain, past, planned, another's, not documented.

The cues are data (`policy/vocabulary/context.yaml`); nothing here knows a clinical word.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..policy import load_vocabulary
from .phrases import Found, Phrases, Words, tokens_of
from .text import Clause, Text, normalise


class Assertion(StrEnum):
    """What a text says of something that it mentions."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    PAST = "past"
    PLANNED = "planned"
    OTHER_PERSON = "other_person"
    OTHER_SIDE = "other_side"
    OTHER_BODY_PART = "other_body_part"
    NOT_DOCUMENTED = "not_documented"


class Cue(BaseModel):
    """Words of one kind and direction.

    `before` stands before what it speaks of, `after` behind it, `colon` directly behind it or behind its colon, a
    `sign` directly beside it, before it where a sign begins the list. `scope` is how many words it reaches (0: to the
    end of the clause); `listing` lets it reach over commas; `limited` negates only the higher degrees ("no
    significant"); what is `advised` has not been done; a `result` is of something that was done; some words mean
    silence only `with_negation` ("no pain mentioned").
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kind: Literal[
        "negated",
        "uncertain",
        "past",
        "planned",
        "other_person",
        "not_documented",
        "affirmed",
        "pseudo",
        "end",
        "patient",
        "now",
        "doubling",
        "exception",
    ]
    direction: Literal["before", "after", "both", "colon", "sign"] = "before"
    scope: int = 0
    listing: bool = False
    limited: bool = False
    advised: bool = False
    result: bool = False
    with_negation: bool = False
    words: Words


class ContextFile(BaseModel):
    """The content of `context.yaml`. Words of `turning` may turn what stands beside them where no cue reads them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    joined: Words = ()
    abbreviations: Mapping[str, str] = Field(default_factory=dict)
    turning: Words = ()
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The assertion of one mention, with the cue that decided.

    `limited`: a lesser degree is not excluded. `distant`: the negation reaches over a comma without "or" or "nor", so
    that a short note may mean it otherwise.
    """

    assertion: Assertion
    rule: str = ""
    start: int = 0
    end: int = 0
    limited: bool = False
    distant: bool = False
    advised: bool = False
    result: bool = False
    with_negation: bool = False


AFFIRMED = Judgement(Assertion.AFFIRMED)

_DRAWN_OUT = re.compile(r"([a-hjkmnoqrstuwyz])\1{2,}")  # never i, v, x or l: iii is a number
_NEGATIONS = frozenset(["no", "not", "without", "non", "never", "nil", "denies", "free"])
_KEPT = 50_000
_DOUBLING = 40
"""Characters between two negations that undo each other, at most."""

# Where several cues speak of one mention, the first of these counts.
_PRECEDENCE = (
    Assertion.OTHER_PERSON,
    Assertion.NOT_DOCUMENTED,
    Assertion.UNCERTAIN,
    Assertion.NEGATED,
    Assertion.PLANNED,
    Assertion.PAST,
    Assertion.AFFIRMED,
)


class ContextRules:
    """The cues, ready to be found."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        file = ContextFile.model_validate(content)
        self.joined = frozenset(file.joined)
        self.abbreviations = dict(file.abbreviations)
        self.turning = frozenset(file.turning)
        self.spoken_word = lru_cache(maxsize=_KEPT)(self._spoken_word)
        by_words: dict[tuple[str, ...], list[Cue]] = {}
        for cue in file.cues:
            for phrase in cue.words:
                same = by_words.setdefault(self.written_out(phrase), [])
                if not same or same[-1] is not cue:
                    same.append(cue)
        self.cues: Phrases[tuple[Cue, ...]] = Phrases((w, tuple(c)) for w, c in by_words.items())

    def written_out(self, phrase: str) -> tuple[str, ...]:
        """The tokens of a phrase with its abbreviations written out, as texts are read."""
        words = tokens_of(phrase, self.joined)
        if self.abbreviations.keys().isdisjoint(words):
            return words
        return tuple(token for word in words for token in tokens_of(self.abbreviations.get(word, word), self.joined))

    def spoken(self, text: Text) -> list[str]:
        """The words of a text, abbreviations written out and letters drawn out for emphasis shortened."""
        return [self.spoken_word(t.text) for t in text.tokens]

    def _spoken_word(self, word: str) -> str:
        return self.abbreviations.get(word) or (_DRAWN_OUT.sub(r"\1", word) if len(word) > 3 else word)

    def find(self, text: Text, words: Sequence[str] | None = None) -> list[Found[Cue]]:
        """All cues of a text; words that are cues in two directions are found as both."""
        spoken = words if words is not None else self.spoken(text)
        return [Found(f.first, f.last, cue) for f in self.cues.find(text.tokens, spoken) for cue in f.entry]


@cache
def shared_rules() -> ContextRules:
    """The packaged cues."""
    return ContextRules(load_vocabulary("context"))


def assertion_of(text: str, start: int, end: int) -> Assertion:
    """What a text says of the mention at [start, end), offsets into the text as typed."""
    rules = shared_rules()
    plain = normalise(text, rules.joined)
    return judge(plain, [plain.plain_span(start, end)], rules)[0].assertion


def judge(text: Text, spans: Sequence[tuple[int, int]], rules: ContextRules) -> tuple[Judgement, ...]:
    """What a text says of several mentions, given as stretches of its plain form."""
    starts = [t.start for t in text.tokens]
    ranges = [(max(0, bisect_left(starts, s + 1) - 1), bisect_left(starts, e)) for s, e in spans]
    return judge_tokens(text, ranges, rules.find(text))


def judge_tokens(text: Text, ranges: Sequence[tuple[int, int]], cues: Sequence[Found[Cue]]) -> tuple[Judgement, ...]:
    """As `judge`, for mentions given as token ranges, with the cues found already."""
    if not cues and not any(c.ended == "?" for c in text.clauses):
        return (AFFIRMED,) * len(ranges)
    by_clause: dict[int, list[Found[Cue]]] = {}
    firsts = [c.first for c in text.clauses]
    for found in cues:
        by_clause.setdefault(bisect_left(firsts, found.first + 1) - 1, []).append(found)
    judged = []
    numbers = [max(0, bisect_left(firsts, first + 1) - 1) for first, _ in ranges]
    together: dict[int, list[tuple[int, int]]] = {}
    for number, one in zip(numbers, ranges, strict=True):
        together.setdefault(number, []).append(one)
    for number, (first, last) in zip(numbers, ranges, strict=True):
        if not text.clauses:
            judged.append(AFFIRMED)
            continue
        judgement = _judge_one(text, text.clauses[number], first, last, by_clause.get(number, ()), together[number])
        ending = max(0, bisect_left(firsts, last) - 1)
        if judgement is AFFIRMED and ending != number:  # words over a slash: "CT abdomen / pelvis ordered"
            cues_there = by_clause.get(ending, ())
            judgement = _judge_one(text, text.clauses[ending], first, last, cues_there, together[number])
        judged.append(judgement)
    return tuple(judged)


def _judge_one(
    text: Text,
    clause: Clause,
    first: int,
    last: int,
    cues: Sequence[Found[Cue]],
    ranges: Sequence[tuple[int, int]],
) -> Judgement:
    spoken = [
        judgement
        for found in cues
        if (found.first < first or found.last > last)
        and (judgement := _says(text, clause, found, first, last, cues, ranges))
        and not _belongs_to_another(text, found, first, last, ranges)
    ]
    ended = clause.ended if last <= clause.last else next((c.ended for c in text.clauses if last <= c.last), "")
    if reply := _reply(text, last):
        spoken = [j for j in spoken if j.rule != "question-after"]
        spoken += [reply] if reply.assertion is Assertion.NEGATED else []
    elif ended == "?" and not any(text.tokens[i].text == "," for i in range(last, clause.last)):
        spoken.append(Judgement(Assertion.UNCERTAIN, "question mark", 0, 0))
    if not spoken:
        return AFFIRMED
    negated = [j for j in spoken if j.assertion is Assertion.NEGATED]
    if not negated:
        spoken = [j for j in spoken if not j.with_negation] or [AFFIRMED]
    elif any(c.entry.kind == "exception" and c.first >= last for c in cues):
        # "no complaints except hip pain": what is denied is not all
        spoken = [replace(j, limited=True) if j in negated else j for j in spoken]
    if _doubled(text, [j for j in spoken if j.assertion is Assertion.NEGATED], cues):
        spoken = [j for j in spoken if j.assertion is not Assertion.NEGATED] or [AFFIRMED]
    behind = [j for j in spoken if j.start >= text.tokens[last - 1].end and j.rule]
    latest = max(behind, key=lambda j: j.start, default=None)
    if latest and latest.assertion is Assertion.AFFIRMED:
        # "went away and has been back": what is said last is so now
        spoken = [j for j in spoken if j not in behind and not j.distant] + [latest]
    if any(j.assertion is Assertion.PAST for j in behind):
        # "no collapse in 2022": what was not so then may be so now
        spoken = [j for j in spoken if j.assertion is not Assertion.NEGATED or j in behind]
    if any(
        j.assertion is Assertion.NEGATED
        and j.end >= text.tokens[first - 1].start
        and j.start < text.tokens[first].start
        for j in spoken
    ):
        # "to rule out …, shows no free air": what was found counts over what was looked for
        spoken = [j for j in spoken if not (j.advised and j.assertion is Assertion.UNCERTAIN)]
    for assertion in _PRECEDENCE:
        found = [j for j in spoken if j.assertion is assertion]
        if found:
            return min(found, key=lambda j: (j.distant, abs(j.start - text.tokens[first].start)))
    return AFFIRMED


def _reply(text: Text, last: int) -> Judgement | None:
    """What is replied to a question that ends with the mention: "hip pain? yes", "Collapse? No."."""
    tokens = text.tokens[last : last + 3]
    words = [t.text for t in tokens]
    if words[:1] != ["?"] or len(words) < 2 or (len(words) > 2 and words[2] not in _ENDS):
        return None
    assertion = Assertion.AFFIRMED if words[1] in _YES else Assertion.NEGATED if words[1] in _NO else None
    return Judgement(assertion, "reply", tokens[1].start, tokens[1].end) if assertion else None


_YES = frozenset(["yes", "y", "yep", "yeah", "pos", "positive", "present"])
_NO = frozenset(["no", "n", "nope", "none", "neg", "negative", "absent"])
_ENDS = frozenset([".", ",", ";", "\n", "!", ")"])


def _belongs_to_another(
    text: Text, found: Found[Cue], first: int, last: int, ranges: Sequence[tuple[int, int]]
) -> bool:
    """A cue that is part of another mention ("no limits"), or stands behind a nearer one that is no item of a list."""
    for other_first, other_last in ranges:
        if (other_first, other_last) == (first, last):
            continue
        if other_first <= found.first and found.last <= other_last and (other_last <= first or other_first >= last):
            return True
        if found.first >= last and other_first >= last and other_last <= found.first:
            between = {t.text for t in text.tokens[last:other_first]}
            if not between <= {"and", "or", "/", "&", "nor", "+"} or found.entry.direction == "colon":
                return True
    return False


def _doubled(text: Text, negations: Sequence[Judgement], cues: Sequence[Found[Cue]]) -> bool:
    """Not … without …: two negations before one mention undo each other."""
    for judgement in negations:
        for cue in cues:
            if judgement.rule != "without" and cue.entry.id != "not-that":
                continue
            gap = judgement.start - text.tokens[cue.last - 1].end
            if (cue.entry.kind == "doubling" or cue.entry.id in {"not", "never"}) and 0 < gap <= _DOUBLING:
                return True
    return False


def _speaks_back(text: Text, found: Found[Cue], cues: Sequence[Found[Cue]], ranges: Sequence[tuple[int, int]]) -> bool:
    """A cue of both directions right behind a mention, with a preposition, speaks of that one: AVN excluded on MRI."""
    if not any(c.first == found.first and c.entry.direction == "after" for c in cues):
        return False
    if "".join(t.text for t in text.tokens[found.last : found.last + 1]) not in _BY:
        return False
    return any(0 <= found.first - last <= 1 for _, last in ranges)


_BY = frozenset(["on", "by", "with", "via", "per", "at", "in"])


def _speaks_forward(
    text: Text, found: Found[Cue], cues: Sequence[Found[Cue]], ranges: Sequence[tuple[int, int]]
) -> bool:
    """A cue of both directions with a mention right behind it speaks of that one: "MRI: no AVN"."""
    if not any(c.first == found.first and c.entry.direction in {"before", "both"} for c in cues):
        return False
    if _speaks_back(text, found, cues, ranges):
        return False
    return any(
        0 <= first - found.last <= 3
        and not {",", "."} & {t.text for t in text.tokens[found.last : first]}
        and not any(c.entry.kind == "end" and found.last <= c.first < first for c in cues)
        for first, _ in ranges
    )


def _says(
    text: Text,
    clause: Clause,
    found: Found[Cue],
    first: int,
    last: int,
    cues: Sequence[Found[Cue]],
    ranges: Sequence[tuple[int, int]],
) -> Judgement | None:
    """What a cue says of a mention in its clause; None if it does not reach it."""
    cue = found.entry
    if cue.kind in {"pseudo", "end", "patient", "now", "doubling", "exception"}:
        return None
    ahead = found.first < first
    if ahead and found.last > first and text.tokens[first].text in _NEGATIONS:
        return None  # "with no" before "no limits": the mention has that word for itself
    if cue.direction == "sign":
        return _sign_says(text, clause, found, ahead, first, last)
    if (ahead and cue.direction in {"after", "colon"}) or (not ahead and cue.direction == "before"):
        return None
    # A cue may run into the mention ("no acute" before "acute fracture").
    low, high = (min(found.last, first), first) if ahead else (last, max(found.first, last))
    between = range(low, high)
    if not ahead and _speaks_forward(text, found, cues, ranges):
        return None
    if ahead and cue.kind == "negated" and _speaks_back(text, found, cues, ranges):
        return None
    if cue.direction == "colon" and text.tokens[found.first].text in {"no", "never", "next"} and _goes_on(text, found):
        return None
    if cue.direction == "colon":
        if any(text.tokens[i].text not in {":", "(", "-", "=", "|"} for i in between) or high - low > 2:
            return None
    elif cue.scope and high - low > cue.scope:
        return None
    if any(
        _ends(other, cue, ahead)
        and low <= other.first
        and other.last <= high
        and not _bracketed(text, other, low, high)
        for other in cues
    ):
        return None
    passed = [(o, e) for o, e in ranges if low <= o and e <= first] if ahead and cue.kind == "negated" else []
    if passed and _begins_anew(text, passed, first, cues):
        return None
    if ahead and cue.id == "without" and text.tokens[low].text.isdecimal():
        return None  # MRI w/o 8/22
    words = [text.tokens[i].text for i in between]
    commas = words.count(",") + words.count(":") * (cue.kind in _OVER_NO_COLON and ahead)
    commas += sum(_is_dash(text, i) for i in between)
    if ")" in words and "(" not in words:
        return None
    distant = False
    if commas and cue.direction != "colon":
        if cue.kind == "negated" and not cue.listing:
            return None
        if cue.kind in {"uncertain", "planned", "past", "other_person", "not_documented"} and not cue.listing:
            return None
        distant = ahead and not _listed(text, first, last, between)
    elif passed and cue.direction != "colon" and not text.tokens[first].text.endswith("ing"):
        distant = not _listed(text, first, last, range(max(e for _, e in passed), high))
    if cue.kind == "affirmed":
        return Judgement(Assertion.AFFIRMED, cue.id, text.tokens[found.first].start, text.tokens[found.last - 1].end)
    return Judgement(
        Assertion(cue.kind),
        cue.id,
        text.tokens[found.first].start,
        text.tokens[found.last - 1].end,
        limited=cue.limited,
        advised=cue.advised,
        with_negation=cue.with_negation,
        result=cue.result,
        distant=distant and cue.kind == "negated",
    )


def _begins_anew(text: Text, passed: Sequence[tuple[int, int]], first: int, cues: Sequence[Found[Cue]]) -> bool:
    """Whether a mention begins a statement of its own behind what a negation is of: no limp walks fine."""
    if any(text.tokens[last - 1].text.isdecimal() for _, last in passed):
        return True
    return any(c.first == first and c.entry.id == "new-statement" for c in cues)


def _goes_on(text: Text, found: Found[Cue]) -> bool:
    """Whether another word follows directly, none for a source: "no" then speaks of that one."""
    behind = text.tokens[found.last].text if found.last < len(text.tokens) else ""
    return behind.isalpha() and behind not in _TOLD_BY


_TOLD_BY = frozenset(["per", "on", "by", "according", "from", "at", "today", "now", "currently"])


def _bracketed(text: Text, other: Found[Cue], low: int, high: int) -> bool:
    """Whether a cue stands in brackets that open and close within [low, high)."""
    before = [t.text for t in text.tokens[low : other.first]]
    behind = [t.text for t in text.tokens[other.last : high]]
    return "(" in before and ")" not in before and ")" in behind


def _sign_says(text: Text, clause: Clause, found: Found[Cue], ahead: bool, first: int, last: int) -> Judgement | None:
    """What a sign says of the mention beside it: "(-) pain" where signs lead, "pain (-)" where they follow."""
    before = text.tokens[found.first - 1].text if found.first > clause.first else ","
    leads = before in {",", ":"} or (clause.first < found.first and _is_sign(text, clause.first))
    if found.entry.id == "bare-minus" and not _is_minus(text, clause, found, before, ahead):
        return None
    gap = text.tokens[found.last : first] if ahead else text.tokens[last : found.first]
    near = len(gap) <= (1 if ahead else 2) and all(not t.text.isalnum() for t in gap if not ahead)
    if ahead is not leads or not near or "," in [t.text for t in gap]:
        return None
    assertion = Assertion.AFFIRMED if found.entry.kind == "affirmed" else Assertion.NEGATED
    return Judgement(
        assertion,
        found.entry.id,
        text.tokens[found.first].start,
        text.tokens[found.last - 1].end,
        result=found.entry.result,
    )


def _is_minus(text: Text, clause: Clause, found: Found[Cue], before: str, ahead: bool) -> bool:
    """Whether a bare minus is a sign and no dash: at the end, or beside a plus with the list's comma on its side."""
    words = [t.text for t in text.tokens[clause.first : clause.last]]
    if found.last == len(text.tokens) and not ahead:
        return True
    if found.first == clause.first and not _signs_lead(words):
        return False  # a line's bullet
    behind = text.tokens[found.last].text if found.last < clause.last else ","
    return "+" in words and (before in {",", ":"} if ahead else behind in {",", ";"})


def _signs_lead(words: Sequence[str]) -> bool:
    """Whether a later item of a list begins with a sign, and the first with one only: - limp, + pain."""
    later = any(word == "," and behind in {"+", "-"} for word, behind in pairwise(words))
    return later and words[1:2] not in (["+"], ["-"])


def _is_sign(text: Text, position: int) -> bool:
    """Whether a plus or minus, bare or in brackets, stands here."""
    return (
        any(t.text in {"+", "-"} for t in text.tokens[position : position + 2])
        and not text.tokens[position].text.isalnum()
    )


def _ends(other: Found[Cue], cue: Cue, ahead: bool) -> bool:
    """Whether the one cue ends the reach of the other. What is affirmed behind a mention counts over a "but"."""
    kind = other.entry.kind
    if kind == "end" and cue.kind == "other_person":
        return other.entry.id == "contrast"
    if kind == "end":
        if other.entry.id == "new-statement" and cue.kind in {"uncertain", "not_documented"}:
            return False
        return ahead or cue.kind != "affirmed"
    if kind == "now":
        return cue.kind == "past"
    if kind == "patient":
        return cue.kind == "other_person"
    if kind == "negated" and cue.kind == "negated":
        return other.entry.direction == cue.direction == "before" and other.entry.id == cue.id
    return kind == "affirmed" and cue.kind == "negated"


_OVER_NO_COLON = frozenset(["negated", "not_documented"])


def _is_dash(text: Text, i: int) -> bool:
    """A dash with space on both sides."""
    tokens = text.tokens
    return tokens[i].text == "-" and not tokens[i].glued and i + 1 < len(tokens) and not tokens[i + 1].glued


def _listed(text: Text, first: int, last: int, between: range) -> bool:
    """Whether a mention behind commas is plainly an item of one list: `or` or `nor` joins it."""
    if any(text.tokens[i].text in {"or", "nor"} for i in between):
        return not any(text.tokens[i].text in _NO_LIST for i in between)
    if any(text.tokens[i].text in _NO_LIST for i in between):
        return False
    item = 0
    for i in range(first, len(text.tokens)):
        word = text.tokens[i].text
        if word in {"or", "nor"}:
            return True
        item = 0 if word == "," else item + 1
        if word in _NO_LIST or (item > _ITEM and i >= last + _NEAR):
            return False
    return False


_NO_LIST = frozenset([";", "\n", ".", "-"])
_NEAR, _ITEM = 12, 5
"""How far behind a mention the end of its list may stand; further away, all items must be this short."""
