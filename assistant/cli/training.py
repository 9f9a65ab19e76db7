"""Training: practice charts, exams, progress, and writing charts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AssistantError
from ..safe_text import clean
from .common import DONE, FAILED, load, now
from .options import Commands, policy_options, shell_options
from .output import print_row
from .reviews import _keep_report, _login, _screen_works, set_up_streams

if TYPE_CHECKING:
    import argparse

    from ..interview import Session
    from ..journal import Journal
    from ..policy import Loaded
    from ..training.classroom import Classroom, Shell
    from ..training.coach import Coach

SIGNALLED = 128


def register(commands: Commands) -> None:
    """Add train to the command line."""
    train = commands.add_parser(
        "train",
        parents=[policy_options(), shell_options()],
        help="practise on charts, take an exam, see your progress, write charts",
    )
    train.add_argument("charts", nargs="*", metavar="CHART", help="chart id or file (default: what is due)")
    train.add_argument("--charts", type=Path, dest="directory", metavar="DIR", help="also use the charts (*.md) here")
    train.add_argument("--trainee", metavar="NAME", help="who practises (default: the login name)")
    train.add_argument("--drill", metavar="CRITERION", help="practise one criterion; all else of the chart is given")
    train.add_argument("--list", action="store_true", help="the charts, and when each is due")
    writing = train.add_argument_group("writing charts")
    writing.add_argument("--check", action="store_true", help="whether charts are sound, with file and line")
    writing.add_argument("--new", type=Path, metavar="FILE", help="write a chart to begin with")
    exam = train.add_argument_group("exams")
    exam.add_argument("--exam", action="store_true", help="take an exam: nothing is said until its end")
    exam.add_argument("--count", type=int, metavar="N", help="how many charts (default: 10)")
    exam.add_argument(
        "--seed", type=int, metavar="S", help="draw the charts of this seed (default: a new one, printed)"
    )
    exam.add_argument("--minutes", type=int, metavar="M", help="the time allowed (default: no limit)")
    exam.add_argument("--pass-mark", type=int, metavar="P", help="percent needed (default: 90)")
    exam.add_argument("--abandon", action="store_true", help="end an exam that was left unfinished, as it stands")
    progress = train.add_argument_group("progress")
    progress.add_argument("--progress", action="store_true", help="right answers by criterion over time")
    progress.add_argument("--csv", type=Path, metavar="FILE", help="with --progress: all results as a new file")
    progress.add_argument("--html", type=Path, metavar="FILE", help="with --progress: a page with plots as a new file")
    train.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    _check_options(args)
    loaded = load(args)
    if args.check:
        return _check(args, loaded)
    if args.new:
        from ..training.checking import write_scaffold

        write_scaffold(args.new.expanduser(), loaded)
        print(f"{clean(str(args.new))} written. Fill it in, then: assistant train --check {clean(str(args.new))}")
        return DONE
    room = _classroom(args, loaded)
    room.collect()
    if args.list:
        return _list(room)
    if args.progress:
        return _progress(args, room)
    if args.exam or args.abandon:
        return _exam(args, room)
    return _practise(args, room)


def _check_options(args: argparse.Namespace) -> None:
    """Options that do not go together, or are out of range, in one sentence."""
    chosen = [n for n in ("check", "new", "list", "exam", "progress", "drill") if getattr(args, n)]
    if len(chosen) > 1:
        raise AssistantError(f"--{chosen[0]} and --{chosen[1]} do not go together", "Choose one")
    if args.charts and chosen and chosen[0] in {"new", "list", "exam", "progress"}:
        raise AssistantError(f"--{chosen[0]} takes no chart", "Leave it out")
    if len(args.charts) > 1 and not args.check:
        raise AssistantError("one chart at a time", "Name one, or none for what is due")
    exam = {"--count": args.count, "--seed": args.seed, "--minutes": args.minutes, "--pass-mark": args.pass_mark}
    given = [name for name, value in exam.items() if value is not None]
    if given and not args.exam:
        raise AssistantError(f"{given[0]} belongs to --exam", "Add --exam")
    if (args.csv or args.html) and not args.progress:
        raise AssistantError("--csv and --html belong to --progress", "Add --progress")
    for name, low, high in (("--minutes", 1, 1440), ("--pass-mark", 0, 100), ("--seed", 0, 2**32 - 1)):
        value = exam[name]
        if value is not None and not low <= value <= high:
            raise AssistantError(f"{name} {value} is out of range", f"Give a number from {low} to {high}")


def _check(args: argparse.Namespace, loaded: Loaded) -> int:
    from ..training.charts import chart_files
    from ..training.checking import check_files

    named = [Path(one).expanduser() for one in args.charts]
    paths = [p for one in named for p in (sorted(one.glob("*.md")) if one.is_dir() else [one])]
    if not named:
        paths = chart_files(loaded.policy.id, args.directory)
    count, faults = check_files(paths, loaded)
    for fault in faults:
        print(fault)
    sound = f"{count} chart{'s'[: count != 1]} checked, "
    print(sound + (f"{len(faults)} fault{'s'[: len(faults) != 1]}." if faults else "all sound."), file=sys.stderr)
    if not count:
        raise AssistantError("there are no charts here", "Name files or a directory with *.md")
    return FAILED if faults else DONE


def _classroom(args: argparse.Namespace, loaded: Loaded) -> Classroom:
    from ..ownership import Owner
    from ..store import Store
    from ..training.charts import charts_of, find_chart
    from ..training.classroom import Classroom
    from ..training.records import Records

    charts, faults = charts_of(loaded, args.directory)
    for fault in faults:
        print(f"left out: {fault}", file=sys.stderr)
    if args.charts:
        named = find_chart(args.charts[0], charts, loaded)
        charts = (*(c for c in charts if c.id != named.id), named)
    trainee = args.trainee or _login() or "trainee"
    records = Records.of(Store.default(), trainee)
    records.prepare()
    owner = Owner.of_this_process(_login(), now().isoformat(timespec="seconds"))
    return Classroom(records, loaded, charts, trainee, now, owner)


def _practise(args: argparse.Namespace, room: Classroom) -> int:
    from ..training.schedule import Next, drill_chart, drill_charts, next_up
    from ..training.scoring import leaves

    practice = [c for c in room.charts if c.front.set == "practice"]
    results = room.results()
    last_seen = {r.chart: n for n, r in enumerate(results)}
    chosen: Next | None
    if args.drill:
        known = [c.id for c in leaves(room.loaded.policy)]
        drill = next((c for c in known if c.lower() == args.drill.lower()), None)
        if drill is None:
            raise AssistantError(f"there is no criterion '{args.drill}' to drill", f"There are: {', '.join(known)}")
        among = [c for c in room.charts if c.id == room.charts[-1].id] if args.charts else practice
        if not drill_charts(drill, among, room.loaded):
            where = f"in chart {among[0].id}" if args.charts else "in any chart"
            raise AssistantError(f"{drill} is not asked {where} when all else is known", "Choose another one")
        chosen = Next(drill_chart(drill, among, room.loaded, last_seen), drill, "as you asked")
    elif args.charts:
        chosen = Next(room.charts[-1], "", "as you asked")
    else:
        chosen = next_up(results, practice, room.loaded, now())
    if chosen is None:
        raise AssistantError("there is no chart to practise on", "Name a directory with --charts DIR")
    what = f"criterion {chosen.drill} in chart {chosen.chart.id}" if chosen.drill else f"chart {chosen.chart.id}"
    print(f"Practice: {what} ({chosen.why}).", file=sys.stderr)
    code = room.practise(chosen.chart, chosen.drill, _shell(args))
    if code >= SIGNALLED:
        return code  # the terminal may be gone
    after = room.results()
    if len(after) > len(results):
        last = after[-1]
        outcome = "right" if last.outcome_right else "WRONG"
        print(f"Kept: outcome {outcome}, {last.right} of {last.of} facts right. Next: assistant train", file=sys.stderr)
    return code


def _exam(args: argparse.Namespace, room: Classroom) -> int:
    from ..training.exam import COUNT, PASS_MARK

    exam = room.open_exam()
    options = (args.count, args.seed, args.minutes, args.pass_mark)
    if args.abandon and exam is None:
        raise AssistantError("no exam was left unfinished", "Begin one with --exam")
    if exam is not None and not args.abandon:
        if any(o is not None for o in options):
            raise AssistantError(
                f"{exam.exam} of {exam.at[:16].replace('T', ' ')} was left unfinished",
                "Go on with --exam alone, or end it with --abandon",
            )
        print(f"Going on with {exam.exam} (attempt {exam.attempt}, seed {exam.seed}).", file=sys.stderr)
    if exam is None:
        seed = args.seed if args.seed is not None else int(now().timestamp()) % 2**32
        pass_mark = PASS_MARK if args.pass_mark is None else args.pass_mark
        exam = room.begin_exam(COUNT if args.count is None else args.count, seed, args.minutes, pass_mark)
        limit = f", {exam.minutes} minutes" if exam.minutes else ""
        print(
            f"Exam: {len(exam.charts)} charts, seed {exam.seed}, attempt {exam.attempt}, "
            f"pass mark {exam.pass_mark}%{limit}.",
            file=sys.stderr,
        )
    if not args.abandon and (code := room.take_exam(exam, _shell(args))):
        if code >= SIGNALLED:
            return code  # the terminal may be gone
        print("The exam is not over. Everything is saved; go on with: assistant train --exam", file=sys.stderr)
        return code
    found, path = room.end_exam(exam)
    _print_exam(room, exam, path)
    return DONE if found.passed else FAILED


def _print_exam(room: Classroom, exam: object, path: Path) -> None:
    from ..training.feedback import report
    from ..training.records import ExamBegun

    assert isinstance(exam, ExamBegun)
    for chart, session in room.exam_sessions(exam):
        print("\n".join(report(session, chart, now().date(), first=False, width=_width())), end="\n\n")
    print(path.read_text(encoding="utf-8"), end="")
    print(f"Kept in {clean(str(path))} and, for programs, beside it as JSON.", file=sys.stderr)


def _width() -> int:
    import shutil

    return max(40, shutil.get_terminal_size().columns - 2) if sys.stdout.isatty() else 78


def _list(room: Classroom) -> int:
    from ..training.schedule import cards

    known = cards(room.results())
    for chart in room.charts:
        card = known.get(f"chart:{chart.id}")
        due = f"due {card.due.astimezone(now().tzinfo):%Y-%m-%d}" if card else "new"
        title = chart.front.title if card else "-"
        print_row(chart.id, f"difficulty {chart.front.difficulty}", chart.front.set, due, title)
    return DONE


def _progress(args: argparse.Namespace, room: Classroom) -> int:
    from ..training.progress import as_csv, as_html, as_text
    from ..transcript import save_text

    results = room.results()
    for path, form in ((args.csv, as_csv), (args.html, as_html)):
        if path:
            said = save_text(str(path), form(results, room.loaded, room.trainee, room.exams()))
            if not said.startswith("Saved"):
                raise AssistantError(said.rstrip("."), "Choose another file")
            print(said)
    if not args.csv and not args.html:
        print(as_text(results, room.loaded, room.trainee, room.exams(), min(_width(), 100)), end="")
    return DONE


def _shell(args: argparse.Namespace) -> Shell:
    """How charts are shown: plain lines where a screen would not work."""

    def plain(session: Session, journal: Journal, coach: Coach, said: Sequence[str]) -> int:
        from ..training.lines import PlainTraining

        return PlainTraining(session, journal, sys.stdin, sys.stdout, now, said, coach, _width()).run()

    def screen(session: Session, journal: Journal, coach: Coach, said: Sequence[str]) -> int:
        # Textual reads these when it is imported.
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
        os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
        os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
        from ..tui import training

        return training.run(
            session,
            journal,
            coach,
            mouse=args.mouse,
            ascii_only=args.ascii,
            now=now,
            said=said,
            faulted=partial(_keep_report, journal),
        )

    if not args.plain and _screen_works():
        return screen
    set_up_streams()  # once: an exam has many charts
    return plain
