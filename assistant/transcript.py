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
from .files import AS_LINES, opened_text, write_new
from .places import typed_path
from .safe_text import clean, visible

MAX_LINE = 2_000_000
MAX_EVENTS = 10_000
"""So many can be read, and no more are written."""
MAX_BYTES = 100_000_000
"""Of one transcript; a long review has a few million."""
MAX_EMPTY = 1_000
"""Empty lines one after another."""

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


class NotOpenedError(TranscriptError):
    """A file that can not be opened as a transcript at all: no permission, not there, no file. It is not damaged."""


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
    """Whether a transcript is as it was written.

    `lines` is how many were looked at, `chained` how many of them have a link, `last` the last link, `problem` what is
    wrong first.
    """

    lines: int
    chained: int
    last: str
    problem: str = ""


def verify(path: Path) -> Verified:
    """Check the chain of hashes of a transcript.

    Lines before the first link (written by an older version, or by hand) are covered by it, too. What the chain can not
    show: whether those were changed before, lines cut off the end, and a chain that somebody made anew; keep the last
    link elsewhere for that.

    Raises:
        TranscriptError: The file can not be read, or is no transcript.
    """
    with _opened(path) as file:
        return verify_lines(_bounded_lines(file, path), path)


def verify_lines(lines: Iterable[str], path: Path) -> Verified:
    """As `verify`, for the lines of one transcript.

    Raises:
        TranscriptError: The lines are no transcript.
    """
    rest = iter(lines)
    before, count, number, size = "", 0, 0, 0
    for number, line in enumerate(rest, 1):
        size += len(line)
        if size > MAX_BYTES:
            raise _too_large(path)
        found = _LINKED.search(line)
        if found is None and '"chain": ' in line:
            return Verified(number, count, before, f"line {number} was altered")
        if found is None:
            if count:
                inserted = f"line {number} was inserted: it has no link to the one before"
                return Verified(number, count, before, inserted)
            if wrong := _wrong_with(line, path, number):
                if _number_in(next(rest, "")):
                    return Verified(number, 0, before, f"line {number} was altered")
                raise wrong
            before = link(before, line)
            continue
        content = line[: found.start(2) - len(', "chain": "')] + "}"
        if link(before, content) != found.group(2) or int(found.group(1)) != number:
            if not count and number > 1:
                return Verified(number, 0, before, f"one of the lines 1 to {number} was altered")
            return Verified(number, count, before, _problem(map(_number_in, rest), number, int(found.group(1))))
        before, count = found.group(2), count + 1
    if not number:
        raise _empty(path)
    return Verified(number, count, before)


def _number_in(line: str) -> int:
    """The number that a line was written with; 0 if none."""
    found = _LINKED.search(line)
    return int(found.group(1)) if found else 0


def _problem(later: Iterator[int], place: int, number: int) -> str:
    """What happened to the line at a place (1-based) that was written as the line of a number.

    Args:
        later: The numbers of the lines behind it.
        place: Where it stands.
        number: Where it stood.
    """
    following = next(later, 0)
    if number > place:
        if following == place or place in later:
            return f"line {place} was reordered: it was written as line {number}"
        missing = f"line {place}" if number == place + 1 else f"lines {place} to {number - 1}"
        return f"{missing} of the original {'was' if number == place + 1 else 'were'} dropped"
    if number < place:
        return f"line {place} was inserted or reordered: it was written as line {number}"
    if following == number:
        return f"line {place} was inserted: the next line has its number"
    return f"line {place} was altered"


# --- Lines ------------------------------------------------------------------------------------------------------------


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
    if not isinstance(name, str) or name not in _NAMES:
        known = ", ".join(sorted(_NAMES))
        raise TranscriptError(f"{where}: unknown event {json.dumps(name)[:60]}", f"There are: {known}")
    known_format = content.setdefault("format", 1) if name == "started" else 1
    if not isinstance(known_format, int) or known_format not in READABLE:
        shown = json.dumps(known_format)[:60]
        raise TranscriptError(f"{where}: format {shown} is not known", "Use a newer version of assistant")
    try:
        return _EVENT.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(p) for p in first["loc"][1:]) or str(name)
        raise TranscriptError(
            f"{where}: {field}: {first['msg'].removeprefix('Value error, ')}", "Correct that line"
        ) from error


def read_events(path: Path, *, unfinished: bool = False) -> tuple[Event, ...]:
    """All events of a transcript file.

    Args:
        path: The file.
        unfinished: Leave out a last line without its end: it is being written, or was torn.

    Raises:
        NotOpenedError: There is no such file, no permission, or it is something else than a file.
        TranscriptError: Empty, too large, or a bad line, by number.
    """
    events: list[Event] = []
    size = 0
    with _opened(path) as file:
        for number, line in enumerate(_bounded_lines(file, path), 1):
            size += len(line)
            if line.strip() and not (unfinished and not line.endswith("\n")):
                events.append(parse_line(line, f"{path}:{number}"))
                if not isinstance(events[0], Started):
                    raise _no_beginning(path, number)
            if len(events) > MAX_EVENTS:
                raise TranscriptError(f"{path}: more than {MAX_EVENTS:,} events", "This is no transcript")
            if size > MAX_BYTES:
                raise _too_large(path)
    if not events:
        raise _empty(path)
    return tuple(events)


