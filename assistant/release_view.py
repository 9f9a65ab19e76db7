"""The last screen before a release: one line for each thing that it rests on, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .answering import days_in, set_aside
from .determination import Outcome, Truth
from .findings import Finding, Source, Turn
from .interview import Session, SideReview, context_for, is_accepted, requested_codes
from .policy import Criterion, ReleaseItem
from .release import OpenItem, applies
from .view import criterion_word, date_notices, quoted, say_day, say_values

_ENDS = re.compile(r"[;\n!?]|(?<!\d)\.(?=\s|$)|(?<=\d)\.(?=\s+[A-Z]|\s*$)")
MAX_CLAUSE = 160


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One line of the last screen.

    `word` says how it stands when it does not simply stand: not checked, not sure, set aside, skipped. With a `key`,
    typing it lets a doubtful reading stand, or asks for `fact` again. `stands`: a doubtful one that was let stand; it
    keeps its letter, so that those of others do not change.
    """

    label: str
    value: str = ""
    quote: str = ""
    word: str = ""
    key: str = ""
    item: str = ""
    fact: str = ""
    doubtful: bool = False
    stands: bool = False


def release_side(session: Session) -> SideReview | None:
    """The side that may still be released: all its criteria are met, and it was not released yet."""
    if not session.gated or session.concluded:
        return None
    waiting = [s for s in session.sides if s.determination.outcome is Outcome.MET and s.side not in session.released]
    ready = [s for s in waiting if session.releases[s.side].allowed]
    return next(iter([*ready, *waiting]), None)


def only_unsure(session: Session, review: SideReview) -> bool:
    """Whether all that keeps a side from its release are readings that the reviewer can let stand."""
    if review != release_side(session):
        return False
    waiting = [one for one in last_screen(session, review) if one.key]
    return bool(waiting) and all(one.doubtful for one in waiting)


def last_screen(session: Session, review: SideReview) -> tuple[ReleaseLine, ...]:
    """What a release of this side would rest on, what is still open, and what does not count."""
    opened = {one.item: one for one in session.releases[review.side].open}
    lines = [
        *_items(session, review, opened),
        *_criteria(session, review, opened),
        *_aside(session, review),
        *_passed_over(session, review),
        *(ReleaseLine("Note", one) for one in date_notices(session)),
    ]
    # what waits for the reviewer comes first, with what was let stand
    lines.sort(key=lambda one: not (one.fact and (one.word or one.stands)))
    return tuple(_keyed(lines))


def _keyed(lines: list[ReleaseLine]) -> Iterator[ReleaseLine]:
    """What is open has numbers for keys, what is not sure has letters."""
    number, letter = 0, ord("a") - 1
    for one in lines:
        if one.stands:
            letter += 1
            yield replace(one, word=f"{chr(letter)}: you let it stand")
        elif not one.fact or not one.word:
            yield one
        elif one.doubtful:
            letter += 1
            yield replace(one, key=chr(letter))
        else:
            number += 1
            yield replace(one, key=str(number))


def _items(session: Session, review: SideReview, opened: dict[str, OpenItem]) -> Iterator[ReleaseLine]:
    policy = session.policy
    facts = {f: found.values for f, found in review.findings.items() if f in policy.domains}
    for item in policy.release:
        if applies(policy, item, facts, review.determination) or item.id in opened:
            yield _item(session, review, item, opened.get(item.id))


def _item(session: Session, review: SideReview, item: ReleaseItem, opened: OpenItem | None) -> ReleaseLine:
    fact = item.facts[0]
    found = review.findings.get(fact)
    value = quote = ""
    if found is not None:
        codes = session.policy.fact[fact].kind == "codes"
        value = ", ".join(requested_codes(session)) if codes else say_values(session.policy, found)
        quote = _clauses(session, found)
    line = ReleaseLine(item.label, value, quote, item=item.id, fact=fact)
    unsure = found is not None and bool(found.doubt) and found.value is not None
    accepted = unsure and is_accepted(session, review, fact)
    if opened is None:
        return replace(line, stands=accepted)
    if accepted:
        return replace(line, word=opened.why)
    return replace(line, word=f"not sure: {found.doubt}" if unsure and found else opened.why, doubtful=unsure)


def _criteria(session: Session, review: SideReview, opened: dict[str, OpenItem]) -> Iterator[ReleaseLine]:
    policy = session.policy
    told = {f for item in policy.release for f in item.facts}
    for criterion in policy.criterion.values():
        truth = review.determination.criteria[criterion.id]
        if criterion.when is None or truth is Truth.UNKNOWN:
            continue
        word = criterion_word(policy, criterion, truth)
        name = criterion.label if criterion.part else f"{criterion.id} {criterion.label}"
        for fact in _facts(review, criterion, told):
            found = review.findings[fact]
            accepted = bool(found.doubt) and is_accepted(session, review, fact)
            doubtful = bool(found.doubt) and found.value is not None and not accepted
            why = f"not sure: {found.doubt}" if doubtful else opened[fact].why if fact in opened else ""
            value = f"{word}: {say_values(policy, found)}{_study_day(session, found, fact)}"
            yield ReleaseLine(name, value, _clauses(session, found), why, "", criterion.id, fact, doubtful, accepted)
            told.add(fact)


