"""Whose a review is: which window has it open, and that no other user can reach or replace its files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from .transcript import TranscriptError

PATIENCE = 5.0
"""Seconds that a window has to leave in when it is asked to."""
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_MAY_ANYTHING = stat.S_IRWXG | stat.S_IRWXO


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


# --- Other users -----------------------------------------------------------------------------------------------------


def check_directory(directory: Path) -> None:
    """See that no other user can replace a directory or the files in it.

    With the sticky bit others can only add files of their own, which `check_file` refuses.

    Raises:
        TranscriptError: Which directory is somebody else's or may be written by others, and what to do.
    """
    try:
        if directory.stat().st_uid != os.geteuid():
            raise TranscriptError(
                f"{directory} belongs to another user, who could read what is saved there",
                "Keep reviews in a directory of your own",
            )
        # A link on the way has directories above it, and so has what it leads to.
        above = {*Path(os.path.abspath(directory)).parents, *directory.resolve().parents}  # noqa: PTH100 - keeps links
        for place in (directory, *sorted(above, reverse=True)):
            mode = place.stat().st_mode
            if mode & OTHERS_MAY_WRITE and not mode & stat.S_ISVTX:
                raise TranscriptError(
                    f"{place} may be written by other users, who could read or replace the reviews in it",
                    f"Type: chmod go-w {place}, or keep reviews in a directory of your own",
                )
    except OSError as error:
        raise unusable(directory, error) from error


def check_file(handle: int, path: Path) -> None:
    """See that an open file is an ordinary one of the user's own, with no other name; close it to other users.

    Raises:
        TranscriptError: What is wrong with it.
    """
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise TranscriptError(f"{path} is not an ordinary file", "Move it away, then try again")
    if found.st_uid != os.geteuid():
        raise TranscriptError(
            f"{path} belongs to another user, who could read what is written to it", "Move it away, then try again"
        )
    if found.st_nlink > 1:
        raise TranscriptError(
            f"{path} has another name (a hard link), under which others could read it",
            "Copy it, and put the copy in its place",
        )
    if found.st_mode & OTHERS_MAY_ANYTHING:
        os.fchmod(handle, stat.S_IMODE(found.st_mode) & ~OTHERS_MAY_ANYTHING)


def open_own(path: Path, flags: int) -> IO[bytes]:
    """Open an ordinary file of one's own, and nothing that could make the program wait or go elsewhere.

    Raises:
        TranscriptError: It can not be opened, or is something else.
    """
    try:
        handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            check_file(handle, path)
        except BaseException:
            os.close(handle)
            raise
    except OSError as error:
        raise unusable(path, error) from error
    return os.fdopen(handle, "r+b" if flags & os.O_RDWR else "rb", buffering=0)


def unusable(path: Path, error: OSError) -> TranscriptError:
    """What to say of a file that the system refuses."""
    return TranscriptError(f"{path} can not be used: {error.strerror}", "Check it and its directory")


# --- Locks ------------------------------------------------------------------------------------------------------------

Identity: TypeAlias = "tuple[int, int] | None"


def identity_of(file: IO[bytes] | Path) -> Identity:
    """Which file it is, whatever its name; None when there is none of that name.

    Raises:
        OSError: It can not be told.
    """
    try:
        found = file.lstat() if isinstance(file, Path) else os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def take(file: IO[bytes], *, shared: bool = False) -> bool:
    """Take a lock and say so, if nobody has it."""
    import portalocker

    flags = portalocker.LockFlags
    try:
        portalocker.lock(file, (flags.SHARED if shared else flags.EXCLUSIVE) | flags.NON_BLOCKING)
    except portalocker.LockException:
        return False
    return True


def end_window(file: IO[bytes], host: str) -> None:
    """Ask the window that has a review to leave, as a lost line would, and take its lock when it has.

    Raises:
        TranscriptError: It was not asked, or has not left; why, and what to do.
    """
    noted = noted_in(file)
    if noted and noted.host != host:
        raise TranscriptError(f"this review is open on another host ({noted})", "Close that window there")
    if not noted or not _has_locked(noted.pid, file):
        named = f"process {noted.pid}, which is no process of yours that has it" if noted else "no process"
        raise TranscriptError(
            f"the window that has this review open can not be told: its lock file names {named}",
            "No process was ended; close that window yourself",
        )
    try:
        os.kill(noted.pid, signal.SIGHUP)
        os.kill(noted.pid, signal.SIGCONT)  # a stopped one would never see the other signal
    except ProcessLookupError:
        pass
    except OSError as error:
        raise TranscriptError(f"process {noted.pid} can not be ended: {error.strerror}", "Close that window") from error
    until = time.monotonic() + PATIENCE
    while not take(file):
        if time.monotonic() > until:
            raise TranscriptError(
                f"process {noted.pid}, which has this review open, has not left when asked{_state_of(noted.pid)}",
                f"All its answers are saved; type: kill -KILL {noted.pid}, then the same command again",
            )
        time.sleep(0.1)


def _has_locked(pid: int, file: IO[bytes]) -> bool:
    """Whether the system says that a process of one's own, and not this one, has a lock on a file."""
    place = Path(f"/proc/{pid}")
    if pid <= 0 or pid == os.getpid():
        return False
    try:
        if place.stat().st_uid != os.geteuid():
            return False
        handles = list((place / "fd").iterdir())
    except OSError:
        return False
    sought = os.fstat(file.fileno())
    for handle in handles:
        with contextlib.suppress(OSError):  # closed meanwhile
            told = (place / "fdinfo" / handle.name).read_text()
            if "lock:" in told and os.path.samestat(handle.stat(), sought):
                return True
    return False


def _state_of(pid: int) -> str:
    """What keeps a process from ending, as far as the system tells."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    return {"T": ": it is stopped", "t": ": it is stopped", "D": ": it waits for a disk"}.get(state, "")


def noted_in(file: IO[bytes]) -> Owner | None:
    """The owner that a lock file names."""
    try:
        file.seek(0)
        content = json.loads(file.read(2_000))
        return Owner(str(content["user"]), str(content["host"]), int(content["pid"]), str(content["since"]))
    except (OSError, ValueError, OverflowError, TypeError, KeyError, RecursionError):
        return None


def holder_of(path: Path) -> Owner | None:
    """Who has a review open now, without taking it."""
    try:
        with open_own(path.with_suffix(".lock"), os.O_RDONLY) as file:
            noted = noted_in(file)
            if not take(file, shared=True):
                return noted or Owner("", "another window", 0, "")
            return noted if noted and noted.host != socket.gethostname() else None
    except TranscriptError:
        return None
