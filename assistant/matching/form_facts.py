"""Facts of the form that are so or not so: documents, other procedures, condition. What was not understood blocks.

The value that helps a release counts only when every word of the answer was understood; the one that holds a release up
may stand beside words that were not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dateutil.parser import parse
from dateutil.relativedelta import relativedelta

from .assertion import Assertion
from .form_words import FormFact
from .lexicon import Lexicon, Match, Patterns
from .reading import NAMES_BOTH, Frame, Reading, SetAside
from .scene import Values
from .told import Told

_SAYS, _BARE = "says:", "bare:"
_OPEN, _OLD = "open", "old"
_OLD_ONLY = "only procedures are named that are more than three months ago"
_MIXED = "parts of the answer say otherwise"
_OLD_REASON = "more than three months ago, or no month is given"
_MONTH_DAY = re.compile(r"(?:[A-Za-z]{3,9}\.? \d{1,2}|\d{1,2}/\d{1,2})$")
_PART, _PARTLY, _PASSING, _SINCE = "part", "partly:", "passing", "since"
_MONTH = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
_LATER = "it says so only from a later day on"
_NEAR = 3
_YEARS = 1900
"""Numbers from here on are years."""
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of a fact: its value (None: open), where the deciding words stand, and what is not sure."""

    value: str | None
    first: int
    last: int
    bare: str = ""
    doubt: str = ""


