"""Screens that open over the interview: pages to read, and short dialogs at the bottom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from ..interview import Session
from ..pages import ENDINGS, proposed_file
from ..transcript import save_text
from .answer_field import AnswerField
from .bursts import LINE_BREAK
from .contents import answers_page, criteria_page, plain
from .keybar import Key, KeyBar
from .pane import Pane
from .text import Line, line, shown

if TYPE_CHECKING:
    from ..rationale import Audience, Form

READING_KEYS = (
    "Up, Down, Page Up, Page Down (or k, j, b, Space): move",
    "Ctrl+U, Ctrl+D: half a page; g, G: first and last line",
    "/: search; n, N: next and previous place",
    "Escape or q: back to the question",
)


class Page(Screen[None]):
    """Something to read, until Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", show=False)]

    def __init__(
        self,
        title: str,
        lines: Iterable[Line],
        *,
        more: Iterable[str] = (),
        help_lines: Sequence[str] = READING_KEYS,
        keys: tuple[Key, ...] = (),
        selectable: bool = False,
    ) -> None:
        super().__init__()
        self.page_title = title
        self.help_lines = help_lines
        self._keys = keys
        self.pane = Pane([*lines, *plain(more)], selectable=selectable, id="page")

    def compose(self) -> ComposeResult:
        """Title, lines, notice, keys."""
        yield Static(self._content(self.page_title), id="heading")
        yield self.pane
        yield Static("", id="notice", markup=False)
        yield KeyBar((*self._keys, Key("/", "Search", 2), Key("F1", "Help", 1), Key("Esc", "Back")))

    def on_mount(self) -> None:
        """Begin with the keys on the page."""
        self.pane.focus()

    def _content(self, text: str) -> Content:
        return Content(shown(text, ascii_only=self.app.has_class("-ascii")))

    def say(self, lines: Iterable[str]) -> None:
        """A notice at the bottom of the page."""
        self.query_one("#notice", Static).update(self._content("\n".join(lines)))

    def action_close(self) -> None:
        """Back to the interview."""
        self.dismiss()


def answers_screen(session: Session) -> Page:
    """All answers and values, each to be changed."""
    help_lines = ("Enter on an answer: change it. Enter on a value: choose another one.", "", *READING_KEYS)
    keys = (Key("Enter", "Change"),)
    return Page("Answers", answers_page(session), help_lines=help_lines, keys=keys, selectable=True)


def criteria_screen(session: Session) -> Page:
    """All criteria, each to be read and noted on."""
    keys = (Key("F2", "Policy"), Key("F5", "Note"))
    return Page("Criteria", criteria_page(session), keys=keys, selectable=True)


class Rendering(Protocol):
    """A review as text."""

    def __call__(self, *, form: Form, audience: Audience) -> str:
        """The rationale in a form for an audience."""


