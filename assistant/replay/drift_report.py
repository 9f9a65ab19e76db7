"""The report on a change of version: in the terminal, as JSON, as a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TextIO

from ..errors import AssistantError
from ..files import write_new
from ..policy import Library, load
from ..safe_text import clean, visible
from .drift import Drift, Summary, drifts

KEPT = 10_000
"""Changed reviews that are listed, at most."""
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left}"
)


def report_drift(
    paths: Sequence[Path],
    library: Library,
    wanted: str,
    out: TextIO,
    *,
    as_json: bool = False,
    html: Path | None = None,
    jobs: int = 1,
) -> int:
    """Replay reviews on the version `wanted` and report; 1 when any outcome differs."""
    new = load(wanted, library)
    criteria = [c.id for c in new.policy.criteria]
    summary = Summary()
    listed: list[Drift] = []
    for row in drifts(paths, library, wanted, jobs):
        summary.add(row, criteria)
        if (not row.same or row.changed) and len(listed) < KEPT:
            listed.append(row)
    if not summary.reviews:
        raise AssistantError("there are no transcripts of this policy in these paths", "Name files with *.jsonl")
    name = f"{new.policy.id}@{new.policy.version}"
    labels = {c.id: c.label for c in new.policy.criteria}
    if as_json:
        out.write(json.dumps({"policy": name, **summary.as_dict(), "cases": [asdict(r) for r in listed]}) + "\n")
    else:
        out.write("\n".join(_lines(name, summary, listed, labels)) + "\n")
    if html:
        write_new(html, visible(page(name, summary, listed, labels)), AssistantError)
        out.write("" if as_json else f"The page is in {clean(str(html))}\n")
    return 1 if summary.changed or summary.undecided or summary.errors else 0


def _lines(name: str, summary: Summary, listed: Iterable[Drift], labels: dict[str, str]) -> list[str]:
    lines = [
        f"{summary.reviews} sides of reviews on {name}: {summary.same} the same, {summary.changed} changed, "
        f"{summary.undecided} can not be decided any more, {summary.errors} could not be replayed",
        "",
        "Outcome                       before    now",
    ]
    outcomes = sorted({*summary.before, *summary.after})
    lines += [f"  {o:<26} {summary.before[o]:>7} {summary.after[o]:>6}" for o in outcomes]
    lines += ["", "Criterion                       same changed    new   open"]
    for criterion, counts in summary.criteria.items():
        shown = f"{criterion} {labels[criterion]}"[:28]
        lines.append(f"  {shown:<28} {counts['same']:>5} {counts['changed']:>7} {counts['new']:>6} {counts['open']:>6}")
    if summary.wanting:
        lines += ["", "To be asked: " + ", ".join(f"{f} ({n})" for f, n in summary.wanting.most_common())]
    lines.append("")
    lines += [clean(said(row)) for row in listed]
    return lines


def said(row: Drift) -> str:
    """One changed review in a line."""
    place = f"{row.path}{f':{row.line}' if row.line > 1 else ''}{f' {row.side} side' if row.side else ''}"
    if row.error:
        return row.error if row.error.startswith(row.path) else f"{place}: {row.error}"
    left = f"; no place for {', '.join(row.left)}" if row.left else ""
    if row.same:
        changes = ", ".join(f"{c} {a} → {b}" for c, (a, b) in row.changed.items())
        return f"{place}: {row.after} still; {changes}{left}"
    if row.undecided:
        asked = ", ".join(f"{fact} (question '{question}')" for fact, question in row.missing) or "nothing"
        because = f"; {', '.join(row.because)}" if row.because else ""
        return f"{place}: {row.before} → can not be decided: ask {asked}{because}{left}"
    ways = {**{c: f"{a} → {b}" for c, (a, b) in row.changed.items()}, **{c: f"new, {t}" for c, t in row.added.items()}}
    changes = ", ".join(f"{c} {ways[c]}" for c in row.because)
    return f"{place}: {row.before} → {row.after}, by {changes or 'the rules for outcomes'}{left}"


def page(name: str, summary: Summary, listed: Iterable[Drift], labels: dict[str, str]) -> str:
    """A page that stands by itself, with a plot of outcomes before and now."""
    rows = "".join(
        f"<tr><td>{escape(c)} {escape(labels[c])}<td>{n['same']}<td>{n['changed']}<td>{n['new']}<td>{n['open']}"
        for c, n in summary.criteria.items()
    )
    cases = "".join(f"<li>{escape(clean(said(row)))}</li>" for row in listed)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Drift on {escape(name)}</title>'
        f"<style>{_STYLE}</style><h1>Saved reviews on {escape(name)}</h1>"
        f"<p>{summary.reviews} sides of reviews: {summary.same} the same, {summary.changed} changed, "
        f"{summary.undecided} can not be decided any more, {summary.errors} could not be replayed.</p>{_plot(summary)}"
        f"<table><tr><th>criterion<th>same<th>changed<th>new<th>open{rows}</table>"
        f"<h2>Reviews that differ</h2><ul>{cases}</ul></html>\n"
    )


def _plot(summary: Summary) -> str:
    """Bars, one pair for each outcome."""
    outcomes = sorted({*summary.before, *summary.after})
    most = max([*summary.before.values(), *summary.after.values(), 1])
    bars = (("before", summary.before, "#999"), ("now", summary.after, "#246"))
    parts = []
    for i, outcome in enumerate(outcomes):
        top = i * 58
        parts.append(f'<text x="0" y="{top + 14}">{escape(outcome.replace("_", " "))}</text>')
        for j, (word, counts, colour) in enumerate(bars):
            width = round(430 * counts[outcome] / most)
            y = top + 20 + j * 16
            parts.append(f'<rect x="60" y="{y}" width="{width}" height="13" fill="{colour}"/>')
            parts.append(f'<text x="0" y="{y + 11}" font-size="12">{word}</text>')
            parts.append(f'<text x="{width + 66}" y="{y + 11}" font-size="12">{counts[outcome]}</text>')
    height = len(outcomes) * 58
    return f'<svg role="img" aria-label="Outcomes before and now" width="560" height="{height}">{"".join(parts)}</svg>'
