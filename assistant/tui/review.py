"""The interview itself: earlier turns, the question, the criteria, and the field for the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from ..interview import Session, next_question
from ..release_view import release_side
from ..view import heading
from .answer_field import AnswerField
from .contents import criteria, field_hint, log_lines, question_lines, status_lines, unsaid_notices
from .endings import OrderlyApp
from .keybar import Key, KeyBar
from .pane import Pane
from .text import Line, shown

KEYS = (
    Key("F1", "Help"),
    Key("F2", "Why", 1),
    Key("F3", "Criteria", 4),
    Key("Ctrl+Z", "Undo", 3),
    Key("F4", "Answers", 2),
    Key("F5", "Note", 6),
    Key("F9", "Rationale", 2),
    Key("Ctrl+Q", "Quit"),
)
CRITERIA_KEYS = (Key("Up/Down", "Choose"), Key("F2", "Policy"), Key("F5", "Note"), Key("Esc", "Back to the answer"))
LOG_KEYS = (
    Key("Up/Down", "Scroll"),
    Key("/", "Search"),
    Key("F4", "Change an answer"),
    Key("Esc", "Back to the answer"),
)
NARROW_KEYS = tuple(Key(k.name, k.label, {"F3": 0, "F9": 5, "Ctrl+Z": 5}.get(k.name, k.rank)) for k in KEYS)
HELP = (
    "",
    "Keys",
    "  Enter: give the answer; Ctrl+Z: undo typing, and in an empty field the last answer",
    "  F2: why this is asked, what the policy says, its references",
    "  F3: the criteria; there Up and Down choose one, F2 reads it, F5 writes a note on it",
    "  F4: all answers; Enter changes one, or chooses a value yourself",
    "  F5: note; F9: rationale",
    "  Page Up, Page Down, or Tab: earlier answers; Escape: back to the answer field",
    "  Ctrl+Q: leave; says first if anything is not saved",
    "Everything can be typed as well: / alone lists the commands.",
)
CRITERIA_HELP = (
    "The criteria of the policy, and where each stands.",
    "",
    "  Up and Down (or k, j): choose a criterion",
    "  F2 or Enter: what the policy says of it, with its references",
    "  F5: write a note on it",
    "  Escape or Tab: back to the answer field",
)
LOG_HELP = (
    "The answers so far.",
    "",
    "  Up, Down, Page Up, Page Down: move",
    "  /: search; n, N: next and previous place",
    "  F4: change an answer",
    "  Escape or Tab: back to the answer field",
)


CRAMPED, WITH_CRITERIA, WIDE = 40, 76, 120
FLAT, HIGH = 12, 30
CRITERIA_WIDTH, WIDE_CRITERIA_WIDTH = 41, 72


class Question(Static):
    """The question, which tells when it is drawn."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw it."""
        if isinstance(self.app, OrderlyApp):
            self.app.note_drawn()
        return super().render_lines(crop)


