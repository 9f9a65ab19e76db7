"""The journal of a live review: every event is on disk before it is acknowledged, in one window at a time."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from .events import Event
from .files import check_regular, opened, read_bytes, replace_file, sync_directory, write_new
from .transcript import MAX_BYTES, TranscriptError, chained, encode, link, parse_line, recorded_link

TRY_AGAIN = (
    "It is still in the answer field; free some space or fix the directory and press Enter again, or type /keep "
    "and another directory"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a review open: the login name, host, process, and since when (ISO 8601)."""

    user: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"{self.user or 'someone'} on {self.host}, process {self.pid}, since {self.since[:16].replace('T', ' ')}"

    @classmethod
    def of_this_process(cls, user: str, since: str) -> Owner:
        """This process."""
        return cls(user, socket.gethostname(), os.getpid(), since)


class Journal:
    """A transcript being written: an event is on disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.holder: Owner | None = None
        """Who else has the review open; this window then only looks."""
        self.owner: Owner | None = None
        self._lock: IO[bytes] | None = None
        self._size: int | None = None
        self._seen: int | None = None
        self._link = ""
        self._line = 0

    # --- One window at a time ---

    def lock(self, owner: Owner, take_over: bool = False) -> Owner | None:
        """Take the review for this process, or say who has it.

        The lock ends with its process, however that ends, so what a dead process of this host left is taken over. Of
        another host that can not be known: its note is believed until `take_over`. On this host `take_over` ends one's
        own process that has the review, such as one whose line was lost without anybody noticing.

        Raises:
            TranscriptError: The lock file can not be written.
        """
        import portalocker

        self.owner = owner
        try:
            # Without O_NONBLOCK a pipe or a device in its place would hold us up.
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            handle = os.open(self.lock_path, flags, 0o600)
        except OSError as error:
            raise _not_saved(self.path, error) from error
        check_regular(handle, self.lock_path, TranscriptError)
        file = os.fdopen(handle, "r+b", buffering=0)
        noted = _noted(file)
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException:
            if take_over and noted and noted.host == owner.host and _ended(noted.pid):
                file.close()
                return self.lock(owner)
            file.close()
            self.holder = noted or Owner("", "another window", 0, "")
            return self.holder
        noted = _noted(file)
        if noted and noted.host != owner.host and not take_over:
            file.close()
            self.holder = noted
            return noted
        try:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(asdict(owner)).encode())
        except OSError:
            pass  # a full disk: the lock holds without a note of its owner
        self._lock, self.holder, self._size, self._seen = file, None, None, None
        return None

    @property
    def lock_path(self) -> Path:
        """The lock file beside the journal."""
        return self.path.with_suffix(".lock")

    def release(self) -> None:
        """Let another window have the review."""
        file, self._lock = self._lock, None
        if file:
            with file, contextlib.suppress(OSError):
                file.truncate(0)

    # --- Writing ---

    def append(self, *events: Event) -> None:
        """Write events, all or none, and wait until the disk has them.

        Raises:
            TranscriptError: Nothing was written (another window has the review open, a full disk); what to do.
        """
        if self.holder:
            raise TranscriptError(
                f"this review is open in another window ({self.holder})", "Here you can look, but not answer"
            )
        if self._size is None:
            self._read_end()
        lines, last, number = [], self._link, self._line
        for event in events:
            number += 1
            line, last = chained(encode(event), number, last)
            lines.append(line + "\n")
        self._write("".join(lines).encode())
        self._link, self._line = last, number

    def _read_end(self) -> None:
        """Where the chain of hashes stands, and how long the file is."""
        self._size, self._link, self._line = 0, "", 0
        if self.path.exists():
            with _reading(self.path) as file:
                for line in file:
                    self._line += 1
                    self._link = recorded_link(line) or link(self._link, line)
                self._size = file.tell()

    def _write(self, data: bytes) -> None:
        new = not self._size
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | (os.O_CREAT if new else 0)
        try:
            handle = os.open(self.path, flags, 0o600)
            try:
                size = os.fstat(handle).st_size
                if size != self._size:
                    raise TranscriptError(
                        f"{self.path} was changed by something else",
                        "Nothing was written; leave with /quit, then type: assistant resume",
                    )
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
                sync_directory(self.path.parent)
        except OSError as error:
            raise _not_saved(self.path, error) from error
        self._size = (self._size or 0) + len(data)

    def move_to(self, directory: Path, events: Sequence[Event]) -> None:
        """Go on in another directory, with all events so far; the old file stays as it is.

        Raises:
            TranscriptError: Nothing has changed; what is wrong there.
        """
        path = directory.expanduser() / self.path.name
        if path.exists():
            raise TranscriptError(f"{path} exists already", "Choose another directory")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise TranscriptError(f"{path.parent} can not be used: {error.strerror}", "Choose another one") from error
        other = Journal(path)
        if self.owner:
            other.lock(self.owner)
        try:
            other.append(*events)
        except TranscriptError:
            other.release()
            with contextlib.suppress(OSError):
                other.lock_path.unlink()
            raise
        self.release()
        self.path, self._lock = other.path, other._lock
        self._size, self._link, self._line = other._size, other._link, other._line

    def grown(self) -> bool:
        """Whether the file is another one than when this was last asked: for windows that only look."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        changed, self._seen = size != self._seen, size
        return changed


