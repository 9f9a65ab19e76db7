"""How an interview reads answers: findings by one reader, what stands on the request form by another."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from .events import FactRead
from .findings import CONTRADICTS, NOT_STATED, SKIP, START, Context
from .interview import ReadAnswer
from .matching import (
    FormReading,
    Frame,
    Proposal,
    Reading,
    SetAside,
    dates,
    is_bare,
    propose,
    turning_beside,
)
from .matching.form import AGE_FROM_DATES
from .matching.form_sides import BY_SOURCE
from .policy import Loaded, Question, in_order
from .readers import form_reader_of, frame_of, reader_of, second_reader_of

_KEPT = 2_000
_NO_ANSWERS = frozenset([SKIP, START, NOT_STATED, CONTRADICTS])


@lru_cache(maxsize=8)
def reads(loaded: Loaded) -> ReadAnswer:
    """The function that an interview reads answers with.

    An answer is read again only for another side or other dates than before, and only if it names such. An age that
    only follows from dates is left out: an interview works it out from all dates that it knows.
    """
    kept: dict[tuple[str, str], tuple[Context, tuple[FactRead, ...]]] = {}

    def read(text: str, question: Question, context: Context) -> tuple[FactRead, ...]:
        before, found = kept.get((question.id, text), (None, ()))
        if before is None or (before != context and _regarded(loaded, text, before, context)):
            if len(kept) >= _KEPT:
                kept.clear()
            found = tuple(
                as_read(loaded, r) for r in readings(loaded, text, question, context) if r.method != AGE_FROM_DATES
            )
            kept[question.id, text] = context, found
        return found

    return read


def readings(loaded: Loaded, text: str, question: Question | None, context: Context) -> tuple[Reading, ...]:
    """All that an answer says: of findings, and of the form."""
    if text in _NO_ANSWERS:
        return ()
    form = _form(loaded, text, question, context).readings
    reader = form_reader_of(loaded)
    if reader and question is not None and question.id == loaded.prompts.closing.id:
        return _together(loaded, reader.clinical(text, context.side), form)
    clinical = reader_of(loaded).read(text, question.id if question else None, side=context.side)
    if question is not None and question.id in {q.id for q in loaded.prompts.intake}:
        # The form says what is requested, never what the chart shows: of findings none counts, of the request all do.
        clinical = tuple(r for r in clinical if _of_request(loaded, r.fact) and r.fact not in question.facts)
    return _together(loaded, clinical, form)


def proposals(
    loaded: Loaded, text: str, question: Question | None, read: Sequence[Reading], unsettled: Container[str]
) -> tuple[Proposal, ...]:
    """How each reading of an answer is to be put to the reviewer.

    Args:
        loaded: The policy.
        text: The answer.
        question: The question that it answers.
        read: All that was read in it.
        unsettled: The facts that it leaves open.
    """
    if not read:
        return ()
    reader, second = reader_of(loaded), second_reader_of(loaded)
    asked = question.facts if question else ()
    around = reader.surroundings(text, question.id if question else None)
    return tuple(
        propose(
            reading,
            doubt,
            second.bars,
            settled=reading.fact not in unsettled,
            bare=is_bare(around, reading, read, asked),
            turned_by=turning_beside(around, reading, reader.context.turning),
        )
        for reading, doubt in zip(read, second.doubts(around, read, asked), strict=True)
    )


def set_aside(loaded: Loaded, text: str, question: Question | None, context: Context) -> tuple[SetAside, ...]:
    """What was found in an answer and does not count, and why, in plain words."""
    if text in _NO_ANSWERS:
        return ()
    aside = [*_form(loaded, text, question, context).set_aside]
    part = loaded.prompts.plain.part if loaded.prompts.plain else "side"
    if question is None or question.reads == "findings":
        aside += reader_of(loaded).set_aside(text, question.id if question else None, context.side, part)
    return tuple(dict.fromkeys(aside))


def _form(loaded: Loaded, text: str, question: Question | None, context: Context) -> FormReading:
    """What an answer says of the form."""
    reader = form_reader_of(loaded)
    if reader is None:
        return FormReading()
    return reader.read(
        text,
        question.id if question else None,
        frame_of(question) if question else Frame(),
        day_first=context.day_first,
        requested_side=context.requested_side,
        birth_date=context.birth_date,
        date_of_service=context.date_of_service,
        reviewed=context.reviewed,
    )


def _of_request(loaded: Loaded, fact: str) -> bool:
    return loaded.policy.fact[fact].about == "request" and fact != loaded.policy.side_fact


def _together(loaded: Loaded, clinical: tuple[Reading, ...], form: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Readings of both readers, one a fact."""
    found = {r.fact: r for r in clinical}
    for reading in form:
        known = found.get(reading.fact)
        if known is None or _rather(loaded, reading, known):
            found[reading.fact] = reading
        elif loaded.policy.fact[reading.fact].about == "request" and len(reading.values) == len(known.values) == 1:
            # the place of service says one thing and a word another
            found[reading.fact] = replace(known, values=known.values | reading.values)
        elif reading.method == AGE_FROM_DATES and len(reading.values) < len(loaded.policy.domains[reading.fact]):
            # the age that is written and another one that the dates give
            found[reading.fact] = replace(known, values=known.values | reading.values, method=reading.method)
    return tuple(found.values())


def _rather(loaded: Loaded, form: Reading, clinical: Reading) -> bool:
    """Whether what the reader of forms says counts: by a source it names, or where the other one says no more."""
    if form.fact == loaded.policy.side_fact:
        return form.method == BY_SOURCE and (len(form.values) == 1 or (form.closed and len(clinical.values) == 1))
    return len(form.values) <= len(clinical.values) and form.values <= clinical.values


def _regarded(loaded: Loaded, text: str, before: Context, now: Context) -> bool:
    """Whether what has changed since an answer was read may change what it says."""
    if before.side != now.side and reader_of(loaded).regards_side(text):
        return True
    form = form_reader_of(loaded)
    if form is None:
        return False
    dates = replace(before, side=now.side, requested_side=now.requested_side) != now
    return (dates and form.has_dates(text)) or (
        before.requested_side != now.requested_side and form.regards_request(text)
    )


def as_read(loaded: Loaded, reading: Reading) -> FactRead:
    """A reading as an event records it."""
    of_side = loaded.policy.fact[reading.fact].about == "side"
    values = reading.ordered or tuple(
        v for v in in_order(loaded.policy, reading.fact, reading.values) if not isinstance(v, tuple)
    )
    return FactRead(
        fact=reading.fact,
        values=values,
        quote=reading.quote,
        start=reading.start,
        end=reading.end,
        assertion=reading.assertion,
        method=reading.method,
        score=reading.score,
        closed=reading.closed,
        rivals=reading.rivals,
        side=reading.side if of_side and reading.side else None,
        doubt=reading.doubt,
    )


def days_in(text: str, *, day_first: bool) -> tuple[date, ...]:
    """All days that a text names, as they are read by default."""
    return tuple(found.of_century(0).days[0] for found in dates.days_in(text, day_first=day_first))