class ReviewScreen(Screen[None]):
    """Draws a session; what is typed goes to the app as messages."""

    AUTO_FOCUS = "#answer"
    HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (CRAMPED, "-narrow"), (WITH_CRITERIA, "-normal"), (WIDE, "-wide")]  # noqa: RUF012 - Textual's
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (FLAT, "-low"), (HIGH, "-high")]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_log(-1)", show=False),
        Binding("pagedown", "scroll_log(1)", show=False),
        Binding("escape", "to_answer", show=False),
    ]

    def __init__(self, session: Session, today: date, said: Sequence[str] = ()) -> None:
        super().__init__()
        self._session = session
        self._today = today
        self._said = said
        self.looking = False
        self.editing = 0
        self.waiting = ""
        """A line that could not be saved; Enter gives it again."""
        self._answered = False
        self._drawn: dict[str, str] = {}

    class ChangeLeft(Message):
        """Escape was pressed while an answer was being changed."""

    class Arranged(Message):
        """The screen has a size, and its parts their places."""

    def compose(self) -> ComposeResult:
        """The first screen is drawn complete: a second frame would cost its bytes again."""
        session = self._session
        yield self._static("heading", self._heading())
        with Horizontal(id="main"):
            with Vertical(id="left"):
                yield Pane(self._log()[0], follow=True, id="log")
                yield self._static("question", self._question(), Question)
            yield Pane(self._criteria(), selectable=True, id="criteria")
        yield self._static("status", self._status())
        yield Static("Window too small", id="small")
        yield AnswerField(hint=field_hint(session), id="answer")
        yield KeyBar(KEYS)

    @property
    def field(self) -> AnswerField:
        """Where answers are typed."""
        return self.query_one("#answer", AnswerField)

    @property
    def chosen_criterion(self) -> str:
        """The criterion that the keys are on; empty when they are elsewhere."""
        pane = self.query_one("#criteria", Pane)
        return pane.selected_key if pane.has_focus else ""

    @property
    def shows_criteria(self) -> bool:
        """Whether there is room for the criteria beside the question."""
        return self.query_one("#criteria", Pane).display

    @property
    def help_lines(self) -> Sequence[str] | None:
        """Help for where the keys are; None for the question's own."""
        if self.query_one("#criteria", Pane).has_focus:
            return CRITERIA_HELP
        return LOG_HELP if self.query_one("#log", Pane).has_focus else None

    def show(self, session: Session, said: Sequence[str], *, answered: bool) -> None:
        """Draw a session, and say something."""
        self._session, self._said, self._answered = session, said, answered
        with self.app.batch_update():
            self.set_class(self._ending, "-ending")
            self._update("heading", self._heading())
            self._show_log()
            self._update("question", self._question())
            self.query_one("#criteria", Pane).set_lines(self._criteria())
            self._update("status", self._status())
            self.field.set_hint(self._hint())

    def _hint(self) -> str:
        if self.editing:
            return f"Changing answer {self.editing}; Esc leaves it as it was"
        return f"Enter tries to save again: {self.waiting}" if self.waiting else field_hint(self._session)

    def say(self, lines: Iterable[str]) -> None:
        """Say something about the session as it stands."""
        self.show(self._session, tuple(lines), answered=False)

    def on_resize(self) -> None:
        """The room decides how much the status says, and which keys are shown."""
        with self.app.batch_update():
            self._update("status", self._status())
            self._update("question", self._question())
        self._show_log()
        self.query_one("#criteria", Pane).set_lines(self._criteria())
        self._show_keys()
        self.call_after_refresh(self.post_message, self.Arranged())

    def _static(self, name: str, content: Content, kind: type[Static] = Static) -> Static:
        self._drawn[name] = content.plain
        return kind(content, id=name)

    def _update(self, name: str, content: Content) -> None:
        """Change a part only if it differs: all below it would be laid out again."""
        if self._drawn[name] != content.plain:
            self._drawn[name] = content.plain
            self.query_one(f"#{name}", Static).update(content)

    def _heading(self) -> Content:
        looking = " · looking only" if self.looking else ""
        return self._shown(heading(self._session) + looking)

    def _log(self) -> tuple[list[Line], int | None]:
        return log_lines(
            self._session, unsaid_notices(self._session, self._status().plain), self._said, answered=self._answered
        )

    def _show_log(self) -> None:
        lines, said_from = self._log()
        self.query_one("#log", Pane).set_lines(lines, said_from=said_from)

    def on_descendant_focus(self) -> None:
        """The keys at the bottom are those for where one is."""
        self._show_keys()

    def _show_keys(self) -> None:
        keys = KEYS if self.app.size.width >= WITH_CRITERIA else NARROW_KEYS
        if self.query_one("#criteria", Pane).has_focus:
            keys = CRITERIA_KEYS
        elif self.query_one("#log", Pane).has_focus:
            keys = LOG_KEYS
        self.query_one(KeyBar).show(keys)

    @property
    def _ending(self) -> bool:
        """Whether the last screen before a release is shown: it has the criteria in it, and needs the whole width."""
        return next_question(self._session) is None and release_side(self._session) is not None

    @property
    def _criteria_width(self) -> int:
        return WIDE_CRITERIA_WIDTH if self.app.size.width >= WIDE else CRITERIA_WIDTH

    def _criteria(self) -> list[Line]:
        return criteria(self._session, self._criteria_width - 3)

    def _question(self) -> Content:
        """The question in the room that the other parts leave it."""
        size = self.app.size
        beside = size.width >= WITH_CRITERIA and not self._ending
        width = size.width - 2 - (self._criteria_width if beside else 0)
        small = size.width < CRAMPED or size.height < FLAT
        return self._content(question_lines(self._session, width, size.height - (2 if small else 9)))

    def _status(self) -> Content:
        lines = status_lines(self._session, self._today, self.app.size.width - 2)
        return Content.assemble((self._marks(lines[0]), "bold"), "\n", self._marks(lines[1]))

    def _marks(self, text: str) -> str:
        return shown(text, ascii_only=self.app.has_class("-ascii"))

    def _shown(self, text: str) -> Content:
        return Content(self._marks(text))

    def _content(self, lines: Iterable[Line]) -> Content:
        styles = {"strong": "bold", "muted": "$text-muted"}
        parts = [Content.styled(self._marks(one.text), styles.get(one.parts[0][1], "")) for one in lines]
        return Content("\n").join(parts)

    def focus_criteria(self) -> None:
        """Put the keys on the criteria."""
        self.query_one("#criteria", Pane).focus()

    def action_scroll_log(self, by: int) -> None:
        """Earlier turns, from wherever the keys are."""
        self.query_one("#log", Pane).action_page(by)

    def action_to_answer(self) -> None:
        """Back to the answer; there, an answer that is being changed is left as it was."""
        if self.field.has_focus and self.editing:
            self.post_message(self.ChangeLeft())
        self.field.focus()
