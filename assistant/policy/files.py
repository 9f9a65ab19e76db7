"""Find and read policies, their prompts and vocabulary. Every error names file, line and what to do."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import AssistantError
from ..files import read_bytes
from ..safe_text import first_hidden
from .model import Policy
from .prompts import Prompts

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
PATH_VARIABLE = "ASSISTANT_POLICY_PATH"
STANDARD_INPUT = Path("-")

_ModelT = TypeVar("_ModelT", bound=BaseModel)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader (in C where there is one), with yes, no, on and off as the words that they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


class _WordLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Reads every plain value as the words that stand there: a vocabulary is words, and its model knows the numbers."""


class PolicyError(AssistantError):
    """A policy, prompts or vocabulary file that can not be used."""


def packaged(kind: str) -> Path:
    """The directory `policy` or `prompts` that belongs to this program, installed or in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "data" / kind
    return installed if installed.is_dir() else package.parent / kind


@dataclass(frozen=True)
class Library:
    """Where policies are looked for: directories of one's own first, then the packaged ones.

    A directory of one's own holds `policy/` and `prompts/`, or policies themselves (`<id>/<version>.yaml`) with a
    `prompts/` beside or inside it.
    """

    extra: tuple[Path, ...] = ()

    @classmethod
    def from_environment(cls, given: Sequence[str] = ()) -> Library:
        """The directories of `--policy-path` and of the environment variable, in that order."""
        listed = [*given, *os.environ.get(PATH_VARIABLE, "").split(os.pathsep)]
        return cls(tuple(Path(p).expanduser() for p in listed if p))

    def _roots(self, kind: str) -> list[Path]:
        roots = []
        for directory in self.extra:
            if not directory.is_dir():
                raise PolicyError(f"policy path {directory} is no directory", "Correct --policy-path")
            places = [directory / kind, directory.parent / kind] if kind == "prompts" else [directory / kind, directory]
            roots += [p for p in places if p.is_dir()]
        return [*roots, packaged(kind)]

    def _file(self, root: Path, path: Path) -> Path:
        """A file of a root; links that lead out of it are refused."""
        if not path.resolve().is_relative_to(root.resolve()):
            raise PolicyError(f"{path} leads outside {root}", "Copy the file there instead of a link")
        return path

    def versions(self) -> dict[str, dict[int, Path]]:
        """Every policy file by id and version; a directory named earlier wins."""
        found: dict[str, dict[int, Path]] = {}
        for root in self._roots("policy"):
            for path in sorted(root.glob("*/*.yaml")):
                if path.stem.isdecimal() and path.parent.name != "vocabulary":
                    self._file(root, path)
                    found.setdefault(path.parent.name, {}).setdefault(int(path.stem), path)
        return found

    def find(self, wanted: str | None) -> Path:
        """The file of `ID`, `ID@VERSION`, or of the only policy when nothing is wanted."""
        found = self.versions()
        policy_id, _, version = (wanted or "").partition("@")
        if not policy_id:
            if len(found) != 1:
                raise PolicyError(f"there are {len(found)} policies: {', '.join(found)}", "Choose one with --policy ID")
            policy_id = next(iter(found))
        if policy_id not in found:
            raise PolicyError(f"there is no policy '{policy_id}'", f"There is: {', '.join(found) or 'none'}")
        versions = found[policy_id]
        if not version:
            return versions[max(versions)]
        if not version.isdecimal() or int(version) not in versions:
            have = ", ".join(str(v) for v in sorted(versions))
            raise PolicyError(f"policy '{policy_id}' has no version '{version}'", f"There is: {have}")
        return versions[int(version)]

    def prompts_for(self, policy: Policy) -> Path:
        """The prompts file of a policy version."""
        name = Path(policy.id) / f"{policy.version}.yaml"
        for root in self._roots("prompts"):
            if os.path.lexists(root / name):
                return self._file(root, root / name)
        raise PolicyError(f"no prompts for policy '{policy.id}' version {policy.version}", f"Add prompts/{name}")

    def vocabulary(self, name: str) -> dict[str, Any]:
        """The parsed content of `policy/vocabulary/<name>.yaml`."""
        for root in self._roots("policy"):
            if os.path.lexists(path := root / "vocabulary" / f"{name}.yaml"):
                return read_yaml(self._file(root, path), words=True)
        raise PolicyError(f"there is no vocabulary '{name}'", f"Add policy/vocabulary/{name}.yaml")

    def doubt(self) -> dict[str, Any]:
        """The parsed weights of the second reader, `policy/vocabulary/doubt.json`.

        Raises:
            PolicyError: No such file, or it is not a JSON object.
        """
        again = "Make it again with tests/bench/train_second_reader.py"
        for root in self._roots("policy"):
            if os.path.lexists(path := root / "vocabulary" / "doubt.json"):
                try:
                    content = json.loads(read_bytes(self._file(root, path), MAX_BYTES, PolicyError))
                except (ValueError, RecursionError) as error:
                    raise PolicyError(f"{path}: not JSON, so the second reader has no weights", again) from error
                if not isinstance(content, dict):
                    raise PolicyError(f"{path}: must be a JSON object, so the second reader has no weights", again)
                return content
        raise PolicyError("the second reader has no weights: there is no doubt.json", again)

    def vocabulary_path(self, name: str) -> Path | None:
        """Where a vocabulary file stands."""
        places = (root / "vocabulary" / f"{name}.yaml" for root in self._roots("policy"))
        return next((p for p in places if os.path.lexists(p)), None)


@cache
def load_vocabulary(name: str) -> dict[str, Any]:
    """A packaged vocabulary file, parsed once."""
    return Library().vocabulary(name)


def _standard_input() -> bytes:
    raw: bytes = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise PolicyError(f"standard input is larger than {MAX_BYTES // 1_000_000} MB", "Split it")
    return raw


def read_yaml(path: Path, *, words: bool = False) -> dict[str, Any]:
    """Parse one YAML file of plain data (`-` is standard input); with `words`, no value is anything but text.

    Raises:
        PolicyError: Unreadable, too large, nested too deeply, not YAML, a key twice, an alias, a character that no
            reader would see, or not a mapping.
    """
    try:
        raw = _standard_input() if path == STANDARD_INPUT else read_bytes(path, MAX_BYTES, PolicyError)
        if not any(path.is_relative_to(packaged(kind)) for kind in ("policy", "prompts")):
            _check_depth(path, raw)
        _check_characters(path, 1, raw.decode("utf-8-sig", "replace").replace("\r\n", "\n"))
        loader = (_WordLoader if words else _Loader)(raw)
        try:
            node = loader.get_single_node()
            _check_nodes(path, node)
            content = loader.construct_document(node) if node else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise PolicyError(f"{where}: not YAML: {error.problem or error.context}", "Correct that line") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: not readable as YAML: {error}", "Save it as plain UTF-8 text") from error
    except ValueError as error:  # a date such as 2026-13-45
        raise PolicyError(
            f"{path}: a value can not be read: {error}", "Correct it, or put it in quotation marks"
        ) from error
    if not isinstance(content, dict):
        raise PolicyError(f"{path}:1: must be a mapping of keys to values", "Compare with a packaged policy")
    return content


def _check_depth(path: Path, raw: bytes) -> None:
    """Refuse depth before anything is built: a file from somebody else must not exhaust the stack."""
    depth = 0
    for event in yaml.parse(raw, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise PolicyError(f"{path}:{line}: nested more than {MAX_DEPTH} deep", "Make it flatter")


def _check_characters(path: Path, line: int, text: str) -> None:
    """Refuse what a terminal would obey and a reader would not see; escapes in quoted values make it, too."""
    if found := first_hidden(text):
        where = f"{path}:{line + found[0] - 1}"
        instead = "Remove it, and save the file as plain UTF-8 text"
        raise PolicyError(f"{where}: holds a character that can not be seen, {found[1]}", instead)


def _check_nodes(path: Path, root: yaml.Node | None) -> None:
    """Refuse keys that stand twice, aliases (they can blow up to any size) and tags."""

    def refuse(node: yaml.Node, what: str, instead: str) -> PolicyError:
        return PolicyError(f"{path}:{node.start_mark.line + 1}: {what}", instead)

    def check_scalar(node: yaml.ScalarNode) -> None:
        _check_characters(path, node.start_mark.line + 1, node.value)

    seen: set[int] = set()
    pending = [root] if root else []
    while pending:
        node = pending.pop()
        if id(node) in seen:
            raise refuse(node, "aliases (*name) are not allowed", "Write the value out")
        seen.add(id(node))
        if not node.tag.startswith("tag:yaml.org,2002:") or "python" in node.tag:
            raise refuse(node, "tags (!name) are not allowed", "Write a plain value")
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise refuse(key, "a key must be a plain word", "Put {{ }} in quotation marks")
                if key.value in keys:
                    raise refuse(key, f"the key '{key.value}' stands twice", "Remove one")
                keys.add(key.value)
                check_scalar(key)
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, yaml.ScalarNode):
            check_scalar(node)


def validate(model: type[_ModelT], path: Path, content: Mapping[str, Any]) -> _ModelT:
    """Build a model from a file's content; errors point at the line."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            message = "unknown key"
        raise PolicyError(
            f"{path}:{line_of(path, first['loc'])}: {where}: {message}{more}", "Correct that line"
        ) from error


