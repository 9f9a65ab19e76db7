"""Coverage for a person: in 80 columns, and as a page that stands by itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TextIO

from ..determination import Truth
from ..errors import AssistantError
from ..files import write_new
from ..policy import Library, load
from ..safe_text import clean, visible
from ..transcript import pieces_in
from .measure import DECIDING, Coverage, Kind, Point, coverage_of, criterion_point, terms_of

WIDTH = 80
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left}"
    "td.n{text-align:right}.never{background:#fde8e8}summary{cursor:pointer}"
)


def report_coverage(
    paths: Iterable[Path],
    library: Library,
    wanted: str | None,
    out: TextIO,
    *,
    html: Path | None = None,
    fail_under: float | None = None,
) -> int:
    """Measure and report; 1 when what decides is covered by less than `fail_under` percent, or a transcript is bad.

    Raises:
        AssistantError: There are no transcripts of this policy, or the page can not be written.
    """
    found = coverage_of(load(wanted, library), pieces_in(paths))
    if not found.transcripts and not found.errors:
        raise AssistantError("there are no transcripts of this policy in these paths", "Name files with *.jsonl")
    out.write("\n".join(as_lines(found)) + "\n")
    if html:
        write_new(html, visible(as_page(found)), AssistantError)
        out.write(f"The page is in {clean(str(html))}\n")
    low = fail_under is not None and found.percent(*DECIDING) < fail_under
    if low:
        out.write(f"{_percent(found.percent(*DECIDING))} is less than {fail_under:g}%\n")
    return 1 if low or found.errors else 0


def as_lines(found: Coverage) -> list[str]:
    """The totals of each kind, and what no transcript shows."""
    lines = [*wrap(_heading(found), WIDTH), ""]
    for kind in Kind:
        shown, total = _numbers(found, kind)
        lines.append(f"  {kind:<18} {shown:>5} of {total:>5}  {_percent(found.percent(kind)):>6}")
        if kind is DECIDING[-1]:
            lines += [f"  {'all of these':<18} {'':>14}  {_percent(found.percent(*DECIDING)):>6}", ""]
    if any(found.missing(kind) for kind in Kind):
        lines += ["", "Never shown"]
        for kind in Kind:
            lines += _list(kind, _terms(found) if kind is Kind.TERM else _names(found, kind))
    lines += [clean(line) for line in found.errors]
    return lines


def _heading(found: Coverage) -> str:
    policy = found.loaded.policy
    left = f"; {found.others} of other policies or versions left out" if found.others else ""
    bad = f"; {len(found.errors)} could not be followed" if found.errors else ""
    return f"{policy.id}@{policy.version} by {found.transcripts} transcripts, {found.sides} sides of reviews{left}{bad}"


def _numbers(found: Coverage, kind: Kind) -> tuple[int, int]:
    total = len(found.of(kind))
    return total - len(found.missing(kind)), total


def _percent(number: float) -> str:
    """Rounded down: what is not all covered never shows as 100%."""
    return f"{math.floor(number * 10) / 10:.1f}%"


def _names(found: Coverage, kind: Kind) -> list[str]:
    return [p.name for p in found.missing(kind)]


def _terms(found: Coverage) -> list[str]:
    """Phrases by fact: how many were never used."""
    entries = terms_of(found.loaded)
    facts = Counter(entries[p.name].partition(":")[0] for p in found.missing(Kind.TERM))
    return [f"{fact} {count}" for fact, count in facts.most_common()]


def _list(kind: Kind, names: list[str]) -> list[str]:
    if not names:
        return []
    start = f"  {kind}: "
    return wrap(start + ", ".join(names), WIDTH, subsequent_indent="    ", break_on_hyphens=False)


# --- The page ---------------------------------------------------------------------------------------------------------


def as_page(found: Coverage) -> str:
    """A page that stands by itself: every point, and in how many transcripts it is shown."""
    name = f"{found.loaded.policy.id}@{found.loaded.policy.version}"
    totals = "".join(
        f"<tr><td>{escape(kind)}<td class=n>{_numbers(found, kind)[0]}<td class=n>{_numbers(found, kind)[1]}"
        f"<td class=n>{_percent(found.percent(kind))}"
        for kind in Kind
    )
    errors = "".join(f"<li>{escape(clean(line))}" for line in found.errors)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Coverage of {escape(name)}</title>'
        f"<style>{_STYLE}</style><h1>Coverage of {escape(name)}</h1><p>{escape(_heading(found))}</p>"
        f"<p>What decides (criteria, outcomes, holds, flags): {_percent(found.percent(*DECIDING))}</p>"
        f"<table><tr><th>kind<th>shown<th>of<th>percent{totals}</table>"
        f"{_criteria(found)}{''.join(_table(found, k) for k in Kind if k not in {Kind.CRITERION, Kind.TERM})}"
        f"{_vocabulary(found)}{f'<h2>Could not be followed</h2><ul>{errors}</ul>' if errors else ''}</html>\n"
    )


def _criteria(found: Coverage) -> str:
    rows = []
    for criterion in found.loaded.policy.criterion.values():
        cells = "".join(_count(found, criterion_point(criterion.id, truth)) for truth in Truth)
        rows.append(f"<tr><td>{escape(criterion.id)}<td>{escape(criterion.label)}{cells}")
    head = "".join(f"<th>{truth.value}" for truth in Truth)
    return f"<h2>Criteria</h2><table><tr><th>criterion<th>{head}{''.join(rows)}</table>"


def _table(found: Coverage, kind: Kind) -> str:
    texts = _texts(found)
    rows = "".join(
        f"<tr><td>{escape(p.name)}<td>{escape(texts.get(p.name, ''))}{_count(found, p)}" for p in found.of(kind)
    )
    return f"<h2>{escape(kind.capitalize())}</h2><table><tr><th><th><th>transcripts{rows}</table>"


def _count(found: Coverage, point: Point) -> str:
    count = found.counts.get(point, 0)
    return f"<td class=n>{count}" if count else '<td class="n never">never'


def _texts(found: Coverage) -> dict[str, str]:
    policy, prompts = found.loaded.policy, found.loaded.prompts
    texts = {f.id: f.note for f in policy.flags} | {r.id: r.ambiguity for r in policy.readings}
    return texts | {q.id: q.text for q in prompts.question.values()}


def _vocabulary(found: Coverage) -> str:
    return "<h2>Vocabulary terms</h2>" + "".join(_entries(found))


def _entries(found: Coverage) -> Iterator[str]:
    """Each entry of the vocabulary, folded up, with its phrases."""
    entries: dict[str, list[str]] = {}
    for phrase, entry in terms_of(found.loaded).items():
        entries.setdefault(entry, []).append(phrase)
    for entry, phrases in entries.items():
        used = [p for p in phrases if Point(Kind.TERM, p) in found.counts]
        unused = [p for p in phrases if Point(Kind.TERM, p) not in found.counts]
        yield (
            f"<details><summary>{escape(entry)}: {len(used)} of {len(phrases)}</summary>"
            f"<p>Used: {escape(', '.join(used)) or 'none'}</p><p>Never used: {escape(', '.join(unused)) or 'none'}</p>"
            "</details>"
        )
