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
from .journal import Owner, holder_of
from .transcript import NotOpenedError, TranscriptError, read_events

STATE_VARIABLE = "ASSISTANT_STATE_DIR"


@dataclass(frozen=True, slots=True)
class StoredCase:
    """One review in the store. `answers` counts those that stand, `outcome` is the last determination recorded."""

    path: Path
    started: Started
    concluded: Concluded | None
    answers: int
    outcome: str
    changed: float
    holder: Owner | None


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
        """Make the directory, readable by its owner alone."""
        try:
            if not self.directory.is_dir():
                self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                sync_directory(self.directory.parent)
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

    def cases(self) -> tuple[StoredCase, ...]:
        """All reviews that can be read, the last changed first."""
        return self.contents()[0]

    def contents(self) -> tuple[tuple[StoredCase, ...], tuple[str, ...]]:
        """All reviews that can be read, the last changed first; and, of each other file, what is wrong and what to do.

        Raises:
            TranscriptError: The directory can not be read.
        """
        found, bad = [], []
        for path in self._files():
            try:
                found.append(_stored(path))
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
        return sorted(self.directory / name for name in names if name.endswith(".jsonl"))

    def remove(self, case: StoredCase) -> None:
        """Remove a review with its lock and what was kept of it when it was damaged.

        Raises:
            TranscriptError: A file can not be removed, or somebody has gone on with the review since it was looked at.
        """
        try:
            if holder_of(case.path) or case.path.stat().st_mtime != case.changed:
                raise TranscriptError(f"{case.path} is in use again", "It was not removed")
            for path in (*self._kept_beside(case.path), case.path.with_suffix(".lock"), case.path):
                path.unlink(missing_ok=True)
            sync_directory(self.directory)
        except OSError as error:
            raise TranscriptError(
                f"{case.path} can not be removed: {error.strerror}", "Check its permissions"
            ) from error

    def _kept_beside(self, path: Path) -> list[Path]:
        """What was kept of one review, and of no other: another case may be named `A.damaged-2`."""
        kept = re.compile(rf"{re.escape(path.stem)}\.damaged-\d+|\.{re.escape(path.name)}\.new")
        return [self.directory / name for name in os.listdir(self.directory) if kept.fullmatch(name)]  # noqa: PTH208


def finished_before(cases: Iterable[StoredCase], moment: float) -> tuple[StoredCase, ...]:
    """Concluded reviews that nobody has open and that were last changed before a moment (seconds since 1970)."""
    return tuple(c for c in cases if c.concluded and c.changed < moment and not c.holder)


def _stored(path: Path) -> StoredCase:
    events = read_events(path, unfinished=True)
    started = events[0]
    assert isinstance(started, Started)
    answers, outcome = _progress(events)
    try:
        changed = path.stat().st_mtime
    except OSError as error:
        raise NotOpenedError(f"{path} can not be read: {error.strerror}", "Look again") from error
    return StoredCase(path, started, _conclusion(events), answers, outcome, changed, holder_of(path))


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
