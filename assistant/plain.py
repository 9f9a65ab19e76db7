"""Line mode: the whole interview as plain lines, for screen readers, pipes and simple terminals."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TextIO

from .conversation import ACCEPT, REMOVE, Reply, accept, as_change, respond
from .errors import AssistantError
from .following import LET_GO, SEEN_AGAIN, follow
from .interview import Session
from .journal import Journal
from .pages import ending_lines, page_lines, rationale_asked
from .safe_text import clean
from .saving import Saving
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

    go_on = ""
    """How to go on later, if not by resuming the case."""

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
        self.saving = Saving(journal)
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
            again = self.saving.again(self.session)
            if not text.strip():
                text = self.early or ("" if self.editing else again) or text
            self.early = ""
            if self.editing and self._leaves(text):
                continue
            ends = self.session.concluded is not None and not text.strip()
            if (ends or self._takes(text, today)) and self._may_leave():
                return self._leave()

    def _takes(self, text: str, today: date) -> bool:
        """Do what a line says; whether it says to leave."""
        before, line = self.session, as_change(text, self.editing)
        reply = respond(before, text, self.editing)
        if reply.events or reply.pending or reply.either:
            self.editing = 0
        if self._do(reply, today):
            self._say(f"  {one}" for one in self.saving.done(line, before, self.session))
        else:
            self.saving.keep(before, line)
        return reply.quit

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
            return answer is not None and self._do(reply.either[0 if answer else 1], today)
        if not self._apply(reply):
            return False
        if reply.editing:
            self.editing = reply.editing
            self._say([f"  Answer {reply.editing}: {clean(reply.prefill) or '(skipped)'}"])
        if reply.pending:
            answer = self._yes_or_no(ACCEPT)
            if not answer:
                self._say(["  Nothing was changed."])
                return answer is not None
            if not self._apply(accept(self.session, reply.pending)):
                return False
        if reply.show == "keep":
            self._say(f"  {line}" for line in self.saving.move(self.session, reply.about))
        elif reply.show:
            self._show(reply.show, reply.about, today)
        return True

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
        elif not self.early and (again := self.saving.again(self.session)):
            self._say([f"Not saved yet: “{clean(again)}” Press Enter to try again."])
        if self.early:
            self._say([f"Typed before this was shown: “{clean(self.early)}” {PRESS_ENTER}"])
        self.out.write("> ")
        self.out.flush()

    def _ready(self) -> str:
        return "\n".join(ending_lines(self.session))

    def _apply(self, reply: Reply) -> bool:
        """Save the events, then acknowledge them; False when they could not be saved."""
        if reply.events:
            try:
                self.session = self.saving.save(self.session, reply.events, self.now().isoformat(timespec="seconds"))
            except AssistantError as error:
                self._say([clean(str(error))])
                return False
        self._say(f"  {line}" for line in reply.lines)
        if reply.events and not self.session.concluded:
            self._say([f"  {determination_line(self.session)}"])
        return True

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

    def _may_leave(self) -> bool:
        """Whether all is saved, or the reviewer was told that it is not and leaves all the same."""
        told = self.saving.before_leaving(self.session, "Enter or /quit" if self.session.concluded else "/quit")
        self._say(f"  {line}" for line in told)
        return not told

    def _leave(self) -> int:
        safe = self.saving.all_saved()
        if not (safe and self.session.concluded):
            self._say(["", *self.saving.last_words(self.session, self.go_on)])
        return DONE if safe and self.session.concluded else UNFINISHED
