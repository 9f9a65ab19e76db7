"""How the screen ends: by signals and faults the terminal is restored, and nothing that was typed is shown."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from .driver import TypingDriver

CRASHED = 1
ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
LAST_RESORT = 3.0


class OrderlyApp(App[int]):
    """An app that restores the terminal however it ends, and says so in its exit code."""

    _signalled = 0
    _fault: BaseException | None = None
    drawn_at: float | None = None
    """When something to read was first drawn since this was None."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, but keys are read in our way."""
        chosen = super().get_driver_class()
        return TypingDriver if chosen is LinuxDriver else chosen

    @property
    def last_words(self) -> str:
        """What the user should know after a fault."""
        return ""

    def note_drawn(self) -> None:
        """Something to read is being drawn."""
        if self.drawn_at is None:
            self.drawn_at = time.monotonic()

    def _on_load(self) -> None:
        """Before the terminal is touched, so that no signal finds it half set up."""
        if not self.is_headless and threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in ENDING_SIGNALS:
                loop.add_signal_handler(number, self._end_by_signal, number)

    def _end_by_signal(self, number: int) -> None:
        """Leave in order; and leave anyway when a terminal that is gone would hold us up."""
        code = self._signalled = 128 + number
        last_resort = threading.Timer(LAST_RESORT, os._exit, (code,))
        last_resort.daemon = True
        last_resort.start()
        self.exit(return_code=code)

    def _fatal_error(self) -> None:
        """A fault of the program, as one sentence: a traceback would show what the reviewer typed."""
        self._stop_for(self._exception)

    def panic(self, *renderables: RenderableType) -> None:  # noqa: ARG002 - not shown, they may quote an answer
        """A fault outside the message loop, such as a terminal that is gone; also as one sentence."""
        self._stop_for(self._exception)

    @property
    def fault(self) -> BaseException | None:
        """The fault of the program that ended it, if one did."""
        return self._fault

    def _stop_for(self, error: BaseException | None) -> None:
        if error and not self._signalled:
            self._fault = error
        self._return_code = self._signalled or CRASHED
        if not self._signalled:
            self._exit_renderables[:] = [Text(f"{apology(error)} {self.last_words}")]
        self._close_messages_no_wait()


def apology(error: BaseException | None, what: str = "assistant stopped") -> str:
    """What happened because of a fault, without anything that was typed."""
    place = ""
    trace = error.__traceback__ if error else None
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" ({type(error).__name__} in {Path(code.co_filename).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return f"{what} because of a fault{place}."
