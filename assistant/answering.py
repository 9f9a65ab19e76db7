"""How an interview reads answers: free text through the policy's reader, and the plain kinds of answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .events import FactRead
from .findings import NOT_STATED, SKIP, START, Context
from .interview import ReadAnswer
from .matching import Reading
from .policy import UNKNOWN, Loaded, Question, in_order, normal_code
from .readers import reader_of

_KEPT = 2_000
_CODE = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]\d{4}|\d{5}|\d{4}[A-Za-z])(?![A-Za-z0-9])")


@lru_cache(maxsize=8)
def reads(loaded: Loaded) -> ReadAnswer:
    """The function that an interview reads answers with.

    An answer is read again only for another side or other dates than before, and only if it names such.
    """
    kept: dict[tuple[str, str], tuple[Context, tuple[FactRead, ...]]] = {}
    intake = {q.id for q in loaded.prompts.intake}
    reader = reader_of(loaded)

    def read(text: str, question: Question, context: Context) -> tuple[FactRead, ...]:
        before, found = kept.get((question.id, text), (None, ()))
        if before is None or (before != context and _regarded(loaded, text, before, context)):
            if len(kept) >= _KEPT:
                kept.clear()
            found = read_anew(text, question, context)
            kept[question.id, text] = context, found
        return found

    def read_anew(text: str, question: Question, context: Context) -> tuple[FactRead, ...]:
        if text in {SKIP, START, NOT_STATED}:
            return ()
        if question.reads == "statement":
            return _statement(loaded, text, question)
        said = reader.read(
            text,
            question.id,
            side=context.side,
            date_of_service=context.date_of_service,
            birth_date=context.birth_date,
        )
        found = tuple(as_read(loaded, r) for r in said)
        if question.id not in intake:
            return found
        # The form says what is requested, never what the chart shows: only the question's own facts count.
        own = tuple(r for r in found if r.fact in question.facts)
        if question.reads == "codes":
            return _codes(text, question) or own
        if question.reads == "date":
            return _dates(loaded, text, question)
        if question.reads_like:
            found = tuple(as_read(loaded, r) for r in reader.read(text, question.reads_like))
        return _meant(loaded, question, found) or own or _begins(loaded, text, question)

    return read


def _regarded(loaded: Loaded, text: str, before: Context, now: Context) -> bool:
    """Whether what has changed since an answer was read may change what it says."""
    side, dates = reader_of(loaded).regards(text)
    return (side and before.side != now.side) or (
        dates and (before.date_of_service, before.birth_date) != (now.date_of_service, now.birth_date)
    )


def as_read(loaded: Loaded, reading: Reading) -> FactRead:
    """A reading as an event records it."""
    return FactRead(
        fact=reading.fact,
        values=tuple(v for v in in_order(loaded.policy, reading.fact, reading.values) if not isinstance(v, tuple)),
        quote=reading.quote,
        start=reading.start,
        end=reading.end,
        assertion=reading.assertion,
        method=reading.method,
        score=reading.score,
        closed=reading.closed,
        rivals=reading.rivals,
    )


def _meant(loaded: Loaded, question: Question, found: tuple[FactRead, ...]) -> tuple[FactRead, ...]:
    """Readings of other facts, as what they mean for this question; a value without a meaning says nothing."""
    meant: dict[str, FactRead] = {}
    for read in found:
        meanings = [question.means.get(read.fact, {}).get(value) for value in read.values]
        for fact in question.facts:
            values = [m[fact] for m in meanings if m and fact in m]
            if values and len(values) == len(meanings):
                ordered = in_order(loaded.policy, fact, set(values))
                meant[fact] = read.model_copy(update={"fact": fact, "values": tuple(ordered)})
    return tuple(meant.values())


def _begins(loaded: Loaded, text: str, question: Question) -> tuple[FactRead, ...]:
    """A yes or no that begins an answer about the form: `yes clinic note and MRI report`."""
    words = text.split()
    first = words[0].strip(",.:;!").lower() if words else ""
    kind = reader_of(loaded).vocabulary.bare.get(first)
    given = {"yes": question.frame.yes, "no": question.frame.no}.get(kind or "", {})
    start = text.index(words[0]) if words else 0
    return tuple(
        FactRead(
            fact=f,
            values=(v,),
            quote=text[start : start + len(first)],
            start=start,
            end=start + len(first),
            method=f"begins with {kind}",
        )
        for f, v in given.items()
        if v in loaded.policy.domains[f]
    )


def _codes(text: str, question: Question) -> tuple[FactRead, ...]:
    matches = list(_CODE.finditer(text))
    if not matches:
        return ()
    start, end = matches[0].start(), matches[-1].end()
    codes = tuple(dict.fromkeys(normal_code(m.group()) for m in matches))
    return (FactRead(fact=question.facts[0], values=codes, quote=text[start:end], start=start, end=end, method="code"),)


def _dates(loaded: Loaded, text: str, question: Question) -> tuple[FactRead, ...]:
    names = {"birth": "birth_date", "service": "date_of_service"}
    found = {names[name]: (day, start, end) for name, day, start, end in reader_of(loaded).dates(text)}
    return tuple(
        FactRead(fact=fact, values=(day.isoformat(),), quote=text[start:end], start=start, end=end, method="date")
        for fact, (day, start, end) in found.items()
        if fact in question.facts
    )


def _statement(loaded: Loaded, text: str, question: Question) -> tuple[FactRead, ...]:
    """An open statement: a bare no means none, "not sure" is asked again, all else is passed on word for word."""
    words = text.strip()
    if not words:
        return ()
    fact = question.facts[0]
    kind = reader_of(loaded).bare_kind(text)
    frame = question.frame
    given = {"no": frame.no, "unclear": frame.unclear, "closed": frame.unclear}.get(kind or "", frame.yes).get(
        fact, "present"
    )
    values = tuple(str(v) for v in loaded.policy.fact[fact].values) if given == UNKNOWN else (given,)
    start = text.index(words)
    return (FactRead(fact=fact, values=values, quote=words, start=start, end=start + len(words), method="statement"),)


@dataclass(frozen=True)
class SetAside:
    quote: str
    reason: str


def set_aside(loaded: Loaded, text: str, question: Question, context: Context) -> tuple[SetAside, ...]:
    return ()


def days_in(text: str, *, day_first: bool) -> tuple[date, ...]:
    return ()
