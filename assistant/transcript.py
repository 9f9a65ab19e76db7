"""Transcripts as JSON Lines: one event a line, and the chain of hashes that shows whether a line was changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from .errors import AssistantError
from .events import READABLE, Event, Started
from .places import typed_path
from .safe_text import clean, visible

MAX_LINE = 2_000_000
MAX_EVENTS = 10_000
"""So many can be read, and no more are written."""

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_NAMES = {
    "started",
    "asked",
    "answered",
    "picked",
    "accepted",
    "released",
    "noted",
    "undone",
    "concluded",
    "reopened",
}


class TranscriptError(AssistantError):
    """A transcript that can not be read or written."""


def encode(event: Event) -> str:
    """One line of a transcript, without its line end or link. ASCII only, so that it is the same bytes everywhere."""
    content = event.model_dump(mode="json", exclude_none=True, exclude_defaults=False)
    return json.dumps(content, ensure_ascii=True)


# --- The chain of hashes ----------------------------------------------------------------------------------------------

_LINKED = re.compile(r', "line": (\d+), "chain": "([0-9a-f]{64})"\}\s*$')


def link(before: str, line: str) -> str:
    """The link of a line: SHA-256 of the link before it and the line itself."""
    return hashlib.sha256((before + line.strip()).encode("utf-8", "surrogateescape")).hexdigest()


def chained(line: str, number: int, before: str) -> tuple[str, str]:
    """A line with its number and link, and the link."""
    numbered = f'{line[:-1]}, "line": {number}}}'
    made = link(before, numbered)
    return f'{numbered[:-1]}, "chain": "{made}"}}', made


def recorded_link(line: str) -> str:
    """The link that a line carries; empty if none."""
    found = _LINKED.search(line)
    return found.group(2) if found else ""


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a transcript is as it was written: how many lines, the last link, and what is wrong first."""

    lines: int
    chained: int
    last: str
    problem: str = ""


def verify(path: Path) -> Verified:
    """Check the chain of hashes.

    Lines before the first link (written by an older version, or by hand) are covered by it, too. What the chain can not
    show: lines cut off the end, and a chain that somebody made anew; keep the last link elsewhere for that.

    Raises:
        TranscriptError: The file can not be read.
    """
    with _opened(path) as file:
        lines = list(_bounded_lines(file, path))
    before, count = "", 0
    for number, line in enumerate(lines, 1):
        found = _LINKED.search(line)
        if found is None and '"chain": ' in line:
            return Verified(len(lines), count, before, f"line {number} was altered")
        if found is None:
            if count:
                return Verified(
                    len(lines), count, before, f"line {number} was inserted: it has no link to the one before"
                )
            before = link(before, line)
            continue
        content = line[: found.start(2) - len(', "chain": "')] + "}"
        if link(before, content) != found.group(2) or int(found.group(1)) != number:
            if not count and number > 1:
                return Verified(len(lines), 0, before, f"one of the lines 1 to {number} was altered")
            return Verified(len(lines), count, before, _problem(lines, number, int(found.group(1))))
        before, count = found.group(2), count + 1
    return Verified(len(lines), count, before)


def _problem(lines: list[str], place: int, number: int) -> str:
    """What happened to the line at a place (1-based) that was written as the line of a number."""
    numbers = [int(found.group(1)) if (found := _LINKED.search(one)) else 0 for one in lines]
    if number > place:
        if place in numbers[place:]:
            return f"line {place} was reordered: it was written as line {number}"
        missing = f"line {place}" if number == place + 1 else f"lines {place} to {number - 1}"
        return f"{missing} of the original {'was' if number == place + 1 else 'were'} dropped"
    if number < place:
        return f"line {place} was inserted or reordered: it was written as line {number}"
    if numbers[place : place + 1] == [number]:
        return f"line {place} was inserted: the next line has its number"
    return f"line {place} was altered"


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
    if "chain" in content:  # of the file, not of what happened
        content = {key: value for key, value in content.items() if key not in {"line", "chain"}}
    name = content.get("event")
    if name not in _NAMES:
        known = ", ".join(sorted(_NAMES))
        raise TranscriptError(f"{where}: unknown event {json.dumps(name)[:60]}", f"There are: {known}")
    if name == "started" and content.setdefault("format", 1) not in READABLE:
        raise TranscriptError(
            f"{where}: format {content.get('format')} is not known", "Use a newer version of assistant"
        )
    try:
        return _EVENT.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(p) for p in first["loc"][1:]) or str(name)
        raise TranscriptError(f"{where}: {field}: {first['msg']}", "Correct that line") from error


