"""Agreement between raters, from counts alone: which ratings stood side by side, and how often.

Cohen's and Fleiss' kappa come from statsmodels, which is optional and imported when the first number is wanted. The
rest (alpha, AC1, PABAK, indices) is in no library that is well kept and fit to depend on, so it is here, each held to
a published table by its test. Nothing is ever nan: what cannot be computed is None, and an Estimate says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from math import ceil
from typing import Any

from ..errors import AssistantError

Pattern = tuple[str | None, ...]
"""The ratings of one unit, one a rater, in the raters' order; None for none."""

Table = Mapping[Pattern, int]
"""How many units have each pattern."""

Poles = tuple[str, str]
"""The positive and the negative rating of a measure that has two."""

MIN_CASES = 10
"""With fewer cases resampling shows the sample's smallness rather than its spread."""

MAX_UNDEFINED = 0.05
"""The share of resamples without a value beyond which the rest would give too narrow an interval."""

NO_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: cases drawn again, so that the two sides of one case stay together."""

    seed: int = 20260724
    times: int = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its 95 % interval; `why` tells why either is missing."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """All there is to say about one measure among some raters.

    `units` and `cases` count what at least two rated, `partly` the units among them that not all rated. `specific` is
    the agreement on each rating; on the `poles` it is called positive and negative agreement. `prevalence` and `bias`
    need two ratings (and two raters).
    """

    raters: int
    units: int
    cases: int
    partly: int
    counts: tuple[tuple[str, int], ...]
    agreement: Estimate
    cohen: Estimate
    fleiss: Estimate
    alpha: Estimate
    ac1: Estimate
    pabak: Estimate
    poles: Poles | None
    prevalence: float | None
    bias: float | None
    specific: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]

    @property
    def kappa(self) -> Estimate:
        """Cohen's kappa of two raters, Fleiss' of more."""
        return self.cohen if self.raters == 2 else self.fleiss

    def on(self, rating: str) -> float | None:
        """The agreement on one rating."""
        return dict(self.specific).get(rating)


# --- The statistics -------------------------------------------------------------------------------------------------


def agreement(table: Table) -> float | None:
    """The share of pairs of ratings of one unit that are alike, averaged over units (of two raters: of equal units)."""
    total = agreeing = 0.0
    for counts, raters, units in _paired(table):
        total += units
        agreeing += units * sum(c * (c - 1) for c in counts.values()) / (raters * (raters - 1))
    return agreeing / total if total else None


def cohen_kappa(table: Table) -> float | None:
    """Cohen's kappa (1960) of two raters, over the units that both rated."""
    pairs = {p: n for p, n in table.items() if n and len(p) == 2 and None not in p}
    ratings = sorted({str(r) for p in pairs for r in p})
    if len(ratings) < 2:
        return None
    square = [[pairs.get((a, b), 0) for b in ratings] for a in ratings]
    return float(_inter_rater().cohens_kappa(square, return_results=False))


def fleiss_kappa(table: Table) -> float | None:
    """Fleiss' kappa (1971), over the units that all rated."""
    full = [(_counts(p), n) for p, n in table.items() if n and len(p) > 1 and None not in p]
    ratings = sorted({str(r) for counts, _n in full for r in counts})
    if len(ratings) < 2:
        return None
    rows = [[counts.get(r, 0) for r in ratings] for counts, n in full for _ in range(n)]
    return float(_inter_rater().fleiss_kappa(rows))


def krippendorff_alpha(table: Table) -> float | None:
    """Krippendorff's alpha for nominal ratings (2011, section C): a unit counts with as many raters as it has."""
    observed, totals = 0.0, Counter[str]()
    for counts, raters, units in _paired(table):
        observed += units * (raters**2 - sum(c * c for c in counts.values())) / (raters - 1)
        for rating, count in counts.items():
            totals[rating] += units * count
    size = sum(totals.values())
    expected = size**2 - sum(c * c for c in totals.values())
    return 1 - observed * (size - 1) / expected if expected else None


def gwet_ac1(table: Table, categories: int) -> float | None:
    """Gwet's AC1 (2008). Units of one rating say nothing of agreement but count for how common a rating is."""
    observed = agreement(table)
    if observed is None or categories < 2:
        return None
    shares: dict[str, float] = {}
    units = 0
    for counts, raters, number in _counted(table):
        units += number
        for rating, count in counts.items():
            shares[rating] = shares.get(rating, 0.0) + number * count / raters
    chance = sum(s / units * (1 - s / units) for s in shares.values()) / (categories - 1)
    return (observed - chance) / (1 - chance)


