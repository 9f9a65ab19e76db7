"""The second reader: how likely a reading is wrong, from the words around it. It gives a risk and never a value.

A linear model over the words, word pairs and places around what was read, with the words themselves masked, so that it
carries over to facts that it has not seen. Its weights are data, trained by `tests/bench/train_second_reader.py`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .reading import Reading
from .scene import Scene
from .text import Text

_DENIALS = frozenset(["absent", "none"])
_IT, _OTHER, _NUMBER, _PLACE, _ELSEWHERE, _SIDE = "<it>", "<other>", "<n>", "<place>", "<elsewhere>", "<side>"
_MASKS = {"site": _PLACE, "other_site": _ELSEWHERE, "side": _SIDE}
_NO_FACT = frozenset(["other_cause", "correction", "current", "or", "decoy"])
_NEAR, _FAR = 2, 6
# fmt: off
_KINDS = frozenset([
    "negated", "uncertain", "past", "planned", "other_person", "not_documented", "affirmed", "pseudo", "end", "patient",
    "now", "doubling", "exception", "unread",
])
# fmt: on
BEGIN, _END = "<begin>", "<end>"
_MOST = 3
"""Reasons that are given for a doubt, at most."""
_STEPS = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55)


class Weights(BaseModel):
    """The content of a weights file: what was learned, what from, and how well it did on answers left out.

    `weights` are in hundredths. A reading whose risk is `choose_from` or more is left to the reviewer to choose; one
    above `silent_to` is never taken without being shown. `words` and `pairs` count what stood in the answers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    made_by: str
    settings: Mapping[str, float]
    sources: Mapping[str, str]
    held_out: Mapping[str, Mapping[str, float]]
    choose_from: float = Field(ge=0, le=1)
    silent_to: float = Field(ge=0, le=1)
    slope: float
    bias: float
    weights: Mapping[str, int]
    words: Mapping[str, int]
    pairs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bars:
    """From which risk a reading is to be chosen, and up to which a bare answer is taken silently."""

    choose_from: float
    silent_to: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """How likely a reading is wrong, in [0, 1], and what about the words around it says so."""

    risk: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """An answer as the second reader sees it: its words, what they are known as, and where clauses end."""

    text: Text
    words: tuple[str, ...]
    clause_of: tuple[int, ...]
    facts_at: Mapping[int, frozenset[str]]
    masks: Mapping[int, str]
    cues: Mapping[int, str]
    unread: frozenset[int]


def surroundings_of(scene: Scene) -> Surroundings:
    """What the second reader sees of an answer."""
    facts: dict[int, frozenset[str]] = {}
    masks: dict[int, str] = {}
    known = set(scene.cued)
    for tag in scene.tags:
        named = frozenset(term.of.fact for term in tag.entry if hasattr(term.of, "fact"))
        mask = next((m for kind, m in _MASKS.items() if any(t.kind == kind for t in tag.entry)), "")
        for i in range(tag.first, tag.last):
            known.add(i)
            if i in scene.cued or not tag.entry or all(t.kind in _NO_FACT for t in tag.entry):
                continue
            facts[i] = named
            masks[i] = mask or _OTHER
    cues = {i: cue.entry.kind for cue in scene.cues for i in range(cue.first, cue.last)}
    skipped = scene.vocabulary.fillers
    unread = frozenset(
        i for i, word in enumerate(scene.words) if i not in known and word.isalpha() and word not in skipped
    )
    return Surroundings(scene.text, tuple(scene.words), tuple(scene.clause_of), facts, masks, cues, unread)


def span_of(around: Surroundings, reading: Reading) -> tuple[int, int]:
    """The tokens [first, last) that a reading is of."""
    origins = around.text.origins
    inside = [
        i
        for i, token in enumerate(around.text.tokens)
        if origins[token.start] < reading.end and origins[token.end - 1] >= reading.start
    ]
    return (inside[0], inside[-1] + 1) if inside else (0, len(around.words))


def _masked(around: Surroundings, fact: str, span: range) -> tuple[list[str], int, int]:
    """The words with what names facts masked, and where in the span the words of this fact stand."""
    own = [i for i in span if fact in around.facts_at.get(i, ())]
    if not own and len(span) < len(around.words):
        own = [i for i in span if i not in around.cues]
    mine = set(own)
    words = []
    for i, word in enumerate(around.words):
        if i in mine or fact in around.facts_at.get(i, ()):
            words.append(_IT)
        elif i in around.masks:
            words.append(around.masks[i])
        else:
            words.append(_NUMBER if word[:1].isdigit() else word)
    return (words, own[0], own[-1] + 1) if own else (words, span.start, span.stop)


