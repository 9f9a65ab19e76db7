"""Old reviews on another version of their policy: what stays, what changes and why, what can no longer be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..answering import reads
from ..determination import missing
from ..errors import AssistantError
from ..events import Answered, Event, Picked, Started
from ..interview import Session, advance, fold, start
from ..policy import Library, Loaded, Migration, load
from ..transcript import Piece, parse_piece, pieces_in
from .compare import changed_criteria
from .run import mapped

OPEN = "information_needed"


@dataclass(frozen=True, slots=True)
class Drift:
    """One side of one review on two versions.

    `changed` has the criteria that both versions judge differently, `added` the truth of those that are new, `because`
    those of both without parts, when the outcome changed. `missing` are the facts that must be asked where nothing can
    be decided any more, each with its question. `left` says which answers have no place in the new version.
    """

    path: str
    line: int
    case: str
    side: str = ""
    before: str = ""
    after: str = ""
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()
    error: str = ""

    @property
    def undecided(self) -> bool:
        """What was decided can not be decided any more."""
        return self.after == OPEN != self.before

    @property
    def same(self) -> bool:
        """The outcome is the same."""
        return not self.error and self.before == self.after


def migrated(old: Session, new: Loaded) -> tuple[Session, tuple[str, ...]]:
    """A review under a new version, every answer read anew, and the answers that have no place there."""
    change = _migration(new, old.started.version)
    request = {change.facts.get(f, f): v for f, v in old.started.request.items()}
    request = {f: v for f, v in request.items() if f in new.policy.fact}
    first = old.started.model_copy(update={"version": new.policy.version, "digest": new.digest, "request": request})
    session = start(new, reads(new), first)
    left = []
    for turn in old.turns:
        if turn.note:
            continue
        question = change.questions.get(turn.question, turn.question)
        if turn.pick:
            facts = {
                change.facts.get(f, f): change.values.get(f, {}).get(str(v), v) for f, v in turn.pick.facts.items()
            }
            kept = {f: v for f, v in facts.items() if f in new.policy.fact}
            left += [f"the choice of {f}" for f in facts if f not in kept]
            if not kept:
                continue
            event: Event = turn.pick.model_copy(
                update={"facts": kept, "question": question, "criteria": None, "determination": None}
            )
        elif question not in new.prompts.question:
            left.append(f"the answer to '{turn.question}'")
            continue
        else:
            event = Answered(question=question, text=turn.text, side=turn.side)
        try:
            session = advance(session, event)
        except AssistantError as error:
            what = "the choice" if isinstance(event, Picked) else "the answer"
            left.append(f"{what} at {turn.question}: {error.message}")
    return session, tuple(left)


def _migration(new: Loaded, version: int) -> Migration:
    found = [m for m in new.policy.migrations if m.from_version == version]
    return found[0] if found else Migration(from_version=version)


def drift_of(events: tuple[Event, ...], library: Library, new: Loaded, piece: Piece) -> list[Drift]:
    """One review on its own version and on a new one, a side at a time."""
    first = events[0]
    assert isinstance(first, Started)
    if first.policy != new.policy.id:
        return []
    old_policy = load(f"{first.policy}@{first.version}", library)
    old = fold(old_policy, reads(old_policy), events)
    session, left = migrated(old, new)
    names = _migration(new, first.version).criteria
    found = []
    for review in session.sides:
        was = old.review_of(review.side).determination
        now = review.determination
        before = {names.get(c, c): t.value for c, t in was.criteria.items()}
        after = {c: t.value for c, t in now.criteria.items()}
        changed = changed_criteria(before, after)
        leaves = {c.id for c in new.policy.criteria if c.when}
        differs = was.outcome.value != now.outcome.value
        added = {c: t for c, t in after.items() if c not in before}
        because = [c for c in (*changed, *added) if c in leaves]
        open_facts = missing(new.policy, new.prompts, now) if now.outcome.value == OPEN != was.outcome.value else ()
        found.append(
            Drift(
                piece.path,
                piece.line,
                first.case,
                review.side or "",
                was.outcome.value,
                now.outcome.value,
                changed,
                added,
                tuple(because) if differs else (),
                tuple((m.fact, m.question or "") for m in open_facts),
                left,
            )
        )
    return found


def drift_piece(library: Library, old: Library, wanted: str, piece: Piece) -> list[Drift]:
    """As `drift_of`, for a piece of a file; an error becomes a row of its own."""
    try:
        return drift_of(parse_piece(piece), old, load(wanted, library), piece)
    except AssistantError as error:
        return [Drift(piece.path, piece.line, "", error=str(error))]
    except Exception as error:  # noqa: BLE001 - one transcript that trips the program must not cost the others
        return [Drift(piece.path, piece.line, "", error=f"an error in the program: {type(error).__name__}")]


def drifts(paths: Iterable[Path], library: Library, wanted: str, jobs: int = 1) -> Iterator[Drift]:
    """Every side of every review in files and directories, in order. Their own versions come from the package first."""
    old = Library(library.extra)
    for rows in mapped(partial(drift_piece, library, old, wanted), pieces_in(paths), jobs):
        yield from rows


@dataclass
class Summary:
    """What became of all reviews, in numbers."""

    reviews: int = 0
    same: int = 0
    changed: int = 0
    undecided: int = 0
    errors: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    criteria: dict[str, Counter[str]] = field(default_factory=dict)
    because: Counter[str] = field(default_factory=Counter)
    wanting: Counter[str] = field(default_factory=Counter)

    def add(self, row: Drift, criteria: Iterable[str]) -> None:
        """Count one more side."""
        self.reviews += 1
        if row.error:
            self.errors += 1
            return
        self.same += row.same
        self.undecided += row.undecided
        self.changed += not row.same and not row.undecided
        self.before[row.before] += 1
        self.after[row.after] += 1
        self.ways[row.before, row.after] += 1
        self.because.update(row.because)
        self.wanting.update(fact for fact, _ in row.missing)
        for criterion in criteria:
            counts = self.criteria.setdefault(criterion, Counter())
            if criterion in row.added:
                counts["open" if row.added[criterion] == "unknown" else "new"] += 1
            elif criterion not in row.changed:
                counts["same"] += 1
            else:
                counts["open" if row.changed[criterion][1] == "unknown" else "changed"] += 1

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sides": self.reviews,
            "same": self.same,
            "changed": self.changed,
            "undecided": self.undecided,
            "errors": self.errors,
            "before": dict(self.before),
            "after": dict(self.after),
            "criteria": {c: dict(n) for c, n in self.criteria.items()},
        }
