"""Terms that the vocabulary lacks: phrases that reviewers typed, that were not read, and what they picked instead."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .events import Answered
from .files import read_bytes
from .interview import Session
from .policy import Loaded, Policy, PolicyError, Value
from .policy.files import MAX_BYTES
from .readers import reader_of

MAX_WORDS = 4
MIN_CASES = 2
"""A phrase of one case alone may be a particular of that patient; it never reaches the vocabulary."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that would have said a value.

    `cases` is the number of cases in which the reviewer picked the value after typing the phrase, `reviewers` how many
    people did, `against` in how many cases the phrase stood in an answer after which another value was found.
    """

    phrase: str
    fact: str
    value: Value
    question: str
    cases: int
    reviewers: int
    against: int

    @property
    def rank(self) -> tuple[float, int, int, str]:
        """Best first: agreement, then cases, then the longer phrase."""
        return (-self.cases / (self.cases + self.against + 1), -self.cases, -len(self.phrase.split()), self.phrase)


@dataclass(slots=True)
class _Use:
    cases: set[str] = field(default_factory=set)
    reviewers: set[str] = field(default_factory=set)
    questions: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def suggestions(sessions: Iterable[Session], min_cases: int = MIN_CASES) -> list[Suggestion]:
    """Phrases typed in answers that left a fact open, with the value that was picked or read after a new answer.

    Only runs of words that the vocabulary does not know at all count, without digits, within one clause.
    """
    uses: dict[tuple[str, str, Value], _Use] = defaultdict(_Use)
    for number, session in enumerate(sessions):
        case = session.started.case or str(number)
        for question, fact, value, phrase in _told(session):
            use = uses[phrase, fact, value]
            use.cases.add(case)
            use.reviewers.add(session.started.reviewer)
            use.questions[question] += 1
    everywhere: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (phrase, fact, _), use in uses.items():
        everywhere[phrase, fact] |= use.cases
    found = [
        Suggestion(
            phrase,
            fact,
            value,
            max(use.questions, key=lambda q: use.questions[q]),
            len(use.cases),
            len(use.reviewers),
            len(everywhere[phrase, fact] - use.cases),
        )
        for (phrase, fact, value), use in uses.items()
        if len(use.cases) >= min_cases
    ]
    return sorted(_longest(found), key=lambda s: s.rank)


def _longest(found: list[Suggestion]) -> Iterator[Suggestion]:
    """Without phrases that a longer one of the same support contains."""
    for one in found:
        if not any(
            other is not one
            and (other.fact, other.value, other.cases) == (one.fact, one.value, one.cases)
            and f" {one.phrase} " in f" {other.phrase} "
            for other in found
        ):
            yield one


def _told(session: Session) -> Iterator[tuple[str, str, Value, str]]:
    """Each unread phrase of an answer that left a fact of its question open, with the value found in the end."""
    reader = reader_of(session.loaded)
    for (question_id, side), texts in _attempts(session).items():
        question = session.loaded.prompts.question[question_id]
        review = session.review_of(side)
        for fact in question.facts:
            finding = review.findings.get(fact)
            if finding is None or finding.value is None or isinstance(finding.value, tuple):
                continue
            for text, open_facts in texts:
                if fact in open_facts:
                    for run in reader.unread(text, question.id):
                        for phrase in _phrases(run):
                            yield question.id, fact, finding.value, phrase


def _attempts(session: Session) -> dict[tuple[str, str | None], list[tuple[str, frozenset[str]]]]:
    """By question and side, the answers as they were typed, later changed ones included, and the facts left open."""
    policy, questions = session.policy, session.loaded.prompts.question
    texts: dict[tuple[str, str | None], list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for event in session.events:
        if isinstance(event, Answered) and event.question in questions:
            told = {r.fact for r in event.read or () if frozenset(r.values) != policy.domains.get(r.fact)}
            facts = frozenset(questions[event.question].facts)
            texts[event.question, event.side].append((event.text, facts - told))
    return texts


def _phrases(run: tuple[str, ...]) -> Iterator[str]:
    for length in range(1, min(MAX_WORDS, len(run)) + 1):
        for start in range(len(run) - length + 1):
            yield " ".join(run[start : start + length])


# --- As a change to the vocabulary ------------------------------------------------------------------------------------


def as_patch(loaded: Loaded, found: Iterable[Suggestion]) -> tuple[str, list[Suggestion]]:
    """A unified diff that adds the phrases to the vocabulary files, and those for which no place was found."""
    by_file: dict[Path, list[tuple[int, str]]] = defaultdict(list)
    left = []
    for suggestion in found:
        place = _place(loaded, suggestion)
        if place is None:
            left.append(suggestion)
        else:
            by_file[place[0]].append((place[1], suggestion.phrase))
    diff: list[str] = []
    for path, additions in by_file.items():
        old = _text_of(path)
        new = old
        for end, phrase in sorted(additions, reverse=True):
            last = end - 1 if old[end - 1] == "]" else len(old[:end].rstrip())
            new = f"{new[:last]}, {phrase}{new[last:]}"
        name = f"policy/vocabulary/{path.name}"
        diff += difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
    return "".join(diff), left


def _place(loaded: Loaded, suggestion: Suggestion) -> tuple[Path, int] | None:
    """The file and the offset behind the list of words where a phrase belongs.

    A list that counts only near a word for the place, or under its question, is taken before one that counts anywhere.
    """
    for name in loaded.policy.vocabulary:
        path = loaded.library.vocabulary_path(name)
        if path is None:
            continue
        root = yaml.compose(_text_of(path), Loader=yaml.SafeLoader)
        places = sorted(_lists(root, suggestion, loaded.policy), key=lambda p: p[0])
        if places:
            return path, places[0][1]
    return None


def _text_of(path: Path) -> str:
    return read_bytes(path, MAX_BYTES, PolicyError).decode("utf-8-sig")


def _lists(root: yaml.Node | None, suggestion: Suggestion, policy: Policy) -> Iterator[tuple[int, int]]:
    for entry in _items(_at(root, "findings")):
        plain = _plain(entry)
        if plain.get("fact") != suggestion.fact or plain.get("value") != str(suggestion.value):
            continue
        narrow = any(k in plain for k in ("only_under", "beside", "along", "implies", "dated", "only_affirmed"))
        yield (2 * narrow + (plain.get("site") != "needed"), _end(_at(entry, "words")))
    for entry in _items(_at(root, "grades")):
        if _plain(entry).get("fact") == suggestion.fact and suggestion.value in policy.domains[suggestion.fact]:
            words = _at(_at(entry, "degrees"), str(suggestion.value))
            if words is not None:
                yield (0, _end(words))
    for entry in _items(_at(root, "choices")):
        if _plain(entry).get("fact") == suggestion.fact:
            words = _at(_at(entry, "values"), str(suggestion.value))
            if words is not None:
                yield (0, _end(words))


def _at(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _plain(node: yaml.Node) -> dict[str, Any]:
    return {k.value: v.value for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}


def _end(node: yaml.Node | None) -> int:
    assert node is not None
    return int(node.end_mark.index)
