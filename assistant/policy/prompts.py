"""How a policy is asked about: questions, help and ask-backs, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import Field

from .model import Id, Model, Scalar, Text


class FrameModel(Model):
    """What answers that name no fact mean to a question: a bare yes, a bare no, not sure, a bare number or word."""

    yes: Mapping[Id, Scalar] = Field(default_factory=dict)
    no: Mapping[Id, Scalar] = Field(default_factory=dict)
    unclear: Mapping[Id, Scalar] = Field(default_factory=dict)
    bare: tuple[Id, ...] = ()


class Question(Model):
    """One question of the interview.

    `facts` are what it asks, the main one first; `settles` those of them that must be known before the interview goes
    on without asking back. `ask`: `relevant` while one of the facts can still change the determination, `open` while
    the determination is open, `record` only to complete the record. `reads`: whether its answer tells findings of the
    chart, or what stands on the request form.
    """

    id: Id
    text: Text
    why: Text
    help: Text
    look_for: tuple[Text, ...] = ()
    forms: tuple[Text, ...] = ()
    ask_back: Text
    facts: tuple[Id, ...]
    settles: tuple[Id, ...] = ()
    ask: Literal["relevant", "open", "record"] = "relevant"
    reads: Literal["findings", "form"] = "findings"
    only_if: Mapping[Id, Scalar] = Field(default_factory=dict)
    after: tuple[Id, ...] = ()
    requirement: Id | None = None
    frame: FrameModel = Field(default_factory=FrameModel)


class PlainCriterion(Model):
    """A criterion for readers who are no clinicians: what to say when it is so, and when it is not."""

    yes: Text
    no: Text


class PlainWords(Model):
    """What a rationale for the patient says of a policy, without codes and abbreviations.

    `part` is what a side belongs to (right hip); `terms` are explained where they are used; `requests` are by fact.
    """

    service: Text
    part: Text
    terms: Mapping[Text, Text] = Field(default_factory=dict)
    criteria: Mapping[Id, PlainCriterion] = Field(default_factory=dict)
    requests: Mapping[Id, Text] = Field(default_factory=dict)
    flags: Mapping[Id, Text] = Field(default_factory=dict)


class Prompts(Model):
    """All questions for one policy version. Built from `prompts/<id>/<version>.yaml`.

    `intake` is asked at the start about the request form; `questions` are the interview; `closing` asks before the
    end for what the criteria do not address; `plain` has the words for the patient. `same` are whole answers about
    the second side that say that it is as on the first: same MRI.
    """

    policy: Id
    version: int
    intake: tuple[Question, ...] = ()
    questions: tuple[Question, ...]
    closing: Question
    same: tuple[Text, ...] = ()
    plain: PlainWords | None = None

    def __hash__(self) -> int:
        """By identity, as for a policy."""
        return id(self)

    def __eq__(self, other: object) -> bool:
        """By identity, as the hash."""
        return self is other

    @cached_property
    def question(self) -> Mapping[str, Question]:
        """Every question by id."""
        return {q.id: q for q in (*self.intake, *self.questions, self.closing)}

    def question_for(self, fact: str) -> Question | None:
        """The question that asks for a fact, the interview's before those about the form."""
        return next((q for q in (*self.questions, *self.intake, self.closing) if fact in q.facts), None)
