"""The interview as a fold over events: what is known, what follows, what to ask next. No clock, no files, no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from string import ascii_lowercase

from .determination import Determination, Outcome, determine
from .errors import AssistantError
from .events import Answered, Asked, Concluded, Event, FactRead, Noted, Picked, Reopened, Reread, Started, Undone
from .findings import START, Context, Finding, Turn, add_turn, checked_values, dates_said, findings_of
from .policy import Fact, Loaded, Policy, Question, Value, in_order, normal_code

MAX_ANSWERS = 2
"""A question is asked, and asked back once; what is open then stays open, or the reviewer edits."""

MAX_CHOICES = 12

_CARRIED = ("turns", "sides", "dates", "contexts")
"""What is worked out of a session, and holds for the next one when nothing was said of the case."""


ReadAnswer = Callable[[str, Question, Context], tuple[FactRead, ...]]
"""How an answer's text becomes what it says of facts."""


@dataclass(frozen=True)
class SideReview:
    """The review of one side, or of the only one: what was found and what follows."""

    side: str | None
    findings: Mapping[str, Finding]
    determination: Determination


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to an ask-back that can be chosen by its key."""

    key: str
    fact: str
    value: Value
    label: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The question to put now. For an ask-back, `fact` is what is still open and `choices` its values."""

    question: Question
    side: str | None
    ask_back: bool = False
    fact: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Session:
    """Everything about a review, as its events say. What follows from them is worked out when it is asked for."""

    loaded: Loaded
    read: ReadAnswer
    events: tuple[Event, ...]
    started: Started
    completing: bool = False
    concluded: Concluded | None = None

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """What the reviewer did, as it counts now."""
        return tuple(_turns(_actions(self.events)))

    @cached_property
    def sides(self) -> tuple[SideReview, ...]:
        """The review of each side, or of the only one."""
        return _sides(self, self.turns)

    @cached_property
    def dates(self) -> Mapping[str, date]:
        """The date of service and the birth date, as far as they are known."""
        return dates_said(self.started, self.turns)

    @cached_property
    def left_behind(self) -> tuple[int, ...]:
        """Turns that spoke of a side before it was known that both are requested."""
        if not self.sides[0].side:
            return ()
        return tuple(t.number for t in self.turns if t.side is None and _speaks_of_side(self.policy, t))

    @cached_property
    def contexts(self) -> dict[str | None, Context]:
        """What answers are read against, by side, as far as it was worked out."""
        return {}

    @property
    def policy(self) -> Policy:
        """The policy under which the case is reviewed."""
        return self.loaded.policy

    @cached_property
    def current(self) -> SideReview:
        """The side being reviewed: the one of the next question, or the last."""
        ask = next_question(self)
        return next((s for s in self.sides if ask and s.side == ask.side), self.sides[-1])

    @cached_property
    def context(self) -> Context:
        """What the next answer is read against."""
        return context_for(self, self.current.side)

    def review_of(self, side: str | None) -> SideReview:
        """The review of a side; the first one when that side is not reviewed."""
        return next((s for s in self.sides if s.side == side), self.sides[0])


def start(loaded: Loaded, read: ReadAnswer, started: Started) -> Session:
    """A review with nothing answered yet.

    Raises:
        AssistantError: The request names a value that a fact does not have.
    """
    session = Session(loaded, read, (started,), started)
    session.sides  # noqa: B018 - a request that does not fit is said now, not when it is shown
    return session


def fold(loaded: Loaded, read: ReadAnswer, events: Iterable[Event]) -> Session:
    """The review that a list of events tells, from its first one."""
    first, *rest = events
    if not isinstance(first, Started):
        raise AssistantError("a transcript must begin with the event 'started'")
    session = start(loaded, read, first)
    for event in rest:
        session = advance(session, event)
    session.sides  # noqa: B018 - what does not fit together is said now, not when it is shown
    return session


def advance(session: Session, event: Event, *, anew: bool = False) -> Session:
    """The session after one more event; `anew` reads an answer again, whatever it records.

    Raises:
        AssistantError: The event does not fit: a closed review, an unknown question, fact or turn.
    """
    if session.concluded and not isinstance(event, Reopened | Asked):
        raise AssistantError("this review is concluded", "Type /reopen and a reason to change it")
    if isinstance(event, Started):
        raise AssistantError("'started' stands twice", "A transcript has one review")
    if isinstance(event, Answered):
        again = anew or event.read is None
        _check_answer(session, event, () if again else event.read or ())
        if again:
            return _answered(session, event)[1]
    elif isinstance(event, Picked):
        for fact, value in event.facts.items():
            checked_values(session.policy, fact, value)
        return _followed(session, event)
    elif isinstance(event, Noted) and event.criterion not in session.policy.criterion:
        raise AssistantError(f"there is no criterion '{event.criterion}'")
    elif isinstance(event, Undone) and not session.turns:
        raise AssistantError("there is nothing to undo")
    elif isinstance(event, Reopened) and not session.concluded:
        raise AssistantError("this review is not concluded")
    return _after(session, event)


