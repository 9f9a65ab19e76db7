"""Files by name: what somebody gave us is opened without a surprise, and what we write only its owner can read."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final, TypedDict

from .errors import AssistantError


class _AsLines(TypedDict):
    encoding: str
    errors: str
    newline: str


Wrong = Callable[[str, str], AssistantError]
"""Makes the error of whoever asks, from what is wrong and what to do."""

AS_LINES: Final[_AsLines] = {"encoding": "utf-8-sig", "errors": "surrogateescape", "newline": "\n"}
"""How bytes become lines: UTF-8 with or without a byte order mark; bytes that are none are kept as surrogates."""

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
}


@contextlib.contextmanager
def opened(path: Path, wrong: Wrong) -> Iterator[IO[bytes]]:
    """Open a regular file to read. A pipe or a device is refused, and never waited for.

    Raises:
        AssistantError: As `wrong` makes it: there is no such file, no permission, or it is something else than a file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise _not_read(path, error, wrong) from error
    # What is checked is what is open: the name could lead elsewhere a moment later.
    check_regular(handle, path, wrong)
    try:
        with io.FileIO(handle) as raw, io.BufferedReader(raw) as file:
            yield file
    except OSError as error:
        raise _not_read(path, error, wrong) from error


def _not_read(path: Path, error: OSError | ValueError, wrong: Wrong) -> AssistantError:
    reason = getattr(error, "strerror", None) or error
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return wrong(f"{path} can not be read: it is a link to a file that is not there", "Remove or mend the link")
    if isinstance(error, PermissionError):
        return wrong(f"{path} can not be read: {reason}", "Give yourself the permission, or ask its owner")
    return wrong(f"{path} can not be read: {reason}", "Check the path and its permissions")


def check_regular(handle: int, path: Path, wrong: Wrong) -> None:
    """Refuse, and close, what was opened and is no regular file."""
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind != stat.S_IFREG:
        os.close(handle)
        raise wrong(f"{path} is {_KINDS.get(kind, 'something else')}, not a file", "Name a regular file")


@contextlib.contextmanager
def opened_text(path: Path, wrong: Wrong) -> Iterator[IO[str]]:
    """As `opened`, for lines of text."""
    with opened(path, wrong) as file:
        yield io.TextIOWrapper(file, **AS_LINES)


def read_bytes(path: Path, limit: int, wrong: Wrong) -> bytes:
    """The whole of a regular file that is not larger than a limit.

    Raises:
        AssistantError: As for `opened`, and for a larger file.
    """
    with opened(path, wrong) as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit:,} bytes"
        raise wrong(f"{path} is larger than {size}", "Split it")
    return raw


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_new(path: Path, content: str | bytes, wrong: Wrong) -> None:
    """Write a file that only its owner can read. What has the name already, a link as well, is left as it is.

    Raises:
        AssistantError: As `wrong` makes it: the name is taken, or the file can not be written; none is left behind.
    """
    try:
        _write(path, [content.encode("utf-8", "replace") if isinstance(content, str) else content], 0o600)
    except FileExistsError as error:
        raise wrong(f"{path} exists already", "Choose another name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise wrong(f"{path} can not be written: {reason}", "Check the path and its permissions") from error


def replace_file(path: Path, parts: Iterable[bytes], wrong: Wrong) -> None:
    """Write a file anew, whole or not at all, with the permissions that it has. A link is not followed.

    Raises:
        AssistantError: As `wrong` makes it; nothing has changed.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            kind = _KINDS.get(stat.S_IFMT(mode), "something else")
            raise wrong(f"{path} is {kind}, not a file, and can not be rewritten", "Name the file itself")
        new.unlink(missing_ok=True)  # of a run that was killed
        _write(new, parts, stat.S_IMODE(mode))
        new.replace(path)
        sync_directory(path.parent)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise wrong(f"{path} can not be rewritten: {reason}", "Nothing was changed; check its permissions") from error


def _write(path: Path, parts: Iterable[bytes], mode: int) -> None:
    """Write a new file and wait until the disk has it; when that fails, leave none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            if mode != 0o600:
                os.fchmod(handle, mode)
            file.writelines(parts)
            file.flush()
            os.fsync(handle)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def sync_directory(path: Path) -> None:
    """Wait until the disk has what files a directory holds."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