def pabak(observed: float, categories: int) -> float:
    """Prevalence- and bias-adjusted kappa (Byrt 1993); of more than two categories this is Bennett's S."""
    return (categories * observed - 1) / (categories - 1)


def specific_agreement(table: Table, rating: str) -> float | None:
    """How often one rating is met by the same: Cicchetti and Feinstein's positive or negative agreement (1990)."""
    given = met = 0.0
    for counts, raters, units in _paired(table):
        count = counts.get(rating, 0)
        given += units * count
        met += units * count * (count - 1) / (raters - 1)
    return met / given if given else None


def prevalence_index(table: Table, poles: Poles) -> float | None:
    """How far the positive rating outweighs the negative (Byrt 1993); None unless all ratings are one of the two."""
    totals = _totals(table)
    size = sum(totals.values())
    return (totals[poles[0]] - totals[poles[1]]) / size if size and set(totals) <= set(poles) else None


def bias_index(table: Table, poles: Poles) -> float | None:
    """How far two raters differ in how often they rate positive (Byrt 1993)."""
    pairs = {p: n for p, n in table.items() if n and len(p) == 2 and None not in p}
    size = sum(pairs.values())
    if not size or not {r for p in pairs for r in p} <= set(poles):
        return None
    return abs(pairs.get(poles, 0) - pairs.get((poles[1], poles[0]), 0)) / size


def _counted(table: Table) -> Iterator[tuple[Mapping[str, int], int, int]]:
    """Each kind of unit: how often it has each rating, its number of raters, and how many units there are."""
    for pattern, units in table.items():
        if units and (counts := _counts(pattern)):
            yield counts, len(pattern) - pattern.count(None), units


@lru_cache(maxsize=4096)  # the same few patterns, in thousands of resamples
def _counts(pattern: Pattern) -> Mapping[str, int]:
    return Counter(r for r in pattern if r is not None)


def _paired(table: Table) -> Iterator[tuple[Mapping[str, int], int, int]]:
    return (found for found in _counted(table) if found[1] > 1)


def _totals(table: Table) -> Counter[str]:
    totals = Counter[str]()
    for counts, _raters, units in _paired(table):
        for rating, count in counts.items():
            totals[rating] += units * count
    return totals


# --- All of them, with intervals ------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)  # criteria that hang on one fact have the same ratings: resample them once
def summarise(
    raters: int, units: tuple[tuple[str, Pattern], ...], poles: Poles | None, resampling: Resampling
) -> Summary:
    """Every statistic of one measure.

    Args:
        raters: How many there are.
        units: The case of each unit and its ratings.
        poles: The positive and the negative rating, if the measure has them; else two ratings that occur stand in.
        resampling: Seed and number of resamples.
    """
    table = Counter(pattern for _case, pattern in units)
    paired = [(case, p) for case, p in units if len(p) - p.count(None) > 1]
    cases = len({case for case, _p in paired})
    totals = _totals(table)
    # Ratings that occur make the scale, as in Gwet's own programs; unused ones would only raise AC1 and PABAK.
    scale = max(2, len({r for p in table for r in p if r is not None}))
    if poles is None and len(totals) == 2:
        first, second = sorted(totals)
        poles = (first, second)
    wanted: dict[str, Callable[[Table], float | None]] = {
        "agreement": agreement,
        "alpha": krippendorff_alpha,
        "ac1": lambda t: gwet_ac1(t, scale),
    }
    if raters > 1:
        wanted["kappa"] = cohen_kappa if raters == 2 else fleiss_kappa
    values = {name: statistic(table) for name, statistic in wanted.items()}
    found = _with_intervals(units, wanted, values, cases, resampling)
    reason = _reason(raters, len(paired), totals)
    kappa = found.get("kappa", Estimate())
    none = Estimate(why=reason or f"{NO_DATA}: too few units that all rated")
    share = found["agreement"]
    value, low, high = (None if v is None else pabak(v, scale) for v in (share.value, share.low, share.high))
    adjusted = Estimate(value, low, high, share.why)
    return Summary(
        raters=raters,
        units=len(paired),
        cases=cases,
        partly=sum(None in p for _case, p in paired),
        counts=tuple(sorted(totals.items(), key=lambda c: (-c[1], c[0]))),
        agreement=share if share.value is not None else none,
        cohen=_or(kappa, none) if raters == 2 else Estimate(why="for two reviewers"),
        fleiss=_or(kappa, none) if raters != 2 else Estimate(why="for three and more reviewers"),
        alpha=_or(found["alpha"], none),
        ac1=_or(found["ac1"], none),
        pabak=_or(adjusted, none),
        poles=poles,
        prevalence=prevalence_index(table, poles) if poles else None,
        bias=bias_index(table, poles) if poles else None,
        specific=tuple((r, s) for r in sorted(totals) if (s := specific_agreement(table, r)) is not None),
        warnings=tuple(_warnings(totals, share.value, kappa.value, found["ac1"].value)),
    )


