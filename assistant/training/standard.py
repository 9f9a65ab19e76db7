"""What charts say, as reviews to compare those of reviewers with."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from ..answering import reads
from ..errors import AssistantError
from ..events import Concluded, Picked, Started
from ..interview import Session, advance, outcome_of, start
from ..policy import Loaded
from .charts import Chart, charts_of

REVIEWER = "the charts"


def chart_reviews(loaded: Loaded, cases: Container[str], directory: Path | None) -> list[tuple[str, Session]]:
    """Each chart whose id is among the cases (in small letters), as a concluded review, with its file.

    Raises:
        AssistantError: No chart has the id of one of the cases.
    """
    charts, _faults = charts_of(loaded, directory)
    found = [(str(c.path), _review(c, loaded)) for c in charts if c.id.casefold() in cases]
    if not found:
        raise AssistantError(
            "no chart has the id of a case in these reviews", "Give the reviews the ids of charts as case references"
        )
    return found


def _review(chart: Chart, loaded: Loaded) -> Session:
    policy = loaded.policy
    begun = Started(policy=policy.id, version=policy.version, case=chart.id, reviewer=REVIEWER, intake=False)
    facts = {f: v for f, v in chart.front.facts.items() if f in policy.domains}
    session = advance(start(loaded, reads(loaded), begun), Picked(facts=facts, reason="the chart"))
    return advance(session, Concluded(determination=outcome_of(session).value))
