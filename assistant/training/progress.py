"""How somebody's answers have changed: by criterion over time, as a plot in the terminal, as CSV and as a page."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from io import StringIO

from ..policy import Loaded
from ..safe_text import clean
from .kinds import KINDS
from .records import ChartResult, ExamBegun, ExamEnded
from .scoring import leaves

WINDOW = 10
"""Accuracy is that of the last so many tries: what was wrong in the first week should not count for ever."""
MARKERS = "123456789abcdefghijkl"

Exams = Sequence[tuple[ExamBegun, ExamEnded | None]]


@dataclass(frozen=True, slots=True)
class Point:
    """The accuracy after a try: when, how many tries so far, and the percentage of the last ones that were right."""

    day: date
    tries: int
    percent: float


@dataclass(frozen=True, slots=True)
class Series:
    """One criterion: its points in order of time."""

    criterion: str
    label: str
    points: tuple[Point, ...]
    right: int


def series(results: Iterable[ChartResult], loaded: Loaded) -> tuple[Series, ...]:
    """The accuracy of each criterion that was come to, in the order of the policy."""
    tries: dict[str, list[tuple[date, bool]]] = {}
    for result in results:
        for name, right in result.criteria.items():
            tries.setdefault(name, []).append((date.fromisoformat(result.at[:10]), right))
    found = []
    for criterion in leaves(loaded.policy):
        own = tries.get(criterion.id, [])
        points = []
        for n in range(1, len(own) + 1):
            last = [right for _day, right in own[max(0, n - WINDOW) : n]]
            points.append(Point(own[n - 1][0], n, 100 * sum(last) / len(last)))
        if points:
            found.append(Series(criterion.id, criterion.label, tuple(points), sum(right for _day, right in own)))
    return tuple(found)


def mistakes(results: Iterable[ChartResult]) -> Mapping[str, int]:
    """How many mistakes of each kind."""
    found: Counter[str] = Counter()
    for result in results:
        found.update(result.mistakes)
    return found


# --- Terminal ---------------------------------------------------------------------------------------------------------


def as_text(results: Sequence[ChartResult], loaded: Loaded, trainee: str, exams: Exams, width: int = 78) -> str:
    """A plot and tables for a terminal."""
    found = series(results, loaded)
    head = f"Progress of {clean(trainee)}: {_count(len(results), 'chart')} ({_policy(loaded)})"
    if not found:
        return f"{head}\nNothing was practised yet. Type: assistant train\n"
    lines = [head, "", *plot(found, width), ""]
    lines.append(f"   {'criterion':<42}{'tries':>6}{'right':>7}  last {WINDOW}")
    for mark, one in zip(MARKERS, found, strict=False):
        name = f"{one.criterion} {one.label}"[:41]
        last = one.points[-1]
        lines.append(f" {mark} {name:<42}{last.tries:>6}{100 * one.right // last.tries:>6}%{last.percent:>8.0f}%")
    kinds = mistakes(results)
    lines += ["", "Kinds of mistake: " + (", ".join(f"{KINDS[k]} {kinds[k]}" for k in KINDS if kinds.get(k)) or "none")]
    lines += _exam_lines(exams)
    return "\n".join(lines) + "\n"


def plot(found: Sequence[Series], width: int) -> list[str]:
    """The accuracy of each criterion over time; without the plotting library, nothing but a word on that."""
    try:
        import plotext  # type: ignore[import-untyped]  # here: only this page needs it
    except (ImportError, OSError):  # its drawing is native code, which not every system has
        return ["(No plot: the library plotext does not work here. --html draws without it.)"]
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, 18)
    figure.title(f"Right answers by criterion, percent of the last {WINDOW} (one line may hide another)")
    days = sorted({p.day for one in found for p in one.points})
    for mark, one in zip(MARKERS, found, strict=False):
        ends = {p.day: p for p in one.points} if len(days) > 1 else {p.tries: p for p in one.points}
        x = [(p.day - days[0]).days if len(days) > 1 else p.tries for p in ends.values()]
        signal = figure.signal(x, [p.percent for p in ends.values()], marker=mark)
        figure.draw(signal.lines())
    figure.ruler("y").lim(0, 100)
    if len(days) > 1:
        shown = [days[0], days[len(days) // 2], days[-1]]
        figure.ruler("x").ticks([(d - days[0]).days for d in shown], [f"{d:%d %b %Y}" for d in shown])
    else:
        most = max(one.points[-1].tries for one in found)
        figure.ruler("x").ticks(sorted({1, (most + 1) // 2, most}))
        figure.label("tries")
    text = plotext.uncolorize(figure.build().string())
    figure.clear()
    return [line.rstrip() for line in text.splitlines()]


def _exam_lines(exams: Exams) -> list[str]:
    lines = ["", "Exams"] if exams else []
    for begun, ended in exams:
        state = "not finished"
        if ended:
            state = f"{ended.score}% of {begun.pass_mark}%, {'passed' if ended.passed else 'not passed'}"
        lines.append(f"  attempt {begun.attempt}, {begun.at[:10]}, {_count(len(begun.charts), 'chart')}: {state}")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s'[: number != 1]}"


def _policy(loaded: Loaded) -> str:
    return f"{loaded.policy.short_title}, version {loaded.policy.version}"


# --- CSV --------------------------------------------------------------------------------------------------------------


def as_csv(results: Sequence[ChartResult], _loaded: Loaded, trainee: str, _exams: Exams) -> str:
    """One row for each criterion of each chart, for a table calculation."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    head = "at trainee policy version mode exam chart drill outcome_right facts_right facts criterion right mistakes"
    rows.writerow(head.split())
    for r in results:
        kinds = "; ".join(f"{kind} {count}" for kind, count in r.mistakes.items())
        base = [
            r.at,
            trainee,
            r.policy,
            r.version,
            r.mode,
            r.exam,
            r.chart,
            r.drill,
            int(r.outcome_right),
            r.right,
            r.of,
        ]
        for criterion, right in r.criteria.items() or {"": ""}.items():
            rows.writerow([_cell(v) for v in (*base, criterion, int(right) if criterion else "", kinds)])
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell that no table calculation takes for a formula."""
    text = clean(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


# --- A page -----------------------------------------------------------------------------------------------------------

_PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse }} th, td {{ text-align: left; padding: .2rem .8rem; border-bottom: 1px solid #ccc }}
td.n {{ text-align: right }} figure {{ display: inline-block; margin: .5rem }} figcaption {{ font-size: .9rem }}
</style></head><body>
<h1>{title}</h1>
<p>{head}</p>
<h2>Right answers by criterion, percent of the last {window}</h2>
{plots}
<table><tr><th>Criterion</th><th>Tries</th><th>Right</th><th>Last {window}</th></tr>
{rows}
</table>
<h2>Kinds of mistake</h2>
<table>{kinds}</table>
<h2>Exams</h2>
<table><tr><th>Attempt</th><th>Date</th><th>Charts</th><th>Score</th><th>Pass mark</th><th>Result</th></tr>
{exams}
</table>
</body></html>
"""
_W, _H, _PAD = 260, 110, 26


