"""What a trainee did, on disk: a directory of their own with the transcripts and a list of results, one a line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..errors import AssistantError
from ..files import sync_directory
from ..safe_text import clean
from ..store import Store

DIRECTORY = "training"
RESULTS = "results.ndjson"
"""Not *.jsonl: whoever reads all transcripts of a directory must not take it for one."""
MAX_LINE = 200_000


class _Record(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    at: str
    policy: str
    version: int
    digest: str = ""


class ChartResult(_Record):
    """One chart, or one criterion of it (`drill`), as it was reviewed. `criteria`: whether each stood as it must."""

    record: Literal["chart"] = "chart"
    chart: str
    transcript: str
    mode: Literal["practice", "exam"] = "practice"
    drill: str = ""
    exam: str = ""
    outcome: str
    gold: str
    outcome_right: bool
    right: int
    of: int
    criteria: Mapping[str, bool] = Field(default_factory=dict)
    mistakes: Mapping[str, int] = Field(default_factory=dict)


class ExamBegun(_Record):
    """An exam was drawn. `charts` has the digest of each, in the order in which they are put."""

    record: Literal["exam_begun"] = "exam_begun"
    exam: str
    attempt: int
    seed: int
    minutes: int | None = None
    pass_mark: int
    charts: Mapping[str, str]


class ExamEnded(_Record):
    """An exam was marked: how many outcomes and facts were right, and what comes of it."""

    record: Literal["exam_ended"] = "exam_ended"
    exam: str
    outcomes_right: int
    facts_right: int
    facts: int
    score: int
    passed: bool
    certificate: str = ""


Record = Annotated[ChartResult | ExamBegun | ExamEnded, Field(discriminator="record")]
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


@dataclass(frozen=True, slots=True)
class Records:
    """The directory of one trainee."""

    directory: Path

    @classmethod
    def of(cls, store: Store, trainee: str) -> Records:
        """The directory of a trainee in a store; two names never share one."""
        within = Store(store.directory / DIRECTORY)
        return cls(within.directory / within.path_of(trainee or "trainee").stem)

    def prepare(self) -> None:
        """Make the directory, readable by its owner alone.

        Raises:
            AssistantError: It can not be made or written.
        """
        for directory in (self.directory.parent.parent, self.directory.parent, self.directory):
            Store(directory).prepare()

    @property
    def path(self) -> Path:
        """The file of results."""
        return self.directory / RESULTS

    def read(self) -> tuple[Record, ...]:
        """All results in the order in which they were written; an end that was torn is left out.

        Raises:
            AssistantError: The file can not be read, or a line of it is damaged, by number.
        """
        try:
            text = self.path.read_bytes().decode("utf-8", "replace") if self.path.exists() else ""
        except OSError as error:
            raise AssistantError(f"{self.path} can not be read: {error.strerror}", "Check its permissions") from error
        found: list[Record] = []
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found.append(_RECORD.validate_json(line[:MAX_LINE]))
            except ValidationError as error:
                if number == len(lines):  # no line end: it was being written
                    break
                raise AssistantError(
                    f"{clean(str(self.path))}:{number}: not a result", "Correct or remove that line"
                ) from error
        return tuple(found)

    def append(self, record: Record) -> None:
        """Write one result and wait until the disk has it.

        Raises:
            AssistantError: It could not be written.
        """
        line = json.dumps(record.model_dump(mode="json"), ensure_ascii=True) + "\n"
        try:
            new = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with FileIO(handle, "r+") as file:
                file.truncate(_end_of_whole_lines(file))
                file.write(line.encode())
                os.fsync(file.fileno())
            if new:
                sync_directory(self.directory)
        except OSError as error:
            raise AssistantError(
                f"the result could not be saved to {self.path}: {error.strerror}",
                "The transcript is saved; free some space, and the result is written with the next assistant train",
            ) from error

    def write_new(self, name: str, text: str) -> Path:
        """Write a file whole, readable by its owner alone; a name that is taken gets a number.

        Raises:
            AssistantError: It could not be written.
        """
        stem, _, kind = name.rpartition(".")
        for number in range(1, 1000):
            path = self.directory / (name if number == 1 else f"{stem}-{number}.{kind}")
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            except OSError as error:
                raise AssistantError(f"{path} can not be written: {error.strerror}", "Check the directory") from error
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            sync_directory(self.directory)
            return path
        raise AssistantError(f"there are too many files named {name}", f"Move some out of {self.directory}")


def _end_of_whole_lines(file: FileIO) -> int:
    """Where the last whole line ends: what a crash left behind it is cut off before more is written."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - MAX_LINE)
    file.seek(start)
    tail = file.read(size - start)
    end = tail.rfind(b"\n") + 1
    return start + end
