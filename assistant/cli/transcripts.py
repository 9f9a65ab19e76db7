"""Saved transcripts: replaying them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssistantError
from ..safe_text import clean
from .common import DONE, FAILED, USAGE, library, now, replayed
from .options import POLICY_VARIABLE, Commands, policy_options

if TYPE_CHECKING:
    import argparse

    from ..events import Event, Started


def register(commands: Commands) -> None:
    """Add replay and transcript to the command line."""
    replay = commands.add_parser(
        "replay", parents=[policy_options()], help="run transcripts again and show the first difference"
    )
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    replay.add_argument("--accept", action="store_true", help="rewrite what is recorded, for you to review and commit")
    replay.add_argument("--json", action="store_true", help="the report as JSON")
    replay.add_argument("--facts-only", action="store_true", help="use the recorded readings: determinations only")
    replay.add_argument("--policy-version", type=int, metavar="V", help="on this version of the policy: what changes")
    replay.add_argument("--html", type=Path, metavar="FILE", help="with --policy-version: the report as a page, too")
    replay.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (0: as many as there are cores)")
    replay.set_defaults(run=_replay)
    _add_agreement(commands)
    transcript = commands.add_parser("transcript", help="look into transcripts")
    actions = transcript.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="whether a saved review is as it was written, line by line")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.set_defaults(run=_verify)
    show = actions.add_parser("show", parents=[policy_options()], help="a saved review as a conversation")
    show.add_argument("file", type=Path, metavar="FILE")
    show.set_defaults(run=_show)
    fork = actions.add_parser("fork", parents=[policy_options()], help="a new review from an answer of another one")
    fork.add_argument("file", type=Path, metavar="FILE")
    fork.add_argument("--at", type=int, required=True, metavar="N", help="keep the first N answers")
    fork.add_argument("--case", metavar="REF", help="case reference of the new review (default: made from the old)")
    fork.add_argument("--output", type=Path, metavar="FILE", help="write here instead of among your open reviews")
    fork.set_defaults(run=_fork)
    suggest = actions.add_parser(
        "suggest", parents=[policy_options()], help="the fewest reviews that would show what others leave out"
    )
    suggest.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="the reviews that there are")
    suggest.add_argument("--output", type=Path, metavar="DIR", help="write files here (default: standard output)")
    suggest.set_defaults(run=_suggest)
    for name, run, meaning in (
        ("redact", _redact, "without words that no reading used, to the same result"),
        ("minimise", _minimise, "the fewest answers and words that keep the difference or the outcome"),
    ):
        edit = actions.add_parser(name, parents=[policy_options()], help=meaning)
        edit.add_argument("file", type=Path, metavar="FILE")
        edit.add_argument("--output", type=Path, metavar="FILE", help="write to a new file (default: standard output)")
        edit.set_defaults(run=run)


def _add_agreement(commands: Commands) -> None:
    agreement = commands.add_parser(
        "agreement", parents=[policy_options()], help="how far reviewers of the same cases agree"
    )
    agreement.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="transcripts, or directories with them")
    gold = agreement.add_mutually_exclusive_group()
    gold.add_argument("--gold", metavar="REVIEWER", help="compare with this reviewer's reviews")
    gold.add_argument("--gold-charts", action="store_true", help="compare with what the charts of that id say")
    agreement.add_argument("--charts", type=Path, metavar="DIR", help="with --gold-charts: charts of your own as well")
    agreement.add_argument("--format", choices=("text", "json", "csv", "html"), default="text")
    agreement.add_argument(
        "--table", choices=("statistics", "disagreements"), default="statistics", help="what CSV holds"
    )
    agreement.add_argument("--output", type=Path, metavar="FILE", help="write to a new file, readable by you alone")
    agreement.add_argument("--seed", type=int, default=20260724, metavar="N", help="for intervals and drawing cases")
    agreement.add_argument(
        "--resamples", type=int, default=1000, metavar="N", help="for each interval (default: 1000; 0: no intervals)"
    )
    agreement.add_argument("--unfinished", action="store_true", help="count reviews that were not concluded")
    discuss = agreement.add_mutually_exclusive_group()
    discuss.add_argument("--cases", type=int, dest="count", metavar="N", help="talk about N cases, drawn at random")
    discuss.add_argument("--percent", type=float, metavar="P", help="talk about P percent of the cases")
    discuss.add_argument(
        "--case", action="append", default=[], metavar="REF", help="talk about this case; may be repeated"
    )
    agreement.set_defaults(run=_agreement)


def _agreement(args: argparse.Namespace) -> int:
    from ..agreement import run

    gold, standard = args.gold, None
    if args.gold_charts:
        from ..training.standard import REVIEWER, chart_reviews

        gold, standard = REVIEWER, partial(chart_reviews, directory=args.charts)
    return run(
        args.paths,
        library=library(args),
        out=sys.stdout,
        notes=sys.stderr,
        policy=args.policy,
        gold=gold,
        standard=standard,
        form=args.format,
        table=args.table,
        output=args.output,
        seed=args.seed,
        resamples=args.resamples,
        count=args.count,
        percent=args.percent,
        cases=args.case,
        unfinished=args.unfinished,
    )


def _verify(args: argparse.Namespace) -> int:
    """Check the chain of hashes of each file; 0 only if every line of every file is as it was written."""
    from ..transcript import TranscriptError, verify

    worst = DONE
    for path in args.files:
        shown = clean(str(path))
        try:
            found = verify(path)
        except TranscriptError as error:
            print(f"assistant: {clean(str(error))}", file=sys.stderr)
            worst = USAGE
            continue
        if found.problem:
            said = found.problem
        elif found.chained < found.lines:
            bare = found.lines - found.chained
            said = (
                f"{bare} of {found.lines} lines without a chain of hashes; whether those were changed can not be said"
            )
        else:
            print(f"{shown}: {found.lines} lines as they were written; the last link is {found.last}")
            continue
        print(f"{shown}: {said}")
        worst = max(worst, FAILED)
    return worst


def _show(args: argparse.Namespace) -> int:
    from ..replay.show import conversation

    session = replayed(args, args.file)
    print("\n".join(conversation(session, session.events[1:])))
    return DONE


def _fork(args: argparse.Namespace) -> int:
    from ..journal import Journal
    from ..replay.edit import forked
    from ..store import Store

    old = replayed(args, args.file)
    case = args.case or f"{old.started.case or args.file.stem}-from-{args.at}"
    events = forked(old.loaded, old.events, args.at, case, now().isoformat(timespec="seconds"))
    if args.output:
        _write(args.output, events)
        return DONE
    store = Store.default()
    store.prepare()
    path = store.path_of(case)
    if path.exists():
        raise AssistantError(f"there is a review of case '{case}' already", "Name another one with --case")
    Journal(path).append(*events)
    print(f"Type: assistant resume {clean(case)}")
    return DONE


def _suggest(args: argparse.Namespace) -> int:
    from ..coverage import suggest_for

    wanted = args.policy or os.environ.get(POLICY_VARIABLE)
    return suggest_for(args.paths, library(args), wanted, sys.stdout, sys.stderr, args.output)


def _redact(args: argparse.Namespace) -> int:
    from ..replay.edit import redacted

    old = replayed(args, args.file)
    found = redacted(old.loaded, old.events)
    _write(args.output, found.events)
    for line, word in found.kept:
        print(f"line {line}: '{clean(word)}' was kept: the answer reads differently without it", file=sys.stderr)
    return DONE


def _minimise(args: argparse.Namespace) -> int:
    from ..replay.edit import minimised

    old = replayed(args, args.file)
    _write(args.output, minimised(old.loaded, old.events))
    return DONE


def _write(path: Path | None, events: Iterable[Event]) -> None:
    from ..files import write_new
    from ..transcript import encode

    text = "".join(encode(event) + "\n" for event in events)
    if path is None:
        print(text, end="")
    else:
        write_new(path, text, AssistantError)


def _replay(args: argparse.Namespace) -> int:
    from ..replay import replay_paths
    from ..replay.run import cores

    jobs = args.jobs or cores()
    if wanted := _other_version(args):
        from ..replay.drift_report import report_drift

        return report_drift(args.paths, library(args), wanted, sys.stdout, as_json=args.json, html=args.html, jobs=jobs)
    return replay_paths(
        args.paths,
        library(args),
        sys.stdout,
        accept=args.accept,
        as_json=args.json,
        quick=args.facts_only,
        jobs=jobs,
    )


def _other_version(args: argparse.Namespace) -> str:
    """The policy version to compare with: the one asked for, or one that only --policy-path has."""
    from ..policy import Library

    if args.policy_version is None and not args.policy_path:
        return ""
    first = _first_review(p for p in args.paths if str(p) != "-")
    name = args.policy or (first.policy if first else "")
    if args.policy_version is not None:
        return f"{name.partition('@')[0]}@{args.policy_version}"
    ours = Library().versions().get(name, {})
    own = [v for v, path in library(args).versions().get(name, {}).items() if ours.get(v) != path]
    if own and first and first.version not in own:
        return f"{name}@{max(own)}"
    return ""


def _first_review(paths: Iterable[Path]) -> Started | None:
    """The beginning of the first transcript that can be read."""
    from ..events import Started
    from ..transcript import TranscriptError, parse_piece, pieces_in

    for piece in pieces_in(paths):
        try:
            first = parse_piece(piece)[0]
        except TranscriptError:
            continue  # the report names it
        if isinstance(first, Started):
            return first
    return None
