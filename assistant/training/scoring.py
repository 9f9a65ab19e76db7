"""What was right and wrong in a review of a chart: each gold fact, the kind of mistake, each criterion, the outcome."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ..determination import Determination, Truth
from ..events import Answered, Event, Picked
from ..interview import Session, advance, next_question, outcome_of
from ..policy import Criterion, Loaded, Policy, Value
from ..readers import reader_of
from .charts import Chart
from .checking import gold_determination, gold_values
from .kinds import kind_of

Mark = Literal["right", "wrong", "elsewhere", "missed"]
"""`elsewhere`: the value stands in the chart, but of something else, or the chart does not say it of this."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one gold fact. `said` is what the answers leave possible, `place` where the chart says that."""

    fact: str
    gold: frozenset[Value] | None
    said: frozenset[Value] | None
    mark: Mark
    kind: str = ""
    quote: str = ""
    place: str = ""

    @property
    def scored(self) -> bool:
        """Whether it counts: a fact without a gold value does not."""
        return self.gold is not None


@dataclass(frozen=True, slots=True)
class Score:
    """A chart as one trainee reviewed it.

    `criteria` has, for each criterion that was come to, whether it stands as it must.
    """

    outcome: str
    gold: str
    concluded: bool
    verdicts: tuple[Verdict, ...]
    criteria: Mapping[str, bool]

    @property
    def outcome_right(self) -> bool:
        """The review was closed, and ended as it must."""
        return self.concluded and self.outcome == self.gold

    @property
    def scored(self) -> tuple[Verdict, ...]:
        """The facts that count."""
        return tuple(v for v in self.verdicts if v.scored)

    @property
    def right(self) -> int:
        """How many of them are right."""
        return sum(v.mark == "right" for v in self.scored)

    @property
    def share(self) -> float:
        """The share of facts that are right; 0 when there are none."""
        return self.right / len(self.scored) if self.scored else 0.0

    @property
    def mistakes(self) -> Mapping[str, int]:
        """How many mistakes of each kind, those outside the score too."""
        return Counter(v.kind for v in self.verdicts if v.mark != "right")


# --- What is known of a fact ------------------------------------------------------------------------------------------


def said_of(session: Session, fact: str) -> frozenset[Value] | None:
    """The values that the answers leave possible; with two sides, those of either. None if nobody spoke of it."""
    found = [s.findings[fact].values if fact in s.findings else s.determination.facts.get(fact) for s in session.sides]
    if all(f is None for f in found):
        return None
    domain = session.policy.domains[fact]
    return frozenset[Value]().union(*(domain if f is None else f for f in found))


def asked_about(session: Session, fact: str) -> bool:
    """Whether a question on the fact was answered."""
    questions = session.loaded.prompts.question
    return any(fact in questions[t.question].facts for t in session.turns if t.question and not t.note)


def quote_of(session: Session, fact: str) -> str:
    """The trainee's own words about a fact, the last ones."""
    sources = [s for side in session.sides if fact in side.findings for s in side.findings[fact].sources]
    return next((s.quote for s in reversed(sources) if s.quote), "")


def given(session: Session, fact: str) -> bool:
    """Whether the trainee was told the value, and nothing else was said of it."""
    if fact not in session.started.request:
        return False
    return all(not s.turn for side in session.sides if fact in side.findings for s in side.findings[fact].sources)


def waits_for_other_side(session: Session, fact: str) -> bool:
    """Whether a fact is judged for both sides together, and one of them is still to come."""
    if len(session.sides) < 2 or session.policy.fact[fact].about != "side":
        return False
    return not session.concluded


def verdict_on(session: Session, chart: Chart, fact: str) -> Verdict | None:
    """The verdict on one fact as it stands; None while there is nothing to judge."""
    policy = session.policy
    if fact not in policy.domains or given(session, fact):
        return None
    domain, said = policy.domains[fact], said_of(session, fact)
    gold = gold_values(chart, session.loaded).get(fact)
    if gold is None:
        return _unscored(session, chart, fact, said)
    if said is None and not asked_about(session, fact):
        return None
    prompts = session.loaded.prompts
    question = prompts.question_for(fact)
    if said is None and question in prompts.intake and question and fact not in question.settles:
        return None  # the question on the form is content without it
    if said is None and gold == domain and question and fact not in question.settles:
        return Verdict(fact, gold, said, "right")  # what the chart does not name, and need not, was not named
    if said == gold:
        return Verdict(fact, gold, said, "right", "", quote_of(session, fact))
    if said is None or said == domain or (gold != domain and gold < said):
        return Verdict(
            fact, gold, said, "missed", kind_of(session.loaded, chart, fact, gold, said, ""), quote_of(session, fact)
        )
    place = _place(session, chart, fact, said)
    mark: Mark = "elsewhere" if place else "wrong"
    return Verdict(
        fact, gold, said, mark, kind_of(session.loaded, chart, fact, gold, said, place), quote_of(session, fact), place
    )


