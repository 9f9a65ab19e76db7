"""The full-screen shell: what keys and typed lines do. It shows a session and decides nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import ModalScreen, Screen

from ..conversation import REMOVE, Reply, accept, as_change, respond
from ..errors import AssistantError
from ..events import Answered, Event, Picked
from ..following import LET_GO, SEEN_AGAIN, follow
from ..interview import Session
from ..journal import Journal
from ..pages import page_lines, rationale_asked
from ..safe_text import clean
from ..saving import Saving
from ..transcript import save_text
from ..view import overdue_line
from .answer_field import MAX_LENGTH, AnswerField
from .bursts import LINE_BREAK
from .contents import pick_lines, plain, shortened
from .endings import CRASHED, OrderlyApp, apology
from .keybar import Key
from .lean import JoinFilter
from .pages import Confirm, Entry, Page, Pick, RationalePage, answers_screen, criteria_screen
from .pane import Pane
from .review import HELP, ReviewScreen

DONE = 0
UNFINISHED = 3
SECOND_PRESS = 10.0
LONG_ANSWER = 5_000
LOOK_EVERY = 1.0
CHANGING = float("inf")
REACTION = 0.25
"""Nobody who was typing has read a new question in so many seconds."""
NOT_SENT = "What stood in the answer field was not sent."
REMOVE_KEYS = (Key("Enter", "Save without it"), Key("n", "Save as typed"), Key("Esc", "Back to the answer"))
LEAVING = {"ctrl+q", "ctrl+c"}
EDITING = {"backspace", "ctrl+h", "ctrl+w", "ctrl+u", "left", "right", "home", "end", "delete"}
TITLES = {
    "commands": "Commands",
    "help": "Help",
    "why": "Why this is asked",
    "policy": "What the policy says",
}


class Behind(Message):
    """What is to be done behind all that was typed before."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self.act = act


