"""Which facts make a policy show something: a criterion true, false or unknown, a flag, an outcome, a note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, combinations, islice, pairwise

from ..determination import Determination, Outcome, Truth, determine, negate, rules_of
from ..policy import Condition, Criterion, Loaded, Policy, Value, in_order
from .answers import Answers, Case, Values
from .measure import Kind, Point

Cases = Iterator[dict[str, "Values | None"]]
Demand = Callable[[], Cases]
Part = Callable[[Truth], Cases]
"""The cases in which a part of a condition has a truth value."""

_SMALL = 12
"""Numbers with so many values are tried one by one."""
_STEPS = 20_000
"""Ways tried to bring several demands together, at most."""


def merged(one: Case, other: Case) -> dict[str, Values | None] | None:
    """Both cases at once; None when they exclude each other."""
    if any(fact in one and one[fact] != values for fact, values in other.items()):
        return None
    return {**one, **other}


class Finder:
    """Finds cases by the conditions of a policy, the plainest first."""

    def __init__(self, loaded: Loaded, answers: Answers) -> None:
        self.policy: Policy = loaded.policy
        self.prompts = loaded.prompts
        self.rules = rules_of(loaded.policy)
        self.options = {fact: tuple(self._options(fact, answers)) for fact in self.policy.domains}
        self.usual = self._usual()

    def cases(self, point: Point) -> Cases:
        """Cases that show a point, as far as facts decide it. What they leave out may be as usual."""
        if point.kind is Kind.CRITERION:
            criterion, truth = point.name.rsplit(" ", 1)
            yield from self._criterion(self.policy.criterion[criterion], Truth(truth))
        elif point.kind is Kind.OUTCOME:
            yield from self._outcome(Outcome(point.name))
        elif point.kind in {Kind.FLAG, Kind.HOLD}:
            flag = next(f for f in self.policy.flags if f.id == point.name)
            demands: list[Demand] = [partial(self._condition, flag.when, Truth.TRUE)]
            if point.kind is Kind.HOLD and flag.hold_unless:
                demands.append(partial(self._not_true, flag.hold_unless))
            yield from _together(demands)
        elif point.kind is Kind.NOTE:
            reading = next(r for r in self.policy.readings if r.id == point.name)
            yield from self._condition(reading.when, Truth.TRUE) if isinstance(reading.when, Condition) else iter([{}])
        elif point.kind in {Kind.QUESTION, Kind.ASK_BACK}:
            question = self.prompts.question[point.name]
            demands = [partial(self._containing, f, str(v)) for f, v in question.only_if.items()]
            demands += [partial(self._said, f) for f in question.facts[:1] if f in self.policy.domains]
            yield from _together(demands)

    # --- The values that are tried ---

    def _options(self, fact_id: str, answers: Answers) -> Iterator[Values | None]:
        """What can be found of a fact: a value of each kind, two neighbours, that it is unknown, nothing."""
        domain, fact = self.policy.domains[fact_id], self.policy.fact[fact_id]
        questions = [q for q in self.prompts.question.values() if fact_id in q.facts]
        said = [v for q in questions for v in answers.said_first(q, fact_id) if v in domain]
        ordered = sorted(domain, key=_size) if fact.kind == "codes" else in_order(self.policy, fact_id, domain)
        single = list(dict.fromkeys((*said, *ordered)))
        if len(domain) > _SMALL:
            kinds: dict[tuple[bool, ...], Value] = {}
            for value in single:
                kinds.setdefault(self._signature(fact_id, value), value)
            single = list(kinds.values())
        yield from (frozenset([v]) for v in single)
        if fact.kind == "grade" or (fact.kind == "integer" and len(domain) <= _SMALL):
            yield from (frozenset(pair) for pair in pairwise(ordered))
        yield domain
        yield None

    def _signature(self, fact: str, value: Value) -> tuple[bool, ...]:
        """How every test of a fact judges a value."""
        tests = (p for c in _conditions(self.policy) for p in c.walk() if p.fact == fact and not p.state)
        return tuple(self.rules.test(p, {fact: frozenset([value])}) is Truth.TRUE for p in tests)

    def _said(self, fact: str) -> Cases:
        return ({fact: option} for option in self.options[fact] if option is not None)

    def _containing(self, fact: str, wanted: str) -> Cases:
        """A single value that is this one, or a list of codes with it."""
        for option in self.options[fact]:
            if option is not None and len(option) == 1:
                (value,) = option
                if str(value) == wanted or (isinstance(value, tuple) and wanted in value):
                    yield {fact: option}

    def _usual(self) -> dict[str, Values | None]:
        """A case that meets the criteria and raises no flag, as far as there is one."""
        usual: dict[str, Values | None] = next(self._outcome(Outcome.MET), {})
        for fact, options in self.options.items():
            if fact not in usual:
                single = [o for o in options if o is not None and len(o) == 1]
                usual[fact] = min(single, key=lambda o: self._noise({**usual, fact: o}), default=None)
        return usual

    def _noise(self, case: Case) -> tuple[bool, int]:
        found = self.determined(case)
        return found.outcome is not Outcome.MET, len(found.flags)

    def determined(self, case: Case) -> Determination:
        """What follows from a case."""
        return determine(self.policy, {f: v for f, v in case.items() if v is not None})

    # --- Conditions turned round ---

    def _outcome(self, outcome: Outcome) -> Cases:
        favour, against = self.policy.indications, self.policy.non_indications
        if outcome is Outcome.NOT_MET:
            yield from self._criterion(against, Truth.TRUE)
            yield from self._criterion(favour, Truth.FALSE)
        elif outcome is Outcome.NOT_ADDRESSED:
            for flag in (f for f in self.policy.flags if f.effect in {"scope", "refer"}):
                yield from self._condition(flag.when, Truth.TRUE)
        else:
            pairs = ((Truth.TRUE, Truth.FALSE), (Truth.UNKNOWN, Truth.FALSE), (Truth.TRUE, Truth.UNKNOWN))
            for one, other in pairs[:1] if outcome is Outcome.MET else pairs[1:]:
                yield from _together([partial(self._criterion, favour, one), partial(self._criterion, against, other)])

    def _criterion(self, criterion: Criterion, truth: Truth) -> Cases:
        if criterion.when is not None:
            yield from self._condition(criterion.when, truth)
            return
        parts: list[Part] = [partial(self._criterion, child) for child in criterion.children]
        if criterion.at_least:
            yield from _counted(parts, criterion.at_least.count, truth)
        else:
            yield from _joined("all" if criterion.all else "any" if criterion.any else "none", parts, truth)

    def _condition(self, condition: Condition, truth: Truth) -> Cases:
        if condition.fact is not None:
            for option in self.options[condition.fact]:
                if self.rules.test(condition, {} if option is None else {condition.fact: option}) is truth:
                    yield {condition.fact: option}
        elif condition.criterion is not None:
            wanted = Truth.TRUE if condition.truth else Truth.FALSE
            for other in Truth:
                if (other is wanted) == (truth is Truth.TRUE) and truth is not Truth.UNKNOWN:
                    yield from self._criterion(self.policy.criterion[condition.criterion], other)
        else:
            parts: list[Part] = [partial(self._condition, part) for part in condition.parts]
            yield from _joined("all" if condition.all else "any" if condition.any else "none", parts, truth)

    def _not_true(self, condition: Condition) -> Cases:
        return chain(*(self._condition(condition, truth) for truth in (Truth.UNKNOWN, Truth.FALSE)))


def _size(value: Value) -> tuple[int, str]:
    return (len(value), ",".join(value)) if isinstance(value, tuple) else (0, str(value))


def _conditions(policy: Policy) -> Iterator[Condition]:
    yield from (c.when for c in policy.criterion.values() if c.when)
    yield from (f.when for f in policy.flags)
    yield from (f.hold_unless for f in policy.flags if f.hold_unless)
    yield from (r.when for r in policy.readings if isinstance(r.when, Condition))


def _joined(how: str, parts: Sequence[Part], truth: Truth) -> Cases:
    """Kleene's tables read backwards. All are wanted alike, or one decides."""
    if how == "none":
        yield from _joined("any", parts, negate(truth))
        return
    whole = Truth.TRUE if how == "all" else Truth.FALSE
    if truth is whole:
        yield from _together([partial(p, whole) for p in parts])
        return
    for one in parts:
        if truth is not Truth.UNKNOWN:
            yield from one(truth)
        else:
            yield from _together([partial(p, Truth.UNKNOWN if p is one else whole) for p in parts])


