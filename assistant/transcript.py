"""Transcripts as JSON Lines: reading them, and the durable journal and store of live reviews."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs
from pydantic import TypeAdapter, ValidationError

from .errors import AssistantError
from .events import FORMAT, Concluded, Event, Reopened, Started

MAX_LINE = 2_000_000
MAX_EVENTS = 100_000
STATE_VARIABLE = "ASSISTANT_STATE_DIR"

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_NAMES = {"started", "asked", "answered", "picked", "noted", "undone", "concluded", "reopened"}


class TranscriptError(AssistantError):
    """A transcript that can not be read or written."""


def encode(event: Event) -> str:
    """One line of a transcript, without its line end. ASCII only, so that it is the same bytes everywhere."""
    return json.dumps(event.model_dump(mode="json", exclude_none=True, exclude_defaults=False), ensure_ascii=True)


def parse_line(line: str, where: str) -> Event:
    """One event.

    Raises:
        TranscriptError: Names the place and what is wrong there.
    """
    if len(line) > MAX_LINE:
        raise TranscriptError(f"{where}: a line of more than {MAX_LINE:,} characters", "This is no transcript")
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TranscriptError(f"{where}: not a line of JSON", "Correct or remove that line") from error
    if not isinstance(content, dict):
        raise TranscriptError(f"{where}: not an event", "Each line is one {...} with the key 'event'")
    name = content.get("event")
    if name not in _NAMES:
        known = ", ".join(sorted(_NAMES))
        raise TranscriptError(f"{where}: unknown event {json.dumps(name)[:60]}", f"There are: {known}")
    if name == "started" and content.get("format", FORMAT) != FORMAT:
        raise TranscriptError(
            f"{where}: format {content.get('format')} is not known", "Use a newer version of assistant"
        )
    try:
        return _EVENT.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(p) for p in first["loc"][1:]) or str(name)
        raise TranscriptError(f"{where}: {field}: {first['msg']}", "Correct that line") from error


def read_events(path: Path) -> tuple[Event, ...]:
    """All events of a transcript file.

    Raises:
        TranscriptError: Unreadable, empty, or a bad line, by number.
    """
    events: list[Event] = []
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            for number, line in enumerate(_bounded_lines(file, path), 1):
                if line.strip():
                    events.append(parse_line(line, f"{path}:{number}"))
                if len(events) > MAX_EVENTS:
                    raise TranscriptError(f"{path}: more than {MAX_EVENTS:,} events", "This is no transcript")
    except OSError as error:
        raise TranscriptError(
            f"{path} can not be read: {error.strerror}", "Check the path and its permissions"
        ) from error
    if not events or not isinstance(events[0], Started):
        raise TranscriptError(f"{path}:1: a transcript begins with the event 'started'", "Compare with transcripts/")
    return tuple(events)


def _bounded_lines(file: IO[str], path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise TranscriptError(
                f"{path}:{number}: a line of more than {MAX_LINE:,} characters", "This is no transcript"
            )
        yield line


def transcripts_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The transcript files that paths name, directories searched."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.jsonl"))
        else:
            yield path


class Journal:
    """A transcript being written: an event is on disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, *events: Event) -> None:
        """Write events, all or none, and wait until the disk has them.

        Raises:
            TranscriptError: Nothing was written; what is wrong, and what to do.
        """
        data = "".join(encode(event) + "\n" for event in events).encode()
        try:
            new = not self.path.exists()
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(handle).st_size
                try:
                    _write_all(handle, data)
                    os.fsync(handle)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.ftruncate(handle, size)
                    raise
            finally:
                os.close(handle)
            if new:
                _sync_directory(self.path.parent)
        except OSError as error:
            raise TranscriptError(
                f"the answer could not be saved to {self.path}: {error.strerror}",
                "It is still in the answer field; free some space or fix the directory, then press Enter again",
            ) from error


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class StoredCase:
    """One review in the store."""

    path: Path
    started: Started
    concluded: Concluded | None
    events: int
    changed: float


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
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """All reviews, the last changed first. Files that are no transcripts are left out."""
        found = []
        for path in self.directory.glob("*.jsonl") if self.directory.is_dir() else ():
            try:
                events = read_events(path)
                changed = path.stat().st_mtime
            except (TranscriptError, OSError):
                continue
            started = events[0]
            assert isinstance(started, Started)
            found.append(StoredCase(path, started, _conclusion(events), len(events), changed))
        return tuple(sorted(found, key=lambda c: c.changed, reverse=True))


def _conclusion(events: Iterable[Event]) -> Concluded | None:
    found: Concluded | None = None
    for event in events:
        if isinstance(event, Concluded):
            found = event
        elif isinstance(event, Reopened):
            found = None
    return found


def torn_tail(path: Path) -> bytes:
    """The bytes after the last line end: what a crash cut off mid-write. Empty in a sound file."""
    data = path.read_bytes()
    return data[data.rfind(b"\n") + 1 :]


def repair(path: Path) -> str:
    """Cut a torn last line off a journal; returns what was cut, to be shown."""
    tail = torn_tail(path)
    if not tail:
        return ""
    try:
        parse_line(tail.decode(), str(path))
    except (TranscriptError, UnicodeDecodeError):
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - len(tail))
            os.fsync(file.fileno())
        return tail.decode(errors="replace")
    with path.open("ab") as file:
        file.write(b"\n")
        os.fsync(file.fileno())
    return ""


def save_text(path: str, text: str) -> str:
    """Write a rationale to a file of the reviewer's choice, readable by its owner alone; says what happened."""
    target = Path(path).expanduser()
    shown = "".join(c if c.isprintable() else "?" for c in str(target))
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return f"{shown} exists already; choose another name."
    except (OSError, ValueError) as error:
        return f"{shown} could not be written: {getattr(error, 'strerror', None) or error}."
    return f"Saved to {shown}."
