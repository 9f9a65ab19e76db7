"""Names of people: by what stands before or after them, by a date of birth near them, by a first name within them.

A word can be part of a name if neither the policy's vocabulary nor a dictionary of English has it; the dictionary
(Hunspell's) has proper names in capitals only, so `Garcia` is none of its words. What may stand in a name without any
sign beside it must also be on a list of names.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

from .finding import Identifier, listed, plain_letters

NAME = "a name"
BORN = "a name with a date of birth"

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_BIRTH = re.compile(r"(?i)\b(?:dob|d\.o\.b|d/o/b|born|birth ?date|birthday|date of birth|bd(?=:))(?!\w)")
_HYPHEN = re.compile(r"['’ʼ-]")
_DEGREE = re.compile(r",? ?(?:M\.D|D\.O|Ph\.?D|PA-C|R\.N|N\.P)\b")
_STAGE = re.compile(r" (?:[0-6](?:[A-Ca-c])?|I{1,3}V?|IV|V)\b(?! ?(?:y|/))")
_OPENS = re.compile(r"(?:^|[.;:])\s*$")
_AGE_OR_COMMA = re.compile(r",? (?:\d\d|\()|, ")
_NEAR = 60
"""Characters between a name in capitals and a date of birth, at most."""
_BESIDE = 15
"""Characters between a name without capitals, or a single one, and a date of birth, at most."""
_LONGEST = 4
_ABOUT = ("eponyms", "not_names", "people", "titles", "clinicians", "does", "goes_with", "credentials", "says")


@cache
def _english() -> Any:
    import hunspell  # type: ignore[import-untyped]  # here: it takes a tenth of a second, once

    return hunspell.Hunspell("en_US")


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """First names and last names."""
    lines = files(__package__).joinpath("names.txt").read_text(encoding="ascii").splitlines()
    return frozenset(lines[1].split()), frozenset(lines[3].split())


@lru_cache(maxsize=20_000)
def _is_english(plain: str) -> bool:
    return plain.isascii() and bool(_english().spell(plain))


@dataclass(frozen=True)
class Word:
    """A written word, and what it can be."""

    raw: str
    start: int
    end: int
    known: Container[str]

    @cached_property
    def plain(self) -> str:
        """Lower case, without accents and without 's."""
        return plain_letters(re.sub(r"['’ʼ]s$", "", self.raw))

    @cached_property
    def parts(self) -> list[str]:
        """What hyphens and apostrophes join."""
        return _HYPHEN.split(self.plain)

    @property
    def capital(self) -> bool:
        """Begins with a capital, after `al-` and the like too."""
        first, *others = _HYPHEN.split(self.raw)
        return first[0].isupper() or (first in listed("particles") and any(p[0].isupper() for p in others))

    @property
    def half(self) -> bool:
        """A month that is also a first name."""
        return self.plain in listed("half_names")

    @property
    def shouted(self) -> bool:
        """All in capitals."""
        return self.raw.isupper() and len(self.raw) > 1

    @property
    def initial(self) -> bool:
        """One capital letter."""
        return len(self.raw) == 1 and self.capital

    @cached_property
    def known_here(self) -> bool:
        """A word of the vocabulary, a month, an eponym, or a word about names."""
        if self.about_names or self.plain in self.known:
            return True
        return len(self.parts) > 1 and all(p in self.known for p in self._long_parts)

    @cached_property
    def about_names(self) -> bool:
        """A month, an eponym, or a word that stands beside names."""
        return any(self.plain in listed(n) for n in _ABOUT) or any(p in listed("eponyms") for p in self._long_parts)

    @cached_property
    def strange(self) -> bool:
        """Neither the vocabulary nor the dictionary has it, or it is a name that the dictionary has as a rare word."""
        if len(self.plain) < 2 or self.known_here:
            return False
        if self.half:
            return False
        english = [_is_english(p) and p not in listed("rather_names") for p in self._long_parts]
        # of two names in capitals (Brooks-Delacroix) one may be a word
        return not (all(english) if all(p[:1].isupper() for p in _HYPHEN.split(self.raw)) else any(english))

    @cached_property
    def _long_parts(self) -> list[str]:
        return [p for p in self.parts if len(p) > 2] or self.parts

    @cached_property
    def first(self) -> bool:
        """On the list of first names."""
        return not self.about_names and any(p in _names()[0] for p in (self.plain, *self._long_parts))

    @cached_property
    def last(self) -> bool:
        """On the list of last names."""
        return not self.about_names and any(p in _names()[1] for p in ("".join(self.parts), *self._long_parts))

    @property
    def listed(self) -> bool:
        """On either list."""
        return self.first or self.last

    @cached_property
    def likely(self) -> bool:
        """Can be part of a name where something else says that one stands here."""
        return self.strange and (self.listed or (self.capital and not (self.shouted and len(self.raw) < 4)))

    @cached_property
    def possible(self) -> bool:
        """As `likely`, or a word of English in capitals that is also a name."""
        word = self.half or all(map(_is_english, self._long_parts))
        return self.likely or (self.capital and self.listed and word)


