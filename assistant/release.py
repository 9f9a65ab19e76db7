"""Whether everything that a release rests on was established, item by item: a second answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .determination import Determination, Facts, Outcome, Truth, rules_of
from .policy import Policy, ReleaseItem

DETERMINATION = "determination"
"""The item that stands for the criteria themselves."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that keeps a side from being released: why, and what to ask the provider for (may be empty).

    `facts` are those that are not established.
    """

    item: str
    why: str
    request: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """What is still open before a side may be released; nothing open means that it may."""

    open: tuple[OpenItem, ...]

    @property
    def allowed(self) -> bool:
        """Whether the reviewer may release."""
        return not self.open


def release_of(
    policy: Policy,
    determination: Determination,
    facts: Facts,
    *,
    unsettled: Mapping[str, str] | None = None,
    doubted: Mapping[str, str] | None = None,
    interview: bool = False,
) -> Release:
    """What keeps these facts from being released.

    Args:
        policy: A loaded policy; its `release` items say what must be established.
        determination: What follows from the facts.
        facts: Possible values by fact id, as given.
        unsettled: Facts that do not count as they stand, such as those whose sources exclude each other, and why.
        doubted: Facts whose reading is not sure and was not accepted, and why.
        interview: Whether a reviewer was asked, so that questions put to every reviewer must be answered.
    """
    doubts, open_ones = doubted or {}, unsettled or {}
    needed = [
        item
        for item in policy.release
        if applies(policy, item, facts, determination) and (interview or not item.interview or item.facts[0] in facts)
    ]
    found = [one for item in needed for one in _item(policy, item, determination, facts, open_ones, doubts)]
    found += _criteria(policy, open_ones, doubts, {f for one in found for f in one.facts})
    if determination.outcome is not Outcome.MET:
        found.insert(0, OpenItem(DETERMINATION, "The criteria are not all met.", ""))
    return Release(tuple(found))


def applies(policy: Policy, item: ReleaseItem, facts: Facts, determination: Determination) -> bool:
    """Whether an item must be established in this case."""
    rules = rules_of(policy)
    return item.when is None or rules.test(item.when, facts, determination.criteria) is Truth.TRUE


def _item(
    policy: Policy,
    item: ReleaseItem,
    determination: Determination,
    facts: Facts,
    unsettled: Mapping[str, str],
    doubts: Mapping[str, str],
) -> Iterator[OpenItem]:
    wrong = {f: why for f in item.facts if (why := _unestablished(policy, item, f, facts, unsettled, doubts))}
    if wrong:
        whys = "; ".join(f"{policy.fact[f].label}: {why}" for f, why in wrong.items())
        yield OpenItem(item.id, _sentence(whys), item.request, tuple(wrong))
    elif item.require and rules_of(policy).test(item.require, facts, determination.criteria) is not Truth.TRUE:
        yield OpenItem(item.id, item.why, item.request, item.facts)


def _unestablished(
    policy: Policy,
    item: ReleaseItem,
    fact: str,
    facts: Facts,
    unsettled: Mapping[str, str],
    doubts: Mapping[str, str],
) -> str:
    """Why a fact is not established; empty when it is."""
    possible = facts.get(fact)
    if possible is None:
        return "not checked"
    if fact in unsettled:
        return unsettled[fact]
    if possible == policy.domains[fact]:
        return doubts.get(fact) or "not documented"
    if len(possible) > 1 and not item.several:
        return "more than one value is possible"
    return doubts.get(fact, "")


AGE_AT_LIMIT = "at the limit of a criterion; the date of birth and the date of service settle it"


def contradiction(fact: str) -> str:
    """Why a fact whose sources exclude each other is open, and how a reviewer settles it."""
    return f"answers contradict each other; a reason settles it: /pick {fact} VALUE REASON"


def said_otherwise(fact: str, quote: str, answer: int) -> str:
    """Why a fact is open that an answer about the form excludes, and how a reviewer settles it."""
    return f"answer {answer} says otherwise, “{quote}”; a reason settles it: /pick {fact} VALUE REASON"


def _criteria(
    policy: Policy, unsettled: Mapping[str, str], doubts: Mapping[str, str], told: set[str]
) -> Iterator[OpenItem]:
    """Facts of criteria that stand on what is not settled, or on a doubtful reading."""
    tested = dict.fromkeys(f for c in policy.criterion.values() if c.when for f in c.facts())
    for fact in tested:
        why = unsettled.get(fact) or doubts.get(fact, "")
        if why and fact not in told:
            label = policy.fact[fact].label
            yield OpenItem(fact, _sentence(f"{label}: {why}"), policy.request_for(fact), (fact,))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith((".", "?")) else ".")