def _step(number: float) -> int:
    """Which of the steps a number has reached."""
    return sum(number >= step for step in _STEPS) - 1


def features(
    around: Surroundings,
    reading: Reading,
    *,
    asked: bool,
    readings: int,
    surprises: Sequence[float],
) -> Iterator[str]:
    """What the model weighs, each as a name. Its first word says where: `l1` is the word before what was read.

    Args:
        around: The answer.
        reading: What the first reader made of it.
        asked: Whether the question asks this fact.
        readings: How many facts were read in the answer.
        surprises: How unlike the answers of training each word is, in bits.
    """
    span = range(*span_of(around, reading))
    words, first, last = _masked(around, reading.fact, span)
    value = next(iter(reading.values), "")
    said = "no" if value in _DENIALS else "yes"
    clause = around.clause_of[first] if first < len(around.clause_of) else -1
    yield f"said {said}"
    yield f"said {said} {reading.assertion}"
    yield f"asked {int(asked)} {said}"
    bare = reading.method.startswith("bare") or ": bare" in reading.method
    yield f"bare {int(bare)} {int(asked)}"
    yield from _signals(around, reading, first, last, clause)
    yield from _surprise(around, surprises, clause, first, last)
    yield f"readings {min(readings, 6)}"
    if isinstance(value, int):
        yield "value number"
    inside = [words[i] for i in range(first, last) if words[i] != _IT]
    for word in dict.fromkeys(inside):
        yield f"in {word} {said}"
    ahead = [i for i in range(first - 1, -1, -1) if around.clause_of[i] == clause]
    behind = [i for i in range(last, len(words)) if around.clause_of[i] == clause]
    yield from _side("l", [*(words[i] for i in ahead), BEGIN], said)
    yield from _side("r", [*(words[i] for i in behind), _END], said)
    kinds = [around.cues.get(i) or ("unread" if i in around.unread else words[i]) for i in range(len(words))]
    yield from _kinds("l", [kinds[i] for i in ahead], f"{said} {reading.assertion}")
    yield from _kinds("r", [kinds[i] for i in behind], f"{said} {reading.assertion}")
    yield f"between {kinds[ahead[0]] if ahead else BEGIN} {kinds[behind[0]] if behind else _END} {said}"
    elsewhere = {w for i, w in enumerate(words) if around.clause_of[i] != clause}
    for word in sorted(elsewhere):
        yield f"e {word} {said}"


def _surprise(around: Surroundings, surprises: Sequence[float], clause: int, first: int, last: int) -> Iterator[str]:
    """How unlike the answers of training the answer is: on average, in the clause, and beside what was read."""
    here = [bits for i, bits in enumerate(surprises) if around.clause_of[i] == clause] or [0.0]
    beside = [surprises[i] for i in (first - 2, first - 1, last, last + 1) if 0 <= i < len(surprises)]
    yield f"surprise {int(sum(surprises) / max(len(surprises), 1))}"
    yield f"surprise here {int(sum(here) / len(here))}"
    yield f"surprise at most {int(max(here))}"
    yield f"surprise beside {int(max(beside, default=0))}"


class Familiar:
    """How often words, and pairs of them, stood in the answers of training."""

    def __init__(self, words: Mapping[str, int], pairs: Mapping[str, int]) -> None:
        self.words = words
        self.pairs = pairs
        self.total = sum(words.values()) + len(words) + 1

    def surprises(self, around: Surroundings) -> list[float]:
        """How unlike the answers of training each word is where it stands, in bits."""
        found = []
        before = BEGIN
        for word in common(around):
            alone = (self.words.get(word, 0) + 1) / self.total
            paired = self.pairs.get(f"{before} {word}", 0) / max(self.words.get(before, 0), 1)
            found.append(-math.log2(0.6 * min(paired, 1) + 0.4 * alone))
            before = word
        return found


def common(around: Surroundings) -> list[str]:
    """The words of an answer with what names facts and numbers masked."""
    return [around.masks.get(i) or (_NUMBER if word[:1].isdigit() else word) for i, word in enumerate(around.words)]