class FormFacts:
    """Reads what is so and what is not."""

    def __init__(
        self,
        facts: Mapping[str, FormFact],
        bare: Mapping[str, tuple[str, ...]],
        lexicon: Lexicon,
        domains: Mapping[str, Values],
    ) -> None:
        self.facts = facts
        self.domains = domains
        self.own: dict[str, Patterns] = {}
        self.elsewhere: dict[str, Patterns] = {}
        self.anywhere: dict[str, Patterns] = {}
        self.neutral: dict[str, Patterns] = {}
        named = {f"{_BARE}{kind}": listed for kind, listed in bare.items()}
        for fact, words in facts.items():
            says = {f"{_SAYS}{v}": listed for v, listed in words.says.items()}
            anywhere = {f"{_SAYS}{v}": listed for v, listed in words.elsewhere.items()}
            merged = {kind: (*says.get(kind, ()), *anywhere.get(kind, ())) for kind in {**says, **anywhere}}
            partly = {f"{_PARTLY}{doubt}": listed for doubt, listed in words.partly.items()}
            found = {
                _PASSING: words.passing,
                _SINCE: words.since,
                **partly,
                _PART: words.part,
                _OPEN: words.open,
                _OLD: words.old,
                **merged,
                **named,
            }
            self.own[fact] = lexicon.patterns(found)
            self.elsewhere[fact] = lexicon.patterns({_OPEN: words.open, **anywhere})
            self.anywhere[fact] = lexicon.patterns({_OLD: words.anywhere})
            self.neutral[fact] = lexicon.patterns({"neutral": words.neutral})
        self.bare = lexicon.patterns(named)

    def read(
        self, told: Told, frame: Frame, typed: Mapping[str, Sequence[Said]], now: date | None = None
    ) -> tuple[dict[str, Reading], list[SetAside]]:
        """What an answer says of the facts that its question asks.

        Args:
            told: The answer.
            frame: How its question reads a bare yes and no.
            typed: What typed readers (codes of diagnoses) say of these facts.
            now: The day from which "within the last months" is counted back; None when it is not known.
        """
        asked = [f for f in frame.facts if f in self.facts]
        said: dict[str, Said] = {}
        aside: list[SetAside] = []
        for fact in asked:
            one = self._said(told, fact, frame, typed.get(fact, ()), aside, now)
            if one:
                said[fact] = one
            for match in self.neutral[fact].find(told.words):
                told.understood.update(range(match.first, match.last))
        self._together(said, asked)
        return {fact: self._reading(told, fact, one) for fact, one in said.items()}, aside

    def read_elsewhere(self, told: Told, but: Sequence[str], typed: Mapping[str, Sequence[Said]]) -> dict[str, Reading]:
        """What an answer to another question of the form says of these facts beyond doubt."""
        said: dict[str, Said] = {}
        for fact in self.facts:
            if fact in but:
                continue
            found = [m for m in self._found(told, self.elsewhere[fact]) if m.kind != _OPEN]
            ones = [Said(m.kind.removeprefix(_SAYS), m.first, m.last) for m in found] + list(typed.get(fact, ()))
            if len({o.value for o in ones}) == 1:
                said[fact] = ones[0]
                for one in ones:
                    told.understood.update(range(one.first, one.last))
        self._together(said, list(said))
        return {fact: self._reading(told, fact, one) for fact, one in said.items()}

    def read_anywhere(self, told: Told, typed: Mapping[str, Sequence[Said]], now: date | None) -> dict[str, Reading]:
        """What an answer that is not about the form says of it all the same: a code, a procedure with a recent day."""
        said = {fact: ones[0] for fact, ones in typed.items() if len({o.value for o in ones}) == 1}
        for fact, words in self.facts.items():
            for match in self._found(told, self.anywhere[fact]) if now else ():
                if self._dated(told, words, match, now).kind != _OLD:
                    said[fact] = Said(words.both, match.first, match.last)
        return {fact: self._reading(told, fact, one) for fact, one in said.items()}

    @staticmethod
    def _found(told: Told, patterns: Patterns) -> list[Match]:
        return [m for first, last in told.reach if last for m in patterns.find(told.words, first, last)]

    def _said(
        self,
        told: Told,
        fact: str,
        frame: Frame,
        typed: Sequence[Said],
        aside: list[SetAside],
        now: date | None,
    ) -> Said | None:
        words = self.facts[fact]
        found = [self._dated(told, words, m, now) for m in self._found(told, self.own[fact])]
        for match in found:
            told.understood.update(range(match.first, match.last))
        found = self._listed(told, words, found)
        explicit = [Said(m.kind.removeprefix(_SAYS), m.first, m.last) for m in found if m.kind.startswith(_SAYS)]
        explicit += [
            Said(words.releases, m.first, m.last, doubt=m.kind.removeprefix(_PARTLY))
            for m in found
            if m.kind.startswith(_PARTLY)
        ]
        asked = [o for o in explicit if o.value == words.releases and told.segments[told.segment_of[o.first]].question]
        explicit = [o for o in explicit if o not in asked]  # attached? no
        explicit = [o for o in explicit if o.value != words.releases or not self._denied(told, found, o)] + list(typed)
        denied = [m for m in found if m.kind == f"{_SAYS}{words.releases}" and self._denied(told, found, m)]
        open_ones = [Said(None, m.first, m.last) for m in [*denied, *found] if m.kind == _OPEN or m in denied]
        old = [m for m in found if m.kind == _OLD]
        aside += [SetAside(told.quote(m.first, m.last), *told.raw(m.first, m.last), _OLD_REASON) for m in old]
        bare = [m for m in found if m.kind.startswith(_BARE)]
        given = {m: self._given(fact, frame, m) for m in bare}
        values = {o.value for o in explicit}
        if explicit:
            value = next(iter(values)) if len(values) == 1 else (words.both or None)
            helps = value == words.releases
            denied_elsewhere = any(v not in (None, value) for v in given.values())
            if helps and words.both != value and (open_ones or denied_elsewhere):
                first = open_ones[0] if open_ones else explicit[0]
                return Said(None, first.first, first.last)
            mixed = helps and (len(values) > 1 or denied_elsewhere)
            deciding = min(explicit, key=lambda o: (o.value != value, bool(o.doubt)))
            doubt = _MIXED if mixed else NAMES_BOTH if value is None else ""
            if helps and not doubt:
                doubt = _only_later(told, words, found, now) or ("" if bare else deciding.doubt)
            return replace(deciding, value=value, doubt=doubt)
        questioned = [m for m in bare if told.segments[told.segment_of[m.first]].question]
        parts = [m for m in found if m.kind == _PART] if not bare else []
        if one := next(iter((*questioned, *(asked if not bare else ()), *open_ones, *parts)), None):
            return Said(None, one.first, one.last)
        if old and set(given.values()) <= {None, words.releases}:
            return Said(words.releases, old[0].first, old[0].last, doubt="" if given else _OLD_ONLY)
        if not bare:
            return None
        one_bare = self._bare(bare, given)
        if one_bare and one_bare.value == words.releases:
            one_bare = replace(one_bare, doubt=_only_later(told, words, found, now))
        return one_bare

    @staticmethod
    def _listed(told: Told, words: FormFact, found: Sequence[Match]) -> list[Match]:
        """What a list that began with a denial goes on with is denied, too: no imaging, injection or study."""
        listed: list[Match] = []
        denied = -1
        for match in found:
            segment = told.segment_of[match.first]
            goes_on = told.segments[segment].cut == "comma" and match.first == told.reach[segment][0]
            in_list = segment == denied or (segment == denied + 1 and goes_on)
            named = match.kind == f"{_SAYS}{words.both}" and denied >= 0 and in_list
            if named or match.kind == _PART:
                denied = segment
            listed.append(replace(match, kind=_PART) if named else match)
        return listed

    @staticmethod
    def _dated(told: Told, words: FormFact, match: Match, now: date | None) -> Match:
        """What is said to be past, by its day or year: too old to count, recent enough, or open."""
        if match.kind != _OLD:
            return match
        place = range(match.first, match.last)
        since = now - relativedelta(months=words.months) if now else None
        days = [d for i in place if i in told.days for d in told.days[i].of_century(0).days]
        years = [int(w) for w in told.words[match.first : match.last] if w.isdecimal() and int(w) >= _YEARS]
        if not days and not years and now and (day := _latest_day(told.quote(match.first, match.last), now)):
            days = [day]
        if days:
            return match if since and max(days) < since else replace(match, kind=f"{_SAYS}{words.both}")
        if years and not (since and max(years) < since.year):
            return replace(match, kind=_OPEN)
        return match

    @staticmethod
    def _given(fact: str, frame: Frame, match: Match) -> str | None:
        """The value that a bare yes or no gives under its question."""
        kind = match.kind.removeprefix(_BARE)
        given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear).get(fact)
        return None if given is None else str(given)

    @staticmethod
    def _bare(bare: Sequence[Match], given: Mapping[Match, str | None]) -> Said | None:
        kinds = list(dict.fromkeys(m.kind.removeprefix(_BARE) for m in bare))
        kind, value = (kinds[0], given[bare[0]]) if len(kinds) == 1 else ("unclear", _UNKNOWN)
        if value is None:
            return None
        return Said(None if value == _UNKNOWN else value, bare[0].first, bare[0].last, kind)

    @staticmethod
    def _denied(told: Told, found: Sequence[Match], one: Match | Said) -> bool:
        """Whether a bare "no" stands right before words of a segment: no signed notes."""
        segment = told.segment_of[one.first]
        return any(
            m.kind == f"{_BARE}no" and told.segment_of[m.first] == segment and 0 <= one.first - m.last <= _NEAR
            for m in found
        )

    def _together(self, said: dict[str, Said], asked: Sequence[str]) -> None:
        """Let one fact follow from another where the form's words say so."""
        for fact in list(said):
            for other, value in self.facts[fact].brings.get(said[fact].value or "", {}).items():
                if other in asked and (other not in said or said[other].bare == "yes"):
                    said[other] = Said(value, said[fact].first, said[fact].last)
        for fact in list(said):
            for other, values in self.facts[fact].becomes.items():
                if other in said and (given := values.get(said[other].value or "")):
                    said[fact] = Said(given, said[other].first, said[other].last)
                elif other in said and said[other].value is None and said[fact].value == self.facts[fact].releases:
                    said[fact] = replace(said[other], doubt="")

    def _reading(self, told: Told, fact: str, one: Said) -> Reading:
        start, end = told.raw(one.first, one.last)
        quote = told.text.raw[start:end]
        domain = self.domains[fact]
        method = f"bare {one.bare}" if one.bare else "form"
        assertion = {"no": Assertion.NEGATED, "closed": Assertion.NOT_DOCUMENTED}.get(one.bare, Assertion.AFFIRMED)
        if one.value is None:
            closed = one.bare == "closed"
            assertion = assertion if closed else Assertion.UNCERTAIN
            return Reading(fact, domain, quote, start, end, assertion, method, closed=closed, doubt=one.doubt)
        values = frozenset([one.value]) & domain or domain
        return Reading(fact, values, quote, start, end, assertion, method, doubt=one.doubt)


