"""A report as text, HTML, CSV or JSON. What stands in transcripts is data here: shown, never obeyed, in every form."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from io import StringIO
from itertools import groupby
from math import floor
from textwrap import wrap
from typing import Any, Literal, get_args

from ..safe_text import clean
from ..view import quoted
from .cases import Block, Disagreement, Measure, Rating, Report, Unit
from .statistics import NO_DATA, Estimate, Summary

Form = Literal["text", "json", "csv", "html"]
Table = Literal["statistics", "disagreements"]
TABLES: tuple[Table, ...] = get_args(Table)

WIDTH = 80
_LABEL = 28
_MOST = 4
_ESTIMATES = ("agreement", "cohen", "fleiss", "alpha", "ac1", "pabak")

_READING = (
    "n: units (a side of a case) that two or more rated. Intervals (95 %) come from {times} resamples of cases, seed "
    "{seed}. Kappa is {kappa}. Kappa and alpha take what chance would give from the ratings' own frequencies and fall "
    "when one rating is common; AC1 and PABAK do so less. A fact nobody spoke of is missing, not a rating."
)


def _title(measure: Measure) -> str:
    return f"{measure.id} {measure.label}" if measure.kind == "criterion" else measure.label


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")


def _range(estimate: Estimate) -> str:
    return "-" if estimate.low is None else f"{_number(estimate.low)} to {_number(estimate.high)}"


def _percent(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    shown = f"{estimate.value:.0%}"
    return ">99%" if shown == "100%" and estimate.value < 1 else shown


def _each(summary: Summary) -> str:
    """The agreement on each rating; of many, on those with the least."""
    shown = sorted(summary.specific, key=lambda s: s[1])[:_MOST] if len(summary.specific) > _MOST else summary.specific
    words = ", ".join(f"{rating.replace('_', ' ')} {_number(value)}" for rating, value in shown)
    return f"lowest of {len(summary.specific)}: {words}" if len(shown) < len(summary.specific) else words


def _where(unit: Unit) -> str:
    return f"{unit.case}, {unit.side}" if unit.side else unit.case


def _said(rating: Rating | None, silent: bool) -> str:
    if rating is None:
        return "did not speak of it" if silent else "-"
    quotes = " ".join(quoted(q) for q in rating.quotes[-3:])
    return f"{clean(rating.words)} {quotes}".strip()


def _head(report: Report) -> list[str]:
    """What the report is of, in sentences."""
    ratings = report.ratings
    reviewers = ", ".join(clean(r) for r in ratings.reviewers) or "none"
    shared = sum(len(seen) > 1 for seen in ratings.seen.values())
    lines = [f"{ratings.policy or 'no reviews'}. Reviewers: {reviewers}."]
    lines.append(f"{len(ratings.seen)} case{'s'[: len(ratings.seen) != 1]}, {shared} of them by two or more reviewers.")
    if report.gold:
        lines.append(f"Gold: {clean(report.gold)}.")
    return lines


def _legend(report: Report) -> str:
    several = any(len(b.reviewers) > 2 for b in report.blocks)
    kappa = "Fleiss' of all reviewers, Cohen's of two" if several else "Cohen's"
    times = f"{report.resampling.times:,}"
    return _READING.format(times=times, seed=report.resampling.seed, kappa=kappa)


# --- Text -----------------------------------------------------------------------------------------------------------


def as_text(report: Report, notices: Sequence[str], _table: Table) -> str:
    """Lines for a terminal of 80 columns."""
    lines = ["Agreement between reviewers", *_wrapped(" ".join(_head(report)))]
    for notice in (*notices, *report.notices):
        lines += _wrapped(f"! {clean(notice)}", "  ")
    for block in (b for b in report.blocks if b.kind != "pair"):
        lines += ["", *_wrapped(f"{clean(block.title)}: {', '.join(clean(r) for r in block.reviewers)}")]
        lines += _text_block(block)
    pairs = [(b.title, b.rows[0][1]) for b in report.blocks if b.kind == "pair" and b.rows]
    if pairs:
        lines += ["", "The outcome, pair by pair (all measures: --format html, csv or json)"]
        lines += _text_table(pairs)
    lines += ["", *_wrapped(_legend(report))]
    lines += ["", *_wrapped(f"To talk about: {len(report.chosen)} cases ({report.chosen_how})")]
    return "\n".join([*lines, *_text_disagreements(report)]) + "\n"


def _text_block(block: Block) -> Iterator[str]:
    rated = [(_title(m), s) for m, s in block.rows if s.agreement.value is not None]
    if rated:
        yield from _text_table(rated)
        yield ""
        yield f"{'':{_LABEL}} {'PABAK':>6} {'preval.':>7} {'bias':>5}  agreement on each rating"
        for title, s in rated:
            each = clean(_each(s))
            numbers = f"{_number(s.pabak.value):>6} {_number(s.prevalence):>7} {_number(s.bias):>5}"
            yield from _row(title, numbers, wrap(each, WIDTH - _LABEL - 23) or [""])
        for title, s in rated:
            for warning in s.warnings:
                yield from _wrapped(f"! {clean(title)}: {clean(warning)}", "  ")
        whys = dict.fromkeys(s.kappa.why for _t, s in rated if s.kappa.value is not None and s.kappa.why)
        if whys:
            yield from _wrapped(f"No interval (-): {', or '.join(whys)}.")
        for why in dict.fromkeys(s.kappa.why for _t, s in rated if s.kappa.value is None):
            without = "; ".join(clean(t) for t, s in rated if s.kappa.value is None and s.kappa.why == why)
            yield from _wrapped(f"{why[0].upper() + why[1:]}: {without}.")
    if missing := [_title(m) for m, s in block.rows if s.agreement.value is None]:
        why = next(s.agreement.why for _m, s in block.rows if s.agreement.value is None)
        yield from _wrapped(f"{why[0].upper() + why[1:]}: {clean('; '.join(missing))}.")
    if not block.rows:
        yield f"{NO_DATA.capitalize()}."


def _text_table(rows: Iterable[tuple[str, Summary]]) -> Iterator[str]:
    yield f"{'':{_LABEL}} {'n':>5} {'agree':>6} {'kappa':>6}  {'95 % interval':<14} {'alpha':>6} {'AC1':>6}"
    for title, s in rows:
        kappa = f"{_number(s.kappa.value):>6}  {_range(s.kappa):<14}" if s.kappa.value is not None else f"{NO_DATA:>22}"
        yield from _row(
            title,
            f"{s.units:>5} {_percent(s.agreement):>6} {kappa} {_number(s.alpha.value):>6} {_number(s.ac1.value):>6}",
        )


def _row(title: str, numbers: str, last: Sequence[str] = ("",)) -> Iterator[str]:
    """A row whose label, and whose last column, may need further lines."""
    labels = wrap(clean(title), _LABEL, break_on_hyphens=False) or [""]
    for i in range(max(len(labels), len(last))):
        label = labels[i] if i < len(labels) else ""
        text = f"{label:{_LABEL}} {numbers if i == 0 else '':{len(numbers)}}  {last[i] if i < len(last) else ''}"
        yield text.rstrip()


def _text_disagreements(report: Report) -> Iterator[str]:
    for case in report.chosen:
        found = [d for d in report.disagreements if d.unit.case == case]
        if not found:
            yield from ("", *_wrapped(f"{clean(case)}: no disagreement"))
        for unit, group in groupby(found, lambda d: d.unit):
            yield from ("", *_wrapped(clean(_where(unit))))
            for d in group:
                yield from _wrapped(clean(_title(d.measure)), "    ", "  ")
                for reviewer, rating in d.said:
                    yield from _wrapped(f"{clean(reviewer)}: {_said(rating, d.silent)}", "      ", "    ")


def _wrapped(text: str, then: str = "", first: str = "") -> list[str]:
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False)


# --- Data -----------------------------------------------------------------------------------------------------------


def as_json(report: Report, notices: Sequence[str], _table: Table) -> str:
    """One object, all ASCII; a number that cannot be had is null and its `why` says so."""
    ratings = report.ratings
    content: dict[str, Any] = {
        "policy": ratings.policy,
        "reviewers": ratings.reviewers,
        "gold": report.gold,
        "resampling": asdict(report.resampling),
        "cases": {case: sorted(seen) for case, seen in ratings.seen.items()},
        "notices": [*notices, *report.notices],
        "comparisons": [
            {
                "title": b.title,
                "kind": b.kind,
                "reviewers": b.reviewers,
                "measures": [{"kind": m.kind, "id": m.id, "label": m.label, **asdict(s)} for m, s in b.rows],
            }
            for b in report.blocks
        ],
        "chosen": report.chosen,
        "chosen_how": report.chosen_how,
        "disagreements": [_disagreement(d) for d in report.disagreements],
    }
    return json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _disagreement(d: Disagreement) -> dict[str, Any]:
    said = {reviewer: asdict(rating) if rating else None for reviewer, rating in d.said}
    about = {"kind": d.measure.kind, "id": d.measure.id, "label": d.measure.label}
    return {"case": d.unit.case, "side": d.unit.side, **about, "silent": d.silent, "said": said}


def as_csv(report: Report, _notices: Sequence[str], table: Table) -> str:
    """One table with a head line: a line for each comparison and measure, or for each reviewer in a disagreement."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _csv_statistics(report) if table == "statistics" else _csv_disagreements(report):
        writer.writerow([_cell(c) for c in row])
    return out.getvalue()


