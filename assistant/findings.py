"""What is known of each fact: the request, the answers and the reviewer's choices, brought together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from .errors import AssistantError
from .events import FactRead, Noted, Picked, Started
from .policy import UNKNOWN, Fact, Policy, Value, values_of

SKIP = "/skip"
NOT_STATED = "/unknown"
START = "/start"


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer is read against: the side under review, the dates that give an age, and what the form says."""

    side: str | None = None
    date_of_service: date | None = None
    birth_date: date | None = None
    day_first: bool = False
    requested_side: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finding comes from: the turn (0 for the request) and its words."""

    turn: int
    quote: str
    values: frozenset[Value]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one fact. `conflict`: its sources exclude each other, and `values` holds what either says."""

    fact: str
    values: frozenset[Value]
    sources: tuple[Source, ...]
    origin: str = "read"
    conflict: bool = False
    closed: bool = False
    reason: str = ""

    @property
    def value(self) -> Value | None:
        """The only value left, if there is only one."""
        return next(iter(self.values)) if len(self.values) == 1 and not self.conflict else None


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that the reviewer did, as it counts now (after edits)."""

    number: int
    question: str
    side: str | None
    text: str
    read: tuple[FactRead, ...] = ()
    pick: Picked | None = None
    note: Noted | None = None
    edited: bool = False

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
    for turn in turns:
        if not shared and turn.side != side and (both or turn.side is not None):
            continue
        add_turn(found, policy, turn, shared=shared)
    if shared:
        _add_age(found, policy, started, turns)
    return found


def add_turn(found: dict[str, Finding], policy: Policy, turn: Turn, *, shared: bool) -> None:
    """Bring what one more turn says of the whole request, or of a side, together with what is known."""
    if turn.pick:
        for fact, value in turn.pick.facts.items():
            if _belongs(policy.fact[fact], shared):
                values = checked_values(policy, fact, value)
                source = Source(turn.number, turn.text or turn.pick.reason, values)
                closed = value == UNKNOWN
                found[fact] = Finding(fact, values, (source,), turn.pick.origin, False, closed, turn.pick.reason)
    for read in turn.read:
        if _belongs(policy.fact[read.fact], shared):
            _add(found, read, turn, policy)


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
    source = Source(turn.number, read.quote, values, read.start, read.end)
    known = found.get(read.fact)
    if known is None or (known.conflict and values < known.values) or known.values == domain:
        found[read.fact] = Finding(read.fact, values, (source,), closed=read.closed)
    elif values == domain:
        return
    elif fact.best_of and not known.conflict and (known.values | values) <= set(fact.best_of):
        best = min(known.values, key=lambda v: fact.best_of.index(str(v)))
        again = min(values, key=lambda v: fact.best_of.index(str(v)))
        if fact.best_of.index(str(again)) < fact.best_of.index(str(best)) or len(known.values) > 1:
            found[read.fact] = Finding(read.fact, known.values & values or values, (*known.sources, source))
    elif common := known.values & values:
        found[read.fact] = replace(known, values=common, sources=(*known.sources, source))
    else:
        found[read.fact] = Finding(read.fact, known.values | values, (*known.sources, source), conflict=True)


def dates_said(started: Started, turns: Iterable[Turn]) -> dict[str, date]:
    """Dates of birth and of service, by fact id; a later answer replaces an earlier one."""
    found: dict[str, date] = {}
    for fact in ("date_of_service", "birth_date"):
        if given := started.request.get(fact):
            found[fact] = given if isinstance(given, date) else _day(str(given))
    for turn in turns:
        for read in turn.read:
            if read.fact in {"date_of_service", "birth_date"} and len(read.values) == 1:
                found[read.fact] = _day(str(read.values[0]))
    return found


def _day(text: str) -> date:
    """A day as it stands in a transcript, with or without a time."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise AssistantError(f"'{text[:40]}' is no date", "Write it as 2026-12-10") from None


def completed_years(birth: date, day: date) -> int:
    """Age in completed years on a day (reading R18)."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _add_age(found: dict[str, Finding], policy: Policy, started: Started, turns: tuple[Turn, ...]) -> None:
    dates = dates_said(started, turns)
    if "age_years" not in policy.domains or "birth_date" not in dates:
        return
    day, named = dates.get("date_of_service"), "service"
    if day is None and started.at:
        # Reading R18: without a date of service the date of the review counts, and the quote says so.
        day, named = _day(started.at), "no date of service; review"
    if day is None:
        return
    years = completed_years(dates["birth_date"], day)
    if years not in policy.domains["age_years"]:
        return
    quote = f"born {dates['birth_date'].isoformat()}, {named} {day.isoformat()}"
    values = frozenset[Value]([years])
    known = found.get("age_years")
    source = Source(0, quote, values)
    if known is None or (not known.conflict and years in known.values):
        found["age_years"] = Finding("age_years", values, (*(known.sources if known else ()), source), "computed")
    elif known.origin == "read":
        found["age_years"] = Finding("age_years", known.values | values, (*known.sources, source), conflict=True)
