"""Find grades: heads with degrees, numbered scales and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .numerals import LINKS, SHORT, bare_numerals, behind_correction, corrected_numeral, numeral_after, range_at
from .phrases import Found
from .scene import Mention, Scene, Tag, Values, distance, place_tags
from .values import Interval, Numbers, grades_of, lengths
from .vocabulary import Grade, Scale, Term

_PLACING = frozenset(["at", "for", "of", "the", "this", "is"])
_SOURCES = frozenset(["in", "on", "per", "by", "according", "from"])
_SOURCE_WORDS = 5
"""Words of a part of an answer that begins with its source, at most: per the radiologist none."""
_RANGE = frozenset(["to", "-", "or", "/"])
_OR_MORE = frozenset([("or", "worse"), ("or", "more"), ("or", "greater"), ("or", "higher"), ("or", "above")])
_OR_LESS = frozenset([("or", "less"), ("or", "better"), ("or", "milder"), ("or", "lower"), ("or", "below")])
_LESS_THAN = frozenset([("less", "than"), ("milder", "than"), ("lower", "than"), ("short", "of")])
_MORE_THAN = frozenset([("worse", "than"), ("greater", "than")])
_AT_MOST = frozenset([("at", "most"), ("up", "to"), ("no", "more", "than"), ("not", "more", "than")])
_BY = frozenset(["by", "per", "on", "according", "to", "the", "using", "in"])
_GAP = 4
_BESIDE, _FEW_BESIDE = 2, 5
"""Words beside a length that stands for itself."""


def grades_in(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    """Degrees in words, by scale and by length; the numbers that they use are added to `used`."""
    found = list(_grades(scene, grade, used))
    yield from found
    if grade.fact not in scene.bare and scene.having("correction"):
        yield from _corrected_degrees(scene, grade, found)


def _corrected_degrees(scene: Scene, grade: Grade, found: Sequence[Mention]) -> Iterator[Mention]:
    """A degree alone that corrects the one before it: `moderate OA, sorry, mild`."""
    order = [grade.absent, *grade.degrees]
    starts = {start for m in found if (start := behind_correction(scene, m.last)) is not None}
    for tag, term in scene.having("degree"):
        if term.of is grade and tag.first in starts and not _has_own_head(scene, tag):
            said = frozenset([str(term.value)])
            below = frozenset(order[: order.index(str(term.value))])
            yield Mention(
                grade.fact,
                tag.first,
                tag.last,
                said,
                below,
                f"{grade.id}: corrected",
                graded_negation=below,
                solid=True,
            )


def _grades(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    domain = scene.domains[grade.fact]
    order = [grade.absent, *grade.degrees]
    scaled = list(_scales(scene, grade, used))
    yield from scaled
    none_by_scale = [m for m in scaled if m.said == {grade.absent} and not m.doubtful]
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
            said = _bounded(scene, order, degrees, _between(order, [str(t.value) for _, t in degrees]))
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
        elif not any(_beside(tag, m) for m in measured) and not any(_beside(tag, m) for m in none_by_scale):
            head = domain - {grade.absent}
            site = "own" if term.own else "open"
            yield Mention(
                grade.fact, tag.first, tag.last, head, frozenset([grade.absent]), f"{grade.id}: no degree", site
            )
    yield from measured
    if grade.fact in scene.bare and grade.scales:
        for number in bare_numerals(scene, used):
            yield Mention(grade.fact, number.first, number.last, domain, None, f"{grade.id}: number without a scale")
    if grade.fact in scene.bare:
        degrees_alone = list(_bare_degrees(scene, grade, order, taken))
        yield from degrees_alone
        alone = {scene.clause_of[m.first] for m in (*degrees_alone, *measured)}
        yield from _bare_none(scene, grade, alone, {scene.clause_of[i] for i in taken})


def _beside(head: Tag, told: Mention) -> bool:
    """Whether a length or a grade of a scale stands beside its head: collapse of 3 mm, arthritis: KL 1."""
    return abs(told.first - head.last) <= 1 or abs(head.first - told.last) <= 2


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
    for degree, term in scene.near("degree", head, 4):
        gap = [w for w in scene.words[head.last : degree.first] if w != ":"]
        ranged = len(gap) == 2 and scene.vocabulary.bare.get(gap[0]) == "no" and gap[1] in _RANGE
        if term.of is grade and degree.first >= head.last and ranged:  # collapse: none/minimal
            return degree, str(term.value)
    return None


def _between(order: Sequence[str], named: Sequence[str]) -> list[str]:
    places = [order.index(n) for n in named]
    return list(order[min(places) : max(places) + 1])


def _bounded(scene: Scene, order: Sequence[str], degrees: Sequence[tuple[Tag, Term]], said: list[str]) -> list[str]:
    """`at least mild`, `moderate or worse`, `mild at most`: every degree that the bound leaves."""
    first, last = degrees[0][0].first, degrees[-1][0].last
    before = tuple(scene.words[max(0, first - 3) : first])
    behind = tuple(scene.words[last : last + 2])
    if behind in _OR_MORE or before[-2:] == ("at", "least") or behind == ("at", "least"):
        return list(order[order.index(said[0]) :])
    if before[-2:] in _LESS_THAN:
        return list(order[: order.index(said[0])]) or said
    if before[-2:] in _MORE_THAN:
        return list(order[order.index(said[-1]) + 1 :]) or said
    if behind in _OR_LESS or before[-2:] in _AT_MOST or before in _AT_MOST or behind == ("at", "most"):
        return list(order[: order.index(said[-1]) + 1])
    return said


def _degrees_of(scene: Scene, grade: Grade, head: Tag) -> list[tuple[Tag, Term]]:
    """The degrees that belong to a head: before it in its segment, or directly behind it."""
    mine = [(t, term) for t, term in scene.near("degree", head, 7) if term.of is grade]
    before = [(t, term) for t, term in mine if t.last <= head.first and _reaches(scene, t, head)]
    if before:
        return before
    behind = [(t, term) for t, term in mine if t.first >= head.last]
    kept: list[tuple[Tag, Term]] = []
    position = head.last
    for tag, term in behind:
        gap = scene.words[position : tag.first]
        allowed = LINKS | {
            ",",
            "to",
            "or",
            "and",
            "which",
            "appears",
            "described",
            "reported",
            "called",
            "looks",
            "quite",
            "rather",
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


def _reaches(scene: Scene, degree: Tag, head: Tag) -> bool:
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
                and not {")", "and", "&", "+"} & set(scene.words[degree.last : tag.first])
                and scene.words[tag.first] not in scene.vocabulary.fillers
                and scene.segment_of[tag.first] == scene.segment_of[degree.first]
            ):
                return True
    return False


def _bare_degrees(scene: Scene, grade: Grade, order: Sequence[str], taken: set[int]) -> Iterator[Mention]:
    """Degrees without a head, under the question that asks for them."""
    free = [
        (t, x)
        for t, x in scene.having("degree")
        if x.of is grade
        and t.first not in taken
        and not _has_own_head(scene, t)
        and not (t.first and scene.words[t.first - 1].isdecimal())  # 12 min
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
        other_noun = any(scene.segment_of[tag.first] == segment for tag, _ in scene.having("not_length"))
        if len(untagged) > 1 or noun or other_noun or _noun_before(scene, group[0][0]):
            continue
        named = [str(t.value) for _, t in group]
        if _none_beside(scene, group[0][0].first, group[-1][0].last):
            named.append(grade.absent)
        said = _bounded(scene, order, group, _between(order, named))
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


def _noun_before(scene: Scene, degree: Tag) -> bool:
    """Whether an unread word that is no adverb stands directly before a degree: effusion mild."""
    i = degree.first - 1
    if i < 0 or scene.segment_of[i] != scene.segment_of[degree.first]:
        return False
    word = scene.words[i]
    known = i in scene.kinds_at or i in scene.cued or word in scene.vocabulary.fillers
    return word.isalpha() and not known and not word.endswith("ly")


def _none_beside(scene: Scene, first: int, last: int) -> bool:
    """A range that begins or ends at none: "minimal to none", "none to mild"."""
    bare, words = scene.vocabulary.bare, scene.words
    behind = words[last : last + 1] and words[last] in _RANGE and bare.get(" ".join(words[last + 1 : last + 2])) == "no"
    before = first > 1 and words[first - 1] in _RANGE and bare.get(words[first - 2]) == "no"
    return bool(behind or before)


def _bare_none(scene: Scene, grade: Grade, alone: set[int], graded: set[int]) -> Iterator[Mention]:
    """What a part of the answer says that is only none, beside clauses with a degree `alone` or with one of a head.

    A part of the answer that only says none: "right moderate, left none", "mild per PCP, none per radiology".
    """
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
    spoken = (*scene.having("site"), *scene.having("side"))
    for segment, places in parts.items():
        placed = any(scene.segment_of[tag.first] == segment for tag, _ in spoken)
        told = _without_source(scene, places)
        clause = scene.clause_of[places[0]]
        beside = {clause - 1, clause, clause + 1}
        by_source = beside & graded and len(told) < len(places)
        if not (placed or beside & alone or by_source) or not told:
            continue
        if any(scene.kinds_at.get(i, set()) & {"finding", "pair_first"} for i in places if i < told[0]):
            continue  # hip pain: none
        if scene.words[told[-1]] == "any" or "site" in scene.kinds_at.get(told[-1] + 1, ()):  # denies any hip, groin
            continue
        if scene.vocabulary.bare.get(" ".join(scene.words[i] for i in told)) == "no":
            said: Values = frozenset([grade.absent])
            yield Mention(grade.fact, told[0], told[-1] + 1, said, None, f"{grade.id}: none", solid=True)


def _without_source(scene: Scene, places: Sequence[int]) -> list[int]:
    """The words of a part of an answer but for those that say where they come from: per radiology, on CT."""
    colon = max((i for i in range(places[0], places[-1]) if scene.words[i] == ":"), default=-1)
    if colon >= 0:
        return [i for i in places if i > colon]  # rad: none
    words = [scene.words[i] for i in places]
    if words and words[0] in _SOURCES and len(words) <= _SOURCE_WORDS:
        return list(places[-1:])
    cut = next((k for k, w in enumerate(words) if w in _SOURCES), len(words))
    return list(places[:cut])


def _scales(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    for tag, term in scene.having("scale"):
        if term.of is not grade:
            continue
        scale: Scale = term.value
        found = numeral_after(scene, tag.last)
        if found is None:
            before = [
                n
                for i in range(max(0, tag.first - 4), tag.first)
                if (n := range_at(scene, i)) and all(w in _BY for w in scene.words[n.last : tag.first])
            ]
            found = before[0] if before else None
        if found is None or not found.values <= set(scale.grades):
            if found is None:
                yield Mention(grade.fact, tag.first, tag.last, scene.domains[grade.fact], None, f"{scale.id}: no grade")
            continue
        first: int | None = tag.first
        last = tag.last
        number: Numbers | None = found
        while number and number.values <= set(scale.grades):
            used.update(range(number.first, number.last))
            first = number.first if first is None else min(first, number.first)
            last = max(last, number.last)
            said: Values = frozenset(scale.grades[n] for n in number.values)
            rule = f"{scale.id}: {'-'.join(map(str, sorted(number.values)))}"
            domain = scene.domains[grade.fact]
            yield Mention(grade.fact, first, last, said, domain, rule, doubtful=number.doubtful, solid=True)
            first, number = None, corrected_numeral(scene, last)


def _measured(scene: Scene, grade: Grade, used: set[int]) -> Iterator[Mention]:
    """Lengths that tell a degree, where the clause is about it or the whole answer is a length."""
    if grade.lengths is None:
        return
    found = lengths(scene.words, scene.vocabulary.numbers)
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
        clause = scene.text.clauses[scene.clause_of[one.first]]
        content = sum(w.isalnum() for w in scene.words[clause.first : clause.last]) - (one.last - one.first)
        whole = sum(w.isalnum() for w in scene.words) - (one.last - one.first)
        alone = grade.fact in scene.bare and whole <= _BESIDE
        silent = not any(scene.having(kind) for kind in ("head", "head_needing", "length_word"))
        few = content <= _FEW_BESIDE and len(scene.words) <= SHORT
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
        elif grade.fact in scene.bare and few and not against and _by_study_only(scene, one.first, one.last):
            domain = scene.domains[grade.fact]
            yield Mention(grade.fact, one.first, one.last, domain, None, f"{grade.id}: length", doubtful=True)


def _by_study_only(scene: Scene, first: int, last: int) -> bool:
    """Whether all that the clause of a length names is a study: "no collapse on x-ray; CT shows 1 mm"."""
    clause = scene.text.clauses[scene.clause_of[first]] if scene.clause_of[first] >= 0 else None
    kinds = (
        [scene.kinds_at.get(i, set()) for i in range(clause.first, clause.last) if not first <= i < last]
        if clause
        else []
    )
    return any("choice" in kind for kind in kinds) and all(kind <= {"choice", "side", "current"} for kind in kinds)


def grades_of_lengths(grade: Grade, low: float, high: float) -> frozenset[str]:
    """The degrees that a length in millimetres may mean."""
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