class _Text:
    """The words of one text, and how they stand to each other."""

    def __init__(self, text: str, known: Container[str]) -> None:
        self.text = text
        self.words = [Word(m.group(), m.start(), m.end(), known) for m in _WORD.finditer(text)]

    def between(self, i: int) -> str:
        """What is written between a word and the next."""
        return self.text[self.words[i].end : self.words[i + 1].start] if i + 1 < len(self.words) else "\0"

    def joined(self, i: int, comma: bool = True) -> bool:
        """Whether the next word can go on with a name."""
        gap = self.between(i)
        if "." in gap:
            return self.words[i].initial and re.fullmatch(r"\. ?", gap) is not None
        return re.fullmatch(r" {1,3}|\t", gap) is not None or (comma and re.fullmatch(r" ?, ?", gap) is not None)

    def run(self, i: int, can: str, comma: bool = True) -> int:
        """The index after the longest run of words from `i` that can be a name; `can` is what each must be."""
        end, at, commas = i, i, comma
        while at < len(self.words) and at - i < _LONGEST + 2:
            word = self.words[at]
            if getattr(word, can):
                end = at + 1
            elif not (word.initial or (word.plain in listed("particles"))):
                break
            if not self.joined(at, commas):
                break
            commas = commas and "," not in self.between(at)
            at += 1
        if end > i and end < len(self.words) and self.words[end].initial and self.joined(end - 1, comma=False):
            follows = self.between(end)
            end += 1 if follows.startswith(".") or end + 1 == len(self.words) else 0
        return end

    def plain_at(self, i: int) -> str:
        return self.words[i].plain if 0 <= i < len(self.words) else ""

    def of_somebody_else(self, first: int, end: int) -> bool:
        """Whether the words name a clinician, a place, or whom a test or a method is called after."""
        return self._after_clinician_or_place(first) or self._before_what_is_named(first, end)

    def _after_clinician_or_place(self, first: int) -> bool:
        i = first - 1
        while i >= 0 and first - i < _LONGEST and self._goes_before(self.words[i]):
            i -= 1
        before = self.plain_at(i)
        if i < 0:
            return self.plain_at(first) in listed("places_begin")
        gap = self.between(i)
        if before in {"in", "at"} and gap == " ":
            return True
        if before in listed("clinicians") and re.fullmatch(r"[\s.:]*", gap):
            return True
        begins = before in listed("places_begin") and i == first - 1 and self.words[i].capital
        return (begins and gap.strip(" .") == "") or self.plain_at(first) in listed("places_begin")

    @staticmethod
    def _goes_before(word: Word) -> bool:
        return word.initial or (word.capital and not word.known_here)

    def _before_what_is_named(self, first: int, end: int) -> bool:
        gap, after = self.between(end - 1), self.plain_at(end)
        rest = self.text[self.words[end - 1].end :][:8]
        if after in listed("credentials") and (gap == ", " or (gap == " " and self.words[end].raw.isupper())):
            return True
        if _DEGREE.match(rest) or (end - first == 1 and _STAGE.match(rest)):
            return True
        return after in listed("goes_with") and gap in {" ", "-"}


