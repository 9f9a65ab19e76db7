"""What transcripts show of a policy: which of its criteria, outcomes, flags, questions and words they ever reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..answering import reads
from ..crash import fault_line
from ..determination import Determination, Outcome, Truth, readings_that_apply
from ..errors import AssistantError
from ..events import Answered, Asked, Concluded, Event, FactRead, Picked, Reopened, Started, Undone
from ..interview import Session, advance, next_question, start
from ..matching.text import normalise
from ..matching.vocabulary import Document
from ..policy import Loaded, Policy
from ..readers import reader_of
from ..transcript import Piece, parse_piece

_KEPT = 20_000


class Kind(StrEnum):
    """What of a policy a review can show."""

    CRITERION = "criteria"
    OUTCOME = "outcomes"
    HOLD = "holds"
    FLAG = "flags"
    NOTE = "reading notes"
    QUESTION = "questions"
    ASK_BACK = "ask-backs"
    TERM = "vocabulary terms"


DECIDING = (Kind.CRITERION, Kind.OUTCOME, Kind.HOLD, Kind.FLAG)
"""What decides a case: the kinds that `--fail-under` counts."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a review can show: a criterion with a truth value, a flag, a question, a phrase."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def criterion_point(criterion: str, truth: Truth) -> Point:
    """That a criterion has this truth value."""
    return Point(Kind.CRITERION, f"{criterion} {truth.value}")


def points_of(loaded: Loaded) -> tuple[Point, ...]:
    """Everything that transcripts of a policy can show.

    Questions about the form are put once, so there is no ask-back of theirs; a reading that no case shows, no note.
    """
    policy, prompts = loaded.policy, loaded.prompts
    points = [criterion_point(c, truth) for c in policy.criterion for truth in Truth]
    points += [Point(Kind.OUTCOME, o.value) for o in Outcome]
    points += [Point(Kind.HOLD, f.id) for f in policy.flags if f.effect == "hold"]
    points += [Point(Kind.FLAG, f.id) for f in policy.flags]
    points += [Point(Kind.NOTE, r.id) for r in policy.readings if r.when != "never"]
    points += [Point(Kind.QUESTION, q) for q in prompts.question]
    points += [Point(Kind.ASK_BACK, q.id) for q in (*prompts.questions, prompts.closing)]
    points += [Point(Kind.TERM, phrase) for phrase in terms_of(loaded)]
    return tuple(points)


def terms_of(loaded: Loaded) -> dict[str, str]:
    """Every phrase that says something of a fact, as the reader sees it, with the entry that it belongs to.

    Places, decoys and other words that only guide the reader say nothing by themselves and are not counted.
    """
    reader = reader_of(loaded)
    found: dict[str, str] = {}
    for document in reader.vocabulary.documents:
        for entry, phrase in _phrases(document):
            words = normalise(phrase, reader.context.joined).tokens
            found.setdefault(" ".join(t.text for t in words), entry)
    return found


def _phrases(document: Document) -> Iterator[tuple[str, str]]:
    if sides := document.sides:
        for name, value in sides.values.items():
            yield from ((f"{sides.fact}: {value}", w) for w in getattr(sides, name))
    for finding in document.findings:
        yield from ((f"{finding.fact}: {finding.value}", w) for w in finding.words)
    for pair in document.pairs:
        yield from ((f"{pair.fact}: {pair.value}", w) for w in (*pair.first, *pair.then))
    for grade in document.grades:
        yield from ((f"{grade.fact}: named", w) for w in (*grade.heads, *grade.needing))
        for degree, words in grade.degrees.items():
            yield from ((f"{grade.fact}: {degree}", w) for w in words)
        yield from ((f"{grade.fact}: {scale.id}", w) for scale in grade.scales for w in scale.names)
        yield from ((f"{grade.fact}: length", w) for w in (grade.lengths.words if grade.lengths else ()))
    for stage in document.stages:
        yield from ((f"{stage.fact}: named", w) for w in stage.words)
        yield from ((f"{stage.fact}: not staged", w) for w in stage.unstaged)
        for system, words in stage.systems.items():
            yield from ((f"{stage.system_fact}: {system}", w) for w in words)
    for choice in document.choices:
        for value, words in choice.values.items():
            yield from ((f"{choice.fact}: {value}", w) for w in words)
        yield from ((f"{choice.fact}: {choice.none}", w) for w in choice.none_words)
        yield from ((f"{choice.fact}: named", w) for w in choice.any_words)
    for age in document.ages:
        yield from ((f"{age.fact}: years", w) for w in (*age.units, *age.before, *age.after_number, *age.decades))


