"""Reviews of charts: the one that a trainee begins, and the one that gold would have been."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..answering import reads
from ..events import Answered, Event, FactRead, Started
from ..interview import Session, fold, next_question, start
from ..policy import Loaded, Question, in_order
from ..rationale import conclusion
from .charts import Chart, readable
from .checking import FLAG, gold_values
from .scoring import places_of

GOLD = "gold"
NO_LINE = "(no line of the chart is named)"


def form_of(chart: Chart, loaded: Loaded) -> dict[str, Any]:
    """What the request form says: gold facts that the interview itself does not ask, given unless the form is asked."""
    asked = {f for q in loaded.prompts.questions for f in q.facts}
    return {f: v for f, v in chart.front.facts.items() if f not in asked}


@lru_cache(maxsize=8)
def form_is_asked(loaded: Loaded) -> bool:
    """Whether the interview asks about the request form in practice, too, when it is told to."""
    trial = Started(policy=loaded.policy.id, version=loaded.policy.version, mode="practice", intake=True)
    ask = next_question(new_session(trial, loaded))
    return ask is not None and ask.question in loaded.prompts.intake


def begun(
    chart: Chart, loaded: Loaded, *, mode: str, trainee: str, at: str, drill: str = "", exam: str = ""
) -> Started:
    """The first event of a review of a chart.

    Args:
        chart: What is reviewed.
        loaded: The policy.
        mode: practice or exam.
        trainee: Who reviews.
        at: When it began.
        drill: A criterion; all that other criteria test is then given.
        exam: The exam that this is part of.
    """
    request = form_of(chart, loaded)
    asks_form = bool(request) and not drill and form_is_asked(loaded)
    if asks_form:
        request = {}
    if drill:
        own = set(loaded.policy.criterion[drill].facts())
        request = {f: v for f, v in chart.front.facts.items() if f not in own}
    more = {k: v for k, v in (("drill", drill), ("exam", exam), ("chart", chart.digest)) if v}
    return Started.model_validate(
        {
            "policy": loaded.policy.id,
            "version": loaded.policy.version,
            "digest": loaded.digest,
            "case": chart.id,
            "reviewer": trainee,
            "mode": mode,
            "at": at,
            "request": request,
            "intake": asks_form,
            **more,
        }
    )


def new_session(started: Started, loaded: Loaded) -> Session:
    """A review with nothing answered yet."""
    return start(loaded, reads(loaded), started)


def asks_anything(chart: Chart, loaded: Loaded) -> bool:
    """Whether a review of the chart has a question that the chart answers, rather than ending with what is given."""
    ask = next_question(new_session(begun(chart, loaded, mode="practice", trainee="", at=""), loaded))
    return ask is not None and ask.question is not loaded.prompts.closing


def drill_asks(chart: Chart, loaded: Loaded, criterion: str) -> bool:
    """Whether a chart, with everything else given, still has a question on a criterion."""
    own = set(loaded.policy.criterion[criterion].facts())
    if not own & set(chart.front.facts):
        return False
    ask = next_question(new_session(begun(chart, loaded, mode="practice", trainee="", at="", drill=criterion), loaded))
    return ask is not None and bool(own & set(ask.question.facts))


# --- Gold as a review -------------------------------------------------------------------------------------------------


def deciding_line(chart: Chart, loaded: Loaded, fact: str) -> str:
    """The words of the chart that its writer named as deciding a fact; empty if none are named.

    They stand at the fact itself, at the criterion that tests it, or at a flag that it raises.
    """
    deciding, policy = chart.front.deciding, loaded.policy
    dates = [f.id for f in policy.facts if f.kind == "date"] if policy.fact[fact].about == "patient" else []
    tests = sorted((c for c in policy.criterion.values() if fact in c.facts()), key=lambda c: len(c.facts()))
    flags = [FLAG + f.id for f in policy.flags if fact in {c.fact for c in f.when.walk()}]
    if dates:  # an age is decided by two dates, which stand in two lines
        found = [readable(deciding[k]) for k in (fact, *(c.id for c in tests), *dates) if deciding.get(k)]
        kept = [one for one in found if not any(one in other for other in found if other != one)]
        return " … ".join(dict.fromkeys(kept))
    keys = (fact, *(c.id for c in tests), *flags)
    line = next((deciding[k] for k in keys if deciding.get(k)), "")
    return readable(line)


def line_for(chart: Chart, loaded: Loaded, fact: str) -> str:
    """The deciding words, or else the last sentence of the chart that reads as the gold value."""
    gold = gold_values(chart, loaded).get(fact, frozenset())
    return deciding_line(chart, loaded, fact) or next(reversed(places_of(chart, loaded, fact, gold)), "")


def gold_session(chart: Chart, loaded: Loaded, at: str = "") -> Session:
    """The review that somebody would have written who read everything rightly, in the words of the chart."""
    gold = gold_values(chart, loaded)
    policy = loaded.policy
    started = begun(chart, loaded, mode="practice", trainee=GOLD, at=at)
    started = started.model_copy(update={"request": form_of(chart, loaded)})
    both = policy.both_sides and gold.get(policy.side_fact or "") == frozenset([policy.both_sides])
    events: list[Event] = [started]
    for question in loaded.prompts.questions:
        sided = both and any(policy.fact[f].about == "side" for f in question.facts)
        events += [e for side in (policy.sides if sided else (None,)) if (e := _answer(chart, loaded, question, side))]
    closing = loaded.prompts.closing
    last = policy.sides[-1] if both else None
    read = tuple(FactRead(fact=f, values=(v,), quote="no") for f, v in closing.frame.no.items())
    events.append(Answered(question=closing.id, text="no", side=last, read=read))
    session = fold(loaded, reads(loaded), events)
    return fold(loaded, reads(loaded), (*session.events, conclusion(session)))


def _answer(chart: Chart, loaded: Loaded, question: Question, side: str | None) -> Answered | None:
    gold = gold_values(chart, loaded)
    read, text = [], ""
    for fact in (f for f in question.facts if f in gold):
        line = line_for(chart, loaded, fact) or NO_LINE
        if line not in text:
            text = f"{text} / {line}" if text else line
        at = text.index(line)
        values = tuple(v for v in in_order(loaded.policy, fact, gold[fact]) if not isinstance(v, tuple))
        closed = gold[fact] == loaded.policy.domains[fact]
        read.append(FactRead(fact=fact, values=values, quote=line, start=at, end=at + len(line), closed=closed))
    return Answered(question=question.id, text=text, side=side, read=tuple(read)) if read else None
