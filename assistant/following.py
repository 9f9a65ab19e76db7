"""What every shell does with a journal: looking at a review that another window writes, and saying where it is kept."""

from __future__ import annotations

from .errors import AssistantError
from .interview import Session, fold
from .journal import Journal, repair
from .safe_text import clean
from .transcript import read_events

LET_GO = "The other window has been closed; you can answer here now."


def follow(session: Session, journal: Journal) -> Session | None:
    """The review as it is on disk now, if it has changed; takes the review when the other window has let it go."""
    if journal.holder and journal.owner and journal.lock(journal.owner) is None:
        repair(journal.path)
    if not journal.grown():
        return None
    try:
        return fold(session.loaded, session.read, read_events(journal.path, unfinished=True))
    except AssistantError:
        return None  # being written; the next look will see it


def kept_in(journal: Journal) -> str:
    """Where a review that was moved is kept, and how to go on with it later."""
    directory = clean(str(journal.path.parent))
    return f"Saved in {directory} from now on. Later: ASSISTANT_STATE_DIR={directory} assistant resume"
