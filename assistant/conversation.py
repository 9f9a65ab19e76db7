"""What the reviewer typed, and what it means: commands, choices and answers, the same in every shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .determination import Outcome
from .errors import AssistantError
from .events import (
    MAX_ANSWER,
    Accepted,
    Answered,
    Asked,
    Event,
    Noted,
    Picked,
    Released,
    ReleasedItem,
    Reopened,
    Undone,
)
from .findings import CONTRADICTS, NOT_STATED, SKIP, START, Turn
from .identifiers import REMOVED, Identifier, identifiers_in, redacted
from .interview import (
    CONTRADICTORY,
    REQUEST_NOTE,
    UNSTATED,
    Ask,
    Choice,
    Session,
    SideReview,
    advance,
    answered,
    completed,
    context_for,
    ending_of,
    next_question,
)
from .policy import UNKNOWN, Fact, Value, values_of
from .readers import reader_of
from .release_view import last_screen, release_side
from .safe_text import clean
from .view import OUTCOME_WORDS, criteria_lines, criterion_for, determination_line, reason_line, say_values, understood

COMMANDS = {
    "/help": "what to look for in the chart, and which answers are understood",
    "/why": "why this is asked, what the policy says, its references",
    "/policy": "what the policy says of a criterion: /policy I2b",
    "/criteria": "all criteria and where they stand",
    "/answers": "all answers so far, with their numbers",
    "/back": "change the last answer",
    "/edit": "change an answer: /edit 3, or /edit 3 NEW ANSWER",
    "/undo": "take back the last answer",
    "/pick": "choose a value yourself: /pick arthritis mild REASON",
    "/note": "write a note: /note TEXT, or on a criterion, a requirement or the request: /note I2b TEXT",
    "/skip": "leave this question open and go on",
    "/unknown": "the record does not say",
    "/start": "skip the questions about the request form",
    "/complete": "go on with questions that can no longer change the outcome",
    "/rationale": "the rationale as it stands, also /rationale member html FILE",
    "/release": "release the side whose last screen is shown; nothing else does",
    "/refer": "hand the case to a physician reviewer: /refer REASON",
    "/pend": "end as information needed: /pend REASON",
    "/conclude": "close the review",
    "/reopen": "open a closed review again: /reopen REASON",
    "/keep": "go on saving in another directory: /keep DIRECTORY",
    "/quit": "leave; says first if anything is not saved",
}
ACCEPT = "Accept this change?"
REMOVE = f"Save it with {REMOVED} in its place?"
NOT_TAKEN = f"That answer is longer than {MAX_ANSWER:,} characters and was not taken; give the part that answers this."
_EDIT = re.compile(r"^\s*/edit \d+ ")
CONCLUDE_HINT = "Press Enter (or type /conclude) to close the review; /answers to look again; /rationale to read it."


@dataclass(frozen=True, slots=True)
class Reply:
    """What follows from a line that the reviewer typed.

    `events` are to be journaled and folded, in order. `lines` are said. `show` names something to open, `about` what
    of. `pending` is a change to be shown (its effects are in `lines`) and applied only if the reviewer accepts.
    `prefill` is text to put into the answer field. With `either`, nothing has happened yet: the reviewer chooses
    between two replies, by yes and by no. `editing` is the number of an answer that the next text is to replace.
    `refused`: the text can not be taken as it is, and is the reviewer's to shorten.
    """

    events: tuple[Event, ...] = ()
    lines: tuple[str, ...] = ()
    show: str | None = None
    about: str = ""
    pending: Event | None = None
    prefill: str = ""
    quit: bool = False
    either: tuple[Reply, Reply] | None = None
    editing: int = 0
    refused: bool = False


def respond(session: Session, text: str, editing: int = 0) -> Reply:
    """The meaning of one typed line. Never raises for what a reviewer can type.

    Args:
        session: The review as it stands.
        text: What was typed.
        editing: The number of the answer that is being changed, if one is; a text that is no command replaces it.
    """
    text = as_change(text, editing)
    reply = _respond(session, text)
    if reply.events or reply.pending:
        found = identifiers_in(text, reader_of(session.loaded).known_words)
        if found:
            return _offer_to_remove(session, text, found, reply)
    return reply


def as_change(text: str, editing: int) -> str:
    """A typed line as it stands alone: while an answer is being changed, a text that is no command replaces it."""
    typed = text.strip()
    if editing and typed and (not typed.startswith("/") or typed.startswith("//")):
        return f"/edit {editing} {typed.removeprefix('/')}"
    return text


def _offer_to_remove(session: Session, text: str, found: tuple[Identifier, ...], reply: Reply) -> Reply:
    """Ask before words that name a patient are written anywhere."""
    shown = [f"“{clean(text[one.start : one.end])}” looks like {one.kind}." for one in found]
    return Reply(
        lines=(*shown, "A review should hold the case reference, and nothing else that names the patient."),
        either=(_respond(session, redacted(text, found)), reply),
    )


def _respond(session: Session, text: str) -> Reply:
    try:
        if len(_EDIT.sub("", text, count=1)) > MAX_ANSWER:
            return Reply(lines=(NOT_TAKEN,), refused=True)
        typed = text.strip()
        if typed.startswith("/") and not typed.startswith("//"):
            name, _, rest = typed.partition(" ")
            return _command(session, name.lower(), rest.strip())
        return _answer(session, text[1:] if text.startswith("//") else text)
    except AssistantError as error:
        return Reply(lines=(str(error),))


def accept(session: Session, pending: Event) -> Reply:
    """The reviewer accepted a change that was shown."""
    event, after = completed(session, pending)
    return Reply(events=(event,), lines=(*_effects(session, after), determination_line(after)))


def _answer(session: Session, text: str) -> Reply:
    ask = next_question(session)
    if session.concluded:
        return Reply(lines=("This review is concluded. Type /rationale, /reopen and a reason, or /quit.",))
    if ask is None:
        return _at_the_end(session, text)
    if not text.strip():
        if ask.question in session.loaded.prompts.intake:
            return _record(session, ask, Answered(question=ask.question.id, text=SKIP, side=ask.side, read=()))
        return Reply(lines=("Type an answer. /unknown if the record does not say, /skip to go on, /help for help.",))
    spoken = " ".join(text.lower().split())
    if spoken in {"release", *(f"release {s}" for s in session.policy.sides)} and session.gated:
        return Reply(lines=("Not yet: a release comes after the last question. This one is still open.",))
    choice = next((c for c in ask.choices if spoken in {c.key, c.label.lower()}), None)
    if choice:
        return _choose(session, ask, choice, text.strip())
    key, colon, reason = text.partition(":")
    choice = next((c for c in ask.choices if key.strip().lower() == c.key), None)
    if choice and colon and reason.strip() and choice.key not in {UNSTATED, CONTRADICTORY}:
        return _choose(session, ask, choice, text.strip(), reason.strip())
    numbered = [c for c in ask.choices if c.key.isdecimal() and str(c.value) != c.key]
    if numbered and spoken.isdecimal() and len(spoken) == 1:
        return Reply(lines=(f"There is no choice {spoken}. Type one of the keys shown, or an answer in words.",))
    return _record(session, ask, answered(session, ask.question.id, text, ask.side))


def _choose(session: Session, ask: Ask, choice: Choice, text: str, reason: str = "") -> Reply:
    """A value chosen by its key or its words, with a reason if one was given; or why the record gives none."""
    silent = {UNSTATED: NOT_STATED, CONTRADICTORY: CONTRADICTS}.get(choice.key)
    pick = Picked(
        question=ask.question.id,
        facts={choice.fact: choice.value},
        side=ask.side,
        about=_about(session, ask.side),
        text=silent or text,
        reason=choice.label if silent else reason,
    )
    return _record(session, ask, pick)


def _about(session: Session, side: str | None) -> str | None:
    """The side under review, where only one is requested."""
    return context_for(session, side).side if session.gated and side is None else None


def _at_the_end(session: Session, text: str) -> Reply:
    """What is typed when all is asked: nothing (close), the key of a line of the last screen, or one of three words."""
    word, _, rest = text.strip().partition(" ")
    if not word:
        return _conclude(session)
    if action := {"release": _release, "refer": _refer, "pend": _pend}.get(word.lower()):
        return action(session, rest.strip())
    review = release_side(session)
    line = next((one for one in last_screen(session, review) if one.key == word.lower()), None) if review else None
    if line is None or review is None or rest:
        unasked = "Nothing is asked now, so this was not recorded; /edit N changes answer N." if rest else ""
        return Reply(lines=tuple(filter(None, (unasked, CONCLUDE_HINT))))
    side = review.side if session.policy.fact[line.fact].about == "side" else None
    if line.doubtful:
        values = tuple(v for v in review.findings[line.fact].values if not isinstance(v, tuple))
        event = Accepted(facts={line.fact: values}, side=side)
        advance(session, event)
        return Reply(events=(event,), lines=(f"{line.label}: it stands as read.",))
    question = session.loaded.prompts.question_for(line.fact)
    if question is None:
        return Reply(lines=(f"Choose the value yourself: /pick {line.fact} VALUE REASON",))
    return Reply(
        events=(Asked(question=question.id, side=side, ask_back=True, again=True),),
        lines=(f"Asked again: {line.label}.",),
    )


def _record(session: Session, ask: Ask, event: Answered | Picked) -> Reply:
    """An event with the question that it answers, and what was understood."""
    asked = Asked(question=ask.question.id, side=ask.side, ask_back=ask.ask_back)
    written, after = completed(session, event)
    assert isinstance(written, Answered | Picked)
    lines = understood(after, written)
    if any(n not in session.left_behind for n in after.left_behind):
        lines += ("Both sides are requested: what was said before that of either side is asked again, side by side.",)
    return Reply(events=(asked, written), lines=(*lines, *_news(session, after)))


def _left_behind(before: Session, after: Session) -> tuple[str, ...]:
    """Answers about a side that is not under review any more, by number."""
    gone = [n for n in after.left_behind if n not in before.left_behind and not after.sides[0].side]
    if not gone:
        return ()
    numbers = ", ".join(map(str, gone))
    return (f"What was said of the other side does not count here and is asked again: answers {numbers}.",)


def _news(before: Session, after: Session) -> tuple[str, ...]:
    """Said once: the outcome is settled and why, what counts no longer, or the next side begins."""
    lines = [*_left_behind(before, after)]
    old, new = before.current, after.current
    if old.side != new.side and new.side:
        if finished := next((s for s in after.sides if s.side == old.side), None):
            lines.append(f"{reason_line(after, finished)} Now the {new.side} side.")
        else:
            lines.append(f"Now the {new.side} side.")
    elif new.determination.settled and not old.determination.settled:
        to_release = after.gated and new.determination.outcome is Outcome.MET
        more = "" if to_release else " /complete asks what else belongs in the record."
        lines.append(f"The outcome is settled: {reason_line(after, new)}{more}")
    return tuple(lines)


def _command(session: Session, name: str, rest: str) -> Reply:
    if name == "/":
        return Reply(show="commands")
    matches = [c for c in COMMANDS if c == name] or [c for c in COMMANDS if c.startswith(name)]
    if len(matches) != 1:
        several = (
            f" Did you mean {' or '.join(matches)}?" if matches else " Type / for the list, // to begin with a slash."
        )
        return Reply(lines=(f"There is no command {clean(name)}.{several}",))
    return _ACTIONS[matches[0]](session, rest)


def _show(what: str) -> Callable[[Session, str], Reply]:
    return lambda _session, rest: Reply(show=what, about=rest)


def _policy(session: Session, rest: str) -> Reply:
    found = _criterion_id(session, rest.split(maxsplit=1)[0]) if rest else _current_criterion(session)
    if rest and not found:
        known = ", ".join(c.id for c in session.policy.criteria)
        return Reply(lines=(f"There is no criterion {clean(rest)}. There are {known}.",))
    return Reply(show="policy", about=found or session.policy.indications.id)


def _skip(session: Session, _rest: str) -> Reply:
    ask = _asked(session)
    return _record(session, ask, Answered(question=ask.question.id, text=SKIP, side=ask.side, read=()))


def _start(session: Session, _rest: str) -> Reply:
    ask = _asked(session)
    if ask.question not in session.loaded.prompts.intake:
        return Reply(lines=("The questions about the request form are done.",))
    return _record(session, ask, Answered(question=ask.question.id, text=START, side=ask.side, read=()))


def _unknown(session: Session, _rest: str) -> Reply:
    ask = _asked(session)
    facts = [ask.fact] if ask.fact else ask.question.settles or ask.question.facts[:1]
    given = {f: UNKNOWN for f in facts if f in session.policy.domains and not _is_known(session, ask, f)}
    if not given:
        return _skip(session, "")
    return _record(
        session,
        ask,
        Picked(
            question=ask.question.id,
            facts=given,
            side=ask.side,
            about=_about(session, ask.side),
            text=NOT_STATED,
            reason="the record does not say",
        ),
    )


def _is_known(session: Session, ask: Ask, fact: str) -> bool:
    finding = session.review_of(ask.side).findings.get(fact)
    return finding is not None and finding.value is not None


def _asked(session: Session) -> Ask:
    ask = next_question(session)
    if ask is None:
        raise AssistantError("there is no question to answer now", CONCLUDE_HINT)
    return ask


def _undo(session: Session, _rest: str) -> Reply:
    if session.concluded:
        raise AssistantError("this review is concluded", "Type /reopen and a reason to change it")
    if not session.turns:
        return Reply(lines=("There is nothing to undo.",))
    last = _counting(session)[-1]
    event = Undone()
    advance(session, event)
    return Reply(events=(event,), lines=(f"Taken back: {clean(getattr(last, 'text', ''))}",))


def _counting(session: Session) -> list[Event]:
    kept: list[Event] = []
    for event in session.events:
        if isinstance(event, Answered | Picked | Noted):
            kept.append(event)
        elif isinstance(event, Undone):
            kept.pop()
    return kept


def _back(session: Session, rest: str) -> Reply:
    answers = [t for t in session.turns if t.question and not t.note]
    return _edit(session, f"{answers[-1].number} {rest}") if answers else Reply(lines=("There is no earlier answer.",))


def _edit(session: Session, rest: str) -> Reply:
    if session.concluded:
        raise AssistantError("this review is concluded", "Type /reopen and a reason to change it")
    number, _, text = rest.strip().partition(" ")
    if not number:
        return Reply(show="answers")
    turn = _turn(session, number)
    if not text.strip():
        return Reply(
            lines=("The effect is shown before anything changes.",),
            prefill="" if turn.skipped else turn.text,
            editing=turn.number,
        )
    event = answered(session, turn.question, text.strip(), turn.side, turn.number)
    written, after = completed(session, event)
    changes = _effects(session, after)
    shown = changes or ("Nothing else changes.",)
    return Reply(lines=(f"Answer {turn.number} would become: {clean(text.strip())}", *shown), pending=written)


def _turn(session: Session, number: str) -> Turn:
    found = int(number) if number.isdecimal() and len(number) < 6 else 0
    if not 1 <= found <= len(session.turns):
        raise AssistantError(f"there is no answer number {clean(number)}", "Type /answers to see them")
    turn = session.turns[found - 1]
    if turn.note or turn.question not in session.loaded.prompts.question:
        raise AssistantError(
            f"number {found} is not an answer to a question", "Take it back with /undo, or /pick again"
        )
    return turn


def _effects(before: Session, after: Session) -> tuple[str, ...]:
    """What a change does: values and criteria, old and new."""
    policy = before.policy
    lines = [*_left_behind(before, after)]
    for review in after.sides:
        old = before.review_of(review.side)
        side = f"{review.side} side: " if review.side else ""
        for fact in dict.fromkeys((*old.findings, *review.findings)):
            was = say_values(policy, old.findings[fact]) if fact in old.findings else "not spoken of"
            now = say_values(policy, review.findings[fact]) if fact in review.findings else "not spoken of"
            if was != now:
                lines.append(f"{side}{policy.fact[fact].label}: {was} → {now}")
        old_words = {c.id: c.word for c in criteria_lines(before, old)}
        lines += [
            f"{side}{line.id} {line.label}: {old_words[line.id]} → {line.word}"
            for line in criteria_lines(after, review)
            if old_words[line.id] != line.word
        ]
        if old.determination.outcome is not review.determination.outcome:
            lines.append(f"{side}determination: {OUTCOME_WORDS[review.determination.outcome]}")
    return tuple(lines)


def _pick(session: Session, rest: str) -> Reply:
    policy = session.policy
    name, _, tail = rest.partition(" ")
    if not name:
        return Reply(
            lines=("Name a fact and its value: /pick arthritis mild REASON. " + "Facts: " + ", ".join(policy.domains),)
        )
    facts = [f for f in policy.domains if f == name.lower()] or [f for f in policy.domains if name.lower() in f]
    if len(facts) != 1:
        raise AssistantError(f"no single fact is called {clean(name)}", f"There are {', '.join(policy.domains)}")
    value, reason = _value_and_reason(policy.fact[facts[0]], tail.strip())
    values = _picked_values(session, facts[0], value)
    given: Any = UNKNOWN if values == policy.domains[facts[0]] else next(iter(values))
    side = session.current.side if policy.fact[facts[0]].about == "side" else None
    known = session.review_of(side).findings.get(facts[0])
    override = known is not None and known.values != policy.domains[facts[0]] and known.values != values
    if override and not reason.strip():
        raise AssistantError("this goes against what was read", f"Say why: /pick {facts[0]} {clean(value)} REASON")
    event = Picked(
        facts={facts[0]: given},
        side=side,
        about=_about(session, side),
        origin="override" if override else "manual",
        reason=reason.strip(),
        text=f"{value}",
    )
    written, after = completed(session, event)
    assert isinstance(written, Picked)
    settled = known is not None and (known.conflict or known.against) and reason.strip()
    unchanged = "The value stays as it is; your reason settles it." if settled else "Nothing changes."
    return Reply(lines=_effects(session, after) or (unchanged,), pending=written)


def _value_and_reason(fact: Fact, text: str) -> tuple[str, str]:
    """What stands behind the fact of a /pick: a value by its id or in words, and the reason."""
    words = {fact.say(v).lower(): str(v) for v in fact.values}
    spoken = max((w for w in words if f"{text.lower()} ".startswith(f"{w} ")), key=len, default="")
    if spoken:
        return words[spoken], text[len(spoken) :]
    value, _, reason = text.partition(" ")
    return value, reason


def _picked_values(session: Session, fact: str, value: str) -> frozenset[Value]:
    try:
        return values_of(session.policy, fact, value.split(",") if session.policy.fact[fact].kind == "codes" else value)
    except ValueError as error:
        raise AssistantError(str(error)) from error


def _note(session: Session, rest: str) -> Reply:
    """A note on what its first word names; on the question's criterion or requirement; or on nothing in particular."""
    first, _, tail = rest.partition(" ")
    named = _notable(session, first)
    text = tail.strip() if named else rest
    if not text:
        return Reply(lines=("Write the note: /note TEXT, or /note I2b TEXT, /note G3 TEXT, /note request TEXT.",))
    chosen = named or _current_criterion(session) or _current_requirement(session) or ""
    event = Noted(criterion=chosen, text=text, side=session.current.side)
    advance(session, event)
    return Reply(events=(event,), lines=(f"Noted{f' on {chosen}' if chosen else ''}. A note changes nothing else.",))