def read_events(path: Path, *, unfinished: bool = False, several: bool = False) -> tuple[Event, ...]:
    """All events of a transcript file.

    Args:
        path: The file.
        several: The file may hold one transcript after another; there is then no limit to their number.
        unfinished: Leave out a last line without its end: it is being written, or was torn.

    Raises:
        TranscriptError: Unreadable, empty, or a bad line, by number.
    """
    events: list[Event] = []
    with _opened(path) as file:
        for number, line in enumerate(_bounded_lines(file, path), 1):
            if line.strip() and not (unfinished and not line.endswith("\n")):
                events.append(parse_line(line, f"{path}:{number}"))
            if len(events) > MAX_EVENTS and not several:
                raise TranscriptError(f"{path}: more than {MAX_EVENTS:,} events", "This is no transcript")
    if not events or not isinstance(events[0], Started):
        raise TranscriptError(f"{path}:1: a transcript begins with the event 'started'", "Compare with transcripts/")
    return tuple(events)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            yield file
    except OSError as error:
        raise TranscriptError(
            f"{path} can not be read: {error.strerror}", "Check the path and its permissions"
        ) from error


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


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of one transcript, not yet parsed: a file may hold many. `line` is the number of its first line."""

    path: str
    line: int
    lines: tuple[str, ...]


STANDARD_INPUT = "-"
_STARTS = re.compile(r'"event"\s*:\s*"started"')  # quotes within a text are escaped, so this is never one


def pieces_in(paths: Iterable[Path]) -> Iterator[Piece]:
    """Every transcript of files and directories (`-` is standard input), one at a time.

    Raises:
        TranscriptError: A file can not be read, or a transcript is too long.
    """
    for path in transcripts_in(paths):
        if str(path) == STANDARD_INPUT:
            yield from _pieces(sys.stdin, path)
        else:
            with _opened(path) as file:
                yield from _pieces(file, path)


def _pieces(file: IO[str], path: Path) -> Iterator[Piece]:
    lines: list[str] = []
    begun = 1
    for number, line in enumerate(_bounded_lines(file, path), 1):
        if lines and '"started"' in line and _STARTS.search(line):
            yield Piece(str(path), begun, tuple(lines))
            lines = []
        if not lines:
            begun = number
        if line.strip() or lines:
            lines.append(line)
        if len(lines) > MAX_EVENTS:
            raise TranscriptError(f"{path}: more than {MAX_EVENTS:,} events", "This is no transcript")
    if lines:
        yield Piece(str(path), begun, tuple(lines))


def parse_piece(piece: Piece) -> tuple[Event, ...]:
    """The events of one transcript.

    Raises:
        TranscriptError: A bad line, by number.
    """
    numbered = enumerate(piece.lines, piece.line)
    events = tuple(parse_line(line, f"{piece.path}:{number}") for number, line in numbered if line.strip())
    if not events or not isinstance(events[0], Started):
        where = f"{piece.path}:{piece.line}"
        raise TranscriptError(f"{where}: a transcript begins with the event 'started'", "Compare with transcripts/")
    return events


def save_text(path: str, text: str) -> str:
    """Write a rationale to a file of the reviewer's choice, readable by its owner alone; says what happened."""
    try:
        target = typed_path(path)
    except AssistantError as error:
        return str(error)
    shown = clean(str(target))
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return f"{shown} exists already; choose another name."
    except OSError as error:
        return f"{shown} could not be written: {error.strerror}."
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(visible(text))
    except OSError as error:
        with contextlib.suppress(OSError):
            target.unlink()  # a part of it would be taken for the whole
        return f"{shown} could not be written: {error.strerror}."
    return f"Saved to {shown}."