def _facts(review: SideReview, criterion: Criterion, told: set[str]) -> list[str]:
    """What a criterion stands on and no earlier line has shown."""
    return [f for f in criterion.facts() if f in review.findings and f not in told]


def _study_day(session: Session, found: Finding, fact: str) -> str:
    """The days of a study, as far as the answer names them."""
    if not session.policy.fact[fact].best_of:
        return ""
    texts = [session.turns[s.turn - 1].text for s in found.sources if s.turn]
    days = dict.fromkeys(
        d for text in texts for d in days_in(text, day_first=session.started.date_order == "day-month")
    )
    shown = [d for d in days if d not in session.dates.values()]
    return f", {' and '.join(map(say_day, shown))}" if shown else ", date not given"


def _clauses(session: Session, found: Finding) -> str:
    """The whole clauses in which the sources of a finding stand."""
    shown = []
    for source in found.sources:
        turn = session.turns[source.turn - 1] if source.turn else None
        if turn is None and found.origin == "request":
            shown.append("(request form)")
            continue
        text = clause_around(turn, source) if turn else source.quote
        if turn and not turn.pick and len(source.values) > 1:
            text = turn.text  # what leaves two values open may stand anywhere in it
        if turn and turn.pick and not turn.pick.reason:  # a key says little: what it was an answer about says more
            asked = [t for t in session.turns[: turn.number - 1] if t.question == turn.question and not t.pick]
            said = next((t.text for t in reversed(asked) if t.side == turn.side and not t.skipped), "")
            shown.append(f"(chosen after {quoted(said, MAX_CLAUSE)})" if said else "(chosen)")
            continue
        if turn and turn.pick:
            shown.append(f"(your reason: {quoted(turn.pick.reason, MAX_CLAUSE)}{_set_against(session, found, turn)})")
            continue
        shown.append(quoted(text, MAX_CLAUSE) if text else "")
    return " and ".join(dict.fromkeys(s for s in shown if s))


def _set_against(session: Session, found: Finding, pick: Turn) -> str:
    """What earlier answers said of a fact otherwise than the value that was then set."""
    against = [
        clause_around(turn, Source(turn.number, read.quote, found.values, read.start, read.end))
        for turn in session.turns[: pick.number - 1]
        for read in turn.read
        if read.fact == found.fact and not set(read.values) <= found.values and turn.side == pick.side
    ]
    return "; against " + " and ".join(dict.fromkeys(quoted(a, MAX_CLAUSE) for a in against)) if against else ""


def clause_around(turn: Turn, source: Source) -> str:
    """The sentence or part of one in which a quote stands, so that nothing of it is left out."""
    text = turn.text
    if not source.quote or text[source.start : source.end] != source.quote:
        return source.quote if turn.pick is None else turn.pick.reason or turn.text
    before = [m.end() for m in _ENDS.finditer(text, 0, source.start)]
    behind = _ENDS.search(text, source.end)
    return text[before[-1] if before else 0 : behind.start() if behind else len(text)].strip(" ,")


def _mine(session: Session, review: SideReview) -> Iterator[Turn]:
    for turn in session.turns:
        if turn.question and (turn.side in {None, review.side}) and not turn.void:
            yield turn


def _aside(session: Session, review: SideReview) -> Iterator[ReleaseLine]:
    """What was said and does not count, with the reason."""
    for turn in _mine(session, review):
        question = session.loaded.prompts.question.get(turn.question)
        if turn.pick or turn.skipped or question is None:
            continue
        context = context_for(session, turn.side)
        for one in set_aside(session.loaded, turn.text, question, context):
            yield ReleaseLine("Set aside", "", quoted(one.quote, MAX_CLAUSE), one.reason)
        if not turn.read:
            yield ReleaseLine("Not understood", "", quoted(turn.text, MAX_CLAUSE), f"answer {turn.number}")
        elif turn.number in session.left_behind:
            about = f"about the {turn.about} side" if turn.about else "said before both sides were under review"
            yield ReleaseLine("Set aside", "", quoted(turn.text, MAX_CLAUSE), about)


def _passed_over(session: Session, review: SideReview) -> Iterator[ReleaseLine]:
    questions = session.loaded.prompts.question
    opened = {f for one in session.releases[review.side].open for f in one.facts}
    skipped = dict.fromkeys(t.question for t in _mine(session, review) if t.skipped and t.question in questions)
    for question in skipped:
        told = any(t.question == question and not t.skipped for t in session.turns)
        if not told and opened.isdisjoint(questions[question].facts):
            yield ReleaseLine("Skipped", questions[question].text)


def line_text(one: ReleaseLine) -> str:
    """A line as it is shown: label, value, the words behind it, and how it stands."""
    said = f"{one.label}: {one.value}".rstrip(": ") if one.value else one.label
    quote = f" {one.quote}" if one.quote else ""
    word = f" [{one.word}]" if one.word else ""
    key = f"({one.key}) " if one.key else ""
    return f"{key}{said}{quote}{word}"
