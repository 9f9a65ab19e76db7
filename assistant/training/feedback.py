"""What a trainee is told, in words: after an answer, and when the chart is over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from textwrap import wrap

from ..determination import determine, readings_that_apply
from ..events import Answered, Event, FactRead, Picked
from ..findings import NOT_STATED, Finding
from ..interview import Session, context_for
from ..policy import Condition, Criterion, Loaded, Question, Reading, Value
from ..rationale import render
from ..safe_text import clean
from ..view import OUTCOME_WORDS, quoted, say_values
from .charts import Chart
from .checking import gold_determination, gold_values
from .kinds import KINDS, traps_for
from .scoring import Score, Verdict, judged_after, leaves, places_of, score
from .sessions import deciding_line, gold_session, line_for

MARKS = {"right": "right", "wrong": "WRONG", "elsewhere": "WRONG PLACE", "missed": "MISSED"}
NARROW, SIDE_BY_SIDE = 78, 120
LONGEST_LINE = 160
_SHOWN_SECTIONS = ("2", "3", "5", "6")


def after_answer(session: Session, chart: Chart, events: Iterable[Event]) -> tuple[str, ...]:
    """What to say of the answers among some events, `session` being the review after them."""
    answers = [e for e in events if isinstance(e, Answered | Picked)]
    if not answers:
        return ()
    verdicts = judged_after(session, chart, answers)
    lines = [line for v in verdicts for line in about(v, session, chart)]
    if not lines:
        lines = ["(nothing to compare with the chart in this answer)"]
    if any(v.mark != "right" for v in verdicts) and not session.concluded:
        lines.append("Correct it with /back; /chart shows the chart again. The first answer counts.")
    return ("Compared with the chart:", *(f"  {line}" for line in lines))


def about(verdict: Verdict, session: Session, chart: Chart) -> Iterator[str]:
    """One fact: what was said and what is right, the line that decides, and for a mistake how the policy is read."""
    loaded, fact = session.loaded, verdict.fact
    label = loaded.policy.fact[fact].label
    said = say(loaded, fact, verdict.said)
    if verdict.mark == "right":
        yield f"{MARKS['right']}: {label}: {said}{_criteria_of(fact, chart, loaded)}"
    elif not verdict.scored:
        yield f"{MARKS['elsewhere']}: {label}: you have {said}; the chart does not give it for this request"
    else:
        yield f"{MARKS[verdict.mark]}: {label}: you have {said}, the chart {say(loaded, fact, verdict.gold)}"
    if verdict.place:
        yield f"  that stands here, and is not what is asked: {_line(verdict.place)}"
    if verdict.scored and (decides := deciding_line(chart, loaded, fact)):
        yield f"  the chart: {_line(decides)}"
    elif verdict.scored and verdict.mark != "right" and (line := line_for(chart, loaded, fact)):
        yield f"  the chart, among others: {_line(line)}"
    if verdict.mark != "right":
        yield from _policy(verdict, session, chart)


def _policy(verdict: Verdict, session: Session, chart: Chart) -> Iterator[str]:
    loaded, fact = session.loaded, verdict.fact
    if criteria := _criteria_of(fact, chart, loaded):
        yield f"  criteria: {criteria.strip(' ()')}"
    notes = notes_on(fact, chart, loaded, verdict.said)
    yield from (f"  {r.id}: {r.note}" for r in notes)
    if not notes:
        yield from (f"  {c.id}: {c.statement}" for c in leaves(loaded.policy) if fact in c.facts())
    yield from (f"  trap: {clean(t)}" for t in traps_for(chart, loaded, fact))
    if verdict.scored and (form := accepted_wording(fact, session, chart)):
        yield f"  this would have been read: {quoted(form, LONGEST_LINE)}"
    yield f"  kind of mistake: {KINDS[verdict.kind]}"


def _criteria_of(fact: str, chart: Chart, loaded: Loaded) -> str:
    """The criteria that test a fact, and where they stand in the chart."""
    found = gold_determination(chart, loaded).criteria
    tests = [c for c in leaves(loaded.policy) if fact in c.facts()]
    words = "; ".join(f"{c.id} {c.label}: {_words(c, loaded)[found[c.id].value]}" for c in tests)
    return f" ({words})" if words else ""


def _words(criterion: Criterion, loaded: Loaded) -> dict[str, str]:
    favour = any(c is criterion for c in loaded.policy.indications.walk())
    words = ("met", "not met", "open") if favour else ("applies", "does not apply", "open")
    return dict(zip(("true", "false", "unknown"), words, strict=True))


def say(loaded: Loaded, fact: str, values: frozenset[Value] | None) -> str:
    """Values in words; nothing said and left open are told apart."""
    if values is None:
        return "nothing"
    closed = values == loaded.policy.domains[fact]
    return clean("not documented" if closed else say_values(loaded.policy, Finding(fact, values, ())))


def _line(text: str) -> str:
    return quoted(text, LONGEST_LINE)


def notes_on(fact: str, chart: Chart, loaded: Loaded, said: frozenset[Value] | None = None) -> list[Reading]:
    """How the policy's ambiguities about a fact are read, as far as they bear on the chart, or on what was said."""
    policy = loaded.policy
    cases = [gold_values(chart, loaded)]
    if said:
        cases.append({**cases[0], fact: said})
    applying = {r for facts in cases for r in readings_that_apply(policy, determine(policy, facts))}
    tests = {c.id for c in leaves(policy) if fact in c.facts()}
    return [
        r
        for r in policy.readings
        if r.id in applying
        and isinstance(r.when, Condition)
        and any(p.fact == fact or p.criterion in tests for p in r.when.walk())
    ]


