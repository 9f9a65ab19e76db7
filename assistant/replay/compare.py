"""One saved review run again: every answer is read anew, and each difference is named with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..answering import reads
from ..events import Answered, Asked, Concluded, Event, FactRead, Picked, Started
from ..interview import Session, advance, as_concluded, completed, ending_of, next_question, outcome_of, start
from ..policy import Loaded, Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a replay goes another way than the record.

    `line` is the number of the event in its transcript (1-based), `what` the thing compared, `name` the fact,
    criterion or template that differs, `why` the rule or term that was and is behind it.
    """

    line: int
    what: str
    name: str
    recorded: str
    now: str
    why: str = ""

    def __str__(self) -> str:
        why = f" ({self.why})" if self.why else ""
        name = f" {self.name}" if self.name else ""
        return f"line {self.line}: {self.what}{name}: recorded {self.recorded}, now {self.now}{why}"


def replay(loaded: Loaded, events: Iterable[Event]) -> tuple[Session, tuple[Difference, ...]]:
    """Feed recorded events through the interview again.

    Values that a transcript does not record are not compared.
    """
    first, *rest = events
    assert isinstance(first, Started)
    session = start(loaded, reads(loaded), first)
    found: list[Difference] = []
    for line, event in enumerate(rest, 2):
        found += _asked(session, event, line)
        if isinstance(event, Answered):
            written, session = completed(session, event, anew=True)
            assert isinstance(written, Answered)
            found += _readings(event, written, line)
            found += _outcome(session, event, written, line)
        elif isinstance(event, Picked):
            written, session = completed(session, event)
            assert isinstance(written, Picked)
            found += _outcome(session, event, written, line)
        else:
            if isinstance(event, Concluded):
                found += _concluded(session, event, line)
                found += _rationale(session, event, line)
            session = advance(session, event)
    return session, tuple(found)


def facts_only(loaded: Loaded, events: Iterable[Event]) -> tuple[Session, tuple[Difference, ...]]:
    """Feed the recorded readings, without reading any answer again, and compare the determinations at the end.

    Answers without recorded readings are read.
    """
    first, *rest = events
    assert isinstance(first, Started)
    session = start(loaded, reads(loaded), first)
    found: list[Difference] = []
    last: Answered | Picked | None = None
    last_line = 0
    for line, event in enumerate(rest, 2):
        if isinstance(event, Concluded):
            found += _concluded(session, event, line)
            last = None
        elif isinstance(event, Answered | Picked):
            last, last_line = event, line
        session = advance(session, event)
    if last is not None and last.determination is not None:
        now = session.review_of(last.side).determination.outcome.value
        if last.determination != now:
            found.append(Difference(last_line, "determination", "", last.determination, now))
    return session, tuple(found)


def _asked(session: Session, event: Event, line: int) -> Iterator[Difference]:
    if not isinstance(event, Asked) or event.completing or not event.question:
        return
    ask = next_question(session)
    now = (ask.question.id, ask.side, ask.ask_back) if ask else ("", None, False)
    if (event.question, event.side, event.ask_back) != now:
        review = session.review_of(event.side)
        live = ", ".join(f.id for f in session.policy.facts if f.id in review.determination.live) or "no fact"
        yield Difference(
            line,
            "question asked",
            "",
            _say_ask(event.question, event.ask_back),
            _say_ask(now[0], now[2]),
            f"{live} can still change the outcome",
        )


def _say_ask(question: str, ask_back: bool) -> str:
    return f"{question or 'none'}{' (ask-back)' if ask_back else ''}"


def _readings(recorded: Answered, now: Answered, line: int) -> Iterator[Difference]:
    if recorded.read is None:
        return
    was = {r.fact: r for r in recorded.read}
    new = {r.fact: r for r in now.read or ()}
    for fact in dict.fromkeys((*was, *new)):
        old, fresh = was.get(fact), new.get(fact)
        if _said(old) != _said(fresh):
            yield Difference(line, "reading of", fact, _say_read(old), _say_read(fresh), _rules(old, fresh))


