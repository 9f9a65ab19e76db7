"""The command line: chooses the shell, and gives every ending its exit code."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import AssistantError

if TYPE_CHECKING:
    from .interview import Session
    from .policy import Library, Loaded
    from .transcript import Journal, Store

DONE, FAILED, USAGE, UNFINISHED, INTERRUPTED = 0, 1, 2, 3, 130
POLICY_VARIABLE = "ASSISTANT_POLICY"

DESCRIPTION = """\
Decide, question by question, whether a request meets a medical policy.
Without a command: start a review."""
EPILOG = """\
exit codes: 0 done; 1 differences or a failed check; 2 wrong use or a bad file; 3 review left unfinished (resume it);
130 interrupted; 128+n ended by signal n."""


class _Parser(argparse.ArgumentParser):
    """Errors as one sentence, like all others."""

    def error(self, message: str) -> NoReturn:
        raise AssistantError(message, f"See {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = _Parser(
        "assistant", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    policy = _Parser(add_help=False)
    policy.add_argument(
        "--policy", metavar="ID[@VERSION]", help=f"which policy (default: ${POLICY_VARIABLE}, or the only one)"
    )
    policy.add_argument("--policy-path", metavar="DIR", action="append", default=[], help="also look for policies here")
    shell = _Parser(add_help=False)
    shell.add_argument("--plain", action="store_true", help="plain lines instead of a full screen")
    shell.add_argument("--mouse", action="store_true", help="let the screen use the mouse")
    shell.add_argument("--ascii", action="store_true", help="borders from plain ASCII characters")

    review = commands.add_parser("review", parents=[policy, shell], help="review a request (the default)")
    _add_request_options(review)
    resume = commands.add_parser("resume", parents=[shell, policy], help="go on with an unfinished review")
    resume.add_argument("case", nargs="?", metavar="CASE", help="case reference (default: the one changed last)")
    commands.add_parser("cases", help="list open and finished reviews")

    interpret = commands.add_parser("interpret", parents=[policy], help="what an answer says, as JSON")
    interpret.add_argument("text", nargs="?", metavar="TEXT", help="the answer (default: standard input)")
    interpret.add_argument("--question", metavar="ID", help="the question that it answers")
    interpret.add_argument("--jsonl", action="store_true", help="one JSON object a line on standard input")
    interpret.add_argument("--explain", action="store_true", help="show mentions, rules and rivals, for a person")
    assess = commands.add_parser("assess", parents=[policy], help="what follows from facts, as JSON")
    assess.add_argument("--facts", metavar="JSON", help="facts by id (default: a JSON object on standard input)")
    assess.add_argument("--jsonl", action="store_true", help="one JSON object a line on standard input")

    rationale = commands.add_parser("rationale", parents=[policy], help="the rationale of a transcript")
    rationale.add_argument("transcript", type=Path, metavar="TRANSCRIPT")
    rationale.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text")
    rationale.add_argument("--audience", choices=("clinical", "member", "provider"), default="clinical")
    replay = commands.add_parser("replay", parents=[policy], help="run transcripts again and show the first difference")
    replay.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    replay.add_argument("--accept", action="store_true", help="rewrite what is recorded, for you to review and commit")
    policies = commands.add_parser("policy", parents=[policy], help="list, show or check policies")
    policies.add_argument("action", choices=("list", "show", "check"))
    policies.add_argument("id", nargs="?", metavar="ID[@VERSION]")
    commands.add_parser("paths", help="where policies and reviews are kept")
    return parser


def _add_request_options(review: argparse.ArgumentParser) -> None:
    review.add_argument("--case", metavar="REF", help="case reference, never a name (default: made from the time)")
    review.add_argument("--reviewer", metavar="NAME", help="who reviews (default: the login name)")
    review.add_argument("--request", type=Path, metavar="FILE", help="request facts from a YAML or JSON file")
    review.add_argument("--codes", metavar="LIST", help="procedure codes, separated by commas")
    review.add_argument("--side", metavar="SIDE", help="side on the request form")
    review.add_argument("--documented-side", metavar="SIDE", help="side in the notes and images")
    review.add_argument("--date-of-service", type=_day, metavar="YYYY-MM-DD", help="planned date of service")
    review.add_argument("--birth-date", type=_day, metavar="YYYY-MM-DD", help="date of birth")
    review.add_argument("--no-intake", action="store_true", help="do not ask about the request form")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it as 2026-12-10") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser()
    try:
        first = next((a for a in arguments), "")
        if first not in {"-h", "--help", "--version"} and (not first or first.startswith("-")):
            arguments.insert(0, "review")
        args = parser.parse_args(arguments)
        if args.version:
            from importlib import metadata

            print(f"assistant {metadata.version('assistant')}")
            return DONE
        return _COMMANDS[args.command](args)
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: say where, and nothing of what was typed
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        print(f"assistant: {crash_line(error)}", file=sys.stderr)
        return FAILED


def crash_line(error: BaseException) -> str:
    """A crash in one sentence: its kind and place, nothing of what was typed."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "an unknown place"
    return f"stopped by an error in the program ({type(error).__name__} at {where}). Every acknowledged answer is saved"