def _notable(session: Session, name: str) -> str | None:
    """The criterion, requirement or other thing that a note can be on, by its name."""
    known = [*(c.id for c in session.policy.criteria), *(r.id for r in session.policy.requirements), REQUEST_NOTE]
    return next((one for one in known if one.lower() == name.lower()), None)


def _current_requirement(session: Session) -> str | None:
    ask = next_question(session)
    return ask.question.requirement if ask else None


def _criterion_id(session: Session, name: str) -> str | None:
    return next((c.id for c in session.policy.criteria if c.id.lower() == name.lower()), None)


def _current_criterion(session: Session) -> str | None:
    ask = next_question(session)
    return criterion_for(session.policy, ask.question) if ask else None


def _complete(session: Session, _rest: str) -> Reply:
    event = Asked(completing=True)
    advance(session, event)
    return Reply(events=(event,), lines=("All questions that are still open will be asked.",))


def _conclude(session: Session, _rest: str = "") -> Reply:
    """Close the review. What may be released is never released by this."""
    if session.concluded:
        return Reply(lines=("This review is concluded already.",))
    ask = next_question(session)
    closing = session.loaded.prompts.closing
    if ask is not None and ask.question is closing and not ask.ask_back:
        return Reply(lines=("First the last question, then the review can be concluded.",))
    if ask is not None and not any(t.question == closing.id for t in session.turns):
        if not all(s.determination.settled for s in session.sides):
            return Reply(lines=("Questions are still open that can change the outcome. /skip leaves one open.",))
        if session.completing:
            event = Asked(completing=False)
            return Reply(events=(event,), lines=("First the last question, then the review can be concluded.",))
    if waiting := release_side(session):
        side = f" the {waiting.side} side" if waiting.side else ""
        if session.releases[waiting.side].allowed:
            return Reply(lines=(f"This does not release{side}. Type release, or refer REASON, or pend REASON.",))
    return _concluded(session)


