"""Whether a chart agrees with the policy and with itself, line by line; and a chart to begin with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..determination import Determination, determine
from ..errors import AssistantError
from ..policy import Loaded, Value, values_of
from .charts import Chart, Fault, is_of, read_chart

FLAG = "flag:"


def gold_values(chart: Chart, loaded: Loaded) -> dict[str, frozenset[Value]]:
    """The possible values of each gold fact; the whole domain where the chart leaves it open."""
    return {f: values_of(loaded.policy, f, v) for f, v in chart.front.facts.items()}


def gold_determination(chart: Chart, loaded: Loaded) -> Determination:
    """What follows from the gold facts."""
    return determine(loaded.policy, gold_values(chart, loaded))


def faults_of(chart: Chart, loaded: Loaded) -> tuple[Fault, ...]:
    """Everything that is wrong with a chart that could be read, in the order of its lines."""
    return tuple(sorted(_faults(chart, loaded), key=lambda f: f.line))


def _faults(chart: Chart, loaded: Loaded) -> Iterator[Fault]:
    front, policy = chart.front, loaded.policy
    if not is_of(front, loaded):
        yield _at(chart, f"is for '{front.policy}', not for '{policy.title}, version {policy.version}'", "policy")
    bad = list(_bad_facts(chart, loaded))
    yield from bad
    if not bad:
        yield from _disagreements(chart, loaded)
    yield from _unknown_ids(chart, loaded)
    for key, words in front.deciding.items():
        if not words.strip():
            yield _at(chart, f"no words decide '{key}'; give them, or leave it out", "deciding", key, fatal=False)
        elif words not in chart.body:
            yield _at(chart, f"these words do not stand in the chart: {words}", "deciding", key, fatal=False)
    if not chart.body.strip():
        yield _at(chart, "the chart has no text below its front matter", "id")
    elif "invented" not in chart.body.lower():
        message = "the text must say that the chart is invented; a real record must never be used"
        yield _at(chart, message, "id", fatal=False)
    for name in ("title", "teaching", "traps"):
        if not getattr(front, name):
            yield _at(chart, f"'{name}' is missing or empty", name, "id", fatal=False)
    for extra in (*(front.model_extra or {}), *(f"expected.{k}" for k in front.expected.model_extra or {})):
        yield _at(chart, f"there is no key '{extra}'", *extra.split("."), fatal=False)


def _at(chart: Chart, message: str, *place: str, fatal: bool = True) -> Fault:
    return Fault(chart.path, chart.line_of(*place), message, fatal)


def _bad_facts(chart: Chart, loaded: Loaded) -> Iterator[Fault]:
    if not chart.front.facts:
        yield _at(chart, "there are no gold facts", "facts")
    for fact, value in chart.front.facts.items():
        try:
            values_of(loaded.policy, fact, value)
        except (ValueError, TypeError) as error:
            yield _at(chart, str(error), "facts", fact)


def _disagreements(chart: Chart, loaded: Loaded) -> Iterator[Fault]:
    """Where `expected` is not what follows from the gold facts."""
    expected, found = chart.front.expected, gold_determination(chart, loaded)
    policy = loaded.policy
    roots = {"indications": policy.indications.id, "non_indications": policy.non_indications.id}
    if expected.determination != found.outcome.value:
        message = f"the gold facts lead to {found.outcome.value}, not to {expected.determination}"
        yield _at(chart, message, "expected", "determination")
    for key, root in roots.items():
        said = getattr(expected, key)
        if key in expected.model_fields_set and said != found.criteria[root].value:
            yield _at(chart, f"from the gold facts it is {found.criteria[root].value}, not {said}", "expected", key)
    listed = {c.id for c in policy.criteria}
    for key, truth in (("satisfied", "true"), ("failed", "false"), ("unknown", "unknown")):
        if key not in expected.model_fields_set:
            continue
        named = set(getattr(expected, key))
        follows = {c for c in listed if found.criteria[c].value == truth}
        for one in sorted(named & listed - follows):
            yield _at(chart, f"from the gold facts {one} is {found.criteria[one].value}", "expected", key)
        for one in sorted(follows - named):
            yield _at(chart, f"{one} is missing: from the gold facts it is {truth}", "expected", key)
    if "flags" in expected.model_fields_set:
        raised, named = set(found.flags), set(expected.flags)
        for one in sorted(raised ^ named):
            message = f"the gold facts raise the flag '{one}'" if one in raised else f"nothing raises the flag '{one}'"
            yield _at(chart, message, "expected", "flags")


def _unknown_ids(chart: Chart, loaded: Loaded) -> Iterator[Fault]:
    policy, front = loaded.policy, chart.front
    flags = {f.id for f in policy.flags}
    for key in ("satisfied", "failed", "unknown"):
        for one in getattr(front.expected, key):
            if one not in policy.criterion:
                yield _at(chart, f"there is no criterion '{one}'", "expected", key)
    for one in front.expected.flags:
        if one not in flags:
            yield _at(chart, f"there is no flag '{one}'", "expected", "flags")
    for key in front.deciding:
        known = key[len(FLAG) :] in flags if key.startswith(FLAG) else key in policy.criterion or key in policy.fact
        if not known:
            yield _at(chart, f"'{key}' is no criterion, fact or flag:ID", "deciding", key)


def check_files(paths: Iterable[Path], loaded: Loaded) -> tuple[int, tuple[Fault, ...]]:
    """How many files were checked, and every fault of them; two charts with one id in a directory are a fault too."""
    count = 0
    faults: list[Fault] = []
    seen: dict[tuple[Path, str], Path] = {}
    for path in paths:
        count += 1
        chart, wrong = read_chart(path)
        faults += wrong
        if chart is None:
            continue
        faults += faults_of(chart, loaded)
        first = seen.setdefault((path.parent, chart.id), path)
        if first != path:
            faults.append(_at(chart, f"the id '{chart.id}' is that of {first.name}, too", "id"))
    return count, tuple(faults)


# --- A chart to begin with --------------------------------------------------------------------------------------------

_SCAFFOLD = """\
---
id: {id}
title: what makes this chart special, in a few words (shown when it is over)
set: practice                # or exam: drawn for exams only, never offered for practice
difficulty: 3                # 1 to 5
policy: {policy}
facts:                       # gold; "unknown" where the chart leaves it open; a fact left out is not scored
{facts}
expected:                    # assistant train --check says what follows from the facts
  determination: criteria_met
  indications: 'true'
  non_indications: 'false'
  satisfied: []
  failed: []
  unknown: []
  flags: []
