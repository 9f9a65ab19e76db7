"""Beside a review of a chart: the chart's text, what is said after an answer, and at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from ..conversation import Reply
from ..interview import Session, stamped
from ..safe_text import clean
from .charts import Chart
from .feedback import after_answer, report

COMMAND = "/chart"


@dataclass(frozen=True, slots=True)
class Coach:
    """What accompanies one chart. In an exam nothing is said until all is over; `deadline` ends it."""

    chart: Chart
    place: str
    exam: bool = False
    deadline: datetime | None = None

    @property
    def text(self) -> tuple[str, ...]:
        """The chart, line by line."""
        return self.chart.text

    @property
    def title(self) -> str:
        """Which chart this is; its own title would say too much."""
        return f"{self.chart.id}{f' ({self.place})' if self.place else ''}"

    def found(self, words: str) -> tuple[str, ...]:
        """The lines of the chart that hold some words; all of them without any."""
        sought = words.strip().lower()
        return tuple(line for line in self.chart.text if sought in line.lower()) or (f"“{clean(words)}” is not here.",)

    def time_is_over(self, now: datetime) -> bool:
        """Whether answers still count."""
        return self.deadline is not None and now >= self.deadline

    def coached(self, session: Session, reply: Reply, at: str) -> Reply:
        """A reply with what the chart says of it, or in an exam with the time that is left. Nothing is changed."""
        if not reply.events:
            return reply
        if self.exam:
            return replace(reply, lines=(*reply.lines, *self._time_left(datetime.fromisoformat(at))))
        after = stamped(session, reply.events, at)[1]
        said = after_answer(after, self.chart, reply.events)
        return replace(reply, lines=(*reply.lines, *said))

    def ending(self, session: Session, today: date, width: int) -> list[str]:
        """What is said when the review is closed."""
        if self.exam:
            return ["This chart is closed. What was right and wrong is told when the exam is over."]
        return report(session, self.chart, today, width=width)

    def _time_left(self, now: datetime) -> tuple[str, ...]:
        if self.deadline is None:
            return ()
        minutes = max(0, int((self.deadline - now).total_seconds() // 60))
        return (f"{minutes} minute{'s'[: minutes != 1]} left.",)
