"""An answer cut into segments: sentences, list items, fields, brackets and what stands between commas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CUT = re.compile(
    r"""(?P<line>\n[ \t]*(?:\n[ \t]*)*(?:(?:[-*\u2022]|\d{1,2}[.)])[ \t]+)?)
      | (?P<open>[(\[])
      | (?P<close>[)\]])
      | (?P<stop>[.!?]+(?=["')\]\s]|$))
      | (?P<semi>;)
      | (?P<comma>,(?!\d{3}(?!\d)))
      | (?P<dash>[ \t](?:-{1,3}|[\u2013\u2014])[ \t]|\u2014|--)
      | (?P<slash>/)
      | (?P<arrow>\s-+>\s)
      | (?P<but>(?<![a-z])(?:but|whereas|while|however|although|though)(?![a-z]))""",
    re.VERBOSE | re.IGNORECASE,
)
_ABBREVIATION = re.compile(
    r"(?:^|[^a-z])(?:[a-z]|dr|mr|mrs|ms|pt|st|vs|approx|no|rt|lt|bilat|dx|hx|tx|rx|sx|px|pos|proc|req|auth|ref|est|encl|att"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|yrs?|mos?|wks?|fem|incl)$",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"[a-z0-9(]")
"""How a line begins that goes on with the one before."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) of the text as typed. `cut` is the kind of sign before it, `question`: a `?` ends it."""

    start: int
    end: int
    cut: str
    sentence: int
    question: bool = False


def segments(raw: str, kept: Iterable[tuple[int, int]] = ()) -> list[Segment]:
    """Cut an answer up.

    Args:
        raw: The answer as typed.
        kept: Stretches that are never cut: dates, codes.
    """
    whole = sorted(kept)
    found: list[Segment] = []
    start, before, sentence, next_kept = 0, "", 0, 0
    for match in _CUT.finditer(raw):
        kind = str(match.lastgroup)
        while next_kept < len(whole) and whole[next_kept][1] <= match.start():
            next_kept += 1
        if next_kept < len(whole) and whole[next_kept][0] < match.end() and kind != "line":
            continue
        if not _cuts(raw, match, kind):
            continue
        question = kind == "stop" and "?" in match.group()
        if raw[start : match.start()].strip() or question:
            found.append(Segment(start, match.start(), before, sentence, question))
        sentence += kind in {"line", "stop"}
        start, before = match.end(), kind
    if raw[start:].strip():
        found.append(Segment(start, len(raw), before, sentence))
    return found


def _cuts(raw: str, match: re.Match[str], kind: str) -> bool:
    """Whether a sign ends a segment where it stands."""
    if kind == "line":
        return not _wraps(raw, match)
    if kind == "stop" and match.group() == ".":
        line = raw[max(0, match.start() - 8) : match.start()]
        ends = not raw[match.end() :].strip()
        return ends or not _ABBREVIATION.search(line)
    if kind == "slash":
        words = re.search(r"[^\W\d_]*$", raw[max(0, match.start() - 40) : match.start()])
        behind = re.match(r"[^\W\d_]*", raw[match.end() : match.end() + 40])
        longest = max(len(words.group()) if words else 0, len(behind.group()) if behind else 0)
        spaced = raw[match.start() - 1 : match.start()].isspace() and raw[match.end() : match.end() + 1].isspace()
        return spaced or longest > 2  # form L/notes R; but b/l, n/a
    return True


def _wraps(raw: str, match: re.Match[str]) -> bool:
    """Whether a line only goes on in the next one: no blank line, no list item, no sign that ends it."""
    if "\n" in match.group()[1:] or not match.group().isspace():
        return False
    before = raw[max(0, match.start() - 200) : match.start()].rstrip()
    behind = raw[match.end() : match.end() + 1]
    return bool(before) and before[-1] not in ".;:!?" and bool(_WRAPPED.match(behind)) and len(before) > 30
