"""Reviews: starting, resuming and listing them, and choosing the shell."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import AssistantError
from ..safe_text import clean
from .common import DONE, FAILED, folded, load, now
from .options import Commands, Parser, day, policy_options, shell_options
from .output import print_row

if TYPE_CHECKING:
    from ..events import Event
    from ..interview import Session
    from ..journal import Journal
    from ..ownership import Owner
    from ..policy import Loaded
    from ..store import Store, StoredCase


DATE_ORDER = "ASSISTANT_DATE_ORDER"
"""The environment variable that says how a team writes its dates."""


def register(commands: Commands) -> None:
    """Add review, resume and cases to the command line."""
    review = commands.add_parser(
        "review", parents=[policy_options(), shell_options()], help="review a request (the default)"
    )
    _add_request_options(review)
    review.set_defaults(run=_review)
    resume = commands.add_parser(
        "resume", parents=[shell_options(), policy_options()], help="go on with an unfinished review"
    )
    resume.add_argument("case", nargs="?", metavar="CASE", help="case reference (default: the one changed last)")
    resume.set_defaults(run=_resume)
    resume.add_argument(
        "--take-over",
        action="store_true",
        help="although another window has it open: ends that window on this host; use it only when it is lost",
    )
    commands.add_parser("cases", help="list open and finished reviews").set_defaults(run=_cases)
    purge = commands.add_parser("purge", help="remove finished reviews of a given age, after showing which")
    purge.add_argument("--older-than", type=_age, required=True, metavar="AGE", help="such as 90d, 12w or 1y")
    purge.add_argument("--yes", action="store_true", help="do not ask")
    purge.add_argument("--dry-run", action="store_true", help="only show what would go")
    purge.set_defaults(run=_purge)


def _add_request_options(review: Parser) -> None:
    review.add_argument("--case", metavar="REF", help="case reference, never a name (default: made from the time)")
    review.add_argument("--reviewer", metavar="NAME", help="who reviews (default: the login name)")
    review.add_argument(
        "--request", type=Path, metavar="FILE", help="request facts from a YAML or JSON file; - is standard input"
    )
    review.add_argument("--codes", metavar="LIST", help="procedure codes, separated by commas")
    review.add_argument("--side", metavar="SIDE", help="side on the request form")
    review.add_argument("--documented-side", metavar="SIDE", help="side in the notes and images")
    review.add_argument("--date-of-service", type=day, metavar="YYYY-MM-DD", help="planned date of service")
    review.add_argument("--birth-date", type=_only_in_a_request, help=argparse.SUPPRESS)
    review.add_argument(
        "--date-order",
        choices=("month-day", "day-month"),
        default=os.environ.get(DATE_ORDER, "month-day"),
        help=f"how dates in figures are read, 3/4/2027 (default: month-day, or ${DATE_ORDER})",
    )
    review.add_argument(
        "--no-intake", action="store_true", help="ask about the request form only where a release needs it"
    )


def _only_in_a_request(_value: str) -> str:
    """Refuse what names a patient on the command line."""
    raise argparse.ArgumentTypeError(
        "others on this host can see it in the process list; write birth_date: YYYY-MM-DD in a file and give it "
        "with --request FILE, or on standard input with --request -"
    )


def _review(args: argparse.Namespace) -> int:
    from ..answering import reads
    from ..events import Started
    from ..interview import start
    from ..journal import Journal, repair
    from ..store import Store

    loaded = load(args)
    request = _request(args, loaded)
    store = Store.default()
    store.prepare()
    begun = now()
    case = args.case or begun.strftime("review-%Y%m%d-%H%M%S")
    if args.case:
        _warn_of_a_name(args.case)
    path = store.path_of(case)
    if store.has(case) and not path.exists():  # moved, and removed here
        raise AssistantError(f"there is a review of case '{case}' already", f"Type: assistant resume {case}")
    journal = Journal(path)
    if holder := journal.lock(_owner()):
        raise AssistantError(f"case '{case}' is open in another window ({holder})", f"Type: assistant resume {case}")
    if os.path.lexists(path):
        for line in repair(path).lines:
            print(line, file=sys.stderr)
        if path.stat().st_size:
            journal.release()
            raise AssistantError(f"there is a review of case '{case}' already", f"Type: assistant resume {case}")
    started = Started(
        policy=loaded.policy.id,
        version=loaded.policy.version,
        digest=loaded.digest,
        case=case,
        reviewer=args.reviewer or _login(),
        at=begun.isoformat(timespec="seconds"),
        request=request,
        date_order=_date_order(args.date_order),
        **({"intake": False} if args.no_intake else {}),
    )
    session = start(loaded, reads(loaded), started)
    try:
        journal.append(started)
    except AssistantError:
        journal.release()
        raise
    return _run(args, session, journal)


def _date_order(given: str) -> Literal["month-day", "day-month"]:
    if given == "day-month":
        return "day-month"
    if given == "month-day":
        return "month-day"
    raise AssistantError(f"{DATE_ORDER} is '{given}'", "Write month-day or day-month")


def _owner() -> Owner:
    from ..ownership import Owner

    return Owner.of_this_process(_login(), now().isoformat(timespec="seconds"))


def _warn_of_a_name(case: str) -> None:
    from ..identifiers import looks_like_a_name

    if looks_like_a_name(case):
        print(
            "The case reference looks like a name. It is shown in lists and file names; use a number instead.",
            file=sys.stderr,
        )


def _request(args: argparse.Namespace, loaded: Loaded) -> dict[str, Any]:
    """What the request form says, from a file and options; options win."""
    from ..policy import STANDARD_INPUT, read_yaml, values_of

    request: dict[str, Any] = {}
    where: dict[str, str] = {}
    if args.request:
        request = {k: _plain(v) for k, v in read_yaml(args.request).items()}
        if args.request == STANDARD_INPUT:
            _answer_from_the_terminal()
        where = dict.fromkeys(request, str(args.request))
        if isinstance(request.get("case"), str | int):
            args.case = args.case or str(request.pop("case"))
    options = {
        "procedure_codes": [c.strip() for c in args.codes.split(",") if c.strip()] if args.codes else None,
        "laterality": args.side,
        "documented_laterality": args.documented_side,
        "date_of_service": args.date_of_service and args.date_of_service.isoformat(),
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


def _answer_from_the_terminal() -> None:
    """Go on with the terminal, when standard input was the request and has come to its end."""
    if sys.stdin.isatty():
        return
    try:
        terminal = os.open("/dev/tty" if sys.stdout.isatty() else os.devnull, os.O_RDWR)
    except OSError:
        return
    os.dup2(terminal, sys.stdin.fileno())
    os.close(terminal)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _resume(args: argparse.Namespace) -> int:
    from ..events import Started
    from ..journal import Journal, repair
    from ..ownership import holder_of
    from ..store import Store
    from ..transcript import read_events, verify

    path, said = _case_path(Store.default(), args.case)
    journal = Journal(path)
    other = holder_of(path) if args.take_over else None
    if holder := journal.lock(_owner(), args.take_over):
        said += (
            f"This review is open in another window: {holder}.",
            "Here you can look, and what is answered there shows here; you can answer when it is closed there.",
        )
        said += ("If that window is lost: leave here, then assistant resume --take-over",)
    else:
        said += ((f"The other window was ended: {other}.",) if other else ()) + repair(path).lines
        if not path.stat().st_size:
            journal.release()
            path.unlink()
            raise AssistantError(
                f"{' '.join(said)} Nothing of this review can be used".strip(),
                f"Type: assistant review --case {args.case or path.stem}",
            )
        if problem := verify(path).problem:
            said += (f"This file was changed since it was written: {problem}.",)
    journal.take_up()
    events = read_events(path, unfinished=True)
    started = events[0]
    assert isinstance(started, Started)
    session = folded(args, path, events)
    if started.digest and started.digest != session.loaded.digest:
        said += ("The policy file has changed since this review began; answers are shown as they were read then.",)
    return _run(args, session, journal, said)


def _case_path(store: Store, case: str | None) -> tuple[Path, tuple[str, ...]]:
    """The file of a case, or of the open review that was changed last; and what to say of files that are bad."""
    if case:
        return store.find(case), ()
    cases, bad = store.contents()
    unfinished = [c for c in cases if not c.concluded]
    if not unfinished:
        for line in bad:
            print(clean(line), file=sys.stderr)
        other = "no other" if bad else "no"
        raise AssistantError(f"there is {other} unfinished review", "Type: assistant to start one")
    return unfinished[0].path, bad


def _run(args: argparse.Namespace, session: Session, journal: Journal, said: tuple[str, ...] = ()) -> int:
    """Hand the review to a shell: plain lines where a screen would not work."""
    try:
        if args.plain or not _screen_works():
            from ..plain import PlainReview

            set_up_streams()
            return PlainReview(session, journal, sys.stdin, sys.stdout, now, said).run()
        # Textual reads these when it is imported.
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
        os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
        from .. import tui

        return tui.run(
            session,
            journal,
            mouse=args.mouse,
            ascii_only=args.ascii,
            now=now,
            said=said,
            faulted=partial(_keep_report, journal),
        )
    except Exception as error:
        _keep_report(journal, error, session.events)
        raise
    finally:
        journal.release()


def set_up_streams() -> None:
    """Take whatever bytes come, and write what the encoding has; before anything is read."""
    from ..decoding import take_any_bytes

    take_any_bytes(sys.stdin)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")


def _keep_report(journal: Journal, error: BaseException, events: Iterable[Event]) -> None:
    from ..crash import keep_report

    if kept := keep_report(journal.path.parent, error, events, now()):
        print(f"A report of the fault, without anything that was typed, is in {clean(str(kept))}", file=sys.stderr)


def _screen_works() -> bool:
    """A terminal on both sides that understands a screen, and UTF-8 on the stream that the screen is drawn on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    encoding = (getattr(sys.__stderr__, "encoding", "") or "").lower().replace("-", "")
    return os.environ.get("TERM", "dumb") not in {"", "dumb"} and encoding == "utf8"


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _cases(_args: argparse.Namespace) -> int:
    from ..store import Store

    store = Store.default()
    cases, bad = store.contents()
    _print_cases(cases)
    for line in bad:
        print(clean(line), file=sys.stderr)
    away = store.away()
    for name, place in away:
        print(f"{name} was moved to {place}, which is not there now; make that directory available.", file=sys.stderr)
    for found in cases:
        if found.left:
            print(f"{clean(found.started.case)} is kept in {clean(str(found.path.parent))}", file=sys.stderr)
    if not (cases or bad or away):
        print("No reviews yet.", file=sys.stderr)
    return FAILED if bad else DONE


