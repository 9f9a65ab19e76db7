"""Text of somebody else, made safe for any terminal."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """Text of a reviewer or of a file, safe for any terminal: control characters become visible marks."""
    return text if text.isprintable() else "".join(_visible(c) for c in text)


def _visible(character: str) -> str:
    if character == "\n":
        return "⏎ "
    if character == "\t" or unicodedata.category(character) == "Zs":
        return " "
    if character.isprintable():
        return character
    code = ord(character)
    if code < 32:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 127 else "\N{REPLACEMENT CHARACTER}"
