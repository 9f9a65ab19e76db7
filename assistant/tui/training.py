"""A chart beside the interview, or over it where there is no room; what is said of answers comes from the coach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from ..conversation import Reply
from ..events import Event
from ..interview import Session
from ..journal import Journal
from .app import DONE, UNFINISHED, ReviewApp, run_to_the_end
from .contents import plain, question_lines, status_lines
from .keybar import Key, KeyBar
from .pages import READING_KEYS, Page
from .pane import Pane
from .review import CRAMPED, CRITERIA_WIDTH, FLAT, WITH_CRITERIA, ReviewScreen
from .text import Line, line

BESIDE = 160
"""From so many columns on, chart and interview stand side by side."""
COMMAND = "/chart"
CHART_KEYS = (Key("Up/Down", "Scroll"), Key("/", "Search"), Key("n", "Next place", 1), Key("F6", "Back to the answer"))
CHART_HELP = ("The chart.", "", *READING_KEYS[:-1], "F6 or Escape: back to the answer field")


class Coach(Protocol):
    """What accompanies the review of a chart."""

    @property
    def title(self) -> str:
        """Which chart it is."""

    @property
    def text(self) -> Sequence[str]:
        """The chart, line by line."""

    @property
    def exam(self) -> bool:
        """Whether the review ends with the chart, and nothing is said of it."""

    @property
    def deadline(self) -> datetime | None:
        """When the time is over."""

    def coached(self, session: Session, reply: Reply, at: str) -> Reply:
        """A reply with what is to be said of it."""

    def ending(self, session: Session, today: date, width: int) -> Sequence[str]:
        """What is said when the review is closed."""


def chart_lines(coach: Coach) -> list[Line]:
    """The chart as a page; headings stand out."""
    return [line(one.lstrip("# "), "strong") if one.startswith("#") else line(one, hang=2) for one in coach.text]


class TrainingScreen(ReviewScreen):
    """The interview, with the chart on its left where there is room."""

    HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (CRAMPED, "-narrow"), (WITH_CRITERIA, "-normal"), (BESIDE, "-beside")]  # noqa: RUF012 - Textual's

    def __init__(self, session: Session, today: date, said: Sequence[str], coach: Coach) -> None:
        super().__init__(session, today, said)
        self._coach = coach
        if not coach.exam:  # what is said of an answer needs the columns; F3 opens the criteria
            self.HORIZONTAL_BREAKPOINTS = [b for b in self.HORIZONTAL_BREAKPOINTS if b[1] != "-normal"]

    def compose(self) -> ComposeResult:
        """The chart, then the interview as it always is."""
        yield Pane([line(f"Chart {self._coach.title}", "strong"), line(), *chart_lines(self._coach)], id="chart")
        yield from super().compose()

    @property
    def chart(self) -> Pane:
        """The chart beside the interview."""
        return self.query_one("#chart", Pane)

    @property
    def is_beside(self) -> bool:
        """Whether there is room for the chart beside the interview."""
        return self.app.size.width >= BESIDE

    @property
    def help_lines(self) -> Sequence[str] | None:
        """Help for where the keys are."""
        return CHART_HELP if self.chart.has_focus else super().help_lines

    @property
    def _room(self) -> int:
        """The columns that the interview has."""
        width = self.app.size.width
        return width - width * 45 // 100 if self.is_beside else width

    @property
    def _criteria_width(self) -> int:
        return CRITERIA_WIDTH

    def _question(self) -> Content:
        size, room = self.app.size, self._room
        with_criteria = size.width >= (WITH_CRITERIA if self._coach.exam else BESIDE)
        width = room - 2 - (self._criteria_width if with_criteria else 0)
        small = size.width < CRAMPED or size.height < FLAT
        return self._content(question_lines(self._session, width, size.height - (2 if small else 9)))

    def _status(self) -> Content:
        lines = status_lines(self._session, self._today, self._room - 2)
        return Content.assemble((self._marks(lines[0]), "bold"), "\n", self._marks(lines[1]))

    def _show_keys(self) -> None:
        super()._show_keys()
        bar = self.query_one(KeyBar)
        if self.chart.has_focus:
            bar.show(CHART_KEYS)
        else:
            first, *others = bar.keys
            bar.show((first, Key("F6", "Chart"), *others))


class TrainingApp(ReviewApp):
    """A review of a chart on the screen."""

    go_on = "Go on with the same command."
    CSS = """
    #chart { dock: left; width: 45%; padding: 0 0 0 1; border-right: solid $foreground 30%; display: none; }
    .-beside #chart { display: block; }
    .-ascii #chart { border-right: ascii $foreground 30%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f6", "chart", "Chart", id="chart", show=False)]

    def __init__(
        self,
        session: Session,
        journal: Journal,
        coach: Coach,
        *,
        ascii_only: bool,
        now: Callable[[], datetime],
        said: Sequence[str] = (),
    ) -> None:
        super().__init__(session, journal, ascii_only=ascii_only, now=now, said=said)
        self._coach = coach
        self._training = TrainingScreen(session, self._today, said, coach)
        self._review = self._training
        self._page = Page(f"Chart {coach.title}", chart_lines(coach), keys=(Key("F6", "Back"),))

    def on_mount(self) -> None:
        """The time runs, whether or not anything is typed."""
        super().on_mount()
        self.install_screen(self._page, "chart")  # kept with its place in the text while it is closed
        if self._coach.deadline:
            left = (self._coach.deadline - self._now()).total_seconds()
            self.set_timer(max(0.1, left), self._end_time)

    def _end_time(self) -> None:
        self.farewell = "The time is over."
        if not self._saving.all_saved():
            self._say_farewell(self.farewell)
        self.exit(return_code=UNFINISHED)

    def submit(self, text: str) -> None:
        """`/chart` opens the chart, with words it looks for them; everything else is an answer or a command."""
        command, _, words = text.strip().partition(" ")
        if command.lower() != COMMAND:
            super().submit(text)
            return
        self.action_chart()
        pane = self.screen.pane if isinstance(self.screen, Page) else self._training.chart
        if words.strip():
            self.call_after_refresh(self._look_for, pane, words.strip())

    def _look_for(self, pane: Pane, words: str) -> None:
        if not pane.search(words):
            self.say([f"“{words}” is not in the chart."])

    def _apply(self, reply: Reply, line: str) -> None:
        at = self._now().isoformat(timespec="seconds")
        super()._apply(self._coach.coached(self.session, reply, at), line)
        if self.session.concluded and self._coach.exam:
            self.exit(return_code=DONE)

    def _open_rationale(self, about: str) -> None:
        """A closed chart shows how it went, with both rationales."""
        if about or not self.session.concluded:
            super()._open_rationale(about)
        elif not self._coach.exam:
            lines = self._coach.ending(self.session, self._today, self.size.width - 4)
            self._push(Page("How it went", plain(lines)))

    def action_chart(self) -> None:
        """To the chart and back: beside the interview where there is room, else over it."""
        if isinstance(self.screen, Page):
            over = self.screen is self._page
            self._close_page()
            if over:
                return
        if self._training.is_beside:
            (self._training.field if self._training.chart.has_focus else self._training.chart).focus()
            return
        self.push_screen(self._page)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a dialog asks something, the chart waits, too."""
        return super().check_action("help" if action == "chart" else action, parameters)


def run(
    session: Session,
    journal: Journal,
    coach: Coach,
    *,
    mouse: bool,
    ascii_only: bool,
    now: Callable[[], datetime],
    said: Sequence[str] = (),
    faulted: Callable[[BaseException, Sequence[Event]], None] | None = None,
) -> int:
    """Review a chart on the screen; the exit codes are those of a review."""
    app = TrainingApp(session, journal, coach, ascii_only=ascii_only, now=now, said=said)
    return run_to_the_end(app, mouse=mouse, faulted=faulted)