def _csv_statistics(report: Report) -> Iterator[Sequence[object]]:
    spread = [f"{name}{part}" for name in _ESTIMATES for part in ("", "_low", "_high")]
    first = ["comparison", "comparison_kind", "reviewers", "kind", "id", "label", "units", "cases", "partly_rated"]
    last = ["prevalence", "bias", "positive", "positive_agreement", "negative", "negative_agreement", "remark"]
    yield [*first, *spread, *last]
    for b in report.blocks:
        for m, s in b.rows:
            estimates = [getattr(s, name) for name in _ESTIMATES]
            numbers = [v for e in estimates for v in (e.value, e.low, e.high)]
            poles = [v for pole in s.poles or ("", "") for v in (pole, s.on(pole))]
            remark = " ".join(s.warnings) or s.kappa.why
            who = "; ".join(b.reviewers)
            about = (b.title, b.kind, who, m.kind, m.id, m.label, s.units, s.cases, s.partly)
            yield [*about, *numbers, s.prevalence, s.bias, *poles, remark]


def _csv_disagreements(report: Report) -> Iterator[Sequence[object]]:
    yield ["case", "side", "kind", "id", "label", "reviewer", "value", "words", "quotes"]
    for d in report.disagreements:
        for reviewer, r in d.said:
            said = (r.value, r.words, " / ".join(r.quotes)) if r else ("", _said(None, d.silent), "")
            yield [d.unit.case, d.unit.side, d.measure.kind, d.measure.id, d.measure.label, reviewer, *said]


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, float):
        return f"{value:.6f}"
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


