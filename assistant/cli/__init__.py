"""The command line: chooses the command, and gives every ending its exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..errors import AssistantError
from . import contracts, policies, reviews, training, transcripts
from .common import DONE, FAILED, INTERRUPTED, USAGE, leave_no_core
from .options import Parser
from .output import visible_streams

DESCRIPTION = """\
Decide, question by question, whether a request meets a medical policy.
Without a command: start a review."""
EPILOG = """\
exit codes: 0 done; 1 differences or a failed check; 2 wrong use or a bad file; 3 review left unfinished (resume it);
130 interrupted; 128+n ended by signal n."""


def build_parser() -> Parser:
    """All commands and options."""
    parser = Parser(
        "assistant", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for module in (reviews, transcripts, training, contracts, policies):
        module.register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    with visible_streams():
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser()
    leave_no_core()
    try:
        first = next((a for a in arguments), "")
        if first not in {"-h", "--help", "--version"} and (not first or first.startswith("-")):
            arguments.insert(0, "review")
        args = parser.parse_args(arguments)
        if args.version:
            from importlib import metadata

            print(f"assistant {metadata.version('assistant')}")
            return DONE
        return int(args.run(args))
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: say where, and nothing of what was typed
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        from ..crash import crash_line

        print(f"assistant: {crash_line(error)}", file=sys.stderr)
        return FAILED


def entry() -> NoReturn:
    """The console command. From here on the process list shows none of its arguments."""
    from setproctitle import setproctitle

    setproctitle("assistant")
    raise SystemExit(main())
