"""From what is known to what follows: truth of each criterion, outcome, flags, and what is still missing.

A fact is the set of values still possible; a fact that nobody spoke of is absent from the mapping. A criterion is true
if every possible value passes, false if none does, else unknown, and criteria join by Kleene's three-valued logic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import product

from .policy import Condition, Criterion, Flag, Policy, Prompts, Value

Facts = Mapping[str, frozenset[Value]]
_KEPT = 20_000


class Truth(StrEnum):
    """Kleene's three values."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a reviewer may end with. None of them denies anything."""

    MET = "criteria_met"
    NOT_MET = "criteria_not_met"
    INFORMATION_NEEDED = "information_needed"
    NOT_ADDRESSED = "not_addressed"


@dataclass(frozen=True, slots=True)
class Missing:
    """An open fact that can still change the determination, and what to ask the provider for."""

    fact: str
    question: str | None
    request: str


@dataclass(frozen=True, slots=True)
class Determination:
    """What follows from the facts.

    `criteria` has the truth of every criterion, roots and parts too. `facts` are those given, with what they imply and
    without what a flag made void. `live` are facts whose values can still change the outcome.
    """

    outcome: Outcome
    criteria: Mapping[str, Truth]
    flags: tuple[str, ...]
    holds: tuple[str, ...]
    live: frozenset[str]
    settled: bool
    facts: Facts


def negate(truth: Truth) -> Truth:
    """True for false and false for true."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, Truth.UNKNOWN)


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False if any is false, else unknown if any is unknown, else true."""
    found = Truth.TRUE
    for truth in truths:
        if truth is Truth.FALSE:
            return truth
        if truth is Truth.UNKNOWN:
            found = truth
    return found


def disjunction(truths: Iterable[Truth]) -> Truth:
    """The mirror image of a conjunction."""
    return negate(conjunction(negate(t) for t in truths))


def _at_least(count: int, truths: list[Truth]) -> Truth:
    if truths.count(Truth.TRUE) >= count:
        return Truth.TRUE
    return Truth.FALSE if len(truths) - truths.count(Truth.FALSE) < count else Truth.UNKNOWN


