"""Line mode: the whole interview as plain lines, for screen readers, pipes and simple terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from .conversation import ACCEPT, REMOVE, Reply, accept, respond
from .errors import AssistantError
from .events import Event
from .following import LET_GO, follow, kept_in
from .interview import Session, stamped
from .journal import Journal
from .pages import ending_lines, page_lines
from .safe_text import clean
from .transcript import save_text
from .view import determination_line, heading, overdue_line, question_view

DONE = 0
UNFINISHED = 3
TERMINAL_LINE = 4_095
"""Bytes of a line that a terminal in line mode passes on; it drops the rest without a word."""
CUT = "That line is longer than this terminal passes on, so it was not taken. Give it in parts, or use the full screen."


class PlainReview:
    """A review read from one stream and written to another."""

    def __init__(
        self,
        session: Session,
        journal: Journal,
        source: TextIO,
        out: TextIO,
        now: Callable[[], datetime],
        said: Sequence[str] = (),
    ) -> None:
        self.session = session
        self.journal = journal
        self.source = source
        self.out = out
        self.now = now
        self.said = said
        self.unsaved = ""

    def run(self) -> int:
        """Ask until the review is concluded and left, or the input ends; returns the exit code."""
        today = self.now().date()
        self._say([heading(self.session), overdue_line(self.session, today), *map(clean, self.said)])
        self._say(["Type / for the commands.", ""])
        while True:
            self._look()
            self._put_question()
            line = self.source.readline()
            if not line:
                return self._leave()
            text = line.rstrip("\r\n")
            if len(line.encode(errors="replace")) >= TERMINAL_LINE and self.source.isatty():
                self._say([CUT])
                continue
            if self.unsaved and not text.strip():
                text = self.unsaved
            if self.session.concluded and not text.strip():
                return self._leave()
            reply = respond(self.session, text)
            saved = self._do(reply, today)
            self.unsaved = self.unsaved if reply.show == "keep" else "" if saved else text
            if reply.quit:
                return self._leave()

    def _look(self) -> None:
        """In a window that only looks: what has happened in the other one."""
        if not self.journal.holder:
            return
        followed = follow(self.session, self.journal)
        if followed:
            self.session = followed
            self._say([*(f"  {line}" for line in page_lines(self.session, "answers", ""))])
        if not self.journal.holder:
            self._say([LET_GO])

    def _do(self, reply: Reply, today: date) -> bool:
        """What a reply asks for; False when it could not be saved, and then nothing has happened."""
        if reply.either:
            self._say(f"  {line}" for line in reply.lines)
            answer = self._yes_or_no(REMOVE)
            return answer is None or self._do(reply.either[0 if answer else 1], today)
        if not self._apply(reply):
            return False
        if reply.pending:
            answer = self._yes_or_no(ACCEPT)
            if not answer:
                self._say(["  Nothing was changed."])
            elif not self._apply(accept(self.session, reply.pending)):
                return False
        if reply.show == "keep":
            self._keep(reply.about)
        elif reply.show:
            self._show(reply.show, reply.about, today)
        return True

    def _keep(self, directory: str) -> None:
        try:
            self.journal.move_to(Path(directory), self.session.events)
        except AssistantError as error:
            self._say([clean(str(error))])
            return
        self._say([f"  {kept_in(self.journal)}"])
        if self.unsaved:
            self._say(["  Press Enter to give the last answer again."])

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
        return "\n".join(ending_lines(self.session))

    def _apply(self, reply: Reply) -> bool:
        """Save the events, then acknowledge them; False when they could not be saved."""
        try:
            self._save(reply.events)
        except AssistantError as error:
            self._say([clean(str(error)), "Press Enter alone to try again with the same answer."])
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

    def _yes_or_no(self, question: str) -> bool | None:
        """None when the input ends."""
        while True:
            self._say([f"{question} y or n"])
            self.out.write("> ")
            self.out.flush()
            line = self.source.readline()
            if not line:
                return None
            if line.strip().lower() in {"y", "yes", "n", "no"}:
                return line.strip().lower() in {"y", "yes"}

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
        saved = "The last answer was not saved; all others are." if self.unsaved else "Everything is saved."
        self._say(["", f"{saved} Go on with: assistant resume {clean(case)}"])
        return UNFINISHED
