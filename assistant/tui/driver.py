"""Reads the terminal: any byte becomes text, a paste one piece, and a burst of keys one answer."""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from ..decoding import STRAY_BYTES
from .bursts import LINE_BREAK, Bursts, Piece

TICK = 0.1
LAST_BYTE = 0.5
"""After so long without another byte, one that could begin a character of several bytes stands alone."""


class TypingDriver(LinuxDriver):
    """Textual's driver, with other ideas of what comes in."""

    def run_input_thread(self) -> None:
        """Read until the app ends; a fault is noted, so that a report of it can be kept."""
        try:
            self._read_keys()
        except Exception as fault:
            self._app._exception = fault  # what Textual notes for faults in the message loop, and forgets here
            raise

    def _read_keys(self) -> None:
        parser = XTermParser(self._debug)
        decoder = getincrementaldecoder("utf-8")(STRAY_BYTES)
        bursts = Bursts()
        arrived = 0.0
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(bursts.patience if bursts.undecided else TICK):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        return
                    # What was held came earlier, and was pressed then.
                    pressed, arrived = arrived if bursts.undecided else time.monotonic(), time.monotonic()
                    for piece in bursts.feed(decoder.decode(data)):
                        self._pass_on(piece, parser, pressed)
                        pressed = arrived
                elif bursts.undecided:
                    for piece in bursts.silence():
                        self._pass_on(piece, parser, arrived)
                elif decoder.getstate()[0] and time.monotonic() - arrived > LAST_BYTE:
                    for piece in bursts.feed(decoder.decode(b"", final=True)):
                        self._pass_on(piece, parser, arrived)
                for event in parser.tick():
                    self.process_message(event)

    def _pass_on(self, piece: Piece, parser: XTermParser, pressed: float) -> None:
        if piece.kind == "paste":
            self.process_message(events.Paste(piece.text))
        elif piece.kind == "break":
            for _ in piece.text:
                self.process_message(events.Key(LINE_BREAK, "\n"))
        else:
            for event in parser.feed(piece.text):
                if piece.kind == "enter" and isinstance(event, events.Key):
                    event.time = pressed  # when it was pressed, not when it was told from a line break
                self.process_message(event)
