"""What other programs call: reading answers, assessing facts, rationales."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import AssistantError
from .common import DONE, FAILED, load, now, replayed
from .options import Commands, policy_options

if TYPE_CHECKING:
    import argparse


def register(commands: Commands) -> None:
    """Add interpret, assess and rationale to the command line."""
    interpret = commands.add_parser("interpret", parents=[policy_options()], help="what an answer says, as JSON")
    interpret.add_argument("text", nargs="?", metavar="TEXT", help="the answer (default: standard input)")
    interpret.add_argument("--question", metavar="ID", help="the question that it answers")
    interpret.add_argument("--jsonl", action="store_true", help="one JSON object a line on standard input")
    interpret.add_argument("--explain", action="store_true", help="show mentions, rules and rivals, for a person")
    interpret.set_defaults(run=_interpret)
    assess = commands.add_parser("assess", parents=[policy_options()], help="what follows from facts, as JSON")
    assess.add_argument("--facts", metavar="JSON", help="facts by id (default: a JSON object on standard input)")
    assess.add_argument("--jsonl", action="store_true", help="one JSON object a line on standard input")
    assess.set_defaults(run=_assess)
    rationale = commands.add_parser("rationale", parents=[policy_options()], help="the rationale of a saved review")
    rationale.add_argument("transcript", metavar="TRANSCRIPT|CASE", help="a file, or the reference of a case of yours")
    rationale.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text")
    rationale.add_argument("--audience", choices=("clinical", "member", "provider"), default="clinical")
    rationale.set_defaults(run=_rationale)


def _interpret(args: argparse.Namespace) -> int:
    from ..batch import explain, interpret, interpret_row

    loaded = load(args)
    if args.jsonl:
        return _each_line(lambda row: interpret_row(loaded, row))
    text = args.text if args.text is not None else _all_typed()
    found = interpret(loaded, text, args.question)
    if args.explain:
        print("\n".join(explain(loaded, text, args.question)))
    else:
        print(json.dumps(found, indent=1))
    return DONE


def _assess(args: argparse.Namespace) -> int:
    from ..batch import assess, assess_row

    loaded = load(args)
    today = now().date()
    if args.jsonl:
        return _each_line(lambda row: assess_row(loaded, row, today))
    try:
        facts = json.loads(args.facts if args.facts is not None else _all_typed())
    except (ValueError, RecursionError) as error:
        raise AssistantError(
            f"the facts are not JSON: {error}", 'Give an object such as {{"age_years": 38}}'
        ) from error
    if not isinstance(facts, dict):
        raise AssistantError("the facts must be a JSON object")
    print(json.dumps(assess(loaded, facts, today), indent=1))
    return DONE


def _typed() -> TextIO:
    """Standard input, whatever bytes come."""
    from ..decoding import take_any_bytes

    take_any_bytes(sys.stdin)
    return sys.stdin


def _all_typed() -> str:
    """All of standard input, as far as it can be of use."""
    from ..batch import MAX_LINE

    text = _typed().read(MAX_LINE + 1)
    if len(text) > MAX_LINE:
        raise AssistantError(f"there are more than {MAX_LINE:,} characters on standard input")
    return text


def _each_line(answer: Any) -> int:
    from ..batch import answer_lines, lines_of

    good = True
    for line, fine in answer_lines(lines_of(_typed()), answer):
        sys.stdout.write(line + "\n")
        good = good and fine
    sys.stdout.flush()
    return DONE if good else FAILED


def _rationale(args: argparse.Namespace) -> int:
    from ..rationale import render
    from ..store import Store

    path, store = Path(args.transcript), Store.default()
    if not os.path.lexists(path) and store.has(args.transcript):
        path = store.find(args.transcript)
    session = replayed(args, path)
    print(render(session, form=args.format, audience=args.audience, today=now().date()), end="")
    return DONE
