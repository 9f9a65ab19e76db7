"""What the screens show, as lines made from the session. Words come from the view; here they get their styles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from ..determination import service_notices
from ..interview import Session, SideReview, ending_of, next_question
from ..pages import release_lines, what_to_type
from ..policy import Policy
from ..release_view import release_side
from ..view import (
    NEXT_STEP,
    criteria_lines,
    determination_line,
    open_items,
    overdue_line,
    question_view,
    say_values,
    turn_lines,
)
from .text import NO_BREAK, Line, line, width_of, wrapped

_WORD_STYLES = {"met": "good", "does not apply": "good", "not met": "bad", "applies": "bad", "open": "open"}
MAX_SHOWN = 600
MAX_NOTICE = 60
MAX_LISTED = 12
"""A fact with more values than this is typed rather than picked from a list."""


def log_lines(
    session: Session, notices: Iterable[str], said: Sequence[str], *, answered: bool
) -> tuple[list[Line], int | None]:
    """Notices, the turns so far, and what was said last; `answered` when that is about the last turn.

    Before a release its last screen stands there too; what is said of that stands below it.

    Returns:
        The lines, and the number of the first one that is new.
    """
    lines = [*(line(one, "muted") for one in notices), line("Type / for the commands.", "muted")]
    for turn in session.turns:
        question, text, read = turn_lines(session, turn)
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text):,} characters; F4 shows all)"
        lines += [line(), line(question, "muted"), line(f"> {shown}", "strong", hang=2)]
        if not (answered and turn is session.turns[-1]):
            lines += [line(f"  {one}", hang=4) for one in read]
    spoken = [] if answered or not said else [line()]
    spoken += [line(f"  {one}", hang=4) for one in said]
    release = release_lines(session) if next_question(session) is None else []
    screen = [line(), line(release[0], "strong"), *(line(one, hang=4) for one in release[1:])] if release else []
    before, behind = (spoken, screen) if answered else (screen, spoken)
    new = len(lines) + len(before) if behind else len(lines)
    return [*lines, *before, *behind], new if said or release else None


def question_lines(session: Session, width: int, rows: int) -> list[Line]:
    """The question to answer now, or what can be done when there is none; in few words where room is short."""
    found = question_view(session)
    if found:
        text = line(found.text, "strong")
        asked = [line(found.progress, "muted"), text, line(found.why, "muted")]
        choices = [line(f"  {choice}", hang=5) for choice in found.choices]
        if len(wrapped([*asked, *choices], width)) > rows:
            choices = (
                [line(" · ".join(c.replace("  ", NO_BREAK).replace(" ", NO_BREAK) for c in found.choices))]
                if choices
                else []
            )
        if len(wrapped([*asked, *choices], width)) > rows:
            asked = [text]
        return [*asked, *choices]
    if session.concluded:
        return [line("This review is concluded.", "strong"), line("/rationale to read it; Ctrl+Q or /quit to leave.")]
    lines = []
    for review in session.sides if not release_side(session) else ():
        lines += [line(determination_line(session, review), "strong"), line(NEXT_STEP[ending_of(session, review)])]
        lines += [line(f"  request: {item}", hang=4) for item in open_items(session, review)]
    return [*lines, line(what_to_type(session), "strong" if not lines else "muted")]


def field_hint(session: Session) -> str:
    """What the empty answer field says."""
    if session.concluded:
        return "/ for the commands"
    ask = next_question(session)
    if ask is None and release_side(session):
        return "release, refer REASON, pend REASON, or the key of a line"
    if ask is None:
        return "Press Enter to close the review, or / for the commands"
    return "Type a number or an answer" if ask.choices else "Type an answer, or / for the commands"


def criteria(session: Session, width: int) -> list[Line]:
    """Every criterion of the side under review, with its word and as much of the deciding quote as two rows take."""
    return [_in_two_rows(one, width) for one in _criteria(session, session.current)]


def _in_two_rows(one: Line, width: int) -> Line:
    *kept, (quote, style) = one.parts
    while style == "muted" and len(quote) > 4 and len(wrapped([one], width)) > 2:
        quote = f"{quote[:-3]}…”"
        one = replace(one, parts=(*kept, (quote, style)))
    return one


def _criteria(session: Session, review: SideReview) -> Iterator[Line]:
    heading = ""
    for one in criteria_lines(session, review):
        kind = "Indications" if one.indication else "Non-indications"
        if kind != heading:
            heading = kind
            yield line(kind, "strong")
        indent = "  " * one.depth
        parts = [
            (f"{indent}{one.id} {one.label}: ", ""),
            (one.word.replace(" ", NO_BREAK), _WORD_STYLES.get(one.word, "")),
        ]
        if one.quote:
            parts.append((f" {one.quote}", "muted"))
        yield Line(tuple(parts), hang=len(indent) + len(one.id) + 1, key=one.id)


def criteria_page(session: Session) -> list[Line]:
    """Every criterion of every side."""
    lines: list[Line] = []
    for review in session.sides:
        lines += [line(), line(determination_line(session, review), "strong"), *_criteria(session, review)]
    return lines[1:]


def status_lines(session: Session, today: date, width: int) -> list[str]:
    """Where the determination stands, and how old the policy's review is, in the room that there is."""
    full = overdue_line(session, today)
    late = (today - session.policy.next_review).days
    if width_of(full) <= width or late <= 0:
        return [determination_line(session), full]
    due = f"{session.policy.next_review.day} {session.policy.next_review:%B %Y}"
    short = f"Policy review was due {due}, {late} days ago: check for a newer version."
    if width_of(short) > width:
        short = f"Policy review overdue by {late} days."
    return [determination_line(session), short]


