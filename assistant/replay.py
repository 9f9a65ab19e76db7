"""Run saved transcripts again: every answer is read anew, and the first difference is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .answering import reads
from .errors import AssistantError
from .events import Answered, Asked, Concluded, Event, Picked, Started
from .interview import Session, advance, completed, next_question, outcome_of, start
from .policy import Library, Loaded, load
from .safe_text import clean
from .transcript import encode, read_events, transcripts_in


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay goes another way than the record: the event (1-based, as the line), what was and what is."""

    line: int
    what: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}: recorded {self.recorded}, now {self.now}"


def replay(loaded: Loaded, events: Iterable[Event]) -> tuple[Session, tuple[Difference, ...]]:
    """Feed recorded events through the interview again.

    Values that a transcript does not record are not compared.
    """
    first, *rest = events
    assert isinstance(first, Started)
    session = start(loaded, reads(loaded), first)
    found: list[Difference] = []
    for line, event in enumerate(rest, 2):
        found += _asked(session, event, line)
        fresh: Event = event
        if isinstance(event, Answered):
            fresh = event.model_copy(update={"read": None, "rereads": ()})
        if isinstance(event, Answered | Picked):
            written, session = completed(session, fresh)
            assert isinstance(written, Answered | Picked)
            found += _compared(event, written, line)
        else:
            if isinstance(event, Concluded):
                found += _concluded(session, event, line)
            session = advance(session, fresh)
    return session, tuple(found)


def _asked(session: Session, event: Event, line: int) -> Iterator[Difference]:
    if not isinstance(event, Asked) or event.completing:
        return
    ask = next_question(session)
    now = (ask.question.id, ask.side, ask.ask_back) if ask else ("", None, False)
    if (event.question, event.side, event.ask_back) != now:
        yield Difference(line, "question asked", _say_ask(event.question, event.ask_back), _say_ask(now[0], now[2]))


def _say_ask(question: str, ask_back: bool) -> str:
    return f"{question or 'none'}{' (ask-back)' if ask_back else ''}"


def _compared(recorded: Answered | Picked, now: Answered | Picked, line: int) -> Iterator[Difference]:
    if isinstance(recorded, Answered) and recorded.read is not None and isinstance(now, Answered):
        was = {r.fact: (frozenset(r.values), r.quote) for r in recorded.read}
        new = {r.fact: (frozenset(r.values), r.quote) for r in now.read or ()}
        for fact in dict.fromkeys((*was, *new)):
            if was.get(fact) != new.get(fact):
                yield Difference(line, f"reading of {fact}", _say_read(was.get(fact)), _say_read(new.get(fact)))
    if recorded.criteria is not None and dict(recorded.criteria) != dict(now.criteria or {}):
        yield Difference(line, "criteria changed", _say_map(recorded.criteria), _say_map(now.criteria or {}))
    if recorded.determination is not None and recorded.determination != now.determination:
        yield Difference(line, "determination", recorded.determination, str(now.determination))


def _say_read(found: tuple[frozenset[int | str], str] | None) -> str:
    if found is None:
        return "nothing"
    values, quote = found
    return f"{sorted(values, key=str)} “{quote}”"


def _say_map(criteria: Mapping[str, str]) -> str:
    return ", ".join(f"{c} {t}" for c, t in criteria.items()) or "none"


def _concluded(session: Session, event: Concluded, line: int) -> Iterator[Difference]:
    if event.determination != outcome_of(session).value:
        yield Difference(line, "determination", event.determination, outcome_of(session).value)
    for review in session.sides:
        was = event.determinations.get(review.side or "")
        if was is not None and was != review.determination.outcome.value:
            yield Difference(
                line, f"determination {review.side or ''}".strip(), was, review.determination.outcome.value
            )
    if event.rationale:
        from .rationale import rationale_digest

        if event.rationale != (now := rationale_digest(session)):
            yield Difference(line, "rationale", event.rationale[:19], now[:19])


def replay_file(path: Path, library: Library) -> tuple[Difference, ...]:
    """Replay one file under the policy version that it names."""
    events = read_events(path)
    first = events[0]
    assert isinstance(first, Started)
    return replay(load(f"{first.policy}@{first.version}", library), events)[1]


def accept_file(path: Path, library: Library) -> None:
    """Rewrite what a transcript records (readings, criteria, determinations, rationale digest) from a fresh run.

    What the reviewer typed, the times and all else stay as they are; a version-control diff is then the review.
    """
    events = read_events(path)
    first = events[0]
    assert isinstance(first, Started)
    loaded = load(f"{first.policy}@{first.version}", library)
    session = start(loaded, reads(loaded), first)
    kept: list[Event] = [first]
    for event in events[1:]:
        if isinstance(event, Answered | Picked):
            fresh = event.model_copy(update={"read": None, "rereads": ()}) if isinstance(event, Answered) else event
            written, session = completed(session, fresh)
            names: tuple[str, ...] = ("criteria", "determination")
            names += ("read", "rereads") if isinstance(event, Answered) else ()
            kept.append(event.model_copy(update={name: getattr(written, name) for name in names}))
            continue
        if isinstance(event, Concluded):
            event = _as_concluded_now(session, event)  # noqa: PLW2901 - the one event that a session fills
        session = advance(session, event)
        kept.append(event)
    path.write_text("".join(encode(event) + "\n" for event in kept), encoding="utf-8")


def _as_concluded_now(session: Session, event: Concluded) -> Concluded:
    from .rationale import rationale_digest

    outcomes = {s.side or "": s.determination.outcome.value for s in session.sides}
    digest = rationale_digest(session) if event.rationale else None
    update = {"determination": outcome_of(session).value, "determinations": outcomes, "rationale": digest}
    return event.model_copy(update=update)


def replay_paths(paths: Iterable[Path], library: Library, out: TextIO, accept: bool = False) -> int:
    """Replay files and directories and report; 1 when anything differs, unless the differences are accepted."""
    count = differing = 0
    for path in transcripts_in(paths):
        count += 1
        try:
            found = replay_file(path, library)
        except AssistantError as error:
            differing += 1
            out.write(f"{clean(str(path))}: {clean(str(error))}\n")
            continue
        if found:
            differing += 1
            if accept:
                accept_file(path, library)
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            out.write(f"{clean(str(path))}: {clean(str(found[0]))}{more}\n")
    if not count:
        raise AssistantError("there are no transcripts in these paths", "Name files or directories with *.jsonl")
    out.write(f"{count} replayed, {differing} differ\n")
    if accept and differing:
        out.write("accepted; look at the difference before you commit it\n")
        return 0
    return 1 if differing else 0
