"""From reviews to ratings: who said what of which case and side, what differs, and which cases to talk about."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import ceil
from typing import Literal

from ..determination import Truth
from ..errors import AssistantError
from ..findings import Finding
from ..interview import Session, SideReview
from ..policy import UNKNOWN, Policy
from ..view import say_values
from .statistics import Pattern, Poles, Resampling, Summary, summarise

Kind = Literal["outcome", "criterion", "fact"]

CONFLICT = "conflict"
"""The rating of a fact whose sources exclude each other."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that each reviewer rates: the outcome, a criterion, or a fact. `facts`: those it hangs on."""

    kind: Kind
    id: str
    label: str
    poles: Poles | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """What is rated: one side of a case; no side for what is said of the whole request."""

    case: str
    side: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one reviewer says: the value that is compared, the same in words, and the reviewer's own words for it."""

    value: str
    words: str
    quotes: tuple[str, ...] = ()


Given = Mapping[Measure, Mapping[Unit, Mapping[str, Rating]]]


@dataclass(frozen=True)
class Ratings:
    """All ratings by measure, unit and reviewer; `seen` are the reviewers of each case."""

    policy: str
    reviewers: tuple[str, ...]
    seen: Mapping[str, frozenset[str]]
    given: Given
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A unit and measure with different ratings, or (`silent`) a fact behind one that only some spoke of."""

    unit: Unit
    measure: Measure
    said: tuple[tuple[str, Rating | None], ...]
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One comparison: these reviewers, over every measure."""

    title: str
    kind: Literal["all", "pair", "gold"]
    reviewers: tuple[str, ...]
    rows: tuple[tuple[Measure, Summary], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cases to talk about: all with a disagreement, unless a number, a percentage or names are given."""

    count: int | None = None
    percent: float | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything that is shown."""

    ratings: Ratings
    gold: str | None
    resampling: Resampling
    blocks: tuple[Block, ...]
    chosen: tuple[str, ...]
    chosen_how: str
    disagreements: tuple[Disagreement, ...]
    notices: tuple[str, ...] = field(default=())


# --- Ratings --------------------------------------------------------------------------------------------------------


def same(name: str) -> str:
    """What makes two spellings of a case or reviewer the same: case and spacing do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def collect(reviews: Iterable[tuple[str, Session]], *, unfinished: bool = False) -> Ratings:
    """The ratings in reviews of one policy.

    Args:
        reviews: Each with the name of its file.
        unfinished: Whether reviews that were not concluded count.
    """
    notices: list[str] = []
    kept: dict[tuple[str, str], tuple[str, Session]] = {}
    cases: dict[str, str] = {}
    reviewers: dict[str, str] = {}
    for name, session in sorted(reviews, key=lambda r: (r[1].started.at or "", r[0])):
        case, reviewer = session.started.case.strip(), session.started.reviewer.strip()
        if not case or not reviewer:
            notices.append(f"{name} names no {'reviewer' if case else 'case'}: left out")
        elif not (session.concluded or unfinished):
            notices.append(f"{name} is not concluded: left out")
        else:
            case = cases.setdefault(same(case), case)
            reviewer = reviewers.setdefault(same(reviewer), reviewer)
            if (case, reviewer) in kept:
                notices.append(f"{reviewer} reviewed {case} more than once: {name}, started last, counts")
            kept[case, reviewer] = (name, session)
    given: dict[Measure, dict[Unit, dict[str, Rating]]] = {m: {} for m in _measures(s for _n, s in kept.values())}
    by_id = {(m.kind, m.id): m for m in given}
    seen: dict[str, set[str]] = {}
    sides: dict[str, dict[str, tuple[str, ...]]] = {}
    for (case, reviewer), (_name, session) in kept.items():
        seen.setdefault(case, set()).add(reviewer)
        sides.setdefault(case, {})[reviewer] = tuple(_side(session, review) for review in session.sides)
    for (case, reviewer), (_name, session) in kept.items():
        named = {s for found in sides[case].values() for s in found if s}
        for review, side in zip(session.sides, sides[case][reviewer], strict=True):
            # A reviewer who named no side is taken to mean the one that the others name, if they agree.
            unit = Unit(case, side or (next(iter(named)) if len(named) == 1 else ""))
            for key, whole, rating in _rated(session, review):
                given[by_id[key]].setdefault(Unit(case) if whole else unit, {})[reviewer] = rating
    for case, found in sides.items():
        if len({frozenset(s) for s in found.values() if any(s)}) > 1:
            said = "; ".join(f"{r}: {' and '.join(filter(None, s)) or 'none named'}" for r, s in sorted(found.items()))
            notices.append(f"{case} was reviewed for different sides ({said}): only a side that both have is compared")
    versions = sorted({f"{s.policy.id}@{s.policy.version}" for _n, s in kept.values()})
    if len(versions) > 1:
        notices.append(f"reviews under several versions are compared: {', '.join(versions)}")
    return Ratings(
        ", ".join(versions),
        tuple(sorted(reviewers.values(), key=same)),
        {case: frozenset(found) for case, found in sorted(seen.items())},
        {m: found for m, found in given.items() if found},
        tuple(notices),
    )


def _measures(sessions: Iterable[Session]) -> list[Measure]:
    """Outcome, criteria, facts: in the order of the newest version, with what older ones have besides."""
    policies = sorted({s.policy for s in sessions}, key=lambda p: -p.version)
    found: dict[tuple[Kind, str], Measure] = {("outcome", "outcome"): Measure("outcome", "outcome", "outcome")}
    for policy in policies:
        for c in policy.criterion.values():
            poles = (Truth.TRUE.value, Truth.FALSE.value)
            found.setdefault(("criterion", c.id), Measure("criterion", c.id, c.label, poles, c.facts()))
    for policy in policies:
        for f in policy.facts:
            two = (f.values[0], f.values[1]) if len(f.values) == 2 else None
            found.setdefault(("fact", f.id), Measure("fact", f.id, f.label, two, (f.id,)))
    return list(found.values())


def _side(session: Session, review: SideReview) -> str:
    """The side by name, when the review is of one of the policy's sides."""
    known = review.findings.get(session.policy.side_fact or "")
    value = review.side or (known.value if known else None)
    return str(value) if value in session.policy.sides else ""


def _rated(session: Session, review: SideReview) -> Iterable[tuple[tuple[Kind, str], bool, Rating]]:
    """Each measure's key, whether it is of the whole request, and the rating."""
    policy, determination = session.policy, review.determination
    outcome = determination.outcome.value
    yield ("outcome", "outcome"), False, Rating(outcome, outcome.replace("_", " "))
    for criterion in policy.criterion.values():
        truth = determination.criteria[criterion.id].value
        found = [review.findings[f] for f in criterion.facts() if f in review.findings]
        # Unknown because the record leaves it open is a rating; because nobody came to ask it is none. Else a reviewer
        # whose other answer settled the case would seem to disagree on all that was then not asked.
        if truth != Truth.UNKNOWN or any(finding.value is None for finding in found):
            quotes = tuple(dict.fromkeys(q for finding in found for q in _quotes(finding)))
            yield ("criterion", criterion.id), False, Rating(truth, truth, quotes)
    for finding in review.findings.values():
        fact = policy.fact[finding.fact]
        # What the form says, both reviewers were given: it would pass for agreement.
        from_form = finding.origin == "request" or (
            finding.origin == "computed" and "birth_date" in session.started.request
        )
        if fact.kind != "date" and not from_form:
            yield ("fact", fact.id), fact.about != "side", _fact_rating(policy, finding)


def _fact_rating(policy: Policy, finding: Finding) -> Rating:
    words = say_values(policy, finding)
    if finding.conflict:
        return Rating(CONFLICT, f"contradictory: {words}", _quotes(finding))
    if finding.values == policy.domains[finding.fact]:
        return Rating(UNKNOWN, "left open", _quotes(finding))
    plain = sorted(", ".join(v) if isinstance(v, tuple) else str(v) for v in finding.values)
    return Rating(" or ".join(plain), words, _quotes(finding))


def _quotes(finding: Finding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.quote.strip() for s in finding.sources if s.quote.strip()))