def names_in(text: str, known: Container[str]) -> Iterator[Identifier]:
    """Names of people who are no clinicians.

    Args:
        text: What was typed.
        known: Words that are no names, in lower case.
    """
    here = _Text(text, known)
    births = [m.span() for m in _BIRTH.finditer(text)]
    i = 0
    while i < len(here.words):
        end, kind = _name_at(here, i, births)
        if end > i:
            yield Identifier(kind, here.words[i].start, _without_s(here.words[end - 1]))
        i = max(end, i + 1)


def _without_s(word: Word) -> int:
    return word.end - (2 if re.search(r"['’ʼ]s$", word.raw) else 0)


def _name_at(here: _Text, i: int, births: list[tuple[int, int]]) -> tuple[int, str]:
    """The index after the name that begins with a word and the kind of it; the word's own index if none does."""
    if here.words[i].about_names:
        return i, NAME
    for rule in (_titled, _labelled, _paired):
        end = rule(here, i)
        if end > i and not here.of_somebody_else(i, end):
            born = bool(births) and end - i > 1 and _distance(here, i, end, births) <= _NEAR
            return end, BORN if born and rule is _paired else NAME
    end = _with_birth(here, i, births) if births else i
    if end > i and not here.of_somebody_else(i, end):
        return end, BORN
    end = _alone(here, i)
    return (end if end > i and not here.of_somebody_else(i, end) else i), NAME


def _titled(here: _Text, i: int) -> int:
    """A name after Mr or Mrs: any word in capitals, or a word on the lists."""
    title = here.words[i - 1] if i else None
    if title is None or title.plain not in listed("titles") or not re.fullmatch(r"\.? {1,2}", here.between(i - 1)):
        return i
    word = here.words[i]
    dotted = here.between(i - 1).startswith(".")
    clear = title.raw.istitle() or dotted  # MR and MS are an image and an illness
    if clear:
        fits = word.capital and len(word.raw) > 1 and (word.strange or word.listed)
    else:
        fits = word.strange and word.listed
    return max(here.run(i, "possible", comma=False), i + 1) if fits else i


def _labelled(here: _Text, i: int) -> int:
    """A name after a word for a person: `Patient: X`, `name is X`, `wife X`."""
    if not i:
        return i
    gap, j = here.between(i - 1), i - 1
    if here.plain_at(j) in {"is", "was"} and gap.strip() == "" and here.plain_at(j - 1) == "name":
        j, gap = j - 1, ":"
    elif here.plain_at(j) in {"named", "called"}:
        return here.run(i, "likely") if gap.strip() == "" else i
    if here.plain_at(j) not in listed("people") or not re.fullmatch(r"\s*[:=#-]?\s*|[,.]? |\s*\(", gap):
        return i
    word = next((w for w in here.words[i : i + 3] if w.plain not in listed("particles")), here.words[i])
    if re.search("[:=]", gap) or here.plain_at(j) == "name":
        if word.strange and (word.capital or word.listed):
            return here.run(i, "possible" if word.capital else "strange")
        end = here.run(i, "possible")
        return end if end - i > 1 and word.first else i
    if not word.likely or (word.shouted and not word.listed):
        return i
    return here.run(i, "likely" if not word.capital else "possible", comma=False)


