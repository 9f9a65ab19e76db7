"""Facts of the form that are so or not so: documents, other procedures, condition. What was not understood blocks.

The value that helps a release counts only when every word of the answer was understood; the one that holds a release up
may stand beside words that were not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .assertion import Assertion
from .form_words import FormFact
from .lexicon import Lexicon, Match, Patterns
from .reading import Frame, Reading, SetAside
from .scene import Values
from .told import Told

_SAYS, _BARE = "says:", "bare:"
_OPEN, _OLD = "open", "old"
_OLD_REASON = "more than three months ago, or no month is given"
_NEAR = 3
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of a fact: its value (None: open), the words that decide, and where they stand."""

    value: str | None
    first: int
    last: int
    bare: str = ""


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
        self.neutral: dict[str, Patterns] = {}
        named = {f"{_BARE}{kind}": listed for kind, listed in bare.items()}
        for fact, words in facts.items():
            says = {f"{_SAYS}{v}": listed for v, listed in words.says.items()}
            anywhere = {f"{_SAYS}{v}": listed for v, listed in words.elsewhere.items()}
            merged = {kind: (*says.get(kind, ()), *anywhere.get(kind, ())) for kind in {**says, **anywhere}}
            self.own[fact] = lexicon.patterns({_OPEN: words.open, _OLD: words.old, **merged, **named})
            self.elsewhere[fact] = lexicon.patterns({_OPEN: words.open, **anywhere})
            self.neutral[fact] = lexicon.patterns({"neutral": words.neutral})
        self.bare = lexicon.patterns(named)

    def read(
        self, told: Told, frame: Frame, typed: Mapping[str, Sequence[Said]]
    ) -> tuple[dict[str, Reading], list[SetAside]]:
        """What an answer says of the facts that its question asks.

        Args:
            told: The answer.
            frame: How its question reads a bare yes and no.
            typed: What typed readers (codes of diagnoses) say of these facts.
        """
        asked = [f for f in frame.facts if f in self.facts]
        said: dict[str, Said] = {}
        aside: list[SetAside] = []
        for fact in asked:
            one = self._said(told, fact, frame, typed.get(fact, ()), aside)
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

    @staticmethod
    def _found(told: Told, patterns: Patterns) -> list[Match]:
        return [m for first, last in told.reach if last for m in patterns.find(told.words, first, last)]

    def _said(self, told: Told, fact: str, frame: Frame, typed: Sequence[Said], aside: list[SetAside]) -> Said | None:
        words = self.facts[fact]
        found = self._found(told, self.own[fact])
        for match in found:
            told.understood.update(range(match.first, match.last))
        explicit = [Said(m.kind.removeprefix(_SAYS), m.first, m.last) for m in found if m.kind.startswith(_SAYS)]
        asked = [o for o in explicit if o.value == words.releases and told.segments[told.segment_of[o.first]].question]
        explicit = [o for o in explicit if o not in asked]  # attached? no
        explicit = [o for o in explicit if o.value != words.releases or not self._denied(told, found, o)] + list(typed)
        denied = [m for m in found if m.kind == f"{_SAYS}{words.releases}" and self._denied(told, found, m)]
        open_ones = [Said(None, m.first, m.last) for m in [*denied, *found] if m.kind == _OPEN or m in denied]
        for match in found:
            if match.kind == _OLD:
                aside.append(
                    SetAside(told.quote(match.first, match.last), *told.raw(match.first, match.last), _OLD_REASON)
                )
                open_ones.append(Said(None, match.first, match.last))
        values = {o.value for o in explicit}
        if explicit:
            value = next(iter(values)) if len(values) == 1 else (words.both or None)
            doubted_too = any(m.kind == _OPEN for m in found) and words.both != value
            if doubted_too and value == words.releases:  # what is only too old to count leaves a "none" as it is
                return Said(None, open_ones[0].first, open_ones[0].last)
            deciding = [o for o in explicit if o.value == value] or explicit
            return Said(value, deciding[0].first, deciding[0].last)
        bare = [m for m in found if m.kind.startswith(_BARE)]
        questioned = [m for m in bare if told.segments[told.segment_of[m.first]].question]
        if questioned or (asked and not bare):
            one = (questioned or asked)[0]
            return Said(None, one.first, one.last)
        kinds = list(dict.fromkeys(m.kind.removeprefix(_BARE) for m in bare))
        if open_ones:
            # an old one leaves it open unless the answer also says that there is none
            only_old = all(m.kind != _OPEN for m in found) and not denied
            if not (only_old and kinds == ["no"] and frame.no.get(fact) == words.releases):
                return Said(None, open_ones[0].first, open_ones[0].last)
        if not bare:
            return None
        kind = kinds[0] if len(kinds) == 1 else "unclear"
        given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear).get(fact)
        if given is None:
            return None
        value = None if given == _UNKNOWN or len(kinds) > 1 else str(given)
        return Said(value, bare[0].first, bare[0].last, kind)

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

    def _reading(self, told: Told, fact: str, one: Said) -> Reading:
        start, end = told.raw(one.first, one.last)
        quote = told.text.raw[start:end]
        domain = self.domains[fact]
        method = f"bare {one.bare}" if one.bare else "form"
        assertion = {"no": Assertion.NEGATED, "closed": Assertion.NOT_DOCUMENTED}.get(one.bare, Assertion.AFFIRMED)
        if one.value is None:
            closed = one.bare == "closed"
            assertion = assertion if closed else Assertion.UNCERTAIN
            return Reading(fact, domain, quote, start, end, assertion, method, closed=closed)
        return Reading(fact, frozenset([one.value]) & domain or domain, quote, start, end, assertion, method)


def doubted(told: Told, reading: Reading, domain: Values, unread: Sequence[tuple[int, int]]) -> Reading:
    """A reading that would help a release, opened because words beside it were not understood."""
    words = ", ".join(f"“{told.quote(first, last)}”" for first, last in unread[:3])
    doubt = f"I read “{reading.quote}”, but not {words}."
    return Reading(
        reading.fact,
        domain,
        reading.quote,
        reading.start,
        reading.end,
        Assertion.UNCERTAIN,
        reading.method,
        doubt=doubt,
    )
