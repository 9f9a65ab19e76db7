"""`interpret` and `assess` for other programs: JSON in, JSON out, one line for each line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TextIO

from .answering import proposals, readings, set_aside
from .determination import Truth, determine, missing, notices, rules_of
from .errors import AssistantError
from .events import MAX_ANSWER, TOO_LONG
from .findings import Context
from .matching import Reading
from .matching.form import AGE_FROM_DATES
from .matching.form_dates import SWAPPED
from .policy import UNKNOWN, Loaded, in_order, values_of
from .readers import reader_of
from .release import release_of

MAX_LINE = 2_000_000

Row = dict[str, Any]


def interpret(loaded: Loaded, text: str, question: str | None = None) -> Row:
    """What one answer says, read on its own.

    Returns:
        `facts` (a value, `"unknown"` when several stay possible, a list of codes; of a date whose day and month could
        be swapped the usual order's day), `possible` (all of them), `tiers` (what a reading needs before it counts:
        `silent`, `confirm` or `choose`), `readings` with quote, offsets into the text, assertion, method, score,
        rivals, side, doubt, risk and because, and `set_aside` with the words that do not count and why.

    Raises:
        AssistantError: The policy has no such question, or the text is too long for an answer.
    """
    if len(text) > MAX_ANSWER:
        raise AssistantError(f"the text is {TOO_LONG}")
    if question is not None and question not in loaded.prompts.question:
        known = ", ".join(q.id for q in loaded.prompts.questions)
        raise AssistantError(f"there is no question '{question}'", f"There are {known}")
    asked = loaded.prompts.question[question] if question else None
    facts: Row = {}
    possible: Row = {}
    rows = []
    read = readings(loaded, text, asked, Context())
    for reading in read:
        values = _values(loaded, reading)
        codes = loaded.policy.fact[reading.fact].kind == "codes"
        dated = loaded.policy.fact[reading.fact].kind == "date"
        facts[reading.fact] = UNKNOWN if not values else values if codes else values[0]
        usual = (dated and reading.doubt == SWAPPED) or _settled_age(loaded, reading)
        if len(values) > 1 and not codes and not usual:
            facts[reading.fact] = UNKNOWN
        possible[reading.fact] = values
        rows.append(
            {
                "fact": reading.fact,
                "values": values,
                "quote": reading.quote,
                "start": reading.start,
                "end": reading.end,
                "assertion": reading.assertion,
                "method": reading.method,
                "score": reading.score,
                "rivals": list(reading.rivals),
                "side": reading.side,
                "doubt": reading.doubt,
            }
        )
    unsettled = {fact for fact, value in facts.items() if value == UNKNOWN}
    proposed = proposals(loaded, text, asked, read, unsettled)
    for row, proposal in zip(rows, proposed, strict=True):
        row |= {"risk": proposal.risk, "because": list(proposal.because)}
    tiers = {row["fact"]: proposal.tier.value for row, proposal in zip(rows, proposed, strict=True)}
    aside = [{"quote": a.quote, "reason": a.reason} for a in set_aside(loaded, text, asked, Context())]
    return {"facts": facts, "possible": possible, "tiers": tiers, "readings": rows, "set_aside": aside}


def _settled_age(loaded: Loaded, reading: Reading) -> bool:
    """Whether an age from dates whose day and month could be swapped is on one side of every test."""
    swapped = reading.method == AGE_FROM_DATES and len(reading.values) > 1 and bool(reading.ordered)
    return swapped and len(rules_of(loaded.policy).classes(reading.fact, reading.values)) == 1


def _values(loaded: Loaded, reading: Reading) -> list[Any]:
    """The values that a reading leaves, in the order of the policy, or of the answer where that matters."""
    return list(reading.ordered) or list(in_order(loaded.policy, reading.fact, reading.values))


def explain(loaded: Loaded, text: str, question: str | None = None) -> list[str]:
    """For a person: each mention, the rule that judged it, and its rivals; for a text that `interpret` takes."""
    return list(reader_of(loaded).explain(text, question))


def assess(loaded: Loaded, facts: Mapping[str, Any], today: date) -> Row:
    """What follows from facts: determination, criteria, what is missing, flags.

    Args:
        loaded: The policy.
        facts: Values by fact id; a value may be a list of possible values or `"unknown"`.
        today: The day on which the policy's review date is judged.

    Raises:
        AssistantError: An unknown fact or value.
    """
    policy = loaded.policy
    try:
        given = {f: values_of(policy, f, v) for f, v in facts.items() if v is not None}
    except ValueError as error:
        raise AssistantError(str(error)) from error
    found = determine(policy, given)
    release = release_of(policy, found, given)
    by_truth = {t: [c.id for c in policy.criteria if found.criteria[c.id] is t] for t in Truth}
    return {
        "determination": found.outcome.value,
        "indications": found.criteria[policy.indications.id].value,
        "non_indications": found.criteria[policy.non_indications.id].value,
        "criteria": {c.id: found.criteria[c.id].value for c in policy.criteria},
        "satisfied": sorted(by_truth[Truth.TRUE]),
        "failed": sorted(by_truth[Truth.FALSE]),
        "unknown": sorted(by_truth[Truth.UNKNOWN]),
        "missing": [
            {"fact": m.fact, "question": m.question, "request": m.request}
            for m in missing(policy, loaded.prompts, found)
        ],
        "settled": found.settled,
        "flags": sorted(found.flags),
        "notices": list(notices(policy, today)),
        "release": {
            "allowed": release.allowed,
            "open": [{"item": one.item, "why": one.why, "request": one.request} for one in release.open],
        },
    }


def interpret_row(loaded: Loaded, row: Row) -> Row:
    """One line of `interpret --jsonl`."""
    text = row.get("text")
    if not isinstance(text, str):
        raise AssistantError("'text' must be a string")
    question = row.get("question")
    if question is not None and not isinstance(question, str):
        raise AssistantError("'question' must be a string")
    return interpret(loaded, text, question)


def assess_row(loaded: Loaded, row: Row, today: date) -> Row:
    """One line of `assess --jsonl`."""
    facts = row.get("facts")
    if not isinstance(facts, dict):
        raise AssistantError("'facts' must be an object")
    return assess(loaded, facts, today)


def lines_of(source: TextIO) -> Iterator[str]:
    """The lines of a stream, however long; of one that is too long only the beginning is ever in memory."""
    while line := source.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith("\n"):
            line = source.readline(MAX_LINE + 1)


def answer_lines(lines: Iterable[str], answer: Callable[[Row], Row]) -> Iterator[tuple[str, bool]]:
    """One JSON line for each line, in order, with whether it was good; a bad one does not stop the rest."""
    for line in lines:
        if not line.strip():
            continue
        row_id: Any = None
        try:
            if len(line) > MAX_LINE:
                raise AssistantError(f"a line of more than {MAX_LINE:,} characters")
            row = _parsed(line)
            row_id = row.get("id")
            yield json.dumps({"id": row_id, **answer(row)}), True
        except AssistantError as error:
            yield json.dumps({"id": row_id, "error": str(error)}), False
        except Exception as error:  # noqa: BLE001 - one line that trips the program must not cost the others
            yield json.dumps({"id": row_id, "error": f"an error in the program: {type(error).__name__}"}), False


def _parsed(line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AssistantError("not valid JSON") from error
    if not isinstance(row, dict):
        raise AssistantError("not a JSON object")
    return row
