"""Looking at a review that another window writes, in every shell."""

from __future__ import annotations

from contextlib import ExitStack

from .errors import AssistantError
from .interview import Session, fold
from .journal import Journal, repair
from .safe_text import clean
from .transcript import read_events

LET_GO = "The other window has been closed; you can answer here now."
SEEN_AGAIN = "The review can be seen again."


def follow(session: Session, journal: Journal) -> Session | None:
    """The review as it is on disk now, if it has changed; takes the review when the other window has let it go.

    What can not be seen just now ends nothing: `journal.unseen` says why, and the next look tries again.
    """
    with ExitStack() as held:
        try:
            journal.follow_move()
            lock = journal.look()
            if lock:
                held.enter_context(lock)
                repair(journal.path)
            changed = journal.grown() or lock
            seen = fold(session.loaded, session.read, read_events(journal.path, unfinished=True)) if changed else None
        except AssistantError as error:
            journal.unseen = (
                f"This review can not be seen just now: {clean(error.message)}. This window goes on looking."
            )
            return None
        journal.unseen = ""
        if lock:
            held.pop_all()
            journal.hold(lock)
            journal.take_up()
    return seen
