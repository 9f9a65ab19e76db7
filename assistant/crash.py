"""What is kept of a fault in the program: its kind and place, the kinds of events before it; nothing that was typed."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Iterable
from datetime import datetime
from importlib import metadata
from pathlib import Path

from .errors import AssistantError
from .events import Event
from .files import write_new


def crash_line(error: BaseException) -> str:
    """A fault that ends the program, in one sentence."""
    return f"stopped by {fault_line(error)}. Every acknowledged answer is saved"


def fault_line(error: BaseException) -> str:
    """A fault by kind and place; never with its message, which may quote an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"an error in the program ({type(error).__name__} at {where})"


def report(error: BaseException, events: Iterable[Event]) -> str:
    """A fault for those who mend it. Messages of exceptions are left out: they may quote an answer."""
    lines = [
        f"assistant {metadata.version('assistant')}, Python {platform.python_version()}, {platform.system()}",
        f"events: {' '.join(event.event for event in events)}",
    ]
    link: BaseException | None = error
    while link is not None:
        lines.append(type(link).__name__)
        frames = traceback.extract_tb(link.__traceback__)
        lines += [f"  {Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
        link = link.__cause__ or link.__context__
    return "\n".join(lines) + "\n"


def keep_report(directory: Path, error: BaseException, events: Iterable[Event], now: datetime) -> Path | None:
    """Write a report that only its owner can read; None when that is not possible."""
    path = directory / f"crash-{now:%Y%m%d-%H%M%S}.txt"
    try:
        write_new(path, report(error, events), AssistantError)
    except AssistantError:
        return None
    return path
