"""A transcript as a conversation that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..events import Accepted, Answered, Asked, Concluded, Event, Noted, Picked, Released, Reopened, Started, Undone
from ..interview import Session, advance, completed, start
from ..safe_text import clean
from ..view import determination_line, heading, understood


def conversation(session: Session, events: Iterable[Event]) -> Iterator[str]:
    """Lines for a person: what was asked, typed, understood, and what followed.

    Args:
        session: The review with nothing answered yet.
        events: All that came after the first event.
    """
    started: Started = session.started
    session = start(session.loaded, session.read, started)
    yield heading(session)
    for name in ("reviewer", "at", "mode", "why"):
        if value := getattr(started, name):
            yield f"{name}: {clean(str(value))}"
    for fact, value in started.request.items():
        yield f"request: {clean(fact)} {clean(str(value))}"
    number = 0
    for event in events:
        lines: tuple[str, ...] = ()
        if isinstance(event, Answered | Picked):
            written, session = completed(session, event)
            assert isinstance(written, Answered | Picked)
            number += not getattr(event, "replaces", None)
            lines = (*understood(session, written), determination_line(session))
        else:
            session = advance(session, event)
            number -= isinstance(event, Undone)
        yield from _event_lines(session, event, number, lines)


def _event_lines(session: Session, event: Event, number: int, lines: Iterable[str]) -> Iterator[str]:
    questions = session.loaded.prompts.question
    if isinstance(event, Asked):
        if event.question:
            again = " (asked back)" if event.ask_back else ""
            side = f" [{clean(event.side)}]" if event.side else ""
            text = questions[event.question].text if event.question in questions else event.question
            yield f"\n{clean(text)}{side}{again}"
    elif isinstance(event, Answered):
        changed = f" (instead of answer {event.replaces})" if event.replaces else ""
        yield f"{event.replaces or number}> {clean(event.text)}{changed}"
    elif isinstance(event, Picked):
        chosen = ", ".join(f"{f} {v}" for f, v in event.facts.items())
        reason = f", because: {event.reason}" if event.reason else ""
        yield f"{number}> chose {clean(chosen)}{clean(reason)}"
    elif isinstance(event, Noted):
        about = f" on {event.criterion}" if event.criterion else ""
        yield f"{number + 1}> note{clean(about)}: {clean(event.text)}"
    elif isinstance(event, Accepted):
        yield f"let stand as read: {clean(', '.join(event.facts))}"
    elif isinstance(event, Released):
        yield f"\nReleased{f' the {clean(event.side)} side' if event.side else ''}, on these grounds:"
        for one in event.items:
            yield f"   {clean(' '.join(filter(None, (one.item, one.value, one.quote))))}"
    elif isinstance(event, Undone):
        yield "took the last answer back"
    elif isinstance(event, Concluded):
        yield f"\nConcluded: {clean(event.determination)}"
    elif isinstance(event, Reopened):
        yield f"\nOpened again, because: {clean(event.reason)}"
    yield from (f"   {line}" for line in lines)