def _only_later(told: Told, words: FormFact, found: Sequence[Match], now: date | None) -> str:
    """What is not sure where a denial begins within the months that are asked for: none since the October MRI."""
    for match in found:
        if match.kind != _SINCE:
            continue
        month = _MONTH.search(told.quote(match.first, match.last))
        begins = _latest_day(f"{month.group()} 28", now) if month and now else None
        if not (begins and now and begins < now - relativedelta(months=words.months)):
            return _LATER
    return ""


def _latest_day(words: str, now: date) -> date | None:
    """The last day before `now` with the month and the day that words end with (July 28, 8/5); None where none is."""
    found = _MONTH_DAY.search(words)
    try:
        day = parse(f"{found.group()} {now.year}").date() if found else None
    except (ValueError, OverflowError):
        return None
    return day - relativedelta(years=1) if day and day > now else day


def doubted(told: Told, reading: Reading, unread: Sequence[tuple[int, int]], opened: Values = frozenset()) -> Reading:
    """A reading that would help a release beside words that were not understood: not sure, or with `opened` values."""
    words = ", ".join(f"“{told.quote(first, last)}”" for first, last in unread[:3])
    doubt = f"I read “{reading.quote}”, but not {words}."
    if not opened:
        return replace(reading, doubt=doubt)
    return replace(reading, values=opened, assertion=Assertion.UNCERTAIN, doubt=doubt)