# --- Comparing ------------------------------------------------------------------------------------------------------


def analyse(ratings: Ratings, *, gold: str | None, choice: Choice, resampling: Resampling) -> Report:
    """All comparisons, and the disagreements of the cases to talk about.

    Raises:
        AssistantError: There is no such gold reviewer or case.
    """
    known = {same(r): r for r in ratings.reviewers}
    if gold is not None and same(gold) not in known:
        raise AssistantError(f"there is no reviewer '{gold}' to compare with", f"There is: {', '.join(known.values())}")
    standard = known[same(gold)] if gold is not None else None
    others = tuple(r for r in ratings.reviewers if r != standard)
    blocks = [
        _block(ratings, f"{r} against gold ({standard})", "gold", (r, standard), resampling) for r in others if standard
    ]
    if len(others) > 1 or not standard:
        blocks.append(
            _block(ratings, "All reviewers" if len(others) != 2 else "Both reviewers", "all", others, resampling)
        )
    if len(others) > 2:
        blocks += [_block(ratings, f"{a} and {b}", "pair", (a, b), resampling) for a, b in combinations(others, 2)]
    found = disagreements(ratings)
    shared = [case for case, seen in ratings.seen.items() if len(seen) > 1]
    chosen, how = choose(shared, {d.unit.case for d in found}, choice, resampling.seed)
    notices = list(ratings.notices)
    if len(ratings.reviewers) < 2:
        notices.insert(
            0, f"There {'is only one reviewer' if ratings.reviewers else 'are no reviews'}: nothing to compare"
        )
    elif not shared:
        notices.insert(0, "No case was reviewed by two reviewers: nothing to compare")
    listed = tuple(d for d in found if d.unit.case in chosen)
    return Report(ratings, standard, resampling, tuple(blocks), chosen, how, listed, tuple(notices))


