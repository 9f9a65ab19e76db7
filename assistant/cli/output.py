"""The one way out: everything that a command writes to standard output and error is made visible here."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from ..safe_text import clean, visible


class VisibleStream:
    """A stream that obeys nobody: hidden characters become marks, and what its encoding lacks a question mark."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text as it may be shown."""
        shown = visible(text)
        try:
            self._stream.write(shown)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            self._stream.write(shown.encode(encoding, "replace").decode(encoding))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Whether it is a terminal, its encoding and the like are those of the stream behind it."""
        return getattr(self._stream, name)


@contextmanager
def visible_streams() -> Iterator[None]:
    """While this lasts, nothing that is printed reaches the terminal unseen. The screen has a filter of its own."""
    out, err = (cast("TextIO", VisibleStream(stream)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield


def print_row(*cells: object) -> None:
    """One line for programs: cells with tabs between them; no cell can begin another cell or line."""
    print("\t".join(clean(str(cell)) for cell in cells))
