"""Find what an answer mentions: findings, grades, stages, choices and ages, each with the values it would mean."""

from __future__ import annotations

from collections.abc import Iterator

from .ages import ages_in
from .grades import grades_in
from .numerals import SHORT_ANSWER, unread
from .scene import Mention, Scene, Tag
from .stages import stages_in
from .vocabulary import Choice

# fmt: off
_WHERE = frozenset([
    "lower", "upper", "lateral", "medial", "anterior", "posterior", "distal", "proximal", "mid", "inner", "outer",
])
# fmt: on

SHORT_CLAUSE = 8
"""Words of a part of an answer that says one thing."""


def collect(scene: Scene) -> list[Mention]:
    """All mentions of an answer, in no order."""
    pairs = list(_pairs(scene))
    inside = {(p.fact, i) for p in pairs for i in range(p.first, p.last)}
    found = [m for m in _findings(scene) if (m.fact, m.first) not in inside or (m.fact, m.last - 1) not in inside]
    found += [*pairs, *_choices(scene)]
    used: set[int] = set()
    for grade in scene.vocabulary.grades:
        asked = scene.question is None or scene.question in grade.questions
        placed = "own" in scene.places_named or scene.having("system")
        if asked or not grade.along or placed or _along(scene, grade.along):
            found += grades_in(scene, grade, used)
    for stage in scene.vocabulary.stages:
        found += stages_in(scene, stage, used)
    for age in scene.vocabulary.ages:
        found += ages_in(scene, age, used)
    return found


def _findings(scene: Scene) -> Iterator[Mention]:
    for tag, term in scene.having("finding"):
        entry = term.of
        if entry.fact not in scene.domains or (entry.only_under and scene.question not in entry.only_under):
            continue
        if entry.beside and scene.question not in entry.questions and not _beside(scene, tag, entry.beside):
            continue
        meant = not entry.along or not tag.first or term.own or scene.question in {None, *entry.questions}
        if not meant and not _along(scene, entry.along):
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
            solid=entry.only_affirmed or entry.solid,
            dated=entry.dated,
        )
        for fact, value in entry.implies.items():
            yield Mention(fact, tag.first, tag.last, frozenset([value]), None, entry.id, entry.site)


def _along(scene: Scene, fact: str) -> bool:
    """Whether the answer names another fact or the disease."""
    if scene.spoken_of:
        return True
    return any(x.of.fact == fact for kind in ("choice", "choice_any") for _, x in scene.having(kind))


def _beside(scene: Scene, tag: Tag, fact: str) -> bool:
    """Whether a word for another fact stands next to this one."""
    return any(x.of.fact == fact for kind in ("choice", "choice_any") for t, x in scene.near(kind, tag, 1))


def _pairs(scene: Scene) -> Iterator[Mention]:
    for tag, term in scene.having("pair_first"):
        pair = term.of
        if _said_of_the_record(scene, tag):
            continue
        for other, then in scene.near("pair_then", tag, pair.within):
            if then.of is pair and other.first >= tag.last and not _excepted(scene, tag, other):
                domain = scene.domains[pair.fact]
                behind = (
                    t.last for t, x in scene.near("pair_then", other, 0) if x.of is pair and t.first >= other.last
                )
                yield Mention(
                    pair.fact,
                    tag.first,
                    max(behind, default=other.last),
                    frozenset([pair.value]),
                    None if pair.only_affirmed else domain - {pair.value},
                    pair.id,
                    pair.site,
                    weak_negated=pair.weak_if_negated,
                )
                break


def _said_of_the_record(scene: Scene, first: Tag) -> bool:
    """Whether words of inability begin words for silence: cannot tell, unable to say."""
    return any(c.entry.kind == "not_documented" and c.first <= first.first and first.last < c.last for c in scene.cues)


def _excepted(scene: Scene, first: Tag, then: Tag) -> bool:
    """Whether "except" stands between two words of a pair: no difficulty except on stairs."""
    return any(c.entry.kind == "exception" and first.last <= c.first < then.first for c in scene.cues)


def _choices(scene: Scene) -> Iterator[Mention]:
    for kind in ("choice", "choice_none", "choice_any", "choice_unstated"):
        for tag, term in scene.having(kind):
            entry: Choice = term.of
            if entry.only_under and scene.question not in entry.only_under:
                continue
            if entry.only_under and scene.having("side") and _of_another_part(scene, tag):
                continue
            if entry.beside and not _choice_beside(scene, tag, entry):
                continue
            if scene.words[tag.last - 1] in scene.vocabulary.titles and unread(scene, tag.last):
                continue  # Mr Smith
            domain = scene.domains[entry.fact]
            said = domain if kind in {"choice_any", "choice_unstated"} else frozenset([term.value])
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
                doubtful=kind == "choice_unstated",
                closed=kind == "choice_unstated",
                site="own" if kind == "choice_none" and term.own else "open",
                solid=kind == "choice_none",
            )


def _choice_beside(scene: Scene, tag: Tag, choice: Choice) -> bool:
    """Whether a choice is meant: it is asked for, its clause is short, or has a word that goes with it."""
    clause = scene.text.clauses[scene.clause_of[tag.first]]
    if scene.question in {None, *choice.questions} or clause.last - clause.first <= SHORT_CLAUSE:
        return True
    return not set(choice.beside).isdisjoint(scene.words[clause.first : clause.last])


def _of_another_part(scene: Scene, side: Tag) -> bool:
    """Whether a side is said of another part: right lower quadrant, both corneas; in prose, of what nobody knows."""
    i = side.last
    if not scene.words[i - 1].isalnum():
        return False  # LT. begins no other words
    while i < len(scene.words) and scene.words[i] in _WHERE:
        i += 1
    if i == len(scene.words) or scene.clause_of[i] != scene.clause_of[side.first]:
        return False
    if "other_site" in scene.kinds_at.get(i, ()):
        return True
    word = scene.words[i]
    known = i in scene.kinds_at or i in scene.cued or word in scene.vocabulary.fillers | scene.vocabulary.ordinary
    return len(scene.words) > SHORT_ANSWER and word.isalpha() and len(word) > 3 and not known