def unsaid_notices(session: Session, status: str) -> list[str]:
    """On the date of service; that the policy's review is overdue stands in the status, and in full with F1 and F2."""
    day = session.dates.get("date_of_service")
    return [one for one in service_notices(session.policy, day) if one not in status] if day else []


def answers_page(session: Session) -> list[Line]:
    """All answers by number, then the value of every fact of the side under review."""
    lines: list[Line] = []
    for turn in session.turns:
        question, text, read = turn_lines(session, turn)
        key = "" if turn.note or turn.pick else f"answer:{turn.number}"
        lines.append(Line(((f"{turn.number}. ", ""), (question, "muted")), hang=3))
        lines.append(line(f"   {text}", "strong", hang=3, key=key))
        lines += [line(f"     {one}", hang=7) for one in read]
    if not lines:
        lines.append(line("No answers yet.", "muted"))
    side = session.current.side
    lines += [line(), line("Values that follow" + (f" ({side} side)" if side else ""), "strong")]
    findings = session.current.findings
    for fact in session.policy.facts:
        if fact.id not in session.policy.domains:
            continue
        found = findings.get(fact.id)
        value = (
            say_values(session.policy, found) if found and not found.conflict else "contradictory" if found else "open"
        )
        reason = f" (chosen: {found.reason})" if found and found.reason else ""
        lines.append(
            Line(((f"{fact.label}: ", ""), (value, "strong"), (reason, "muted")), hang=4, key=f"fact:{fact.id}")
        )
    return lines


def pick_lines(policy: Policy, fact_id: str) -> list[Line]:
    """The values of a fact to choose from; empty when they are too many for a list."""
    fact = policy.fact[fact_id]
    domain = policy.domains[fact_id]
    if fact.kind == "codes" or len(domain) > MAX_LISTED:
        return []
    values = fact.values or sorted(domain, key=lambda v: int(str(v)))
    return [*(line(fact.say(v), key=str(v)) for v in values), line("not documented", key="unknown")]


def shortened(text: str) -> str:
    """The end of a text, where one types, short enough for a notice."""
    return text if len(text) <= MAX_NOTICE else f"…{text[-MAX_NOTICE:]}"


def plain(lines: Iterable[str]) -> list[Line]:
    """Lines of text as they are, wrapped under their own beginning."""
    shown = []
    for text in lines:
        indent = len(text) - len(text.lstrip())
        shown.append(line(text, hang=min(indent + 2, 8) if indent else 0))
    return shown
