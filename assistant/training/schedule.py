"""What to practise next: one card a chart and one a criterion, due when FSRS expects that it would be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..policy import Loaded
from .charts import Chart, by_id
from .records import ChartResult
from .scoring import leaves
from .sessions import drill_asks

if TYPE_CHECKING:
    from fsrs import Card

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
POOR, FAIR = 0.6, 0.9


@dataclass(frozen=True, slots=True)
class Next:
    """What to practise: a chart, or one criterion in it (`drill`), and why."""

    chart: Chart
    drill: str
    why: str


def rating_of(result: ChartResult) -> int:
    """How well a chart went: a wrong outcome or few right facts begin anew, all right comes back late."""
    share = result.right / result.of if result.of else 1.0
    if not result.outcome_right or share < POOR:
        return AGAIN
    return HARD if share < FAIR else GOOD if share < 1 else EASY


def criterion_rating(result: ChartResult, criterion: str) -> int:
    """How well a criterion went. What went wrong elsewhere in the chart does not count against it."""
    return GOOD if result.criteria[criterion] else AGAIN


def cards(results: Iterable[ChartResult]) -> Mapping[str, Card]:
    """The state of each card (`chart:ID`, `criterion:ID`), folded from all results in their order."""
    from fsrs import Card, Rating, Scheduler  # here: only training needs it

    # Days, not minutes: a chart is not taken twice in an hour. No chance, so that the same results give the same plan.
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    found: dict[str, Card] = {}
    for result in results:
        ratings = {f"criterion:{c}": criterion_rating(result, c) for c in result.criteria}
        if not result.drill:
            ratings[f"chart:{result.chart}"] = rating_of(result)
        at = datetime.fromisoformat(result.at).astimezone(UTC)
        for name, rating in ratings.items():
            card = found.get(name) or Card(card_id=len(found) + 1, due=at)
            found[name] = scheduler.review_card(card, Rating(rating), review_datetime=at)[0]
    return found


def next_up(results: Sequence[ChartResult], charts: Sequence[Chart], loaded: Loaded, now: datetime) -> Next | None:
    """What is due: the card that has waited longest, else a new chart, else what comes next. None without charts.

    Args:
        results: All results of the trainee with this policy.
        charts: The charts for practice.
        loaded: The policy.
        now: The clock.
    """
    known = cards(results)
    last_seen = {r.chart: n for n, r in enumerate(results)}
    found = [(card.due, name) for name, card in known.items() if _usable(name, charts, loaded)]
    found.sort()
    if found and found[0][0] <= now.astimezone(UTC):
        due, name = found[0]
        return _taken(name, charts, loaded, last_seen, f"due since {due.astimezone(now.tzinfo):%d %B %Y}")
    new = sorted((c for c in charts if c.id not in last_seen), key=lambda c: (c.front.difficulty, by_id(c)))
    if new:
        return Next(new[0], "", "a new chart")
    if found:
        due, name = found[0]
        when = f"nothing is due before {due.astimezone(now.tzinfo):%d %B %Y}; this is next"
        return _taken(name, charts, loaded, last_seen, when)
    return None


def _usable(name: str, charts: Sequence[Chart], loaded: Loaded) -> bool:
    kind, _, one = name.partition(":")
    if kind == "chart":
        return any(c.id == one for c in charts)
    return one in {c.id for c in leaves(loaded.policy)} and bool(drill_charts(one, charts, loaded))


def _taken(name: str, charts: Sequence[Chart], loaded: Loaded, last_seen: Mapping[str, int], why: str) -> Next:
    kind, _, one = name.partition(":")
    if kind == "chart":
        return Next(next(c for c in charts if c.id == one), "", why)
    return Next(drill_chart(one, charts, loaded, last_seen), one, why)


def drill_charts(criterion: str, charts: Sequence[Chart], loaded: Loaded) -> list[Chart]:
    """The charts in which a criterion can be practised by itself."""
    return [c for c in charts if drill_asks(c, loaded, criterion)]


def drill_chart(criterion: str, charts: Sequence[Chart], loaded: Loaded, last_seen: Mapping[str, int]) -> Chart:
    """The one of them that was seen longest ago, or never."""
    return min(drill_charts(criterion, charts, loaded), key=lambda c: (last_seen.get(c.id, -1), by_id(c)))
