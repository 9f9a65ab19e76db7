"""What was asked, answered, chosen, edited and taken back: the record behind a rationale."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..events import Answered, Concluded, Noted, Picked, Reopened, Started, Undone
from ..findings import NOT_STATED, Finding, Turn
from ..interview import Session, SideReview
from ..policy import UNKNOWN, Policy, values_of
from ..view import say_values
from .model import AuditEntry, AuditMark, Established
from .words import concerns, shortened

_Action = Answered | Picked | Noted


@dataclass(slots=True)
class _Stand:
    """What stood at one number: when it was written, and the texts that were edited away."""

    at: str
    former: list[str] = field(default_factory=list)


def audit_entries(session: Session, review: SideReview) -> tuple[AuditEntry, ...]:
    """Everything that counts and concerns this side, by number."""
    stands: list[_Stand] = []
    texts: list[str] = []
    for action in _actions(session):
        if isinstance(action, Answered) and action.replaces is not None:
            stand = stands[action.replaces - 1]
            stand.former.append(texts[action.replaces - 1])
            stand.at = action.at or stand.at
            texts[action.replaces - 1] = action.text
        else:
            stands.append(_Stand(action.at or ""))
            texts.append(action.text)
    found = []
    for turn, stand in zip(session.turns, stands, strict=True):
        entry = _entry(session, review, turn, stand)
        if concerns(session, review, turn.side):
            found.append(entry)
        elif entry.established:
            found.append(replace(entry, kind="elsewhere", text="", reason="", former=()))
    return tuple(found)


def _actions(session: Session) -> list[_Action]:
    kept: list[_Action] = []
    for event in session.events:
        if isinstance(event, Answered | Picked | Noted):
            kept.append(event)
        elif isinstance(event, Undone):
            kept.pop()
    return kept


def _entry(session: Session, review: SideReview, turn: Turn, stand: _Stand) -> AuditEntry:
    policy = session.policy
    question = session.loaded.prompts.question.get(turn.question)
    asked = question.text if question else ""
    kind, reason, established = "answer", "", tuple(_read(session, review, turn))
    if turn.note:
        kind, asked = "note", turn.note.criterion
    elif turn.pick:
        kind = "override" if turn.pick.origin == "override" else "choice"
        kind = "not_documented" if turn.text == NOT_STATED else kind
        reason = "" if kind == "not_documented" else turn.pick.reason
        established = tuple(
            Established(policy.fact[f].label, _picked(policy, turn.pick, f), "", counts=_counts(review, f))
            for f in turn.pick.facts
            if _tells(session, review, turn, f)
        )
    elif turn.skipped:
        kind = "skipped"
    return AuditEntry(turn.number, stand.at, kind, asked, turn.text, established, reason, tuple(stand.former))


def _read(session: Session, review: SideReview, turn: Turn) -> list[Established]:
    policy = session.policy
    found = []
    for read in (r for r in turn.read if _tells(session, review, turn, r.fact)):
        fact = policy.fact[read.fact]
        if fact.kind in {"codes", "date"}:
            value = ", ".join(str(v) for v in read.values)
        else:
            value = say_values(policy, Finding(read.fact, frozenset(read.values), (), closed=read.closed))
        counts = _counts(review, read.fact) and not (fact.about == "side" and turn.number in session.left_behind)
        quote = read.quote if read.quote in turn.text else ""
        found.append(Established(fact.label, value, shortened(quote), counts or fact.kind == "date"))
    return found


def _tells(session: Session, review: SideReview, turn: Turn, fact: str) -> bool:
    """Whether a fact is of this side, or of both whatever side the answer was about."""
    return session.policy.fact[fact].about != "side" or concerns(session, review, turn.side)


def _counts(review: SideReview, fact: str) -> bool:
    return fact in review.determination.facts


def _picked(policy: Policy, pick: Picked, fact: str) -> str:
    given = pick.facts[fact]
    values = values_of(policy, fact, given)
    return say_values(policy, Finding(fact, values, (), closed=given == UNKNOWN))


def audit_marks(session: Session, review: SideReview) -> tuple[AuditMark, ...]:
    """What happened beside the answers: the start, what was taken back, closing and opening again."""
    marks: list[AuditMark] = []
    kept: list[_Action] = []
    for event in session.events:
        at = event.at or ""
        if isinstance(event, Answered | Picked | Noted):
            kept.append(event)
        elif isinstance(event, Undone):
            last = kept.pop()
            if concerns(session, review, last.side):
                marks.append(AuditMark(at, "undone", last.text, _question(session, last)))
        elif isinstance(event, Started):
            marks.append(AuditMark(at, "started", event.reviewer))
        elif isinstance(event, Concluded):
            outcome = event.determinations.get(review.side or "", event.determination)
            marks.append(AuditMark(at, "concluded", outcome))
        elif isinstance(event, Reopened):
            marks.append(AuditMark(at, "reopened", event.reason))
    return tuple(marks)


def _question(session: Session, action: _Action) -> str:
    if isinstance(action, Noted):
        return action.criterion
    question = session.loaded.prompts.question.get(action.question)
    return question.text if question else ""