traps:
- what a reviewer may fall for
teaching: What the reviewer should remember, in two or three sentences.
deciding:                    # words of the chart, exactly as they stand below, by criterion, fact or 'flag:ID'
{deciding}
---

*Invented chart for training. No real person, clinic or record.*

# Prior authorisation request {id}

| | |
|---|---|
| Record | MRN FAKE-0000-0000, plan member TEST-{id} |
| Date of birth / sex | 1 January 1990 / female |
| Requested service | |
| Planned date of service | |

## History

## Examination

## Imaging

## Laboratory results

## Previous treatment
"""


def scaffold(name: str, loaded: Loaded) -> str:
    """The text of a new chart, with every fact and its values in the front matter."""
    policy = loaded.policy
    asked = [f for q in loaded.prompts.questions for f in q.facts]
    width = max(len(f) for f in asked) + 12
    rows = []
    for fact_id in asked:
        fact = policy.fact[fact_id]
        values = f"{fact.minimum} to {fact.maximum}" if fact.kind == "integer" else ", ".join(fact.values)
        rows.append(f"{f'  {fact_id}: unknown':{width}}# {fact.label}: {values}")
    form = [f for q in loaded.prompts.intake for f in q.facts if f in policy.domains and f not in asked]
    rows.append(f"  # of the request form, where it matters: {', '.join(dict.fromkeys(form))}")
    leaves = [c for c in policy.criteria if not c.children]
    return _SCAFFOLD.format(
        id=name,
        policy=f"{policy.title}, version {policy.version}",
        facts="\n".join(rows),
        deciding="\n".join(f"  {c.id}: ''".ljust(width) + f"# {c.label}" for c in leaves),
    )


def write_scaffold(path: Path, loaded: Loaded) -> None:
    """Write a chart to begin with.

    Raises:
        AssistantError: The file exists, or can not be written.
    """
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in path.stem).strip("-") or "NEW"
    name = (name if name[0].isalpha() else f"C-{name}")[:40]
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError as error:
        raise AssistantError(f"{path} exists already", "Choose another name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AssistantError(f"{path} can not be written: {reason}", "Check the path and its permissions") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(scaffold(name, loaded))