def _check_answer(session: Session, event: Answered, reads: Iterable[FactRead]) -> None:
    if event.question not in session.loaded.prompts.question:
        raise AssistantError(f"there is no question '{event.question}'")
    if event.replaces is not None and not 1 <= event.replaces <= len(session.turns):
        raise AssistantError(f"there is no answer number {event.replaces}")
    for read in reads:
        if read.fact not in session.policy.fact:
            raise AssistantError(f"there is no fact '{read.fact}'")


def answered(
    session: Session, question: str, text: str, side: str | None = None, replaces: int | None = None
) -> Answered:
    """The event of an answer, with what it says and which earlier answers read differently because of it.

    Pure, so an edit can be shown before it is accepted: advance a copy.
    """
    return _answered(session, Answered(question=question, text=text, side=side, replaces=replaces))[0]


def _answered(session: Session, event: Answered) -> tuple[Answered, Session]:
    """An answer with what it says, and the session after it."""
    asked = session.loaded.prompts.question[event.question]
    before = context_for(session, event.side)
    read = session.read(event.text, asked, before)
    event = event.model_copy(update={"read": read, "rereads": ()})
    after_session = _followed(session, event)
    after = context_for(after_session, event.side)
    if after != before:
        kept = {f.fact for f in read}
        again = tuple(r for r in session.read(event.text, asked, after) if r.fact in kept or r.values)
        if again != read:
            event = event.model_copy(update={"read": again})
            after_session = _followed(session, event)
    rereads = []
    turns = after_session.turns
    moved = {s for s in {t.side for t in turns} if context_for(session, s) != context_for(after_session, s)}
    for turn in turns if moved else ():
        if turn.pick or turn.note or turn.side not in moved or turn.number == (event.replaces or len(turns)):
            continue
        now = context_for(after_session, turn.side)
        again = session.read(turn.text, session.loaded.prompts.question[turn.question], now)
        if again != turn.read:
            rereads.append(Reread(turn=turn.number, read=again))
    if rereads:
        event = event.model_copy(update={"rereads": tuple(rereads)})
        after_session = _followed(session, event)
    return event, after_session


def context_for(session: Session, side: str | None) -> Context:
    """What answers about a side are read against."""
    known = session.contexts.get(side)
    if known is None:
        known = session.contexts[side] = _context_for(session, side)
    return known


def _context_for(session: Session, side: str | None) -> Context:
    review = session.review_of(side)
    policy = session.policy
    known = side
    if known is None and policy.side_fact and policy.side_fact in review.findings:
        value = review.findings[policy.side_fact].value
        known = value if isinstance(value, str) and value in policy.sides else None
    return Context(known, session.dates.get("date_of_service"), session.dates.get("birth_date"))


def _after(session: Session, event: Event) -> Session:
    """The session with one more event, not checked."""
    completing, concluded = session.completing, session.concluded
    if isinstance(event, Concluded):
        concluded = event
    elif isinstance(event, Reopened):
        concluded = None
    elif isinstance(event, Asked) and not event.question:
        completing = event.completing
    after = Session(session.loaded, session.read, (*session.events, event), session.started, completing, concluded)
    if isinstance(event, Asked | Concluded | Reopened):  # none of these says anything of the case
        known = vars(session)
        vars(after).update({name: known[name] for name in _CARRIED if name in known})
    return after


def _followed(session: Session, event: Answered | Picked) -> Session:
    """The session with one more answer, not checked, and what follows from it.

    An answer that only adds is added: an interview costs as much an answer at its end as at its beginning.
    """
    after = _after(session, event)
    if isinstance(event, Picked) or (event.replaces is None and not event.rereads):
        turn = _turn(len(session.turns) + 1, event)
        vars(after)["turns"] = (*session.turns, turn)
        if sides := _sides_after(session, turn):
            vars(after).update(sides=sides, dates=session.dates, contexts=session.contexts)
    return after


def _actions(events: Iterable[Event]) -> list[Answered | Picked | Noted]:
    """Answers, picks and notes that were not taken back."""
    actions: list[Answered | Picked | Noted] = []
    for event in events:
        if isinstance(event, Answered | Picked | Noted):
            actions.append(event)
        elif isinstance(event, Undone):
            actions.pop()
    return actions


