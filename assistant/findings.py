"""What is known of each fact: the request, the answers and the reviewer's choices, brought together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from .determination import rules_of
from .errors import AssistantError
from .events import FactRead, Noted, Picked, Started
from .matching.reading import NAMES_BOTH
from .policy import UNKNOWN, Fact, Policy, Value, values_of

SKIP = "/skip"
NOT_STATED = "/unknown"
START = "/start"
CONTRADICTS = "/contradicts"
EXACT = 100.0
"""The score of words that stand in the vocabulary as they were typed."""
BOTH = "both"
"""The side of words that are said of both."""


MAX_NAMED = 3
"""So many numbers at most are a range that an answer names (II-III); more are what it leaves open."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer is read against: the side under review, dates (`reviewed`: of the review), and the form's side."""

    side: str | None = None
    date_of_service: date | None = None
    birth_date: date | None = None
    day_first: bool = False
    requested_side: str | None = None
    reviewed: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finding comes from: the turn (0 for the request) and its words."""

    turn: int
    quote: str
    values: frozenset[Value]
    start: int = 0
    end: int = 0
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one fact.

    `conflict`: its sources exclude each other, and `values` holds what either says. `against`: one of them was then
    chosen or said again, and no reason was given.
    """

    fact: str
    values: frozenset[Value]
    sources: tuple[Source, ...]
    origin: str = "read"
    conflict: bool = False
    closed: bool = False
    reason: str = ""
    against: bool = False

    @property
    def value(self) -> Value | None:
        """The only value left, if there is only one."""
        return next(iter(self.values)) if len(self.values) == 1 and not self.conflict else None

    @property
    def doubt(self) -> str:
        """What is not sure about it; nothing when a source without doubt says all of it."""
        doubts = [s.doubt for s in self.sources if s.values == self.values]
        return "" if not all(doubts) else next(iter(doubts), "")


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that the reviewer did, as it counts now (after edits).

    `about` is the side that was under review when only one was requested. `stamp` says in which order things were last
    said: an edited turn is younger than those behind it. `void`: it asked back about an answer that was edited since.
    """

    number: int
    question: str
    side: str | None
    text: str
    read: tuple[FactRead, ...] = ()
    pick: Picked | None = None
    note: Noted | None = None
    edited: bool = False
    about: str | None = None
    stamp: int = 0
    void: bool = False

    @property
    def skipped(self) -> bool:
        """Passed over without an answer."""
        return self.text in {SKIP, START} and not self.pick


def checked_values(policy: Policy, fact: str, value: Any) -> frozenset[Value]:
    """The possible values that a pick or a request names; an AssistantError for a bad one."""
    try:
        return values_of(policy, fact, value)
    except ValueError as error:
        raise AssistantError(str(error)) from error


def findings_of(
    policy: Policy,
    started: Started,
    turns: tuple[Turn, ...],
    side: Value | None,
    *,
    shared: bool,
    both: bool = False,
) -> dict[str, Finding]:
    """What turns say: of the whole request, or of one side. What was said of one side never counts for another."""
    found: dict[str, Finding] = {}
    if shared:
        found.update(_requested(policy, started.request))
    seen: list[Turn] = []
    for turn in turns:
        add_turn(found, policy, turn, None if shared else side, shared=shared, both=both)
        _compare_with_edits(found, policy, turn, seen)
        seen.append(turn)
    if shared:
        _add_age(found, policy, started, turns)
    return found


def add_turn(
    found: dict[str, Finding], policy: Policy, turn: Turn, side: Value | None, *, shared: bool, both: bool = False
) -> None:
    """Bring what one more turn says of the whole request, or of a side, together with what is known.

    Args:
        found: What is known by fact; changed.
        policy: Where the facts are defined.
        turn: What was answered or chosen.
        side: The side that is looked at; None while it is not known.
        shared: What is said of the whole request and of the patient, not of a side.
        both: Both sides are requested.
    """
    mine = shared or concerns(turn, side, both=both)
    if (pick := turn.pick) and mine:
        for fact, value in pick.facts.items():
            if _belongs(policy.fact[fact], shared):
                values = checked_values(policy, fact, value)
                known = found.get(fact)
                unread = known.sources[-1].doubt if known and known.sources and not pick.reason else ""
                doubt = f"chosen after an answer that is not sure: {unread}" if unread and unread != NAMES_BOTH else ""
                source = Source(turn.number, turn.text or pick.reason, values, doubt=doubt)
                against = known is not None and is_disputed(known) and not pick.reason
                found[fact] = Finding(
                    fact, values, (source,), pick.origin, False, value == UNKNOWN, pick.reason, against
                )
    for read in turn.read:
        counts = mine if read.side not in {*policy.sides, BOTH} or shared or not both else read.side in {side, BOTH}
        if counts and _belongs(policy.fact[read.fact], shared):
            _add(found, read, turn, policy)


def is_disputed(known: Finding) -> bool:
    """Whether what was said excludes itself, so that one of it said again settles nothing without a reason."""
    return known.conflict or known.against or any(s.doubt == NAMES_BOTH for s in known.sources)


def _names_several(policy: Policy, read: FactRead, values: frozenset[Value]) -> bool:
    """Whether an answer names values that exclude each other, rather than leave open which one it is, and it matters.

    It matters where a test of the policy lies between them, and for what the request is about.
    """
    fact = policy.fact[read.fact]
    if fact.kind == "codes" or not 1 < len(values) < len(policy.domains[read.fact]):
        return False
    if fact.about == "request":
        return True
    named = read.method.startswith("conflict") or (fact.kind == "integer" and len(values) <= MAX_NAMED)
    return named and len(rules_of(policy).classes(read.fact, values)) > 1


def concerns(turn: Turn, side: Value | None, *, both: bool) -> bool:
    """Whether a turn is about this side: what was said of one side never counts for another."""
    if both or turn.side is not None:
        return turn.side == side
    return turn.about is None or side is None or turn.about == side


def _compare_with_edits(found: dict[str, Finding], policy: Policy, turn: Turn, seen: Iterable[Turn]) -> None:
    """A value that was chosen before an answer was edited does not silence what that answer says now."""
    for fact in turn.pick.facts if turn.pick else ():
        for edited in seen:
            for read in edited.read if edited.stamp > turn.stamp else ():
                known = found.get(fact)
                if read.fact != fact or known is None or policy.fact[fact].kind == "codes":
                    continue
                said = frozenset[Value](read.values) & policy.domains[fact]
                if said and not said & known.values:
                    source = Source(edited.number, read.quote, said, read.start, read.end)
                    found[fact] = Finding(fact, known.values | said, (*known.sources, source), conflict=True)


def _belongs(fact: Fact, shared: bool) -> bool:
    return fact.kind != "date" and (fact.about != "side") == shared


def _requested(policy: Policy, request: Mapping[str, Any]) -> Iterator[tuple[str, Finding]]:
    for fact, value in request.items():
        if fact in policy.domains:
            values = checked_values(policy, fact, value)
            shown = ", ".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
            yield fact, Finding(fact, values, (Source(0, shown, values),), "request", closed=value == UNKNOWN)


def _add(found: dict[str, Finding], read: FactRead, turn: Turn, policy: Policy) -> None:
    """Bring one more reading together with what is known: intersect, and where nothing is left, contradict."""
    fact = policy.fact[read.fact]
    domain = policy.domains[read.fact]
    said = values_of(policy, read.fact, list(read.values)) if fact.kind == "codes" else frozenset[Value](read.values)
    values = said & domain or domain
    if not is_plausible(fact, values):
        return
    doubt = NAMES_BOTH if _names_several(policy, read, values) else read.doubt or _misspelt(read)
    source = Source(turn.number, read.quote, values, read.start, read.end, doubt)
    known = found.get(read.fact)
    sure = known is not None and bool(known.doubt) and not source.doubt  # what is not sure gives way to what is
    chosen = known is not None and is_disputed(known) and values < known.values
    if known is None or sure or chosen or known.values == domain:
        found[read.fact] = Finding(read.fact, values, (source,), closed=read.closed, against=chosen)
    elif values == domain:
        return
    elif fact.best_of and not known.conflict and (known.values | values) <= set(fact.best_of):
        best = min(known.values, key=lambda v: fact.best_of.index(str(v)))
        again = min(values, key=lambda v: fact.best_of.index(str(v)))
        if fact.best_of.index(str(again)) < fact.best_of.index(str(best)) or len(known.values) > 1:
            found[read.fact] = Finding(read.fact, known.values & values or values, (*known.sources, source))
    elif common := known.values & values:
        against = known.against or (is_disputed(known) and common < known.values)
        found[read.fact] = replace(known, values=common, sources=(*known.sources, source), against=against)
    else:
        found[read.fact] = Finding(read.fact, known.values | values, (*known.sources, source), conflict=True)


def is_plausible(fact: Fact, values: Iterable[Value]) -> bool:
    """Whether a number may be so: an age of 0 or of 130 years is a slip, and never counts."""
    low, high = fact.plausible
    return fact.kind != "integer" or any(low <= int(str(v)) <= high for v in values)


def is_age_at_limit(policy: Policy, found: Finding) -> bool:
    """Whether an age that was only said may fall on the other side of a test by the date of service."""
    dated = any(not s.turn and len(s.values) == 1 for s in found.sources)  # from dates, or from the request
    if found.fact != "age_years" or found.reason or dated:
        return False
    near = found.values | {int(str(value)) + 1 for value in found.values}
    return len(rules_of(policy).classes(found.fact, near & policy.domains[found.fact])) > 1


def _misspelt(read: FactRead) -> str:
    """What is not sure about words that were taken for other ones."""
    return f"“{read.quote}” was read as a misspelt word" if read.score < EXACT else ""


def days_said(started: Started, turns: Iterable[Turn]) -> dict[str, tuple[date, ...]]:
    """Dates of birth and of service, by fact id: every day that may be meant, the likeliest first.

    A later answer replaces an earlier one.
    """
    found: dict[str, tuple[date, ...]] = {}
    for fact in ("date_of_service", "birth_date"):
        if given := started.request.get(fact):
            found[fact] = (given if isinstance(given, date) else _day(str(given)),)
    for turn in turns:
        for read in turn.read:
            if read.fact in {"date_of_service", "birth_date"} and read.values:
                found[read.fact] = tuple(_day(str(value)) for value in read.values)
    return found


def dates_said(started: Started, turns: Iterable[Turn]) -> dict[str, date]:
    """Dates of birth and of service, by fact id, as they are read by default."""
    return {fact: days[0] for fact, days in days_said(started, turns).items()}


def reviewed_on(started: Started) -> date | None:
    """The day of a review; None when it is not recorded."""
    return _day(started.at) if started.at else None


def _day(text: str) -> date:
    """A day as it stands in a transcript, with or without a time."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise AssistantError(f"'{text[:40]}' is no date", "Write it as 2026-12-10") from None


