"""The directory of one's own reviews, one transcript a case: finding, listing and purging them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from .events import Answered, Concluded, Event, Picked, Reopened, Started, Undone
from .files import sync_directory
from .ownership import Owner, check_directory, holder_of
from .places import mark_of, moved_to, place_of
from .transcript import NotOpenedError, TranscriptError, read_events

STATE_VARIABLE = "ASSISTANT_STATE_DIR"


@dataclass(frozen=True, slots=True)
class StoredCase:
    """One review in the store. `answers` counts those that stand, `outcome` is the last determination recorded.

    `left` are the places that it was moved from, each with a copy that lacks what came later.
    """

    path: Path
    started: Started
    concluded: Concluded | None
    answers: int
    outcome: str
    changed: float
    holder: Owner | None
    left: tuple[Path, ...] = ()


class Store:
    """The directory of one's own reviews, one transcript a case."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def default(cls) -> Store:
        """The user's own store: `$ASSISTANT_STATE_DIR`, or the system's place for state."""
        given = os.environ.get(STATE_VARIABLE)
        return cls(Path(given) if given else platformdirs.user_state_path("assistant") / "reviews")

    def prepare(self) -> None:
        """Make the directory, readable by its owner alone.

        Raises:
            TranscriptError: It can not be made or written, or other users may write it.
        """
        try:
            if not self.directory.is_dir():
                for missing in reversed([p for p in self.directory.parents if not p.exists()]):
                    missing.mkdir(exist_ok=True, mode=0o700)
                self.directory.mkdir(exist_ok=True, mode=0o700)
                sync_directory(self.directory.parent)
            check_directory(self.directory)
            self.directory.chmod(0o700)
            if not os.access(self.directory, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise TranscriptError(
                f"reviews can not be kept in {self.directory}: {error.strerror}",
                f"Fix that directory or name another one in {STATE_VARIABLE}",
            ) from error

    def path_of(self, case: str) -> Path:
        """The file of a case reference."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", case).strip("._")[:80]
        if not name:
            raise TranscriptError(f"'{case[:40]}' can not be a case reference", "Use letters and digits")
        if name != case:  # two references must never share a file
            name += "-" + hashlib.sha256(case.encode("utf-8", "replace")).hexdigest()[:8]
        return self.directory / f"{name}.jsonl"

    def has(self, case: str) -> bool:
        """Whether there is a review of a case here, or was until it was moved."""
        path = self.path_of(case)
        return path.is_file() or moved_to(path) is not None

    def find(self, case: str) -> Path:
        """The file in which a case is kept now, which may be another directory than this one.

        Raises:
            TranscriptError: There is no such review, or it was moved to a place that is away.
        """
        path = self.path_of(case)
        place = place_of(path)
        if os.path.lexists(place):
            return place  # what is wrong with it is said when it is opened
        if place == path:
            raise TranscriptError(f"there is no review of case '{case}'", "Type: assistant cases")
        raise TranscriptError(
            f"the review of case '{case}' was moved to {place}, which is not there now",
            f"Make that directory available; {path} is the copy without what was answered later",
        )

    def away(self) -> tuple[tuple[str, Path], ...]:
        """Reviews that were moved to a place that is not there now: the name of the file, and that place."""
        places = ((path.stem, place_of(path)) for path in self._files() if moved_to(path))
        return tuple((name, place) for name, place in places if not place.is_file())

    def cases(self) -> tuple[StoredCase, ...]:
        """All reviews that can be read, the last changed first."""
        return self.contents()[0]

    def contents(self) -> tuple[tuple[StoredCase, ...], tuple[str, ...]]:
        """All reviews that can be read, the last changed first; and, of each other file, what is wrong and what to do.

        Raises:
            TranscriptError: The directory can not be read.
        """
        found, bad = [], []
        for own in self._files():
            path = place_of(own)
            if path != own and not path.is_file():
                continue  # away
            try:
                found.append(_stored(own, path))
            except NotOpenedError as error:
                bad.append(str(error))
            except TranscriptError as error:
                what = error.message.replace(f"{path}:", "line ", 1).removeprefix(f"{path} ")
                bad.append(f"{path} is damaged ({what}). Type: assistant resume {path.stem}")
        return tuple(sorted(found, key=lambda c: c.changed, reverse=True)), tuple(bad)

    def _files(self) -> list[Path]:
        try:
            names = os.listdir(self.directory)  # noqa: PTH208 - Path.glob says nothing of a missing permission
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotOpenedError(
                f"the reviews in {self.directory} can not be read: {error.strerror}", "Check its permissions"
            ) from error
        return sorted({self.directory / name for name in names if name.endswith(".jsonl")} | self._moved(names))

    def _moved(self, names: Iterable[str]) -> set[Path]:
        """Where reviews were until they were moved: those whose mark is still here."""
        return {(self.directory / name).with_suffix(".jsonl") for name in names if name.endswith(".moved")}

    def remove(self, case: StoredCase) -> None:
        """Remove a review with its lock, what was kept of it when it was damaged, and all of that where it was before.

        Raises:
            TranscriptError: A file can not be removed, or somebody has gone on with the review since it was looked at.
        """
        try:
            if holder_of(case.path) or case.path.stat().st_mtime != case.changed:
                raise TranscriptError(f"{case.path} is in use again", "It was not removed")
            for file in (*case.left, case.path):
                for path in (*_kept_beside(file), mark_of(file), file.with_suffix(".lock"), file):
                    path.unlink(missing_ok=True)
                sync_directory(file.parent)
        except OSError as error:
            raise TranscriptError(
                f"{case.path} can not be removed: {error.strerror}", "Check its permissions"
            ) from error


def _kept_beside(path: Path) -> list[Path]:
    """What was kept of one review, and of no other: another case may be named `A.damaged-2`."""
    kept = re.compile(rf"{re.escape(path.stem)}\.damaged-\d+|\.{re.escape(path.name)}\.new")
    return [path.parent / name for name in os.listdir(path.parent) if kept.fullmatch(name)]  # noqa: PTH208


def finished_before(cases: Iterable[StoredCase], moment: float) -> tuple[StoredCase, ...]:
    """Concluded reviews that nobody has open and that were last changed before a moment (seconds since 1970)."""
    return tuple(c for c in cases if c.concluded and c.changed < moment and not c.holder)


def _stored(own: Path, path: Path) -> StoredCase:
    events = read_events(path, unfinished=True)
    started = events[0]
    assert isinstance(started, Started)
    answers, outcome = _progress(events)
    try:
        changed = path.stat().st_mtime
    except OSError as error:
        raise NotOpenedError(f"{path} can not be read: {error.strerror}", "Look again") from error
    return StoredCase(path, started, _conclusion(events), answers, outcome, changed, holder_of(path), _way(own, path))


def _way(own: Path, place: Path) -> tuple[Path, ...]:
    """The files that a review was moved from."""
    way: list[Path] = []
    while own != place and own not in way:
        way.append(own)
        own = moved_to(own) or place
    return tuple(way)


def _progress(events: Iterable[Event]) -> tuple[int, str]:
    kept: list[str] = []
    for event in events:
        if isinstance(event, Answered | Picked):
            kept.append(event.determination or "")
        elif isinstance(event, Undone) and kept:
            kept.pop()
    return len(kept), next((d for d in reversed(kept) if d), "")


def _conclusion(events: Iterable[Event]) -> Concluded | None:
    found: Concluded | None = None
    for event in events:
        if isinstance(event, Concluded):
            found = event
        elif isinstance(event, Reopened):
            found = None
    return found
