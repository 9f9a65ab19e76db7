"""What the patient is told: plain sentences from the policy's own plain words, no codes and no quotes."""

from __future__ import annotations

from collections.abc import Iterable

from ..determination import Determination, Outcome, Truth, missing
from ..interview import Session, SideReview
from ..policy import Criterion
from ..policy.prompts import PlainWords
from ..release import OpenItem
from ..view import side_word
from .citing import Cited, lacking
from .model import MemberStatement, Term


def member_statement(
    session: Session, review: SideReview, cited: tuple[Cited, ...], opened: tuple[OpenItem, ...] = ()
) -> MemberStatement:
    """The outcome's reasons and what is still needed, in plain words."""
    policy, found = session.policy, review.determination
    plain = session.loaded.prompts.plain or PlainWords(service=policy.service, part="side")
    side = side_word(session, review.side)
    why: list[str] = []
    if found.outcome is Outcome.NOT_ADDRESSED:
        why = [plain.flags[f] for f in found.flags if f in plain.flags]
    elif found.outcome is not Outcome.INFORMATION_NEEDED:
        why = [s for c in cited for s in _sentences(plain, c.criterion, found)]

    def request(fact: str) -> str:
        return plain.requests.get(fact) or policy.fact[fact].label

    needed = [request(m.fact) for m in missing(policy, session.loaded.prompts, found)]
    needed += [request(fact) for one in opened for fact in one.facts]
    for fact, flags in lacking(policy, found):
        needed += [plain.flags[f.id] for f in flags if f.id in plain.flags] or [request(fact)]
    if not side and found.outcome is Outcome.MET and policy.side_fact:
        needed = [request(policy.side_fact)]
    terms = _terms(plain, (*why, *needed, plain.service))
    return MemberStatement(plain.service, side, tuple(dict.fromkeys(why)), tuple(dict.fromkeys(needed)), terms)


def _sentences(plain: PlainWords, criterion: Criterion, found: Determination) -> list[str]:
    """A criterion in words: itself, or its parts of the same truth where those are what it stands on."""
    truth = found.criteria[criterion.id]
    parts = [c for c in criterion.children if c.part and found.criteria[c.id] is truth]
    nodes = parts or ([criterion] if not criterion.children or truth is Truth.FALSE else [])
    return [
        plain.criteria[c.id].yes if found.criteria[c.id] is Truth.TRUE else plain.criteria[c.id].no
        for c in nodes
        if c.id in plain.criteria and found.criteria[c.id] is not Truth.UNKNOWN
    ]


def _terms(plain: PlainWords, sentences: Iterable[str]) -> tuple[Term, ...]:
    text = " ".join(sentences).lower()
    return tuple(Term(word, meaning) for word, meaning in plain.terms.items() if word.lower() in text)
