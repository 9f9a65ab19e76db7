"""Find what an answer mentions: findings, grades, stages, choices and ages, each with the values it would mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from .assertion import AFFIRMED, Cue, Judgement
from .phrases import Found
from .text import Text
from .values import (
    Numbers,
    bounded_behind,
    bounded_years,
    grades_of,
    lengths,
    number_range,
    stage_numeral,
    whole_number,
)
from .vocabulary import Age, Choice, Grade, Scale, Stage, Term, Value, Vocabulary

Values = frozenset[Value]
Tag = Found[tuple[Term, ...]]
_LINKS = frozenset(
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
_SHORT = 40
"""Words of an answer in which a number may stand for itself, at most."""
_PLACING = frozenset(["in", "on", "at", "for", "of", "the", "this", "is"])
_GAP = 4


@dataclass(slots=True)
class Mention:
    """Words at tokens [first, last) that speak of a fact.

    `said` are the values that they mean when affirmed, `denied` when negated (None: nothing). `site` is how they are tied
    to a place of the body. `weak` gives way to others, and counts alone only where it is asked; `implied` follows from
    another mention. What is `dated` is so only now, whatever was or will be. `solid` words are no items of a list of negated ones. `doubtful` leaves the fact open.
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


@dataclass(slots=True)
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
        self.cued = {i for cue in self.cues for i in range(cue.first, cue.last)}

    @property
    def places_named(self) -> set[str]:
        """Whether the answer names places of the body: `own`, `other`, both or none."""
        return _places_named(self)

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


def collect(scene: Scene) -> list[Mention]:
    """All mentions of an answer, in no order."""
    found = [*_findings(scene), *_pairs(scene), *_choices(scene)]
    used: set[int] = set()
    for grade in scene.vocabulary.grades:
        found += _grades(scene, grade, used)
    for stage in scene.vocabulary.stages:
        found += _stages(scene, stage, used)
    for age in scene.vocabulary.ages:
        found += _ages(scene, age, used)
    return found


def _findings(scene: Scene) -> Iterator[Mention]:
    for tag, term in scene.having("finding"):
        entry = term.of
        if entry.fact not in scene.domains or (entry.only_under and scene.question not in entry.only_under):
            continue
        if entry.beside and scene.question not in entry.questions and not _beside(scene, tag, entry.beside):
            continue
        if entry.along and not _along(scene, entry.along):
            continue
        domain = scene.domains[entry.fact]
        denied = None if entry.only_affirmed else domain - {entry.value}
        yield Mention(
            entry.fact,
            tag.first,
            tag.last,
            frozenset([entry.value]),
            denied,
            entry.id,
            "own" if term.own else entry.site,
            entry.questions,
            entry.weak,
            done=entry.done,
            weak_negated=entry.weak_if_negated,
            solid=entry.only_affirmed,
        )
        for fact, value in entry.implies.items():
            yield Mention(fact, tag.first, tag.last, frozenset([value]), None, entry.id, entry.site)


def _along(scene: Scene, fact: str) -> bool:
    """Whether the answer names another fact, this place or the disease."""
    if scene.spoken_of or any(x.of.fact == fact for kind in ("choice", "choice_any") for _, x in scene.having(kind)):
        return True
    return any(place == "own" for number in range(len(scene.text.clauses)) for _, place in place_tags(scene, number))


def _beside(scene: Scene, tag: Tag, fact: str) -> bool:
    """Whether a word for another fact stands next to this one."""
    return any(x.of.fact == fact for kind in ("choice", "choice_any") for t, x in scene.near(kind, tag, 1))


def _pairs(scene: Scene) -> Iterator[Mention]:
    for tag, term in scene.having("pair_first"):
        pair = term.of
        for other, then in scene.near("pair_then", tag, pair.within):
            if then.of is pair and other.first >= tag.last:
                domain = scene.domains[pair.fact]
                yield Mention(
                    pair.fact,
                    tag.first,
                    other.last,
                    frozenset([pair.value]),
                    domain - {pair.value},
                    pair.id,
                    pair.site,
                    weak_negated=pair.weak_if_negated,
                )
                break