def _print_cases(cases: Sequence[StoredCase]) -> None:
    """A table for people, lines with tabs for programs."""
    rows = [("CASE", "POLICY", "STATE", "ANSWERS", "OUTCOME", "LAST CHANGE", "OPEN IN")] if sys.stdout.isatty() else []
    for found in cases:
        changed = datetime.fromtimestamp(found.changed, UTC).astimezone()
        rows.append(
            (
                clean(found.started.case),
                f"{found.started.policy}@{found.started.version}",
                "finished" if found.concluded else "open",
                str(found.answers),
                found.concluded.determination if found.concluded else found.outcome or "-",
                f"{changed:%Y-%m-%d %H:%M}",
                clean(str(found.holder)) if found.holder else "-",
            )
        )
    if not sys.stdout.isatty():
        for row in rows:
            print_row(*row)
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows if cases else ():
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _purge(args: argparse.Namespace) -> int:
    from ..store import Store, finished_before

    store = Store.default()
    cases, bad = store.contents()
    going = finished_before(cases, now().timestamp() - args.older_than * 86_400)
    for line in bad:
        print(f"{clean(line)}; it stays as it is", file=sys.stderr)
    whole = FAILED if bad else DONE
    if not going:
        print(f"No finished review is older than {args.older_than} days.", file=sys.stderr)
        return whole
    _print_cases(going)
    if args.dry_run:
        return whole
    if not args.yes:
        print(f"Remove {'this review' if len(going) == 1 else f'these {len(going)} reviews'} for good? y or n", end=" ")
        sys.stdout.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            print("Nothing was removed.")
            return FAILED
    removed = 0
    for case in going:
        try:
            store.remove(case)
            removed += 1
        except AssistantError as error:
            print(clean(str(error)), file=sys.stderr)
            whole = FAILED
    print(f"{removed} removed.")
    return whole


def _age(text: str) -> int:
    number, unit = (text[:-1], text[-1:].lower()) if text[-1:].isalpha() else (text, "d")
    if not number.isdecimal() or unit not in {"d", "w", "y"}:
        raise argparse.ArgumentTypeError(f"'{text}' is no age; write days, weeks or years: 90d, 12w, 1y")
    return int(number) * {"d": 1, "w": 7, "y": 365}[unit]
