"""Find ages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from .numerals import SHORT_ANSWER, among_unread, behind_correction, ends_alone, unread
from .scene import Mention, Scene, Values
from .values import bounded_years, whole_number
from .vocabulary import Age

_SAYS_ELSE = frozenset(["finding", "choice", "decoy", "pair_first", "pair_then"])
_NAMING = 4
_LEAST_RIVAL = 17
"""Smaller numbers count something else more often than the years of an age: 2 per note, 1 year."""
_FEW = 3
"""Words of a clause of a longer answer in which a bare number may be an age."""


def ages_in(scene: Scene, age: Age, used: set[int]) -> Iterator[Mention]:
    """Ages in years; numbers already `used` by other readers are none."""
    domain = scene.domains[age.fact]
    numbers = cast(frozenset[int], domain)
    kinds = scene.kinds_at
    strong: list[Mention] = []
    bare: list[Mention] = []
    i = 0
    counted = [w.isdecimal() or w in scene.vocabulary.numbers for w in scene.words]
    while i < len(scene.words):
        read = (
            None
            if not counted[i] or i in used
            else whole_number(scene.words, i, scene.vocabulary.numbers, lambda j: scene.text.tokens[j].glued)
        )
        if read is None:
            i += 1
            continue
        value, end = read
        low, first = value, i
        i = end
        if value not in numbers or "decoy" in kinds.get(first, ()):
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
        named = _before_its_name(scene, kinds, first)
        bounded = bounded_years(scene.words, first, value, numbers) or bounded_years(scene.words, named, value, numbers)
        if bounded:
            said, first = frozenset(bounded[0]), bounded[1]
        if "age_approximate" in kinds.get(first - 1, set()) | kinds.get(named - 1, set()):
            said, first = domain, min(first, named) - 1
        if "age_approximate" in kinds.get(end, ()) and scene.text.tokens[end].glued:
            said, end = domain, end + 1
        plus = end < len(scene.words) and scene.words[end] == "+"
        if plus:
            said, end = frozenset(v for v in numbers if v >= value), end + 1
        mention = Mention(age.fact, first, end, said, domain - said, f"{age.id}: years", solid=True, dated=True)
        mention.doubtful = said == domain or _half_read(scene, end, value)
        corrects = strong and behind_correction(scene, strong[-1].last) == first and ends_alone(scene, end)
        if corrects or (_named_age(scene, kinds, first, end) and not _lasting(scene, age, kinds, end, value)):
            strong.append(mention)
        elif age.fact in scene.bare and _may_be_age(scene, kinds, first, end):
            mention.doubtful = mention.doubtful or among_unread(scene, first)
            (strong if "current" in kinds.get(first - 1, ()) else bare).append(mention)
    for tag, term in scene.having("decade"):
        low = int(term.value)
        span = frozenset(v for v in domain if low <= int(v) <= low + 9)
        strong.append(Mention(age.fact, tag.first, tag.last, span, domain, f"{age.id}: decade"))
    yield from strong
    for mention in bare:
        if not strong or any(_alike(scene, mention, other) for other in strong) or _rival(scene, kinds, mention):
            yield mention


def _before_its_name(scene: Scene, kinds: Mapping[int, set[str]], first: int) -> int:
    """Where the words begin that name a number an age, behind a bound: under age 49, over the age of 40."""
    i = first
    while (
        i > 0 and first - i < _NAMING and ("age_before" in kinds.get(i - 1, ()) or scene.words[i - 1] in {"of", "the"})
    ):
        i -= 1
    return i


def _rival(scene: Scene, kinds: Mapping[int, set[str]], mention: Mention) -> bool:
    """Whether a bare number is another age than the one named before: 49 yo or 50, 49 yo per form, 51 per chart."""
    before = mention.first - 1
    joined = before > 0 and scene.words[before] in {"or", "-", "/"} and "age_units" in kinds.get(before - 1, ())
    told = scene.words[mention.last : mention.last + 1] in (["per"], ["by"], ["according"], ["on"], ["in"])
    return joined or (told and max(map(int, mention.said), default=0) > _LEAST_RIVAL)


def _age_unknown(scene: Scene) -> bool:
    """Whether the answer says that there is no age on record: no other number is one then."""
    silent = [c for c in scene.cues if c.entry.kind in {"not_documented", "negated"}]
    return any(
        scene.clause_of[c.first] == scene.clause_of[tag.first] and abs(c.first - tag.last) <= 1
        for tag, _ in scene.having("age_before")
        for c in silent
    )


def _alike(scene: Scene, one: Mention, other: Mention) -> bool:
    """Whether the same word follows both: "age 51 per the form, 52 per the note"."""
    behind = scene.words[one.last : one.last + 1]
    return behind == scene.words[other.last : other.last + 1] and bool(behind) and behind[0].isalpha()


def _lasting(scene: Scene, age: Age, kinds: Mapping[int, set[str]], end: int, value: int) -> bool:
    """Whether few years, that nothing but the word calls an age, are how long something lasts: pain for 1 year."""
    behind = end + (end < len(scene.words) and scene.words[end] == "-")
    sexed = "age_after_number" in kinds.get(behind + 1, ())
    return value <= _LEAST_RIVAL and age.fact not in scene.bare and _plain_years(scene, behind) and not sexed


def _named_age(scene: Scene, kinds: Mapping[int, set[str]], first: int, end: int) -> bool:
    """A number with a word that makes it an age: 38 y/o, aged 38, 47F."""
    token, before_word = scene.text.tokens[first], scene.words[first - 1] if first else ""
    named = "age_before" in kinds.get(first - 1, ()) and len(scene.words[first]) > 1
    if token.glued and before_word.isalpha() and not named:
        return False
    position = end + (end < len(scene.words) and scene.words[end] == "-")
    plain_years = _plain_years(scene, position)
    if plain_years and ("age_not_before" in kinds.get(first - 1, ()) or _years_of(scene, kinds, position + 1)):
        return False
    if _slashed_sex(scene, kinds, first, end):
        return True
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
    behind = "".join(scene.words[end : end + 1])
    few = scene.vocabulary.numbers.get(
        scene.words[first], int(scene.words[first]) if scene.words[first].isdecimal() else 0
    )
    plain = behind.isalpha() and end not in scene.cued and behind not in scene.vocabulary.fillers
    counts = unread(scene, end) or bool(after & _SAYS_ELSE) or behind == "%" or (few <= _LEAST_RIVAL and plain)
    called = any(scene.words[i].startswith("age") for i in range(max(0, first - 2), first))
    return "age_before" in before and "age_not_after" not in after and (called or not counts)


def _slashed_sex(scene: Scene, kinds: Mapping[int, set[str]], first: int, end: int) -> bool:
    """A number beside a sex with a slash between: 38/F, M / 52."""
    behind = scene.words[end : end + 1] == ["/"] and "age_after_number" in kinds.get(end + 1, ())
    return behind or (scene.words[first - 1 : first] == ["/"] and "age_after_number" in kinds.get(first - 2, ()))


def _plain_years(scene: Scene, i: int) -> bool:
    """Whether the word is years, and not part of "years old"."""
    of_age = scene.words[i + 1 : i + 2] == ["old"] or scene.words[i + 1 : i + 3] == ["of", "age"]
    return scene.words[i : i + 1] in (["year"], ["years"], ["y"]) and not of_age


def _years_of(scene: Scene, kinds: Mapping[int, set[str]], i: int) -> bool:
    """Whether years are counted of something, or to or from it: a 10 year survival, 22 years after radiation."""
    i += i < len(scene.words) and scene.words[i] == "-"
    word = scene.words[i] if i < len(scene.words) else ""
    known = i in kinds or i in scene.cued or word in scene.vocabulary.fillers
    return word.isalpha() and not known


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
    end += end + 1 < len(scene.words) and scene.words[end] == "-" and scene.text.tokens[end].glued
    after = scene.words[end] if end < len(scene.words) else ""
    before = scene.words[first - 1] if first else ""
    clause = scene.text.clauses[scene.clause_of[first]]
    inside = sum(w.isalnum() for w in scene.words[clause.first : clause.last])
    if len(scene.words) > SHORT_ANSWER and inside > _FEW:
        return False
    if unread(scene, end) or kinds.get(first, set()) & _SAYS_ELSE or _age_unknown(scene):
        return False
    if (len(scene.words) > SHORT_ANSWER or scene.having("age_birth")) and unread(scene, first - 1):
        return False
    if (
        (kinds.get(end, set()) & _SAYS_ELSE and scene.words[first].isalpha())
        or "age_not_after" in kinds.get(end, set())
        or after in {"%", "/", "x"}
    ):
        return False
    if "age_not_before" in kinds.get(first - 1, ()) or (_plain_years(scene, end) and _years_of(scene, kinds, end + 1)):
        return False
    return not (before in {"/", "x", "#"} or (first and scene.text.tokens[first].glued and before.isalpha()))
