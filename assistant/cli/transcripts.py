"""Saved transcripts: replaying them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..safe_text import clean
from .common import DONE, FAILED, library
from .options import Commands, policy_options

if TYPE_CHECKING:
    import argparse


def register(commands: Commands) -> None:
    """Add replay and transcript to the command line."""
    replay = commands.add_parser(
        "replay", parents=[policy_options()], help="run transcripts again and show the first difference"
    )
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    replay.add_argument("--accept", action="store_true", help="rewrite what is recorded, for you to review and commit")
    replay.add_argument("--json", action="store_true", help="the report as JSON")
    replay.add_argument("--facts-only", action="store_true", help="use the recorded readings: determinations only")
    replay.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (0: as many as there are cores)")
    replay.set_defaults(run=_replay)
    _add_agreement(commands)
    transcript = commands.add_parser("transcript", help="look into transcripts")
    actions = transcript.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="whether a saved review is as it was written, line by line")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.set_defaults(run=_verify)


def _add_agreement(commands: Commands) -> None:
    agreement = commands.add_parser(
        "agreement", parents=[policy_options()], help="how far reviewers of the same cases agree"
    )
    agreement.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="transcripts, or directories with them")
    agreement.add_argument("--gold", metavar="REVIEWER", help="compare with this reviewer's reviews")
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

    return run(
        args.paths,
        library=library(args),
        out=sys.stdout,
        notes=sys.stderr,
        policy=args.policy,
        gold=args.gold,
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
    """Check the chain of hashes of each file; 1 when a line was changed."""
    from ..transcript import verify

    changed = False
    for path in args.files:
        found = verify(path)
        shown = clean(str(path))
        if found.problem:
            changed = True
            print(f"{shown}: {found.problem}")
        elif not found.chained:
            print(f"{shown}: {found.lines} lines without a chain of hashes; nothing can be said")
        else:
            print(f"{shown}: {found.lines} lines as they were written; the last link is {found.last}")
    return FAILED if changed else DONE


def _replay(args: argparse.Namespace) -> int:
    from ..replay import replay_paths
    from ..replay.run import cores

    return replay_paths(
        args.paths,
        library(args),
        sys.stdout,
        accept=args.accept,
        as_json=args.json,
        quick=args.facts_only,
        jobs=args.jobs or cores(),
    )