def _or(estimate: Estimate, none: Estimate) -> Estimate:
    return estimate if estimate.value is not None else none


def _reason(raters: int, units: int, totals: Mapping[str, int]) -> str:
    if raters < 2:
        return f"{NO_DATA}: one reviewer"
    if not units:
        return f"{NO_DATA}: nothing rated by two"
    return f"{NO_DATA}: all ratings are alike" if len(totals) < 2 else ""


def _warnings(totals: Counter[str], share: float | None, kappa: float | None, ac1: float | None) -> Iterator[str]:
    """Where kappa would mislead (Feinstein and Cicchetti 1990: high agreement, low kappa)."""
    if not totals or share is None:
        return
    top, count = max(totals.items(), key=lambda c: (c[1], c[0]))
    size = sum(totals.values())
    if kappa is not None and ac1 is not None and share >= 0.8 and kappa < 0.6 and ac1 - kappa >= 0.2:
        yield (
            f"Kappa misleads here: {count / size:.0%} of the ratings are '{top}', so chance alone explains most of the "
            f"agreement of {share:.0%}. Look at AC1 and at the agreement on each rating."
        )


def _with_intervals(
    units: Iterable[tuple[str, Pattern]],
    wanted: Mapping[str, Callable[[Table], float | None]],
    values: Mapping[str, float | None],
    cases: int,
    resampling: Resampling,
) -> dict[str, Estimate]:
    if cases < MIN_CASES or resampling.times < 1:
        why = f"fewer than {MIN_CASES} cases" if cases < MIN_CASES else "not asked for"
        return {name: Estimate(value, why=why) for name, value in values.items()}
    if values["agreement"] == 1:
        return {name: Estimate(value, why="no variation") for name, value in values.items()}
    drawn: dict[str, list[tuple[float, int]]] = {name: [] for name in wanted}
    for table, times in _resampled(units, resampling):
        for name, statistic in wanted.items():
            if values[name] is not None and (value := statistic(table)) is not None:
                drawn[name].append((value, times))
    return {name: _interval(value, drawn[name], resampling.times) for name, value in values.items()}


def _resampled(units: Iterable[tuple[str, Pattern]], resampling: Resampling) -> Iterator[tuple[Table, int]]:
    """Tables of cases drawn with replacement, each with how many of the resamples it is."""
    numpy = _library("numpy")
    by_case: dict[str, Counter[Pattern]] = {}
    for case, pattern in units:
        by_case.setdefault(case, Counter())[pattern] += 1
    patterns = sorted({p for c in by_case.values() for p in c}, key=lambda p: [(r is not None, r or "") for r in p])
    matrix = numpy.array([[by_case[case][p] for p in patterns] for case in sorted(by_case)])
    # RandomState, not a Generator: only its stream is promised to stay, and the report prints the seed.
    draws = numpy.random.RandomState(resampling.seed).multinomial(
        len(matrix), [1 / len(matrix)] * len(matrix), size=resampling.times
    )
    tables, times = numpy.unique(draws @ matrix, axis=0, return_counts=True)
    for row, count in zip(tables.tolist(), times.tolist(), strict=True):
        yield dict(zip(patterns, row, strict=True)), count


def _interval(value: float | None, drawn: Sequence[tuple[float, int]], times: int) -> Estimate:
    defined = sum(count for _v, count in drawn)
    if value is None or defined < times * (1 - MAX_UNDEFINED):
        return Estimate(value, why="undefined in too many resamples")
    ordered = [v for v, count in sorted(drawn) for _ in range(count)]
    low, high = ordered[int(0.025 * defined)], ordered[ceil(0.975 * defined) - 1]
    if ordered[0] == ordered[-1]:
        return Estimate(value, why="no variation")
    return Estimate(value, low, high)


@cache
def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise AssistantError(
            f"agreement needs the library {name.partition('.')[0]}", "Install it: pip install 'assistant[agreement]'"
        ) from error


def _inter_rater() -> Any:
    return _library("statsmodels.stats.inter_rater")


def require_library() -> None:
    """Raise the error about a missing library before any work is done."""
    _inter_rater()