class Rules:
    """The conditions of one policy, made ready to be tried on facts."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.determined: dict[frozenset[tuple[str, frozenset[Value]]], Determination] = {}
        """Determinations made lately: many reviews come by the same facts."""
        self.outcome_facts = frozenset(f for c in policy.criteria for f in c.facts())
        self.acting_flags = tuple(f for f in policy.flags if f.effect != "note")
        acting = [c for f in self.acting_flags for c in (f.when, f.hold_unless) if c]
        self.acting_facts = frozenset(p.fact for c in acting for p in c.walk() if p.fact)
        self._allowed: dict[int, frozenset[Value]] = {}
        conditions = [c.when for c in policy.criterion.values() if c.when]
        conditions += [i.when for i in policy.implications] + [c.when for c in policy.contradictions]
        conditions += [f.when for f in policy.flags]
        conditions += [f.hold_unless for f in policy.flags if f.hold_unless]
        conditions += [r.when for r in policy.readings if isinstance(r.when, Condition)]
        conditions += [c for item in policy.release for c in (item.require, item.when) if c]
        for part in (p for c in conditions for p in c.walk()):
            if part.fact and not part.state:
                self._allowed[id(part)] = frozenset(v for v in policy.domains[part.fact] if self._passes(part, v))
        self._shared = {id(c): self._repeated(c) for c in conditions}
        self._classes = self._value_classes()

    def _passes(self, test: Condition, value: Value) -> bool:
        if isinstance(value, tuple):
            groups = self.policy.code_groups
            if test.codes_include:
                return bool(groups[test.codes_include] & set(value))
            if test.codes_exclude:
                return not groups[test.codes_exclude] & set(value)
            return bool(set(value) - groups[test.codes_beyond or ""])
        if test.values is not None:
            return value in test.values
        assert isinstance(value, int)
        return (test.minimum is None or value >= test.minimum) and (test.maximum is None or value <= test.maximum)

    @staticmethod
    def _repeated(condition: Condition) -> tuple[str, ...]:
        """Facts tested in several places of a condition: Kleene's tables alone would lose what ties the places."""
        count = Counter(part.fact for part in condition.walk() if part.fact and not part.state)
        return tuple(fact for fact, times in count.items() if times > 1)

    def _value_classes(self) -> dict[str, list[frozenset[Value]]]:
        """Each domain cut into values that no test tells apart."""
        tests: dict[str, list[frozenset[Value]]] = {fact: [] for fact in self.policy.domains}
        roots = (c.when for c in self.policy.criterion.values() if c.when)
        flags = (c for f in self.acting_flags for c in (f.when, f.hold_unless) if c)
        for part in (p for c in (*roots, *flags) for p in c.walk()):
            if part.fact and not part.state:
                tests[part.fact].append(self._allowed[id(part)])
        classes: dict[str, list[frozenset[Value]]] = {}
        for fact, domain in self.policy.domains.items():
            by_signature: dict[tuple[bool, ...], set[Value]] = {}
            for value in domain:
                by_signature.setdefault(tuple(value in a for a in tests[fact]), set()).add(value)
            classes[fact] = [frozenset(group) for group in by_signature.values()]
        return classes

    def classes(self, fact: str, possible: frozenset[Value]) -> list[frozenset[Value]]:
        """The possible values, in groups that no test tells apart."""
        return [group & possible for group in self._classes[fact] if group & possible]

    def test(self, condition: Condition, facts: Facts, criteria: Mapping[str, Truth] | None = None) -> Truth:
        """The truth of a condition. Facts that stand in it twice are tried value by value."""
        shared = [f for f in self._shared.get(id(condition), ()) if len(facts.get(f, ())) > 1]
        if not shared:
            return self._kleene(condition, facts, criteria or {})
        choices = [self.classes(f, facts[f]) for f in shared]
        found = {
            self._kleene(condition, {**facts, **dict(zip(shared, choice, strict=True))}, criteria or {}, facts)
            for choice in product(*choices)
        }
        return found.pop() if len(found) == 1 else Truth.UNKNOWN

    def _kleene(
        self, condition: Condition, facts: Facts, criteria: Mapping[str, Truth], said: Facts | None = None
    ) -> Truth:
        """`said` is what was known before facts were tried value by value."""
        if condition.fact is not None:
            if condition.state:
                return self._state(condition, facts if said is None else said)
            possible = facts.get(condition.fact)
            if possible is None:
                return Truth.UNKNOWN
            allowed = self._allowed[id(condition)]
            if possible <= allowed:
                return Truth.TRUE
            return Truth.FALSE if allowed.isdisjoint(possible) else Truth.UNKNOWN
        if condition.criterion is not None:
            wanted = Truth.TRUE if condition.truth else Truth.FALSE
            return Truth.TRUE if criteria.get(condition.criterion) is wanted else Truth.FALSE
        truths = (self._kleene(part, facts, criteria, said) for part in condition.parts)
        if condition.all is not None:
            return conjunction(truths)
        return disjunction(truths) if condition.any is not None else negate(disjunction(truths))

    def _state(self, condition: Condition, facts: Facts) -> Truth:
        possible = facts.get(condition.fact or "")
        unknown = possible == self.policy.domains[condition.fact or ""]
        holds = {
            "unknown": unknown,
            "missing_or_unknown": possible is None or unknown,
            "narrowed": possible is not None and not unknown,
            "several": possible is not None and not unknown and len(possible) > 1,
        }[condition.state or ""]
        return Truth.TRUE if holds else Truth.FALSE

    def criteria(self, facts: Facts) -> dict[str, Truth]:
        """The truth of every criterion, from facts that hold together."""
        truths: dict[str, Truth] = {}
        for root in (self.policy.indications, self.policy.non_indications):
            self._criterion(root, facts, truths)
        return truths

    def _criterion(self, criterion: Criterion, facts: Facts, truths: dict[str, Truth]) -> Truth:
        if criterion.when is not None:
            truth = self.test(criterion.when, facts)
        else:
            below = [self._criterion(child, facts, truths) for child in criterion.children]
            if criterion.at_least:
                truth = _at_least(criterion.at_least.count, below)
            elif criterion.all:
                truth = conjunction(below)
            else:
                truth = disjunction(below) if criterion.any else negate(disjunction(below))
        truths[criterion.id] = truth
        return truth


@lru_cache(maxsize=32)
def rules_of(policy: Policy) -> Rules:
    """The rules of a policy, made once."""
    return Rules(policy)


def determine(policy: Policy, facts: Facts) -> Determination:
    """Everything that follows from the facts.

    Args:
        policy: A loaded policy.
        facts: Possible values by fact id. A missing fact was never spoken of; one with its whole domain was said to be
            unknown. The difference matters to flags alone.
    """
    rules = rules_of(policy)
    key = frozenset(facts.items())
    known = rules.determined.get(key)
    if known is None:
        if len(rules.determined) >= _KEPT:
            rules.determined.clear()
        known = rules.determined[key] = _determined(rules, facts)
    return known


