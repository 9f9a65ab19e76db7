"""Many transcripts run again, streamed and in parallel, with a report that is usable when it is interrupted."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from ..errors import AssistantError
from ..events import Started
from ..policy import Library, load
from ..safe_text import clean
from ..transcript import Piece, parse_piece, pieces_in
from .accept import accept_file
from .compare import Difference, facts_only, replay

INTERRUPTED = 130
SHOWN = 5
"""Differences shown of each transcript."""
BATCH = 128
"""Transcripts handed to a worker at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one transcript: its differences, or the error that stopped it."""

    path: str
    line: int
    case: str
    differences: tuple[Difference, ...] = ()
    error: str = ""

    @property
    def differs(self) -> bool:
        """Whether it did not come out the same."""
        return bool(self.differences or self.error)

    @property
    def place(self) -> str:
        """The file, and the line in it where another transcript than the first begins."""
        return self.path if self.line == 1 else f"{self.path}:{self.line}"

    @property
    def said(self) -> str:
        """The error, with the place that it is about."""
        return self.error if self.error.startswith(self.path) else f"{self.place}: {self.error}"


def replay_piece(library: Library, quick: bool, piece: Piece) -> Result:
    """Replay one transcript under the policy version that it names."""
    case = ""
    try:
        events = parse_piece(piece)
        first = events[0]
        assert isinstance(first, Started)
        case = first.case
        loaded = load(f"{first.policy}@{first.version}", library)
        found = (facts_only if quick else replay)(loaded, events)[1]
        return Result(piece.path, piece.line, case, found)
    except AssistantError as error:
        return Result(piece.path, piece.line, case, error=str(error))
    except Exception as error:  # noqa: BLE001 - one transcript that trips the program must not cost the others
        return Result(piece.path, piece.line, case, error=f"an error in the program: {_named(error)}")


def _named(error: BaseException) -> str:
    """A fault by kind, with the template that it lies in; never with what was typed."""
    template = ""
    if name := getattr(error, "filename", None) or getattr(error, "name", None):
        template = f" in {Path(str(name)).name}:{getattr(error, 'lineno', 1)}"
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>" or trace.tb_frame.f_code.co_filename.endswith(".j2"):
            template = template or f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{template}"


def mapped(work: Callable[[Piece], Any], pieces: Iterable[Piece], jobs: int) -> Iterator[Any]:
    """Results in the order of the pieces. Only a few batches are ever in memory."""
    if jobs <= 1:
        yield from map(work, pieces)
        return
    source = iter(pieces)
    with ProcessPoolExecutor(jobs) as pool:
        waiting: deque[Future[list[Any]]] = deque()
        try:
            while batch := [piece for _, piece in zip(range(BATCH), source, strict=False)]:
                waiting.append(pool.submit(_batch, work, batch))
                if len(waiting) > jobs * 3:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _batch(work: Callable[[Piece], Any], pieces: list[Piece]) -> list[Any]:
    return [work(piece) for piece in pieces]


def results(paths: Iterable[Path], library: Library, *, quick: bool = False, jobs: int = 1) -> Iterator[Result]:
    """Replay every transcript in files and directories (`-` is standard input), in order."""
    yield from mapped(partial(replay_piece, library, quick), pieces_in(paths), jobs)


def replay_paths(
    paths: Iterable[Path],
    library: Library,
    out: TextIO,
    *,
    accept: bool = False,
    as_json: bool = False,
    quick: bool = False,
    jobs: int = 1,
) -> int:
    """Replay and report; 1 when anything differs, unless the differences are accepted; 130 when interrupted."""
    count = differing = errors = 0
    rows = 0
    interrupted = False
    changed: dict[str, None] = {}
    if as_json:
        out.write('{"transcripts": [')
    try:
        for result in _watched(results(paths, library, quick=quick, jobs=jobs)):
            count += 1
            if not result.differs:
                continue
            differing += 1
            errors += bool(result.error)
            if not result.error:
                changed[result.path] = None
            out.write(("," if rows else "") + "\n" + _row(result) if as_json else _lines(result))
            rows += 1
    except KeyboardInterrupt:
        interrupted = True
    if not count and not interrupted:
        raise AssistantError("there are no transcripts in these paths", "Name files or directories with *.jsonl")
    kept, refused = _accepted(changed, library) if accept else (0, [])
    if as_json:
        ending: dict[str, Any] = {"replayed": count, "differing": differing, "interrupted": interrupted}
        ending |= {"not_accepted": refused} if refused else {}
        out.write("\n], " + json.dumps(ending)[1:] + "\n")
    else:
        out.write(f"{'interrupted after ' if interrupted else ''}{count} replayed, {differing} differ\n")
        out.writelines(f"{clean(line)}\n" for line in refused)
        if kept:
            out.write("accepted; look at the difference before you commit it\n")
    if interrupted:
        return INTERRUPTED
    return 1 if errors or refused or (differing and not accept) else 0


def _accepted(paths: Iterable[str], library: Library) -> tuple[int, list[str]]:
    """How many files were rewritten, and why others were not."""
    kept, refused = 0, []
    for path in paths:
        try:
            accept_file(Path(path), library)
            kept += 1
        except AssistantError as error:
            refused.append(f"not accepted: {error}")
    return kept, refused


def _row(result: Result) -> str:
    row = {
        "path": result.path,
        "line": result.line,
        "case": result.case,
        "differences": [asdict(d) for d in result.differences],
    }
    return json.dumps(row | ({"error": result.error} if result.error else {}), ensure_ascii=True)


def _lines(result: Result) -> str:
    if result.error:
        return f"{clean(result.said)}\n"
    first, *rest = result.differences
    lines = [f"{clean(result.place)}: {clean(str(first))}"]
    lines += [f"  {clean(f'line {d.line}: {d.what} {d.name}'.rstrip())}" for d in rest[: SHOWN - 1]]
    if len(rest) >= SHOWN:
        lines.append(f"  and {len(rest) - SHOWN + 1} more")
    return "".join(line + "\n" for line in lines)


def _watched(found: Iterator[Result]) -> Iterator[Result]:
    """With a progress bar on a terminal."""
    if not sys.stderr.isatty():
        return found
    from tqdm import tqdm

    # Past the one way out: the bar is the program's own, and moves the cursor.
    return iter(tqdm(found, unit=" transcripts", delay=1, leave=False, file=sys.__stderr__))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
