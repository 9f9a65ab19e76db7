"""Practice charts: a made-up record in Markdown, with what a reviewer must find in it as its front matter."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from ..errors import AssistantError
from ..files import read_bytes
from ..policy import Loaded, packaged
from ..safe_text import clean, first_hidden

MAX_BYTES = 200_000
MAX_DEPTH = 8
FENCE = "---"

ChartId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=40)]
Outcomes = Literal["criteria_met", "criteria_not_met", "information_needed", "not_addressed"]
Truths = Literal["true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a chart, and in which line. With `fatal` it can not be used at all."""

    path: Path
    line: int
    message: str
    fatal: bool = True

    def __str__(self) -> str:
        """File, line and what is wrong there, as editors understand it."""
        return f"{clean(str(self.path))}:{self.line}: {clean(self.message)}"


class _Front(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Expected(_Front):
    """How a review of the chart must end."""

    determination: Outcomes
    indications: Truths = "unknown"
    non_indications: Truths = "unknown"
    satisfied: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @field_validator("indications", "non_indications", mode="before")
    @classmethod
    def _as_word(cls, given: Any) -> Any:
        """Unquoted true and false are meant as words."""
        return str(given).lower() if isinstance(given, bool) else given


class Front(_Front):
    """The front matter of a chart.

    `facts` is gold: what the chart says, `unknown` where it leaves a fact open; a fact that is not listed is not
    scored. `deciding` has, by id of a criterion, a fact or `flag:` and a flag, the words of the chart that decide it.
    """

    id: ChartId
    title: str = ""
    set: Literal["practice", "exam"] = "practice"
    difficulty: int = Field(3, ge=1, le=5)
    policy: str = ""
    facts: Mapping[str, Any]
    expected: Expected
    traps: tuple[str, ...] = ()
    teaching: str = ""
    deciding: Mapping[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart as it was read; one is told from another by identity. `lines` has the line of each key, by its path."""

    path: Path
    front: Front
    body: str
    digest: str
    lines: Mapping[tuple[str, ...], int] = field(repr=False)

    @property
    def id(self) -> str:
        """The chart's own id; it says nothing about the outcome."""
        return self.front.id

    @cached_property
    def text(self) -> tuple[str, ...]:
        """The record as lines to read, safe for any terminal."""
        rows = [readable(line) for line in self.body.strip().split("\n")]
        return tuple(row for n, row in enumerate(rows) if row or rows[n - 1])

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The record in sentences and rows of tables, to find what it says elsewhere."""
        found = [s for line in self.text for s in re.split(r"(?<=[.!?;])\s+", line)]
        return tuple(s for s in found if s.strip(" #-*"))

    def line_of(self, *path: str) -> int:
        """The line of a key of the front matter, or of the nearest one above it."""
        return next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), 1)


def readable(line: str) -> str:
    """A line of Markdown as plain text: no emphasis, a table's row as `name: value`."""
    text = clean(line).replace("**", "").rstrip()
    text = re.sub(r"(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])", "", text)
    if text.startswith("|"):
        cells = [c.strip() for c in text.strip("| ").split("|")]
        text = ": ".join(c for c in cells if c.strip("-: "))
    return text


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_chart(path: Path) -> tuple[Chart | None, tuple[Fault, ...]]:
    """A chart file, or what keeps it from being read; whether it agrees with the policy is checked elsewhere."""
    try:
        raw = read_bytes(path, MAX_BYTES, AssistantError)
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, (Fault(path, raw[: error.start].count(b"\n") + 1, "this is not UTF-8 text"),)
    except AssistantError as error:
        return None, (Fault(path, 1, error.message.removeprefix(f"{path} ")),)
    text = text.replace("\r\n", "\n")
    if found := first_hidden(text):
        return None, (Fault(path, found[0], f"holds a character that can not be seen, {found[1]}; remove it"),)
    rows = text.split("\n")
    end = next((n for n, row in enumerate(rows[1:], 1) if row.rstrip() == FENCE), 0)
    if rows[0].rstrip() != FENCE or not end:
        return None, (Fault(path, 1, "a chart begins with its front matter between two lines of ---"),)
    try:
        content, lines = _front("\n".join(rows[1:end]))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not YAML: {error.problem or error.context}"
        return None, (Fault(path, mark.line + 2 if mark else 1, message),)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, (Fault(path, 1, f"the front matter can not be read: {error}"),)
    try:
        front = Front.model_validate(content)
    except ValidationError as error:
        return None, tuple(_faults(path, error, lines))
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return Chart(path, front, "\n".join(rows[end + 1 :]), digest, lines), ()


class _NotPlain(yaml.MarkedYAMLError):
    """YAML that is more than plain data."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def _front(text: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """Plain data and the line of each key: no tags, no aliases, no key twice, bounded depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if found := first_hidden(getattr(event, "value", "")):  # from an escape in a quoted value
            raise _NotPlain(f"a value holds a character that can not be seen, {found[1]}", event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise _NotPlain("aliases and tags are not allowed", event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _NotPlain(f"nested more than {MAX_DEPTH} deep", event.start_mark)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("it must be a mapping of keys to values")
    lines = dict(_key_lines(node, ()))
    content = yaml.load(text, Loader=yaml.SafeLoader)  # the safe loader; aliases and tags were refused above
    return {str(k): v for k, v in content.items()}, lines


def _key_lines(node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in seen:
            problem = "a key stands twice" if isinstance(key, yaml.ScalarNode) else "a key must be a plain word"
            raise _NotPlain(problem, key.start_mark)
        seen.add(key.value)
        # The first fence is a line of the file, and marks count from zero.
        yield (*path, key.value), key.start_mark.line + 2
        if isinstance(value, yaml.MappingNode):
            yield from _key_lines(value, (*path, key.value))


def _faults(path: Path, error: ValidationError, lines: Mapping[tuple[str, ...], int]) -> Iterator[Fault]:
    for one in error.errors(include_url=False):
        place = tuple(str(p) for p in one["loc"])
        line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
        yield Fault(path, line, f"{'.'.join(place)}: {one['msg'].removeprefix('Value error, ')}")


# --- Finding ----------------------------------------------------------------------------------------------------------


def chart_files(policy_id: str, directory: Path | None = None) -> list[Path]:
    """The chart files of a policy: those of a directory of one's own first, then the packaged ones.

    Raises:
        AssistantError: The directory is none.
    """
    found: list[Path] = []
    if directory is not None:
        if not directory.is_dir():
            raise AssistantError(f"{directory} is no directory", "Name the directory that holds the charts")
        found += sorted(p for p in (*directory.glob("*.md"), *(directory / policy_id).glob("*.md")) if p.is_file())
    return found + sorted((packaged("prompts") / "practice" / policy_id).glob("*.md"))


def is_of(front: Front, loaded: Loaded) -> bool:
    """Whether a chart is written for this policy version: its title and version, or ID@VERSION."""
    policy = loaded.policy
    names = {policy.id, f"{policy.id}@{policy.version}", f"{policy.title}, version {policy.version}", policy.title}
    return not front.policy or " ".join(front.policy.lower().split()) in {n.lower() for n in names}


def charts_of(loaded: Loaded, directory: Path | None = None) -> tuple[tuple[Chart, ...], tuple[Fault, ...]]:
    """All charts that can be used, in order of their ids, and what is wrong with the others.

    A chart in a directory of one's own takes the place of a packaged one with its id.
    """
    from .checking import faults_of  # here: checking builds on what this module reads

    found: dict[str, Chart] = {}
    faults: list[Fault] = []
    for path in chart_files(loaded.policy.id, directory):
        chart, wrong = read_chart(path)
        if chart is not None and not wrong:
            if not is_of(chart.front, loaded):
                continue
            wrong = tuple(f for f in faults_of(chart, loaded) if f.fatal)
        if chart is None or wrong:
            faults += wrong
        else:
            found.setdefault(chart.id, chart)
    return tuple(sorted(found.values(), key=by_id)), tuple(faults)


def by_id(chart: Chart) -> tuple[str, int, str]:
    """PV-2 before PV-10."""
    number = re.search(r"\d+", chart.id)
    return re.sub(r"\d+", "", chart.id), int(number.group()) if number else 0, chart.id


def find_chart(wanted: str, charts: Sequence[Chart], loaded: Loaded) -> Chart:
    """A chart by its id, or from a file.

    Raises:
        AssistantError: There is no such chart, or its file has a fault.
    """
    from .checking import faults_of

    for chart in charts:
        if chart.id.lower() == wanted.lower():
            return chart
    path = Path(wanted).expanduser()
    if not path.is_file():
        known = ", ".join(c.id for c in charts) or "none"
        raise AssistantError(f"there is no chart '{wanted[:60]}'", f"There are: {known}; or name a file")
    chart_or_none, faults = read_chart(path)
    if chart_or_none is not None:
        faults = tuple(f for f in faults_of(chart_or_none, loaded) if f.fatal)
    if chart_or_none is None or faults:
        raise AssistantError(str(faults[0]), "See: assistant train --check FILE")
    return chart_or_none
