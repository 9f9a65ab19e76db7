"""The fewest reviews that would show what saved ones never do, for a person to edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ..errors import AssistantError
from ..events import Answered, Asked, Concluded, Event, Picked, Started
from ..files import write_new
from ..findings import NOT_STATED, SKIP
from ..interview import (
    Ask,
    Session,
    advance,
    as_concluded,
    context_for,
    ending_of,
    next_question,
    outcome_of,
    start,
)
from ..policy import UNKNOWN, Library, Loaded, Question, load
from ..safe_text import clean
from ..transcript import encode, pieces_in
from .answers import Answers, Case, Values
from .cases import Finder, first, merged
from .measure import Kind, Observer, Point, coverage_of

CASES = 12
"""Cases kept for each gap."""
WAYS = 2
"""Ways to show a gap from which a review is grown; the one that closes most is taken."""
_MOST = 80
"""Answers of one review, at most."""


@dataclass(frozen=True)
class Suggested:
    """A review for a person to edit, and the gaps that it closes."""

    events: tuple[Event, ...]
    closes: tuple[Point, ...]

    @property
    def name(self) -> str:
        """The reference of its case."""
        first_event = self.events[0]
        assert isinstance(first_event, Started)
        return first_event.case


@dataclass(frozen=True)
class _Plan:
    """What a review should find, and the gaps that it is made for."""

    case: Case
    gaps: tuple[Point, ...]


def suggested(loaded: Loaded, missing: Iterable[Point]) -> tuple[list[Suggested], list[Point]]:
    """Reviews that close gaps, greedily: each closes as many as fit into one. And the gaps that none closes.

    Words of the vocabulary are left to those who know what reviewers type.
    """
    gaps = [p for p in missing if p.kind is not Kind.TERM]
    planner = _Planner(loaded, gaps)
    found: list[Suggested] = []
    left: list[Point] = []
    while gaps:
        plan = planner.best(gaps)
        events, shown = planner.written(plan, f"coverage-{len(found) + 1:02}")
        closed = tuple(p for p in gaps if p in shown)
        if closed:
            found.append(Suggested(_with_why(events, closed), closed))
        else:
            left.append(plan.gaps[0])
            closed = plan.gaps[:1]
        gaps = [p for p in gaps if p not in closed]
    return found, left


def _with_why(events: tuple[Event, ...], closed: Sequence[Point]) -> tuple[Event, ...]:
    kinds = dict.fromkeys(p.kind for p in closed)
    parts = [f"{kind} {', '.join(p.name for p in closed if p.kind is kind)}" for kind in kinds]
    return (events[0].model_copy(update={"why": f"Shows what no transcript showed: {'; '.join(parts)}."}), *events[1:])


class _Planner:
    def __init__(self, loaded: Loaded, gaps: Iterable[Point]) -> None:
        self.loaded = loaded
        self.answers = Answers(loaded)
        self.finder = Finder(loaded, self.answers)
        self.observer = Observer(loaded)
        self.form = {f for q in loaded.prompts.intake for f in q.facts}
        self.form -= {f for q in (*loaded.prompts.questions, loaded.prompts.closing) for f in q.facts}
        self.cases = {gap: self._cases(gap) for gap in gaps}

    def _cases(self, gap: Point) -> list[dict[str, Values | None]]:
        """Cases that do show the gap: those with words for each fact, or else any."""
        found = [c for c in first(self.finder.cases(gap), CASES * 2) if gap in self._expected(c, (gap,))]
        return ([c for c in found if self._sayable(c)] or found)[:CASES]

    def _sayable(self, case: Case) -> bool:
        full = self._full(case, ())
        context = self._begun(False, "").context
        return all(
            self.answers.words_for(question, full, self._needed(question, case), context) is not None
            for question in self.loaded.prompts.question.values()
            if any(case.get(f) is not None for f in question.facts)
        )

    def _needed(self, question: Question, case: Case) -> list[str]:
        """The facts of a question that an answer must say: those of the case, and those that the question settles."""
        return [f for f in question.facts if f in case or f in question.settles]

    def _begun(self, form: bool, name: str) -> Session:
        extra = {} if form else {"intake": False}
        policy = self.loaded.policy
        started = Started(policy=policy.id, version=policy.version, case=name, **extra)
        return start(self.loaded, self.observer.read, started)

    def _wants_form(self, case: Case, gaps: Iterable[Point]) -> bool:
        intake = {q.id for q in self.loaded.prompts.intake}
        return any(f in self.form for f in case) or any(p.kind is Kind.QUESTION and p.name in intake for p in gaps)

    def _full(self, case: Case, gaps: Iterable[Point]) -> dict[str, Values | None]:
        """A case with all else as usual; of the form only when it matters."""
        form = self._wants_form(case, gaps)
        return {f: v for f, v in self.finder.usual.items() if form or f not in self.form} | dict(case)

    def _expected(self, case: Case, gaps: tuple[Point, ...]) -> frozenset[Point]:
        """What a case shows when all of it is known; questions and ask-backs are as planned."""
        found = self.finder.determined(self._full(case, gaps))
        planned = (p for p in gaps if p.kind in {Kind.QUESTION, Kind.ASK_BACK})
        return self.observer.of_determination(found) | {Point(Kind.OUTCOME, found.outcome.value), *planned}

    # --- Which gaps one review closes ---

    def best(self, gaps: list[Point]) -> _Plan:
        """The plan that closes the first gap and most others with it, the plainest of several."""
        plans = [self._grown(gaps[0], case, gaps) for case in self.cases[gaps[0]][:WAYS]]
        return max(plans, key=lambda p: (len(p.gaps), -len(p.case)), default=_Plan({}, (gaps[0],)))

    def _grown(self, seed: Point, case: Case, gaps: list[Point]) -> _Plan:
        """A plan for one gap, with every further one that its case shows anyway or that fits in."""
        plan = _Plan(case, (seed,))
        for gap in gaps:
            if gap not in plan.gaps:
                plan = next(self._with(plan, gap), plan)
        return plan

    def _with(self, plan: _Plan, gap: Point) -> Iterator[_Plan]:
        """A plan that closes one gap more and loses none."""
        closed = (*plan.gaps, gap)
        for more in ({}, *self.cases[gap]):
            both = merged(plan.case, more)
            if both is not None and {*closed} <= self._expected(both, closed):
                yield _Plan(both, closed)

    # --- The review in words ---

    def written(self, plan: _Plan, name: str) -> tuple[tuple[Event, ...], frozenset[Point]]:
        """The events of a review, and what it really shows. Where being asked back spoils it, nothing is asked back."""
        hesitant = {p.name for p in plan.gaps if p.kind is Kind.ASK_BACK}
        events = self._interview(plan, name, hesitant)
        shown = self.observer.shown(events)[1]
        if hesitant and not set(plan.gaps) <= shown:
            plainly = self._interview(plan, name, set())
            also = self.observer.shown(plainly)[1]
            if len(also & set(plan.gaps)) > len(shown & set(plan.gaps)):
                return plainly, also
        return events, shown

    def _interview(self, plan: _Plan, name: str, hesitant: set[str]) -> tuple[Event, ...]:
        session = self._begun(self._wants_form(plan.case, plan.gaps), name)
        hesitant = set(hesitant)
        wanted = {p.name for p in plan.gaps if p.kind is Kind.QUESTION} | hesitant
        for _ in range(_MOST):
            ask = next_question(session)
            if ask is None or ask.question is self.loaded.prompts.closing:
                pending = self._pending(session, plan.case, wanted)
                if pending and not session.completing:
                    session = advance(session, Asked(completing=True))
                    continue
                ask = Ask(pending, session.sides[-1].side) if pending else ask
            if ask is None:
                break
            session = advance(session, self._answer(session, ask, plan, hesitant))
        if next_question(session) is None:
            closed = as_concluded(session)
            each = {s.side or "": ending_of(closed, s).value for s in session.sides}
            session = advance(session, Concluded(determination=outcome_of(closed).value, determinations=each))
        return tuple(_unread(e) for e in session.events)

    def _pending(self, session: Session, case: Case, wanted: set[str]) -> Question | None:
        """A question whose answer the review needs, and that was not put."""
        put = {t.question for t in session.turns}
        for question in self.loaded.prompts.question.values():
            needed = any(case.get(f) is not None and f not in session.sides[0].findings for f in question.facts)
            if question.id not in put and (needed or question.id in wanted):
                return question
        return None

    def _answer(self, session: Session, ask: Ask, plan: _Plan, hesitant: set[str]) -> Answered | Picked:
        """An answer in words; where the reader has none for what is needed, a choice; /skip where nothing is to say."""
        question, context = ask.question, context_for(session, ask.side)
        case = self._full(plan.case, plan.gaps)
        text: str | None = None
        if question.id in hesitant:
            hesitant.discard(question.id)
            text = self.answers.open_words(question, context)
        needed = self._needed(question, plan.case)
        text = text or self.answers.words_for(question, case, needed, context)
        said = {f: values for f in question.facts if (values := plan.case.get(f)) is not None}
        if text or not said:
            return Answered(question=question.id, side=ask.side, text=text or SKIP)
        given = {f: self._given(f, values) for f, values in said.items()}
        unknown = set(given.values()) == {UNKNOWN}
        reason = "the record does not say" if unknown else "no words say this"
        return Picked(
            question=question.id, facts=given, side=ask.side, text=NOT_STATED if unknown else "", reason=reason
        )

    def _given(self, fact: str, values: Values) -> object:
        """Values as a choice records them."""
        if values == self.loaded.policy.domains[fact]:
            return UNKNOWN
        listed = sorted(values, key=str)
        return listed[0] if len(listed) == 1 else listed


def _unread(event: Event) -> Event:
    """An answer as it is typed: what it says is for the person who edits it to record."""
    return event.model_copy(update={"read": None, "rereads": ()}) if isinstance(event, Answered) else event


# --- Where they go ----------------------------------------------------------------------------------------------------


def suggest_for(
    paths: Iterable[Path], library: Library, wanted: str | None, out: TextIO, notes: TextIO, output: Path | None = None
) -> int:
    """Suggest what closes the gaps that transcripts leave, all gaps when there are none; as files, or as one text.

    Returns 1 when a transcript could not be followed.

    Raises:
        AssistantError: The policy is unknown, or a file can not be written.
    """
    loaded = load(wanted, library)
    have = coverage_of(loaded, pieces_in(paths))
    for error in have.errors:
        notes.write(clean(error) + "\n")
    found, left = suggested(loaded, have.missing(*Kind))
    if output and found:
        for path in write_suggested(found, output):
            out.write(f"{clean(str(path))}\n")
    elif not output:
        out.writelines(text_of(one) for one in found)
    closed = sum(len(one.closes) for one in found)
    notes.write(f"{len(found)} transcripts close {closed} gaps")
    notes.write("; edit them, then record what they say with replay --accept\n" if found else "\n")
    if left:
        notes.write(f"No review was found for: {'; '.join(map(str, left))}\n")
    return 1 if have.errors else 0


def text_of(one: Suggested) -> str:
    """A suggested review as the lines of a transcript."""
    return "".join(encode(event) + "\n" for event in one.events)


def write_suggested(found: Iterable[Suggested], directory: Path) -> Iterator[Path]:
    """Write each into a new file of a directory.

    Raises:
        AssistantError: The directory can not be made, or there is such a file already.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AssistantError(f"{directory} can not be made: {error.strerror}", "Choose another directory") from error
    for one in found:
        path = directory / f"{one.name}.jsonl"
        write_new(path, text_of(one), AssistantError)
        yield path
