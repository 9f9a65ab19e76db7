"""For pytest: every saved review in a collected directory is a test that it comes out the same again."""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .safe_text import clean, visible

_BEGINS = re.compile(rb'\s*\{.*"event"\s*:\s*"started"')


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plugin."""
    group = parser.getgroup("assistant", "saved reviews as tests")
    group.addoption(
        "--review-policy-path", action="append", default=[], metavar="DIR", help="also look for policies here"
    )
    group.addoption(
        "--review-policy-version", type=int, metavar="V", help="fail reviews whose outcome differs on this version"
    )
    group.addoption("--review-accept", action="store_true", help="rewrite what saved reviews record")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of JSON Lines that begins with the event `started` of a policy is a saved review."""
    if file_path.suffix == ".jsonl" and _may_be_a_review(file_path):
        named: dict[str, Any] = {}
        if not str(file_path).isprintable():  # pytest prints names and ids as they are
            place = os.path.relpath(file_path, parent.config.rootpath)
            named = {"name": clean(file_path.name), "nodeid": clean(place)}
        found: ReviewFile = ReviewFile.from_parent(parent, path=file_path, **named)
        return found
    return None


def _may_be_a_review(path: Path) -> bool:
    """By the first line; of a file that can not be read nobody knows, so it is a test that says why."""
    from .files import opened
    from .transcript import MAX_LINE, NotOpenedError

    try:
        with opened(path, NotOpenedError) as file:
            line = file.readline(MAX_LINE).removeprefix(codecs.BOM_UTF8)
    except NotOpenedError:
        return True
    if not _BEGINS.match(line):
        return False
    try:
        first = json.loads(line)
    except ValueError:
        return True  # damaged
    return isinstance(first, dict) and first.get("event") == "started" and "policy" in first


class ReviewFile(pytest.File):
    """A file of one saved review, or of several."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test a review."""
        from .transcript import pieces_in

        for piece in pieces_in([self.path]):
            name = "review" if piece.line == 1 else f"review at line {piece.line}"
            yield ReviewItem.from_parent(self, name=name, piece=piece)


class DiffersError(Exception):
    """A saved review came out another way."""


class ReviewItem(pytest.Item):
    """A saved review."""

    def __init__(self, *, piece: object, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.piece = piece

    def runtest(self) -> None:
        """Run it again."""
        from .errors import AssistantError
        from .policy import Library
        from .replay import accept_file
        from .replay.drift import drift_piece
        from .replay.drift_report import said
        from .replay.run import replay_piece

        library = Library.from_environment(self.config.getoption("--review-policy-path"))
        version = self.config.getoption("--review-policy-version")
        if version is not None:
            from .events import Started
            from .transcript import TranscriptError, parse_piece

            try:
                first = parse_piece(self.piece)[0]  # type: ignore[arg-type]
            except TranscriptError as error:
                raise DiffersError(str(error)) from error
            assert isinstance(first, Started)
            rows = drift_piece(library, library, f"{first.policy}@{version}", self.piece)  # type: ignore[arg-type]
            if lines := [said(row) for row in rows if not row.same]:
                raise DiffersError("\n".join(lines))
            return
        replayed = partial(replay_piece, library, False)
        found = replayed(self.piece)  # type: ignore[arg-type]
        if found.differs and not found.error and self.config.getoption("--review-accept"):
            try:
                accept_file(self.path, library)
            except AssistantError as error:
                raise DiffersError(str(error)) from error
            return
        if found.differs:
            raise DiffersError("\n".join([found.error] if found.error else map(str, found.differences)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002
        """What differs, without a traceback."""
        if isinstance(excinfo.value, DiffersError):
            place = clean(str(self.path))
            return visible(f"{place}: this review came out another way than it was saved:\n{excinfo.value}\n") + (
                "If that is right: assistant replay --accept, then look at the difference."
            )
        return visible(str(super().repr_failure(excinfo)))

    def reportinfo(self) -> tuple[str, int, str]:
        """Where the test is."""
        return clean(str(self.path)), 0, clean(f"{self.path.name}: {self.name}")
