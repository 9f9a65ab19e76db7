"""The words of a field, as data: findings, grades, stages, choices, ages, sites, sides. Built from YAML."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .assertion import ContextRules
from .phrases import Phrases, Words

Value = int | str
SIDE_KINDS = ("left", "right", "both", "this", "other", "one")


class VocabularyModel(BaseModel):
    """No unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Finding(VocabularyModel):
    """Words that say one value of a fact.

    `site`: `own` names the place by itself; `open` belongs to it unless another body part governs; `needed` counts only
    with a word for the place, or under one of `questions`. A `weak` value gives way to another one in the same answer.
    With `only_affirmed`, a negation of the words says nothing. With `only_under`, they count under those questions
    alone; with `beside`, next to a word for that fact, too; with `along`, only in an answer that names that fact or the
    disease, or at its beginning. What is `dated` has not come about when it is planned; `solid` words are no items of a
    list of negated ones. With `done`, the past counts as now, and what is planned or pending is open.
    """

    id: str
    fact: str
    value: Value
    site: Literal["own", "open", "needed"] = "open"
    questions: Words = ()
    only_under: Words = ()
    weak: bool = False
    weak_if_negated: bool = False
    done: bool = False
    only_affirmed: bool = False
    dated: bool = False
    solid: bool = False
    beside: str = ""
    along: str = ""
    implies: Mapping[str, Value] = Field(default_factory=dict)
    words: Words


class Pair(VocabularyModel):
    """Two kinds of words near each other that say one value together: an inability and an activity.

    With `only_affirmed`, a negation of the words says nothing.
    """

    id: str
    fact: str
    value: Value
    within: int
    site: Literal["own", "open", "needed"] = "open"
    weak_if_negated: bool = True
    only_affirmed: bool = False
    first: Words
    then: Words


class Scale(VocabularyModel):
    """A numbered scale and the grade of each number."""

    id: str
    names: Words
    grades: Mapping[int, str]


class Lengths(VocabularyModel):
    """Grades by length in millimetres: each grade's lower and upper bound, the lower one included."""

    words: Words
    not_words: Words = ()
    bounds: Mapping[str, tuple[float, float]]


class Grade(VocabularyModel):
    """A finding that comes in degrees, mildest first.

    `heads` name it (a head alone leaves the degree open); those `needing` have other meanings and count only under the
    question or with a word for the place. `absent` is its value when it is negated. With `along`, it counts under other
    questions than `questions` only in an answer that names that fact, this place, the disease or a system of stages.
    """

    id: str
    fact: str
    absent: str
    questions: Words = ()
    along: str = ""
    heads: Words
    needing: Words = ()
    degrees: Mapping[str, Words]
    scales: tuple[Scale, ...] = ()
    lengths: Lengths | None = None


class Stage(VocabularyModel):
    """A numbered stage with named systems. Numerals behind `other_numerals` are of something else: type II."""

    id: str
    fact: str
    system_fact: str
    disease_fact: str
    disease_value: str
    minimum: int
    maximum: int
    words: Words
    systems: Mapping[str, Words]
    unstaged: Words
    other_systems: Words
    other_numerals: Words = ()


class Choice(VocabularyModel):
    """One of several things, the first of `best` that is so; with `unstated` words none is told.

    `documents` are facts of a report, which is of the thing named nearest to it. `done` facts count when past, and not
    when planned. Under other questions than `questions`, its values count in a
    long clause only with a word of `beside` in it.
    """

    id: str
    fact: str
    best: Words = ()
    none: str = ""
    none_words: Words = ()
    any_words: Words = ()
    unstated: Words = ()
    documents: Words = ()
    done: bool = False
    only_under: Words = ()
    questions: Words = ()
    beside: Words = ()
    values: Mapping[str, Words]


class Age(VocabularyModel):
    """A number of years."""

    id: str
    fact: str
    units: Words
    before: Words
    after_number: Words
    approximate: Words
    decades: Mapping[str, int]
    not_after: Words
    not_before: Words = ()
    birth: Words
    service: Words


class Sides(VocabularyModel):
    """Words for the sides of a pair, for the one under review and for the other one; `unstated`: no side is given.

    Under the questions `only_under`, they answer the choice fact `fact`.
    """

    fact: str
    only_under: Words
    values: Mapping[str, str]
    left: Words
    right: Words
    both: Words
    this: Words
    other: Words
    one: Words = ()
    unstated: Words = ()


class Bare(VocabularyModel):
    """Whole answers that name no fact."""

    yes: Words
    no: Words
    unclear: Words
    closed: Words