class Observer:
    """Sees what reviews of one policy show. What is the same in many reviews is worked out once."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.read = reads(loaded)
        self._terms = frozenset(terms_of(loaded))
        self._states: dict[int, tuple[Determination, frozenset[Point]]] = {}
        self._phrases: dict[str, tuple[tuple[int, int, str], ...]] = {}

    def shown(self, events: Iterable[Event]) -> tuple[Session, frozenset[Point]]:
        """The review, and every point that it shows after any of its events, on any side.

        An outcome counts where the review ends with it or is concluded.

        Raises:
            AssistantError: The events do not fit together or do not fit the policy.
        """
        first, *rest = events
        if not isinstance(first, Started):
            raise AssistantError("a transcript must begin with the event 'started'")
        session = start(self.loaded, self.read, first)
        found = self._of_sides(session)
        put: Asked | None = None
        for event in rest:
            found.update(_of_asking(session, event, put))
            put = event if isinstance(event, Asked) else None
            session = advance(session, event)
            if isinstance(event, Answered | Picked | Undone | Reopened):
                found |= self._of_sides(session)
            if isinstance(event, Answered):
                found.update(self._of_words(session.events[-1]))
            if isinstance(event, Concluded):
                found.update(_outcomes(session))
        found.update(_outcomes(session))
        return session, frozenset(found)

    def _of_sides(self, session: Session) -> set[Point]:
        return set().union(*(self.of_determination(review.determination) for review in session.sides))

    def of_determination(self, determination: Determination) -> frozenset[Point]:
        """What one state of a side shows; not its outcome, which may change yet."""
        known = self._states.get(id(determination))
        if known is None:
            if len(self._states) >= _KEPT:
                self._states.clear()
            points = frozenset(_of_determination(self.loaded.policy, determination))
            known = self._states[id(determination)] = (determination, points)  # kept, so that its id stays its own
        return known[1]

    def _of_words(self, event: Event) -> Iterator[Point]:
        assert isinstance(event, Answered)
        read: tuple[FactRead, ...] = event.read or ()
        if not read:
            return
        for start_, end, phrase in self._tagged(event.text):
            if any(one.start <= start_ and end <= one.end for one in read):
                yield Point(Kind.TERM, phrase)

    def _tagged(self, text: str) -> tuple[tuple[int, int, str], ...]:
        """The phrases that the reader finds in an answer, and where they stand in it."""
        known = self._phrases.get(text)
        if known is None:
            if len(self._phrases) >= _KEPT:
                self._phrases.clear()
            known = self._phrases[text] = tuple(self._tag(text))
        return known

    def _tag(self, text: str) -> Iterator[tuple[int, int, str]]:
        reader = reader_of(self.loaded)
        plain = normalise(text, reader.context.joined)
        words = [reader.spelling.spelled(word)[0] for word in reader.context.spoken(plain)]
        for tag in reader.vocabulary.phrases.find(plain.tokens, words):
            phrase = " ".join(words[tag.first : tag.last])
            if phrase in self._terms:
                yield *plain.raw_span(plain.tokens[tag.first].start, plain.tokens[tag.last - 1].end), phrase


def _of_determination(policy: Policy, determination: Determination) -> Iterator[Point]:
    yield from (criterion_point(c, truth) for c, truth in determination.criteria.items())
    yield from (Point(Kind.FLAG, flag) for flag in determination.flags)
    yield from (Point(Kind.HOLD, hold) for hold in determination.holds)
    yield from (Point(Kind.NOTE, reading) for reading in readings_that_apply(policy, determination))


def _outcomes(session: Session) -> Iterator[Point]:
    return (Point(Kind.OUTCOME, s.determination.outcome.value) for s in session.sides)


def _of_asking(session: Session, event: Event, put: Asked | None) -> Iterator[Point]:
    """The question that an event puts or answers; where a transcript does not record it as put, the one due then."""
    if isinstance(event, Asked):
        if event.question:
            yield Point(Kind.ASK_BACK if event.ask_back else Kind.QUESTION, event.question)
    elif isinstance(event, Answered | Picked) and event.question and put is None and not _edits(event):
        ask = next_question(session)
        again = ask is not None and ask.ask_back and ask.question.id == event.question
        yield Point(Kind.ASK_BACK if again else Kind.QUESTION, event.question)


def _edits(event: Answered | Picked) -> bool:
    return event.replaces is not None if isinstance(event, Answered) else event.origin == "override"


# --- Many transcripts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """What transcripts show of a policy.

    `counts` says in how many transcripts each point is shown. `others` are transcripts of other policies or versions,
    and `errors` those that could not be followed, with the reason.
    """

    loaded: Loaded
    points: tuple[Point, ...]
    counts: Mapping[Point, int]
    transcripts: int
    sides: int
    others: int = 0
    errors: tuple[str, ...] = ()

    def of(self, kind: Kind) -> tuple[Point, ...]:
        """Every point of a kind."""
        return tuple(p for p in self.points if p.kind is kind)

    def missing(self, *kinds: Kind) -> tuple[Point, ...]:
        """The points of these kinds that no transcript shows."""
        return tuple(p for p in self.points if p.kind in kinds and p not in self.counts)

    def percent(self, *kinds: Kind) -> float:
        """How much of these kinds is shown; all of it when there is nothing to show."""
        count = sum(p.kind in kinds for p in self.points)
        return 100.0 if not count else 100 * (count - len(self.missing(*kinds))) / count


def coverage_of(loaded: Loaded, pieces: Iterable[Piece]) -> Coverage:
    """What transcripts show of a policy, read one at a time."""
    observer = Observer(loaded)
    points = points_of(loaded)
    known = frozenset(points)
    counts: Counter[Point] = Counter()
    transcripts = sides = others = 0
    errors = []
    for piece in pieces:
        try:
            events = parse_piece(piece)
            first = events[0]
            assert isinstance(first, Started)
            if (first.policy, first.version) != (loaded.policy.id, loaded.policy.version):
                others += 1
                continue
            session, shown = observer.shown(events)
        except Exception as error:  # noqa: BLE001 - one transcript that trips the program must not cost the others
            place = piece.path if piece.line == 1 else f"{piece.path}:{piece.line}"
            said = str(error) if isinstance(error, AssistantError) else fault_line(error)
            errors.append(said if said.startswith(piece.path) else f"{place}: {said}")
            continue
        transcripts += 1
        sides += len(session.sides)
        counts.update(shown & known)
    return Coverage(loaded, points, dict(counts), transcripts, sides, others, tuple(errors))