def _concluded(session: Session, before: tuple[Event, ...] = ()) -> Reply:
    """The review closed after some last events."""
    for event in before:
        session = advance(session, event)
    from .rationale import conclusion  # here: templates are loaded only when they are needed

    closing = conclusion(session)
    after = advance(session, closing)
    lines = tuple(reason_line(after, s) for s in after.sides)
    return Reply(events=(*before, closing), lines=lines, show="rationale")


def _next_or_concluded(session: Session, events: tuple[Event, ...]) -> Reply:
    """After one side was decided: the last screen of the other one, or the end."""
    after = session
    for event in events:
        after = advance(after, event)
    waiting = release_side(after)
    if waiting:
        return Reply(events=events, lines=(f"Now the {waiting.side} side.",))
    return _concluded(session, events)


def _release(session: Session, rest: str) -> Reply:
    review = _to_decide(session)
    if rest and rest.lower() not in {s.side for s in session.sides}:
        return Reply(lines=("Type release alone; the last screen shows what it is about.",))
    review = session.review_of(rest.lower()) if rest else review
    if review.determination.outcome is not Outcome.MET:
        return Reply(lines=(f"Not released. {reason_line(session, review)}",))
    if opened := session.releases[review.side].open:
        return Reply(lines=("Not released. Still open:", *(f"{one.why}" for one in opened)))
    shown = tuple(
        ReleasedItem(item=one.item or one.label, value=one.value, quote=one.quote)
        for one in last_screen(session, review)
    )
    said = f"Released: the {review.side} side." if review.side else "Released."
    after = _next_or_concluded(session, (Released(side=review.side, items=shown),))
    return replace(after, lines=(said, *after.lines))


