"""Saved transcripts: replaying them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .common import library
from .options import Commands, policy_options

if TYPE_CHECKING:
    import argparse


def register(commands: Commands) -> None:
    """Add replay to the command line."""
    replay = commands.add_parser(
        "replay", parents=[policy_options()], help="run transcripts again and show the first difference"
    )
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    replay.add_argument("--accept", action="store_true", help="rewrite what is recorded, for you to review and commit")
    replay.set_defaults(run=_replay)


def _replay(args: argparse.Namespace) -> int:
    from ..replay import replay_paths

    return replay_paths(args.paths, library(args), sys.stdout, args.accept)
