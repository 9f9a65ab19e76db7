"""Which date of an answer is that of birth and which the planned one of service: by labels, and never by a guess."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date

from .dates import Day, ages_possible, no_days_in
from .form_words import DateWords
from .lexicon import Lexicon, Match
from .reading import Reading, SetAside
from .told import Told

BIRTH, SERVICE, REVIEW, OTHER = "birth", "service", "review", "other"
_WEAK = "service_weak"
SWAPPED = "day and month could be swapped"
_FEW, _NEAR = 3, 4
"""Words between a label and its date at most."""


@dataclass(frozen=True, slots=True)
class _Dated:
    """A date at a word, with the kind and the words of its label."""

    word: int
    day: Day
    kind: str
    first: int
    last: int


class FormDates:
    """Reads dates by their labels."""

    def __init__(self, words: DateWords, lexicon: Lexicon) -> None:
        self.words = words
        self.labels = lexicon.patterns(words.labels)
        self.unknown = lexicon.patterns({"unknown": words.unknown})
        self.past = lexicon.patterns({"past": words.past})

    def read(
        self, told: Told, *, alone: bool, birth: date | None = None, service: date | None = None
    ) -> tuple[dict[str, Reading], list[SetAside], list[date], bool]:
        """The dates of birth and of service that an answer gives.

        Args:
            told: The answer.
            alone: Whether it answers the question for the dates, where some need no label. Elsewhere only words count
                that name the date of service itself: an operation with a day may be another one.
            birth: The date of birth if known from elsewhere, to see what is plausible.
            service: The same for the date of service.

        Returns:
            Readings, what was set aside, the days of a review, and whether a birth is spoken of.
        """
        labels = [m for m in self._labels(told) if alone or m.kind != _WEAK]
        dated = self._labeled(told, labels, of_study=not alone)
        if alone:
            closed = {k for k in (BIRTH, SERVICE) if self._said_unknown(told, labels, k)}
            dated = self._unlabeled(dated, {d.word for d in dated if self._is_past(told, d.word)}, closed)
            labels = [replace(m, kind=SERVICE) if m.kind == _WEAK else m for m in labels]
        aside = []
        for span in no_days_in(told.text.plain) if alone else ():
            start, end = told.text.raw_span(*span)
            aside.append(SetAside(told.text.raw[start:end], start, end, self.words.reasons["no_day"]))
        found: dict[str, list[_Dated]] = {BIRTH: [], SERVICE: []}
        unlabeled: list[_Dated] = []
        for one in dated:
            told.understood.update(range(one.first, one.last), (one.word,))
            if one.kind in found:
                found[one.kind].append(one)
            elif alone:
                unlabeled += [] if one.kind else [one]
                reason = self.words.reasons["other" if one.kind else "no_label"]
                aside.append(SetAside(told.quote(one.first, one.last), *told.raw(one.first, one.last), reason))
        if found[BIRTH]:  # one beside it that no label explains may be the birth as well, if it can be one
            found[BIRTH] += [d for d in unlabeled if self._may_be_birth(d, found[SERVICE], service)]
        readings: dict[str, Reading] = {}
        for kind, fact in ((BIRTH, self.words.birth), (SERVICE, self.words.service)):
            if found[kind]:
                readings[fact] = self._reading(told, fact, kind, found[kind])
            elif unknown := self._said_unknown(told, labels, kind):
                first, last = unknown
                told.understood.update(range(first, last))
                start, end = told.raw(first, last)
                readings[fact] = Reading(
                    fact, frozenset(), told.text.raw[start:end], start, end, method="date: not given", closed=True
                )
        aside += self._plausible(readings, birth, service)
        reviewed = [d for one in dated if one.kind == REVIEW for d in one.day.of_century(0).days]
        return readings, aside, reviewed, any(m.kind == BIRTH for m in labels)

    def _labels(self, told: Told) -> list[Match]:
        return self.labels.find(told.words)

    def _labeled(self, told: Told, labels: Sequence[Match], *, of_study: bool) -> list[_Dated]:
        """Each date with its label: before it or behind it in its segment, or alone in the one beside it."""
        by_segment: dict[int, list[Match]] = {}
        for label in labels:
            by_segment.setdefault(told.segment_of[label.first], []).append(label)
        dates_of: dict[int, list[int]] = {}
        for word in told.days:
            dates_of.setdefault(told.segment_of[word], []).append(word)
        used: set[int] = set()
        found = []
        for segment, words in sorted(dates_of.items()):
            here = by_segment.get(segment, [])
            behind = bool(here) and words[0] < here[0].first and len(here) >= len(words)
            for place, word in enumerate(words):
                low = words[place - 1] if place else -1
                high = words[place + 1] if place + 1 < len(words) else len(told.words)
                before_it = [m for m in here if low < m.first and m.last <= word and word - m.last <= _NEAR]
                behind_it = [m for m in here if word < m.first and m.last <= high and m.first - word <= _NEAR]
                if not behind:  # a label right before another date is that one's
                    behind_it = [m for m in behind_it if m.last not in told.days]
                near = (behind_it[:1] or before_it[-1:]) if behind else (before_it[-1:] or behind_it[:1])
                if not near and len(words) == 1 and not here:
                    near = self._beside(told, segment, by_segment, dates_of, used)
                kind, first, last = "", word, word + 1
                if near:
                    kind = SERVICE if near[0].kind == _WEAK else near[0].kind
                    first, last = min(near[0].first, word), max(near[0].last, word + 1)
                    # in a note about the chart, the date of service that stands behind a study is that study's
                    study = of_study and any(m.kind == OTHER and low < m.first < near[0].first for m in here)
                    kind = OTHER if kind == SERVICE and (study or self._is_past(told, near[0].first)) else kind
                found.append(_Dated(word, told.days[word], kind, first, last))
        return found

    def _beside(
        self,
        told: Told,
        segment: int,
        labels: dict[int, list[Match]],
        dates: dict[int, list[int]],
        used: set[int],
    ) -> list[Match]:
        """The label of a segment without dates right behind (in brackets, behind a dash) or right before."""
        behind, before = segment + 1, segment - 1
        free = behind not in dates and behind in labels and behind not in used
        if free and told.segments[behind].cut in {"open", "dash"} and self._is_label(told, labels, behind):
            used.add(behind)
            return labels[behind][:1]
        if before not in dates and before in labels and before not in used:
            label = labels[before][-1]
            ends = told.reach[before][1] - label.last <= _FEW and told.reach[segment][0] in told.days
            if told.segments[segment].cut in {"dash", "line", "comma", "close", "open"} and ends:
                used.add(before)
                return [label]
        return []

    def _may_be_birth(self, one: _Dated, services: Sequence[_Dated], service: date | None) -> bool:
        days = [d for s in services for d in s.day.of_century(self.words.service_pivot).days]
        days += [service] if service and not days else []
        births = one.day.of_century(self.words.pivot).days
        return any(age >= self.words.youngest for age in ages_possible(births, days))

    @staticmethod
    def _is_label(told: Told, labels: dict[int, list[Match]], segment: int) -> bool:
        """Whether a segment is only a label."""
        first, last = told.reach[segment]
        held = {i for m in labels[segment] for i in range(m.first, m.last)}
        return all(i in held or not told.words[i].isalnum() for i in range(first, last))

    def _is_past(self, told: Told, word: int) -> bool:
        first, _ = told.reach[told.segment_of[word]]
        return bool(self.past.find(told.words, first, word + 1))

    @staticmethod
    def _unlabeled(dated: Sequence[_Dated], past: Set[int], closed: Set[str]) -> list[_Dated]:
        """Two dates alone are birth and service by time; one beside a single labeled one is the other.

        Not where words of the past stand before it, or its kind is said to be not known (`closed`).
        """
        bare = [d for d in dated if not d.kind and d.word not in past]
        kinds = [d.kind for d in dated if d.kind in {BIRTH, SERVICE}]
        if len(bare) == len(dated) == 2:
            pair = sorted(bare, key=lambda d: d.day.of_century(30).days[0])
            if pair[0].day.days == pair[1].day.days:
                return list(dated)
            named = {pair[0].word: BIRTH, pair[1].word: SERVICE}
        elif len(bare) == 1 and len(set(kinds)) == 1 and len(kinds) == 1:
            named = {bare[0].word: SERVICE if kinds[0] == BIRTH else BIRTH}
        else:
            return list(dated)
        named = {word: kind for word, kind in named.items() if kind not in closed}
        return [_Dated(d.word, d.day, named.get(d.word, d.kind), d.first, d.last) for d in dated]

    def _reading(self, told: Told, fact: str, kind: str, dated: Sequence[_Dated]) -> Reading:
        pivot = self.words.pivot if kind == BIRTH else self.words.service_pivot
        days: list[str] = []
        swappable = False
        for one in dated:
            day = one.day.of_century(pivot)
            swappable = swappable or day.swappable
            days += [d.isoformat() for d in day.days]
        ordered = tuple(dict.fromkeys(days))
        first, last = min(d.first for d in dated), max(d.last for d in dated)
        start, end = told.raw(first, last)
        several = len({d.day.days for d in dated}) > 1
        doubt = "two dates are given" if several else SWAPPED if swappable else ""
        return Reading(
            fact,
            frozenset(ordered),
            told.text.raw[start:end],
            start,
            end,
            method="date",
            doubt=doubt,
            ordered=ordered,
        )

    def _said_unknown(self, told: Told, labels: Sequence[Match], kind: str) -> tuple[int, int] | None:
        """Words beside a label that say that its date is not known: DOS TBD."""
        for label in labels:
            if label.kind != kind:
                continue
            segment = told.segment_of[label.first]
            if segment < 0:
                continue
            first, last = told.reach[segment]
            if any(first <= w < last for w in told.days):
                continue
            for match in self.unknown.find(told.words, first, last):
                if -_NEAR <= match.first - label.last <= _NEAR:
                    return min(label.first, match.first), max(label.last, match.last)
            behind = segment + 1
            if label.last == last and behind < len(told.segments):
                first, last = told.reach[behind]
                held = self.unknown.find(told.words, first, last)
                if held and held[0].first == first:
                    return label.first, held[0].last
        return None

    def _plausible(self, readings: dict[str, Reading], birth: date | None, service: date | None) -> list[SetAside]:
        """Set aside dates that can not both be so: a birth after the service, an age out of bounds."""
        born, day = readings.get(self.words.birth), readings.get(self.words.service)
        births = days_of(born) or ([birth] if birth else [])
        services = days_of(day) or ([service] if service else [])
        if not births or not services or not (days_of(born) or days_of(day)):
            return []
        ages = ages_possible(births, services)
        if any(self.words.youngest <= age <= self.words.oldest for age in ages):
            return []
        reason = self.words.reasons["implausible"].replace("{years}", str(min(ages, default=0)))
        wrong = [born] if days_of(born) else [day]
        if not ages:
            reason, wrong = self.words.reasons["birth_after"], [born, day]
        aside = []
        for reading in wrong:
            if reading is not None and reading.values:
                aside.append(SetAside(reading.quote, reading.start, reading.end, reason))
                readings[reading.fact] = Reading(
                    reading.fact,
                    frozenset(),
                    reading.quote,
                    reading.start,
                    reading.end,
                    method="date: not plausible",
                    doubt=reason,
                )
        return aside


def days_of(reading: Reading | None) -> list[date]:
    """The days that a reading of a date leaves possible."""
    return [date.fromisoformat(str(v)) for v in reading.ordered] if reading else []
