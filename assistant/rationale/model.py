"""What a rationale says, before it has a layout: frozen, plain words and numbers only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One thing that a fact rests on.

    `how`: said (`text` is what the reviewer wrote), chosen, overridden (`reason` in the reviewer's words),
    not_documented, requested (`text` stands on the request form) or computed (`text` says from what).
    """

    how: str
    text: str
    value: str
    turn: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FactStatement:
    """What is known of a fact.

    `state`: known, several (more than one value is possible), conflict (answers exclude each other), not_documented,
    left_open (answered without a value), not_answered (no answer speaks of it), or void (the records are of another
    side, so nothing of it counts).
    """

    id: str
    label: str
    state: str
    value: str = ""
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteStatement:
    """What the reviewer noted on a criterion."""

    text: str
    turn: int


@dataclass(frozen=True, slots=True)
class CriterionStatement:
    """A criterion and what decides it.

    `truth` is true, false or unknown and `word` the same as a reader says it. `group` is the criterion above, named
    where its references are cited too (`group_references`). `needed`: still open and able to change the outcome.
    """

    id: str
    label: str
    truth: str
    word: str
    facts: tuple[FactStatement, ...] = ()
    references: tuple[int, ...] = ()
    group: str = ""
    group_references: tuple[int, ...] = ()
    needed: bool = False
    notes: tuple[NoteStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagStatement:
    """A note that the case raises, what it does to the outcome, the facts that raise it, the requirement behind it."""

    id: str
    effect: str
    note: str
    facts: tuple[FactStatement, ...] = ()
    requirements: tuple[RequirementStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class RequirementStatement:
    """A general documentation requirement of the policy."""

    id: str
    requirement: str


@dataclass(frozen=True, slots=True)
class ReadingStatement:
    """How an ambiguity of the policy is read."""

    id: str
    note: str


@dataclass(frozen=True, slots=True)
class RequestStatement:
    """Something to ask the provider for: the criteria or notes that need it, and what is known so far."""

    ask: str
    criteria: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: tuple[FactStatement, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceStatement:
    """A study as the policy reports it."""

    id: str
    statement: str
    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReferenceStatement:
    """An entry of the policy's reference list."""

    number: int
    authors: str
    title: str
    journal: str
    year: int
    locator: str
    link: str


@dataclass(frozen=True, slots=True)
class Established:
    """What one answer says of one fact; `counts` is false where it is kept aside."""

    label: str
    value: str
    quote: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that the reviewer did, as it counts now, with what stood there before an edit.

    `kind`: answer, choice, override, not_documented, skipped, note, or elsewhere (said of another side; only what it
    established for both is told).
    """

    number: int
    at: str
    kind: str
    question: str
    text: str
    established: tuple[Established, ...] = ()
    reason: str = ""
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditMark:
    """Something else that happened: started, undone, concluded, reopened; `text` in the reviewer's words."""

    at: str
    kind: str
    text: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A word that a patient may not know, and what it means."""

    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class MemberStatement:
    """What the patient is told, in sentences without codes and abbreviations."""

    service: str
    side: str
    why: tuple[str, ...]
    needed: tuple[str, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class SideRationale:
    """All that may be said of one side, or of the only one.

    `deciding` are the criteria that make the outcome what it is; with information needed, those that are still open.
    `established` is what is known besides; `not_needed` are open criteria that can no longer change the outcome.
    `curable`: what would have to be supplied where only that is lacking.
    """

    side: str
    outcome: str
    settled: bool
    deciding: tuple[CriterionStatement, ...]
    established: tuple[CriterionStatement, ...]
    not_needed: tuple[CriterionStatement, ...]
    criteria: tuple[CriterionStatement, ...]
    acting_flags: tuple[FlagStatement, ...]
    flags: tuple[FlagStatement, ...]
    readings: tuple[ReadingStatement, ...]
    requests: tuple[RequestStatement, ...]
    curable: tuple[str, ...]
    evidence: tuple[EvidenceStatement, ...]
    references: tuple[ReferenceStatement, ...]
    audit: tuple[AuditEntry, ...]
    marks: tuple[AuditMark, ...]
    member: MemberStatement


@dataclass(frozen=True, slots=True)
class Rationale:
    """A whole rationale: what is common to all sides, and each side by itself.

    `state`: open, reopened or concluded. `notices` come from the clock: the version line first, then dates that need
    a look.
    """

    policy: str
    publisher: str
    version: int
    approved: str
    notices: tuple[str, ...]
    case: str
    reviewer: str
    mode: str
    state: str
    codes: tuple[str, ...]
    level_of_care: str
    date_of_service: str
    limits: str
    part: str
    sides: tuple[SideRationale, ...]