def _choices(scene: Scene) -> Iterator[Mention]:
    for kind in ("choice", "choice_none", "choice_any"):
        for tag, term in scene.having(kind):
            entry: Choice = term.of
            if entry.only_under and scene.question not in entry.only_under:
                continue
            domain = scene.domains[entry.fact]
            said = domain if kind == "choice_any" else frozenset([term.value])
            denied = (
                domain - said
                if kind == "choice"
                else frozenset([entry.none])
                if kind == "choice_any" and entry.none
                else None
            )
            yield Mention(
                entry.fact,
                tag.first,
                tag.last,
                said,
                denied,
                f"{entry.id}: {term.value or 'any'}",
                done=entry.done and kind == "choice",
                solid=kind == "choice_none",
            )


# --- Grades ---------------------------------------------------------------------------------------------------------


def _grades(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    domain = scene.domains[grade.fact]
    order = [grade.absent, *grade.degrees]
    yield from _scales(scene, grade, used)
    measured = list(_measured(scene, grade, used))
    taken: set[int] = set()
    for tag, term in (*scene.having("head"), *scene.having("head_needing")):
        if term.of is not grade or (term.kind == "head_needing" and not _asked_or_placed(scene, grade, tag)):
            continue
        degrees = _degrees_of(scene, grade, tag)
        down_to_none = _down_to_none(scene, grade, tag)
        if down_to_none:
            degree, said_degree = down_to_none
            taken.add(degree.first)
            span = _between(order, [grade.absent, said_degree])
            yield Mention(
                grade.fact, degree.first, tag.last, frozenset(span), None, f"{grade.id}: {'-'.join(span)}", solid=True
            )
            continue
        taken.update(d.first for d, _ in degrees)
        if degrees:
            said = _between(order, [str(t.value) for _, t in degrees])
            below = frozenset(order[: min(order.index(v) for v in said)])
            first = min(tag.first, degrees[0][0].first)
            last = max(tag.last, degrees[-1][0].last)
            yield Mention(
                grade.fact,
                first,
                last,
                frozenset(said),
                below,
                f"{grade.id}: {'-'.join(said)}",
                graded_negation=below,
                solid=True,
                site="own" if term.own else "open",
            )
        elif not any(abs(m.first - tag.last) <= 1 or abs(tag.first - m.last) <= 2 for m in measured):
            head = domain - {grade.absent}
            site = "own" if term.own else "open"
            yield Mention(
                grade.fact, tag.first, tag.last, head, frozenset([grade.absent]), f"{grade.id}: no degree", site
            )
    yield from measured
    if grade.fact in scene.bare and grade.scales:
        for number in _bare_numerals(scene, used):
            yield Mention(grade.fact, number.first, number.last, domain, None, f"{grade.id}: number without a scale")
    if grade.fact in scene.bare:
        degrees_alone = list(_bare_degrees(scene, grade, order, taken))
        yield from degrees_alone
        yield from _bare_none(scene, grade, bool(degrees_alone or measured))


def _asked_or_placed(scene: Scene, grade: Grade, tag: Tag) -> bool:
    """A word of many meanings counts under its question, or with a word for the place in its clause."""
    return grade.fact in scene.bare or any(place == "own" for _, place in place_tags(scene, scene.clause_of[tag.first]))


def _down_to_none(scene: Scene, grade: Grade, head: Tag) -> tuple[Tag, str] | None:
    """`minimal to no collapse`, `no to minimal collapse`: a range that begins at none."""
    for degree, term in scene.near("degree", head, 4):
        if term.of is not grade or degree.last > head.first:
            continue
        before = scene.words[max(0, degree.first - 2) : degree.first]
        between = scene.words[degree.last : head.first]
        if between[:2] in (["to", "no"], ["or", "no"], ["-", "no"]) and len(between) <= 4:
            return degree, str(term.value)
        if before in (["no", "to"], ["none", "to"], ["absent", "to"]) and not between:
            start: Tag = Found(degree.first - 2, degree.last, degree.entry)
            return start, str(term.value)
    return None


def _between(order: Sequence[str], named: Sequence[str]) -> list[str]:
    places = [order.index(n) for n in named]
    return list(order[min(places) : max(places) + 1])


def _degrees_of(scene: Scene, grade: Grade, head: Tag) -> list[tuple[Tag, Term]]:
    """The degrees that belong to a head: before it in its segment, or directly behind it."""
    mine = [(t, term) for t, term in scene.near("degree", head, 7) if term.of is grade]
    before = [(t, term) for t, term in mine if t.last <= head.first and _reaches(scene, grade, t, head)]
    if before:
        return before
    behind = [(t, term) for t, term in mine if t.first >= head.last]
    kept: list[tuple[Tag, Term]] = []
    position = head.last
    for tag, term in behind:
        gap = scene.words[position : tag.first]
        allowed = _LINKS | {
            ",",
            "to",
            "or",
            "and",
            "which",
            "appears",
            "now",
            "measured",
            "still",
            "currently",
            "today",
            "this",
            "only",
            "with",
            "degree",
        }
        if len(gap) > _GAP or any(w not in allowed for w in gap) or _has_own_head(scene, tag):
            break
        kept.append((tag, term))
        position = tag.last
    return kept


def _reaches(scene: Scene, grade: Grade, degree: Tag, head: Tag) -> bool:
    """Whether a degree before a head belongs to it: no other head, comma or colon between them."""
    if head.first - degree.last > _GAP + 1:
        return False
    between = scene.words[degree.last : head.first]
    if any(w in {",", ":", ";", "(", ")", "with", "without", "no", "but", "plus", "w/"} for w in between):
        return False
    others = (t for kind in ("head", "finding") for t, _ in scene.near(kind, head))
    return not any(degree.last <= t.first and t.last <= head.first for t in others)


def _has_own_head(scene: Scene, degree: Tag) -> bool:
    """A degree that stands directly before another finding belongs to that one."""
    for kind in ("head", "finding", "other_site", "decoy", "stage_word"):
        for tag, _ in scene.near(kind, degree):
            if (
                degree.last <= tag.first <= degree.last + 2
                and scene.segment_of[tag.first] == scene.segment_of[degree.first]
            ):
                return True
    return False


def _bare_degrees(scene: Scene, grade: Grade, order: Sequence[str], taken: set[int]) -> Iterator[Mention]:
    """Degrees without a head, under the question that asks for them."""
    free = [
        (t, x)
        for t, x in scene.having("degree")
        if x.of is grade and t.first not in taken and not _has_own_head(scene, t)
    ]
    groups: dict[int, list[tuple[Tag, Term]]] = {}
    for tag, term in free:
        groups.setdefault(scene.segment_of[tag.first], []).append((tag, term))
    for segment, group in groups.items():
        untagged = [
            w
            for i, w in enumerate(scene.words)
            if scene.segment_of[i] == segment
            and w.isalpha()
            and i not in scene.kinds_at
            and i not in scene.cued
            and w not in scene.vocabulary.fillers
        ]
        end = group[-1][0].last
        behind = scene.words[end] if end < len(scene.words) and scene.segment_of[end] == segment else ""
        noun = (
            behind.isalpha()
            and not scene.kinds_at.get(end, set()) & {"degree", "side", "correction", "current", "or"}
            and end not in scene.cued
            and behind not in scene.vocabulary.fillers
        )
        if len(untagged) > 1 or noun:
            continue
        said = _between(order, [str(t.value) for _, t in group])
        below = frozenset(order[: order.index(said[0])])
        yield Mention(
            grade.fact,
            group[0][0].first,
            group[-1][0].last,
            frozenset(said),
            below,
            f"{grade.id}: bare",
            graded_negation=below,
            solid=True,
        )


def _bare_none(scene: Scene, grade: Grade, beside_degrees: bool) -> Iterator[Mention]:
    """A part of the answer that only says none, beside a degree or of the place: "right moderate, left none"."""
    parts: dict[int, list[int]] = {}
    for i, word in enumerate(scene.words):
        if (
            word.isalnum()
            and word not in _PLACING
            and not scene.kinds_at.get(i, set()) & {"side", "correction", "site"}
        ):
            parts.setdefault(scene.segment_of[i], []).append(i)
    if len(set(scene.segment_of)) < 2:
        return
    for segment, places in parts.items():
        placed = any(scene.segment_of[tag.first] == segment for tag, _ in scene.having("site"))
        if not (placed or beside_degrees):
            continue
        if scene.vocabulary.bare.get(" ".join(scene.words[i] for i in places)) == "no":
            said: Values = frozenset([grade.absent])
            yield Mention(grade.fact, places[0], places[-1] + 1, said, None, f"{grade.id}: none", solid=True)


def _numeral(scene: Scene, i: int) -> Numbers | None:
    return stage_numeral(scene.text.tokens, scene.words, i, scene.vocabulary.numbers)


def _range_at(scene: Scene, i: int) -> Numbers | None:
    read: Callable[[int], Numbers | None] = partial(_numeral, scene)
    found = number_range(scene.words, scene.text.tokens, i, read)
    return bounded_behind(scene.words, found) if found else None


def _numeral_after(scene: Scene, position: int, gap: int = 3) -> Numbers | None:
    """The numeral behind a word, over a few linking words."""
    for i in range(position, min(position + gap + 1, len(scene.words))):
        if found := _range_at(scene, i):
            return found
        if scene.words[i] not in _LINKS and scene.words[i] not in {
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


def _scales(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    for tag, term in scene.having("scale"):
        if term.of is not grade:
            continue
        scale: Scale = term.value
        found = _numeral_after(scene, tag.last)
        if found is None:
            before = [
                n for i in range(max(0, tag.first - 3), tag.first) if (n := _range_at(scene, i)) and n.last == tag.first
            ]
            found = before[0] if before else None
        if found is None or not found.values <= set(scale.grades):
            if found is None:
                yield Mention(grade.fact, tag.first, tag.last, scene.domains[grade.fact], None, f"{scale.id}: no grade")
            continue
        used.update(range(found.first, found.last))
        said: Values = frozenset(scale.grades[n] for n in found.values)
        yield Mention(
            grade.fact,
            min(tag.first, found.first),
            max(tag.last, found.last),
            said,
            scene.domains[grade.fact],
            f"{scale.id}: {'-'.join(map(str, sorted(found.values)))}",
            doubtful=found.doubtful,
            solid=True,
        )


def _measured(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    """Lengths that tell a degree, where the clause is about it or the whole answer is a length."""
    if grade.lengths is None:
        return
    found = lengths(scene.words, scene.vocabulary.numbers)
    content = [w for w in scene.words if w.isalnum()]
    for one in found:
        used.update(range(one.first, one.last))
        tag: Tag = Found(one.first, one.last, ())
        near = [
            t for kind in ("length_word", "head", "head_needing") for t, x in scene.near(kind, tag) if x.of is grade
        ]
        against = [
            t
            for kind in ("not_length", "other_site")
            for t, x in scene.near(kind, tag, 6)
            if x.of is grade or x.of is None
        ]
        alone = grade.fact in scene.bare and len(content) <= one.last - one.first + 2
        silent = not any(scene.having(kind) for kind in ("head", "head_needing", "length_word"))
        few = len(content) <= one.last - one.first + 5
        if (
            grade.fact in scene.bare
            and silent
            and few
            and not against
            and not content_words(scene, one.first, one.last)
        ):
            alone = True
        closest = min((distance(t, tag) for t in near), default=99)
        if (near and closest <= min((distance(t, tag) for t in against), default=99)) or (alone and not against):
            said: Values = grades_of_lengths(grade, one.low, one.high) or frozenset([grade.absent])
            yield Mention(grade.fact, one.first, one.last, said, None, f"{grade.id}: length", solid=True)


def grades_of_lengths(grade: Grade, low: float, high: float) -> frozenset[str]:
    """The degrees that a length in millimetres may mean."""
    from .values import Interval

    assert grade.lengths is not None
    return grades_of(Interval(0, 0, low, high), grade.lengths.bounds)


def content_words(scene: Scene, first: int, last: int) -> list[str]:
    """Words of the clause of a stretch that are tagged as something, the stretch itself left out."""
    clause = scene.text.clauses[scene.clause_of[first]] if scene.clause_of[first] >= 0 else None
    inside = range(clause.first, clause.last) if clause else range(0)
    return [
        scene.words[i]
        for i in inside
        if not first <= i < last and scene.kinds_at.get(i, set()) - {"correction", "current", "or"}
    ]


# --- Stages ---------------------------------------------------------------------------------------------------------


def _stages(scene: Scene, stage: Stage, used: set[int]) -> Iterator[Mention]:
    allowed = range(stage.minimum, stage.maximum + 1)
    systems: set[str] = set()
    found: list[tuple[Tag, Numbers]] = []
    for kind in ("stage_word", "system"):
        for tag, term in scene.having(kind):
            if term.of is not stage or any(i in used for i in range(tag.first, tag.last)):
                continue
            if _of_something_else(scene, stage, tag, kind):
                continue
            number = _stage_number(scene, tag)
            if kind == "system" and _system_means_it(scene, stage, tag, number):
                systems.add(str(term.value))
                yield Mention(
                    stage.system_fact,
                    tag.first,
                    tag.last,
                    frozenset([term.value]),
                    None,
                    f"{stage.id}: system",
                    solid=True,
                )
            if (
                number
                and number.values <= set(allowed)
                and not any(i in used for i in range(number.first, number.last))
            ):
                used.update(range(number.first, number.last))
                found.append((tag, number))
            elif number is None and kind == "stage_word" and not _number_used_near(scene, tag, used):
                yield from _unnumbered(scene, stage, tag)
    if not found and stage.fact in scene.bare:
        found = [(Found(n.first, n.last, ()), n) for n in _bare_numerals(scene, used) if n.values <= set(allowed)]
    for tag, number in found:
        first, last = min(tag.first, number.first), max(tag.last, number.last)
        low, begin = bounded_years(scene.words, first, min(number.values), frozenset(allowed)) or (number.values, first)
        said: Values = frozenset(low)
        first = begin
        rule = f"{stage.id}: {'-'.join(map(str, sorted(number.values)))}"
        yield Mention(
            stage.fact, first, last, said, scene.domains[stage.fact], rule, doubtful=number.doubtful, solid=True
        )
        disease: Values = (
            frozenset([stage.disease_value]) if said and min(map(int, said)) > 0 else scene.domains[stage.disease_fact]
        )
        yield Mention(
            stage.disease_fact, first, last, disease, scene.domains[stage.disease_fact], rule, implied=True, solid=True
        )
    for tag, term in scene.having("unstaged"):
        if term.of is stage:
            domain = scene.domains[stage.fact]
            yield Mention(stage.fact, tag.first, tag.last, domain, None, f"{stage.id}: not staged", closed=True)


def _stage_number(scene: Scene, tag: Tag) -> Numbers | None:
    return _numeral_after(scene, tag.last)


def _number_used_near(scene: Scene, tag: Tag, used: set[int]) -> bool:
    return any(i in used for i in range(tag.first - 3, tag.last + 4))


def _system_means_it(scene: Scene, stage: Stage, tag: Tag, number: Numbers | None) -> bool:
    """A system's name counts beside a stage or the disease; alone it may be an author's name or another word."""
    if number or scene.question in {None, stage.id} or stage.fact in scene.bare:
        return True
    return any(True for _ in scene.near("stage_word", tag))


def _of_something_else(scene: Scene, stage: Stage, tag: Tag, kind: str) -> bool:
    """Stage and grade are words of other diseases too."""
    others = [
        distance(t, tag)
        for t, x in scene.near("other_system", tag, 4)
        if x.of is stage
        and (
            scene.segment_of[t.first] == scene.segment_of[tag.first]
            or (kind != "system" and 0 <= tag.first - t.last <= 1)
        )
    ]
    own = [distance(t, tag) for t, x in scene.near("finding", tag, 4) if x.of.fact == stage.disease_fact]
    if others and min(others) < min(own, default=99):
        return True
    if kind == "system":
        return False
    disease = any(
        x.value == stage.disease_value and x.of.fact == stage.disease_fact for _, x in scene.near("finding", tag)
    )
    system = any(x.of is stage for _, x in scene.near("system", tag, 6))
    asked = stage.fact in scene.bare
    word = scene.words[tag.first]
    if word in {"grade", "gr"}:
        return not (disease or system or (asked and len(scene.tags) <= 3))
    spoken = bool(scene.having("system")) or stage.disease_fact in scene.facts_found
    return not (disease or system or asked or spoken or scene.question is None or len(scene.words) <= 12)


def _unnumbered(scene: Scene, stage: Stage, tag: Tag) -> Iterator[Mention]:
    if stage.fact not in scene.bare and not scene.spoken_of:
        return
    domain = scene.domains[stage.fact]
    yield Mention(stage.fact, tag.first, tag.last, domain, domain, f"{stage.id}: no number")


def _bare_numerals(scene: Scene, used: set[int]) -> Iterator[Numbers]:
    """Numerals that are the whole answer, or stand alone in a part of it."""
    words = scene.words
    i = 0
    while i < len(words):
        number = _range_at(scene, i) if i not in used else None
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
        if alone_before and alone_after and not letter and not marker and len(words) <= _SHORT:
            yield number
        i = number.last


def unread_number(scene: Scene) -> bool:
    """Whether a short answer gives numbers that could not be read, of nothing else that is known."""
    if len(scene.words) > _FEW or any(scene.having(kind) for kind in ("other_site", "other_system", "not_length", "decoy")):
        return False
    read = (_numeral(scene, i) for i in range(len(scene.words)))
    return any(n and scene.words[n.first] not in {"i", "v", "l"} and min(n.values) <= _HIGHEST for n in read)


def _is_link(scene: Scene, i: int) -> bool:
    """A word of correction or doubt beside a bare value, or a name of the disease."""
    kinds = scene.kinds_at.get(i)
    return bool(kinds & {"correction", "current", "finding"}) if kinds else i in scene.cued


# --- Ages -----------------------------------------------------------------------------------------------------------


def _ages(scene: Scene, age: Age, used: set[int]) -> Iterator[Mention]:
    domain = scene.domains[age.fact]
    numbers = frozenset(int(v) for v in domain)
    kinds = scene.kinds_at
    strong: list[Mention] = []
    bare: list[Mention] = []
    i = 0
    while i < len(scene.words):
        read = (
            None
            if i in used
            else whole_number(scene.words, i, scene.vocabulary.numbers, lambda j: scene.text.tokens[j].glued)
        )
        if read is None:
            i += 1
            continue
        value, end = read
        low, first = value, i
        i = end
        if value not in numbers:
            continue
        if end < len(scene.words) and scene.words[end] in {"-", "to", "and", "or", "/"}:
            upper = whole_number(scene.words, end + 1, scene.vocabulary.numbers)
            if (
                upper
                and upper[0] in numbers
                and upper[0] > low
                and (scene.words[end] != "and" or (first and scene.words[first - 1] == "between"))
            ):
                value, end = upper
                i = end
        said: Values = frozenset(
            {low, value} if scene.words[end - 2 if value != low else 0] in {"or", "/"} else range(low, value + 1)
        )
        bounded = bounded_years(scene.words, first, value, numbers)
        if bounded:
            said, first = frozenset(bounded[0]), bounded[1]
        if "age_approximate" in kinds.get(first - 1, ()):
            said, first = domain, first - 1
        if "age_approximate" in kinds.get(end, ()) and scene.text.tokens[end].glued:
            said, end = domain, end + 1
        plus = end < len(scene.words) and scene.words[end] == "+"
        if plus:
            said, end = frozenset(v for v in numbers if v >= value), end + 1
        mention = Mention(age.fact, first, end, said, domain - said, f"{age.id}: years", solid=True, dated=True)
        mention.doubtful = said == domain or _half_read(scene, end, value)
        if _named_age(scene, kinds, first, end):
            strong.append(mention)
        elif age.fact in scene.bare and _may_be_age(scene, kinds, first, end):
            (strong if "current" in kinds.get(first - 1, ()) else bare).append(mention)
    for tag, term in scene.having("decade"):
        low = int(term.value)
        span = frozenset(v for v in domain if low <= int(v) <= low + 9)
        strong.append(Mention(age.fact, tag.first, tag.last, span, domain, f"{age.id}: decade"))
    yield from strong or bare


def _named_age(scene: Scene, kinds: Mapping[int, set[str]], first: int, end: int) -> bool:
    """A number with a word that makes it an age: 38 y/o, aged 38, 47F."""
    token, before_word = scene.text.tokens[first], scene.words[first - 1] if first else ""
    named = "age_before" in kinds.get(first - 1, ()) and len(scene.words[first]) > 1
    if token.glued and before_word.isalpha() and not named:
        return False
    position = end + (end < len(scene.words) and scene.words[end] == "-")
    plain_years = position < len(scene.words) and scene.words[position] in {"year", "years", "y"}
    if plain_years and position + 1 < len(scene.words) and scene.words[position + 1] == "old":
        plain_years = False
    if plain_years and "age_not_before" in kinds.get(first - 1, ()):
        return False
    following = kinds.get(position, set())
    if "age_units" in following:
        return not _not_an_age(scene, kinds, position)
    after = kinds.get(end, set())
    if "age_after_number" in after:
        glued = scene.text.tokens[end].glued
        return (glued and not (token.glued and first)) or len(scene.words[end]) > 1
    before = kinds.get(first - 1, set()) | (
        kinds.get(first - 2, set())
        if first >= 2 and scene.words[first - 1] in {":", "=", "is", "-", "of", "now"}
        else set()
    )
    return "age_before" in before and "age_not_after" not in after


def _half_read(scene: Scene, end: int, value: int) -> bool:
    """A number in words with an unread word hyphened to it: forty-something."""
    if end >= len(scene.words) or scene.words[end - 1].isdecimal() or value < 20 or value % 10:
        return False
    token = scene.text.tokens[end]
    tagged = end in scene.kinds_at
    return token.glued and token.text.isalpha() and not tagged


def _not_an_age(scene: Scene, kinds: Mapping[int, set[str]], unit: int) -> bool:
    position = unit
    while position < len(scene.words) and "age_units" in kinds.get(position, set()):
        position += 1
    return "age_not_after" in kinds.get(position, set())


def _may_be_age(scene: Scene, kinds: Mapping[int, set[str]], first: int, end: int) -> bool:
    """A bare number under the question on age, unless it plainly counts something else."""
    end += end + 1 < len(scene.words) and scene.words[end] == "-"
    after = scene.words[end] if end < len(scene.words) else ""
    before = scene.words[first - 1] if first else ""
    if "age_not_after" in kinds.get(end, set()) or after in {
        "%",
        "mg",
        "mm",
        "cm",
        "/",
        "x",
        "wk",
        "weeks",
        "months",
        "mo",
    }:
        return False
    if "age_not_before" in kinds.get(first - 1, ()):
        return False
    return not (
        before in {"/", "x", "#", "mrn", "cpt", "stage", "kl", "grade", "room"}
        or (first and scene.text.tokens[first].glued and before.isalpha())
    )
