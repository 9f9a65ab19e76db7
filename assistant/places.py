"""Where a review is kept: paths that a reviewer types, and the mark that a moved review leaves at its old place."""

from __future__ import annotations

import contextlib
from pathlib import Path

from .errors import AssistantError
from .files import sync_directory


def typed_path(text: str) -> Path:
    """The absolute path that somebody typed, `~` and links resolved.

    Raises:
        AssistantError: No path can be meant by it.
    """
    try:
        return Path(text).expanduser().resolve()
    except RuntimeError as error:  # a user that is not there, or links in a circle
        why = "there is no such user" if text.startswith("~") else "its links lead in a circle"
        raise AssistantError(f"{text[:80]} can not be used: {why}", "Choose another place") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it holds a character that no path may have"
        raise AssistantError(f"{text[:80]} can not be used: {why}", "Choose another place") from error


def mark_of(path: Path) -> Path:
    """The mark beside a review's file that names the directory where the review goes on."""
    return path.with_suffix(".moved")


def moved_to(path: Path) -> Path | None:
    """The file in which a review goes on that was moved from here; None if it was not."""
    try:
        return path.parent / mark_of(path).readlink() / path.name
    except OSError:
        return None


def place_of(path: Path) -> Path:
    """The file in which a review is kept now, however often it was moved; it may be on a disk that is away."""
    passed = {path}
    while (onward := moved_to(path)) and onward not in passed:
        passed.add(onward)
        path = onward
    return path


def mark_moved(path: Path, directory: Path) -> bool:
    """Leave a mark beside the file that was left; False when that can not be written.

    A link, because it needs no block of its own: on a full disk there is often still room for one.
    """
    new = path.with_suffix(".moving")
    try:
        new.unlink(missing_ok=True)
        new.symlink_to(directory)
        new.replace(mark_of(path))
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    with contextlib.suppress(OSError):
        sync_directory(path.parent)
    return True
