"""The parser that all commands share: one-sentence errors, and the options that several commands take."""

from __future__ import annotations

import argparse
from datetime import date
from typing import NoReturn, TypeAlias

from ..errors import AssistantError

POLICY_VARIABLE = "ASSISTANT_POLICY"


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""Where a command is added."""


class Parser(argparse.ArgumentParser):
    """Errors as one sentence, like all others."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where help is."""
        raise AssistantError(message, f"See {self.prog} --help")


def policy_options() -> Parser:
    """Which policy, and where to look for it."""
    policy = Parser(add_help=False)
    policy.add_argument(
        "--policy", metavar="ID[@VERSION]", help=f"which policy (default: ${POLICY_VARIABLE}, or the only one)"
    )
    policy.add_argument("--policy-path", metavar="DIR", action="append", default=[], help="also look for policies here")
    return policy


def shell_options() -> Parser:
    """How a review is shown."""
    shell = Parser(add_help=False)
    shell.add_argument("--plain", action="store_true", help="plain lines instead of a full screen")
    shell.add_argument("--mouse", action="store_true", help="let the screen use the mouse")
    shell.add_argument("--ascii", action="store_true", help="borders from plain ASCII characters")
    return shell


def day(text: str) -> date:
    """A date as it is typed on a command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it as 2026-12-10") from None
