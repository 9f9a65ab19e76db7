"""Answers about a request form: codes, sides by their source, dates by their labels, and what is so or not so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .assertion import Assertion
from .codes import Code
from .dates import ages_possible
from .form_dates import SWAPPED, FormDates, days_of
from .form_facts import FormFacts, Said, doubted
from .form_sides import BOTH, BY_SOURCE, RECORDS, REQUEST, SAME, FormSides, Named
from .form_words import FormFile, form_file
from .lexicon import Lexicon
from .reader import Reader
from .reading import Frame, Reading, SetAside
from .scene import Values
from .spelling import Spelling
from .told import Told, told

AGE_FROM_DATES = "age from dates"
"""How an age was read that follows from two dates."""
_BESIDE = 3
_FURTHER = 8
"""Words behind a number within which it may be said what else it is: the 27106 is the zip."""
_SENTENCE = 2
"""Words of an answer that are too few for a statement, unless so many of them are known to nobody."""


@dataclass(frozen=True, slots=True)
class FormReading:
    """What an answer says about the form; `unread` are stretches of it that nothing made sense of."""

    readings: tuple[Reading, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    unread: tuple[tuple[int, int], ...] = ()


class FormReader:
    """Reads answers about the form, and facts of the form in any answer."""

    def __init__(
        self, words: FormFile, reader: Reader, domains: Mapping[str, Values], questions: Mapping[str, Frame]
    ) -> None:
        """With the words of forms, the reader of findings, and the questions that are about the form."""
        self.words = words
        self.reader = reader
        self.domains = domains
        self.questions = questions
        lexicon = Lexicon(words.classes, reader.context.joined)
        self.joined = reader.context.joined
        self.dates = FormDates(words.dates, lexicon)
        self.sides = FormSides(words.sides, dict(words.sources), lexicon)
        self.facts = FormFacts(words.facts, words.bare, lexicon, domains)
        self.withdrawn = lexicon.patterns({k: words.codes.patterns[k] for k in ("neutral", "behind", "before")})
        self.numbers = lexicon.patterns({"not": words.codes.patterns["not_codes"]})
        self.labels = lexicon.patterns({"label": words.codes.patterns["label"]})
        self.places = lexicon.patterns({"place": words.places.labels})
        self.none = lexicon.patterns({"none": words.statement.none})
        self.weighs = lexicon.patterns({"weighs": words.statement.weighs})
        self.ordinary = lexicon.patterns({"ordinary": [*words.ordinary, "<date>", "<code>", "<dx>", "<?>"]})
        known = frozenset(lexicon.words) | frozenset(w for p in words.ordinary for w in p.split())
        self.turning = lexicon.patterns({"turns": words.turning})
        self.spelling = Spelling(known | reader.spelling.known, [w for w in known if len(w) > 4])

    def told(self, text: str, *, day_first: bool = False) -> Told:
        """An answer made ready."""
        letters = self.words.diagnoses.letters
        return told(text, self.joined, lambda w: self.spelling.spelled(w)[0], letters, day_first=day_first)

    def read(
        self,
        text: str,
        question: str | None,
        frame: Frame,
        *,
        day_first: bool = False,
        requested_side: str | None = None,
        birth_date: date | None = None,
        date_of_service: date | None = None,
        reviewed: date | None = None,
    ) -> FormReading:
        """What an answer says about the form.

        Args:
            text: The answer as typed.
            question: The question that it answers; under one that is not about the form only what names itself counts.
            frame: How the question reads answers that name nothing.
            day_first: Whether dates in figures have the day first.
            requested_side: The side that is requested, for "same side as requested".
            birth_date: The date of birth if known, for the age and for what is plausible.
            date_of_service: The same for the date of service.
            reviewed: The day of the review.
        """
        here = self.told(text, day_first=day_first)
        if not here.words:
            return FormReading()
        asked = question in self.questions
        facts = frozenset(frame.facts)
        found: dict[str, Reading] = {}
        aside: list[SetAside] = []
        dated, dropped, dated_review, birth_told = self.dates.read(
            here, alone=self.words.dates.birth in facts, birth=birth_date, service=date_of_service
        )
        found |= dated
        aside += dropped
        named = self._codes(here, facts, found, aside, asked=asked)
        typed = self._diagnoses(here, named, everywhere=not asked)
        roles = {fact: role for role, fact in self.words.sides.facts.items()}
        role = next((roles[f] for f in frame.facts if f in roles), "")
        beside_diagnosis = next(iter(self.words.facts)) in facts
        strict = not asked or self.words.statement.fact in facts
        said, dropped = self.sides.named(here, role or (REQUEST if beside_diagnosis else ""), everywhere=strict)
        aside += dropped
        for one in (REQUEST, RECORDS):
            ones = [n for n in (*named, *said) if n.role == one]
            fact = self.words.sides.facts[one]
            if ones:
                found[fact] = self.sides.reading(here, one, ones, self.domains[fact], requested_side)
            elif role and (silent := self._silent_source(here, one, fact)):
                found[fact] = silent
            elif one == role and asked and (left_open := self._left_open(here, fact)):
                found[fact] = left_open
        self._places(here, found, own=self.words.places.fact in facts)
        if asked:
            known_days = [d for d in (date_of_service, reviewed) if d]
            told_facts, dropped = self.facts.read(here, frame, typed, min(known_days, default=None))
            aside += dropped
            found |= told_facts
            elsewhere = self.facts.read_elsewhere(here, frame.facts, typed)
        else:
            known_days = [d for d in (date_of_service, reviewed) if d]
            found |= self.facts.read_anywhere(here, typed, min(known_days, default=None))
        for match in self.ordinary.find(here.words):
            here.understood.update(range(match.first, match.last))
        unread = here.unread()
        if asked:
            found |= {f: r for f, r in elsewhere.items() if not unread or not self._helps(r)}
            for fact, reading in list(found.items()):
                if unread and self._helps(reading):
                    found[fact] = doubted(here, reading, unread, self._opened(here, fact, unread, reading.doubt))
        if self.words.statement.fact in facts:
            self._statement(here, frame, found)
        if self.words.dates.age in facts and not date_of_service and self.words.dates.service not in dated:
            date_of_service = dated_review[0] if dated_review else None
        self._age(here, found, facts, birth_date, date_of_service)
        if birth_told and self.words.dates.age in facts:
            found.setdefault(self.words.dates.age, self._age_open(here))
        return FormReading(tuple(found.values()), tuple(aside), tuple(here.raw(a, b) for a, b in unread))

    def has_dates(self, text: str) -> bool:
        """Whether an answer has a date, which other dates and their order may change the meaning of."""
        return bool(self.told(text).days)

    def regards_request(self, text: str) -> bool:
        """Whether an answer names a side by the one that is requested."""
        return any(m.kind == SAME for m in self.sides.sides.find(self.told(text).words))

    def _opened(self, here: Told, fact: str, unread: Sequence[tuple[int, int]], doubt: str) -> Values:
        """The values that stay possible beside words that were not understood; none where these change nothing.

        Words that turn a meaning, or stand behind a "but" or beside what is doubtful already, may say anything; all
        others leave the value to be seen and let stand by the reviewer.
        """
        turning = bool(doubt) or any(self.turning.find(here.words, first, last) for first, last in unread)
        contrasted = any(here.segments[here.segment_of[first]].cut == "but" for first, _ in unread)
        asks = any(s.question for s in here.segments)
        return self.domains[fact] if turning or contrasted or asks else frozenset()

    def _helps(self, reading: Reading) -> bool:
        words = self.words.facts.get(reading.fact)
        return words is not None and reading.values == {words.releases}

    # --- codes ---

    def _codes(
        self, here: Told, facts: frozenset[str], found: dict[str, Reading], aside: list[SetAside], *, asked: bool
    ) -> list[Named]:
        """Take the procedure codes that are requested; give the sides of their modifiers."""
        words = self.words.codes
        own = words.fact in facts
        spoken_of = bool(facts & set(words.under))
        kept: list[tuple[int, Code]] = []
        for place, code in here.codes.items():
            first, last = here.reach[here.segment_of[place]] if here.segment_of[place] >= 0 else (place, place + 1)
            before = self.numbers.find(here.words, max(0, place - _BESIDE), place)
            behind = self.numbers.find(here.words, place + 1, min(last, place + 1 + _FURTHER))
            other = bool(behind) or (bool(before) and place - before[-1].last <= 2)
            if code.code.isdecimal() and other and not code.modifiers:
                self._code_aside(here, place, aside, words.reasons["not_code"], own)
                continue
            labeled = bool(self.labels.find(here.words, first, last))
            if not (own or spoken_of) and code.code.isdecimal() and not (code.modifiers or labeled):
                continue
            if not asked and not (code.modifiers or labeled):
                continue
            if self._is_withdrawn(here, place, first, last):
                self._code_aside(here, place, aside, words.reasons["withdrawn"], True)
                continue
            kept.append((place, code))
        doubt = ""
        if own:
            for place in here.almost:
                quote, (start, end) = here.quote(place, place + 1), here.raw(place, place + 1)
                reason = f"“{quote}” {words.reasons['almost']}"
                aside.append(SetAside(quote, start, end, reason))
                here.understood.add(place)
                doubt = doubt or reason
        if kept or doubt:
            places = [p for p, _ in kept] or list(here.almost)
            start, end = here.raw(min(places), max(places) + 1)
            codes = tuple(dict.fromkeys(c.code for _, c in kept))
            found[words.fact] = Reading(
                words.fact, frozenset(codes), here.text.raw[start:end], start, end,
                method="code", doubt=doubt, ordered=codes,
            )  # fmt: skip
        elif own and (left_open := self._left_open(here, words.fact)):
            found[words.fact] = replace(left_open, values=frozenset())
        return self._modifiers(kept)

    @staticmethod
    def _code_aside(here: Told, place: int, aside: list[SetAside], reason: str, stated: bool) -> None:
        if stated:
            aside.append(SetAside(here.quote(place, place + 1), *here.raw(place, place + 1), reason))

    def _is_withdrawn(self, here: Told, place: int, first: int, last: int) -> bool:
        matches = self.withdrawn.find(here.words, first, last)
        for match in matches:
            here.understood.update(range(match.first, match.last))
        between = [p for p in here.codes if first <= p < last]
        for match in matches:
            if match.kind == "before" and match.last <= place:
                return True
            if match.kind == "behind" and match.first > place:
                return not any(place < p < match.first for p in between) or "and" in here.words[place : match.first]
        if last < len(here.words) and not any(m.kind == "before" for m in matches):
            # S2325 (withdrawn): what stands alone in brackets behind it
            number = here.segment_of[place] + 1
            if number < len(here.segments) and here.segments[number].cut in {"open", "dash"}:
                start, end = here.reach[number]
                behind = self.withdrawn.find(here.words, start, end)
                return bool(behind) and behind[0].kind == "behind" and behind[0].first == start and place == last - 1
        return False

    def _modifiers(self, kept: Sequence[tuple[int, Code]]) -> list[Named]:
        by_code: dict[str, list[tuple[str, int]]] = {}
        for place, code in kept:
            for modifier in code.modifiers:
                if side := self.words.sides.modifiers.get(modifier):
                    by_code.setdefault(code.code, []).append((side, place))
        named = []
        for sides in by_code.values():
            several = {s for s, _ in sides} == {"left", "right"}
            named += [Named(BOTH if several else s, REQUEST, p, p + 1, True) for s, p in sides]
        return named

    def _diagnoses(self, here: Told, named: list[Named], *, everywhere: bool) -> dict[str, list[Said]]:
        """What codes of diagnoses say, `everywhere` only those that may mean nothing else; sides are the request's."""
        said: dict[str, list[Said]] = {}
        for place, code in here.diagnoses.items():
            rule = next((r for r in self.words.diagnoses.rules if re.match(r.code, code.code)), None)
            if rule is None or (everywhere and not rule.anywhere):
                continue
            for fact, value in rule.facts.items():
                said.setdefault(fact, []).append(Said(value, place, place + 1))
            figures = code.code.replace(".", "")
            side = rule.sides.get(figures[rule.side_at - 1 : rule.side_at]) if rule.side_at else None
            if side:
                named.append(Named(side, REQUEST, place, place + 1, True))
        both = {n.side for n in named if n.first in here.diagnoses}
        if {"left", "right"} <= both:  # one code a hip
            for one in named:
                if one.first in here.diagnoses:
                    one.side = BOTH
        return said

    def _places(self, here: Told, found: dict[str, Reading], *, own: bool) -> None:
        words = self.words.places
        number: tuple[int, int] | None = None
        for match in self.places.find(here.words):
            near = range(match.last, min(match.last + _BESIDE, len(here.words)))
            place = next((i for i in near if here.words[i].isdecimal()), None)
            if place is not None:
                number = (match.first, place + 1)
        if number is None and own and len(here.words) == 1:
            number = (0, 1)
        if number is None:
            return
        value = next((v for v, ns in words.values.items() if here.words[number[1] - 1] in ns), None)
        if value:
            here.understood.update(range(*number))
            start, end = here.raw(*number)
            found[words.fact] = Reading(
                words.fact, frozenset([value]), here.text.raw[start:end], start, end, method="place of service"
            )

    def _silent_source(self, here: Told, role: str, fact: str) -> Reading | None:
        """A source that is said to name no side: form blank."""
        for first, last in here.reach:
            closed = [m for m in self.facts.bare.find(here.words, first, last) if m.kind == "bare:closed"]
            sources = [m for m in self.sides.sources.find(here.words, first, last) if m.kind.startswith(role)]
            if closed and sources and not self.sides.sides.find(here.words, first, last):
                for match in (*closed, *sources):
                    here.understood.update(range(match.first, match.last))
                open_one = self._left_open(here, fact)
                return replace(open_one, method=BY_SOURCE) if open_one else None
        return None

    def _left_open(self, here: Told, fact: str) -> Reading | None:
        """An answer that speaks of what is asked and names nothing that counts: open."""
        matches = [m for first, last in here.reach if last for m in self.facts.bare.find(here.words, first, last)]
        sided = fact in self.words.sides.facts.values() and any(
            m.kind != "decoy"
            for first, last in here.reach
            if last
            for m in self.sides.sides.find(here.words, first, last)
        )
        if not matches and not sided:
            return None
        for match in matches:
            here.understood.update(range(match.first, match.last))
        closed = any(m.kind == "bare:closed" for m in matches)
        first, last = (matches[0].first, matches[-1].last) if matches else (0, len(here.words))
        start, end = here.raw(first, last)
        assertion = Assertion.NOT_DOCUMENTED if closed else Assertion.UNCERTAIN
        quote = here.text.raw[start:end]
        return Reading(fact, self.domains.get(fact, frozenset()), quote, start, end, assertion, "open", closed=closed)

    # --- the age, and the closing statement ---

    def _age(
        self,
        here: Told,
        found: dict[str, Reading],
        facts: frozenset[str],
        birth: date | None,
        service: date | None,
    ) -> None:
        """The age from the dates; several where day and month could be swapped and it matters."""
        words = self.words.dates
        born, day = found.get(words.birth), found.get(words.service)
        asked = bool({words.age, words.birth} & facts)
        births, days = days_of(born), days_of(day)
        if not births and not days:
            return
        if asked:
            births, days = births or [b for b in [birth] if b], days or [d for d in [service] if d]
        domain = self.domains.get(words.age, frozenset())
        # the figures of one answer have one order: both are swapped, or neither
        alike = all(r is not None and r.doubt == SWAPPED for r in (born, day)) and len(births) == len(days)
        pairs = [([b], [d]) for b, d in zip(births, days, strict=True)] if alike else [(births, days)]
        possible = frozenset().union(*(ages_possible(*pair) for pair in pairs))
        ages: Values = frozenset(a for a in possible if words.youngest <= a <= words.oldest) & domain
        given = [r for r in (born, day) if r is not None and r.values]
        if not ages and not (asked and births):
            return
        start, end = min(r.start for r in given), max(r.end for r in given)
        doubt = SWAPPED if len(ages) > 1 else ""
        usual = ages_possible(births[:1], days[:1]) & ages
        found[words.age] = Reading(
            words.age,
            ages or domain,
            here.text.raw[start:end],
            start,
            end,
            method=AGE_FROM_DATES,
            doubt=doubt,
            ordered=(*usual, *(ages - usual)),
        )

    def _age_open(self, here: Told) -> Reading:
        """A birth is spoken of, and no age follows from it."""
        start, end = here.raw(0, len(here.words))
        fact = self.words.dates.age
        return Reading(fact, self.domains[fact], here.text.raw[start:end], start, end, method=AGE_FROM_DATES)

    def _statement(self, here: Told, frame: Frame, found: dict[str, Reading]) -> None:
        """The closing question: none, a fact of the chart, or a statement that a physician should weigh."""
        words = self.words.statement
        raw = here.text.raw
        stripped = raw.strip()
        if not stripped:
            return
        start = raw.index(stripped)
        end = start + len(stripped)
        domain = self.domains[words.fact]

        def reading(values: Values, method: str, assertion: Assertion, doubt: str = "") -> Reading:
            return Reading(words.fact, values, stripped, start, end, assertion, method, doubt=doubt)

        bare = [m for first, last in here.reach if last for m in self.facts.bare.find(here.words, first, last)]
        kinds = {m.kind.removeprefix("bare:") for m in bare}
        held = {i for m in bare for i in range(m.first, m.last)}
        none = [m for first, last in here.reach if last for m in self.none.find(here.words, first, last)]
        held_none = {i for m in none for i in range(m.first, m.last)}
        ordinary = {i for m in self.ordinary.find(here.words) for i in range(m.first, m.last)}
        content = [i for i, w in enumerate(here.words) if any(c.isalnum() for c in w) or w in {"-", "--"}]
        content = [i for i in content if here.segment_of[i] >= 0]
        rest = [i for i in content if i not in held_none and i not in held and i not in ordinary]
        plain_kind = self.reader.bare_kind(raw)
        if none and "yes" not in kinds and not rest and not any(s.question for s in here.segments):
            found[words.fact] = reading(frozenset([words.absent]), "none", Assertion.NEGATED)
            return
        if not rest:
            kind = next(iter(kinds)) if len(kinds) == 1 else plain_kind
            if kind is None and not kinds:
                return
            kind = "unclear" if kind is None or any(s.question for s in here.segments) else kind
            given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear).get(words.fact)
            values = frozenset([given]) if given in domain else domain
            assertion = {"yes": Assertion.AFFIRMED, "no": Assertion.NEGATED}.get(kind, Assertion.UNCERTAIN)
            found[words.fact] = reading(values, f"bare {kind}", assertion)
            return
        leading_yes = bool(bare) and bare[0].kind == "bare:yes" and bare[0].first <= 1
        left = self._not_of_the_chart(here, set(rest))
        if not left:
            return
        spoken = sum(any(c.isalnum() for c in w) for w in here.words)
        if len(left) < _SENTENCE and spoken <= _SENTENCE and not leading_yes:
            unread = [(i, i + 1) for i in left]
            open_one = reading(domain, "statement", Assertion.UNCERTAIN)
            found[words.fact] = doubted(here, replace(open_one, quote=stripped), unread)
            return
        unsure = kinds & {"unclear", "closed"} or any(s.question for s in here.segments)
        weighs = any(self.weighs.find(here.words, first, last) for first, last in here.reach if last)
        if unsure or not (leading_yes or weighs):
            found[words.fact] = reading(domain, "statement", Assertion.UNCERTAIN, words.doubt)
            return
        doubt = "" if leading_yes else words.doubt
        found[words.fact] = reading(frozenset([words.present]), "statement", Assertion.AFFIRMED, doubt)

    def _not_of_the_chart(self, here: Told, rest: set[int]) -> list[int]:
        """The words left when the segments are taken out that only tell a finding, or a number that answers one."""
        left = []
        for number, (first, last) in enumerate(here.reach):
            mine = [i for i in range(first, last) if i in rest]
            if not mine:
                continue
            segment = here.segments[number]
            piece = here.text.raw[segment.start : segment.end]
            quoted = {w for r in self.clinical(piece) for w in r.quote.lower().split()}
            if not quoted or any(w not in quoted for run in self.reader.unread(piece) for w in run):
                left += mine
        return left

    def clinical(self, text: str, side: str | None = None) -> tuple[Reading, ...]:
        """What an answer says of findings: by itself, or as a bare number or degree under a question that takes one."""
        if found := self.reader.read(text, side=side):
            return found
        for question, frame in self.reader.frames.items():
            said = self.reader.read(text, question, side=side) if frame.bare else ()
            if said and all(self._is_bare(r, frame) for r in said):
                return said
        return ()

    def _is_bare(self, reading: Reading, frame: Frame) -> bool:
        """Whether a reading is a number or a degree that a question takes without a name; "none" may be of anything."""
        named = reading.method.startswith("bare") or reading.values == {frame.no.get(reading.fact)}
        return reading.fact in frame.bare and not named and len(reading.values) < len(self.domains[reading.fact])


def load_form_reader(
    document: Mapping[str, Any], reader: Reader, domains: Mapping[str, Values], questions: Mapping[str, Frame]
) -> FormReader:
    """A reader of forms from a parsed vocabulary file."""
    return FormReader(form_file(document), reader, domains, questions)
