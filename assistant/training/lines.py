"""Training in line mode: the chart is printed, `/chart` prints it again, and the review goes on below it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TextIO

from ..conversation import Reply
from ..interview import Session
from ..journal import Journal
from ..plain import PlainReview
from .coach import COMMAND, Coach
from .feedback import NARROW, wrapped

TIME_OVER = "The time is over; what was typed last was not taken."


class _Lines(io.TextIOBase):
    """What is typed, without what concerns the chart alone; it ends when the time is over or the chart is closed."""

    def __init__(
        self, source: TextIO, coach: Coach, now: Callable[[], datetime], say: Callable[[Sequence[str]], None]
    ) -> None:
        self._source = source
        self._coach = coach
        self._now = now
        self._say = say
        self.closed_chart = False

    def readline(self, _size: int | None = -1) -> str:  # type: ignore[override]
        while not self.closed_chart:
            line = self._source.readline()
            if self._coach.time_is_over(self._now()):
                self._say([TIME_OVER])
                return ""
            command, _, words = line.strip().partition(" ")
            if command.lower() != COMMAND:
                return line
            self._say([*self._coach.found(words), "> "])
        return ""

    def isatty(self) -> bool:
        return self._source.isatty()

    def fileno(self) -> int:
        return self._source.fileno()


class PlainTraining(PlainReview):
    """A review of a chart, line by line, with what the chart says of each answer."""

    go_on = "Go on with the same command."

    def __init__(
        self,
        session: Session,
        journal: Journal,
        source: TextIO,
        out: TextIO,
        now: Callable[[], datetime],
        said: Sequence[str],
        coach: Coach,
        width: int = NARROW,
    ) -> None:
        self.coach = coach
        self.width = width
        self._lines = _Lines(source, coach, now, self._show_chart)
        super().__init__(session, journal, self._lines, out, now, said)  # type: ignore[arg-type]

    def run(self) -> int:
        """Print the chart, then review it; returns the exit code."""
        self._say([f"Chart {self.coach.title}. {COMMAND} shows it again, {COMMAND} WORDS finds words in it.", ""])
        self._show_chart([*self.coach.chart.text, ""])
        return super().run()

    def _show_chart(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line == "> ":
                self.out.write(line)
                self.out.flush()
            else:
                self._say(wrapped(line, self.width))

    def _put_question(self) -> None:
        if not self._lines.closed_chart:
            super()._put_question()

    def _do(self, reply: Reply, today: date) -> bool:
        done = super()._do(reply, today)
        if self.session.concluded and self.coach.exam:
            self._lines.closed_chart = True
        return done

    def _apply(self, reply: Reply) -> bool:
        return super()._apply(self.coach.coached(self.session, reply, self.now().isoformat(timespec="seconds")))

    def _show(self, what: str, about: str, today: date) -> None:
        if what == "rationale" and self.session.concluded and not about:
            self._say(["", *self.coach.ending(self.session, today, self.width)])
        else:
            super()._show(what, about, today)
