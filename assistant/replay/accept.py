"""Rewriting what a transcript records, so that a version-control diff is the review."""

from __future__ import annotations

from pathlib import Path

from ..answering import reads
from ..events import Answered, Concluded, Event, Picked, Started
from ..files import replace_file
from ..interview import advance, completed, start
from ..policy import Library, load
from ..rationale import conclusion
from ..transcript import (
    STANDARD_INPUT,
    Piece,
    TranscriptError,
    chained,
    encode,
    parse_piece,
    pieces_in,
    verify_lines,
)


def accept_file(path: Path, library: Library) -> None:
    """Record anew what a transcript file holds (readings, criteria, determinations, fingerprints) from a fresh run.

    What the reviewer typed, the times and all else stay as they are; so do the permissions of the file. Lines that had
    a chain of hashes get one again.

    Raises:
        AssistantError: A transcript in it can not be followed, or was changed since it was written; nothing is changed.
    """
    if str(path) == STANDARD_INPUT:
        raise TranscriptError("standard input can not be rewritten", "Name a file")
    replace_file(path, (_rewritten(piece, library) for piece in pieces_in([path])), TranscriptError)


def _rewritten(piece: Piece, library: Library) -> bytes:
    events = accepted(list(parse_piece(piece)), library)
    found = verify_lines(piece.lines, Path(piece.path))
    if found.problem:  # a chain made anew would hide it
        raise TranscriptError(
            f"{piece.path}:{piece.line}: {found.problem} since it was written, and is not accepted",
            "If that is right, take the chain of hashes off its lines first",
        )
    lines, last = [], ""
    for number, event in enumerate(events, 1):
        line = encode(event)
        if found.chained:
            line, last = chained(line, number, last)
        lines.append(line + "\n")
    return "".join(lines).encode()


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
