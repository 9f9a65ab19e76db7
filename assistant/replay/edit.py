"""Transcripts made from others: begun again from a turn, without what names a patient, or as short as they can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..answering import reads
from ..errors import AssistantError
from ..events import Answered, Concluded, Event, FactRead, Noted, Picked, Released, Reopened, Started
from ..findings import NOT_STATED, SKIP, START
from ..identifiers import REMOVED
from ..interview import Session, advance, answered, fold, outcome_of, start
from ..policy import Loaded
from ..rationale import conclusion
from ..readers import reader_of
from .compare import replay

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
FILLER = "xxxx"


def forked(loaded: Loaded, events: Sequence[Event], turn: int, case: str, at: str) -> tuple[Event, ...]:
    """A new review that begins with the first `turn` answers of another one.

    Raises:
        AssistantError: There are not so many.
    """
    first = events[0]
    assert isinstance(first, Started)
    begun = first.model_copy(
        update={"case": case, "at": at, "digest": loaded.digest, "why": f"from answer {turn} of {first.case}"}
    )
    session = start(loaded, reads(loaded), begun)
    for event in events[1:]:
        new_turn = isinstance(event, Answered | Picked | Noted) and not getattr(event, "replaces", None)
        if isinstance(event, Concluded | Reopened) or (new_turn and len(session.turns) == turn):
            break
        session = advance(session, event)
    if len(session.turns) < turn:
        raise AssistantError(f"there is no answer number {turn}", f"There are {len(session.turns)}")
    kept = list(session.events)
    while kept[-1].event == "asked":
        kept.pop()
    return tuple(kept)


# --- Redaction --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Redacted:
    """A transcript without words that no reading used, and the words kept that may still say too much, by line."""

    events: tuple[Event, ...]
    kept: tuple[tuple[int, str], ...]


def redacted(loaded: Loaded, events: Sequence[Event]) -> Redacted:
    """Replace what no reading needs: names, dates, places, the rest of free text.

    Each answer is read after each replacement and must say the same, so the result replays to the same end. A word that
    changes a reading stays; it is reported when the vocabulary does not know it or it has digits.
    """
    first = events[0]
    assert isinstance(first, Started)
    begun = first.model_copy(update={"case": "redacted", "reviewer": "reviewer", "why": "", "at": None})
    if first.at and "birth_date" in first.request:
        begun = begun.model_copy(update={"at": first.at})  # the age may be counted to that day
    session = start(loaded, reads(loaded), begun)
    known = reader_of(loaded).known_words
    kept: list[tuple[int, str]] = []
    for line, event in enumerate(events[1:], 2):
        new: Event = event.model_copy(update={"at": None})
        if isinstance(event, Answered) and event.text not in {SKIP, START, NOT_STATED}:
            text = _shortest(session, event)
            words = _WORD.findall(text)
            kept += [(line, w) for w in words if w != FILLER and (w.lower() not in known or any(map(str.isdigit, w)))]
            new = new.model_copy(update={"text": text, "read": None, "rereads": ()})
        elif isinstance(event, Picked):
            texts = {"reason": REMOVED if event.reason else ""}
            if event.reason and event.text == event.reason:
                texts["text"] = REMOVED
            new = new.model_copy(update=texts)
        elif isinstance(event, Released):
            new = new.model_copy(update={"items": ()})  # the lines of the last screen quote the answers
        elif isinstance(event, Noted):
            new = new.model_copy(update={"text": REMOVED})
        elif isinstance(event, Reopened):
            new = new.model_copy(update={"reason": REMOVED})
        elif isinstance(event, Concluded):
            now = conclusion(session)
            new = new.model_copy(update={"rationale": now.rationale, "texts": now.texts})
        session = advance(session, new)
    return Redacted(session.events, tuple(kept))


def _shortest(session: Session, event: Answered) -> str:
    """The answer with every word replaced that its readings do not need, in this review."""
    question = session.loaded.prompts.question[event.question]
    closing = question.id == session.loaded.prompts.closing.id
    if closing and event.read and any(r.fact in question.facts and r.values == ("present",) for r in event.read):
        return f"yes, {REMOVED}"

    def reads_of(text: str) -> tuple[FactRead, ...]:
        return answered(session, question.id, text, event.side).read or ()

    def says(text: str) -> list[_Said]:
        return _said(reads_of(text), by_side=session.sides[0].side is not None)

    wanted = says(event.text)
    pieces = list(_pieces(event.text))
    used = [(r.start, r.end) for r in reads_of(event.text)]
    free = [
        i for i, (start, end, word) in enumerate(pieces) if word and not any(a < end and start < b for a, b in used)
    ]

    def with_filled(filled: set[int]) -> str:
        return "".join(FILLER if i in filled else event.text[s:e] for i, (s, e, _) in enumerate(pieces))

    if says(with_filled(set(free))) == wanted:
        return with_filled(set(free))
    filled: set[int] = set()
    for i in free:
        if says(with_filled(filled | {i})) == wanted:
            filled.add(i)
    return with_filled(filled)


def _pieces(text: str) -> Iterator[tuple[int, int, bool]]:
    """Words and what stands between them, as (start, end, is a word)."""
    position = 0
    for match in _WORD.finditer(text):
        if match.start() > position:
            yield position, match.start(), False
        yield match.start(), match.end(), True
        position = match.end()
    if position < len(text):
        yield position, len(text), False


_Said = tuple[str, frozenset[int | str], str | None, bool]


def _said(read: Iterable[FactRead], *, by_side: bool = False) -> list[_Said]:
    """What is read and whether it is sure, with the side of its words where both sides are reviewed."""
    return [(r.fact, frozenset(r.values), r.side if by_side else None, not r.doubt) for r in read]


# --- As short as it can be --------------------------------------------------------------------------------------------


def minimised(loaded: Loaded, events: Sequence[Event]) -> tuple[Event, ...]:
    """The fewest answers and words that keep the first difference of a replay, or else the outcome."""
    difference = next(iter(replay(loaded, events)[1]), None)
    if difference is not None:
        mark = (difference.what, difference.name, difference.now)

        def holds(tried: Sequence[Event]) -> bool:
            found = replay(loaded, tried)[1]
            return any((d.what, d.name, d.now) == mark for d in found)
    else:
        outcome = outcome_of(fold(loaded, reads(loaded), events))

        def holds(tried: Sequence[Event]) -> bool:
            fresh = [
                e.model_copy(update={"read": None, "rereads": ()}) if isinstance(e, Answered) else e for e in tried
            ]
            return outcome_of(fold(loaded, reads(loaded), fresh)) is outcome

    def safely(tried: Sequence[Event]) -> bool:
        try:
            return holds(tried)
        except AssistantError:
            return False

    first, *rest = events
    plain = [e for e in rest if e.event != "asked"]
    kept = plain if safely([first, *plain]) else rest
    kept = _fewest(kept, lambda some: safely([first, *some]))
    for i, event in enumerate(kept):
        if isinstance(event, Answered):
            words = re.findall(r"\S+", event.text)

            def shorter(some: Sequence[str], i: int = i, event: Answered = event) -> bool:
                tried = event.model_copy(update={"text": " ".join(some)})
                return bool(some) and safely([first, *kept[:i], tried, *kept[i + 1 :]])

            if shorter(words):
                kept[i] = event.model_copy(update={"text": " ".join(_fewest(words, shorter))})
    return (first, *kept)


def _unread(event: Event) -> Event:
    return event.model_copy(update={"read": None, "rereads": ()}) if isinstance(event, Answered) else event


def _fewest(parts: Sequence, holds: Callable[[Sequence], bool]) -> list:  # type: ignore[type-arg]
    """Delta debugging: drop halves, quarters, ... single parts while it holds (Zeller and Hildebrandt 2002)."""
    kept = list(parts)
    size = max(1, len(kept) // 2)
    while True:
        start = 0
        while start < len(kept):
            tried = kept[:start] + kept[start + size :]
            if holds(tried):
                kept = tried
            else:
                start += size
        if size == 1:
            return kept
        size = max(1, size // 2)