def _unscored(session: Session, chart: Chart, fact: str, said: frozenset[Value] | None) -> Verdict | None:
    """A finding that the chart does not give at all. What belongs to the form, or is free text, is left alone."""
    prompts, policy = session.loaded.prompts, session.policy
    interview = {f for q in prompts.questions for f in q.facts}
    if fact not in interview or said is None or said == policy.domains[fact] or policy.fact[fact].about != "side":
        return None
    place = _place(session, chart, fact, said)
    kind = kind_of(session.loaded, chart, fact, None, said, place)
    return Verdict(fact, None, said, "elsewhere", kind, quote_of(session, fact), place)


# --- Where the chart says something -----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _readings(chart: Chart, loaded: Loaded) -> tuple[tuple[str, str, frozenset[Value]], ...]:
    """What each sentence of the chart would be read as, taken by itself: sentence, fact, values."""
    return tuple((s, r.fact, frozenset[Value](r.values)) for s in chart.sentences for r in reader_of(loaded).read(s))


def places_of(chart: Chart, loaded: Loaded, fact: str, values: frozenset[Value]) -> list[str]:
    """The sentences of the chart that, each taken by itself, give a fact these values."""
    return [s for s, f, v in _readings(chart, loaded) if f == fact and v == values]


def _place(session: Session, chart: Chart, fact: str, said: frozenset[Value]) -> str:
    """Where a wrong value comes from: a sentence that is read so, or else one with the trainee's own words.

    The words alone show an MRI that is only booked, or that is of another joint, which no reading takes for one.
    """
    found = places_of(chart, session.loaded, fact, said)
    quote = quote_of(session, fact).strip().lower()
    if not found and len(quote) > 2:
        whole = re.compile(rf"(?<!\w){re.escape(quote)}(?!\w)")
        found = [s for s in chart.sentences if whole.search(s.lower())]
    return found[0] if found else ""


def leaves(policy: Policy) -> tuple[Criterion, ...]:
    """The criteria that test facts themselves, parts too, in the order of the policy."""
    return tuple(c for c in policy.criterion.values() if not c.children)


# --- A whole chart ----------------------------------------------------------------------------------------------------


def facts_in_order(session: Session, chart: Chart) -> list[str]:
    """Every fact that may be judged, in the order of the questions, each once."""
    prompts = session.loaded.prompts
    asked = [f for q in (*prompts.questions, *prompts.intake) for f in q.facts]
    return [f for f in dict.fromkeys((*asked, *chart.front.facts)) if f in session.policy.domains]


def score(session: Session, chart: Chart, *, first: bool = False) -> Score:
    """The score of a review as it stands.

    Args:
        session: The review.
        chart: What was reviewed.
        first: Judge each fact by the first answer about it: what was corrected after the verdict was shown stays wrong.
    """
    earlier = _first_verdicts(session, chart) if first else {}
    verdicts = []
    for fact in facts_in_order(session, chart):
        now = verdict_on(session, chart, fact)
        if waits_for_other_side(session, fact):
            continue
        verdict = earlier.get(fact) or now
        if verdict:
            verdicts.append(verdict)
    found = gold_determination(chart, session.loaded)
    return Score(
        outcome=outcome_of(session).value,
        gold=found.outcome.value,
        concluded=session.concluded is not None,
        verdicts=tuple(verdicts),
        criteria=dict(_criteria(session, found, {v.fact for v in verdicts})),
    )


def _criteria(session: Session, gold: Determination, judged: set[str]) -> Iterator[tuple[str, bool]]:
    for criterion in leaves(session.policy):
        if not judged & set(criterion.facts()):
            continue
        truths = {s.determination.criteria[criterion.id] for s in session.sides}
        truth = truths.pop() if len(truths) == 1 else Truth.UNKNOWN
        yield criterion.id, truth is gold.criteria[criterion.id]


def _first_verdicts(session: Session, chart: Chart) -> dict[str, Verdict]:
    """The verdict that was shown first on each fact that was answered, as the review went on."""
    found: dict[str, Verdict] = {}
    here = Session(session.loaded, session.read, (session.started,), session.started)
    for event in session.events[1:]:
        after = advance(here, event)
        if isinstance(event, Answered | Picked):
            for verdict in judged_after(after, chart, (event,)):
                found.setdefault(verdict.fact, verdict)
        here = after
    return found


def judged_after(after: Session, chart: Chart, events: Iterable[Event]) -> tuple[Verdict, ...]:
    """The verdicts that an answer brings: on the facts of its question, and on others that it speaks of.

    Facts that the same question asks back at once are not judged yet; nor are those of one of two sides.
    """
    ask = next_question(after)
    again = set(ask.question.facts) if ask and ask.ask_back else set()
    facts: dict[str, None] = {}
    for event in events:
        if isinstance(event, Answered):
            facts |= dict.fromkeys(after.loaded.prompts.question[event.question].facts)
            facts |= dict.fromkeys(r.fact for r in event.read or ())
            if any(after.policy.fact[f].kind == "date" for f in facts):  # an age follows from two dates
                facts |= dict.fromkeys(f.id for f in after.policy.facts if f.kind == "integer" and f.about == "patient")
        elif isinstance(event, Picked):
            facts |= dict.fromkeys(event.facts)
    found = []
    for fact in facts:
        if fact not in after.policy.domains or waits_for_other_side(after, fact):
            continue
        verdict = verdict_on(after, chart, fact)
        if verdict and not (fact in again and verdict.mark == "missed"):
            found.append(verdict)
    return tuple(found)
