"""What a command opens, as lines: the same pages on the screen and in plain mode."""

from __future__ import annotations

from .conversation import COMMANDS, CONCLUDE_HINT
from .interview import Session, next_question
from .view import criteria_lines, criterion_for, determination_line, help_lines, policy_lines, turn_lines


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