# --- Wording that would have been read --------------------------------------------------------------------------------


def accepted_wording(fact: str, session: Session, chart: Chart) -> str:
    """An answer that is read as the gold value, and as nothing that the chart does not say.

    The chart's own words if they are read so, else one of the forms that the question gives as examples.
    """
    loaded = session.loaded
    gold = gold_values(chart, loaded)
    question = loaded.prompts.question_for(fact)
    if question is None:
        return ""
    if gold[fact] == loaded.policy.domains[fact]:
        return NOT_STATED
    if loaded.policy.fact[fact].kind == "codes":
        return ", ".join(str(code) for code in chart.front.facts[fact])
    words = [loaded.policy.fact[fact].say(v) for v in gold[fact]]
    plain = [str(v) for v in gold[fact]]
    line, places = deciding_line(chart, loaded, fact), places_of(chart, loaded, fact, gold[fact])
    for text in (*_parts(line), *_forms(question), *words, *plain, *places):
        read = {r.fact: frozenset[Value](r.values) for r in _read(session, question, text)}
        if read.get(fact) == gold[fact] and all(_fits(loaded, f, v, gold) for f, v in read.items()):
            return text
    return question.forms[0] if question.forms else ""


def _fits(loaded: Loaded, fact: str, read: frozenset[Value], gold: Mapping[str, frozenset[Value]]) -> bool:
    """Whether what was read of a fact is no more than what the chart says of it."""
    if fact not in gold or gold[fact] == loaded.policy.domains[fact]:
        return fact not in loaded.policy.domains or read == loaded.policy.domains[fact]
    return bool(read & gold[fact])


def _parts(line: str) -> list[str]:
    """The parts of a line of the chart, the shortest first, and all of it."""
    parts = [p.strip() for p in re.split(r" … |(?<=[.;:])\s|, ", line)]
    return [*sorted((p for p in parts if len(p) > 2), key=len), line]


def _forms(question: Question) -> list[str]:
    """The examples of a question, without the word that they stand under."""
    return [p.strip() for form in question.forms for p in form.rpartition(": ")[2].split(", ")]


def _read(session: Session, question: Question, text: str) -> tuple[FactRead, ...]:
    return session.read(text, question, context_for(session, session.current.side)) if text.strip() else ()


# --- When the chart is over -------------------------------------------------------------------------------------------


def report(session: Session, chart: Chart, today: date, *, width: int = NARROW, first: bool = True) -> list[str]:
    """The end of a chart: outcome, facts, criteria, kinds of mistake, what to remember, and both rationales.

    Args:
        session: The review, closed or not.
        chart: What was reviewed.
        today: The date, for the rationales.
        width: Columns; from 120 on the rationales stand side by side.
        first: Judge by first answers (practice) rather than by what stands at the end (exam).
    """
    result = score(session, chart, first=first)
    title = f"{chart.id}: {clean(chart.front.title)} (difficulty {chart.front.difficulty} of 5)"
    lines = [title, "=" * min(len(title), width), *_outcome(result), ""]
    lines += _facts(result, session, chart)
    lines += ["", *_criteria(result, session.loaded)]
    lines += ["", *_mistakes(result)]
    lines += ["", "To remember", f"  {clean(' '.join(chart.front.teaching.split()))}"]
    lines += [f"  trap: {clean(t)}" for t in chart.front.traps]
    lines += ["", *rationales(session, chart, today, width)]
    return [row for line in lines for row in wrapped(line, width)]


