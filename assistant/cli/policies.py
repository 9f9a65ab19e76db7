"""Policies: listing, showing, checking, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common import DONE, library, load
from .options import Commands, policy_options

if TYPE_CHECKING:
    import argparse


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
    commands.add_parser("paths", help="where policies and reviews are kept").set_defaults(run=_paths)


def _list(args: argparse.Namespace) -> int:
    for policy_id, versions in library(args).versions().items():
        for version, path in sorted(versions.items()):
            print(f"{policy_id}@{version}\t{path}")
    return DONE


def _show(args: argparse.Namespace) -> int:
    from ..view import criteria_tree

    print("\n".join(criteria_tree(load(args, args.id).policy)))
    return DONE


def _check(args: argparse.Namespace) -> int:
    loaded = load(args, args.id)
    print(f"{loaded.policy.id}@{loaded.policy.version} is sound.")
    return DONE


def _paths(_args: argparse.Namespace) -> int:
    from ..policy import packaged
    from ..transcript import Store

    print(f"policies\t{packaged('policy')}")
    print(f"prompts\t{packaged('prompts')}")
    print(f"reviews\t{Store.default().directory}")
    return DONE