class ReviewApp(OrderlyApp):
    """A review on the screen."""

    TITLE = "assistant"
    CSS_PATH = "assistant.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="help", show=False),
        Binding("f2", "why", "Why", id="why", show=False),
        Binding("f3", "criteria", "Criteria", id="criteria", show=False),
        Binding("f4", "command('/answers')", "Answers", id="answers", show=False),
        Binding("f5", "note", "Note", id="note", show=False),
        Binding("f9", "command('/rationale')", "Rationale", id="rationale", show=False),
        Binding("ctrl+z", "undo_answer", "Undo", id="undo", show=False),
        Binding("ctrl+q", "leave", "Quit", id="quit", show=False, priority=True),
        Binding("ctrl+c", "leave_if_again", show=False, priority=True),
    ]

    def __init__(
        self,
        session: Session,
        journal: Journal,
        *,
        ascii_only: bool,
        now: Callable[[], datetime],
        said: Sequence[str] = (),
    ) -> None:
        super().__init__(ansi_color=bool(os.environ.get("NO_COLOR")))
        self.session = session
        self._journal = journal
        self._now = now
        self._review = ReviewScreen(session, self._today, said)
        self._review.looking = journal.holder is not None
        self._saving = Saving(journal)
        self.farewell = ""
        """What is said when the screen is gone: no line of it broken, so that what is not saved can be copied."""
        self._shown_since = CHANGING
        self._changes = 0
        self._waiting: list[events.Key | events.Paste] = []
        self._first_press = float("-inf")
        self._join = JoinFilter()
        # Neither is used here, and each screen would be laid out twice for them.
        self._disable_notifications = self._disable_tooltips = True
        self._startup = ExitStack()
        self.set_class(ascii_only, "-ascii")

    @property
    def _today(self) -> date:
        return self._now().date()

    def get_default_screen(self) -> Screen[None]:
        """The interview is the first screen, so that no empty one is drawn before it."""
        return self._review

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, then ours, which saves bytes."""
        return [*super().get_line_filters(), self._join]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's shape
        """The command palette offers what the keys do, and the theme."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.description:
                action = binding.action
                yield SystemCommand(
                    binding.description, binding.key, lambda a=action: self.call_later(self.run_action, a)
                )
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)

    # --- A window that only looks ---

    def on_mount(self) -> None:
        """Look at what the other window writes; nothing runs when there is none."""
        if self._journal.holder:
            self._looking = self.set_interval(LOOK_EVERY, self._look)

    def _look(self) -> None:
        unseen = self._journal.unseen
        followed = follow(self.session, self._journal)
        if followed:
            self.session = followed
            self._review.waiting = self._saving.again(followed)
        if not self._journal.holder:
            self._looking.stop()
            self._review.looking = False
            self._review.show(self.session, [LET_GO], answered=False)
        elif self._journal.unseen != unseen:
            self._review.show(self.session, [self._journal.unseen or SEEN_AGAIN], answered=False)
        elif followed:
            self._review.show(self.session, [f"Open in another window: {self._journal.holder}."], answered=False)

    # --- Endings ---

    def on_load(self) -> None:
        """One frame is enough to start with: hold back all until the first screen has found its places."""
        self._startup.enter_context(self.batch_update())

    def on_review_screen_arranged(self) -> None:
        """Now draw it."""
        self._startup.close()
        if not self._changes:
            self._screen_changes()
            self.screen_change_signal.subscribe(self, self._screen_changes, immediate=True)

    go_on = ""
    """How to go on later, if not by resuming the case."""

    @property
    def last_words(self) -> str:
        """Whether all is saved, and how to go on later; said after a fault."""
        return self._saving.in_short(self.session, self.go_on)

    def action_leave(self) -> None:
        """Leave, when what was given before is saved."""
        self._behind_what_was_typed(self._leave)

    def _leave(self) -> None:
        """Leave; the first time not, when something is not saved."""
        if told := self._saving.before_leaving(self.session, "Ctrl+Q (or /quit)"):
            self.say(told)
        elif self.session.concluded and self._saving.all_saved():
            self.exit(return_code=DONE)
        else:
            self._say_farewell(NOT_SENT if self._review.field.text.strip() or self._waiting else "")
            self.exit(return_code=UNFINISHED)

    def _say_farewell(self, before: str = "") -> None:
        words = "\n".join(self._saving.last_words(self.session, self.go_on))
        self.farewell = f"{before} {words}".strip()

    def action_leave_if_again(self) -> None:
        """The second press leaves; the first one says so."""
        self._behind_what_was_typed(self._leave_if_again)

    def _leave_if_again(self) -> None:
        now = time.monotonic()
        if now - self._first_press < SECOND_PRESS or not self._saving.all_saved():
            self._leave()
        else:
            self._first_press = now
            self.say(["Press Ctrl+C again (or Ctrl+Q) to leave; everything is kept."])

    # --- Keys that come before what they would act on is shown ---

    @property
    def is_shown(self) -> bool:
        """Whether what keys act on has been drawn."""
        return time.monotonic() >= self._shown_since

    async def on_event(self, event: events.Event) -> None:
        """Keys act on what was on the screen when they were pressed, so while that changes they wait."""
        key = event.key if isinstance(event, events.Key) else ""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded or key in LEAVING:
            await super().on_event(event)
        elif self._shown_since == CHANGING:
            self._waiting.append(event)
        elif event.time < self._shown_since:
            await self._keep_early(event)
        elif key == "enter":
            self._wait_for_change()
            await super().on_event(event)
            self._behind_what_was_typed(self._when_drawn, self._changes)
        else:
            await super().on_event(event)

    async def _keep_early(self, event: events.Key | events.Paste) -> None:
        """Text waits in the answer field; other keys still do what they do in the interview, and in no other screen."""
        over = self.screen is not self._review
        key = event.key if isinstance(event, events.Key) else ""
        text = not isinstance(event, events.Key) or event.is_printable or key in {"enter", LINE_BREAK}
        if text or (over and key in EDITING):
            self._review.field.post_message(AnswerField.Stray(event))
        elif not over:
            await super().on_event(event)

    def _behind_what_was_typed(self, act: Callable[..., None], *arguments: object) -> None:
        """Act when all keys before have done what they do: a message takes the way that theirs take, behind them."""
        pump = self.focused or self.screen
        behind = Behind(partial(act, *arguments))
        if not pump.call_later(pump.post_message, behind):
            self.post_message(behind)

    @on(Behind)
    def act_behind(self, message: Behind) -> None:
        """All that came before has been dealt with."""
        message.act()

    def _screen_changes(self, _screen: Screen[object] | None = None) -> None:
        """Another screen opens or comes back."""
        self._wait_for_change()
        self.call_later(self._when_drawn, self._changes)

    def _wait_for_change(self) -> None:
        self._changes += 1
        self._shown_since = CHANGING
        self._content_changed()

    def _content_changed(self) -> None:
        """What is drawn from now on has the change in it."""
        self.drawn_at = None

    def _when_drawn(self, change: int) -> None:
        # Twice: a new screen is drawn only when its parts have found their places.
        screen = self.screen
        screen.call_after_refresh(screen.call_after_refresh, self._drawn, change)

    def _drawn(self, change: int) -> None:
        self.call_later(self._open_for_keys, change, self.drawn_at or time.monotonic())

    async def _open_for_keys(self, change: int, drawn_at: float) -> None:
        """Now it can be told which keys came too early; who was typing then has not read what is new."""
        if change != self._changes:
            return
        waiting, self._waiting = self._waiting, []
        self._shown_since = drawn_at + (REACTION if any(event.time < drawn_at for event in waiting) else 0)
        for event in waiting:
            await self.on_event(event)

    @on(AnswerField.Stray)
    def to_the_answer_field(self, message: AnswerField.Stray) -> None:
        """Keep what was typed while a dialog asked."""
        self._review.field.post_message(AnswerField.Stray(message.event))

    @on(AnswerField.Kept)
    def show_what_waits(self, message: AnswerField.Kept) -> None:
        """What is over the answer field says what is in it."""
        if self.screen is not self._review:
            self.say([f"In the answer field: {shortened(message.text)}"])

    # --- What the reviewer says ---

    @on(AnswerField.Submitted, "#answer")
    async def answer(self, event: AnswerField.Submitted) -> None:
        """A line was typed. Reading a long one takes seconds, so that is said first."""
        if len(event.text) > LONG_ANSWER:
            self.say(["Reading a long answer; this may take some seconds."])
            await asyncio.sleep(0.1)
        self.submit(event.text)
        self._content_changed()

    @on(AnswerField.PasteRefused)
    def refuse_paste(self) -> None:
        """Too much at once."""
        self.say([f"That is longer than {MAX_LENGTH:,} characters; nothing was pasted."])

    @on(AnswerField.Full)
    def say_full(self) -> None:
        """No key more."""
        self.say([f"An answer has at most {MAX_LENGTH:,} characters; what was typed behind them was not taken."])

    def submit(self, text: str) -> None:
        """Do what a typed line means; one that could not be saved is kept apart, and Enter alone gives it again."""
        editing = self._review.editing
        if editing and text.strip() in {"", self.session.turns[editing - 1].text.strip()}:
            self.leave_as_it_was()
            return
        if not text.strip():
            text = self._saving.again(self.session) or text
        try:
            reply = respond(self.session, text, editing)
        except Exception as fault:  # noqa: BLE001 - no fault may cost the reviewer an answer; the session is unchanged
            self.say(
                [
                    f"{apology(fault, 'This was not recorded')} Say it in other words; or empty the field (Ctrl+U) and "
                    "type /skip, or leave with Ctrl+Q."
                ]
            )
            self._review.field.restore(text)
            return
        if reply.refused:
            self.say(reply.lines)
            self._review.field.restore(text)
            return
        line = as_change(text, editing)
        if reply.events or reply.pending or reply.either:
            self._review.editing = 0
        if reply.either:
            self._choose(line, text, reply, reply.either, editing)
        else:
            self._apply(reply, line)

    def _choose(self, line: str, text: str, reply: Reply, either: tuple[Reply, Reply], editing: int) -> None:
        """Ask before what was typed is written anywhere; Escape puts it back into the field."""
        self._saving.keep(self.session, line)

        def decided(answer: str | None) -> None:
            if answer is None:
                self._saving.drop(line)
                self._review.editing = editing
                self._review.field.restore(text)
            else:
                self._apply(either[0] if answer == "y" else either[1], line)

        self.push_screen(Confirm([*reply.lines, "", REMOVE], "Before this is saved:", REMOVE_KEYS), decided)

    def say(self, lines: Iterable[str]) -> None:
        """Say something on whatever screen is open."""
        screen = self.screen
        if isinstance(screen, ReviewScreen | Page | Confirm | Entry | Pick):
            screen.say(lines)

    def _apply(self, reply: Reply, line: str) -> None:
        """Save what happened, then show it; a line that could not be saved is kept, and then nothing has happened."""
        before = self.session
        try:
            if reply.events:
                self._saving.keep(before, line)  # until it is saved, whatever comes between
                at = self._now().isoformat(timespec="seconds")
                self.session = self._saving.save(before, reply.events, at)
        except AssistantError as error:
            self._show_unsaved([clean(str(error))])
            return
        said = (*reply.lines, *self._saving.done(line, before, self.session))
        answered = any(isinstance(e, Answered | Picked) and not getattr(e, "replaces", None) for e in reply.events)
        if reply.pending:
            self._confirm(reply.pending, said, line)
        else:
            self._review.waiting = self._saving.again(self.session)
            self._review.show(self.session, said, answered=answered)
        if reply.editing:
            self._begin_change(reply.editing, reply.prefill)
        if reply.show:
            self._open(reply.show, reply.about)
        self._content_changed()
        if reply.quit:
            self._leave()

    def _show_unsaved(self, lines: Sequence[str]) -> None:
        """What could not be saved is shown, and the field says that Enter gives it again."""
        waiting = self._review.waiting = self._saving.again(self.session)
        self.say([*lines, *([f"Not saved yet: {clean(waiting)}"] if waiting else [])])

    def _begin_change(self, number: int, old: str) -> None:
        """The next answer replaces an earlier one, whose text stands in the field."""
        field = self._review.field
        self._review.editing = number
        shown = [] if not field.text else [f"Answer {number}: {clean(old)}"]
        self._review.say([*shown, f"Changing answer {number}: type it anew and press Enter; Esc leaves it as it was."])
        if not field.text:
            field.set_text(old)

    @on(ReviewScreen.ChangeLeft)
    def leave_as_it_was(self) -> None:
        """Escape, or Enter without a change."""
        number = self._review.editing
        self._review.editing = 0
        if self._review.field.text == self.session.turns[number - 1].text:
            self._review.field.set_text("")
        self._review.say([f"Answer {number} stays as it was."])

    def _confirm(self, pending: Event, lines: Sequence[str], line: str) -> None:
        """Ask whether a change is to be made; until then it is not saved."""
        self._saving.keep(self.session, line)

        def decided(accepted: str | None) -> None:
            if accepted == "y":
                self._apply(accept(self.session, pending), line)
            else:
                self._saving.drop(line)
                self._show_unsaved(["Nothing was changed."])

        self.push_screen(Confirm(lines), decided)

    # --- What can be opened ---

    def _open(self, what: str, about: str = "") -> None:
        """A page over the interview; only one at a time."""
        if what == "rationale":
            self._open_rationale(about)
        elif what == "keep":
            self.say(self._saving.move(self.session, about))
        elif what == "answers":
            self._push(answers_screen(self.session))
        elif what == "criteria":
            self._push(criteria_screen(self.session))
        else:
            self._push(
                Page(
                    TITLES.get(what, what),
                    plain(page_lines(self.session, what, about)),
                    more=(*self._overdue_if(what), *(HELP if what == "help" else ())),
                )
            )

    def _overdue_if(self, what: str) -> tuple[str, ...]:
        """The whole sentence on the policy's own review, of which the status has room for a part."""
        return ("", overdue_line(self.session, self._today)) if what in {"help", "why", "policy"} else ()

    def _open_rationale(self, about: str) -> None:
        from ..rationale import AUDIENCES, render  # here: templates are loaded only when they are needed

        session, today = self.session, self._today
        asked = rationale_asked(about)
        if asked.file:
            text = render(session, form=asked.form, audience=asked.audience, today=today)
            self.say([save_text(asked.file, text)])
        else:
            made = partial(render, session, today=today)
            self._push(RationalePage(made, session.started.case, asked.audience, asked.form, AUDIENCES))

    def _push(self, page: Page) -> None:
        self._close_page()
        self.push_screen(page)

    def _close_page(self) -> None:
        if isinstance(self.screen, Page):
            self.pop_screen()

    @property
    def _chosen_criterion(self) -> str:
        """The criterion that the keys are on."""
        screen = self.screen
        if isinstance(screen, ReviewScreen):
            return screen.chosen_criterion
        key = screen.pane.selected_key if isinstance(screen, Page) else ""
        return key if key in self.session.policy.criterion else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's shape
        """While a dialog asks something, the keys of the interview wait."""
        waits = action in {"help", "why", "criteria", "command", "note", "undo_answer"}
        return not (waits and isinstance(self.screen, ModalScreen))

    def action_command(self, text: str) -> None:
        """What a key does is what its command does."""
        self.submit(text)

    def action_help(self) -> None:
        """Help for where the keys are."""
        screen = self.screen
        lines = screen.help_lines if isinstance(screen, ReviewScreen | Page) else None
        if lines is None:
            self.submit("/help")
        else:
            self.push_screen(Page("Help", plain(lines)))

    def action_why(self) -> None:
        """The policy at the chosen criterion, or at the question."""
        chosen = self._chosen_criterion
        self.submit(f"/policy {chosen}" if chosen else "/why")

    def action_criteria(self) -> None:
        """The keys to the criteria, or a page of them where there is no room beside the question."""
        if self.screen is self._review and self._review.shows_criteria:
            self._review.focus_criteria()
        else:
            self.submit("/criteria")

    def action_undo_answer(self) -> None:
        """Take back the last answer."""
        if self.screen is self._review:
            self.submit("/undo")

    def action_note(self) -> None:
        """Write a note on the chosen criterion, or on the question's."""
        from ..interview import next_question
        from ..view import criterion_for

        ask = next_question(self.session)
        chosen = self._chosen_criterion or (criterion_for(self.session.policy, ask.question) if ask else None) or ""
        if not chosen:
            self.say(["Choose a criterion first: F3, then Up and Down, then F5."])
            return
        label = self.session.policy.criterion[chosen].label

        def write(text: str | None) -> None:
            if text and text.strip():
                self.submit(f"/note {chosen} {text}")

        self._close_page()
        self.push_screen(Entry(f"Note on {chosen} {label}"), write)

    @on(Pane.LineChosen)
    def open_line(self, event: Pane.LineChosen) -> None:
        """Enter on a criterion, an answer or a value."""
        kind, _, name = event.key.partition(":")
        if kind == "answer":
            self._edit(int(name))
        elif kind == "fact":
            self._pick(name)
        else:
            self.submit(f"/policy {event.key}")

    @on(Pane.SearchRequested)
    def ask_for_search(self, event: Pane.SearchRequested) -> None:
        """Ask for what to look for, with the page in view."""

        def look(sought: str | None) -> None:
            if sought and not event.pane.search(sought):
                self.say([f"“{clean(sought)}” is not here."])

        self.push_screen(Entry("Search (n next, N previous)"), look)

    def _edit(self, number: int) -> None:
        turn = self.session.turns[number - 1]

        def change(text: str | None) -> None:
            if text and text.strip() and text != turn.text:
                self.submit(f"/edit {number} {text}")

        self._close_page()
        question = self.session.loaded.prompts.question[turn.question].text
        hint = "The effect is shown before anything changes"
        self.push_screen(Entry(f"{number}. {question}", text="" if turn.skipped else turn.text, hint=hint), change)

    def _pick(self, fact: str) -> None:
        label = self.session.policy.fact[fact].label

        def choose(value: str | None) -> None:
            if value and value.strip():
                self.submit(f"/pick {fact} {value.strip()}")

        values = pick_lines(self.session.policy, fact)
        self._close_page()
        if values:
            self.push_screen(Pick(f"Choose: {label}", values), choose)
        else:
            hint = "The value, a space, and why"
            self.push_screen(Entry(f"Choose: {label}", hint=hint), choose)


