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
    replay.set_defaults(run=_replay)
    transcript = commands.add_parser("transcript", help="look into transcripts")
    actions = transcript.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="whether a saved review is as it was written, line by line")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.set_defaults(run=_verify)


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

    return replay_paths(args.paths, library(args), sys.stdout, args.accept)
