"""What a command opens, as lines: the same pages on the screen and in plain mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, get_args

from .conversation import COMMANDS, CONCLUDE_HINT
from .interview import Session, ending_of, next_question
from .release_view import last_screen, line_text, only_unsure, release_side
from .view import (
    NEXT_STEP,
    criteria_lines,
    criterion_for,
    determination_line,
    help_lines,
    open_items,
    policy_lines,
    side_word,
    turn_lines,
)

if TYPE_CHECKING:
    from .rationale import Audience, Form

ENDINGS: dict[Form, str] = {"text": "txt", "markdown": "md", "html": "html", "json": "json"}


class RationaleAsked(NamedTuple):
    """Which rationale, and the file to save it to; none to show it."""

    audience: Audience
    form: Form
    file: str


def rationale_asked(about: str) -> RationaleAsked:
    """What was typed behind `/rationale`: an audience, a form, a file, each of which may be left out.

    Words that are no audience and no form are the name of the file, and its ending tells the form if nothing else does.
    """
    from .rationale import AUDIENCES, Form  # here: templates are loaded only when they are needed

    audience: Audience = AUDIENCES[0]
    form: Form | None = None
    rest = about.strip()
    while rest:
        word, _, later = rest.partition(" ")
        known_audience = next((one for one in AUDIENCES if one == word.lower()), None)
        known_form = next((one for one in get_args(Form) if one == word.lower()), None)
        if known_audience is None and known_form is None:
            break
        audience, form, rest = known_audience or audience, known_form or form, later.strip()
    by_ending: list[Form] = [f for f, ending in ENDINGS.items() if rest.lower().endswith(f".{ending}")]
    return RationaleAsked(audience, form or (by_ending[0] if by_ending else "text"), rest)


def proposed_file(case: str, audience: Audience, form: Form) -> str:
    """A name for the file of a rationale."""
    safe = re.sub(r"[^\w.-]+", "-", case).strip("-.") or "review"
    return f"{safe}-{audience}.{ENDINGS[form]}"


def page_lines(session: Session, what: str, about: str) -> list[str]:
    """The lines of a page.

    Args:
        session: The review.
        what: commands, help, why, policy, criteria or answers.
        about: The criterion of the page `policy`.
    """
    ask = next_question(session)
    policy = session.policy
    if what == "commands":
        width = max(len(c) for c in COMMANDS)
        return [f"  {c.ljust(width)}  {text}" for c, text in COMMANDS.items()]
    if what == "help":
        if session.concluded:
            return ["This review is concluded. /rationale shows it, /reopen and a reason opens it again, /quit leaves."]
        return list(help_lines(ask.question)) if ask else [CONCLUDE_HINT]
    if what == "why":
        criterion = criterion_for(policy, ask.question) if ask else None
        why = [ask.question.why] if ask else []
        return [*why, *(policy_lines(policy, criterion) if criterion else ())]
    if what == "policy":
        return list(policy_lines(policy, about))
    if what == "criteria":
        return _criteria(session)
    return _answers(session)


def _criteria(session: Session) -> list[str]:
    lines = []
    for review in session.sides:
        lines.append(determination_line(session, review))
        lines += [
            f"  {'  ' * line.depth}{line.id} {line.label}: {line.word} {line.quote}".rstrip()
            for line in criteria_lines(session, review)
        ]
    return lines


def _answers(session: Session) -> list[str]:
    lines = []
    for turn in session.turns:
        question, text, read = turn_lines(session, turn)
        lines += [f"{turn.number}. {question}", f"   {text}", *(f"     {one}" for one in read)]
    return lines or ["No answers yet."]


def ending_lines(session: Session) -> list[str]:
    """What is shown when all is asked: where each side stands, the last screen before a release, and what to type."""
    lines = []
    for review in session.sides:
        lines.append(determination_line(session, review))
        if only_unsure(session, review):
            lines.append("What is marked “not sure” below is still to be looked at; its letter lets it stand.")
            continue
        lines.append(NEXT_STEP[ending_of(session, review)])
        lines += [f"  request: {item}" for item in open_items(session, review)]
    return [*lines, *release_lines(session), what_to_type(session)]


def release_lines(session: Session) -> list[str]:
    """The last screen of the side that may be released next; nothing where there is none."""
    review = release_side(session)
    if review is None:
        return []
    known = side_word(session, review.side)
    side = f"the {known} side" if known else "this request"
    return [f"What a release of {side} rests on:", *(f"  {line_text(one)}" for one in last_screen(session, review))]


def what_to_type(session: Session) -> str:
    """How the review can be ended, in one line."""
    review = release_side(session)
    if review is None:
        return CONCLUDE_HINT
    if session.releases[review.side].allowed:
        return "Type release to release it; or refer REASON, pend REASON. Enter does not release."
    return (
        "Not to be released yet. Type the number of a line to answer it, the letter of one to let its reading stand. "
        "Enter or pend REASON ends as information needed; refer REASON hands it to a physician."
    )