def _counted(parts: Sequence[Part], count: int, truth: Truth) -> Cases:
    """So many of the parts, and what the rest must be."""
    true = {Truth.TRUE: count, Truth.FALSE: count - 1, Truth.UNKNOWN: count - 1}[truth]
    for chosen in combinations(range(len(parts)), true):
        rest = [i for i in range(len(parts)) if i not in chosen]
        wanted = dict.fromkeys(chosen, Truth.TRUE) | dict.fromkeys(rest, Truth.FALSE)
        if truth is Truth.UNKNOWN and rest:
            wanted[rest[0]] = Truth.UNKNOWN
        yield from _together([partial(parts[i], t) for i, t in wanted.items()])


def _together(demands: Sequence[Demand]) -> Cases:
    """Cases that satisfy several demands at once."""
    steps = iter(range(_STEPS))

    def below(index: int, case: dict[str, Values | None]) -> Cases:
        if index == len(demands):
            yield case
            return
        for more in demands[index]():
            if next(steps, None) is None:
                return
            both = merged(case, more)
            if both is not None:
                yield from below(index + 1, both)

    yield from below(0, {})


def first(cases: Iterable[dict[str, Values | None]], count: int) -> list[dict[str, Values | None]]:
    """The first few different cases."""
    found: list[dict[str, Values | None]] = []
    for case in islice(cases, count * 20):
        if case not in found:
            found.append(case)
        if len(found) == count:
            break
    return found
