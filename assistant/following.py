"""Looking at a review that another window writes, in every shell."""

from __future__ import annotations

from .errors import AssistantError
from .interview import Session, fold
from .journal import Journal, repair
from .transcript import read_events

LET_GO = "The other window has been closed; you can answer here now."


def follow(session: Session, journal: Journal) -> Session | None:
    """The review as it is on disk now, if it has changed; takes the review when the other window has let it go."""
    try:
        journal.follow_move()
        if journal.holder and journal.owner and journal.lock(journal.owner) is None:
            repair(journal.path)
            journal.take_up()
        if not journal.grown():
            return None
        return fold(session.loaded, session.read, read_events(journal.path, unfinished=True))
    except AssistantError:
        return None  # being written; the next look will see it