def run(
    session: Session,
    journal: Journal,
    *,
    mouse: bool,
    ascii_only: bool,
    now: Callable[[], datetime],
    said: Sequence[str] = (),
    faulted: Callable[[BaseException, Sequence[Event]], None] | None = None,
) -> int:
    """Review on the screen.

    Args:
        session: The review as it stands.
        journal: Where its events are kept.
        mouse: Whether the terminal reports the mouse.
        ascii_only: Borders and marks in ASCII.
        now: The clock.
        said: What to tell the reviewer first.
        faulted: Called with a fault of the program and the events before it, when the terminal is restored.

    Returns:
        The exit code: 0 concluded, 3 left unfinished, 128 and the number of a signal, 1 after a fault.
    """
    app = ReviewApp(session, journal, ascii_only=ascii_only, now=now, said=said)
    return run_to_the_end(app, mouse=mouse, faulted=faulted)


def run_to_the_end(
    app: ReviewApp, *, mouse: bool, faulted: Callable[[BaseException, Sequence[Event]], None] | None
) -> int:
    """Run the screen, and say what there is to say when it is gone; returns the exit code."""
    app.run(mouse=mouse)
    if app.farewell:
        print(app.farewell, file=sys.stderr)
    if app.fault and faulted:
        faulted(app.fault, app.session.events)
    return CRASHED if app.return_code is None else app.return_code
