"""Which criteria decide an outcome, and which references and evidence may stand with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..determination import Determination, Outcome, Truth, flag_of
from ..policy import Criterion, Evidence, Flag, Policy

MAX_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Cited:
    """A criterion to be shown, the references printed at it, and those of the one above that go with it."""

    criterion: Criterion
    references: tuple[int, ...] = ()
    group: str = ""
    group_references: tuple[int, ...] = ()

    @property
    def numbers(self) -> set[int]:
        """All that is cited here."""
        return {*self.references, *self.group_references}


def deciding(policy: Policy, determination: Determination) -> tuple[Cited, ...]:
    """The criteria that make the outcome what it is, each with the references that may be cited for it.

    Met: every criterion, with what is printed at it. Not met: non-indications that apply, then indications that fail,
    each with its own references and those of the one above, the root of the indications aside. Information needed: the
    open ones that can still matter. Not addressed: none, as criteria are no reasons there.
    """
    truths = determination.criteria
    favour, against = policy.indications, policy.non_indications
    if determination.outcome is Outcome.MET:
        nodes = [c for root in (favour, against) for c in root.walk() if not c.part]
        return tuple(Cited(c, c.references) for c in nodes)
    if determination.outcome is Outcome.NOT_MET:
        found = list(_deciders(against, determination)) if truths[against.id] is Truth.TRUE else []
        if truths[favour.id] is Truth.FALSE:
            found += _deciders(favour, determination)
        return tuple(_with_group(policy, c, {favour.id}) for c in found)
    if determination.outcome is Outcome.INFORMATION_NEEDED:
        opened = [c for root in (favour, against) for c in open_criteria(root, determination)]
        return tuple(_with_group(policy, c, {favour.id, against.id}) for c in opened)
    return ()


def _deciders(criterion: Criterion, determination: Determination) -> Iterator[Criterion]:
    """The lowest criteria each of which alone gives this one its truth; itself where only several together do."""
    truths = determination.criteria
    if truths[criterion.id] is (Truth.TRUE if criterion.any else Truth.FALSE) and (criterion.any or criterion.all):
        alone = [c for c in criterion.children if truths[c.id] is truths[criterion.id]]
    elif criterion.none and truths[criterion.id] is Truth.FALSE:
        alone = [c for c in criterion.children if truths[c.id] is Truth.TRUE]
    else:
        alone = []
    if not alone or any(c.part for c in alone):
        yield criterion
    for child in alone:
        if not child.part:
            yield from _deciders(child, determination)


def open_criteria(criterion: Criterion, determination: Determination) -> Iterator[Criterion]:
    """The lowest open criteria under open ones only: an open criterion under a decided one no longer matters."""
    if determination.criteria[criterion.id] is not Truth.UNKNOWN:
        return
    below = [c for c in criterion.children if determination.criteria[c.id] is Truth.UNKNOWN]
    if not below or any(c.part for c in below):
        yield criterion
    for child in below:
        if not child.part:
            yield from open_criteria(child, determination)


def _with_group(policy: Policy, criterion: Criterion, aside: set[str]) -> Cited:
    """A criterion with the references above it; `aside` are groups that do not go with references of its own."""
    left_out = aside if criterion.references else {policy.indications.id}
    group = policy.parent.get(criterion.id)
    while group and not policy.criterion[group].references:
        group = policy.parent.get(group)
    if not group or group in left_out:
        return Cited(criterion, criterion.references)
    return Cited(criterion, criterion.references, policy.criterion[group].label, policy.criterion[group].references)


def lacking(policy: Policy, determination: Determination) -> tuple[tuple[str, tuple[Flag, ...]], ...]:
    """Facts that could still be supplied, with their own flags, where nothing else stands against the criteria.

    A part of a criterion is a document or a study: one that is lacking can be sent.
    """
    if determination.outcome is not Outcome.NOT_MET:
        return ()
    facts: list[str] = []
    for one in deciding(policy, determination):
        failed = [c for c in one.criterion.children if c.part and determination.criteria[c.id] is Truth.FALSE]
        if not failed:
            return ()
        facts += [f for c in failed for f in c.facts()]
    flags = [flag_of(policy, f) for f in determination.flags]
    tested = {flag.id: {part.fact for part in flag.when.walk() if part.fact} for flag in flags}
    return tuple((f, tuple(flag for flag in flags if tested[flag.id] == {f})) for f in dict.fromkeys(facts))


def numbers_cited(shown: Iterable[Cited]) -> tuple[int, ...]:
    """Every reference number that is cited, in the order of the list."""
    return tuple(sorted({n for one in shown for n in one.numbers}))


def evidence_for(policy: Policy, shown: Iterable[Cited]) -> tuple[Evidence, ...]:
    """Studies linked to the criteria shown and to no other reference than those cited, in a few sentences."""
    places = list(shown)
    cited = set(numbers_cited(places))
    ids = {c.criterion.id for c in places} | {policy.parent.get(c.criterion.id, "") for c in places}
    found: list[Evidence] = []
    left = MAX_SENTENCES
    for item in policy.evidence:
        length = len(re.findall(r"[.!?](?=\s|$)", item.statement))
        if set(item.references) <= cited and ids & set(item.supports) and length <= left:
            found.append(item)
            left -= length
    return tuple(found)
