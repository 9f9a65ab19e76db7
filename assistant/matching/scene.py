"""What stands in an answer: its words, what they are tagged as, and the mentions made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .assertion import AFFIRMED, Cue, Judgement
from .phrases import Found
from .text import Text
from .vocabulary import Term, Value, Vocabulary

Values = frozenset[Value]
Tag = Found[tuple[Term, ...]]


@dataclass(slots=True)
class Mention:
    """Words at tokens [first, last) that speak of a fact.

    `said` are the values that they mean when affirmed, `denied` when negated (None: nothing). `site` is how they are
    tied to a place of the body. `weak` gives way to others, and counts alone only where it is asked; `implied` follows
    from another mention. What is `dated` is so only now, whatever was or will be. `solid` words are no items of a list
    of negated ones. `doubtful` leaves the fact open.
    """

    fact: str
    first: int
    last: int
    said: Values
    denied: Values | None
    rule: str
    site: str = "open"
    questions: tuple[str, ...] = ()
    weak: bool = False
    implied: bool = False
    done: bool = False
    dated: bool = False
    doubtful: bool = False
    solid: bool = False
    weak_negated: bool = False
    graded_negation: Values | None = None
    judgement: Judgement = AFFIRMED
    side: str = ""
    closed: bool = False


@dataclass
class Scene:
    """An answer with everything found in it."""

    text: Text
    words: Sequence[str]
    tags: Sequence[Tag]
    cues: Sequence[Found[Cue]]
    vocabulary: Vocabulary
    domains: Mapping[str, Values]
    question: str | None
    bare: tuple[str, ...]
    clause_of: list[int] = field(default_factory=list)
    segment_of: list[int] = field(default_factory=list)
    by_kind: dict[str, list[tuple[Tag, Term]]] = field(default_factory=dict)
    by_clause: dict[tuple[int, str], list[tuple[Tag, Term]]] = field(default_factory=dict)
    kinds_at: dict[int, set[str]] = field(default_factory=dict)
    cued: set[int] = field(default_factory=set)
    facts_found: set[str] = field(default_factory=set)
    places: dict[int, list[tuple[Tag, str]]] = field(default_factory=dict)
    cues_of: dict[int, list[Found[Cue]]] = field(default_factory=dict)
    spoken_of: bool = False
    """The disease in question is named."""

    def __post_init__(self) -> None:
        self.clause_of = [-1] * len(self.words)
        for number, clause in enumerate(self.text.clauses):
            for i in range(clause.first, clause.last):
                self.clause_of[i] = number
        segment, clause_before = 0, -1
        for i, word in enumerate(self.words):
            if self.clause_of[i] != clause_before or word in {",", "("}:
                segment, clause_before = segment + 1, self.clause_of[i]
            self.segment_of.append(segment)
        for tag in self.tags:
            clause_number = self.clause_of[tag.first]
            for term in tag.entry:
                self.by_kind.setdefault(term.kind, []).append((tag, term))
                self.by_clause.setdefault((clause_number, term.kind), []).append((tag, term))
            for i in range(tag.first, tag.last):
                self.kinds_at.setdefault(i, set()).update(term.kind for term in tag.entry)
        self.facts_found = {term.of.fact for _, term in self.having("finding")}
        self.spoken_of = any(stage.disease_fact in self.facts_found for stage in self.vocabulary.stages)
        for cue in self.cues:
            self.cues_of.setdefault(self.clause_of[cue.first], []).append(cue)
        self.cued = {i for cue in self.cues for i in range(cue.first, cue.last)}

    @cached_property
    def places_named(self) -> set[str]:
        """Whether the answer names places of the body: `own`, `other`, both or none."""
        return _places_named(self)

    @cached_property
    def disease_at(self) -> frozenset[int]:
        """Tokens of words that name the disease whose stage is told."""
        diseases = {stage.disease_fact for stage in self.vocabulary.stages}
        named = (tag for tag, term in self.having("finding") if term.of.fact in diseases)
        return frozenset(i for tag in named for i in range(tag.first, tag.last))

    def sections(self) -> dict[int, str]:
        """The kind of section of each token that stands below a heading; empty without headings."""
        heads = [
            (tag.last, term.kind.removeprefix("heading_"))
            for tag in self.tags
            for term in tag.entry
            if term.kind.startswith("heading_") and tag.last < len(self.words) and self.words[tag.last] == ":"
        ]
        bounds = [*(start for start, _ in heads[1:]), len(self.words)]
        return {i: kind for (start, kind), end in zip(heads, bounds, strict=False) for i in range(start, end)}

    def having(self, kind: str) -> Sequence[tuple[Tag, Term]]:
        """All tags with a meaning of this kind."""
        return self.by_kind.get(kind, ())

    def near(self, kind: str, tag: Tag, within: int = 99) -> Iterator[tuple[Tag, Term]]:
        """Tags of a kind in the clause of another one, so many words away at most."""
        for other, term in self.by_clause.get((self.clause_of[tag.first], kind), ()):
            if distance(other, tag) <= within:
                yield other, term


def _places_named(scene: Scene) -> set[str]:
    place_tags(scene, -1)
    return {place for found in scene.places.values() for _, place in found}


def place_tags(scene: Scene, clause: int) -> list[tuple[Tag, str]]:
    """The places that a clause names, `own` or `other`."""
    if not scene.places:
        for tag in scene.tags:
            if any(term.kind == "other_site" for term in tag.entry):
                scene.places.setdefault(scene.clause_of[tag.first], []).append((tag, "other"))
            elif any(term.kind == "site" or term.own for term in tag.entry):
                scene.places.setdefault(scene.clause_of[tag.first], []).append((tag, "own"))
        scene.places.setdefault(-1, [])
    return scene.places.get(clause, [])


def distance(one: Tag, other: Tag) -> int:
    """Words between two tags."""
    return max(other.first - one.last, one.first - other.last, 0)