def _paired(here: _Text, i: int) -> int:
    """A first name beside a word that is strange here, in either order."""
    word = here.words[i]
    if word.initial:
        return _after_initial(here, i)
    end = here.run(i, "possible")
    if end - i < 2:
        return i
    real = [w for w in here.words[i:end] if w.possible and (w.capital or w.plain not in listed("particles"))]
    strange = [w for w in real if w.strange]
    if all(w.shouted for w in real):
        strange = [w for w in strange if w.listed]
    if len(real) < 2 or not strange or not any(w.first for w in real):
        return _without_list(here, i, end, real)
    lower = [w for w in real if not w.capital]
    if lower and not (len(lower) == len(real) and all(w.strange for w in real)):
        return i
    if lower and "," in here.text[word.start : here.words[end - 1].end]:
        return i
    return end


def _without_list(here: _Text, i: int, end: int, real: list[Word]) -> int:
    """Two words as names are written that nothing knows, on no list of first names either."""
    if len(real) == 2 and _ordinary_pair(here, i, end, real):
        return end
    clear = len(real) > 1 and all(w.raw.istitle() and w.strange and len(w.raw) > 2 for w in real)
    return end if clear and "," not in here.text[here.words[i].start : here.words[end - 1].end] else i


def _ordinary_pair(here: _Text, i: int, end: int, real: list[Word]) -> bool:
    """Whether two words of English that are also names (`Grace Young`) stand where a person does."""
    one, two = real
    if not (one.first and two.last and all(w.raw.istitle() or w.shouted for w in real)):
        return False
    if not here.words[i].capital or "," in here.text[one.start : two.end]:
        return False
    before, earlier = here.plain_at(i - 1), here.plain_at(i - 2)
    acts = here.plain_at(end) in listed("does") and here.between(end - 1) == " "
    if one.shouted:
        return acts and before in listed("people")
    told = before in listed("says") or (before in {"with", "to", "by"} and earlier in listed("says"))
    opens = _OPENS.search(here.text[max(0, one.start - 3) : one.start]) and _AGE_OR_COMMA.match(
        here.text[two.end :][:4]
    )
    return acts or told or opens is not None


def _after_initial(here: _Text, i: int) -> int:
    """`J. Garcia`: an initial with its point, and a strange word of the lists in capitals."""
    if not here.between(i).startswith(".") or not here.joined(i):
        return i
    j = i + 1
    while j + 1 < len(here.words) and j - i < _LONGEST and here.words[j].initial and here.joined(j):
        j += 1
    word = here.words[j]
    fits = word.capital and not word.initial and word.strange
    return j + 1 if fits and (word.listed or j - i > 1) else i


def _with_birth(here: _Text, i: int, births: list[tuple[int, int]]) -> int:
    """Two strange words near a date of birth, or one that is on the lists right beside it."""
    if not here.words[i].strange:
        return i
    end = here.run(i, "strange")
    run = here.words[i:end]
    away = _distance(here, i, end, births)
    if end - i > 1 and away <= (_NEAR if all(w.capital for w in run) else _BESIDE):
        return end
    return end if end - i == 1 and run[0].listed and away <= _BESIDE else i


def _distance(here: _Text, i: int, end: int, births: list[tuple[int, int]]) -> int:
    """Characters between a run of words and the nearest word for a date of birth."""
    start, stop = here.words[i].start, here.words[end - 1].end
    return min(max(b - stop, start - e, 0) for b, e in births)


def _alone(here: _Text, i: int) -> int:
    """A single first name that says or does something, or that somebody was told by."""
    word = here.words[i]
    if not (word.first and word.strange and word.capital and len(word.plain) > 2) or word.shouted:
        return i
    if word.plain in listed("soft_eponyms"):
        return i
    if here.between(i) == " " and here.words[i + 1].initial and here.between(i + 1).startswith("."):
        return i + 2
    acts = here.plain_at(i + 1) in listed("does") and here.between(i) == " "
    told = here.plain_at(i - 1) in listed("says") and here.between(i - 1) == " "
    return i + 1 if acts or told or word.raw.endswith(("'s", "’s")) else i
