"""Procedure codes with their modifiers, diagnosis codes, and words that are almost codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PROCEDURE = re.compile(
    r"""(?<![\w.$/#-])(?P<code>[a-z]\d{4}|\d{5}|\d{4}[tfum])
        (?P<modifiers>(?:[ ]{0,2}(?:[-/,+(][ ]?(?=(?:rt|lt|50)(?!\w))|[-](?=[a-z\d]{2}(?!\w))|(?=(?:rt|lt)(?!\w))
          |[-,(]?[ ]?mod(?:ifier)?s?\.?[ ]?[:#]?[ ]?(?=[a-z\d]{2}(?!\w)))(?:[a-z\d]{2})(?!\w)\)?)*)
        (?![\w])(?!-\d|\.\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_MODIFIER = re.compile(r"(?<![a-z\d])[a-z\d]{2}(?![a-z\d])", re.IGNORECASE)
_DIAGNOSIS = re.compile(r"(?<![\w.-])[a-z]\d[\da-z](?:\.[\da-z]{1,4}|(?<=m\d\d)\d{1,4})?(?![\w]|\.\d)", re.IGNORECASE)
_ALMOST = re.compile(r"(?<![\w./-])(?=[a-z\d]*[a-z])(?=(?:[a-z]*\d){3})[a-z\d]{4,7}(?![\w/]|\.\d)", re.IGNORECASE)
_ALMOST_SHAPE = re.compile(r"[a-z]{1,2}\d{3,6}|\d{4,5}[a-z]{1,2}|[a-z]\d+[a-z]\d*|\d+[a-z]\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Code:
    """A code at [start, end), bare and in capitals. `modifiers` stand in [modified, end)."""

    start: int
    end: int
    code: str
    modifiers: tuple[str, ...] = ()
    modified: int = 0


def _free(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return not any(a < end and start < b for a, b in taken)


def procedures_in(text: str, taken: Sequence[tuple[int, int]]) -> list[Code]:
    """All words shaped like procedure codes, outside what is taken (dates, diagnoses), with their modifiers."""
    found = []
    for match in _PROCEDURE.finditer(text):
        if _free(match.start("code"), match.end("code"), taken):
            written = re.sub(r"mod(?:ifier)?s?", " ", match["modifiers"], flags=re.IGNORECASE)
            modifiers = tuple(m.upper() for m in _MODIFIER.findall(written))
            end = match.end() if modifiers else match.end("code")
            found.append(Code(match.start("code"), end, match["code"].upper(), modifiers, match.end("code")))
    return found


def diagnoses_in(text: str, taken: Sequence[tuple[int, int]], letters: str) -> list[Code]:
    """All diagnosis codes: those with a point, and those that begin with one of the letters given."""
    return [
        Code(m.start(), m.end(), m.group().upper())
        for m in _DIAGNOSIS.finditer(text)
        if ("." in m.group() or m.group()[0].lower() in letters) and _free(m.start(), m.end(), taken)
    ]


def almost_codes(text: str, taken: Sequence[tuple[int, int]]) -> list[Code]:
    """Words shaped almost like a code: S235, 2717O."""
    return [
        Code(m.start(), m.end(), m.group().upper())
        for m in _ALMOST.finditer(text)
        if _ALMOST_SHAPE.fullmatch(m.group()) and _free(m.start(), m.end(), taken)
    ]