class Document(VocabularyModel):
    """The content of one vocabulary file.

    `titles` before a name are no studies or other choices. `headings` begin sections of a report, with a colon behind
    them: `asked` (what a study was to find), `found` (what it found, which counts over what was asked), `planned` (what
    is still to be done) and `other`.
    """

    sites: Words = ()
    other_sites: Words = ()
    other_causes: Words = ()
    sides: Sides | None = None
    bare: Bare | None = None
    headings: Mapping[str, Words] = Field(default_factory=dict)
    corrections: Words = ()
    current: Words = ()
    or_words: Words = ()
    titles: Words = ()
    decoys: Words = ()
    ordinary: str = ""
    fillers: Words = ()
    near_words: str = ""
    numbers: Mapping[str, int] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    pairs: tuple[Pair, ...] = ()
    grades: tuple[Grade, ...] = ()
    stages: tuple[Stage, ...] = ()
    choices: tuple[Choice, ...] = ()
    ages: tuple[Age, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """One meaning of a phrase. `kind` says of which part of the vocabulary; `of` is its entry, `value` what it says."""

    kind: str
    of: Any = None
    value: Any = None
    own: bool = False
    """The phrase itself names the place."""


class Vocabulary:
    """All documents of a policy, ready to be found in one pass."""

    def __init__(self, documents: Iterable[Mapping[str, Any]], rules: ContextRules) -> None:
        self.documents = tuple(Document.model_validate(d) for d in documents)
        terms: dict[tuple[str, ...], list[Term]] = defaultdict(list)
        self.numbers: dict[str, int] = {}
        self.ordinary: frozenset[str] = frozenset()
        self.near: frozenset[str] = frozenset()
        self.fillers: frozenset[str] = frozenset()
        self.bare: dict[str, str] = {}
        for document in self.documents:
            self.numbers.update(document.numbers)
            self.fillers |= frozenset(document.fillers)
            self.near |= frozenset(document.near_words.split())
            self.ordinary |= self.near | frozenset(document.ordinary.split())
            for phrase, term in _terms(document):
                known = terms[rules.written_out(phrase)]
                if not any(t.kind == term.kind and t.of is term.of and t.value == term.value for t in known):
                    known.append(term)  # hip pn and hip pain are one
            if document.bare:
                for kind in ("yes", "no", "unclear", "closed"):
                    self.bare.update(dict.fromkeys(getattr(document.bare, kind), kind))
        self.grades = tuple(g for d in self.documents for g in d.grades)
        self.stages = tuple(s for d in self.documents for s in d.stages)
        self.choices = tuple(c for d in self.documents for c in (*d.choices, *_side_choices(d)))
        self.ages = tuple(a for d in self.documents for a in d.ages)
        self.pairs = tuple(p for d in self.documents for p in d.pairs)
        self.titles = frozenset(w for d in self.documents for w in d.titles)
        self.facts = frozenset(f.fact for d in self.documents for f in d.findings)
        self.facts |= {g.fact for g in self.grades} | {s.fact for s in self.stages} | {a.fact for a in self.ages}
        self.facts |= {c.fact for c in self.choices}
        self.phrases: Phrases[tuple[Term, ...]] = Phrases((p, tuple(t)) for p, t in terms.items())


def _terms(document: Document) -> Iterable[tuple[str, Term]]:
    plain: list[tuple[str, Words]] = [
        ("site", document.sites),
        ("other_site", document.other_sites),
        ("other_cause", document.other_causes),
        ("correction", document.corrections),
        ("current", document.current),
        ("or", document.or_words),
        ("decoy", document.decoys),
    ]
    plain += [(f"heading_{name}", words) for name, words in document.headings.items()]
    for kind, words in plain:
        yield from ((w, Term(kind)) for w in words)
    site = re.compile(f" (?:{'|'.join(map(re.escape, document.sites))}) ")

    def own(phrase: str) -> bool:
        return bool(document.sites) and site.search(f" {phrase} ") is not None

    if document.sides:
        for side in SIDE_KINDS:
            yield from ((w, Term("side", None, side, own(w))) for w in getattr(document.sides, side))
    for finding in document.findings:
        yield from ((w, Term("finding", finding, finding.value, own(w))) for w in finding.words)
    for pair in document.pairs:
        yield from ((w, Term("pair_first", pair)) for w in pair.first)
        yield from ((w, Term("pair_then", pair)) for w in pair.then)
    for grade in document.grades:
        yield from ((w, Term("head", grade, None, own(w))) for w in grade.heads)
        yield from ((w, Term("head_needing", grade, None, own(w))) for w in grade.needing)
        yield from _grade_terms(grade)
    for stage in document.stages:
        yield from ((w, Term("stage_word", stage)) for w in stage.words)
        yield from ((w, Term("unstaged", stage)) for w in stage.unstaged)
        yield from ((w, Term("other_system", stage)) for w in stage.other_systems)
        for system, words in stage.systems.items():
            yield from ((w, Term("system", stage, system)) for w in words)
    for choice in (*document.choices, *_side_choices(document)):
        for value, words in choice.values.items():
            yield from ((w, Term("choice", choice, value, own(w))) for w in words)
        yield from ((w, Term("choice_none", choice, choice.none)) for w in choice.none_words)
        yield from ((w, Term("choice_any", choice)) for w in choice.any_words)
        yield from ((w, Term("choice_unstated", choice)) for w in choice.unstated)
    for age in document.ages:
        yield from _age_terms(age)


def _side_choices(document: Document) -> tuple[Choice, ...]:
    """The sides as a choice: which one is asked for."""
    sides = document.sides
    if sides is None:
        return ()
    values = {value: getattr(sides, side) for side, value in sides.values.items()}
    unstated = sides.unstated
    return (Choice(id="side", fact=sides.fact, only_under=sides.only_under, unstated=unstated, values=values),)


def _grade_terms(grade: Grade) -> Iterable[tuple[str, Term]]:
    for degree, words in grade.degrees.items():
        yield from ((w, Term("degree", grade, degree)) for w in words)
    for scale in grade.scales:
        yield from ((w, Term("scale", grade, scale)) for w in scale.names)
    if grade.lengths:
        yield from ((w, Term("length_word", grade)) for w in grade.lengths.words)
        yield from ((w, Term("not_length", grade)) for w in grade.lengths.not_words)


def _age_terms(age: Age) -> Iterable[tuple[str, Term]]:
    for kind in ("units", "before", "after_number", "approximate", "not_after", "not_before", "birth", "service"):
        yield from ((w, Term(f"age_{kind}", age)) for w in getattr(age, kind))
    yield from ((w, Term("decade", age, low)) for w, low in age.decades.items())