# --- HTML -----------------------------------------------------------------------------------------------------------

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Agreement between reviewers</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}}
table{{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}}
th,td{{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #ccc;vertical-align:top}}
th:first-child,td:first-child,.left td,.left th{{text-align:left}}
.note{{border-left:.3rem solid #a60;padding-left:.6rem}}svg{{max-width:100%;height:auto}}
</style></head><body><h1>Agreement between reviewers</h1>
{body}
</body></html>
"""


def _e(text: str) -> str:
    return escape(clean(text))


def as_html(report: Report, notices: Sequence[str], _table: Table) -> str:
    """One page that needs nothing else: no script, no picture, no address."""
    parts = [f"<p>{escape(' '.join(_head(report)))}</p>"]
    parts += [f'<p class="note">{_e(n)}</p>' for n in (*notices, *report.notices)]
    parts.append(f"<p>{_e(_legend(report))}</p>")
    for b in report.blocks:
        parts.append(f"<h2>{_e(b.title)}</h2><p>{_e(', '.join(b.reviewers))}</p>{_plot(b)}{_html_table(b)}")
        parts += [f'<p class="note">{_e(_title(m))}: {_e(w)}</p>' for m, s in b.rows for w in s.warnings]
    parts.append(f"<h2>To talk about: {len(report.chosen)} cases</h2><p>{_e(report.chosen_how)}</p>")
    agreed = [c for c in report.chosen if all(d.unit.case != c for d in report.disagreements)]
    parts += [f"<p>{_e(case)}: no disagreement</p>" for case in agreed]
    for unit, group in groupby(report.disagreements, lambda d: d.unit):
        rows = "".join(
            f"<tr><td>{_e(_title(d.measure)) if i == 0 else ''}</td><td>{_e(reviewer)}</td>"
            f"<td>{escape(_said(rating, d.silent))}</td></tr>"
            for d in group
            for i, (reviewer, rating) in enumerate(d.said)
        )
        head = "<tr><th>measure</th><th>reviewer</th><th>rating and words</th></tr>"
        parts.append(f'<h3>{_e(_where(unit))}</h3><table class="left">{head}{rows}</table>')
    return _PAGE.format(body="\n".join(parts))


def _html_table(block: Block) -> str:
    names = ("", "n", "agreement", "kappa", "alpha", "AC1", "PABAK", "prevalence", "bias", "agreement on each rating")
    head = "".join(f'<th scope="col">{n}</th>' for n in names)
    rows = ""
    for m, s in block.rows:
        each = _each(s)
        estimates = "".join(f"<td>{_html_estimate(e)}</td>" for e in (s.agreement, s.kappa, s.alpha, s.ac1, s.pabak))
        rest = "".join(f"<td>{_e(t)}</td>" for t in (_number(s.prevalence), _number(s.bias), each or "-"))
        rows += f"<tr><td>{_e(_title(m))}</td><td>{s.units}</td>{estimates}{rest}</tr>\n"
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>"


def _html_estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return _e(estimate.why or NO_DATA)
    return _number(estimate.value) + (f"<br><small>{_range(estimate)}</small>" if estimate.low is not None else "")


def _plot(block: Block) -> str:
    """Kappa with its interval (circle, line) and AC1 (square), a line a measure; told apart by shape, not colour."""
    rows = [(m, s) for m, s in block.rows if s.kappa.value is not None]
    if not rows:
        return ""
    least = min(v for _m, s in rows for v in (s.kappa.value, s.kappa.low, s.ac1.value, 0.0) if v is not None)
    start = floor(least * 5 - 1e-9) / 5 if least < 0 else 0.0
    left, width, step = 330, 400, 24
    bottom = step * len(rows) + 12

    def x(value: float) -> str:
        return f"{left + width * (value - start) / (1 - start):.1f}"

    ticks = [start + i / 5 for i in range(round((1 - start) * 5) + 1)]
    shapes = [
        f'<line x1="{x(t)}" x2="{x(t)}" y1="4" y2="{bottom}" stroke="#ccc"/>'
        f'<text x="{x(t)}" y="{bottom + 16}" text-anchor="middle">{_number(t)[:-1]}</text>'
        for t in ticks
    ]
    for i, (m, s) in enumerate(rows):
        y = step * i + 18
        title = _title(m)
        shown = title if len(title) <= 44 else f"{title[:43]}…"
        shapes.append(f'<text x="{left - 10}" y="{y + 5}" text-anchor="end">{_e(shown)}</text>')
        if s.kappa.low is not None and s.kappa.high is not None:
            span = f'x1="{x(s.kappa.low)}" x2="{x(s.kappa.high)}"'
            shapes.append(f'<line {span} y1="{y}" y2="{y}" stroke="#036" stroke-width="2"/>')
        if s.ac1.value is not None:
            at = float(x(s.ac1.value)) - 5
            shapes.append(f'<rect x="{at:.1f}" y="{y - 5}" width="10" height="10" fill="none" stroke="#a40"/>')
        shapes.append(f'<circle cx="{x(s.kappa.value or 0.0)}" cy="{y}" r="4" fill="#036"/>')
    name = f"{_e(block.title)}: kappa (circle, line: 95 % interval) and AC1 (square)"
    size = f'viewBox="0 0 {left + width + 30} {bottom + 24}" width="{left + width + 30}"'
    return (
        f'<figure><svg {size} role="img" font-family="system-ui,sans-serif" font-size="13"><title>{name}</title>'
        f"{''.join(shapes)}</svg><figcaption>{name}</figcaption></figure>"
    )


FORMS: dict[Form, Callable[[Report, Sequence[str], Table], str]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
    "html": as_html,
}
"""How a report is written: the report, notices on files, and which table CSV holds."""
