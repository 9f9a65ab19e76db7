"""One trainee at work: which transcript is opened, what is written when it is closed, and how an exam goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..answering import reads
from ..errors import AssistantError
from ..events import Event, Started
from ..interview import Session, fold, start
from ..journal import Journal, repair
from ..ownership import Owner
from ..places import place_of
from ..policy import Loaded
from ..transcript import read_events, verify
from .charts import Chart
from .coach import Coach
from .exam import Marked, certificate, certificate_json, certificate_text, draw, marked
from .records import ChartResult, ExamBegun, ExamEnded, Records
from .scoring import score
from .sessions import asks_anything, begun

Shell = Callable[[Session, Journal, Coach, Sequence[str]], int]
"""How a review is shown: returns the exit code of the shell."""


@dataclass(frozen=True)
class Classroom:
    """A trainee, the policy, the charts, and where everything is kept. `now` is the clock."""

    records: Records
    loaded: Loaded
    charts: Sequence[Chart]
    trainee: str
    now: Callable[[], datetime]
    owner: Owner

    @property
    def at(self) -> str:
        """The time, as events and results record it."""
        return self.now().isoformat(timespec="seconds")

    # --- Results ---

    def results(self) -> tuple[ChartResult, ...]:
        """All results of charts under this policy version."""
        return tuple(r for r in self.records.read() if isinstance(r, ChartResult) and self._ours(r))

    def exams(self) -> tuple[tuple[ExamBegun, ExamEnded | None], ...]:
        """All exams under this policy version, each with its end if it has one."""
        found = self.records.read()
        ended = {r.exam: r for r in found if isinstance(r, ExamEnded)}
        return tuple((r, ended.get(r.exam)) for r in found if isinstance(r, ExamBegun) and self._ours(r))

    def _ours(self, record: ChartResult | ExamBegun) -> bool:
        policy = self.loaded.policy
        return record.policy == policy.id and record.version == policy.version

    def collect(self) -> None:
        """Write the results of practice that was closed and has none yet, even if the program was killed in between."""
        known = {r.transcript for r in self.records.read() if isinstance(r, ChartResult)}
        for path in sorted(self.records.directory.glob("*.jsonl"), key=lambda p: (p.stat().st_mtime, p.name)):
            if path.name not in known:
                result = self._result(path, "practice")
                if result:
                    self.records.append(result)

    def _result(self, path: Path, mode: str) -> ChartResult | None:
        try:
            events = read_events(place_of(path), unfinished=True)
        except AssistantError:
            return None  # damaged; opening it repairs it
        started = events[0]
        assert isinstance(started, Started)
        more = started.model_extra or {}
        chart = next((c for c in self.charts if c.id == started.case and c.digest == more.get("chart")), None)
        if chart is None or started.mode != mode or started.policy != self.loaded.policy.id:
            return None
        session = self._fold(events)
        if not session.concluded:
            return None
        marks = score(session, chart, first=mode == "practice")
        return ChartResult(
            at=session.concluded.at or self.at,
            policy=started.policy,
            version=started.version,
            digest=started.digest or "",
            chart=chart.id,
            transcript=path.name,
            mode=started.mode if started.mode != "review" else "practice",
            drill=str(more.get("drill", "")),
            exam=str(more.get("exam", "")),
            outcome=marks.outcome,
            gold=marks.gold,
            outcome_right=marks.outcome_right,
            right=marks.right,
            of=len(marks.scored),
            criteria=marks.criteria,
            mistakes=marks.mistakes,
        )

    def _fold(self, events: Iterable[Event]) -> Session:
        return fold(self.loaded, reads(self.loaded), events)

    # --- Practice ---

    def practise(self, chart: Chart, drill: str, shell: Shell, said: Sequence[str] = ()) -> int:
        """Review a chart, going on where it was left; returns the exit code."""
        stem = f"{chart.id}-{drill}" if drill else chart.id
        started = begun(chart, self.loaded, mode="practice", trainee=self.trainee, at=self.at, drill=drill)
        path, opened = self._open_path(stem, chart)
        if opened:
            said = (*said, "This chart was left unfinished; it goes on where you left it.")
        code = self._run(path, started, Coach(chart, f"criterion {drill}" if drill else ""), shell, said)
        self.collect()
        return code

    def _open_path(self, stem: str, chart: Chart) -> tuple[Path, bool]:
        """The transcript to write, and whether it was left unfinished; a chart that was changed begins anew."""
        number = 1
        while (path := place_of(self.records.directory / f"{stem}.{number}.jsonl")).exists():
            try:
                events = read_events(path, unfinished=True)
            except AssistantError:
                return path, True
            first = events[0]
            assert isinstance(first, Started)
            same = (first.model_extra or {}).get("chart") == chart.digest and first.digest == self.loaded.digest
            if same and not self._fold(events).concluded:
                return path, len(events) > 1
            number += 1
        return path, False

    def _run(self, path: Path, started: Started, coach: Coach, shell: Shell, said: Sequence[str]) -> int:
        journal = Journal(path)
        if holder := journal.lock(self.owner):
            raise AssistantError(f"chart {coach.chart.id} is open in another window ({holder})", "Go on there")
        try:
            if path.exists():
                said = (*said, *repair(path).lines)
            if path.exists() and path.stat().st_size:
                journal.take_up()
                session = self._fold(read_events(path, unfinished=True))
            else:
                session = start(self.loaded, reads(self.loaded), started)
                journal.append(started)
            return shell(session, journal, coach, said)
        finally:
            journal.release()

    # --- Exams ---

    def begin_exam(self, count: int, seed: int, minutes: int | None, pass_mark: int) -> ExamBegun:
        """Draw the charts of a new exam and write down that it has begun."""
        drawn = draw([c for c in self.charts if asks_anything(c, self.loaded)], count, seed)
        attempt = len(self.exams()) + 1
        every = sum(isinstance(r, ExamBegun) for r in self.records.read())
        begun_exam = ExamBegun(
            at=self.at,
            policy=self.loaded.policy.id,
            version=self.loaded.policy.version,
            digest=self.loaded.digest,
            exam=f"exam-{every + 1}",
            attempt=attempt,
            seed=seed,
            minutes=minutes,
            pass_mark=pass_mark,
            charts={c.id: c.digest for c in drawn},
        )
        self.records.append(begun_exam)
        return begun_exam

    def open_exam(self) -> ExamBegun | None:
        """The exam that was left unfinished."""
        return next((b for b, ended in self.exams() if ended is None), None)

    def take_exam(self, exam: ExamBegun, shell: Shell) -> int:
        """Put the charts of an exam that are still open; 0 when it is over, else the exit code of what ended it."""
        deadline = datetime.fromisoformat(exam.at) + timedelta(minutes=exam.minutes) if exam.minutes else None
        for number, (chart_id, digest) in enumerate(exam.charts.items(), 1):
            path = self.exam_path(exam, chart_id)
            chart = next((c for c in self.charts if c.id == chart_id and c.digest == digest), None)
            if chart is None:
                raise AssistantError(
                    f"chart {chart_id} of this exam was changed or removed since it began",
                    "Put it back as it was, or end the exam with --abandon",
                )
            coach = Coach(chart, f"{number} of {len(exam.charts)}", exam=True, deadline=deadline)
            if coach.time_is_over(self.now()):
                return 0
            if path.exists() and self._closed(path):
                continue
            started = begun(chart, self.loaded, mode="exam", trainee=self.trainee, at=self.at, exam=exam.exam)
            limit = f" The time ends at {deadline:%H:%M}." if deadline else ""
            code = self._run(path, started, coach, shell, (f"Chart {coach.place}.{limit}",))
            if not self._closed(path) and not coach.time_is_over(self.now()):
                return code or 1
        return 0

    def _closed(self, path: Path) -> bool:
        try:
            return self._fold(read_events(path, unfinished=True)).concluded is not None
        except AssistantError:
            return False  # damaged; opening it repairs it

    def exam_path(self, exam: ExamBegun, chart_id: str) -> Path:
        """The transcript of a chart in an exam."""
        return place_of(self.records.directory / f"{exam.exam}-{chart_id}.jsonl")

    def end_exam(self, exam: ExamBegun) -> tuple[Marked, Path]:
        """Mark an exam and write its results and its certificate, as text and JSON; returns the text's path."""
        known = {r.transcript for r in self.results()}
        for chart_id in exam.charts:
            path = self.exam_path(exam, chart_id)
            if path.exists() and path.name not in known and (result := self._result(path, "exam")):
                self.records.append(result)
        found = marked(exam, self.results())
        links = {c: verify(self.exam_path(exam, c)).last for c in exam.charts if self.exam_path(exam, c).exists()}
        at = self.at
        content = certificate(found, self.loaded, trainee=self.trainee, ended=at, links=links)
        name = f"{'certificate' if found.passed else 'result'}-{exam.policy}-{exam.version}-{exam.exam}"
        self.records.write_new(f"{name}.json", certificate_json(content))
        path = self.records.write_new(f"{name}.txt", certificate_text(content))
        self.records.append(found.ended(at, path.name))
        return found, path

    def exam_sessions(self, exam: ExamBegun) -> list[tuple[Chart, Session]]:
        """The reviews of an exam, in the order in which its charts were put."""
        found = []
        for chart_id in exam.charts:
            path = self.exam_path(exam, chart_id)
            chart = next((c for c in self.charts if c.id == chart_id), None)
            if chart and path.exists():
                found.append((chart, self._fold(read_events(path, unfinished=True))))
        return found
