"""Which side the request names and which one the records: each side word belongs to the source named beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .form_words import SideWords
from .lexicon import Lexicon, Match
from .reading import Reading, SetAside
from .scene import Values
from .told import Told

REQUEST, RECORDS = "request", "records"
BY_SOURCE, AS_ASKED = "side by its source", "side as asked"
"""How a side came to be read."""
SAME, BOTH, _ALONE = "same", "both", "both_alone"
SIDES = ("left", "right", BOTH, SAME, "other")
_JOINED = frozenset(["open", "dash", "comma", "close"])


@dataclass(slots=True)
class Named:
    """A side at words [first, last). `role`: whose side it is; `open`: named, and not said to be so."""

    side: str
    role: str
    first: int
    last: int
    explicit: bool
    open: bool = False


class FormSides:
    """Reads sides by their source."""

    def __init__(self, words: SideWords, sources: dict[str, tuple[str, ...]], lexicon: Lexicon) -> None:
        self.words = words
        patterns = words.patterns
        self.sides = lexicon.patterns({k: patterns[k] for k in ("decoy", BOTH, _ALONE, "left", "right", SAME, "other")})
        self.marks = lexicon.patterns(
            {k: patterns[k] for k in ("correction", "other_person", "other_part", "uncertain")}
        )
        self.denied = lexicon.patterns({"denied": patterns["denied"]})
        self.past = lexicon.patterns({"past": patterns["past"]})
        self.sources = lexicon.patterns(sources)
        self.with_both = lexicon.patterns({"with_both": patterns["with_both"]})
        self.of_value = {value: side for side, value in words.values.items()}

    def named(self, told: Told, asked: str, *, everywhere: bool) -> tuple[list[Named], list[SetAside]]:
        """The sides that an answer names, and those that do not count.

        Args:
            told: The answer.
            asked: Whose side is asked for; empty when none is.
            everywhere: Whether only a source that is beyond doubt counts, as the question is not about the form.
        """
        found: list[Named] = []
        aside: list[SetAside] = []
        per_segment = [self._in_segment(told, i, strict=everywhere) for i in range(len(told.segments))]
        taken: set[int] = set()
        for i, (sides, sources) in enumerate(per_segment):
            if not sides:
                continue
            roles = self._roles(told, i, sides, sources, per_segment, taken)
            for side, role in zip(sides, roles, strict=True):
                for one in role or ((asked,) if asked else ()):
                    if one not in self.words.facts:
                        continue
                    unsure = self._uncertain(told, i)
                    reason = "" if unsure else self._set_aside(told, i, side, sides, asked=not role)
                    if reason:
                        aside.append(
                            SetAside(told.quote(side.first, side.last), *told.raw(side.first, side.last), reason)
                        )
                    else:
                        if everywhere and unsure:
                            continue
                        is_open = side.kind == "other" or unsure
                        found.append(Named(side.kind, one, side.first, side.last, bool(role), is_open))
                told.understood.update(range(side.first, side.last))
            for source in sources:
                told.understood.update(range(source.first, source.last))
        return self._corrected(told, found, aside), aside

    def _in_segment(self, told: Told, number: int, *, strict: bool) -> tuple[list[Match], list[Match]]:
        first, last = told.reach[number]
        sides = [m for m in self.sides.find(told.words, first, last) if not self._is_sign(told, m)]
        sides = [replace(m, kind=BOTH) if m.kind == _ALONE else m for m in sides if not self._of_others(told, m, last)]
        for match in sides:
            if match.kind == "decoy":
                told.understood.update(range(match.first, match.last))
        sides = [m for m in sides if m.kind != "decoy" and not (strict and m.kind in {SAME, "other"})]
        held = {i for m in sides if m.kind == SAME for i in range(m.first, m.last)}
        sources = [m for m in self.sources.find(told.words, first, last) if m.first not in held]
        kinds = (
            {"request_strict": REQUEST, "records_strict": RECORDS} if strict else {REQUEST: REQUEST, RECORDS: RECORDS}
        )
        kinds |= {"request_strict": REQUEST, "records_strict": RECORDS, "other": "other"}
        return sides, [Match(kinds[m.kind], m.first, m.last) for m in sources if m.kind in kinds]

    @staticmethod
    def _is_sign(told: Told, match: Match) -> bool:
        """A single letter glued to a figure is no side: L5."""
        if match.last - match.first > 1 or len(told.words[match.first]) > 1:
            return False
        start, end = told.spans[match.first]
        plain = told.text.plain
        return plain[end : end + 1].isdecimal() or plain[start - 1 : start].isalnum() or plain[end : end + 1] == "'"

    def _of_others(self, told: Told, match: Match, last: int) -> bool:
        """Whether a "both" alone is said of what stands behind it, and no words of a side: both things."""
        if match.kind != _ALONE:
            return False
        if any(m.last == match.first for m in self.sources.find(told.words, 0, match.first)):
            return True  # note and MRI both
        if match.last == last:
            return False
        fitting = {m.first for m in self.with_both.find(told.words, match.last, last)}
        return told.words[match.last].isalpha() and match.last not in fitting

    def _roles(
        self,
        told: Told,
        number: int,
        sides: Sequence[Match],
        sources: Sequence[Match],
        others: Sequence[tuple[list[Match], list[Match]]],
        taken: set[int],
    ) -> list[tuple[str, ...]]:
        """Whose each side of a segment is: of the sources beside it, before or behind; none when none is named."""
        if not sources:
            beside = self._beside(told, number, others, taken)
            return [tuple(dict.fromkeys(s.kind for s in beside))] * len(sides)
        if len(sides) == 1:
            return [tuple(dict.fromkeys(s.kind for s in sources))]
        before = sources[0].first < sides[0].first
        roles: list[tuple[str, ...]] = []
        for place, side in enumerate(sides):
            low = sides[place - 1].last if place else -1
            high = sides[place + 1].first if place + 1 < len(sides) else len(told.words)
            near = [s for s in sources if (low <= s.first < side.first if before else side.last <= s.first < high)]
            roles.append(tuple(dict.fromkeys(s.kind for s in near)) or (roles[-1] if roles else ()))
        if roles and not roles[0]:
            roles[0] = next((r for r in roles if r), ())
        return roles

    def _beside(
        self, told: Told, number: int, others: Sequence[tuple[list[Match], list[Match]]], taken: set[int]
    ) -> list[Match]:
        """The sources of a segment next to this one that names sources and nothing else."""
        for other in (number + 1, number - 1):
            if not 0 <= other < len(others) or other in taken:
                continue
            cut = told.segments[max(number, other)].cut
            sides, sources = others[other]
            if cut in _JOINED and sources and not sides and self._only_sources(told, other, sources):
                taken.add(other)
                return sources
        return []

    def _only_sources(self, told: Told, number: int, sources: Sequence[Match]) -> bool:
        first, last = told.reach[number]
        if self.denied.find(told.words, first, last):
            return False
        held = {i for m in sources for i in range(m.first, m.last)}
        return all(i in held or i in told.understood or not told.words[i].isalnum() for i in range(first, last))

    def _set_aside(self, told: Told, number: int, side: Match, sides: Sequence[Match], *, asked: bool) -> str:
        """Why a side does not count; empty when it does."""
        first, last = told.reach[number]
        reasons = self.words.set_aside
        for mark in self.marks.find(told.words, side.last, min(last, side.last + 3)):
            if mark.kind == "other_part" and mark.first - side.last <= 1:
                return reasons["other_part"].replace("{word}", told.quote(mark.first, mark.last))
        if any(m.kind == "other_person" for m in self.marks.find(told.words, first, last)):
            return reasons["other_person"]
        if side.kind == SAME:
            return ""
        denials = self.denied.find(told.words, first, last)
        for denial in denials:
            told.understood.update(range(denial.first, denial.last))
            behind = [s for s in sides if s.first >= denial.last]
            if side in behind or not behind:
                return reasons["denied"]
        if asked and self.past.find(told.words, first, last):
            return reasons["past"]
        return ""

    def _uncertain(self, told: Told, number: int) -> bool:
        first, last = told.reach[number]
        unsure = any(m.kind == "uncertain" for m in self.marks.find(told.words, first, last))
        return unsure or told.segments[number].question

    def _corrected(self, told: Told, found: list[Named], aside: list[SetAside]) -> list[Named]:
        """What stands before "sorry" gives way to what stands behind it."""
        for mark in self.marks.find(told.words):
            if mark.kind != "correction":
                continue
            told.understood.update(range(mark.first, mark.last))
            again = {n.role for n in found if n.first >= mark.last}
            for one in [n for n in found if n.last <= mark.first and n.role in again]:
                found.remove(one)
                start, end = told.raw(one.first, one.last)
                reason = self.words.set_aside["corrected"]
                aside.append(SetAside(told.text.raw[start:end], start, end, reason))
        return found

    def reading(self, told: Told, role: str, named: Sequence[Named], domain: Values, requested: str | None) -> Reading:
        """What the sides named for one role come to: two different ones leave it open."""
        values: Values = frozenset()
        for one in named:
            if one.open:
                values |= domain
            elif one.side == SAME:
                values |= frozenset([requested]) if requested else domain
            else:
                values |= {self.words.values[one.side]}
        start, end = told.raw(min(n.first for n in named), max(n.last for n in named))
        explicit = any(n.explicit for n in named)
        side = self.of_value.get(str(next(iter(values))), "") if len(values) == 1 else ""
        return Reading(
            self.words.facts[role],
            values & domain or domain,
            told.text.raw[start:end],
            start,
            end,
            method=BY_SOURCE if explicit else AS_ASKED,
            side=side,
        )