def _turns(actions: Sequence[Answered | Picked | Noted]) -> list[Turn]:
    turns: list[Turn] = []
    for action in actions:
        if isinstance(action, Answered) and action.replaces is not None:
            old = turns[action.replaces - 1]
            turns[action.replaces - 1] = Turn(
                old.number, action.question, old.side, action.text, action.read or (), edited=True
            )
        else:
            turns.append(_turn(len(turns) + 1, action))
        if isinstance(action, Answered):
            for again in action.rereads:
                turns[again.turn - 1] = replace(turns[again.turn - 1], read=again.read)
    return turns


def _turn(number: int, action: Answered | Picked | Noted) -> Turn:
    if isinstance(action, Noted):
        return Turn(number, "", action.side, action.text, note=action)
    if isinstance(action, Picked):
        return Turn(number, action.question, action.side, action.text, pick=action)
    return Turn(number, action.question, action.side, action.text, action.read or ())


def _speaks_of_side(policy: Policy, turn: Turn) -> bool:
    return any(policy.fact[r.fact].about == "side" for r in turn.read)


def _sides(session: Session, turns: tuple[Turn, ...]) -> tuple[SideReview, ...]:
    policy = session.policy
    shared = findings_of(policy, session.started, turns, None, shared=True)
    both, named = _sides_requested(policy, shared)
    return tuple(
        _review(
            policy,
            side,
            {**shared, **findings_of(policy, session.started, turns, side or named, shared=False, both=both)},
        )
        for side in (policy.sides if both else (None,))
    )


def _sides_after(session: Session, turn: Turn) -> tuple[SideReview, ...] | None:
    """The reviews after one more turn, from those before it; None when the turn changes what earlier ones mean."""
    policy = session.policy
    both, named = _sides_requested(policy, session.sides[0].findings)
    if session.dates or dates_said(session.started, (turn,)):
        return None
    reviews = []
    for review in session.sides:
        findings = dict(review.findings)
        add_turn(findings, policy, turn, shared=True)
        if turn.side == (review.side or named) or (turn.side is None and not both):
            add_turn(findings, policy, turn, shared=False)
        if _sides_requested(policy, findings) != (both, named):
            return None
        reviews.append(_review(policy, review.side, findings))
    return tuple(reviews)


def _sides_requested(policy: Policy, findings: Mapping[str, Finding]) -> tuple[bool, Value | None]:
    """Whether both sides are requested, and the side if it is one."""
    found = findings.get(policy.side_fact or "")
    value = found.value if found else None
    return bool(policy.both_sides) and value == policy.both_sides, value if value in policy.sides else None


def _review(policy: Policy, side: str | None, findings: Mapping[str, Finding]) -> SideReview:
    possible = {f: found.values for f, found in findings.items() if f in policy.domains}
    return SideReview(side, findings, determine(policy, possible))


# --- What to ask next ---------------------------------------------------------------------------------------------


def next_question(session: Session) -> Ask | None:
    """The next question, or None when all is asked that can matter and the review can be concluded."""
    if session.concluded:
        return None
    prompts = session.loaded.prompts
    begun = any(t.question in {q.id for q in prompts.questions} for t in session.turns)
    for question in () if begun or not _has_intake(session) else prompts.intake:
        if _intake_wanted(session, question):
            return Ask(question, session.sides[0].side)
    for review in session.sides:
        for question in prompts.questions:
            if ask := _ask(session, review, question):
                return ask
    return _closing(session)


def _closing(session: Session) -> Ask | None:
    """The last question, asked back once when its answer leaves it open."""
    closing, review = session.loaded.prompts.closing, session.sides[-1]
    turns = [t for t in session.turns if t.question == closing.id]
    known = review.findings.get(closing.facts[0])
    if any(t.skipped for t in turns) or len(turns) >= MAX_ANSWERS or (turns and known and known.value is not None):
        return None
    if known is not None and known.closed:
        return None
    return _ask_back(session, review, closing, closing.facts[0]) if turns else Ask(closing, review.side)


def _has_intake(session: Session) -> bool:
    declined = any(t.text == START for t in session.turns)
    wanted = (session.started.model_extra or {}).get("intake", session.started.mode == "review")
    return bool(wanted) and not declined


def _intake_wanted(session: Session, question: Question) -> bool:
    findings = session.sides[0].findings
    if any(t.question == question.id for t in session.turns):
        return False
    for fact, value in question.only_if.items():
        known = findings.get(fact)
        if known is None or not all(v == value or (isinstance(v, tuple) and str(value) in v) for v in known.values):
            return False
    return not any(f in findings or f in session.dates for f in question.facts)


