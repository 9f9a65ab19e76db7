"""The field that answers are typed into: wraps, never blinks, and repaints only the cells that changed."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.actions import SkipAction
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..events import MAX_ANSWER
from .bursts import LINE_BREAK, pasted_text
from .text import ascii_marks, cell_width, marked, row_starts

MAX_LENGTH = MAX_ANSWER
MAX_COLUMNS = 110
PROMPT = 2
EARLY = "Typed before this question was shown: press Enter if it is your answer."
_CURSOR = "\0"
_HINT = "\1"


class AnswerField(Widget, can_focus=True):
    """One answer. Enter posts it and empties the field; `restore` puts it back if it is not to be given yet."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"answer-field--cursor", "answer-field--hint"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", show=False),
        Binding("left,ctrl+b", "move(-1)", show=False),
        Binding("right,ctrl+f", "move(1)", show=False),
        Binding("ctrl+left,alt+b", "word(-1)", show=False),
        Binding("ctrl+right,alt+f", "word(1)", show=False),
        Binding("up", "row(-1)", show=False),
        Binding("down", "row(1)", show=False),
        Binding("home,ctrl+a", "edge(-1)", show=False),
        Binding("end,ctrl+e", "edge(1)", show=False),
        Binding("backspace,ctrl+h", "delete(-1)", show=False),
        Binding("delete,ctrl+d", "delete(1)", show=False),
        Binding("ctrl+w,alt+backspace", "delete_word", show=False),
        Binding("ctrl+u", "delete_edge(-1)", show=False),
        Binding("ctrl+k", "delete_edge(1)", show=False),
        Binding("ctrl+z", "undo", show=False),
        Binding("ctrl+y", "redo", show=False),
    ]

    class Submitted(Message):
        """Enter was pressed on this text."""

        def __init__(self, field: AnswerField, text: str) -> None:
            super().__init__()
            self.field = field
            self.text = text

        @property
        def control(self) -> AnswerField:
            """The field, for selectors."""
            return self.field

    class Stray(Message):
        """Something was typed that is not for where it was typed: before that was shown, or while a dialog asked."""

        def __init__(self, event: events.Key | events.Paste) -> None:
            super().__init__()
            self.event = event

    class Kept(Message):
        """Stray text is in the field now, and waits for an Enter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class PasteRefused(Message):
        """Too much was pasted; nothing was inserted."""

    class Full(Message):
        """Something was typed into a field that holds no more; said once until there is room again."""

    def __init__(self, text: str = "", *, hint: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.text = text
        self.cursor = len(text)
        self._shown = marked(text)
        self._hint = hint
        self._starts = [0]
        self._top = 0
        self._undo: list[tuple[str, int]] = []
        self._redo: list[tuple[str, int]] = []
        self._typing = False
        self._full = False
        self._painted: list[list[str]] = []

    # --- What it holds ---

    def set_text(self, text: str) -> None:
        """Replace what is in the field; the cursor goes to the end."""
        self._edit(0, len(self.text), text)

    def restore(self, text: str) -> None:
        """Put back a text that was posted and is not to be given yet, before anything typed since."""
        self._edit(0, 0, text)

    def set_hint(self, hint: str) -> None:
        """Say something in the empty field."""
        self._hint = hint
        self._repaint()

    def _edit(self, start: int, end: int, new: str, *, typing: bool = False) -> None:
        """Put `new` in the place of a stretch of text, and the cursor behind it."""
        if not (typing and self._typing):
            self._undo = [*self._undo[-49:], (self.text, self.cursor)]
        self._typing = typing and new != " "
        self._redo.clear()
        self._replace(self.text[:start] + new + self.text[end:], start + len(new), start)

    def _replace(self, text: str, cursor: int, changed_from: int) -> None:
        self.text = text
        self.cursor = cursor
        self._shown = marked(text)
        self._full = False
        if not text:
            self.border_title = None
        self._wrap(changed_from)
        self._repaint()

    # --- Drawing ---

    @property
    def _columns(self) -> int:
        return max(1, min(self.content_size.width - PROMPT - 1, MAX_COLUMNS))

    def _wrap(self, changed_from: int = 0) -> None:
        """Find the rows again, from the row before the change on."""
        kept = max(0, bisect_right(self._starts, changed_from) - 2)
        first = self._starts[kept] if kept < len(self._starts) else 0
        self._starts[kept:] = row_starts(self._shown, self._columns, first)

    def _row_of(self, index: int) -> int:
        return bisect_right(self._starts, index) - 1

    def _row_span(self, row: int) -> tuple[int, int]:
        end = self._starts[row + 1] if row + 1 < len(self._starts) else len(self.text)
        return self._starts[row], end

    def _cells(self) -> list[list[str]]:
        """What each cell of each visible row holds; the one under the cursor is marked."""
        height = max(1, self.content_size.height)
        at = self._row_of(self.cursor)
        self._top = min(max(self._top, at - height + 1), at, max(0, len(self._starts) - height))
        return [self._row_cells(row) if row < len(self._starts) else [] for row in range(self._top, self._top + height)]

    def _row_cells(self, row: int) -> list[str]:
        cells: list[str] = []
        start, end = self._row_span(row)
        shown = ascii_marks(self._shown[start:end]) if self.app.has_class("-ascii") else self._shown[start:end]
        for index, character in enumerate(shown, start):
            mark = _CURSOR if index == self.cursor else ""
            width = cell_width(character)
            if not width and cells:
                # A combining character belongs to the cell before it, or before its empty second half.
                last = -2 if cells[-1] == "" and len(cells) > 1 else -1
                cells[last] += character
            else:
                cells += [mark + (character if width else "\N{DOTTED CIRCLE}" + character), *[""] * (width - 1)]
        if self.cursor == len(self.text) and row == len(self._starts) - 1:
            cells.append(_CURSOR + " ")
            if not self.text:
                cells += [_HINT + c for c in self._hint[: self._columns]]
        return cells

    def _repaint(self) -> None:
        """Ask for the cells that differ from those on the screen."""
        old, new = self._painted, self._cells()
        self._painted = new
        if len(old) != len(new):
            self.refresh()
        else:
            for y, (before, after) in enumerate(zip(old, new, strict=True)):
                if before != after:
                    first, last = _changed(before, after)
                    self.refresh(Region(PROMPT + first, y, last - first, 1))
        if self.has_focus:
            self._place_cursor()

    def _place_cursor(self) -> None:
        """Leave the terminal's own cursor where typing happens: input methods and magnifiers follow it."""
        for y, cells in enumerate(self._painted):
            for x, cell in enumerate(cells):
                if cell.startswith(_CURSOR):
                    self.app.cursor_position = self.content_region.offset + Offset(PROMPT + x, y)

    def render(self) -> RenderResult:
        """Unused: lines are drawn one by one."""
        return ""

    def render_line(self, y: int) -> Strip:
        """One row: the prompt, then the text."""
        if not self._painted:
            self._painted = self._cells()
        style = self.rich_style
        segments = []
        cells = self._painted[y] if y < len(self._painted) else []
        # The prompt shares the style of the text: another one would cost 40 bytes with each key.
        cells = [*("  " if y else "> " if not self._top else "^ "), *cells]
        for kind, group in groupby(cells, key=_kind):
            text = "".join(cell.lstrip(_CURSOR + _HINT) for cell in group)
            if kind == _CURSOR and self.has_focus:
                segments.append(Segment(text, self.get_component_rich_style("answer-field--cursor")))
            elif kind == _HINT:
                segments.append(Segment(text, self.get_component_rich_style("answer-field--hint")))
            else:
                segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(self.content_size.width, style)

    # --- Events ---

    def on_resize(self) -> None:
        """The width decides where rows end."""
        self._wrap()
        self._painted = self._cells()
        self.refresh()
        if self.has_focus:
            self.call_after_refresh(self._place_cursor)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()
        self._place_cursor()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - Textual's shape
        """Every printable key is typed, whatever else it is bound to."""
        return character is not None and character.isprintable()

    async def on_key(self, event: events.Key) -> None:
        """Type a character, or do what a key of the field does: here, so that keys typed ahead keep their order."""
        if event.key == LINE_BREAK or (event.character is not None and event.is_printable):
            event.stop()
            event.prevent_default()
            if len(self.text) >= MAX_LENGTH:
                if not self._full:
                    self.post_message(self.Full())
                self._full = True
                return
            self._edit(self.cursor, self.cursor, event.character or "", typing=True)
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text as one answer, with its line ends."""
        event.stop()
        text = pasted_text(event.text).rstrip("\n")
        if len(self.text) + len(text) > MAX_LENGTH:
            self.post_message(self.PasteRefused())
        elif text:
            self._edit(self.cursor, self.cursor, text)

    async def on_answer_field_stray(self, message: Stray) -> None:
        """Take what was typed elsewhere, in its order; an Enter among it ends a line, and submits nothing."""
        message.stop()
        event = message.event
        if isinstance(event, events.Paste):
            self.on_paste(event)
        elif event.key == "enter":
            if self.text:
                self._edit(self.cursor, self.cursor, "\n")
        else:
            await self.on_key(event)
        if self.text:
            self.border_title = EARLY
            self.post_message(self.Kept(self.text))

    # --- Keys ---

    def action_submit(self) -> None:
        """Post the text and begin anew."""
        text = self.text.rstrip("\n")
        self._undo.clear()
        self._redo.clear()
        self._typing = False
        self._replace("", 0, 0)
        self.post_message(self.Submitted(self, text))

    def _step(self, index: int, by: int) -> int:
        """The next place for a cursor, never between a letter and its combining marks."""
        index += by
        while 0 < index < len(self.text) and not cell_width(self._shown[index]):
            index += by
        return min(max(index, 0), len(self.text))

    def _word_edge(self, index: int, by: int) -> int:
        ahead = -1 if by < 0 else 0
        inside = False
        while 0 <= index + ahead < len(self.text) and not (inside and self.text[index + ahead].isspace()):
            inside = inside or not self.text[index + ahead].isspace()
            index += by
        return index

    def _go(self, index: int) -> None:
        self._typing = False
        self.cursor = index
        self._repaint()

    def action_move(self, by: int) -> None:
        """Move by a character."""
        self._go(self._step(self.cursor, by))

    def action_word(self, by: int) -> None:
        """Move by a word."""
        self._go(self._word_edge(self.cursor, by))

    def action_edge(self, by: int) -> None:
        """Move to the beginning or the end."""
        self._go(0 if by < 0 else len(self.text))

    def action_row(self, by: int) -> None:
        """Move by a row; beyond the first and the last one the key is for what is around."""
        row = self._row_of(self.cursor)
        if not 0 <= row + by < len(self._starts):
            raise SkipAction
        column = self.cursor - self._starts[row]
        start, end = self._row_span(row + by)
        last = end if row + by == len(self._starts) - 1 else end - 1
        self._go(min(start + column, max(start, last)))

    def action_delete(self, by: int) -> None:
        """Delete a character before or after the cursor."""
        start, end = sorted((self.cursor, self._step(self.cursor, by)))
        if start != end:
            self._edit(start, end, "")

    def action_delete_word(self) -> None:
        """Delete back to the beginning of a word."""
        if self.cursor:
            self._edit(self._word_edge(self.cursor, -1), self.cursor, "")

    def action_delete_edge(self, by: int) -> None:
        """Delete to the beginning or to the end."""
        start, end = (0, self.cursor) if by < 0 else (self.cursor, len(self.text))
        if start != end:
            self._edit(start, end, "")

    def action_undo(self) -> None:
        """Undo typing; in a field that was not emptied at one stroke the key is for what is around."""
        emptied = bool(self._undo) and len(self._undo[-1][0]) > 1
        if not self.text and not emptied:
            raise SkipAction
        if not self._undo:
            return
        self._redo.append((self.text, self.cursor))
        self._typing = False
        self._replace(*self._undo.pop(), 0)

    def action_redo(self) -> None:
        """Do again what was undone."""
        if self._redo:
            self._undo.append((self.text, self.cursor))
            self._replace(*self._redo.pop(), 0)


def _kind(cell: str) -> str:
    return cell[0] if cell[:1] in {_CURSOR, _HINT} else ""


def _changed(before: list[str], after: list[str]) -> tuple[int, int]:
    """The first and the last column (exclusive) that differ."""
    length = max(len(before), len(after))
    old = before + [" "] * (length - len(before))
    new = after + [" "] * (length - len(after))
    differ = [x for x in range(length) if old[x] != new[x]]
    if not differ:
        return 0, length
    last = differ[-1] + 1
    while last < length and not (old[last] and new[last]):
        last += 1  # a wide character is never cut in two
    return differ[0], last
