"""What can happen in a review. A transcript is a list of these, and everything shown is a fold over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FORMAT = 2
"""Since 2 a release is an event of its own; reviews of format 1 are read and replayed as they were."""
READABLE = frozenset({1, 2})
MAX_ANSWER = 20_000
"""Characters of an answer, wherever it comes from: reading takes time for each, and no chart line is so long."""


def _of_bounded_length(text: str) -> str:
    if len(text) > MAX_ANSWER:
        raise ValueError(TOO_LONG)
    return text


TOO_LONG = f"longer than {MAX_ANSWER:,} characters; keep only the part that answers the question"
Typed = Annotated[str, AfterValidator(_of_bounded_length)]
"""What a reviewer typed. (Pydantic's own limit would refuse half a surrogate pair.)"""


class EventModel(BaseModel):
    """A past-tense fact. Fields that this version does not know are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    at: str | None = None


class FactRead(BaseModel):
    """What an answer says of one fact, with the words that say so.

    `values` are those still possible (all of them: spoken of and left open); `start` and `end` are offsets into the
    answer as typed; `closed` means that the record does not tell, so asking again is pointless. `side` is that of the
    words, where it is another one than that of the question (`both`: of both). `doubt` says what about the reading is
    not sure: words that were not understood, a day and a month that could be swapped.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    fact: str
    values: tuple[int | str, ...]
    quote: str
    start: int = 0
    end: int = 0
    assertion: str = "affirmed"
    method: str = ""
    score: float = 100.0
    closed: bool = False
    rivals: tuple[str, ...] = ()
    side: str | None = None
    doubt: str = ""


class Reread(BaseModel):
    """An earlier answer that reads differently since another one changed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    turn: int
    read: tuple[FactRead, ...]


class Started(EventModel):
    """The first event: which policy, which case, and what the request form says.

    `date_order` is how dates in figures are read (3/4/2027: 4 March, or 3 April).
    """

    event: Literal["started"] = "started"
    format: int = FORMAT
    policy: str
    version: int
    digest: str | None = None
    case: str = ""
    reviewer: str = ""
    mode: Literal["review", "practice", "exam"] = "review"
    why: str = ""
    date_order: Literal["month-day", "day-month"] = "month-day"
    request: Mapping[str, Any] = Field(default_factory=dict)


class Asked(EventModel):
    """A question was put.

    With `again`, the reviewer asked for it once more. Without a question: the reviewer chose to complete a settled
    record (`completing`), or to stop completing it.
    """

    event: Literal["asked"] = "asked"
    question: str = ""
    side: str | None = None
    ask_back: bool = False
    again: bool = False
    completing: bool = False


class Answered(EventModel):
    """The reviewer typed an answer. Hand-written transcripts may leave out what was read.

    `replaces` is the number of the turn that this answer takes the place of, `voids` are those that asked back about
    it and count no longer. `about` is the side that was under review when only one was requested: what was said of it
    never counts for the other one.
    """

    event: Literal["answered"] = "answered"
    question: str
    text: Typed
    side: str | None = None
    about: str | None = None
    replaces: int | None = None
    voids: tuple[int, ...] = ()
    read: tuple[FactRead, ...] | None = None
    rereads: tuple[Reread, ...] = ()
    criteria: Mapping[str, str] | None = None
    determination: str | None = None


class Picked(EventModel):
    """The reviewer chose a value: of an open fact (manual) or against what was read (override, with a reason)."""

    event: Literal["picked"] = "picked"
    facts: Mapping[str, Any]
    question: str = ""
    side: str | None = None
    about: str | None = None
    origin: Literal["manual", "override"] = "manual"
    reason: Typed = ""
    text: Typed = ""
    criteria: Mapping[str, str] | None = None
    determination: str | None = None


class Accepted(EventModel):
    """The reviewer let readings stand that the program was not sure of, seen on the last screen."""

    event: Literal["accepted"] = "accepted"
    facts: Mapping[str, tuple[int | str, ...]]
    side: str | None = None


class ReleasedItem(BaseModel):
    """One line of the last screen: what a release rests on, as it was shown."""

    model_config = ConfigDict(extra="allow", frozen=True)

    item: str
    value: str
    quote: str = ""


class Released(EventModel):
    """The reviewer released a side; `items` are what the last screen showed."""

    event: Literal["released"] = "released"
    side: str | None = None
    items: tuple[ReleasedItem, ...] = ()


class Noted(EventModel):
    """The reviewer wrote a note: on a criterion, on a requirement, on the request, or on nothing of them (empty)."""

    event: Literal["noted"] = "noted"
    criterion: str = ""
    text: Typed
    side: str | None = None


class Undone(EventModel):
    """The last answer, pick or note that still counted was taken back."""

    event: Literal["undone"] = "undone"


class Concluded(EventModel):
    """The review was closed; one determination a side (or one under the empty name).

    `rationale` is the fingerprint of what the rationale states, `texts` that of its text for each audience.
    """

    event: Literal["concluded"] = "concluded"
    determination: str
    determinations: Mapping[str, str] = Field(default_factory=dict)
    rationale: str | None = None
    texts: Mapping[str, str] | None = None


class Reopened(EventModel):
    """A closed review was opened again."""

    event: Literal["reopened"] = "reopened"
    reason: Typed


Event = Annotated[
    Started | Asked | Answered | Picked | Accepted | Released | Noted | Undone | Concluded | Reopened,
    Field(discriminator="event"),
]
"""Any of the above, told apart by the field `event`."""