def _determined(rules: Rules, facts: Facts) -> Determination:
    policy = rules.policy
    state = _conclude(rules, facts, policy.flags)
    settled = _settled(rules, facts, state)
    undecided = state.outcome is Outcome.INFORMATION_NEEDED and not settled
    raised = (f.id for f in policy.flags if f.id in state.flags)
    return Determination(
        outcome=state.outcome,
        criteria=state.criteria,
        flags=tuple(raised),
        holds=state.holds,
        live=frozenset(_live(rules, state)) if undecided else frozenset(),
        settled=settled,
        facts=state.facts,
    )


@dataclass(frozen=True, slots=True)
class _State:
    outcome: Outcome
    criteria: dict[str, Truth]
    flags: frozenset[str]
    holds: tuple[str, ...]
    facts: Facts
    contradicted: frozenset[str]


def _conclude(rules: Rules, given: Facts, flags: Sequence[Flag]) -> _State:
    policy = rules.policy
    facts = dict(given)
    for flag in flags:
        if flag.forgets and rules.test(flag.when, facts) is Truth.TRUE:
            facts = {f: v for f, v in facts.items() if policy.fact[f].about != flag.forgets}
    said = dict(facts)
    for implication in policy.implications:
        if implication.fact not in facts and rules.test(implication.when, facts) is Truth.TRUE:
            facts[implication.fact] = frozenset([implication.value])
    contradicted = [c for c in policy.contradictions if rules.test(c.when, facts) is Truth.TRUE]
    criteria = _criteria_in_doubt(rules, facts, [c.facts for c in contradicted])
    raised = [f for f in flags if rules.test(f.when, said, criteria) is Truth.TRUE]
    holds = tuple(
        f.id
        for f in raised
        if f.effect == "hold" and not (f.hold_unless and rules.test(f.hold_unless, said, criteria) is Truth.TRUE)
    )
    return _State(
        outcome=_outcome(policy, criteria, {f.effect for f in raised}, bool(holds)),
        criteria=criteria,
        flags=frozenset(f.id for f in raised),
        holds=holds,
        facts=facts,
        contradicted=frozenset(f for c in contradicted for f in c.facts),
    )


def _criteria_in_doubt(rules: Rules, facts: Facts, pairs: list[tuple[str, str]]) -> dict[str, Truth]:
    """Criteria where facts contradict each other: what holds whichever of each pair is left out."""
    if not pairs:
        return rules.criteria(facts)
    found: list[dict[str, Truth]] = []
    for dropped in product(*pairs):
        kept = {f: v for f, v in facts.items() if f not in dropped}
        for implication in rules.policy.implications:
            if implication.fact not in kept and rules.test(implication.when, kept) is Truth.TRUE:
                kept[implication.fact] = frozenset([implication.value])
        found.append(rules.criteria(kept))
    return {c: t if all(other[c] is t for other in found) else Truth.UNKNOWN for c, t in found[0].items()}


def _outcome(policy: Policy, criteria: Mapping[str, Truth], effects: set[str], held: bool) -> Outcome:
    """Scope first, then non-indications, then indications; holds and referrals touch only what is not a refusal."""
    if "scope" in effects:
        return Outcome.NOT_ADDRESSED
    against, favour = criteria[policy.non_indications.id], criteria[policy.indications.id]
    if against is Truth.TRUE or favour is Truth.FALSE:
        return Outcome.NOT_MET
    if "refer" in effects:
        return Outcome.NOT_ADDRESSED
    if favour is Truth.TRUE and against is Truth.FALSE and not held:
        return Outcome.MET
    return Outcome.INFORMATION_NEEDED


def _live(rules: Rules, state: _State) -> Iterator[str]:
    """Facts of unknown criteria under unknown criteria only: nothing else can change the outcome."""
    policy = rules.policy
    pending = [policy.indications, policy.non_indications]
    while pending:
        criterion = pending.pop()
        if state.criteria[criterion.id] is not Truth.UNKNOWN:
            continue
        pending.extend(criterion.children)
        if criterion.when:
            yield from _open_facts(rules, criterion.when, state)


def _open_facts(rules: Rules, condition: Condition, state: _State) -> Iterator[str]:
    for part in condition.walk():
        if part.fact and not part.parts:
            doubted = part.fact in state.contradicted
            if doubted or rules.test(part, state.facts) is Truth.UNKNOWN:
                yield part.fact