def summary(result: Score) -> str:
    """One line on a score."""
    outcome = "right" if result.outcome_right else "WRONG" if result.concluded else "not finished"
    return f"outcome {outcome}; {result.right} of {len(result.scored)} facts right"


def _outcome(result: Score) -> Iterator[str]:
    words = {o.value: w for o, w in OUTCOME_WORDS.items()}
    yield f"Outcome: {summary(result).split(';')[0].removeprefix('outcome ')}"
    yield f"  yours: {words[result.outcome]}{'' if result.concluded else ' (not closed)'}"
    yield f"  chart: {words[result.gold]}"


def _facts(result: Score, session: Session, chart: Chart) -> Iterator[str]:
    loaded = session.loaded
    yield f"Facts: {result.right} of {len(result.scored)} right"
    for v in result.verdicts:
        label = loaded.policy.fact[v.fact].label
        if v.mark == "right":
            yield f"  right        {label}: {say(loaded, v.fact, v.said)}"
            continue
        gold = say(loaded, v.fact, v.gold) if v.scored else "does not say (not scored)"
        yield f"  {MARKS[v.mark]:<12} {label}: yours {say(loaded, v.fact, v.said)}; chart {gold}"
        _head, *details = about(v, session, chart)
        yield from (f"             {line.strip()}" for line in details)


def _criteria(result: Score, loaded: Loaded) -> Iterator[str]:
    right = sum(result.criteria.values())
    yield f"Criteria: {right} of {len(result.criteria)} as they must stand"
    for criterion in leaves(loaded.policy):
        if criterion.id in result.criteria:
            yield f"  {'right' if result.criteria[criterion.id] else 'WRONG':<12} {criterion.id} {criterion.label}"


def _mistakes(result: Score) -> Iterator[str]:
    yield "Kinds of mistake: " + ("none" if not result.mistakes else "")
    for kind, words in KINDS.items():
        if result.mistakes.get(kind):
            yield f"  {result.mistakes[kind]} {words}"


def rationales(session: Session, chart: Chart, today: date, width: int) -> list[str]:
    """What decides, in the trainee's rationale and in that of gold; side by side where there is room."""
    yours = _essentials(render(session, form="text", audience="clinical", today=today))
    gold = _essentials(gold_rationale(chart, session.loaded, today))
    if width < SIDE_BY_SIDE:
        return ["Your rationale", *yours, "", "The rationale from the gold facts", *gold]
    half = (width - 3) // 2
    left = [row for line in ("Your rationale", *yours) for row in wrapped(line, half)]
    right = [row for line in ("The rationale from the gold facts", *gold) for row in wrapped(line, half)]
    height = max(len(left), len(right))
    columns = zip(left + [""] * (height - len(left)), right + [""] * (height - len(right)), strict=True)
    return [f"{a:<{half}} | {b}".rstrip() for a, b in columns]


@lru_cache(maxsize=32)
def gold_rationale(chart: Chart, loaded: Loaded, today: date) -> str:
    """The whole rationale of the gold facts."""
    return render(gold_session(chart, loaded), form="text", audience="clinical", today=today)


def _essentials(text: str) -> list[str]:
    """The sections on outcome, deciding criteria, notes and requests; references and audit stay in the full text."""
    kept, keep = [], False
    for line in text.splitlines():
        heading = re.match(r"(\d+)\. ", line)
        if heading:
            keep = heading.group(1) in _SHOWN_SECTIONS
        elif line and not line.startswith((" ", "=")):
            keep = True
        if keep and line.strip("="):
            kept.append(line)
    return [line for line in kept if line != "Rationale"]


def wrapped(line: str, width: int) -> Sequence[str]:
    """A line in rows, the later ones indented under its beginning."""
    indent = len(line) - len(line.lstrip())
    hang = " " * min(indent + 2, width // 3)
    return wrap(line, width, subsequent_indent=hang, break_on_hyphens=False) or [""]
