"""Keys as they come from a terminal: what was pasted is told apart from what was typed, a burst is one answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

BURST = 0.05
"""Keys that follow each other within so many seconds were not typed one by one."""
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
FLOOD = 512
"""So many printable characters in one piece were pasted, whether or not the terminal says so."""
FLOOD_ENDS = 0.5
"""After so many seconds without more, a flood is over: a slow line brings it in parts."""
MAX_PASTE = 1_000_000
"""Of a longer paste the rest is not kept; it is too long for any use."""
LINE_BREAK = "line_break"
"""The name of the key for a line end inside a burst."""

_LINE_END_OR_PASTE = re.compile(r"[\r\n]+|\x1b\[200~")
_ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # a title, a clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)"  # strings to the device
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colors, the cursor
    r"|\x1b[ -/]*[0-~]?"  # all other sequences, and an escape alone
)
_OTHER_LINE_ENDS = str.maketrans(dict.fromkeys("\x0b\x0c\x85\u2028\u2029", "\n"))
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def pasted_text(text: str) -> str:
    """What was pasted, with its line ends, without escape sequences and control characters; the rest in its order."""
    plain = _line_ends(_ESCAPES.sub("", text)).translate(_OTHER_LINE_ENDS)
    return _CONTROLS.sub("", plain)


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Piece(NamedTuple):
    """Keys as the terminal sent them, a paste, line ends inside a burst, or an Enter."""

    kind: Literal["keys", "paste", "break", "enter"]
    text: str = ""


class Bursts:
    """Cuts what comes from a terminal into pieces; what can not be told yet is held until more comes, or silence."""

    def __init__(self) -> None:
        self._held = ""
        self._pasted: list[str] | None = None
        self._flood: list[str] = []

    @property
    def undecided(self) -> bool:
        """Whether something is held that silence would decide."""
        return bool(self._flood) or (bool(self._held) and self._pasted is None)

    @property
    def patience(self) -> float:
        """How many seconds of silence decide it."""
        return FLOOD_ENDS if self._flood else BURST

    def feed(self, text: str) -> Iterator[Piece]:
        """The pieces that are complete with this text."""
        if self._flood or (self._pasted is None and _is_flood(text)):
            _keep(self._flood, self._held + text)
            self._held = ""
            return
        self._held += text
        while self._held:
            found = self._in_paste() if self._pasted is not None else self._in_keys()
            if found is None:
                return
            yield from found

    def silence(self) -> Iterator[Piece]:
        """Nothing came for a while: what is held was all."""
        if self._pasted is not None:
            return
        if self._flood:
            pasted, self._flood = "".join(self._flood), []
            text = pasted.rstrip("\r\n")
            yield Piece("paste", text)
            self._held = pasted[len(text) :]
        ends = self._held.rstrip("\x1b[20~")
        keys, self._held = self._held[len(ends) :], ""
        if ends:
            yield _enter(ends)
        if keys:
            yield Piece("keys", keys)

    def _in_paste(self) -> list[Piece] | None:
        assert self._pasted is not None
        text, end, rest = self._held.partition(PASTE_ENDS)
        if not end:
            kept = _beginning_of(PASTE_ENDS, self._held)
            _keep(self._pasted, self._held[: len(self._held) - kept])
            self._held = self._held[len(self._held) - kept :]
            return None
        pasted, self._pasted, self._held = "".join([*self._pasted, text]), None, rest
        return [Piece("paste", pasted)]

    def _in_keys(self) -> list[Piece] | None:
        found = _LINE_END_OR_PASTE.search(self._held)
        if found is None:
            kept = _beginning_of(PASTE_BEGINS, self._held)
            keys = self._held[: len(self._held) - kept]
            self._held = self._held[len(keys) :]
            return [Piece("keys", keys)] if keys else None
        before, rest = self._held[: found.start()], self._held[found.end() :]
        keys_before = [Piece("keys", before)] if before else []
        if found[0] == PASTE_BEGINS:
            self._pasted, self._held = [], rest
            return keys_before
        if not rest or PASTE_BEGINS.startswith(rest):
            self._held = self._held[found.start() :]
            return keys_before or None
        self._held = rest
        more = rest.startswith(PASTE_BEGINS) or rest[0].isprintable() or rest[0] == "\t"
        return [*keys_before, Piece("break", _line_ends(found[0])) if more else _enter(found[0])]


def _is_flood(text: str) -> bool:
    """Whether so much came at once that nobody typed it, from a terminal that does not mark what is pasted."""
    return len(text) >= FLOOD and not _CONTROLS.search(text)


def _keep(parts: list[str], more: str) -> None:
    """Hold a part of a paste, as long as the paste is not too long for any use."""
    if sum(map(len, parts)) <= MAX_PASTE:
        parts.append(more)


def _enter(ends: str) -> Piece:
    """One Enter however often it came in a burst; a bare line feed is the key Ctrl+J."""
    return Piece("enter", "\r") if "\r" in ends else Piece("keys", ends)


def _beginning_of(mark: str, text: str) -> int:
    """How many characters at the end of a text may be the beginning of a mark."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)
