"""Words that name a patient rather than describe one: they should not stand in a review at all."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from .finding import Identifier
from .names import names_in
from .numbers import numbers_in
from .streets import streets_in

__all__ = ["REMOVED", "Identifier", "identifiers_in", "looks_like_a_name", "redacted"]

REMOVED = "[removed]"


def identifiers_in(text: str, known: Container[str] = frozenset()) -> tuple[Identifier, ...]:
    """Names, numbers of records and members, telephone numbers, addresses; in order.

    Args:
        text: What was typed.
        known: Words that are no names, in lower case.
    """
    found = sorted(_all(text, known), key=lambda i: (i.start, -i.end))
    kept: list[Identifier] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end:
            kept[-1] = Identifier(kept[-1].kind, kept[-1].start, one.end)
    return tuple(kept)


def redacted(text: str, found: tuple[Identifier, ...]) -> str:
    """The text with each identifier replaced."""
    for one in reversed(found):
        text = f"{text[: one.start]}{REMOVED}{text[one.end :]}"
    return text


def looks_like_a_name(reference: str) -> bool:
    """Whether a case reference is two words of letters rather than a number."""
    words = re.findall(r"[^\W\d_]+", reference)
    return len(words) >= 2 and not re.search(r"\d", reference) and all(w[0].isupper() for w in words[:2])


def _all(text: str, known: Container[str]) -> Iterator[Identifier]:
    yield from numbers_in(text)
    yield from streets_in(text)
    yield from names_in(text, known)
