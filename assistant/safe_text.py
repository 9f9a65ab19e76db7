"""Text of somebody else, made safe for any terminal: named at the door, made visible at the exit."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """Text of a reviewer or of a file as one line, safe for any terminal: what would not be seen becomes a mark."""
    return text if text.isprintable() else "".join(_in_a_line(c) for c in text)


def visible(text: str) -> str:
    """Text of several lines, safe for any terminal: line breaks, tabs and spaces stay, hidden characters get marks."""
    return text if _shows_all(text) else "".join(_mark(c) if _is_hidden(c) else c for c in text)


def first_hidden(text: str) -> tuple[int, str] | None:
    """The first character that a reader would not see or that a terminal would obey: its line (from 1) and its name."""
    if _shows_all(text):
        return None
    at = next((n for n, c in enumerate(text) if _is_hidden(c)), None)
    return None if at is None else (text.count("\n", 0, at) + 1, _name(text[at]))


def _shows_all(text: str) -> bool:
    """A quick look; other spaces than the usual one need the slow one."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def _is_hidden(character: str) -> bool:
    """Control, format (bidirectional, zero-width), separator, surrogate, private or unassigned."""
    return not (character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs")


def _in_a_line(character: str) -> str:
    if character == "\n":
        return "⏎ "
    if character == "\t" or unicodedata.category(character) == "Zs":
        return " "
    return _mark(character) if _is_hidden(character) else character


def _mark(character: str) -> str:
    code = ord(character)
    if code < 32:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 127 else "\N{REPLACEMENT CHARACTER}"


def _name(character: str) -> str:
    """Such as U+202E RIGHT-TO-LEFT OVERRIDE; the standard names no control character, so its picture's name serves."""
    pictured = unicodedata.name(_mark(character)).removeprefix("SYMBOL FOR ")
    known = unicodedata.name(character, "CONTROL CHARACTER" if pictured == "REPLACEMENT CHARACTER" else pictured)
    return f"U+{ord(character):04X} {known}"
