"""Policies: listing, showing, checking, and where they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssistantError
from ..safe_text import clean
from .common import DONE, FAILED, library, load, replayed
from .options import Commands, policy_options
from .output import print_row

if TYPE_CHECKING:
    import argparse

    from ..interview import Session


def register(commands: Commands) -> None:
    """Add policy and paths to the command line."""
    policies = commands.add_parser("policy", help="list, show or check policies")
    actions = policies.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", parents=[policy_options()], help="all policies and versions that are found")
    listed.set_defaults(run=_list)
    for name, run, meaning in (("show", _show, "its criteria and notes"), ("check", _check, "whether it is sound")):
        action = actions.add_parser(name, parents=[policy_options()], help=meaning)
        action.add_argument("id", nargs="?", metavar="ID[@VERSION]")
        action.set_defaults(run=run)
    coverage = actions.add_parser(
        "coverage", parents=[policy_options()], help="what saved reviews show of a policy, and what none shows"
    )
    coverage.add_argument("id", metavar="ID[@VERSION]")
    coverage.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="transcripts, or directories with them")
    coverage.add_argument(
        "--fail-under", type=float, metavar="PERCENT", help="exit 1 below this, of criteria, outcomes, holds and flags"
    )
    coverage.add_argument("--html", type=Path, metavar="FILE", help="write a page, too")
    coverage.set_defaults(run=_coverage)
    suggest = actions.add_parser(
        "suggest-terms",
        parents=[policy_options()],
        help="phrases that were typed, not read, and then picked, as a patch to the vocabulary",
    )
    suggest.add_argument("paths", nargs="+", type=Path, metavar="TRANSCRIPT", help="files or directories")
    suggest.add_argument(
        "--min-cases", type=int, default=2, metavar="N", help="cases in which a phrase must occur (default: 2)"
    )
    suggest.set_defaults(run=_suggest_terms)
    commands.add_parser("paths", help="where policies and reviews are kept").set_defaults(run=_paths)


def _list(args: argparse.Namespace) -> int:
    for policy_id, versions in library(args).versions().items():
        for version, path in sorted(versions.items()):
            print_row(f"{policy_id}@{version}", path)
    return DONE


def _show(args: argparse.Namespace) -> int:
    from ..view import criteria_tree

    print("\n".join(criteria_tree(load(args, args.id).policy)))
    return DONE


def _check(args: argparse.Namespace) -> int:
    from ..readers import form_reader_of, reader_of

    loaded = load(args, args.id)
    reader_of(loaded)  # its words are part of it, and are read only here
    form_reader_of(loaded)
    print(f"{loaded.policy.id}@{loaded.policy.version} is sound.")
    return DONE


def _coverage(args: argparse.Namespace) -> int:
    from ..coverage import report_coverage

    return report_coverage(args.paths, library(args), args.id, sys.stdout, html=args.html, fail_under=args.fail_under)


def _suggest_terms(args: argparse.Namespace) -> int:
    """Print the ranked list as comments, then the patch: what is printed as a whole can be applied."""
    from ..suggesting import as_patch, suggestions

    loaded = load(args)
    bad: list[str] = []
    sessions = (s for s in _sessions(args, bad) if s.policy.id == loaded.policy.id)
    found = suggestions(sessions, args.min_cases)
    for line in bad:
        print(f"left out: {clean(line)}", file=sys.stderr)
    for one in found:
        print(
            f"# {one.phrase}: {one.fact} {one.value}; picked in {one.cases} case{'s'[: one.cases > 1]} "
            f"by {one.reviewers} reviewer{'s'[: one.reviewers > 1]}, another value in {one.against}"
        )
    patch, left = as_patch(loaded, [s for s in found if not s.against])
    for one in left:
        print(f"# no list of words fits {one.fact} {one.value}: {one.phrase}")
    print(patch, end="")
    if not found:
        print("Nothing to suggest: no phrase was left unread and then picked in so many cases.", file=sys.stderr)
    return FAILED if bad else DONE


def _sessions(args: argparse.Namespace, bad: list[str]) -> Iterator[Session]:
    """The reviews that can be followed; what is wrong with others is added to `bad`."""
    from ..crash import fault_line
    from ..transcript import transcripts_in

    for path in transcripts_in(args.paths):
        try:
            yield replayed(args, path)
        except AssistantError as error:
            bad.append(str(error))
        except Exception as error:  # noqa: BLE001 - one transcript that trips the program must not cost the others
            bad.append(f"{path}: {fault_line(error)}")


def _paths(_args: argparse.Namespace) -> int:
    from ..policy import packaged
    from ..store import Store

    print_row("policies", packaged("policy"))
    print_row("prompts", packaged("prompts"))
    print_row("reviews", Store.default().directory)
    return DONE
