"""Kinds of mistake: from the fact itself, else from what was said of it, else from the trap that it fell into."""

from __future__ import annotations

import re

from ..policy import Fact, Loaded, Policy, Question, Value
from ..readers import reader_of
from .charts import Chart
from .checking import gold_values

KINDS = {
    "negation": "negation (there, or not there)",
    "side": "side",
    "stage": "stage",
    "date arithmetic": "date arithmetic",
    "source of imaging": "source of imaging",
    "silence": "silence taken for a finding",
    "degree": "degree",
    "form": "the request form",
    "overlooked": "overlooked, or said in words that are not read",
    "other": "other",
}
_ABSENT = {"absent", "none"}
_CUES = (
    (
        "side",
        re.compile(r"\b(?:left|right|other|opposite) (?:hip|side|knee|shoulder|head)\b|\bbelongs to\b|\bside\b", re.I),
    ),
    ("negation", re.compile(r"'no |\bno pain\b|\bdenie|\babsent\b|\bnegative\b", re.I)),
    ("silence", re.compile(r"\bsilen(?:ce|t)\b|\bpending\b|\bnot a(?: negative)? finding\b", re.I)),
)


def kind_of(
    loaded: Loaded,
    chart: Chart,
    fact_id: str,
    gold: frozenset[Value] | None,
    said: frozenset[Value] | None,
    place: str,
) -> str:
    """The kind of a mistake: from the fact itself, else from what was said, else from the trap it fell into."""
    policy = loaded.policy
    fact, question = policy.fact[fact_id], loaded.prompts.question_for(fact_id)
    by_fact = _kind_of_fact(policy, fact, question)
    if by_fact:
        return by_fact
    if place and _names_other_side(policy, place, gold_values(chart, loaded).get(policy.side_fact or "")):
        return "side"
    domain = policy.domains[fact_id]
    if said is None:
        return "overlooked"
    if (gold is None or gold == domain) and said != domain:
        return "silence"
    if gold is not None and said != domain and bool(gold & _ABSENT) != bool(said & _ABSENT):
        return "negation"
    for trap in traps_for(chart, loaded, fact_id):
        for kind, cue in _CUES:
            if cue.search(trap):
                return kind
    return "degree" if fact.kind == "grade" else "other"


def _kind_of_fact(policy: Policy, fact: Fact, question: Question | None) -> str:
    together = [policy.fact[f] for f in question.facts] if question else []
    if fact.kind == "date" or (fact.kind == "integer" and fact.about == "patient"):
        return "date arithmetic"
    if policy.sides and set(policy.sides) <= set(fact.values):
        return "side"
    if any(f.best_of for f in together):
        return "source of imaging"
    if any(f.kind == "integer" and f.about == "side" for f in together):
        return "stage"
    return "form" if fact.about == "request" else ""


def _names_other_side(policy: Policy, sentence: str, gold_side: frozenset[Value] | None) -> bool:
    words = set(re.findall(r"[a-z]+", sentence.lower()))
    others = {s for s in policy.sides if gold_side and s not in gold_side}
    return len(gold_side or ()) == 1 and bool(others & words) and not words & {str(s) for s in gold_side or ()}


def traps_for(chart: Chart, loaded: Loaded, fact: str) -> tuple[str, ...]:
    """The traps of a chart that speak of a fact: in a word of its label that no other fact has, or as it is read."""
    own = _words(loaded.policy.fact[fact].label)
    for other in loaded.policy.facts:
        if other.id != fact:
            own -= _words(other.label)
    return tuple(
        trap
        for trap in chart.front.traps
        if own & _words(trap) or any(r.fact == fact for r in reader_of(loaded).read(trap))
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))