def _not_saved(path: Path, error: OSError) -> TranscriptError:
    return TranscriptError(f"the answer could not be saved to {path}: {error.strerror}", TRY_AGAIN)


def _ended(pid: int) -> bool:
    """Ask another window of one's own to leave, as a lost line would, and wait until it has."""
    try:
        os.kill(pid, signal.SIGHUP)
        for _ in range(50):
            time.sleep(0.1)
            os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _noted(file: IO[bytes]) -> Owner | None:
    """The owner that a lock file names."""
    try:
        file.seek(0)
        content = json.loads(file.read(2_000))
        return Owner(str(content["user"]), str(content["host"]), int(content["pid"]), str(content["since"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def holder_of(path: Path) -> Owner | None:
    """Who has a review open now, without taking it."""
    import portalocker

    try:
        with opened(path.with_suffix(".lock"), TranscriptError) as file:
            noted = _noted(file)
            try:
                portalocker.lock(file, portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING)
            except portalocker.LockException:
                return noted or Owner("", "another window", 0, "")
            if not noted:
                return None
            return noted if noted and noted.host != socket.gethostname() else None
    except (OSError, TranscriptError):
        return None


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[IO[str]]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        yield file


# --- After a crash ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Repair:
    """What was wrong with a journal, and what was done.

    `cut` is what a crash left behind the last whole line. A `damaged` line (1-based) stands before whole ones: the file
    is kept untouched as `kept`, and `later` are the answers behind the damage, to be given again.
    """

    cut: str = ""
    damaged: int = 0
    kept: Path | None = None
    later: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell the reviewer; nothing when nothing was wrong."""
        said = []
        if self.cut:
            shown = self.cut.replace("\0", "")[:200]
            said.append(f"The last line was torn when the program was stopped, and has been cut off: {shown!r}")
        if self.damaged:
            said.append(f"Line {self.damaged} of this review is damaged. The file is kept as it was in {self.kept}.")
            said.append(f"The review goes on from line {self.damaged - 1}.")
            said += [f"Please give this answer again: {text}" for text in self.later]
        return tuple(said)


def repair(path: Path) -> Repair:
    """Make a journal whole again: cut a torn end off, and go back before a damaged line.

    A byte order mark, which an editor may have put at the beginning, is no damage; it is taken off.

    Raises:
        TranscriptError: It can not be read or written, or is no file.
    """
    found = read_bytes(path, MAX_BYTES, TranscriptError)
    data = found.removeprefix(codecs.BOM_UTF8)
    end = data.rfind(b"\n") + 1
    tail = data[end:]
    cut = ""
    if tail:
        if _whole(tail):
            data += b"\n"
        else:
            data, cut = data[:end], tail.decode(errors="replace")
    lines = io.BytesIO(data)
    whole, damaged = 0, 0
    for number, line in enumerate(lines, 1):
        if line.strip() and not _whole(line):
            damaged = number
            break
        whole += len(line)
    kept: Path | None = None
    later: tuple[str, ...] = ()
    if damaged:
        kept = _beside(path)
        write_new(kept, found, TranscriptError)
        later = tuple(filter(None, map(_answer_in, lines)))
        data = data[:whole]
    if data != found:
        replace_file(path, [data], TranscriptError)
    return Repair(cut, damaged, kept, later)


def _whole(line: bytes) -> bool:
    try:
        parse_line(line.decode(), "")
    except (TranscriptError, UnicodeDecodeError):
        return False
    return True


def _answer_in(line: bytes) -> str:
    try:
        return str(getattr(parse_line(line.decode(), ""), "text", "")).strip()
    except (TranscriptError, UnicodeDecodeError):
        return ""


def _beside(path: Path) -> Path:
    number = 1
    while os.path.lexists(found := path.with_suffix(f".damaged-{number}")):
        number += 1
    return found
