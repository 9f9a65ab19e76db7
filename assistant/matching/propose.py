"""How a reading is put to the reviewer: taken silently, shown to be confirmed, or left to be chosen; and why."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .assertion import Assertion
from .reading import Reading
from .second_reader import Bars, Doubt, Surroundings, span_of

_SHORT = 4
"""Words of a bare answer, at most."""
_BESIDE = 3
"""Words away from what was read at which an unread word may turn its meaning."""


class Tier(StrEnum):
    """What a reading needs before it counts."""

    SILENT = "silent"
    CONFIRM = "confirm"
    CHOOSE = "choose"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The tier of a reading, how likely it is wrong, and why it has that tier, in plain words."""

    tier: Tier
    risk: float
    because: tuple[str, ...]


def propose(
    reading: Reading,
    doubt: Doubt,
    bars: Bars,
    *,
    settled: bool = True,
    bare: bool = False,
    turned_by: Sequence[str] = (),
) -> Proposal:
    """The tier of one reading.

    Args:
        reading: What the first reader made of an answer.
        doubt: What the second reader thinks of it.
        bars: Where the tiers begin and end.
        settled: Whether it leaves one value only.
        bare: Whether the whole answer is a bare reply to the question asked.
        turned_by: Unread words beside it that may turn its meaning.
    """
    reasons = []
    if not settled:
        reasons.append("more than one value stays possible")
    if reading.doubt:
        reasons.append(reading.doubt)
    reasons += [f"\u201c{word}\u201d stands beside it and was not read" for word in turned_by]
    if doubt.risk >= bars.choose_from:
        reasons += ["the second reader doubts it", *doubt.because]
    if reasons:
        return Proposal(Tier.CHOOSE, doubt.risk, tuple(dict.fromkeys(reasons)))
    if bare and doubt.risk <= bars.silent_to:
        return Proposal(Tier.SILENT, doubt.risk, ("a bare answer to the question asked",))
    why = "a bare answer that is less sure than most" if bare else f"read from the words \u201c{reading.quote}\u201d"
    return Proposal(Tier.CONFIRM, doubt.risk, (why,))


def is_bare(around: Surroundings, reading: Reading, readings: Sequence[Reading], asked: Container[str]) -> bool:
    """Whether an answer is nothing but a short reply to the question asked: "yes", "38", "ARCO II", "none"."""
    spoken = [i for i, word in enumerate(around.words) if any(c.isalnum() for c in word)]
    plain = reading.score == 100 and not reading.doubt and not reading.method.startswith("conflict")
    plain = plain and reading.assertion in {Assertion.AFFIRMED, Assertion.NEGATED}
    if not plain or not 0 < len(spoken) <= _SHORT or any(r.fact not in asked or len(r.values) != 1 for r in readings):
        return False
    read = {i for r in readings for i in range(*span_of(around, r))}
    numbers = {i for r in readings if any(isinstance(v, int) for v in r.values) for i in range(*span_of(around, r))}
    if not (reading.method.startswith("bare") or around.unread <= numbers):
        return False
    return read.issuperset(spoken) and "?" not in around.words


def turning_beside(around: Surroundings, reading: Reading, turning: Container[str]) -> tuple[str, ...]:
    """Unread words beside a reading, in its clause, that may turn its meaning."""
    first, last = span_of(around, reading)
    beside = [*range(max(0, first - _BESIDE), first), *range(last, min(len(around.words), last + _BESIDE))]
    clause = around.clause_of[first] if first < len(around.words) else -1
    near = [i for i in beside if i in around.unread and around.clause_of[i] == clause]
    return tuple(dict.fromkeys(around.words[i] for i in near if around.words[i] in turning))
