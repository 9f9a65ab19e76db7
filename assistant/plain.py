"""Line mode: the whole interview as plain lines, for screen readers, pipes and simple terminals."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from .conversation import ACCEPT, REMOVE, Reply, accept, respond
from .errors import AssistantError
from .events import Event
from .following import LET_GO, SEEN_AGAIN, follow, kept_in
from .interview import Session, stamped
from .journal import Journal
from .pages import ending_lines, page_lines, rationale_asked
from .safe_text import clean
from .transcript import save_text
from .view import determination_line, heading, overdue_line, question_view

BURST = 0.05
"""Lines that a terminal gives within so many seconds of each other were pasted, and are one answer."""
DONE = 0
UNFINISHED = 3
TERMINAL_LINE = 4_095
"""Bytes of a line that a terminal in line mode passes on; it drops the rest without a word."""
TYPE_ANEW = "type it anew and press Enter; an empty line leaves it as it was."
PRESS_ENTER = "Press Enter if it is your answer."
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
        self.early = ""
        self.editing = 0
        self.ended = False

    def run(self) -> int:
        """Ask until the review is concluded and left, or the input ends; returns the exit code."""
        today = self.now().date()
        self._say([heading(self.session), overdue_line(self.session, today), *map(clean, self.said)])
        self._say(["Type / for the commands.", ""])
        while True:
            self._look()
            self._hold_early_lines()
            self._put_question()
            text = self._read()
            if text is None:
                return self._leave()
            if any(len(line.encode(errors="replace")) + 1 >= TERMINAL_LINE for line in self._lines_of(text)):
                self._say([CUT])
                continue
            if not text.strip():
                text = self.early or self.unsaved or text
            self.early = ""
            if self.editing and self._leaves(text):
                continue
            if self.session.concluded and not text.strip():
                return self._leave()
            reply = respond(self.session, text, self.editing)
            if reply.events or reply.pending or reply.either:
                self.editing = 0
            saved = self._do(reply, today)
            self.unsaved = self.unsaved if reply.show == "keep" else "" if saved else text
            if reply.quit:
                return self._leave()

    # --- Lines that are read ---

    def _read(self) -> str | None:
        """One answer: a line, and on a terminal those that come at once behind it; None when the input ends."""
        if self.ended:
            return None
        lines = self._read_lines(first_comes=True)
        return None if self.ended and not lines else "\n".join(lines).strip("\n")

    def _hold_early_lines(self) -> None:
        """On a terminal, what was typed before a question is shown is no answer to it, but is not lost."""
        early = "\n".join(self._read_lines(first_comes=False)).strip("\n")
        self.early = "\n".join(filter(None, (self.early, early)))

    def _read_lines(self, *, first_comes: bool) -> list[str]:
        lines: list[str] = []
        while (first_comes and not lines) or self._more(BURST if lines else 0):
            line = self.source.readline()
            if not line:
                self.ended = True
                break
            lines.append(line.rstrip("\r\n"))
        return lines

    def _more(self, wait: float) -> bool:
        return self.source.isatty() and bool(select.select([self.source], [], [], wait)[0])

    def _lines_of(self, text: str) -> list[str]:
        """The lines of an answer that a terminal may have cut."""
        return text.split("\n") if self.source.isatty() else []

    def _leaves(self, text: str) -> bool:
        """Whether an answer that was to be changed stays as it was."""
        number, old = self.editing, self.session.turns[self.editing - 1]
        if text.strip() and text.strip() != old.text.strip():
            return False
        self.editing = 0
        self._say([f"  Answer {number} stays as it was."])
        return True

    # --- What follows ---

    def _look(self) -> None:
        """In a window that only looks: what has happened in the other one."""
        if not self.journal.holder:
            return
        unseen = self.journal.unseen
        followed = follow(self.session, self.journal)
        if self.journal.unseen or unseen:
            self._say([self.journal.unseen or SEEN_AGAIN])
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
        if reply.editing:
            self.editing = reply.editing
            self._say([f"  Answer {reply.editing}: {clean(reply.prefill) or '(skipped)'}"])
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
        if self.editing:
            self._say([f"Changing answer {self.editing}: {TYPE_ANEW}"])
        if self.early:
            self._say([f"Typed before this was shown: “{clean(self.early)}” {PRESS_ENTER}"])
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
        self._hold_early_lines()
        while True:
            self._say([f"{question} y or n"])
            self.out.write("> ")
            self.out.flush()
            answer = self._read()
            if answer is None:
                return None
            if answer.strip().lower() in {"y", "yes", "n", "no"}:
                return answer.strip().lower() in {"y", "yes"}

    def _show(self, what: str, about: str, today: date) -> None:
        if what == "rationale":
            from .rationale import render

            audience, form, file = rationale_asked(about)
            text = render(self.session, form=form, audience=audience, today=today)
            if file:
                self._say([save_text(file, text)])
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