def _ask(session: Session, review: SideReview, question: Question) -> Ask | None:
    """The question, put for the first time or asked back, if it is still wanted for this side."""
    everywhere = all(session.policy.fact[f].about != "side" for f in question.facts)
    turns = [t for t in session.turns if t.question == question.id and (everywhere or t.side == review.side)]
    if any(t.skipped for t in turns):
        return None
    conflict = next((f for f in question.facts if f in review.findings and review.findings[f].conflict), None)
    if conflict:
        return _ask_back(session, review, question, conflict) if len(turns) <= MAX_ANSWERS else None
    if len(turns) >= MAX_ANSWERS:
        return None
    if turns:
        wanting = [f for f in question.settles or question.facts[:1] if _wanting(session, review, question, f)]
        return _ask_back(session, review, question, wanting[0]) if wanting else None
    if any(_wanting(session, review, question, f) for f in question.facts):
        return Ask(question, review.side)
    return None


def _wanting(session: Session, review: SideReview, question: Question, fact: str) -> bool:
    """Whether the fact is open, could be told, and is worth a question."""
    known = review.findings.get(fact)
    if known and (known.closed or known.value is not None):
        return False
    if session.completing:
        return known is None or len(known.values) > 1
    if question.ask == "record":
        return False
    if question.ask == "open":
        return review.determination.outcome in {Outcome.MET, Outcome.INFORMATION_NEEDED}
    return fact in review.determination.live


def _ask_back(session: Session, review: SideReview, question: Question, fact_id: str) -> Ask:
    return Ask(question, review.side, True, fact_id, choices_for(session.policy, review, fact_id))


def choices_for(policy: Policy, review: SideReview, fact_id: str) -> tuple[Choice, ...]:
    """The values still possible, to choose from by key.

    A number's key is the number itself, so that `2` at a stage is stage II. Grades have letters: their numbers mean
    other things (2 mm, Kellgren-Lawrence 2). All others are numbered.
    """
    fact = policy.fact[fact_id]
    known = review.findings.get(fact_id)
    domain = policy.domains[fact_id]
    if fact.kind == "codes" or len(domain) > MAX_CHOICES:
        return ()
    offered = in_order(policy, fact_id, known.values if known else domain)
    return tuple(Choice(_key(fact, i, v), fact_id, v, fact.say(v)) for i, v in enumerate(offered))


def _key(fact: Fact, index: int, value: Value) -> str:
    if fact.kind == "integer":
        return str(value)
    return ascii_lowercase[index] if fact.kind == "grade" else str(index + 1)


def completed(session: Session, event: Event, *, anew: bool = False) -> tuple[Event, Session]:
    """The event with what it changed written into it, and the session after it.

    Args:
        session: The review before the event.
        event: What happened.
        anew: Read an answer again, whatever it records of an earlier reading.
    """
    after = advance(session, event, anew=anew)
    written = after.events[-1]
    if isinstance(written, Answered | Picked):
        old = session.review_of(written.side).determination
        new = after.review_of(written.side).determination
        changed = {c: t.value for c, t in new.criteria.items() if old.criteria[c] is not t}
        written = written.model_copy(update={"criteria": changed, "determination": new.outcome.value})
        known = {name: vars(after)[name] for name in _CARRIED if name in vars(after)}
        after = replace(after, events=(*after.events[:-1], written))
        vars(after).update(known)  # what an event records of its effects has none itself
    return written, after


def stamped(session: Session, events: Iterable[Event], at: str) -> tuple[tuple[Event, ...], Session]:
    """The events with the time at which they happened, and the session after them."""
    written = tuple(event.model_copy(update={"at": at}) for event in events)
    for event in written:
        session = advance(session, event)
    return written, session


def outcome_of(session: Session) -> Outcome:
    """The determination of the request: with two sides, the one that needs most care goes on the cover."""
    outcomes = [s.determination.outcome for s in session.sides]
    order = (Outcome.NOT_ADDRESSED, Outcome.NOT_MET, Outcome.INFORMATION_NEEDED, Outcome.MET)
    return next(o for o in order if o in outcomes)


def requested_codes(session: Session) -> tuple[str, ...]:
    """The procedure codes as they were given, without modifiers."""
    codes = session.started.request.get("procedure_codes")
    found = [normal_code(c) for c in codes] if isinstance(codes, list | tuple) else []
    for turn in session.turns:
        found += [str(v) for r in turn.read if r.fact == "procedure_codes" for v in r.values]
    return tuple(dict.fromkeys(found))
