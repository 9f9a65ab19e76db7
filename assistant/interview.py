"""The interview as a fold over events: what is known, what follows, what to ask next. No clock, no files, no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from string import ascii_lowercase

from .determination import Determination, Outcome, determine
from .errors import AssistantError
from .events import (
    Accepted,
    Answered,
    Asked,
    Concluded,
    Event,
    FactRead,
    Noted,
    Picked,
    Released,
    Reopened,
    Reread,
    Started,
    Undone,
)
from .findings import (
    BOTH,
    START,
    Context,
    Finding,
    Turn,
    add_turn,
    checked_values,
    concerns,
    days_said,
    findings_of,
    is_age_at_limit,
    reviewed_on,
)
from .policy import UNKNOWN, Fact, Loaded, Policy, Question, Value, in_order, normal_code
from .release import AGE_AT_LIMIT, Release, contradiction, release_of, said_otherwise

MAX_ANSWERS = 2
"""A question is asked, and asked back once; what is open then stays open, or the reviewer edits."""

MAX_CHOICES = 12
GATED = 2
"""The format since which a release is an event of its own."""
UNSTATED, CONTRADICTORY = "u", "x"
"""Keys of an ask-back for what the record does not say, and for where it contradicts itself."""

_CARRIED = ("turns", "sides", "days", "contexts")
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
    """An answer to an ask-back that can be chosen by its key, or by its words.

    The value is `"unknown"` where the record does not say, or contradicts itself.
    """

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
    asking: Asked | None = None
    """The question that the reviewer asked for once more."""
    accepted: Mapping[tuple[str | None, str], frozenset[Value]] = field(default_factory=dict)
    """Values of doubtful readings that the reviewer let stand, by side and fact."""
    released: frozenset[str | None] = frozenset()
    """The sides that were released, as long as nothing was said since."""

    @property
    def gated(self) -> bool:
        """Whether a release must be earned: in every review that was begun since there is such a thing."""
        return self.started.mode == "review" and self.started.format >= GATED

    @cached_property
    def releases(self) -> Mapping[str | None, Release]:
        """What is still open before each side may be released."""
        return {review.side: _release(self, review) for review in self.sides}

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """What the reviewer did, as it counts now."""
        return tuple(_turns(_actions(self.events)))

    @cached_property
    def sides(self) -> tuple[SideReview, ...]:
        """The review of each side, or of the only one."""
        return _sides(self, self.turns)

    @cached_property
    def days(self) -> Mapping[str, tuple[date, ...]]:
        """The date of service and the birth date: every day that may be meant, the likeliest first."""
        return days_said(self.started, self.turns)

    @property
    def dates(self) -> Mapping[str, date]:
        """The date of service and the birth date, as far as they are known."""
        return {fact: days[0] for fact, days in self.days.items()}

    @cached_property
    def left_behind(self) -> tuple[int, ...]:
        """Turns that spoke of a side which is not under review any more, or before both were requested."""
        speaking = [t for t in self.turns if t.side is None and _speaks_of_side(self.policy, t)]
        if self.sides[0].side:
            return tuple(t.number for t in speaking)
        named = _sides_requested(self.policy, self.sides[0].findings)[1]
        return tuple(t.number for t in speaking if not concerns(t, named, both=False))

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
    elif isinstance(event, Noted) and not may_be_noted_on(session.policy, event.criterion):
        raise AssistantError(f"there is nothing called '{event.criterion}' to note on")
    elif isinstance(event, Accepted):
        for fact, values in event.facts.items():
            checked_values(session.policy, fact, list(values))
    elif isinstance(event, Undone) and not session.turns:
        raise AssistantError("there is nothing to undo")
    elif isinstance(event, Reopened) and not session.concluded:
        raise AssistantError("this review is not concluded")
    return _after(session, event)


REQUEST_NOTE = "request"
"""What a note on the request form is on."""


def may_be_noted_on(policy: Policy, name: str) -> bool:
    """Whether a note can be on this: a criterion, a requirement, the request, or nothing in particular."""
    return name in policy.criterion or name in {"", REQUEST_NOTE, *(r.id for r in policy.requirements)}


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
    before = context_for(session, event.side)
    event = event.model_copy(update={"read": _read(session, event), "rereads": (), "voids": _voided(session, event)})
    after_session = _followed(session, event)
    after = context_for(after_session, event.side)
    if session.gated and event.side is None and event.about != after.side:
        event = event.model_copy(update={"about": after.side})
        after_session = _followed(session, event)
    if after != before:
        kept = {f.fact for f in event.read or ()}
        again = tuple(r for r in _read(after_session, event) if r.fact in kept or r.values)
        if again != event.read:
            event = event.model_copy(update={"read": again})
            after_session = _followed(session, event)
    rereads = []
    turns = after_session.turns
    moved = {s for s in {t.side for t in turns} if context_for(session, s) != context_for(after_session, s)}
    for turn in turns if moved else ():
        if turn.pick or turn.note or turn.void or turn.side not in moved:
            continue
        if turn.number == (event.replaces or len(turns)) or turn.about not in {None, after.side}:
            continue
        again = _read(after_session, Answered(question=turn.question, text=turn.text, side=turn.side))
        if again != turn.read:
            rereads.append(Reread(turn=turn.number, read=again))
    if rereads:
        event = event.model_copy(update={"rereads": tuple(rereads)})
        after_session = _followed(session, event)
    return event, after_session


def _voided(session: Session, event: Answered) -> tuple[int, ...]:
    """The turns that asked back about an answer which is edited: they belong to what it said before."""
    if event.replaces is None or not session.gated:
        return ()
    old = session.turns[event.replaces - 1]
    return tuple(
        t.number
        for t in session.turns[event.replaces :]
        if t.question == old.question and t.side == old.side and not t.note and not t.void
    )


def _read(session: Session, event: Answered) -> tuple[FactRead, ...]:
    """What an answer says of the side that it is about, and where both are requested of the other one by its words."""
    policy = session.policy
    asked = session.loaded.prompts.question[event.question]
    read = session.read(event.text, asked, context_for(session, event.side))
    others = [s.side for s in session.sides if s.side and s.side != event.side]
    if event.side not in policy.sides or not others:
        return read
    if same := _same_as(session, event, others[0]):
        return same
    doubt = f"said in an answer about the {event.side} side"
    of_others = tuple(
        r.model_copy(update={"side": BOTH} if policy.fact[r.fact].of_both else {"doubt": doubt})
        for other in others
        for r in session.read(event.text, asked, context_for(session, other))
        if r.side == other and policy.fact[r.fact].about == "side"
    )
    if of_others or any(r.side == BOTH for r in read):
        read = tuple(
            r.model_copy(update={"side": BOTH}) if policy.fact[r.fact].of_both and not r.side else r for r in read
        )
    return (*read, *of_others)


def _same_as(session: Session, event: Answered, other: str) -> tuple[FactRead, ...]:
    """What is known of the other side, for an answer that says that it is the same here: same MRI."""
    spoken = " ".join(event.text.lower().strip(" .,!").split())
    if spoken not in session.loaded.prompts.same:
        return ()
    known = session.review_of(other).findings
    asked = session.loaded.prompts.question[event.question]
    return tuple(
        FactRead(
            fact=fact,
            values=tuple(v for v in in_order(session.policy, fact, known[fact].values) if not isinstance(v, tuple)),
            quote=event.text,
            end=len(event.text),
            method=f"same as {other}",
        )
        for fact in asked.facts
        if fact in known and not known[fact].conflict and session.policy.fact[fact].about == "side"
    )


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
    dates = session.dates
    return Context(
        known,
        dates.get("date_of_service"),
        dates.get("birth_date"),
        session.started.date_order == "day-month",
        _requested(session, review),
        reviewed_on(session.started),
    )


def _requested(session: Session, review: SideReview) -> str | None:
    """The side that the form requests, as it is known."""
    known = review.findings.get(session.policy.side_fact or "")
    return str(known.value) if known and known.value is not None else None


def _after(session: Session, event: Event) -> Session:
    """The session with one more event, not checked."""
    completing, concluded, asking = session.completing, session.concluded, session.asking
    accepted, released = session.accepted, session.released
    if isinstance(event, Concluded):
        concluded = event
    elif isinstance(event, Reopened):
        concluded, released = None, frozenset()
    elif isinstance(event, Asked) and not event.question:
        completing = event.completing
    elif isinstance(event, Asked):
        asking = event if event.again else asking
    elif isinstance(event, Accepted):
        accepted = {**accepted, **{(event.side, f): frozenset[Value](v) for f, v in event.facts.items()}}
    elif isinstance(event, Released) and _may_be_released(session, event.side):
        released |= {event.side}
    elif isinstance(event, Answered | Picked | Undone):
        released, asking = _still_released(session, event), None
    after = Session(
        session.loaded,
        session.read,
        (*session.events, event),
        session.started,
        completing,
        concluded,
        asking,
        accepted,
        released,
    )
    if isinstance(event, Asked | Accepted | Released | Concluded | Reopened):  # none of these says anything of the case
        known = vars(session)
        vars(after).update({name: known[name] for name in _CARRIED if name in known})
    return after


def _may_be_released(session: Session, side: str | None) -> bool:
    """Whether a release counts: one that was written under another policy, or by hand, counts only if it is earned."""
    return side in session.releases and session.releases[side].allowed


def _still_released(session: Session, event: Answered | Picked | Undone) -> frozenset[str | None]:
    """Sides whose release is not touched: only a value chosen for the other side alone leaves it standing."""
    if not isinstance(event, Picked) or any(session.policy.fact[f].about != "side" for f in event.facts):
        return frozenset()
    return frozenset(s for s in session.released if s and event.side and s != event.side)


def _followed(session: Session, event: Answered | Picked) -> Session:
    """The session with one more answer, not checked, and what follows from it.

    An answer that only adds is added: an interview costs as much an answer at its end as at its beginning.
    """
    after = _after(session, event)
    if isinstance(event, Picked) or (event.replaces is None and not event.rereads):
        stamp = max((t.stamp for t in session.turns), default=-1) + 1
        turn = replace(_turn(len(session.turns) + 1, event), stamp=stamp)
        vars(after)["turns"] = (*session.turns, turn)
        if sides := _sides_after(session, turn):
            vars(after).update(sides=sides, days=session.days, contexts=session.contexts)
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
    for stamp, action in enumerate(actions):
        if isinstance(action, Answered) and action.replaces is not None:
            old = turns[action.replaces - 1]
            turns[action.replaces - 1] = Turn(
                old.number,
                action.question,
                old.side,
                action.text,
                action.read or (),
                edited=True,
                about=action.about,
                stamp=stamp,
            )
            for number in action.voids:
                turns[number - 1] = replace(turns[number - 1], read=(), pick=None, void=True)
        else:
            turns.append(replace(_turn(len(turns) + 1, action), stamp=stamp))
        if isinstance(action, Answered):
            for again in action.rereads:
                turns[again.turn - 1] = replace(turns[again.turn - 1], read=again.read)
    return turns


def _turn(number: int, action: Answered | Picked | Noted) -> Turn:
    if isinstance(action, Noted):
        return Turn(number, "", action.side, action.text, note=action)
    if isinstance(action, Picked):
        return Turn(number, action.question, action.side, action.text, pick=action, about=action.about)
    return Turn(number, action.question, action.side, action.text, action.read or (), about=action.about)


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
    if session.days or days_said(session.started, (turn,)):
        return None
    reviews = []
    for review in session.sides:
        findings = dict(review.findings)
        add_turn(findings, policy, turn, None, shared=True)
        add_turn(findings, policy, turn, review.side or named, shared=False, both=both)
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
    """The next question, or None when all is asked that can matter and the review can be ended."""
    if session.concluded:
        return None
    if session.asking:
        return _asked_again(session, session.asking)
    prompts = session.loaded.prompts
    if ask := _intake(session):
        return ask
    last = session.sides[-1]
    for review in session.sides:
        for question in prompts.questions:
            if ask := _ask(session, review, question):
                return ask
        if review is last and (ask := _for_release(session)):
            return ask
        if (session.gated or review is last) and (ask := _closing(session, review)):
            return ask
    return None


def _asked_again(session: Session, asked: Asked) -> Ask:
    question = session.loaded.prompts.question[asked.question]
    review = session.review_of(asked.side)
    wanted = [f for f in question.facts if f in session.policy.domains]
    opened = [f for f in wanted if f not in review.findings or review.findings[f].value is None] or wanted
    return _ask_back(session, review, question, opened[0]) if opened else Ask(question, review.side, True)


def _intake(session: Session) -> Ask | None:
    """The next question about the form, or one of the interview that must come before it."""
    prompts = session.loaded.prompts
    early = {q for question in prompts.intake for q in question.after}
    begun = any(t.question in {q.id for q in prompts.questions} - early for t in session.turns)
    for question in () if begun or not _has_intake(session) else prompts.intake:
        ask = _about_form(session, question)
        if ask is None:
            continue
        for name in question.after if session.gated and not ask.ask_back else ():
            if first := _ask(session, session.sides[0], prompts.question[name]):
                return first
        return ask
    return None


def _has_intake(session: Session) -> bool:
    declined = any(t.text == START for t in session.turns)
    wanted = (session.started.model_extra or {}).get("intake", session.started.mode == "review")
    return bool(wanted) and not declined


def _about_form(session: Session, question: Question, *, once_more: bool = False) -> Ask | None:
    """A question about the form while its answer is open: put once and asked back once.

    Args:
        session: The review.
        question: One of the form.
        once_more: Put it again where it was skipped.
    """
    review = session.sides[0]
    if not all(_is(review.findings.get(fact), value) for fact, value in question.only_if.items()):
        return None
    opened = [f for f in question.facts if not _told(session, review, f)]
    turns = [t for t in session.turns if t.question == question.id]
    skipped = [t for t in turns if t.skipped]
    if not opened or len(turns) >= MAX_ANSWERS or (skipped and not once_more):
        return None
    if not turns or (skipped and len(skipped) == len(turns)):
        return Ask(question, review.side)
    if not session.gated:
        return None
    settling = [f for f in opened if f in question.settles]
    return _ask_back(session, review, question, settling[0]) if settling else None


def _is(known: Finding | None, value: Value) -> bool:
    return known is not None and all(v == value or (isinstance(v, tuple) and str(value) in v) for v in known.values)


def _told(session: Session, review: SideReview, fact: str) -> bool:
    """Whether a fact of the form is known, or known not to be told."""
    if fact not in session.policy.domains:
        return fact in session.days or any(r.fact == fact and r.closed for t in session.turns for r in t.read)
    known = review.findings.get(fact)
    return known is not None and (known.closed or known.value is not None or not session.gated)


def _for_release(session: Session) -> Ask | None:
    """Once the criteria are met: what a release still rests on and nobody has told, each put once more."""
    if not session.gated:
        return None
    prompts = session.loaded.prompts
    for review in session.sides:
        if review.determination.outcome is not Outcome.MET:
            continue
        for item in session.releases[review.side].open:
            for fact in item.facts:
                question = prompts.question_for(fact)
                if question in prompts.intake and (ask := _about_form(session, question, once_more=True)):
                    return ask
    return None


def _closing(session: Session, review: SideReview) -> Ask | None:
    """The last question about a side, asked back once when its answer leaves it open."""
    closing = session.loaded.prompts.closing
    turns = [t for t in session.turns if t.question == closing.id and t.side in {review.side, None}]
    if not session.gated:
        turns = [t for t in session.turns if t.question == closing.id]
    known = review.findings.get(closing.facts[0])
    if any(t.skipped for t in turns) or len(turns) >= MAX_ANSWERS or (known and known.closed):
        return None
    if known and known.value is not None and not known.doubt:
        return None
    answered = [t for t in turns if not t.void]
    return _ask_back(session, review, closing, closing.facts[0]) if answered else Ask(closing, review.side)


def _ask(session: Session, review: SideReview, question: Question) -> Ask | None:
    """The question, put for the first time or asked back, if it is still wanted for this side."""
    everywhere = all(session.policy.fact[f].about != "side" for f in question.facts)
    turns = [
        t
        for t in session.turns
        if t.question == question.id and not t.void and (everywhere or _counts(session, t, review))
    ]
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


def _counts(session: Session, turn: Turn, review: SideReview) -> bool:
    """Whether a turn was about the side that is reviewed."""
    if review.side:
        return turn.side == review.side
    return turn.side is None and concerns(turn, _sides_requested(session.policy, review.findings)[1], both=False)


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
    """The values still possible, to choose from by key, and two ways in which the record may fail to tell.

    A number's key is the number itself, so that `2` at a stage is stage II. Grades have letters: their numbers mean
    other things (2 mm, Kellgren-Lawrence 2). All others are numbered.
    """
    fact = policy.fact[fact_id]
    if fact.kind == "date":
        return ()
    known = review.findings.get(fact_id)
    domain = policy.domains[fact_id]
    silent = (
        Choice(UNSTATED, fact_id, UNKNOWN, "the record does not say"),
        Choice(CONTRADICTORY, fact_id, UNKNOWN, "the record contradicts itself"),
    )
    if fact.kind == "codes" or len(domain) > MAX_CHOICES:
        return silent
    told = known is not None and (not known.doubt or known.value is None)
    offered = in_order(policy, fact_id, known.values if known and told else domain)
    return (*(Choice(_key(fact, i, v), fact_id, v, fact.say(v)) for i, v in enumerate(offered)), *silent)


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
    outcomes = [ending_of(session, s) for s in session.sides]
    order = (Outcome.NOT_ADDRESSED, Outcome.NOT_MET, Outcome.INFORMATION_NEEDED, Outcome.MET)
    return next(o for o in order if o in outcomes)


def _release(session: Session, review: SideReview) -> Release:
    findings = review.findings
    doubts = {f: found.doubt or found.reason for f, found in findings.items() if found.doubt or found.closed}
    return release_of(
        session.policy,
        review.determination,
        {f: found.values for f, found in findings.items() if f in session.policy.domains},
        unsettled={
            **dict(_said_otherwise(session, review)),
            **{f: why for f, found in findings.items() if (why := _unsettled(session, found))},
        },
        doubted={f: why for f, why in doubts.items() if not is_accepted(session, review, f)},
        interview=True,
    )


def _said_otherwise(session: Session, review: SideReview) -> Iterator[tuple[str, str]]:
    """Findings that answers about the form speak of, and that exclude what was recorded: fact, and why it is open.

    Such words never count as findings; but no release may stand beside them unseen.
    """
    prompts, policy = session.loaded.prompts, session.policy
    if review.determination.outcome is not Outcome.MET:
        return
    intake = {q.id for q in prompts.intake}
    for turn in session.turns:
        if turn.question not in intake or turn.pick or turn.skipped or turn.void:
            continue
        for read in session.read(turn.text, prompts.closing, context_for(session, review.side)):
            found, fact = review.findings.get(read.fact), policy.fact[read.fact]
            if fact.about != "side" or fact.best_of or found is None or found.reason or read.side == BOTH:
                continue
            if read.values and found.values.isdisjoint(read.values) and read.fact not in prompts.closing.facts:
                yield read.fact, said_otherwise(read.fact, read.quote, turn.number)


def _unsettled(session: Session, found: Finding) -> str:
    """Why a fact can not be released on as it stands; empty when it can."""
    if found.conflict or found.against:
        return contradiction(found.fact)
    return AGE_AT_LIMIT if is_age_at_limit(session.policy, found) else ""


def is_accepted(session: Session, review: SideReview, fact: str) -> bool:
    """Whether the reviewer let a doubtful reading of a fact stand, with the values that it has now."""
    side = review.side if session.policy.fact[fact].about == "side" else None
    return session.accepted.get((side, fact)) == review.findings[fact].values


def ending_of(session: Session, review: SideReview) -> Outcome:
    """What a side ends with as things stand: criteria met only where all that a release rests on was established.

    A review that is concluded ends as met only for sides that were released.
    """
    found = review.determination.outcome
    if found is not Outcome.MET or not session.gated or review.side in session.released:
        return found
    held = session.concluded is not None or not session.releases[review.side].allowed
    return Outcome.INFORMATION_NEEDED if held else found


def as_concluded(session: Session) -> Session:
    """The review as it would be if it were closed now."""
    return session if session.concluded else _after(session, Concluded(determination=""))


def requested_codes(session: Session) -> tuple[str, ...]:
    """The procedure codes as they were given, without modifiers."""
    codes = session.started.request.get("procedure_codes")
    found = [normal_code(c) for c in codes] if isinstance(codes, list | tuple) else []
    for turn in session.turns:
        found += [str(v) for r in turn.read if r.fact == "procedure_codes" for v in r.values]
    return tuple(dict.fromkeys(found))
