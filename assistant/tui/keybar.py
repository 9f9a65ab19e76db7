"""The row of keys at the bottom."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from textual.app import RenderResult
from textual.strip import Strip
from textual.widget import Widget

MAX_KEYS = 6
WIDE = 100


class Key(NamedTuple):
    """A key and what it does; those of a higher rank go first when room is short."""

    name: str
    label: str
    rank: int = 0


class KeyBar(Widget):
    """At most six keys, more on a wide screen, and never half of one."""

    COMPONENT_CLASSES = {"keybar--key"}  # noqa: RUF012 - as Textual declares it

    def __init__(self, keys: tuple[Key, ...]) -> None:
        super().__init__()
        self.keys = keys

    def show(self, keys: tuple[Key, ...]) -> None:
        """Other keys."""
        if keys != self.keys:
            self.keys = keys
            self.refresh()

    def shown(self, width: int) -> list[Key]:
        """The keys for which there is room."""
        keys = list(self.keys)
        while keys and ((width < WIDE and len(keys) > MAX_KEYS) or _width(keys) > width):
            keys.remove(max(reversed(keys), key=lambda k: k.rank))
        return keys

    def render(self) -> RenderResult:
        """Unused: lines are drawn one by one."""
        return ""

    def render_line(self, y: int) -> Strip:
        """The row."""
        base = self.rich_style
        name_style = self.get_component_rich_style("keybar--key")
        segments = []
        for key in self.shown(self.size.width) if y == 0 else ():
            segments += [Segment(key.name, name_style), Segment(f" {key.label}  ", base)]
        return Strip(segments).adjust_cell_length(self.size.width, base)


def _width(keys: list[Key]) -> int:
    return sum(len(k.name) + len(k.label) + 3 for k in keys) - 2
