"""What is known of facts and criteria, with the words that say so. Nothing is said that no answer supports."""

from __future__ import annotations

from collections.abc import Iterator

from ..determination import Determination, Outcome, Truth, rules_of
from ..events import Noted
from ..findings import NOT_STATED, Finding, Source
from ..interview import Session, SideReview, requested_codes
from ..policy import Condition, Criterion, Policy
from ..view import say_values
from .citing import Cited, open_criteria
from .model import CriterionStatement, FactStatement, NoteStatement, Words

MAX_QUOTE = 200

_INDICATION = {Truth.TRUE: "met", Truth.FALSE: "not met", Truth.UNKNOWN: "open"}
_NON_INDICATION = {Truth.TRUE: "applies", Truth.FALSE: "does not apply", Truth.UNKNOWN: "open"}


def shortened(text: str) -> str:
    """Words of a reviewer at a length that can stand in a sentence."""
    shown = text.strip()
    return shown if len(shown) <= MAX_QUOTE else shown[: MAX_QUOTE - 1].rstrip() + "…"


def fact_statement(session: Session, review: SideReview, fact_id: str) -> FactStatement:
    """What is known of one fact, and from where."""
    policy = session.policy
    label = policy.fact[fact_id].label
    finding = review.findings.get(fact_id)
    if finding is None:
        return FactStatement(fact_id, label, "not_answered")
    if fact_id not in review.determination.facts:
        return FactStatement(fact_id, label, "void")
    words = tuple(_words(session, review, finding, i, s) for i, s in enumerate(finding.sources))
    if finding.values == policy.domains[fact_id]:
        closed = finding.closed or any(w.how == "not_documented" for w in words)
        return FactStatement(fact_id, label, "not_documented" if closed else "left_open", "", words)
    state = "conflict" if finding.conflict else "known" if finding.value is not None else "several"
    codes = policy.fact[fact_id].kind == "codes"
    value = ", ".join(requested_codes(session)) if codes else say_values(policy, finding)
    return FactStatement(fact_id, label, state, value, words)


def _words(session: Session, review: SideReview, finding: Finding, index: int, source: Source) -> Words:
    value = say_values(session.policy, Finding(finding.fact, source.values, (), closed=finding.closed))
    if not source.turn:
        # A value on the request form comes first; any other source without an answer was computed.
        requested = index == 0 and finding.fact in session.started.request
        return Words("requested" if requested else "computed", source.quote, value, 0)
    turn = session.turns[source.turn - 1]
    if turn.pick:
        how = "override" if turn.pick.origin == "override" else "choice"
        how = "not_documented" if turn.text == NOT_STATED else how
        return Words(how, "", value, turn.number, turn.pick.reason)
    # A recorded quote that does not stand in the answer is not repeated; the answer itself is, if it is of this side.
    whole = turn.text if concerns(session, review, turn.side) else ""
    quote = source.quote if source.quote and source.quote in turn.text else whole
    return Words("said", shortened(quote), value, turn.number)


def criterion_statement(
    session: Session, review: SideReview, cited: Cited, needed: frozenset[str] = frozenset()
) -> CriterionStatement:
    """A criterion with its truth in words and the facts that decide it, or that leave it open."""
    criterion, determination = cited.criterion, review.determination
    truth = determination.criteria[criterion.id]
    favour = any(c.id == criterion.id for c in session.policy.indications.walk())
    # Where criteria listed below are shown too, they carry the facts; a criterion that decides alone carries its own.
    below = determination.outcome is Outcome.NOT_MET and bool(cited.references or cited.group_references)
    facts = deciding_facts(session.policy, criterion, determination, below=below)
    notes = [
        NoteStatement(turn.note.text, turn.number)
        for turn in session.turns
        if isinstance(turn.note, Noted) and turn.note.criterion == criterion.id and concerns(session, review, turn.side)
    ]
    return CriterionStatement(
        id="" if criterion.part else criterion.id,
        label=criterion.label,
        truth=truth.value,
        word=_word(criterion, truth, favour=favour),
        facts=_supported(truth, [fact_statement(session, review, f) for f in facts]),
        references=cited.references,
        group=cited.group,
        group_references=cited.group_references,
        needed=criterion.id in needed,
        notes=tuple(notes),
    )


def concerns(session: Session, review: SideReview, side: str | None) -> bool:
    """Whether what was said of a side belongs to this review; what was said of another is left out."""
    if side is None or side == review.side:
        return True
    known = review.findings.get(session.policy.side_fact or "")
    named = known.value if known else None
    return review.side is None and (named == side or named not in session.policy.sides)


def _word(criterion: Criterion, truth: Truth, *, favour: bool) -> str:
    if favour:
        return _INDICATION[truth]
    return "none applies" if criterion.any and truth is Truth.FALSE else _NON_INDICATION[truth]


def _supported(truth: Truth, found: list[FactStatement]) -> tuple[FactStatement, ...]:
    """The facts that answers speak of, where a truth is known: others only follow from them."""
    spoken = [s for s in found if s.state != "not_answered"]
    return tuple(spoken if spoken and truth is not Truth.UNKNOWN else found)


def needed_criteria(policy: Policy, determination: Determination) -> frozenset[str]:
    """Open criteria that can still change the outcome."""
    if determination.outcome is not Outcome.INFORMATION_NEEDED:
        return frozenset()
    roots = (policy.indications, policy.non_indications)
    return frozenset(c.id for root in roots for c in open_criteria(root, determination))


def deciding_facts(
    policy: Policy, criterion: Criterion, determination: Determination, *, below: bool = False
) -> tuple[str, ...]:
    """The facts that give a criterion its truth: its own and those of its parts, and with `below` of all under it."""
    truth = determination.criteria[criterion.id]
    if criterion.when is not None:
        return tuple(_facts_of(policy, criterion.when, truth, determination)) or criterion.facts()
    parts = any(c.part for c in criterion.children)
    chosen = [c for c in criterion.children if c.part or (below and not parts)]
    found = [
        f
        for c in chosen
        if determination.criteria[c.id] is truth
        for f in deciding_facts(policy, c, determination, below=below)
    ]
    return tuple(dict.fromkeys(found))


def _facts_of(policy: Policy, condition: Condition, truth: Truth, determination: Determination) -> Iterator[str]:
    if condition.fact is not None:
        yield condition.fact
        return
    rules = rules_of(policy)
    inner = truth
    if condition.none is not None:
        inner = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, truth)
    for part in condition.parts:
        if rules.test(part, determination.facts, determination.criteria) is inner:
            yield from _facts_of(policy, part, inner, determination)
