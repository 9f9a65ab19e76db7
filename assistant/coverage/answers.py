"""Answers that a reader reads to given values: the policy's own examples first, then plain words of the values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import product

from ..answering import reads
from ..events import FactRead
from ..findings import Context
from ..policy import OUTSIDE, Loaded, Question, Value, values_of

Values = frozenset[Value]
Case = Mapping[str, Values | None]
"""What a review finds, by fact: the values still possible (all of them: said to be unknown); None: nothing is said."""

_LABEL = re.compile(r"^[A-Z][^:,]{2,24}: ")
_OPEN = ("not sure", "not stated", "not documented")
_OTHER_CODE = "99999"
_TRIED = 200
"""Wordings tried for an answer that says several facts."""


class Answers:
    """Finds words for what a review should find."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._read = reads(loaded)
        self._known: dict[tuple[str, str, Context], dict[str, Values]] = {}
        self.examples = {q.id: tuple(_examples(q)) for q in loaded.prompts.question.values()}

    def read(self, question: Question, text: str, context: Context) -> dict[str, Values]:
        """What an answer says, by fact."""
        key = question.id, text, context
        if key not in self._known:
            self._known[key] = {r.fact: self._values(r) for r in self._read(text, question, context)}
        return self._known[key]

    def _values(self, read: FactRead) -> Values:
        policy = self.loaded.policy
        if policy.fact[read.fact].kind == "codes":
            return values_of(policy, read.fact, list(read.values))
        return frozenset(read.values)

    def said_first(self, question: Question, fact: str) -> tuple[Value, ...]:
        """The values of a fact in the order in which the examples say them."""
        found: dict[Value, None] = {}
        for text in self.examples[question.id]:
            values = self.read(question, text, Context()).get(fact, frozenset())
            if len(values) == 1:
                found.update(dict.fromkeys(values))
        return tuple(found)

    def words_for(self, question: Question, case: Case, needed: Collection[str], context: Context) -> str | None:
        """An answer that says what the case has of the question's facts, and nothing else; None if none is found.

        Facts that are not needed may stay unsaid. An answer may say facts of other questions where the case has the
        same values.
        """
        every = {f: values for f in question.facts if (values := case.get(f)) is not None}
        for wanted in (every, {f: values for f, values in every.items() if f in needed}):
            for text in self._wordings(question, wanted) if wanted else ():
                if self._says(question, text, wanted, case, context):
                    return text
        return None

    def open_words(self, question: Question, context: Context) -> str | None:
        """An answer that leaves every fact of a question open, so that it is asked back."""
        for text in _OPEN:
            read = self.read(question, text, context)
            whole = all(values == self.loaded.policy.domains.get(f) for f, values in read.items())
            if question.facts[0] in read and whole and set(read) <= set(question.facts):
                return text
        return None

    def _says(self, question: Question, text: str, wanted: Mapping[str, Values], case: Case, context: Context) -> bool:
        read = self.read(question, text, context)
        return all(read.get(f) == v for f, v in wanted.items()) and all(case.get(f) == v for f, v in read.items())

    def _wordings(self, question: Question, wanted: Mapping[str, Values]) -> Iterator[str]:
        """Answers to try, the likeliest first."""
        yield from self.examples[question.id]
        each = [tuple(dict.fromkeys(self._of_fact(question, f, wanted))) for f in wanted]
        if len(each) == 1:
            yield from each[0]
            return
        yield from _OPEN
        for tried, parts in enumerate(product(*each)):
            if tried >= _TRIED:
                return
            yield ", ".join(dict.fromkeys(parts))

    def _of_fact(self, question: Question, fact: str, wanted: Mapping[str, Values]) -> Iterator[str]:
        """Examples that say it and nothing against the rest, then the label of the value in plain phrases."""
        domains = self.loaded.policy.domains
        for text in self.examples[question.id]:
            read = self.read(question, text, Context())
            if read.get(fact) == wanted[fact] and all(v in (wanted.get(f), domains.get(f)) for f, v in read.items()):
                yield text
        yield from self._plain(fact, wanted[fact])

    def _plain(self, fact_id: str, values: Values) -> Iterator[str]:
        policy = self.loaded.policy
        fact = policy.fact[fact_id]
        if values == policy.domains[fact_id]:
            yield from (*_OPEN, f"{fact.label} not stated", f"{fact.label} unknown")
        elif fact.kind == "codes":
            yield from (
                ", ".join(_OTHER_CODE if c == OUTSIDE else c for c in v) for v in values if isinstance(v, tuple)
            )
        else:
            ordered = sorted(values, key=lambda v: fact.values.index(str(v)) if fact.values else int(str(v)))
            for plain in (fact.say, str):
                words = [plain(v) for v in ordered]
                said = " or ".join(words)
                yield from (said, f"{fact.label} {said}", f"{fact.label}: {said}", f"{said} {fact.label}")


def _examples(question: Question) -> Iterator[str]:
    """The example answers of a question; a line `Mild: slight, early` has several behind its label."""
    for form in question.forms:
        if _LABEL.match(form):
            yield from form.split(": ", 1)[1].split(", ")
            yield form.split(": ", 1)[1]
        else:
            yield form