def as_html(results: Sequence[ChartResult], loaded: Loaded, trainee: str, exams: Exams) -> str:
    """A page that needs nothing else: a plot for each criterion, and the tables."""
    found = series(results, loaded)
    days = sorted({p.day for one in found for p in one.points})
    kinds = mistakes(results)
    exam_rows = [
        (
            begun.attempt,
            begun.at[:10],
            len(begun.charts),
            f"{ended.score}%" if ended else "",
            f"{begun.pass_mark}%",
            ("passed" if ended.passed else "not passed") if ended else "not finished",
        )
        for begun, ended in exams
    ]
    table = [
        (
            f"{s.criterion} {s.label}",
            s.points[-1].tries,
            f"{100 * s.right // s.points[-1].tries}%",
            f"{s.points[-1].percent:.0f}%",
        )
        for s in found
    ]
    return _PAGE.format(
        title=_html(f"Progress of {trainee}"),
        head=_html(f"{_policy(loaded)}. {_count(len(results), 'chart')}."),
        window=WINDOW,
        plots="\n".join(_figure(s, days) for s in found),
        rows=_rows(table),
        kinds=_rows([(KINDS[k], kinds[k]) for k in KINDS if kinds.get(k)]) or "<tr><td>none</td></tr>",
        exams=_rows(exam_rows),
    )


def _html(value: object) -> str:
    return escape(clean(str(value)))


def _rows(rows: Iterable[Sequence[object]]) -> str:
    return "\n".join("<tr>" + "".join(f"<td>{_html(v)}</td>" for v in row) + "</tr>" for row in rows)


def _figure(one: Series, days: Sequence[date]) -> str:
    """A small plot: 0 to 100 percent upwards, time (or, within one day, the number of the try) to the right."""
    span = (days[-1] - days[0]).days
    at = [(p.day - days[0]).days / span if span else p.tries / one.points[-1].tries for p in one.points]
    xy = [
        (_PAD + x * (_W - 2 * _PAD), _H - _PAD - p.percent / 100 * (_H - 2 * _PAD))
        for x, p in zip(at, one.points, strict=True)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in xy)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in xy)
    low, high = _H - _PAD, _PAD
    ends = (f"{days[0]:%d %b %Y}", f"{days[-1]:%d %b %Y}") if span else ("first try", "last try")
    label = _html(f"{one.criterion} {one.label}: {one.points[-1].percent:.0f}% right of the last {WINDOW}")
    return (
        f'<figure><svg width="{_W}" height="{_H}" role="img" aria-label="{label}" font-size="10">'
        f'<path d="M{_PAD} {high}V{low}H{_W - _PAD}" fill="none" stroke="#888"/>'
        f'<text x="0" y="{high + 4}">100</text><text x="12" y="{low}">0</text>'
        f'<text x="{_PAD}" y="{_H - 8}">{ends[0]}</text>'
        f'<text x="{_W - _PAD}" y="{_H - 8}" text-anchor="end">{ends[1]}</text>'
        f'<polyline points="{line}" fill="none" stroke="#06c" stroke-width="1.5"/><g fill="#06c">{dots}</g></svg>'
        f"<figcaption>{label}</figcaption></figure>"
    )