def entry() -> NoReturn:
    """The console command."""
    raise SystemExit(main())


def _library(args: argparse.Namespace) -> Library:
    from .policy import Library

    return Library.from_environment(args.policy_path)


def _load(args: argparse.Namespace, wanted: str | None = None) -> Loaded:
    from .policy import load

    return load(wanted or args.policy or os.environ.get(POLICY_VARIABLE), _library(args))


# --- Reviews ------------------------------------------------------------------------------------------------------


def _review(args: argparse.Namespace) -> int:
    from .answering import reads
    from .events import Started
    from .interview import start
    from .transcript import Journal, Store

    loaded = _load(args)
    request = _request(args, loaded)
    store = Store.default()
    store.prepare()
    now = _now()
    case = args.case or now.strftime("review-%Y%m%d-%H%M%S")
    path = store.path_of(case)
    if path.exists():
        raise AssistantError(f"there is a review of case '{case}' already", f"Type: assistant resume {case}")
    started = Started(
        policy=loaded.policy.id,
        version=loaded.policy.version,
        digest=loaded.digest,
        case=case,
        reviewer=args.reviewer or _login(),
        at=now.isoformat(timespec="seconds"),
        request=request,
        **({"intake": False} if args.no_intake else {}),
    )
    session = start(loaded, reads(loaded), started)
    journal = Journal(path)
    journal.append(started)
    return _run(args, session, journal)


def _request(args: argparse.Namespace, loaded: Loaded) -> dict[str, Any]:
    """What the request form says, from a file and options; options win."""
    from .policy import read_yaml, values_of

    request: dict[str, Any] = {}
    where: dict[str, str] = {}
    if args.request:
        request = {k: _plain(v) for k, v in read_yaml(args.request).items()}
        where = dict.fromkeys(request, str(args.request))
        if isinstance(request.get("case"), str | int):
            args.case = args.case or str(request.pop("case"))
    options = {
        "procedure_codes": [c.strip() for c in args.codes.split(",") if c.strip()] if args.codes else None,
        "laterality": args.side,
        "documented_laterality": args.documented_side,
        "date_of_service": args.date_of_service and args.date_of_service.isoformat(),
        "birth_date": args.birth_date and args.birth_date.isoformat(),
    }
    request |= {k: v for k, v in options.items() if v is not None}
    for fact, value in request.items():
        source = where.get(fact, "the options")
        kind = loaded.policy.fact[fact].kind if fact in loaded.policy.fact else ""
        try:
            if kind == "date":
                date.fromisoformat(str(value))
            else:
                values_of(loaded.policy, fact, value)
        except ValueError as error:
            reason = f"'{value}' is no date; write it as 2026-12-10" if kind == "date" else str(error)
            raise AssistantError(f"{source}: {fact}: {reason}", "Correct it, or leave it out") from error
    return request


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _resume(args: argparse.Namespace) -> int:
    from .answering import reads
    from .events import Started
    from .interview import fold
    from .transcript import Journal, Store, read_events, repair

    store = Store.default()
    path = _case_path(store, args.case)
    cut = repair(path)
    events = read_events(path)
    started = events[0]
    assert isinstance(started, Started)
    loaded = _load(args, f"{started.policy}@{started.version}")
    if cut:
        print(f"The last line was torn and has been cut off: {cut[:200]!r}", file=sys.stderr)
    if started.digest and started.digest != loaded.digest:
        print(
            "The policy file has changed since this review began; answers are shown as they were read then.",
            file=sys.stderr,
        )
    return _run(args, fold(loaded, reads(loaded), events), Journal(path))


def _case_path(store: Store, case: str | None) -> Path:
    if case:
        path = store.path_of(case)
        if path.is_file():
            return path
        raise AssistantError(f"there is no review of case '{case}'", "Type: assistant cases")
    unfinished = [c for c in store.cases() if not c.concluded]
    if not unfinished:
        raise AssistantError("there is no unfinished review", "Type: assistant to start one")
    return unfinished[0].path