def _no_beginning(path: Path, number: int) -> TranscriptError:
    return TranscriptError(
        f"{path}:{number}: a transcript begins with the event 'started'", "Compare with transcripts/"
    )


def _too_large(path: Path) -> TranscriptError:
    return TranscriptError(f"{path}: a transcript of more than {MAX_BYTES // 1_000_000} MB", "This is no transcript")


def _empty(path: Path) -> TranscriptError:
    return TranscriptError(
        f"{path} is empty: a transcript begins with the event 'started'", "Remove it, or name another"
    )


def _check_begins(line: str, path: Path, number: int) -> None:
    """Refuse what is no transcript by its first line, however much comes behind it.

    Raises:
        TranscriptError: What is wrong with that line.
    """
    if not isinstance(parse_line(line, f"{path}:{number}"), Started):
        raise _no_beginning(path, number)


def _wrong_with(line: str, path: Path, number: int) -> TranscriptError | None:
    """Why a line is none of a transcript."""
    try:
        if number == 1:
            _check_begins(line, path, number)
        elif line.strip():
            parse_line(line, f"{path}:{number}")
    except TranscriptError as error:
        return error
    return None


def _opened(path: Path) -> contextlib.AbstractContextManager[IO[str]]:
    return opened_text(path, NotOpenedError)


def _bounded_lines(file: IO[str], path: Path) -> Iterator[str]:
    """Lines, as long as they can be those of transcripts: however large a file is, little of it is ever in memory."""
    number = empty = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        empty = 0 if line.strip() else empty + 1
        if len(line) > MAX_LINE:
            raise TranscriptError(
                f"{path}:{number}: a line of more than {MAX_LINE:,} characters", "This is no transcript"
            )
        if empty > MAX_EMPTY:
            raise TranscriptError(f"{path}:{number}: more than {MAX_EMPTY:,} empty lines", "This is no transcript")
        yield line


def transcripts_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The transcript files that paths name, directories searched.

    A directory that can not be searched is given like a file: whoever opens it learns why.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where there is no permission
            yield from sorted(_searched(path))
        else:
            yield path


def _searched(directory: Path) -> Iterator[Path]:
    closed: list[Path] = []
    for place, names, files in os.walk(directory, onerror=lambda error: closed.append(Path(error.filename))):
        links = (name for name in names if Path(place, name).is_symlink())  # they are not followed
        yield from (Path(place, name) for name in (*files, *links) if name.endswith(".jsonl"))
    yield from closed


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of one transcript, not yet parsed: a file may hold many.

    `line` is the number of its first line, `refused` why there is nothing to parse.
    """

    path: str
    line: int
    lines: tuple[str, ...]
    refused: TranscriptError | None = None


STANDARD_INPUT = "-"
_STARTS = re.compile(r'"event"\s*:\s*"started"')  # quotes within a text are escaped, so this is never one


def pieces_in(paths: Iterable[Path]) -> Iterator[Piece]:
    """Every transcript of files and directories (`-` is standard input), one at a time.

    What can not be read is a piece, too, and those behind it come all the same: `parse_piece` says what is wrong.
    """
    for path in transcripts_in(paths):
        try:
            if str(path) == STANDARD_INPUT:
                yield from _pieces(_standard_input(), path)
            else:
                with _opened(path) as file:
                    yield from _pieces(file, path)
        except TranscriptError as error:
            yield Piece(str(path), 1, (), error)


def _standard_input() -> IO[str]:
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure:
        reconfigure(**AS_LINES)
    return sys.stdin


def _pieces(file: IO[str], path: Path) -> Iterator[Piece]:
    lines: list[str] = []
    begun, size = 0, 0
    for number, line in enumerate(_bounded_lines(file, path), 1):
        if lines and '"started"' in line and _STARTS.search(line):
            yield Piece(str(path), begun, tuple(lines))
            lines, size = [], 0
        if not lines and line.strip():
            if not begun:
                _check_begins(line, path, number)
            begun = number
        if line.strip() or lines:
            lines.append(line)
            size += len(line)
        if len(lines) > MAX_EVENTS:
            raise TranscriptError(f"{path}: more than {MAX_EVENTS:,} events", "This is no transcript")
        if size > MAX_BYTES:
            raise _too_large(path)
    if lines:
        yield Piece(str(path), begun, tuple(lines))
    elif not begun:
        raise _empty(path)


def parse_piece(piece: Piece) -> tuple[Event, ...]:
    """The events of one transcript.

    Raises:
        TranscriptError: A bad line, by number, or why it can not be read.
    """
    if piece.refused:
        raise piece.refused
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
        write_new(target, visible(text), TranscriptError)
    except AssistantError as error:
        return f"{error}."
    return f"Saved to {clean(str(target))}."
