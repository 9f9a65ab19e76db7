"""Rewriting what a transcript records, so that a version-control diff is the review."""

from __future__ import annotations

from pathlib import Path

from ..answering import reads
from ..events import Answered, Concluded, Event, Picked, Started
from ..interview import advance, completed, start
from ..journal import replace_file
from ..policy import Library, load
from ..rationale import conclusion
from ..transcript import encode, read_events


def accept_file(path: Path, library: Library) -> None:
    """Record anew what a transcript file holds (readings, criteria, determinations, fingerprints) from a fresh run.

    What the reviewer typed, the times and all else stay as they are.
    """
    kept: list[Event] = []
    for events in _reviews(read_events(path, several=True)):
        kept += accepted(events, library)
    replace_file(path, "".join(encode(event) + "\n" for event in kept).encode(), mode=0o644)


def _reviews(events: tuple[Event, ...]) -> list[list[Event]]:
    found: list[list[Event]] = []
    for event in events:
        if isinstance(event, Started):
            found.append([])
        found[-1].append(event)
    return found


def accepted(events: list[Event], library: Library) -> list[Event]:
    """One transcript with everything recorded anew."""
    first = events[0]
    assert isinstance(first, Started)
    loaded = load(f"{first.policy}@{first.version}", library)
    session = start(loaded, reads(loaded), first)
    kept: list[Event] = [first]
    for event in events[1:]:
        if isinstance(event, Answered | Picked):
            written, session = completed(session, event, anew=True)
            names: tuple[str, ...] = ("criteria", "determination")
            names += ("read", "rereads") if isinstance(event, Answered) else ()
            kept.append(event.model_copy(update={name: getattr(written, name) for name in names}))
            continue
        if isinstance(event, Concluded):
            now = conclusion(session)
            update: dict[str, object] = {"determination": now.determination, "determinations": now.determinations}
            if event.rationale:
                update |= {"rationale": now.rationale, "texts": now.texts}
            event = event.model_copy(update=update)  # noqa: PLW2901 - the one event that a session fills
        session = advance(session, event)
        kept.append(event)
    return kept
