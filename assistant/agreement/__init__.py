"""How far reviewers of the same cases agree: reads transcripts, compares, writes the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from ..answering import reads
from ..crash import fault_line
from ..errors import AssistantError
from ..events import Started
from ..files import write_new
from ..interview import Session, fold
from ..policy import Library, Loaded, load
from ..safe_text import clean, visible
from ..transcript import read_events, transcripts_in
from .cases import Choice, analyse, collect, same
from .report import FORMS, TABLES, Form, Table
from .statistics import Resampling, require_library

__all__ = ["FORMS", "TABLES", "run"]

DEFAULT = Resampling()


def run(
    paths: Sequence[Path],
    *,
    library: Library,
    out: TextIO,
    notes: TextIO | None = None,
    policy: str | None = None,
    gold: str | None = None,
    standard: Callable[[Loaded, Container[str]], Iterable[tuple[str, Session]]] | None = None,
    form: Form = "text",
    table: Table = "statistics",
    output: Path | None = None,
    seed: int = DEFAULT.seed,
    resamples: int = DEFAULT.times,
    count: int | None = None,
    percent: float | None = None,
    cases: Sequence[str] = (),
    unfinished: bool = False,
) -> int:
    """Report the agreement of reviewers; 1 when a file had to be left out because it is bad.

    Args:
        paths: Transcript files, and directories with `*.jsonl`.
        library: Where policies are looked for.
        out: Where the report goes, or, with `output`, the line that says so.
        notes: Where notices go that the form has no place for (CSV); standard error.
        policy: `ID` or `ID@VERSION`; only its reviews count.
        gold: The reviewer whose reviews are the standard.
        standard: What gives more reviews, of the cases and under the policy that it is given: those of `gold`.
        form: Text, JSON, CSV or HTML.
        table: What CSV holds: statistics or disagreements.
        output: A new file for the report; it may hold words from charts, so only its owner may read it.
        seed: For resampling and for drawing cases.
        resamples: How many resamples make an interval; 0 for none.
        count: Talk about so many cases, drawn at random.
        percent: The same as a share of the cases.
        cases: Talk about these cases.
        unfinished: Count reviews that were not concluded.

    Raises:
        AssistantError: Nothing to read, a missing library, an unknown reviewer or case, several policies.
    """
    _check_numbers(seed, resamples, count, percent)
    require_library()
    reviews, bad, left = _read(paths, library, policy)
    policies = sorted({session.policy.id for _name, session in reviews})
    if len(policies) > 1:
        raise AssistantError(f"these are reviews under several policies: {', '.join(policies)}", "Choose with --policy")
    if not reviews:
        raise AssistantError(
            "; ".join(bad) if bad else "there are no transcripts of this policy in these paths",
            "Name files or directories with *.jsonl",
        )
    if standard:
        cases_seen = {same(session.started.case) for _name, session in reviews}
        newest = max((session.loaded for _name, session in reviews), key=lambda loaded: loaded.policy.version)
        reviews += standard(newest, cases_seen)
    ratings = collect(reviews, unfinished=unfinished)
    report = analyse(
        ratings,
        gold=gold,
        choice=Choice(count, percent, tuple(cases)),
        resampling=Resampling(seed, resamples),
    )
    text = FORMS[form](report, (*bad, *left), table)
    if notes and form == "csv":
        notes.writelines(f"{clean(notice)}\n" for notice in (*bad, *left, *report.notices))
    elif notes and output:
        notes.writelines(f"{clean(notice)}\n" for notice in bad)
    if output:
        write_new(output.expanduser(), visible(text), AssistantError)
        out.write(f"Saved to {clean(str(output))}.\n")
    else:
        encoding = getattr(out, "encoding", None) or "utf-8"
        out.write(text.encode(encoding, "replace").decode(encoding))
    return 1 if bad else 0


def _check_numbers(seed: int, resamples: int, count: int | None, percent: float | None) -> None:
    if not 0 <= seed < 2**32:
        raise AssistantError(f"the seed {seed} is out of range", "Give a number from 0 to 4294967295")
    if not 0 <= resamples <= 100_000:
        raise AssistantError(f"{resamples} resamples are too many or too few", "Give a number from 0 to 100000")
    if count is not None and count < 1:
        raise AssistantError(f"{count} cases can not be drawn", "Give a number from 1")
    if percent is not None and not 0 < percent <= 100:
        raise AssistantError(f"{percent} percent of the cases can not be drawn", "Give a number from 1 to 100")


def _read(
    paths: Sequence[Path], library: Library, policy: str | None
) -> tuple[list[tuple[str, Session]], tuple[str, ...], tuple[str, ...]]:
    """Reviews with their files; the errors of bad files; a notice on what another policy left out."""
    reviews: list[tuple[str, Session]] = []
    bad: list[str] = []
    other = 0
    seen: set[Path] = set()  # a file may be named, and lie in a directory that is named, too
    for path in transcripts_in(paths):
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises where there is no permission
            same_file = Path(os.path.realpath(path))
            if same_file in seen:
                continue
            seen.add(same_file)
        try:
            events = read_events(path)
            first = events[0]
            assert isinstance(first, Started)
            if policy and policy not in {first.policy, f"{first.policy}@{first.version}"}:
                other += 1
                continue
            loaded = load(f"{first.policy}@{first.version}", library)
            reviews.append((str(path), fold(loaded, reads(loaded), events)))
        except Exception as error:  # noqa: BLE001 - one file that trips the program must not cost the others
            known = isinstance(error, AssistantError | ValueError)  # a date on the request form that is none
            said = str(error) if known else fault_line(error)
            bad.append(f"left out: {said if said.startswith(str(path)) else f'{path}: {said}'}")
    return reviews, tuple(bad), (f"{other} of other policies or versions left out",) if other else ()
