"""Reviews: starting, resuming and listing them, and choosing the shell."""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AssistantError
from .common import DONE, load, now
from .options import Commands, Parser, day, policy_options, shell_options

if TYPE_CHECKING:
    import argparse

    from ..interview import Session
    from ..policy import Loaded
    from ..transcript import Journal, Store


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
    commands.add_parser("cases", help="list open and finished reviews").set_defaults(run=_cases)


def _add_request_options(review: Parser) -> None:
    review.add_argument("--case", metavar="REF", help="case reference, never a name (default: made from the time)")
    review.add_argument("--reviewer", metavar="NAME", help="who reviews (default: the login name)")
    review.add_argument("--request", type=Path, metavar="FILE", help="request facts from a YAML or JSON file")
    review.add_argument("--codes", metavar="LIST", help="procedure codes, separated by commas")
    review.add_argument("--side", metavar="SIDE", help="side on the request form")
    review.add_argument("--documented-side", metavar="SIDE", help="side in the notes and images")
    review.add_argument("--date-of-service", type=day, metavar="YYYY-MM-DD", help="planned date of service")
    review.add_argument("--birth-date", type=day, metavar="YYYY-MM-DD", help="date of birth")
    review.add_argument("--no-intake", action="store_true", help="do not ask about the request form")


def _review(args: argparse.Namespace) -> int:
    from ..answering import reads
    from ..events import Started
    from ..interview import start
    from ..transcript import Journal, Store

    loaded = load(args)
    request = _request(args, loaded)
    store = Store.default()
    store.prepare()
    begun = now()
    case = args.case or begun.strftime("review-%Y%m%d-%H%M%S")
    path = store.path_of(case)
    if path.exists():
        raise AssistantError(f"there is a review of case '{case}' already", f"Type: assistant resume {case}")
    started = Started(
        policy=loaded.policy.id,
        version=loaded.policy.version,
        digest=loaded.digest,
        case=case,
        reviewer=args.reviewer or _login(),
        at=begun.isoformat(timespec="seconds"),
        request=request,
        **({"intake": False} if args.no_intake else {}),
    )
    session = start(loaded, reads(loaded), started)
    journal = Journal(path)
    journal.append(started)
    return _run(args, session, journal)


def _request(args: argparse.Namespace, loaded: Loaded) -> dict[str, Any]:
    """What the request form says, from a file and options; options win."""
    from ..policy import read_yaml, values_of

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
    from ..answering import reads
    from ..events import Started
    from ..interview import fold
    from ..transcript import Journal, Store, read_events, repair

    store = Store.default()
    path = _case_path(store, args.case)
    cut = repair(path)
    events = read_events(path)
    started = events[0]
    assert isinstance(started, Started)
    loaded = load(args, f"{started.policy}@{started.version}")
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
        from ..plain import PlainReview

        for stream in (sys.stdin, sys.stdout):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure:
                reconfigure(errors="replace")
        return PlainReview(session, journal, sys.stdin, sys.stdout, now).run()
    # Textual reads these when it is imported.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    from .. import tui

    return tui.run(session, journal, mouse=args.mouse, ascii_only=args.ascii, now=now)


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
    from ..transcript import Store

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
