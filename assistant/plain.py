"""Line mode: the whole interview as plain lines, for screen readers, pipes and simple terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TextIO

from .conversation import CONCLUDE_HINT, Reply, accept, respond
from .errors import AssistantError
from .events import Event
from .interview import Session, stamped
from .pages import page_lines
from .transcript import Journal, save_text
from .view import NEXT_STEP, clean, determination_line, heading, open_items, overdue_line, question_view

DONE = 0
UNFINISHED = 3


class PlainReview:
    """A review read from one stream and written to another."""

    def __init__(
        self, session: Session, journal: Journal, source: TextIO, out: TextIO, now: Callable[[], datetime]
    ) -> None:
        self.session = session
        self.journal = journal
        self.source = source
        self.out = out
        self.now = now

    def run(self) -> int:
        """Ask until the review is concluded and left, or the input ends; returns the exit code."""
        today = self.now().date()
        self._say([heading(self.session), overdue_line(self.session, today), "Type / for the commands.", ""])
        while True:
            self._put_question()
            line = self.source.readline()
            if not line:
                return self._leave()
            text = line.rstrip("\r\n")
            if self.session.concluded and not text.strip():
                return self._leave()
            reply = respond(self.session, text)
            if not self._apply(reply):
                continue
            if reply.pending and self._accepted():
                self._apply(accept(self.session, reply.pending))
            if reply.show:
                self._show(reply.show, reply.about, today)
            if reply.quit:
                return self._leave()

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.out.write(line + "\n")
        self.out.flush()

    def _put_question(self) -> None:
        view = question_view(self.session)
        if view is None:
            prompt = "Press Enter or type /quit to leave." if self.session.concluded else self._ready()
            self._say(["", prompt])
        else:
            self._say(["", f"[{view.progress}]", view.text, f"  ({view.why})", *(f"  {c}" for c in view.choices)])
        self.out.write("> ")
        self.out.flush()

    def _ready(self) -> str:
        lines = []
        for review in self.session.sides:
            lines += [determination_line(self.session, review), NEXT_STEP[review.determination.outcome]]
            lines += [f"  request: {item}" for item in open_items(self.session, review)]
        return "\n".join([*lines, CONCLUDE_HINT])

    def _apply(self, reply: Reply) -> bool:
        """Save the events, then acknowledge them; False when they could not be saved."""
        try:
            self._save(reply.events)
        except AssistantError as error:
            self._say([str(error)])
            return False
        self._say(f"  {line}" for line in reply.lines)
        if reply.events and not self.session.concluded:
            self._say([f"  {determination_line(self.session)}"])
        return True

    def _save(self, events: tuple[Event, ...]) -> None:
        if events:
            written, after = stamped(self.session, events, self.now().isoformat(timespec="seconds"))
            self.journal.append(*written)
            self.session = after

    def _accepted(self) -> bool:
        self._say(["Accept this change? y or n"])
        self.out.write("> ")
        self.out.flush()
        accepted = self.source.readline().strip().lower() in {"y", "yes"}
        if not accepted:
            self._say(["  Nothing was changed."])
        return accepted

    def _show(self, what: str, about: str, today: date) -> None:
        if what == "rationale":
            from .rationale import render

            text = render(self.session, form="text", audience="clinical", today=today)
            if about:
                self._say([save_text(about, text)])
            else:
                self._say(text.splitlines())
        else:
            self._say(page_lines(self.session, what, about))

    def _leave(self) -> int:
        if self.session.concluded:
            return DONE
        case = self.session.started.case
        self._say(["", f"Everything is saved. Go on with: assistant resume {clean(case)}"])
        return UNFINISHED
