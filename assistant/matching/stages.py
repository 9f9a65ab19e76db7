"""Find stages and their systems."""

from __future__ import annotations

from collections.abc import Iterator

from .numerals import bare_numerals, corrected_numeral, numeral_after, rival_numerals
from .phrases import Found
from .scene import Mention, Scene, Tag, Values, distance
from .values import Numbers, bounded_years
from .vocabulary import Stage

_ORDINALS = {
    word: number
    for number, words in enumerate(("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th"), 1)
    for word in words.split()
}


def stages_in(scene: Scene, stage: Stage, used: set[int]) -> Iterator[Mention]:
    """Stages by number and system, with the disease that they imply; their numbers are added to `used`."""
    allowed = range(stage.minimum, stage.maximum + 1)
    systems: set[str] = set()
    found: list[tuple[Tag, Numbers]] = []
    words = [(tag, term, kind) for kind in ("stage_word", "system") for tag, term in scene.having(kind)]
    for tag, term, kind in sorted(words, key=lambda w: w[0].first):
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
        if number and kind == "stage_word" and _graded_behind(scene, number.last):
            continue
        if number and number.values <= set(allowed) and not any(i in used for i in range(number.first, number.last)):
            used.update(range(number.first, number.last))
            found.append((tag, number))
            while (again := corrected_numeral(scene, number.last)) and again.values <= set(allowed):
                used.update(range(again.first, again.last))
                number = again
                found.append((Found(number.first, number.last, ()), number))
        elif number is None and kind == "stage_word" and not _number_used_near(tag, used):
            yield from _unnumbered(scene, stage, tag)
    if not found and stage.fact in scene.bare:
        found = [(Found(n.first, n.last, ()), n) for n in bare_numerals(scene, used) if n.values <= set(allowed)]
        used.update(i for _, n in found for i in range(n.first, n.last))
    if found:
        rivals = rival_numerals(scene, used)
        found += [(Found(n.first, n.last, ()), n) for n in rivals if n.values <= set(allowed) and max(n.values) > 0]
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
    """The number behind a word for a stage, or the ordinal before it: second stage, the 3rd stage."""
    found = numeral_after(scene, tag.last)
    before = scene.words[tag.first - 1] if tag.first else ""
    if found or before not in _ORDINALS:
        return found
    ranged = scene.words[tag.first - 2 : tag.first - 1] in (["or"], ["to"], ["-"], ["and"], ["/"])
    return Numbers(tag.first - 1, tag.first, frozenset([_ORDINALS[before]]), doubtful=ranged)


def _graded_behind(scene: Scene, i: int) -> bool:
    """Whether what has scales of its own stands right behind a stage: stage II osteoarthritis."""
    heads = (term.of for tag, term in scene.having("head") if tag.first == i)
    return any(grade.scales for grade in heads)


def _number_used_near(tag: Tag, used: set[int]) -> bool:
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