def _refer(session: Session, rest: str) -> Reply:
    if not rest:
        return Reply(lines=("Say why: refer REASON",))
    review = _to_decide(session)
    closing = session.loaded.prompts.closing
    fact = closing.facts[0]
    event, _ = completed(
        session,
        Picked(
            question=closing.id,
            facts={fact: closing.frame.yes[fact]},
            side=review.side,
            about=_about(session, review.side),
            origin="override",
            reason=rest,
            text=rest,
        ),
    )
    return _next_or_concluded(session, (event,))


def _pend(session: Session, rest: str) -> Reply:
    review = _to_decide(session)
    if not rest and session.releases[review.side].allowed:
        return Reply(lines=("Nothing is open, so say what is needed: pend REASON",))
    if ending_of(session, review) in {Outcome.NOT_MET, Outcome.NOT_ADDRESSED}:
        lines = (
            f"Not pended: as recorded, this is not open. {reason_line(session, review)}",
            "Where the record does not tell after all, say so first: /pick FACT unknown REASON. Or type refer REASON.",
        )
        return Reply(lines=lines)
    noted = (Noted(criterion="", text=rest, side=review.side),) if rest else ()
    return _concluded(session, noted)


def _to_decide(session: Session) -> SideReview:
    """The side that is to be released, referred or pended now."""
    if session.concluded:
        raise AssistantError("this review is concluded", "Type /reopen and a reason to change it")
    if next_question(session) is not None:
        raise AssistantError("questions are still open", "Answer them, or /conclude")
    return release_side(session) or session.sides[-1]


def _reopen(session: Session, rest: str) -> Reply:
    if not rest:
        return Reply(lines=("Say why: /reopen REASON",))
    event = Reopened(reason=rest)
    advance(session, event)
    return Reply(events=(event,), lines=("The review is open again.",))


def _keep(_session: Session, rest: str) -> Reply:
    if not rest:
        return Reply(lines=("Name a directory that can be written: /keep DIRECTORY",))
    return Reply(show="keep", about=rest)


_ACTIONS: dict[str, Callable[[Session, str], Reply]] = {
    "/help": _show("help"),
    "/why": _show("why"),
    "/policy": _policy,
    "/criteria": _show("criteria"),
    "/answers": _show("answers"),
    "/back": _back,
    "/edit": _edit,
    "/undo": _undo,
    "/pick": _pick,
    "/note": _note,
    "/skip": _skip,
    "/unknown": _unknown,
    "/start": _start,
    "/complete": _complete,
    "/rationale": _show("rationale"),
    "/release": _release,
    "/refer": _refer,
    "/pend": _pend,
    "/conclude": _conclude,
    "/reopen": _reopen,
    "/keep": _keep,
    "/quit": lambda _session, _rest: Reply(quit=True),
}
