"""Exams: which charts, drawn by a seed that is printed; the mark; and what is written about it. No clock, no files."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from ..errors import AssistantError
from ..policy import Loaded
from ..safe_text import clean
from .charts import Chart, by_id
from .records import ChartResult, ExamBegun, ExamEnded

COUNT, PASS_MARK = 10, 90
HARDEST = 4
_BOUNDARY_WORDS = ("boundary", "tension", "conflict")
_BOUNDARY_SHARE = 3
"""One of so many is a boundary case, at least."""


def is_boundary(chart: Chart) -> bool:
    """Whether a chart lies at the edge of a criterion: difficult, or with a flag that says so."""
    flags = chart.front.expected.flags
    return chart.front.difficulty >= HARDEST or any(word in flag for flag in flags for word in _BOUNDARY_WORDS)


def draw(charts: Sequence[Chart], count: int, seed: int) -> tuple[Chart, ...]:
    """A sample: half of it meets the criteria, half does not, and of each half a third are boundary cases.

    The same charts, count and seed give the same sample in the same order. Charts written for exams come before those
    for practice.

    Raises:
        AssistantError: There are not so many charts.
    """
    if count < 1 or count > len(charts):
        raise AssistantError(f"{count} charts can not be drawn from {len(charts)}", "Choose another --count")
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated, not a secret
    ordered = sorted(charts, key=by_id)
    met = [c for c in ordered if c.front.expected.determination == "criteria_met"]
    rest = [c for c in ordered if c not in met]
    wanted = min(count // 2, len(met))
    wanted = max(wanted, count - len(rest))
    drawn = [*_stratum(met, wanted, chance), *_stratum(rest, count - wanted, chance)]
    chance.shuffle(drawn)
    return tuple(drawn)


def _stratum(charts: Sequence[Chart], count: int, chance: random.Random) -> list[Chart]:
    """So many of these charts: the boundary cases that are due to it first, and of all the exam's own charts first."""
    shuffled = sorted(chance.sample(charts, len(charts)), key=lambda c: c.front.set != "exam")
    edge = [c for c in shuffled if is_boundary(c)][: -(-count // _BOUNDARY_SHARE)]
    return [*edge, *(c for c in shuffled if c not in edge)][:count]


@dataclass(frozen=True, slots=True)
class Marked:
    """An exam with its mark: the lower of the share of right outcomes and of right facts, in whole percent."""

    begun: ExamBegun
    results: Mapping[str, ChartResult]
    outcomes_right: int
    facts_right: int
    facts: int

    @property
    def outcome_percent(self) -> int:
        """The share of charts that were closed with the right outcome, rounded down."""
        return 100 * self.outcomes_right // len(self.begun.charts)

    @property
    def fact_percent(self) -> int:
        """The share of facts that were right, rounded down."""
        return 100 * self.facts_right // self.facts if self.facts else 0

    @property
    def score(self) -> int:
        """A right outcome from wrong facts is luck, and right facts with a wrong outcome help nobody."""
        return min(self.outcome_percent, self.fact_percent)

    @property
    def passed(self) -> bool:
        """The mark is reached."""
        return self.score >= self.begun.pass_mark

    def ended(self, at: str, certificate: str) -> ExamEnded:
        """What is kept of it."""
        return ExamEnded(
            at=at,
            policy=self.begun.policy,
            version=self.begun.version,
            digest=self.begun.digest,
            exam=self.begun.exam,
            outcomes_right=self.outcomes_right,
            facts_right=self.facts_right,
            facts=self.facts,
            score=self.score,
            passed=self.passed,
            certificate=certificate,
        )


def marked(begun: ExamBegun, results: Sequence[ChartResult]) -> Marked:
    """The mark of an exam. A chart without a result was not closed: its outcome is wrong."""
    own = {r.chart: r for r in results if r.exam == begun.exam}
    return Marked(
        begun,
        own,
        sum(r.outcome_right for r in own.values()),
        sum(r.right for r in own.values()),
        sum(r.of for r in own.values()),
    )


# --- The certificate --------------------------------------------------------------------------------------------------


def certificate(exam: Marked, loaded: Loaded, *, trainee: str, ended: str, links: Mapping[str, str]) -> dict[str, Any]:
    """What the certificate says, as data.

    Args:
        exam: The exam.
        loaded: The policy.
        trainee: Who took it.
        ended: When it was over.
        links: The last link of the chain of hashes of each transcript, by chart.
    """
    begun, policy = exam.begun, loaded.policy
    return {
        "certificate": "assistant exam",
        "result": "passed" if exam.passed else "not passed",
        "trainee": trainee,
        "date": ended[:10],
        "begun": begun.at,
        "ended": ended,
        "attempt": begun.attempt,
        "policy": {"id": policy.id, "version": policy.version, "title": policy.title, "digest": begun.digest},
        "seed": begun.seed,
        "minutes_allowed": begun.minutes,
        "score": exam.score,
        "pass_mark": begun.pass_mark,
        "outcomes": {"right": exam.outcomes_right, "of": len(begun.charts), "percent": exam.outcome_percent},
        "facts": {"right": exam.facts_right, "of": exam.facts, "percent": exam.fact_percent},
        "charts": [_chart_line(exam, chart, digest, links.get(chart, "")) for chart, digest in begun.charts.items()],
    }


def _chart_line(exam: Marked, chart: str, digest: str, link: str) -> dict[str, Any]:
    result = exam.results.get(chart)
    return {
        "chart": chart,
        "digest": digest,
        "outcome": result.outcome if result else None,
        "gold": result.gold if result else None,
        "outcome_right": bool(result and result.outcome_right),
        "facts_right": result.right if result else 0,
        "facts": result.of if result else 0,
        "transcript_link": link,
    }


def certificate_json(content: Mapping[str, Any]) -> str:
    """The certificate for programs."""
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def certificate_text(content: Mapping[str, Any]) -> str:
    """The certificate for people, at 80 columns."""
    policy, passed = content["policy"], content["result"] == "passed"
    minutes = content["minutes_allowed"]
    lines = [
        f"{'Certificate' if passed else 'Result'}: exam {content['result']}",
        "",
        f"Trainee     {clean(content['trainee'])}",
        f"Policy      {policy['title']}, version {policy['version']} ({policy['id']})",
        f"  {policy['digest']}",
        f"Date        {content['date']} (attempt {content['attempt']})",
        f"Begun       {content['begun']}",
        f"Ended       {content['ended']}" + (f" (allowed: {minutes} minutes)" if minutes else ""),
        f"Score       {content['score']}% (pass mark {content['pass_mark']}%)",
        f"  outcomes  {content['outcomes']['right']} of {content['outcomes']['of']} right "
        f"({content['outcomes']['percent']}%)",
        f"  facts     {content['facts']['right']} of {content['facts']['of']} right ({content['facts']['percent']}%)",
        "  The score is the lower of the two.",
        f"Seed        {content['seed']}",
        "",
        "Charts",
    ]
    for one in content["charts"]:
        outcome = "right" if one["outcome_right"] else "WRONG" if one["outcome"] else "not taken to its end"
        lines.append(
            f"  {clean(one['chart']):<12} outcome {outcome}; {one['facts_right']} of {one['facts']} facts right"
        )
        lines.append(f"               chart {one['digest'][:23]}…, transcript {one['transcript_link'][:16] or '-'}")
    lines += ["", "All charts are invented. This says how the holder read them, and nothing about real cases."]
    return "\n".join(row for line in lines for row in wrap(line, 80, subsequent_indent=" " * 12) or [""]) + "\n"