def _settled(rules: Rules, given: Facts, state: _State) -> bool:
    """Whether every completion of the open facts ends the same.

    Open are the facts of criteria that are not down to one value, facts of the request that act on the outcome and
    were said to be unknown or one of several, and what a hold waits for. A request fact that nobody spoke of is
    otherwise taken to be in order.
    """
    start = {f: v for f, v in given.items() if f not in state.contradicted}
    awaited = {flag_of(rules.policy, hold).fact for hold in state.holds}
    stated = [
        f
        for f in rules.acting_facts - rules.outcome_facts
        if len(start.get(f, ())) > 1 or (f in awaited and f not in start)
    ]
    outcomes: set[Outcome] = set()

    def explore(facts: dict[str, frozenset[Value]], tried: frozenset[str]) -> bool:
        """False as soon as two outcomes are seen. Only facts that can still matter are tried."""
        here = _conclude(rules, facts, rules.acting_flags)
        open_facts = [f for f in stated if len(facts.get(f, ())) != 1]
        if not _decided(rules.policy, here.criteria):
            open_facts = [*dict.fromkeys(_live(rules, here)), *open_facts]
        open_facts = [f for f in open_facts if f not in tried]
        if here.outcome is Outcome.NOT_ADDRESSED or not open_facts:
            outcomes.add(here.outcome)
            return len(outcomes) == 1
        fact = open_facts[0]
        possible = here.facts.get(fact, rules.policy.domains[fact])
        groups = _single(rules, fact, possible)
        return all(explore({**facts, fact: group}, tried | {fact}) for group in groups)

    return explore(start, frozenset())


def _decided(policy: Policy, criteria: Mapping[str, Truth]) -> bool:
    """Whether the criteria leave nothing open that matters."""
    against, favour = criteria[policy.non_indications.id], criteria[policy.indications.id]
    return against is Truth.TRUE or favour is Truth.FALSE or (favour is Truth.TRUE and against is Truth.FALSE)


def _single(rules: Rules, fact: str, possible: frozenset[Value]) -> list[frozenset[Value]]:
    """One value of each group that no test tells apart."""
    return [frozenset([min(group, key=str)]) for group in rules.classes(fact, possible)]


def missing(policy: Policy, prompts: Prompts, determination: Determination) -> tuple[Missing, ...]:
    """What keeps the determination open, in the order of the questions, and what to request for it."""
    order = [q.id for q in (*prompts.intake, *prompts.questions, prompts.closing)]
    found: dict[str, Missing] = {}
    for fact in (f.id for f in policy.facts if f.id in determination.live):
        question = prompts.question_for(fact)
        found[fact] = Missing(fact, question.id if question else None, policy.request_for(fact))
    if determination.outcome is Outcome.INFORMATION_NEEDED:
        for flag in (f for f in policy.flags if f.id in determination.holds and f.fact):
            question = prompts.question_for(flag.fact or "")
            found[flag.fact or ""] = Missing(flag.fact or "", question.id if question else None, flag.request)
    return tuple(sorted(found.values(), key=lambda m: order.index(m.question) if m.question in order else len(order)))


def readings_that_apply(policy: Policy, determination: Determination) -> tuple[str, ...]:
    """Ids of the readings of ambiguities that bear on this case."""
    rules = rules_of(policy)
    return tuple(
        r.id
        for r in policy.readings
        if r.when == "always"
        or (
            isinstance(r.when, Condition)
            and rules.test(r.when, determination.facts, determination.criteria) is Truth.TRUE
        )
    )


def notices(policy: Policy, today: date, date_of_service: date | None = None) -> tuple[str, ...]:
    """What must be said of the policy itself, whatever the case.

    Args:
        policy: A loaded policy.
        today: The date of the review.
        date_of_service: The planned date of service, if known.
    """
    approved, due = _day(policy.approved), _day(policy.next_review)
    late = (today - policy.next_review).days
    days = "1 day" if late == 1 else f"{late} days"
    text = f"Based on version {policy.version}, approved {approved}."
    if late > 0:
        text += (
            f" Its annual review was due on {due} and is {days} overdue; "
            "check for a newer version before relying on this result."
        )
    said = (text,) if late > 0 else ()
    return said + (service_notices(policy, date_of_service) if date_of_service else ())


def service_notices(policy: Policy, date_of_service: date) -> tuple[str, ...]:
    """A warning when the date of service lies outside the dates of this version."""
    approved, due, day = _day(policy.approved), _day(policy.next_review), _day(date_of_service)
    if date_of_service < policy.approved:
        return (
            f"The date of service, {day}, is before this version was approved ({approved}); "
            "check which version applies.",
        )
    if date_of_service > policy.next_review:
        return (
            f"The date of service, {day}, is after this version's next review was due ({due}); "
            "check which version applies.",
        )
    return ()


def based_on(policy: Policy, today: date) -> str:
    """The line that names the version in every result, with how overdue its review is."""
    overdue = notices(policy, today)
    return overdue[0] if overdue else f"Based on version {policy.version}, approved {_day(policy.approved)}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def flag_of(policy: Policy, flag_id: str) -> Flag:
    """A flag of the policy by id."""
    return next(f for f in policy.flags if f.id == flag_id)