def _run(args: argparse.Namespace, session: Session, journal: Journal) -> int:
    """Hand the review to a shell: plain lines where a screen would not work."""
    if args.plain or not _screen_works():
        from .plain import PlainReview

        for stream in (sys.stdin, sys.stdout):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure:
                reconfigure(errors="replace")
        return PlainReview(session, journal, sys.stdin, sys.stdout, _now).run()
    # Textual reads these when it is imported.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    from . import tui

    return tui.run(session, journal, mouse=args.mouse, ascii_only=args.ascii, now=_now)


def _screen_works() -> bool:
    """A terminal on both sides that understands a screen, and UTF-8 on the stream that the screen is drawn on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    encoding = (getattr(sys.__stderr__, "encoding", "") or "").lower().replace("-", "")
    return os.environ.get("TERM", "dumb") not in {"", "dumb"} and encoding == "utf8"


def _now() -> datetime:
    return datetime.now(UTC).astimezone()


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _cases(_args: argparse.Namespace) -> int:
    from .transcript import Store

    cases = Store.default().cases()
    for found in cases:
        state = found.concluded.determination if found.concluded else "open"
        changed = datetime.fromtimestamp(found.changed, UTC).astimezone()
        print(
            f"{found.started.case}\t{found.started.policy}@{found.started.version}\t{state}\t{changed:%Y-%m-%d %H:%M}"
        )
    if not cases:
        print("No reviews yet.", file=sys.stderr)
    return DONE


# --- Contracts for other programs -------------------------------------------------------------------------------------


def _interpret(args: argparse.Namespace) -> int:
    from .batch import explain, interpret, interpret_row

    loaded = _load(args)
    if args.jsonl:
        return _each_line(lambda row: interpret_row(loaded, row))
    text = args.text if args.text is not None else sys.stdin.read()
    found = interpret(loaded, text, args.question)
    if args.explain:
        print("\n".join(explain(loaded, text, args.question)))
    else:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    return DONE


def _assess(args: argparse.Namespace) -> int:
    from .batch import assess, assess_row

    loaded = _load(args)
    today = _now().date()
    if args.jsonl:
        return _each_line(lambda row: assess_row(loaded, row, today))
    try:
        facts = json.loads(args.facts if args.facts is not None else sys.stdin.read())
    except ValueError as error:
        raise AssistantError(
            f"the facts are not JSON: {error}", 'Give an object such as {{"age_years": 38}}'
        ) from error
    if not isinstance(facts, dict):
        raise AssistantError("the facts must be a JSON object")
    print(json.dumps(assess(loaded, facts, today), ensure_ascii=False, indent=1))
    return DONE


def _each_line(answer: Any) -> int:
    from .batch import answer_lines

    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    good = True
    for line, fine in answer_lines(sys.stdin, answer):
        sys.stdout.write(line + "\n")
        good = good and fine
    sys.stdout.flush()
    return DONE if good else FAILED


def _rationale(args: argparse.Namespace) -> int:
    from .rationale import render

    session = _replayed(args, args.transcript)
    print(render(session, form=args.format, audience=args.audience, today=_now().date()), end="")
    return DONE


def _replayed(args: argparse.Namespace, path: Path) -> Session:
    from .answering import reads
    from .events import Started
    from .interview import fold
    from .transcript import read_events

    events = read_events(path)
    started = events[0]
    assert isinstance(started, Started)
    loaded = _load(args, f"{started.policy}@{started.version}")
    return fold(loaded, reads(loaded), events)


def _replay(args: argparse.Namespace) -> int:
    from .replay import replay_paths

    return replay_paths(args.paths, _library(args), sys.stdout, args.accept)


def _policy(args: argparse.Namespace) -> int:
    from .view import criteria_tree

    if args.action == "list":
        for policy_id, versions in _library(args).versions().items():
            for version, path in sorted(versions.items()):
                print(f"{policy_id}@{version}\t{path}")
        return DONE
    loaded = _load(args, args.id)
    if args.action == "check":
        print(f"{loaded.policy.id}@{loaded.policy.version} is sound.")
    else:
        print("\n".join(criteria_tree(loaded.policy)))
    return DONE


def _paths(_args: argparse.Namespace) -> int:
    from .policy import packaged
    from .transcript import Store

    print(f"policies\t{packaged('policy')}")
    print(f"prompts\t{packaged('prompts')}")
    print(f"reviews\t{Store.default().directory}")
    return DONE


_COMMANDS = {
    "review": _review,
    "resume": _resume,
    "cases": _cases,
    "interpret": _interpret,
    "assess": _assess,
    "rationale": _rationale,
    "replay": _replay,
    "policy": _policy,
    "paths": _paths,
}
