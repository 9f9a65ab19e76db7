"""Ids that lead nowhere, criteria that nothing can reach, numbers that no list holds: found before a file is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .files import Library, PolicyError, line_of
from .model import UNKNOWN, Condition, Criterion, Policy, values_of
from .prompts import Prompts, Question

Location = tuple[int | str, ...]
Problem = tuple[Location, str, str]


def check_policy(policy: Policy, path: Path, library: Library) -> None:
    """Raise PolicyError for the first id or number of a policy that leads nowhere."""
    _raise_first(_policy_problems(policy, library), path)


def check_prompts(prompts: Prompts, policy: Policy, path: Path) -> None:
    """Raise PolicyError for the first question that does not fit the policy."""
    _raise_first(_prompt_problems(prompts, policy), path)


def _raise_first(problems: Iterable[Problem], path: Path) -> None:
    for location, message, hint in problems:
        raise PolicyError(f"{path}:{line_of(path, location)}: {message}", hint)


def _policy_problems(policy: Policy, library: Library) -> Iterator[Problem]:
    yield from _repeated(policy)
    for name in policy.vocabulary:
        if library.vocabulary_path(name) is None:
            yield ("vocabulary",), f"there is no vocabulary '{name}'", f"Add policy/vocabulary/{name}.yaml"
    if policy.form and library.vocabulary_path(policy.form) is None:
        yield ("form",), f"there is no vocabulary '{policy.form}'", f"Add policy/vocabulary/{policy.form}.yaml"
    for root in ("indications", "non_indications"):
        for location, criterion in _located(getattr(policy, root), (root,)):
            yield from _criterion_problems(policy, location, criterion)
    for i, implication in enumerate(policy.implications):
        yield from _condition_problems(policy, ("implications", i, "when"), implication.when)
        yield from _value_problems(policy, ("implications", i), implication.fact, [implication.value])
    for i, contradiction in enumerate(policy.contradictions):
        yield from _condition_problems(policy, ("contradictions", i, "when"), contradiction.when)
        for fact in contradiction.facts:
            yield from _value_problems(policy, ("contradictions", i), fact, [])
    for i, item in enumerate(policy.release):
        for fact in item.facts:
            yield from _value_problems(policy, ("release", i), fact, [])
        for condition in (item.when, item.require):
            if condition:
                yield from _condition_problems(policy, ("release", i), condition)
    yield from _flag_problems(policy)
    yield from _reference_problems(policy)
    for i, request in enumerate(policy.requests):
        for fact in request.facts:
            yield from _value_problems(policy, ("requests", i), fact, [])
    for i, migration in enumerate(policy.migrations):
        for old, new in migration.facts.items():
            yield from _value_problems(policy, ("migrations", i, "facts", old), new, [])
        for fact, values in migration.values.items():
            yield from _value_problems(policy, ("migrations", i, "values", fact), fact, list(values.values()))
        for old, new in migration.criteria.items():
            if new not in policy.criterion:
                yield ("migrations", i, "criteria", old), f"there is no criterion '{new}'", "Name one of this version"
    tested = {f for c in policy.criteria for f in c.facts()}
    requested = {f for r in policy.requests for f in r.facts}
    for fact in sorted(tested - requested):
        yield ("requests",), f"nothing says what to request while '{fact}' is unknown", "Add it to requests"


def _repeated(policy: Policy) -> Iterator[Problem]:
    criteria = [c.id for root in (policy.indications, policy.non_indications) for c in root.walk()]
    for name, ids in (
        ("facts", [f.id for f in policy.facts]),
        ("indications", criteria),
        ("flags", [f.id for f in policy.flags]),
        ("release", [r.id for r in policy.release]),
        ("readings", [r.id for r in policy.readings]),
        ("codes", [c.code for c in policy.codes]),
        ("evidence", [e.id for e in policy.evidence]),
        ("references", [str(r.number) for r in policy.references]),
    ):
        for one, count in Counter(ids).items():
            if count > 1:
                yield (name,), f"'{one}' stands {count} times in {name}", "Give each its own id"


def _located(criterion: Criterion, location: Location) -> Iterator[tuple[Location, Criterion]]:
    yield location, criterion
    for key in ("all", "any", "none"):
        for i, child in enumerate(getattr(criterion, key) or ()):
            yield from _located(child, (*location, key, i))
    if criterion.at_least:
        for i, child in enumerate(criterion.at_least.of):
            yield from _located(child, (*location, "at_least", "of", i))


def _criterion_problems(policy: Policy, location: Location, criterion: Criterion) -> Iterator[Problem]:
    for number in criterion.references:
        if number not in policy.reference:
            yield (*location, "references"), f"{criterion.id} cites reference {number}, which is not listed", "Add it"
    if not policy.citations(criterion.id):
        yield location, f"{criterion.id} cites nothing, nor does any criterion above it", "Add its references"
    if criterion.at_least and criterion.at_least.count > len(criterion.at_least.of):
        yield location, f"{criterion.id} can never be true: it wants more than it lists", "Lower the count"
    if criterion.when is None:
        return
    for condition in criterion.when.walk():
        if condition.criterion or condition.state:
            yield location, f"{criterion.id} may test only values of facts", "Use in, min or max"
            return
    yield from _condition_problems(policy, (*location, "when"), criterion.when)


def _condition_problems(policy: Policy, location: Location, condition: Condition) -> Iterator[Problem]:
    for part in condition.walk():
        if part.criterion and part.criterion not in policy.criterion:
            yield location, f"there is no criterion '{part.criterion}'", "Correct the id"
        if not part.fact:
            continue
        problems = list(_value_problems(policy, location, part.fact, part.values or ()))
        yield from problems
        if problems:
            continue
        fact = policy.fact[part.fact]
        groups = [g for g in (part.codes_include, part.codes_exclude, part.codes_beyond) if g]
        if any(g not in policy.code_groups for g in groups):
            yield location, f"there is no group of codes '{groups[0]}'", f"Use {', '.join(policy.code_groups)}"
        if bool(groups) != (fact.kind == "codes") and not part.state:
            yield location, f"'{part.fact}' can not be tested this way", "Use codes_* for codes, in/min/max for others"
        bounds = [b for b in (part.minimum, part.maximum) if b is not None]
        if bounds and fact.kind != "integer":
            yield location, f"min and max need a number, and '{part.fact}' is none", "Use in"
        elif bounds and not _splits(part, policy):
            yield location, f"the test of '{part.fact}' is always or never true", "Correct min and max"


def _splits(condition: Condition, policy: Policy) -> bool:
    fact = policy.fact[condition.fact or ""]
    low = fact.minimum if condition.minimum is None else condition.minimum
    high = fact.maximum if condition.maximum is None else condition.maximum
    return low <= high and (low, high) != (fact.minimum, fact.maximum) and low <= fact.maximum and high >= fact.minimum


def _value_problems(policy: Policy, location: Location, fact: str, values: Iterable[object]) -> Iterator[Problem]:
    if fact not in policy.domains:
        yield location, f"there is no fact '{fact}'", f"Use one of {', '.join(policy.domains)}"
        return
    for value in values:
        try:
            values_of(policy, fact, value)
        except ValueError as error:
            yield location, str(error), "Correct the value"


def _flag_problems(policy: Policy) -> Iterator[Problem]:
    readings = {r.id for r in policy.readings}
    for i, flag in enumerate(policy.flags):
        yield from _condition_problems(policy, ("flags", i, "when"), flag.when)
        if flag.hold_unless:
            yield from _condition_problems(policy, ("flags", i, "hold_unless"), flag.hold_unless)
        if flag.fact:
            yield from _value_problems(policy, ("flags", i, "fact"), flag.fact, [])
        for reading in flag.readings:
            if reading not in readings:
                yield ("flags", i, "readings"), f"there is no reading '{reading}'", "Correct the id"
    for i, entry in enumerate(policy.readings):
        if isinstance(entry.when, Condition):
            yield from _condition_problems(policy, ("readings", i, "when"), entry.when)
    flags = {f.id for f in policy.flags}
    for i, requirement in enumerate(policy.requirements):
        for flag_id in requirement.flags:
            if flag_id not in flags:
                yield ("requirements", i, "flags"), f"there is no flag '{flag_id}'", "Correct the id"


def _reference_problems(policy: Policy) -> Iterator[Problem]:
    evidence = {e.id for e in policy.evidence}
    for i, entry in enumerate(policy.evidence):
        for number in entry.references:
            if number not in policy.reference:
                yield ("evidence", i), f"{entry.id} cites reference {number}, which is not listed", "Add it"
        for criterion in entry.supports:
            if criterion not in policy.criterion:
                yield ("evidence", i, "supports"), f"there is no criterion '{criterion}'", "Correct the id"
    for i, reference in enumerate(policy.references):
        for place in reference.printed_at:
            cited = place in policy.criterion and reference.number in policy.criterion[place].references
            shown = any(e.id == place and reference.number in e.references for e in policy.evidence)
            if not (cited or shown or place == "description"):
                where = ("references", i, "printed_at")
                known = place in policy.criterion or place in evidence
                message = f"reference {reference.number} is not printed at '{place}'" if known else f"no such '{place}'"
                yield where, message, "Name criteria, evidence items or 'description' that cite it"


def _prompt_problems(prompts: Prompts, policy: Policy) -> Iterator[Problem]:
    if (prompts.policy, prompts.version) != (policy.id, policy.version):
        yield ("policy",), f"these prompts are for '{prompts.policy}' version {prompts.version}", "Correct them"
    ids = Counter(q.id for q in (*prompts.intake, *prompts.questions, prompts.closing))
    for one, count in ids.items():
        if count > 1:
            yield ("questions",), f"the question '{one}' stands {count} times", "Give each its own id"
    places: list[tuple[Location, Question]] = [(("closing",), prompts.closing)]
    places += [(("intake", i), q) for i, q in enumerate(prompts.intake)]
    places += [(("questions", i), q) for i, q in enumerate(prompts.questions)]
    requirements = {r.id for r in policy.requirements}
    for location, question in places:
        for fact in question.facts:
            if fact not in policy.fact:
                yield (*location, "facts"), f"there is no fact '{fact}'", f"Use one of {', '.join(policy.fact)}"
        for fact in question.settles:
            if fact not in question.facts:
                yield (*location, "settles"), f"'{fact}' is not among the facts of the question", "Add it to facts"
        if question.requirement and question.requirement not in requirements:
            yield (*location, "requirement"), f"there is no requirement '{question.requirement}'", "Correct the id"
        if question.reads == "form" and not policy.form:
            yield (*location, "reads"), "the policy names no vocabulary of forms", "Add form: to the policy"
        frame = question.frame
        for part in (frame.yes, frame.no, frame.unclear, question.only_if):
            for fact, value in part.items():
                yield from _value_problems(policy, location, fact, [value] if value != UNKNOWN else [])
        for fact in frame.bare:
            yield from _value_problems(policy, location, fact, [])
    if prompts.plain:
        known = {"criteria": policy.criterion, "requests": policy.fact, "flags": {f.id for f in policy.flags}}
        for kind, ids_there in known.items():
            for one in getattr(prompts.plain, kind):
                if one not in ids_there:
                    yield ("plain", kind), f"there is no '{one}' in the policy", "Correct the id"
    asked = {f for q in prompts.questions for f in q.facts}
    for criterion in policy.criteria:
        for fact in criterion.facts():
            if fact not in asked:
                yield ("questions",), f"{criterion.id} can not be reached: no question asks '{fact}'", "Add a question"
