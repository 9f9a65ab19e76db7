"""Text as cells: visible marks, wrapping, and lines made of styled parts. Nothing here interprets markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import get_character_cell_size

from ..safe_text import clean, visible

NO_BREAK = "\N{NO-BREAK SPACE}"

_BREAKS = str.maketrans({"\n": "⏎", "\t": " "})
_ASCII = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "…": "~",
        "·": "-",
        "→": ">",
        "⏎": "\\",
        "–": "-",
        "—": "-",
        "≥": ">",
        "≤": "<",
        "�": "?",
    }
)
"""Marks of our own, one for one, for terminals without them."""


def marked(text: str) -> str:
    """Typed text with a visible mark for each hidden character; as long as the text itself."""
    return text if text.isprintable() else "".join(clean(c)[0] for c in text)


def shown(text: str, *, ascii_only: bool) -> str:
    """Text of the program, which may quote anything, as it may be drawn."""
    return ascii_marks(visible(text)) if ascii_only else visible(text)


def _in_one_line(text: str) -> str:
    return text if text.isprintable() else visible(text).translate(_BREAKS)


def ascii_marks(text: str) -> str:
    """The same text with our own marks in ASCII; as long as the text itself."""
    return text.translate(_ASCII)


def cell_width(character: str) -> int:
    """Cells that a character takes: 0 (combining), 1 or 2."""
    return 1 if " " <= character <= "~" else get_character_cell_size(character)


def width_of(text: str) -> int:
    """Cells that a text takes."""
    return len(text) if text.isascii() else sum(map(cell_width, text))


def row_starts(text: str, width: int, first: int = 0) -> list[int]:
    """Where each row begins when a text is wrapped between words; a space may hang beyond the width."""
    starts = [first]
    width = max(1, width)
    while (start := starts[-1]) < len(text):
        end = _overflow(text, start, width)
        if end >= len(text):
            break
        cut = end + 1 if text[end] == " " else text.rfind(" ", start, end) + 1
        starts.append(cut if cut > start else end)
    return starts


def _overflow(text: str, start: int, width: int) -> int:
    """The first character that no longer fits into a row that begins at `start`."""
    if text[start : start + width].isascii():
        return start + width
    used = 0
    for index in range(start, len(text)):
        used += cell_width(text[index])
        if used > width:
            return max(index, start + 1)
    return len(text)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page before wrapping: parts of text, each with the name of its style.

    `hang` indents the rows after the first. `key` says what the line stands for where lines can be selected. Whatever
    it is made of, no part holds a hidden character.
    """

    parts: tuple[tuple[str, str], ...]
    hang: int = 0
    key: str = ""

    def __post_init__(self) -> None:
        """Marked here, so that it is wrapped as it is shown."""
        object.__setattr__(self, "parts", tuple((_in_one_line(text), style) for text, style in self.parts))

    @property
    def text(self) -> str:
        """The whole line without styles."""
        return "".join(text for text, _ in self.parts)


def line(text: str = "", style: str = "", *, hang: int = 0, key: str = "") -> Line:
    """A line in one style."""
    return Line(((text, style),), hang, key)


@dataclass(frozen=True, slots=True)
class Row:
    """One row on the screen: a piece of a line."""

    line: int
    start: int
    end: int
    indent: int


def wrapped(lines: Iterable[Line], width: int) -> list[Row]:
    """The rows of lines at a width."""
    rows: list[Row] = []
    for number, one in enumerate(lines):
        text = one.text
        hang = min(one.hang, width // 2)
        first = row_starts(text, width)
        starts = first[:1]
        if len(first) > 1:
            starts = [first[0], *row_starts(text, width - hang, first[1])]
        for at, start in enumerate(starts):
            end = starts[at + 1] if at + 1 < len(starts) else len(text)
            rows.append(Row(number, start, end, hang if at else 0))
    return rows