def _signals(around: Surroundings, reading: Reading, first: int, last: int, clause: int) -> Iterator[str]:
    here = [i for i in range(len(around.words)) if around.clause_of[i] == clause]
    yield f"unread here {_step(sum(i in around.unread for i in here))}"
    yield f"unread beside {sum(i in around.unread for i in (first - 2, first - 1, last, last + 1))}"
    yield f"unread in all {_step(len(around.unread))}"
    yield f"words {_step(len(around.words))}"
    yield f"words here {_step(len(here))}"
    yield f"clauses {min(len(set(around.clause_of)), 6)}"
    yield f"rivals {min(len(reading.rivals), 3)}"
    for kind in sorted({around.cues[i] for i in here if i in around.cues}):
        yield f"cue here {kind} {reading.assertion}"
    for kind in sorted({k for i, k in around.cues.items() if around.clause_of[i] != clause}):
        yield f"cue elsewhere {kind}"
    if reading.score < 100:
        yield "misspelt"
    if reading.doubt:
        yield "doubt"
    if reading.method.startswith("conflict"):
        yield "conflict"


def _kinds(name: str, kinds: Sequence[str], said: str) -> Iterator[str]:
    """What kinds of words stand on one side, nearest first: cues by their kind, unread ones, masked ones, signs."""
    seen: set[str] = set()
    for place, kind in enumerate(kinds):
        if kind not in seen and (kind in _KINDS or not kind[:1].isalpha()):
            seen.add(kind)
            yield f"k{name}{_step(place)} {kind} {said}"
    first = [k if k in _KINDS or not k[:1].isalpha() else "word" for k in kinds[:3]]
    yield f"k{name} {' '.join(first)} {said}"


def _side(name: str, words: Sequence[str], said: str) -> Iterator[str]:
    """The words on one side, nearest first: each with how near it is, and in pairs and threes."""
    seen: set[str] = set()
    for place, word in enumerate(words):
        near = place + 1 if place < _NEAR else _NEAR + 1 if place < _FAR else _FAR + 1
        yield f"{name}{near} {word} {said}"
        if word not in seen:
            seen.add(word)
            yield f"{name} {word} {said}"
            yield f"c {word} {said}"
    for one, other in pairwise(words[: _FAR + 1]):
        yield f"{name}{name} {one} {other} {said}"
    if len(words) > 2:
        yield f"{name}s {' '.join(words[:3])} {said}"


class SecondReader:
    """Doubts readings with one set of weights."""

    def __init__(self, weights: Weights) -> None:
        self.bars = Bars(weights.choose_from, weights.silent_to)
        self._slope, self._bias = weights.slope, weights.bias
        self._weights = weights.weights
        self._familiar = Familiar(weights.words, weights.pairs)

    def doubts(self, around: Surroundings, readings: Sequence[Reading], asked: Container[str]) -> list[Doubt]:
        """How far each reading of an answer is to be doubted.

        Args:
            around: The answer that the readings are of.
            readings: All that the first reader made of it.
            asked: The facts that the question asks.
        """
        surprises = self._familiar.surprises(around)
        return [
            self._doubt(
                features(around, r, asked=r.fact in asked, readings=len(readings), surprises=surprises),
            )
            for r in readings
        ]

    def _doubt(self, found: Iterable[str]) -> Doubt:
        weighed = {name: self._weights[name] for name in found if name in self._weights}
        score = self._slope * sum(weighed.values()) / 100 + self._bias
        risk = 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
        reasons: dict[str, None] = {}
        if risk >= self.bars.choose_from:
            for name in sorted(weighed, key=lambda n: (-weighed[n], n)):
                if weighed[name] > 0 and len(reasons) < _MOST and (reason := _in_words(name)):
                    reasons.setdefault(reason)
        return Doubt(round(risk, 4), tuple(reasons))


def load_second_reader(content: Mapping[str, Any]) -> SecondReader:
    """A second reader from a parsed weights file.

    Raises:
        ValueError: The content is not that of a weights file.
    """
    return SecondReader(Weights.model_validate(content))


_PLACES = {"l": "before it", "r": "behind it", "c": "beside it", "i": "in it", "e": "elsewhere in the answer"}
_SIGNALS = {
    "unread": "words near it were not read",
    "surprise": "it is worded unlike the answers that the second reader knows",
    "clauses": "the answer is long",
    "words": "the answer is long",
    "readings": "the answer speaks of several things",
    "rivals": "other words of the answer speak of it, too",
    "misspelt": "a word of it is misspelt",
    "conflict": "words of the answer disagree about it",
}


def _in_words(name: str) -> str:
    """A feature as a person would say it; nothing for one that says little by itself."""
    where, *words = name.split(" ")
    if where in _SIGNALS:
        return _SIGNALS[where]
    spoken = [w for w in words[:-1] if w.isalpha()]
    place = _PLACES.get(where[0])
    if not spoken or not place or where.startswith(("cue", "between")):
        return ""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{' … '.join(spoken)}\N{RIGHT DOUBLE QUOTATION MARK} {place}"