def _said(read: FactRead | None) -> tuple[frozenset[int | str], str] | None:
    return (frozenset(read.values), read.quote) if read else None


def _say_read(read: FactRead | None) -> str:
    if read is None:
        return "nothing"
    values = sorted(read.values, key=str)
    shown = ", ".join(map(str, values)) if len(values) <= 6 else f"{len(values)} values"
    return f"{shown} “{read.quote}”"


def _rules(old: FactRead | None, new: FactRead | None) -> str:
    """The rule, and what it made of the words, before and now."""
    before = f"{old.method}, {old.assertion}" if old else ""
    after = f"{new.method}, {new.assertion}" if new else ""
    if before and not after:
        return f"the rule “{before}” finds these words no longer"
    if after and not before:
        return f"the rule “{after}” finds these words now"
    return f"by “{before}” then, by “{after}” now" if before != after else f"by “{before}”, over other words"


def _outcome(session: Session, recorded: Answered | Picked, now: Answered | Picked, line: int) -> Iterator[Difference]:
    if recorded.criteria is not None:
        was, new = dict(recorded.criteria), dict(now.criteria or {})
        for criterion in dict.fromkeys((*was, *new)):
            if was.get(criterion) != new.get(criterion):
                yield Difference(
                    line,
                    "criterion",
                    criterion,
                    was.get(criterion, "unchanged"),
                    new.get(criterion, "unchanged"),
                    _facts_of(session, criterion, recorded.side),
                )
    if recorded.determination is not None and recorded.determination != now.determination:
        yield Difference(line, "determination", "", recorded.determination, str(now.determination))


def _facts_of(session: Session, criterion: str, side: str | None) -> str:
    """What a criterion stands on now: its label, and its facts with their values."""
    policy: Policy = session.policy
    if criterion not in policy.criterion:
        return "this policy has no such criterion"
    findings = session.review_of(side).findings
    parts = [
        f"{f} {_values(findings[f].values)}"
        for f in dict.fromkeys(policy.criterion[criterion].facts())
        if f in findings
    ]
    return f"{policy.criterion[criterion].label}: {'; '.join(parts) or 'no fact is known'}"


def _values(values: Iterable[object]) -> str:
    listed = sorted(map(str, values))
    return listed[0] if len(listed) == 1 else f"one of {len(listed)}"


def _concluded(session: Session, event: Concluded, line: int) -> Iterator[Difference]:
    session = as_concluded(session)
    if event.determination != outcome_of(session).value:
        yield Difference(line, "determination", "", event.determination, outcome_of(session).value)
    for review in session.sides:
        was = event.determinations.get(review.side or "")
        now = ending_of(session, review).value
        if review.side and was is not None and was != now:
            yield Difference(line, "determination", review.side, was, now)


def _rationale(session: Session, event: Concluded, line: int) -> Iterator[Difference]:
    if not event.rationale:
        return
    from ..rationale import conclusion  # here: templates are loaded only when they are needed

    now = conclusion(session)
    if event.rationale != now.rationale:
        yield Difference(
            line, "rationale", "", event.rationale[7:19], str(now.rationale)[7:19], "it states something else"
        )
    changed = [a for a, d in (event.texts or {}).items() if d != (now.texts or {}).get(a)]
    if changed and event.rationale == now.rationale:
        names = _templates(changed)
        yield Difference(
            line,
            "rationale text",
            names,
            "other words",
            "these words",
            "the same statements through changed templates in prompts/rationale",
        )


def _templates(audiences: list[str]) -> str:
    return ", ".join(f"{a}.j2" for a in audiences) if len(audiences) < 3 else "text.j2, wording.j2 or all three letters"


def changed_criteria(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Criteria that two determinations have in common and judge differently."""
    return {c: (before[c], now[c]) for c in before if c in now and before[c] != now[c]}