def completed_years(birth: date, day: date) -> int:
    """Age in completed years on a day (reading R18)."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@dataclass(frozen=True, slots=True)
class ComputedAge:
    """An age from dates: the years that are possible, and the dates in words. `implausible`: no age that counts."""

    values: frozenset[Value]
    basis: str
    implausible: bool = False


def computed_age(policy: Policy, started: Started, turns: Iterable[Turn]) -> ComputedAge | None:
    """The age on the date of service, from the dates that were given (reading R18); None without a date of birth.

    Without a date of service it is counted on the day of the review. A service may lie a year ahead, so where a test
    of the policy lies between the two ages, both stay possible. Where day and month of a date could be swapped and the
    ages fall on two sides of such a test, all of them stay possible.
    """
    days = days_said(started, turns)
    if "age_years" not in policy.domains or "birth_date" not in days:
        return None
    births, services = days["birth_date"], days.get("date_of_service", ())
    named = "service"
    if not services:
        if not started.at:
            return None
        services, named = (_day(started.at),), "no date of service; on the day of this review,"
    ages = [completed_years(birth, day) for birth in births for day in services]
    if named != "service":
        ages += [age + 1 for age in ages]
    basis = f"born {births[0].isoformat()}, {named} {services[0].isoformat()}"
    low, high = policy.fact["age_years"].plausible
    counted = frozenset[Value](age for age in ages if low <= age <= high) & policy.domains["age_years"]
    if not counted or not low <= ages[0] <= high:
        return ComputedAge(frozenset([ages[0]]), basis, implausible=True)
    if len(rules_of(policy).classes("age_years", counted)) == 1:
        counted = frozenset[Value]([ages[0]])
    return ComputedAge(counted, basis)


def _add_age(found: dict[str, Finding], policy: Policy, started: Started, turns: tuple[Turn, ...]) -> None:
    age = computed_age(policy, started, turns)
    if age is None or age.implausible:
        return
    known = found.get("age_years")
    source = Source(0, age.basis, age.values)
    sources = (*(known.sources if known else ()), source)
    if known is None or (not known.conflict and known.values & age.values):
        values = age.values & known.values if known else age.values
        found["age_years"] = Finding("age_years", values, sources, "computed")
    elif known.origin == "read":
        found["age_years"] = Finding("age_years", known.values | age.values, sources, conflict=True)
