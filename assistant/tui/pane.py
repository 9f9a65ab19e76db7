"""Lines to read: wrapped, scrolled by keys, searched with `/`, and selected where they stand for something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .endings import OrderlyApp
from .text import NO_BREAK, Line, Row, ascii_marks, wrapped

STYLES = ("muted", "strong", "good", "bad", "open", "match", "selected")


class Pane(Widget, can_focus=True):
    """A page or a column of lines.

    Args:
        lines: What it shows.
        selectable: Whether up and down select lines that have a key, rather than scroll.
        follow: Whether new lines scroll into view.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"pane--{style}" for style in STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "down(1)", show=False),
        Binding("k,up", "down(-1)", show=False),
        Binding("g,home", "edge(-1)", show=False),
        Binding("G,end", "edge(1)", show=False),
        Binding("ctrl+d", "half_page(1)", show=False),
        Binding("ctrl+u", "half_page(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("b,pageup", "page(-1)", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "next_match(1)", show=False),
        Binding("N", "next_match(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class SearchRequested(Message):
        """`/` was pressed."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

    class LineChosen(Message):
        """Enter was pressed on a line that stands for something."""

        def __init__(self, pane: Pane, key: str) -> None:
            super().__init__()
            self.pane = pane
            self.key = key

        @property
        def control(self) -> Pane:
            """The pane, for selectors."""
            return self.pane

    def __init__(
        self,
        lines: Iterable[Line] = (),
        *,
        selectable: bool = False,
        follow: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Line] = tuple(lines)
        self.selectable = selectable
        self.selected = self._next_key(-1, 1)
        self.sought = ""
        self._follow = follow
        self._said_from: int | None = None
        self._rows: list[Row] = []
        self._width = 0
        self._top = 0
        self._match = -1

    @property
    def selected_key(self) -> str:
        """What the selected line stands for; empty if none is selected."""
        return self.lines[self.selected].key if 0 <= self.selected < len(self.lines) else ""

    @property
    def text(self) -> str:
        """All lines, without styles."""
        return "\n".join(one.text for one in self.lines)

    def set_lines(self, lines: Iterable[Line], *, said_from: int | None = None) -> None:
        """Show other lines; a selected line stays selected if it is still there.

        Args:
            lines: All lines.
            said_from: Where a pane that follows is not to scroll beyond: the first of the lines that are new.
        """
        key = self.selected_key
        new = tuple(lines)
        if new == self.lines:
            return
        self.lines = new
        same = next((n for n, one in enumerate(new) if key and one.key == key), None)
        self.selected = self._next_key(-1, 1) if same is None else same
        self._match = -1
        self._said_from = said_from
        self._layout_rows()
        self.refresh()

    def _layout_rows(self) -> None:
        self._width = self._text_width
        self._rows = wrapped(self.lines, self._width) if self._width > 0 else []
        self._top = self._followed_top if self._follow else min(self._top, self._last_top)

    @property
    def _text_width(self) -> int:
        return self.content_size.width - 1

    @property
    def _followed_top(self) -> int:
        """The end, or the beginning of what was said last where the end would leave no room for it."""
        said = (y for y, row in enumerate(self._rows) if self._said_from is not None and row.line >= self._said_from)
        return min(self._last_top, next(said, self._last_top))

    @property
    def _last_top(self) -> int:
        return max(0, len(self._rows) - self.content_size.height)

    def on_resize(self) -> None:
        """The width decides how lines wrap; what was on top stays there."""
        if self._text_width != self._width:
            at = self._rows[self._top].line if self._top < len(self._rows) else 0
            self._layout_rows()
            if not self._follow:
                self._show_line(at, top=True)
        elif self._follow:
            self._go_to_row(self._followed_top)
        else:
            self._go_to_row(self._top)

    # --- Drawing ---

    def render(self) -> RenderResult:
        """Unused: lines are drawn one by one."""
        return ""

    def render_line(self, y: int) -> Strip:
        """One row of the wrapped lines, and a mark on its right for how far down it is."""
        if isinstance(self.app, OrderlyApp):
            self.app.note_drawn()
        if self._text_width != self._width:
            self._layout_rows()
        base = self.rich_style
        segments: list[Segment] = []
        number = y + self._top
        if number < len(self._rows):
            row = self._rows[number]
            selected = self.selectable and self.has_focus and row.line == self.selected
            style = self._style("selected") if selected else base
            segments = [Segment(" " * row.indent, style), *self._segments(row, style, plain=selected)]
        text = Strip(segments).adjust_cell_length(max(0, self._width), base)
        return Strip([*text, Segment(self._scroll_mark(y), self._style("muted"))])

    def _scroll_mark(self, y: int) -> str:
        height, rows = self.content_size.height, len(self._rows)
        if rows <= height:
            return " "
        size = max(1, height * height // rows)
        start = (height - size) * self._top // max(1, self._last_top)
        if not start <= y < start + size:
            return " "
        return "#" if self.app.has_class("-ascii") else "▐"

    def _segments(self, row: Row, base: Style, *, plain: bool) -> list[Segment]:
        segments = []
        at = 0
        for text, name in self.lines[row.line].parts:
            start, end = max(row.start, at), min(row.end, at + len(text))
            if start < end:
                piece = text[start - at : end - at]
                shown = (ascii_marks(piece) if self.app.has_class("-ascii") else piece).replace(NO_BREAK, " ")
                style = base if plain or not name else self._style(name)
                segments += self._with_matches(shown, style)
            at += len(text)
        return segments

    def _with_matches(self, text: str, style: Style) -> list[Segment]:
        if not self.sought:
            return [Segment(text, style)]
        segments = []
        low, done = text.lower(), 0
        while (found := low.find(self.sought, done)) >= 0:
            end = found + len(self.sought)
            segments += [Segment(text[done:found], style), Segment(text[found:end], self._style("match"))]
            done = end
        return [*segments, Segment(text[done:], style)]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"pane--{name}")

    def on_focus(self) -> None:
        """Show which line is selected."""
        self.refresh()

    def on_blur(self) -> None:
        """Show none as selected."""
        self.refresh()

    # --- Moving ---

    def _next_key(self, at: int, by: int) -> int:
        while 0 <= at + by < len(self.lines):
            at += by
            if self.lines[at].key:
                return at
        return -1

    def _show_line(self, number: int, *, top: bool = False) -> None:
        ys = [y for y, row in enumerate(self._rows) if row.line == number]
        if ys:
            highest, lowest = ys[-1] - self.content_size.height + 1, ys[0]
            self._go_to_row(ys[0] if top else min(max(self._top, highest), lowest))

    def _go_to_row(self, top: int) -> None:
        top = min(max(top, 0), self._last_top)
        if top != self._top:
            self._top = top
            self.refresh()

    def _select(self, number: int) -> None:
        if number >= 0:
            self.selected = number
            self._show_line(number)
            self.refresh()

    def _scroll(self, rows: int) -> None:
        self._go_to_row(self._top + rows)

    def on_mouse_scroll_down(self) -> None:
        """The wheel, where the mouse is on."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel, where the mouse is on."""
        self._scroll(-3)

    def action_down(self, by: int) -> None:
        """A line down or up."""
        if self.selectable and self.selected >= 0:
            found = self._next_key(self.selected, by)
            if found >= 0:
                self._select(found)
            else:
                self._scroll(by)
        else:
            self._scroll(by)

    def action_edge(self, by: int) -> None:
        """To the first or the last line."""
        if self.selectable:
            self._select(self._next_key(-1, 1) if by < 0 else self._next_key(len(self.lines), -1))
        self._go_to_row(0 if by < 0 else self._last_top)

    def action_half_page(self, by: int) -> None:
        """Half a page down or up."""
        self._scroll(by * max(1, self.content_size.height // 2))

    def action_page(self, by: int) -> None:
        """A page down or up."""
        self._scroll(by * max(1, self.content_size.height - 1))

    def action_choose(self) -> None:
        """Open what the selected line stands for."""
        if not self.selectable or not self.selected_key:
            raise SkipAction
        self.post_message(self.LineChosen(self, self.selected_key))

    # --- Searching ---

    def action_search(self) -> None:
        """Ask for what to look for."""
        self.post_message(self.SearchRequested(self))

    def search(self, sought: str) -> bool:
        """Mark a text everywhere, and go to its first place from here on; False if it is nowhere."""
        self.sought = sought.lower()
        self._match = -1
        self.refresh()
        return bool(self.sought) and self._go_to_match(1, from_top=True)

    def _go_to_match(self, by: int, *, from_top: bool = False) -> bool:
        matches = [n for n, one in enumerate(self.lines) if self.sought in one.text.lower()]
        if not matches:
            return False
        here = self._match
        if from_top and self._rows:
            here = self._rows[min(self._top, len(self._rows) - 1)].line - 1
        later = [n for n in matches if (n > here if by > 0 else n < here)]
        self._match = (later[0] if by > 0 else later[-1]) if later else matches[0 if by > 0 else -1]
        if self.selectable:
            self._select(self._choice_at(self._match))
        self._show_line(self._match)
        return True

    def _choice_at(self, number: int) -> int:
        """What can be chosen at a line: itself, else what follows it (a question has its answer there), else before."""
        after = self._next_key(number - 1, 1)
        return after if after >= 0 else self._next_key(number, -1)

    def action_next_match(self, by: int) -> None:
        """The next or the previous place, round and round."""
        if self.sought:
            self._go_to_match(by)