def _block(
    ratings: Ratings, title: str, kind: Literal["all", "pair", "gold"], reviewers: tuple[str, ...], how: Resampling
) -> Block:
    rows = []
    for measure, units in ratings.given.items():
        patterns: list[tuple[str, Pattern]] = []
        for unit, said in sorted(units.items()):
            pattern = tuple(said[r].value if r in said else None for r in reviewers)
            if any(pattern):
                patterns.append((unit.case, pattern))
        rows.append((measure, summarise(len(reviewers), tuple(patterns), measure.poles, how)))
    return Block(title, kind, reviewers, tuple(rows))


def disagreements(ratings: Ratings) -> tuple[Disagreement, ...]:
    """All that differs, by case and side, each with what it hangs on right below."""
    found: list[Disagreement] = []
    hanging: dict[str, set[str]] = {}
    present = next((units for m, units in ratings.given.items() if m.kind == "outcome"), {})
    for measure, units in ratings.given.items():
        for unit, said in units.items():
            # Who reviewed only the other side has no say here.
            reviewers = sorted(present.get(unit, ()) if unit.side else ratings.seen[unit.case], key=same)
            rows = tuple((r, said.get(r)) for r in reviewers)
            if len({r.value for r in said.values()}) > 1:
                found.append(Disagreement(unit, measure, rows))
                if measure.kind == "criterion":
                    hanging.setdefault(unit.case, set()).update(measure.facts)
            elif measure.kind == "fact" and len(said) < len(reviewers) and measure.id in hanging.get(unit.case, ()):
                # Criteria come before facts in the order of measures, so what hangs is known here.
                found.append(Disagreement(unit, measure, rows, silent=True))
    order = {m: i for i, m in enumerate(ratings.given)}
    return tuple(sorted(found, key=lambda d: (d.unit, order[d.measure])))


def choose(shared: Sequence[str], differing: set[str], choice: Choice, seed: int) -> tuple[tuple[str, ...], str]:
    """The cases to talk about, and how they were chosen.

    Args:
        shared: Cases with two reviewers or more.
        differing: Cases with a disagreement.
        choice: What was asked for.
        seed: For drawing.
    """
    ordered = sorted(shared)
    if choice.cases:
        known = {same(case): case for case in ordered}
        if missing := [c for c in choice.cases if same(c) not in known]:
            raise AssistantError(f"no two reviewers share the case '{missing[0]}'", "Name cases that two reviewed")
        return tuple(sorted({known[same(c)] for c in choice.cases})), "named"
    if choice.count is not None or choice.percent is not None:
        wanted = choice.count if choice.count is not None else ceil(len(ordered) * (choice.percent or 0) / 100)
        drawn = random.Random(seed).sample(ordered, min(max(wanted, 0), len(ordered)))  # noqa: S311 - no secret
        return tuple(sorted(drawn)), f"drawn at random from {len(ordered)}, seed {seed}"
    return tuple(c for c in ordered if c in differing), f"all with a disagreement, of {len(ordered)}"
