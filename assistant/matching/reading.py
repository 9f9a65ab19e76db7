"""What an answer says of a fact, and how a question reads answers that name none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .assertion import Assertion
from .scene import Mention, Values
from .vocabulary import Value, Vocabulary

_OPEN = frozenset([Assertion.UNCERTAIN, Assertion.NOT_DOCUMENTED])


NAMES_BOTH = "One answer names both values"
"""What is not sure about an answer that excludes itself; one said again later settles it only with a reason."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says of one fact, all its mentions brought together.

    `values` are those still possible; the whole domain means: spoken of and left open. `start` and `end` are offsets
    into the answer as typed. `closed`: the record does not tell, so that asking again is pointless. `side`: the side
    that the words name, if any. `doubt`: what about the reading is not sure. `ordered`: the values in the order of the
    answer, where that matters; a date or codes that are spoken of and not given have no values.
    """

    fact: str
    values: Values
    quote: str
    start: int
    end: int
    assertion: Assertion = Assertion.AFFIRMED
    method: str = ""
    score: float = 100.0
    rivals: tuple[str, ...] = ()
    closed: bool = False
    side: str = ""
    doubt: str = ""
    ordered: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """Words that were found and do not count, and why, in plain words."""

    quote: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Frame:
    """How a question reads answers that name no fact: bare yes, no, not sure; `bare` facts take a number or degree."""

    facts: tuple[str, ...] = ()
    yes: Mapping[str, Value] = field(default_factory=dict)
    no: Mapping[str, Value] = field(default_factory=dict)
    unclear: Mapping[str, Value] = field(default_factory=dict)
    bare: tuple[str, ...] = ()


class Knowledge:
    """What a reader is given: a vocabulary, the values of each fact, and how each question reads bare answers."""

    def __init__(self, vocabulary: Vocabulary, domains: Mapping[str, Values], frames: Mapping[str, Frame]) -> None:
        self.vocabulary = vocabulary
        self.domains = domains
        self.frames = frames
        self.of_person = frozenset(a.fact for a in vocabulary.ages)
        self.choices = {c.fact: c for c in vocabulary.choices}


def says(mention: Mention) -> Values | None:
    """The values that a mention leaves, given its assertion; None when it says nothing now."""
    assertion = mention.judgement.assertion
    if assertion is Assertion.AFFIRMED:
        return mention.said
    if assertion is Assertion.NEGATED:
        if mention.graded_negation is not None:
            return mention.graded_negation or None
        return mention.denied
    if assertion is Assertion.PAST:
        return mention.said if mention.done else None
    if assertion is Assertion.PLANNED:
        return None if mention.done or mention.dated else mention.said
    return None


def is_open(mention: Mention, values: Values, domain: Values) -> bool:
    """Whether a mention settles nothing: it leaves every value, or doubts the one that it names."""
    return values == domain or mention.doubtful or mention.judgement.limited or mention.judgement.distant


def opens(mention: Mention, domain: Values) -> bool:
    """Whether a mention leaves its fact open, whatever other mentions say."""
    judgement = mention.judgement
    if judgement.assertion in _OPEN:
        return True
    if judgement.assertion is Assertion.PLANNED and mention.done:
        return True
    if judgement.assertion is Assertion.NEGATED and mention.denied is None and mention.graded_negation is None:
        return False
    return (
        judgement.limited
        or judgement.distant
        or (mention.doubtful and (says(mention) is not None or mention.said == domain))
    )
