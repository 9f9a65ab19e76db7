"""What several commands need: the policy asked for, the clock, exit codes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssistantError
from .options import POLICY_VARIABLE

if TYPE_CHECKING:
    import argparse

    from ..events import Event
    from ..interview import Session
    from ..policy import Library, Loaded

DONE, FAILED, USAGE, UNFINISHED, INTERRUPTED = 0, 1, 2, 3, 130


def library(args: argparse.Namespace) -> Library:
    """The policies of the package, the environment and the options."""
    from ..policy import Library

    return Library.from_environment(args.policy_path)


def load(args: argparse.Namespace, wanted: str | None = None) -> Loaded:
    """The policy that is wanted, or that options and environment name, or the only one."""
    from ..policy import load as load_policy

    return load_policy(wanted or args.policy or os.environ.get(POLICY_VARIABLE), library(args))


def now() -> datetime:
    """The clock, in local time."""
    return datetime.now(UTC).astimezone()


def replayed(args: argparse.Namespace, path: Path) -> Session:
    """The review that a transcript file tells, as it was read then."""
    from ..transcript import read_events

    return folded(args, path, read_events(path))


def folded(args: argparse.Namespace, path: Path, events: Sequence[Event]) -> Session:
    """The review that events tell, under the policy version that they name.

    Raises:
        AssistantError: They do not fit together, or there is no such policy; with the file that they are from.
    """
    from ..answering import reads
    from ..events import Started
    from ..interview import fold

    started = events[0]
    assert isinstance(started, Started)
    try:
        loaded = load(args, f"{started.policy}@{started.version}")
        return fold(loaded, reads(loaded), events)
    except AssistantError as error:
        raise AssistantError(f"{path}: {error.message}", error.hint) from error
    except ValueError as error:  # such as a date on the request form that is none
        raise AssistantError(f"{path}: {error}", "Correct that line") from error


def leave_no_core() -> None:
    """No core file: it would hold what was typed."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
