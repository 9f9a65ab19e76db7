"""A session as statements: everything that a rationale may say, computed before any layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import date

from ..determination import Determination, Outcome, Truth, based_on, flag_of, missing, notices, readings_that_apply
from ..events import Reopened
from ..interview import Session, SideReview, ending_of, requested_codes
from ..policy import Condition, Flag, Policy, Reading
from ..release import OpenItem
from ..view import say_values, side_word
from .audit import audit_entries, audit_marks
from .citing import Cited, deciding, evidence_for, lacking, numbers_cited, open_criteria
from .member import member_statement
from .model import (
    CriterionStatement,
    EvidenceStatement,
    FlagStatement,
    Rationale,
    ReadingStatement,
    ReferenceStatement,
    RequestStatement,
    RequirementStatement,
    SideRationale,
)
from .words import criterion_statement, fact_statement, needed_criteria


def statements(session: Session, today: date) -> Rationale:
    """Everything that a rationale of this session may say.

    Args:
        session: The review, finished or not.
        today: The date of printing, for the state of the policy's own review.
    """
    policy = session.policy
    service = session.dates.get("date_of_service")
    said = notices(policy, today, service)
    version = based_on(policy, today)
    shared = session.sides[0].findings
    plain = session.loaded.prompts.plain
    return Rationale(
        policy=policy.title,
        publisher=policy.publisher,
        version=policy.version,
        approved=_day(policy.approved),
        notices=(version, *(n for n in said if n != version)),
        case=session.started.case,
        reviewer=session.started.reviewer,
        mode=session.started.mode,
        state=_state(session),
        codes=requested_codes(session),
        level_of_care=say_values(policy, shared["level_of_care"]) if "level_of_care" in shared else "",
        date_of_service=_day(service) if service else "",
        limits=policy.limits,
        part=plain.part if plain else "side",
        sides=tuple(_side(session, review) for review in session.sides),
    )


def rationale_digest(rationale: Rationale) -> str:
    """The fingerprint of the clinical statements, the same on every day and before and after closing."""
    content = asdict(rationale)
    for part in ("notices", "state", "reviewer"):
        del content[part]
    for side in content["sides"]:
        del side["member"]
        side["marks"] = [m["text"] for m in side["marks"] if m["kind"] == "undone"]
        for entry in side["audit"]:
            del entry["at"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _state(session: Session) -> str:
    if session.concluded:
        return "concluded"
    return "reopened" if any(isinstance(e, Reopened) for e in session.events) else "open"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _side(session: Session, review: SideReview) -> SideRationale:
    policy = session.policy
    opened = session.releases[review.side].open if _held(session, review) else ()
    review = replace(review, determination=replace(review.determination, outcome=ending_of(session, review)))
    found = review.determination
    cited = deciding(policy, found)
    needed = needed_criteria(policy, found)
    flags = [flag_of(policy, f) for f in found.flags]
    acting = [f for f in flags if _acts(f, found)]
    shown = [f for f in flags if f not in acting and (not _out_of_scope(flags) or not _about_criteria(policy, f.when))]
    return SideRationale(
        side=side_word(session, review.side),
        outcome=found.outcome.value,
        settled=found.settled,
        deciding=tuple(criterion_statement(session, review, c, needed) for c in cited if _bears(c, found)),
        established=_established(session, review, needed),
        not_needed=_not_needed(session, review),
        criteria=tuple(criterion_statement(session, review, Cited(c), needed) for c in policy.criteria),
        acting_flags=_flags(session, review, acting),
        flags=_flags(session, review, shown),
        readings=_readings(policy, found, flags),
        requests=(*_requests(session, review), *_for_release(session, review, opened)),
        curable=_curable(policy, found),
        evidence=tuple(EvidenceStatement(e.id, e.statement, e.references) for e in evidence_for(policy, cited)),
        references=_references(policy, numbers_cited(cited)),
        audit=audit_entries(session, review),
        marks=audit_marks(session, review),
        member=member_statement(session, review, cited, opened),
    )


def _held(session: Session, review: SideReview) -> bool:
    """Whether the criteria are met and the side is not released."""
    met = review.determination.outcome is Outcome.MET
    return session.gated and met and ending_of(session, review) is Outcome.INFORMATION_NEEDED


def _for_release(session: Session, review: SideReview, opened: tuple[OpenItem, ...]) -> Iterator[RequestStatement]:
    """What a release still needs; where nothing is open, why the reviewer pended it."""
    domains = session.policy.domains
    for one in opened:
        facts = tuple(fact_statement(session, review, f) for f in one.facts if f in domains)
        yield RequestStatement(one.request or one.why, notes=(one.why,), facts=facts)
    if review.determination.outcome is Outcome.INFORMATION_NEEDED and not review.determination.live and not opened:
        free = [t.note.text for t in session.turns if t.note and not t.note.criterion]
        if session.gated and free and not review.determination.holds:
            yield RequestStatement(free[-1], notes=("The reviewer pended the request for this.",))


def _bears(cited: Cited, found: Determination) -> bool:
    """An open criterion is no reason for an outcome that is settled."""
    known = found.criteria[cited.criterion.id] is not Truth.UNKNOWN
    return known or found.outcome is Outcome.INFORMATION_NEEDED


def _acts(flag: Flag, found: Determination) -> bool:
    """Whether a flag is a reason for the outcome, and not a note beside it."""
    if found.outcome is Outcome.NOT_ADDRESSED:
        return flag.effect in {"scope", "refer"}
    return found.outcome is Outcome.INFORMATION_NEEDED and flag.id in found.holds


def _out_of_scope(flags: Iterable[Flag]) -> bool:
    return any(f.effect == "scope" for f in flags)


def _about_criteria(policy: Policy, condition: Condition) -> bool:
    """Whether a condition looks at criteria, or at facts that criteria test."""
    tested = {f for c in policy.criteria for f in c.facts()}
    return any(part.criterion or part.fact in tested for part in condition.walk())


def _flags(session: Session, review: SideReview, flags: list[Flag]) -> tuple[FlagStatement, ...]:
    """Flags with what raises them; a requirement that several stand for is said once."""
    found, said = [], set[str]()
    for flag in flags:
        facts = dict.fromkeys(part.fact for part in flag.when.walk() if part.fact and part.fact in review.findings)
        requirements = [r for r in session.policy.requirements if flag.id in r.flags and r.id not in said]
        said |= {r.id for r in requirements}
        found.append(
            FlagStatement(
                flag.id,
                flag.effect,
                flag.note,
                tuple(fact_statement(session, review, f) for f in facts if f),
                tuple(RequirementStatement(r.id, r.requirement) for r in requirements),
            )
        )
    return tuple(found)


def _readings(policy: Policy, found: Determination, flags: list[Flag]) -> tuple[ReadingStatement, ...]:
    """Readings that bear on the case; where the policy does not speak of the request, those on criteria do not."""
    applying = readings_that_apply(policy, found)
    raised = {r for f in flags if f.effect == "scope" for r in f.readings}

    def shown(reading: Reading) -> bool:
        if not _out_of_scope(flags) or reading.id in raised:
            return True
        return not isinstance(reading.when, Condition) or not _about_criteria(policy, reading.when)

    return tuple(ReadingStatement(r.id, r.note) for r in policy.readings if r.id in applying and shown(r))


def _established(session: Session, review: SideReview, needed: frozenset[str]) -> tuple[CriterionStatement, ...]:
    """While information is needed: the lowest criteria, parts too, whose truth is known."""
    found = review.determination
    if found.outcome is not Outcome.INFORMATION_NEEDED:
        return ()
    known = [
        c
        for c in session.policy.criterion.values()
        if c.when is not None and c.id not in needed and found.criteria[c.id] is not Truth.UNKNOWN
    ]
    return tuple(criterion_statement(session, review, Cited(c)) for c in known)


def _not_needed(session: Session, review: SideReview) -> tuple[CriterionStatement, ...]:
    found, policy = review.determination, session.policy
    if found.outcome is Outcome.NOT_ADDRESSED:
        return ()
    mattering = {c.id for root in (policy.indications, policy.non_indications) for c in open_criteria(root, found)}
    if found.outcome is not Outcome.INFORMATION_NEEDED:
        mattering = set()
    left = [
        c for c in policy.criteria if not c.children and found.criteria[c.id] is Truth.UNKNOWN and c.id not in mattering
    ]
    return tuple(criterion_statement(session, review, Cited(c)) for c in left)


def _requests(session: Session, review: SideReview) -> tuple[RequestStatement, ...]:
    """What to ask the provider for: what keeps the outcome open, or the side where nothing may be released without."""
    policy, found = session.policy, review.determination
    asked: dict[str, RequestStatement] = {}
    for one in missing(policy, session.loaded.prompts, found):
        holds = [flag_of(policy, h) for h in found.holds]
        mine = [h for h in holds if h.fact == one.fact]
        open_here = [
            c.label
            for c in policy.criteria
            if not c.children or any(p.part for p in c.children)
            if found.criteria[c.id] is Truth.UNKNOWN and one.fact in _own_facts(policy, c.id)
        ]
        entry = asked.get(one.request, RequestStatement(one.request))
        asked[one.request] = replace(
            entry,
            criteria=tuple(dict.fromkeys((*entry.criteria, *open_here))),
            notes=tuple(dict.fromkeys((*entry.notes, *(h.note for h in mine)))),
            facts=(*entry.facts, fact_statement(session, review, one.fact)),
        )
    side = policy.side_fact
    if side and found.outcome is Outcome.MET and not side_word(session, review.side):
        ask = policy.request_for(side)
        asked[ask] = RequestStatement(ask, facts=(fact_statement(session, review, side),))
    return tuple(asked.values())


def _own_facts(policy: Policy, criterion_id: str) -> tuple[str, ...]:
    """The facts of a criterion and its parts, without those of criteria listed below it."""
    criterion = policy.criterion[criterion_id]
    parts = [c for c in criterion.children if c.part]
    return tuple(f for c in parts for f in c.facts()) if parts else criterion.facts()


def _curable(policy: Policy, found: Determination) -> tuple[str, ...]:
    """What would have to be supplied, in the words of the flag on it."""
    said = [[flag.note for flag in flags] or [policy.request_for(f)] for f, flags in lacking(policy, found)]
    return tuple(dict.fromkeys(text for texts in said for text in texts if text))


def _references(policy: Policy, numbers: tuple[int, ...]) -> tuple[ReferenceStatement, ...]:
    listed = [policy.reference[n] for n in numbers]
    return tuple(
        ReferenceStatement(
            r.number,
            _ended(r.authors),
            _ended(r.title),
            r.journal,
            r.year,
            r.locator,
            f"doi:{r.doi}" if r.doi else f"PMID:{r.pmid}" if r.pmid else "",
        )
        for r in listed
    )


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
