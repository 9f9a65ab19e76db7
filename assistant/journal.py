"""The journal of a live review: every event is on disk before it is acknowledged, in one window at a time."""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from .errors import AssistantError
from .events import Event
from .files import read_bytes, replace_file, sync_directory, write_new
from .ownership import (
    Identity,
    Owner,
    check_directory,
    check_file,
    end_window,
    identity_of,
    noted_in,
    open_own,
    take,
    unusable,
)
from .ownership import holder_of as holder_of  # noqa: PLC0414 - who asks about a journal asks here
from .places import mark_moved, mark_of, moved_to, typed_path
from .transcript import (
    MAX_BYTES,
    MAX_EVENTS,
    MAX_LINE,
    TranscriptError,
    chained,
    encode,
    link,
    parse_line,
    recorded_link,
)

TRY_AGAIN = (
    "It is kept here: free some space or fix the directory and press Enter to try again, or type /keep and another "
    "directory"
)
FULL = "Leave with /quit, and go on in a new review from an earlier answer: assistant transcript fork"
KEEP = "Nothing was written. Type /keep and another directory to save there all that was given here"


class Journal:
    """A transcript being written: an event is on disk before `append` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.holder: Owner | None = None
        """Who else has the review open; this window then only looks."""
        self.unseen = ""
        """Why a window that only looks can not see the review just now; empty while it can."""
        self.owner: Owner | None = None
        self._lock: IO[bytes] | None = None
        self._known: tuple[Identity, Identity] = (None, None)
        self._size: int | None = None
        self._inode = 0
        self._seen: int | None = None
        self._link = ""
        self._line = 0
        self._left: dict[Path, IO[bytes] | None] = {}
        """The files that the review was moved from, and their locks: no window may write there meanwhile."""
        self._unmarked: set[Path] = set()

    # --- One window at a time ---

    def lock(self, owner: Owner, take_over: bool = False) -> Owner | None:
        """Take the review for this process, or say who has it.

        The lock ends with its process, however that ends, so what a dead process of this host left is taken over. Of
        another host that can not be known: its note is believed until `take_over`. On this host `take_over` ends one's
        own process that has the review, such as one whose line was lost without anybody noticing.

        Raises:
            TranscriptError: The review or its lock can not be used, others could read it, or its window did not leave.
        """
        self.owner = owner
        check_directory(self.path.parent)
        if self.path.exists():
            open_own(self.path, os.O_RDONLY).close()
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(open_own(self.lock_path, os.O_RDWR | os.O_CREAT))
            free = take(file)
            if not free and take_over:
                end_window(file, owner.host)
                free = True
            noted = noted_in(file)
            if not free or (noted and noted.host != owner.host and not take_over):
                self._known = identity_of(file), identity_of(self.path)
                self.holder = noted or Owner("", "another window", 0, "")
                return self.holder
            if identity_of(file) != identity_of(self.lock_path):
                raise TranscriptError(f"{self.lock_path} was removed or replaced just now", "Try again")
            opened.pop_all()
        self.hold(file)
        return None

    def look(self) -> IO[bytes] | None:
        """See that the review is still the one that another window has; its lock, when that window has let it go.

        Raises:
            TranscriptError: It can not be seen, or another file is in its place.
        """
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(open_own(self.lock_path, os.O_RDWR))
            try:
                if self._known != (identity_of(file), identity_of(self.path)):
                    raise TranscriptError(f"{self.path} or its lock file is not the file that it was")
            except OSError as error:
                raise unusable(self.path, error) from error
            free = take(file)
            noted = noted_in(file)
            if not free or (noted and self.owner and noted.host != self.owner.host):
                self.holder = noted or self.holder
                return None
            opened.pop_all()
        return file

    def hold(self, lock: IO[bytes]) -> None:
        """Have the review from now on, by its lock."""
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a note of its owner
            lock.seek(0)
            lock.truncate()
            lock.write(json.dumps(asdict(self.owner)).encode() if self.owner else b"")
        self._lock, self.holder, self._size, self._seen = lock, None, None, None

    @property
    def lock_path(self) -> Path:
        """The lock file beside the journal."""
        return self.path.with_suffix(".lock")

    def release(self) -> None:
        """Let another window have the review."""
        self.mark()
        files, self._lock, self._left = (self._lock, *self._left.values()), None, {}
        for file in filter(None, files):
            with contextlib.suppress(OSError), file:  # a lock ends with its handle, whatever the disk says
                file.truncate(0)

    # --- Writing ---

    def append(self, *events: Event) -> None:
        """Write events, all or none, and wait until the disk has them.

        Raises:
            TranscriptError: Nothing was written (another window has the review open, a full disk); what to do.
        """
        self._be_the_writer()
        self._check_lock()
        if self._size is None:
            self.take_up()
        lines, last, number = [], self._link, self._line
        for event in events:
            number += 1
            line, last = chained(encode(event), number, last)
            lines.append(line + "\n")
        _check_room(number, max(map(len, lines), default=0))
        self._write("".join(lines).encode())
        self._link, self._line = last, number
        self.mark()

    @property
    def room(self) -> int:
        """How many more events can be written: no more than can be read again."""
        return MAX_EVENTS - self._line

    def _be_the_writer(self) -> None:
        if self.holder:
            raise TranscriptError(
                f"this review is open in another window ({self.holder})", "Here you can look, but not answer"
            )

    def _check_lock(self) -> None:
        """See that no other window can have taken the review by a lock file in the place of ours."""
        if not self._lock:
            return
        try:
            ours, there = identity_of(self._lock), identity_of(self.lock_path)
        except OSError:
            return  # it can not be told; saving says what is wrong
        if not self.path.parent.is_dir():
            return  # there saving fails, and says so
        if there != ours:
            raise TranscriptError(
                f"{self.lock_path} was removed or replaced, so another window may have this review",
                "Nothing was written; leave with /quit, then type: assistant resume",
            )

    def take_up(self) -> None:
        """Note which file this is, how long it is, and where its chain of hashes stands; before its events are read.

        Raises:
            TranscriptError: It can not be read now; the next look or save tries again.
        """
        try:
            self._take_up()
        except OSError as error:
            self._size = None
            raise unusable(self.path, error) from error

    def _take_up(self) -> None:
        self._size, self._inode, self._link, self._line = 0, 0, "", 0
        if self.path.exists():
            with _reading(self.path) as file:
                for line in file:
                    self._line += 1
                    self._link = recorded_link(line) or link(self._link, line)
                self._size, self._inode = file.tell(), os.fstat(file.fileno()).st_ino

    @property
    def lost(self) -> str:
        """What became of the file if it is not the one that was written; empty when it is, or nothing was written."""
        if self.holder or not self._size:
            return ""
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return f"{self.path} was removed by something else"
        except OSError as error:
            return f"{self.path} can not be read: {error.strerror}"
        same = (found.st_ino, found.st_size) == (self._inode, self._size)
        return "" if same else f"{self.path} was changed by something else"

    def _write(self, data: bytes) -> None:
        new = not self._size
        if self.lost:
            raise TranscriptError(self.lost, KEEP)
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | (os.O_CREAT if new else 0)
        try:
            handle = os.open(self.path, flags, 0o600)
            try:
                check_file(handle, self.path)
                found = os.fstat(handle)
                if found.st_size != self._size or (not new and found.st_ino != self._inode):
                    raise TranscriptError(f"{self.path} was changed by something else", KEEP)
                try:
                    _write_all(handle, data)
                    os.fsync(handle)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.ftruncate(handle, found.st_size)
                    raise
            finally:
                os.close(handle)
            if new:
                sync_directory(self.path.parent)
        except OSError as error:
            raise (_not_begun(self.path.parent, error) if new else _not_saved(self.path, error)) from error
        self._size, self._inode = (self._size or 0) + len(data), found.st_ino

    # --- Moving ---

    def move_to(self, directory: str, events: Sequence[Event]) -> None:
        """Go on in another directory, with all events so far.

        The old file stays as it is, closed to other windows as long as this one is open, with a mark beside it that
        leads to the new one (see `mark`).

        Args:
            directory: As it was typed; made if it is not there.
            events: All events so far.

        Raises:
            AssistantError: Nothing has changed; what is wrong there.
        """
        self._be_the_writer()
        path = typed_path(directory) / self.path.name
        try:
            if os.path.lexists(path):
                raise TranscriptError(f"{path} exists already", "Choose another directory")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            other = self._begun_in(path, events)
        except OSError as error:
            raise TranscriptError(
                f"{path.parent} can not be used: {error.strerror}", "Choose another directory"
            ) from error
        old = self.path.resolve()
        if other._lock is not self._lock:
            self._left[old] = self._lock
        if old != path:
            self._left.setdefault(old, None)
            self._unmarked = set(self._left)
        self.path, self._lock, self._inode = other.path, other._lock, other._inode
        self._size, self._link, self._line = other._size, other._link, other._line
        self.mark()

    def _begun_in(self, path: Path, events: Sequence[Event]) -> Journal:
        """A journal at another place with all events in it; nothing is left there when that fails."""
        other = Journal(path)
        if self._lock and _is_at(self._lock, other.lock_path):
            other._lock = self._lock  # back where the file was removed: it is locked already
        try:
            if self.owner and not other._lock and other.lock(self.owner):
                raise TranscriptError(f"{path} is open in another window ({other.holder})", "Choose another directory")
            other.append(*events)
            mark_of(path).unlink(missing_ok=True)
        except (AssistantError, OSError) as error:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                if other._lock and other._lock is not self._lock:
                    other.release()
                    other.lock_path.unlink()
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from error
            raise
        return other

    def mark(self) -> bool:
        """Mark the places that were left, as soon as that can be written; whether all of them lead here."""
        self._unmarked = {old for old in self._unmarked if not mark_moved(old, self.path.parent)}
        return not self._unmarked

    def follow_move(self) -> None:
        """In a window that only looks: go where the other window went."""
        if onward := moved_to(self.path):
            self.path, self._seen = onward, None
            with contextlib.suppress(OSError):  # the next look says what can not be seen there
                self._known = identity_of(self.lock_path), identity_of(self.path)

    def grown(self) -> bool:
        """Whether the file changed since this was last asked, or could not be seen then: for windows that only look.

        Raises:
            TranscriptError: It can not be seen now.
        """
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise unusable(self.path, error) from error
        changed, self._seen = size != self._seen or bool(self.unseen), size
        return changed


def _check_room(number: int, longest: int) -> None:
    """Nothing is written that could not be read again."""
    if number > MAX_EVENTS:
        raise TranscriptError(f"this review is full: it has {MAX_EVENTS:,} entries, and can hold no more", FULL)
    if longest > MAX_LINE:
        raise TranscriptError("this answer changes too much at once to be saved", "Give it in parts")


def _not_begun(directory: Path, error: OSError) -> TranscriptError:
    return TranscriptError(
        f"no review can be written in {directory}: {error.strerror}",
        "Free some space or fix the directory, or name another one in ASSISTANT_STATE_DIR",
    )


def _not_saved(path: Path, error: OSError) -> TranscriptError:
    return TranscriptError(f"the answer could not be saved to {path}: {error.strerror}", TRY_AGAIN)


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _is_at(file: IO[bytes], path: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


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
