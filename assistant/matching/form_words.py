"""The words of request forms, as data: classes of words, and patterns for sides, sources, dates, codes and facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .phrases import Words

Listed = tuple[str, ...]
"""Patterns: a list, as they may hold commas."""


class FormModel(BaseModel):
    """No unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SideWords(FormModel):
    """Words for sides: the fact of each source, the value of each side, and what looks like a side and is none."""

    facts: Mapping[str, str]
    values: Mapping[str, str]
    patterns: Mapping[str, Listed]
    modifiers: Mapping[str, str]
    set_aside: Mapping[str, str]


class CodeWords(FormModel):
    """Procedure codes: their fact, words before and behind one that is not requested, and numbers that are no codes.

    Under the questions for the facts `under`, numbers of five figures need no label either.
    """

    fact: str
    under: Listed = ()
    patterns: Mapping[str, Listed]
    reasons: Mapping[str, str]


class DiagnosisRule(FormModel):
    """What a diagnosis code says: the facts by value, and at which character its side stands.

    `anywhere`: also where an answer is not about the form.
    """

    code: str
    facts: Mapping[str, str]
    side_at: int = 0
    anywhere: bool = False
    sides: Mapping[str, str] = Field(default_factory=dict)


class DiagnosisWords(FormModel):
    """Diagnosis codes: the letters that need no point, and what they say, the first rule that fits."""

    letters: str
    rules: tuple[DiagnosisRule, ...]


class PlaceWords(FormModel):
    """Places of service: the fact, words before the number, the number of each value, where a bare number counts."""

    fact: str
    labels: Listed
    values: Mapping[str, Words]


class DateWords(FormModel):
    """Dates: the facts of birth and service, the age, labels by kind, bounds of what is plausible."""

    birth: str
    service: str
    age: str
    labels: Mapping[str, Listed]
    unknown: Listed
    past: Listed
    pivot: int
    service_pivot: int
    youngest: int
    oldest: int
    reasons: Mapping[str, str]


class FormFact(FormModel):
    """What answers say of one fact of the form.

    `says`: patterns by value, under its own question; `elsewhere`: those that count under any question of the form;
    `open`: patterns that leave it open. `releases`: the value that helps a release; beside words that were not
    understood it is not sure. `both`: the value when several are said. `brings`: values of other facts that a value
    brings along where they are not said. `becomes`: the value that it has where another fact has a certain one.
    `neutral`: patterns that say nothing of it, `passing`: those that may hold words of the others, `since`: from when
    on something is so, `part`: that a part
    is not so, which leaves the whole open. `old`: patterns of what is past, too long ago unless its day or year is
    within `months`. `partly`: patterns that say the helping value of a part of what is asked, by what is not sure then.
    `anywhere`: patterns with a day that count under any question when the day is within `months`.
    """

    releases: str
    says: Mapping[str, Listed]
    elsewhere: Mapping[str, Listed] = Field(default_factory=dict)
    open: Listed = ()
    passing: Listed = ()
    since: Listed = ()
    part: Listed = ()
    partly: Mapping[str, Listed] = Field(default_factory=dict)
    anywhere: Listed = ()
    old: Listed = ()
    months: int = 0
    both: str = ""
    brings: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    becomes: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    neutral: Listed = ()


class StatementWords(FormModel):
    """The closing question: its fact, what says that there is nothing, and what to ask of a statement without a yes.

    What `weighs` names a circumstance by itself.
    """

    fact: str
    present: str
    absent: str
    none: Listed
    weighs: Listed
    doubt: str


class FormFile(FormModel):
    """All words of request forms, from `policy/vocabulary/form.yaml`. `turning`: patterns that may turn a meaning."""

    classes: Mapping[str, Words]
    ordinary: Words
    turning: Listed
    bare: Mapping[str, Listed]
    sources: Mapping[str, Listed]
    sides: SideWords
    codes: CodeWords
    diagnoses: DiagnosisWords
    places: PlaceWords
    dates: DateWords
    facts: Mapping[str, FormFact]
    statement: StatementWords


def form_file(document: Mapping[str, Any]) -> FormFile:
    """The words of request forms, from a parsed file."""
    return FormFile.model_validate(document)
