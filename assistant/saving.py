"""What a shell knows of saving: which lines could not be saved, where the review goes on, what to say on leaving."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import AssistantError
from .events import Answered, Event, Picked
from .interview import Session, next_question, stamped
from .journal import Journal
from .safe_text import clean
from .view import turn_lines

LITTLE_ROOM = 500
"""From so many entries before the end of a review on, the reviewer is told."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A line that could not be saved. `place` is where in the review it can be given again."""

    line: str
    place: object


class Saving:
    """A journal as a shell uses it, and what could not be saved in it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._unsaved: tuple[Unsaved, ...] = ()
        self._told = False

    # --- Saving ---

    def save(self, session: Session, events: Iterable[Event], at: str) -> Session:
        """Write what happened; the review after it.

        Raises:
            TranscriptError: Nothing was written, and nothing has happened.
        """
        written, after = stamped(session, events, at)
        self.journal.append(*written)
        return after

    def keep(self, session: Session, line: str) -> None:
        """Keep a line that could not be saved, or of which nothing is decided yet."""
        self.drop(line)
        self._unsaved += (Unsaved(line, _place(session, line)),)
        self._told = False

    def drop(self, line: str) -> None:
        """A line needs to be kept no longer."""
        self._unsaved = tuple(one for one in self._unsaved if one.line != line)

    def again(self, session: Session) -> str:
        """The unsaved line that Enter gives once more where the review stands; empty if there is none."""
        return next((one.line for one in reversed(self._unsaved) if one.place == _place(session, one.line)), "")

    def done(self, line: str, before: Session, after: Session) -> tuple[str, ...]:
        """A line was dealt with; what to say of unsaved ones that lost their sense, and of the room that is left."""
        self.drop(line)
        new = after.events[len(before.events) :]
        if not new:
            return ()
        self._told = False
        answered = {(one.question, one.side) for one in new if isinstance(one, Answered | Picked)}
        kept, said = [], []
        for one in self._unsaved:
            if isinstance(one.place, int):
                said.append(f"Not done, because it could not be saved: {clean(one.line)}")
            elif isinstance(one.place, tuple) and one.place[:2] in answered and not one.line.startswith("/"):
                said.append(f"Answered anew, so this was not given: {clean(one.line)}")
            else:
                kept.append(one)
        self._unsaved = tuple(kept)
        if (room := self.journal.room) <= LITTLE_ROOM:
            said.append(f"This review has room for {room} more entries: bring it to its end.")
        return tuple(said)

    # --- Another directory ---

    def move(self, session: Session, directory: str) -> tuple[str, ...]:
        """Go on saving in another directory; what happened, as lines."""
        old = self.journal.path
        try:
            self.journal.move_to(directory, session.events)
        except AssistantError as error:
            return (clean(str(error)),)
        self._told = False
        lines = [f"Saved in {clean(str(self.journal.path.parent))} from now on. Later: {self.resume_command(session)}"]
        if not self.journal.mark():
            lines.append(f"Type exactly this: {clean(str(old))} is the copy without what is answered from here on.")
        if waiting := self.again(session):
            lines.append(f"Press Enter to give this again: {clean(waiting)}")
        return tuple(lines)

    def resume_command(self, session: Session) -> str:
        """What opens this review, and no older copy of it."""
        command = f"assistant resume {clean(shlex.quote(session.started.case))}"
        if self.journal.mark():
            return command
        return f"ASSISTANT_STATE_DIR={clean(shlex.quote(str(self.journal.path.parent)))} {command}"

    # --- Leaving ---

    def all_saved(self) -> bool:
        """Whether everything that was given is in the file, and the file is the one that was written."""
        return not self._unsaved and not self.journal.lost

    def before_leaving(self, session: Session, how: str) -> tuple[str, ...]:
        """What to say instead of leaving, once; empty when the reviewer may leave.

        Args:
            session: The review as it stands.
            how: What leaves when it is done again.
        """
        if self._told or self.all_saved():
            return ()
        self._told = True
        lost = self.journal.lost
        enter = "Press Enter to try again. " if self.again(session) and not lost else ""
        return (
            *_what_is(lost),
            *(f"Not saved: {clean(one.line)}" for one in self._unsaved),
            f"{enter}/keep and a directory saves {'all of it' if lost else 'in another place'}. "
            f"{how} again leaves, and shows what is not saved so that you can copy it.",
        )

    def last_words(self, session: Session, go_on: str = "") -> tuple[str, ...]:
        """What is saved and what is not, all unsaved text, and how to go on; said when the review is left."""
        lost, lines = self.journal.lost, []
        if lost:
            lines += [*_what_is(lost), "These were the answers:", *_answers(session)]
        if self._unsaved:
            what = "This was" if len(self._unsaved) == 1 else "These were"
            lines.append(f"{what} not saved{'' if lost else '; all else is'}:")
            lines += [clean(part) for one in self._unsaved for part in one.line.split("\n")]
        if self.all_saved():
            return (self.in_short(session, go_on),)
        return tuple(lines) if lost or session.concluded else (*lines, self._how_to_go_on(session, go_on))

    def in_short(self, session: Session, go_on: str = "") -> str:
        """Whether all is saved, and how to go on, in one line without anything that was typed."""
        if lost := self.journal.lost:
            return _what_is(lost)[0]
        saved = "The last answer was not saved; all others are." if self._unsaved else "Everything is saved."
        return f"{saved} {self._how_to_go_on(session, go_on)}"

    def _how_to_go_on(self, session: Session, go_on: str) -> str:
        return go_on or f"Go on with: {self.resume_command(session)}"


def _what_is(lost: str) -> tuple[str, ...]:
    return (f"{clean(lost)}: what was given here is not saved there.",) if lost else ()


def _place(session: Session, line: str) -> object:
    """Where a line belongs: an answer or a note to its question, a change anywhere, all else to this very moment."""
    word = line.strip().split(maxsplit=1)[0].lower() if line.strip() else ""
    command = word.startswith("/") and not word.startswith("//")
    if command and "/edit".startswith(word) and word != "/":
        return ""
    ask = next_question(session)
    if ask is None or (command and (word == "/" or not "/note".startswith(word))):
        return len(session.events)
    return (ask.question.id, ask.side, ask.ask_back, ask.fact)


def _answers(session: Session) -> list[str]:
    shown = [(turn.number, *turn_lines(session, turn)) for turn in session.turns]
    return [line for number, question, text, _ in shown for line in (f"{number}. {question}", f"   {text}")]