class RationalePage(Page):
    """The rationale for each audience and in each form, with ways to take it along."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "next_audience", show=False),
        Binding("f", "next_form", show=False),
        Binding("s", "save", show=False),
        Binding("c", "copy", show=False),
    ]

    def __init__(
        self, render: Rendering, case: str, audience: Audience, form: Form, audiences: Sequence[Audience]
    ) -> None:
        super().__init__(
            "",
            (),
            help_lines=(
                *READING_KEYS,
                f"a: for the next audience ({', '.join(audiences)})",
                f"f: in the next form ({', '.join(ENDINGS)})",
                "s: save what is shown to a file; /rationale AUDIENCE FORM FILE in the answer field does the same",
                "c: send to the terminal's clipboard; not every terminal takes it",
            ),
            keys=(Key("a", "Next audience"), Key("f", "Next form"), Key("s", "Save to file"), Key("c", "Copy", 1)),
        )
        self._rendering = render
        self._case = case
        self._audiences = audiences
        self.audience = audience
        self.form = form
        self.rationale = ""
        self._make()

    def _make(self) -> None:
        self.page_title = f"Rationale: {self.audience}, {self.form}"
        self.rationale = self._rendering(form=self.form, audience=self.audience)
        lines = [line(one, hang=len(one) - len(one.lstrip())) for one in self.rationale.splitlines()]
        self.pane.set_lines(lines)

    def _show(self) -> None:
        self._make()
        self.pane.action_edge(-1)
        self.query_one("#heading", Static).update(self._content(self.page_title))
        self.say([])

    def action_next_audience(self) -> None:
        """The same review, for somebody else."""
        self.audience = self._audiences[(self._audiences.index(self.audience) + 1) % len(self._audiences)]
        self._show()

    def action_next_form(self) -> None:
        """The same words, for another program."""
        forms = list(ENDINGS)
        self.form = forms[(forms.index(self.form) + 1) % len(forms)]
        self._show()

    def action_save(self) -> None:
        """Ask for a file name, with a proposal, and write what is shown."""

        def write(name: str | None) -> None:
            if name and name.strip():
                self.say([save_text(name.strip(), self.rationale)])

        proposed = proposed_file(self._case, self.audience, self.form)
        self.app.push_screen(Entry("Save the rationale to which file?", text=proposed), write)

    def action_copy(self) -> None:
        """Send it to the terminal, which says nothing about what became of it."""
        self.app.copy_to_clipboard(self.rationale)
        self.say(["Sent to the terminal. If pasting brings nothing, press s and save it to a file."])


class Dialog(ModalScreen[str | None]):
    """A short question at the bottom, over what it is about. Escape leaves without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, title: str, lines: Iterable[Line] = ()) -> None:
        super().__init__()
        self.lines = [line(title, "strong"), *lines]
        self.pane = Pane(self.lines, id="dialog")

    def on_mount(self) -> None:
        """As high as its lines, within half the screen."""
        self.on_resize()

    def on_resize(self) -> None:
        """Half of another screen may be another height."""
        width = max(1, self.app.size.width - 4)
        rows = sum(max(1, -(-len(one.text) // width)) for one in self.pane.lines)
        self.pane.styles.height = max(1, min(rows, self.app.size.height // 2))

    def say(self, lines: Iterable[str]) -> None:
        """Say something above the question."""
        self.pane.set_lines([*(line(one) for one in lines), *self.lines])
        self.on_resize()

    def action_cancel(self) -> None:
        """Leave things as they are."""
        self.dismiss(None)


class Entry(Dialog):
    """One line to type."""

    def __init__(
        self,
        title: str,
        lines: Iterable[Line] = (),
        *,
        text: str = "",
        hint: str = "Enter to go on, Escape to leave it",
    ) -> None:
        super().__init__(title, lines)
        self.field = AnswerField(text, hint=hint)

    def compose(self) -> ComposeResult:
        """What it is about, and the field."""
        self.pane.can_focus = False
        yield self.pane
        yield self.field

    def on_mount(self) -> None:
        """Begin in the field."""
        super().on_mount()
        self.field.focus()

    @on(AnswerField.Submitted)
    def done(self, event: AnswerField.Submitted) -> None:
        """The answer to whoever asked."""
        event.stop()
        self.dismiss(event.text)


class Confirm(Dialog):
    """Shows a change and asks whether to make it; dismissed with `y`, `n`, or None for neither.

    Only the keys that are shown decide. All other text is for the answer field, and so is an Enter right behind it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", show=False, priority=True)]
    KEYS = (Key("Enter", "Accept"), Key("Esc", "Leave it as it was"))

    def __init__(self, lines: Iterable[str], title: str = "This would change:", keys: tuple[Key, ...] = KEYS) -> None:
        super().__init__(title, [line(f"  {one}", hang=4) for one in lines])
        self._keys = keys
        self._typed = False

    def compose(self) -> ComposeResult:
        """The change and the keys."""
        yield self.pane
        yield KeyBar(self._keys)

    def on_mount(self) -> None:
        """A long list of effects scrolls."""
        super().on_mount()
        self.pane.focus()

    def action_accept(self) -> None:
        """Make the change, unless this Enter ends a line of something else."""
        if self._typed:
            self._typed = False
            self.say([f"What you typed waits in the answer field. Enter once more: {self._keys[0].label}."])
        else:
            self.dismiss("y")

    def on_key(self, event: events.Key) -> None:
        """Decide by a key that is shown; pass on other text."""
        if not (event.is_printable or event.key == LINE_BREAK):
            return
        event.stop()
        event.prevent_default()
        if not self._typed and any(event.key == key.name for key in self._keys):
            self.dismiss(event.key)
        else:
            self._pass_on(event)

    def on_paste(self, event: events.Paste) -> None:
        """Pass it on."""
        event.stop()
        self._pass_on(event)

    def _pass_on(self, event: events.Key | events.Paste) -> None:
        self._typed = True
        self.post_message(AnswerField.Stray(event))


class Pick(Dialog):
    """Choose a value from a list, then say why; dismissed with the value and the reason."""

    def __init__(self, title: str, values: Iterable[Line]) -> None:
        super().__init__(title)
        self.values = Pane(values, selectable=True, id="values")
        self.field = AnswerField(hint="Why? Enter to go on, Escape to leave it")

    def compose(self) -> ComposeResult:
        """The values, then the field for the reason."""
        self.pane.can_focus = False
        yield self.pane
        yield self.values
        yield self.field
        yield KeyBar((Key("Up/Down", "Choose"), Key("Enter", "Go on"), Key("Esc", "Leave it as it was")))

    def on_mount(self) -> None:
        """Begin in the list."""
        super().on_mount()
        self.values.styles.height = min(len(self.values.lines), max(3, self.app.size.height // 2))
        self.field.display = False
        self.values.focus()

    @on(Pane.LineChosen)
    def ask_why(self, event: Pane.LineChosen) -> None:
        """The value is chosen; now the reason."""
        event.stop()
        self.field.display = True
        self.field.focus()

    @on(AnswerField.Submitted)
    def done(self, event: AnswerField.Submitted) -> None:
        """The value and the reason to whoever asked."""
        event.stop()
        self.dismiss(f"{self.values.selected_key} {event.text}")