def line_of(path: Path, location: Sequence[int | str]) -> int:
    """The line of a place in a YAML file, or of the nearest thing above it that exists (1-based)."""
    node = yaml.compose(read_bytes(path, MAX_BYTES, PolicyError), Loader=_Loader)
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def digest_of(*paths: Path) -> str:
    """A fingerprint of files, as transcripts record it."""
    hasher = hashlib.sha256()
    for path in paths:
        hasher.update(read_bytes(path, MAX_BYTES, PolicyError))
    return f"sha256:{hasher.hexdigest()}"


@dataclass(frozen=True)
class Loaded:
    """A policy with its prompts, checked against each other, and the fingerprint of both files."""

    policy: Policy
    prompts: Prompts
    digest: str
    library: Library


@cache
def load(wanted: str | None = None, library: Library = Library()) -> Loaded:
    """Load `ID`, `ID@VERSION` or the only policy; a file with any error is not used at all."""
    from .check import check_policy, check_prompts  # here: checking builds on what this module reads

    path = library.find(wanted)
    policy = validate(Policy, path, read_yaml(path))
    if (path.parent.name, path.stem) != (policy.id, str(policy.version)):
        raise PolicyError(
            f"{path}:{line_of(path, ['id'])}: says '{policy.id}' version {policy.version}",
            "Make it agree with its path",
        )
    check_policy(policy, path, library)
    prompts_path = library.prompts_for(policy)
    prompts = validate(Prompts, prompts_path, read_yaml(prompts_path))
    check_prompts(prompts, policy, prompts_path)
    return Loaded(policy, prompts, digest_of(path, prompts_path), library)
