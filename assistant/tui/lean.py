"""The last step before the terminal: nothing in a picture but what can be seen, in few bytes for slow lines."""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from ..safe_text import visible


class JoinFilter(LineFilter):
    """Joins neighbours that look the same: each style change costs up to 40 bytes.

    All that is drawn passes here, so that no widget can send the terminal a character that it would obey.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the filter's shape
        """The same cells in fewer segments."""
        joined: list[Segment] = []
        for unsafe, given, _ in segments:
            if not unsafe:
                continue
            text = visible(unsafe)
            style = given and _without_defaults(given)
            last = joined[-1] if joined else None
            if last and style and last.style and _look_alike(last.text, last.style, text, style):
                joined[-1] = Segment(last.text + text, style if _blank(last.text, last.style) else last.style)
            else:
                joined.append(Segment(text, style))
        return joined


@lru_cache(1024)
def _without_defaults(style: Style) -> Style:
    """A style that does not name the terminal's own colours: they need no code, and NO_COLOR asks for none."""
    color = style.color if style.color and not style.color.is_default else None
    background = style.bgcolor if style.bgcolor and not style.bgcolor.is_default else None
    if (color, background) == (style.color, style.bgcolor):
        return style
    return style.without_color + Style(color=color, bgcolor=background)


def _look_alike(text: str, style: Style, next_text: str, next_style: Style) -> bool:
    if style == next_style:
        return True
    same_background = style.bgcolor == next_style.bgcolor
    return same_background and (
        (_blank(text, style) and _unadorned(next_style)) or (_blank(next_text, next_style) and _unadorned(style))
    )


def _blank(text: str, style: Style) -> bool:
    return text.isspace() and _unadorned(style)


def _unadorned(style: Style) -> bool:
    """Whether spaces show nothing but the background."""
    return not (style.underline or style.reverse or style.strike or style.overline)
