"""Words that name a patient rather than describe one: they should not stand in a review at all."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

REMOVED = "[removed]"

_LABELLED = {
    "a medical record number": r"(?:mrn|mr ?#|med(?:ical)? rec(?:ord)?|chart|hospital|unit|patient id|pt id)",
    "a member or account number": r"(?:member|subscriber|policy|insurance|account|acct|medicare|medicaid|hicn|mbi)",
    "a social security number": r"(?:ssn|soc(?:ial)? sec(?:urity)?)",
}
_NUMBER = r"(?:\s*(?:no|num|number|id|nr)\b\.?)?\s*[:#=.-]*\s*((?=[A-Za-z-]{0,12}\d)[A-Za-z0-9][A-Za-z0-9-]{3,40})"
_SSN = re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")
_STREET = re.compile(
    r"\b\d{1,5}(?: [NSEW]\.?)?(?: [A-Z][a-z'-]+){1,3},? (?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Ct|Court"
    r"|Way|Place|Pl|Terrace|Drive|Pkwy|Parkway|Highway|Hwy|Circle)\b\.?"
    r"(?:,? (?:Apt|Unit|Suite|#) ?\w+)?(?:,? [A-Z][A-Za-z. ]{1,25},? [A-Z]{2} \d{5}(?:-\d{4})?)?"
)
_NAME = r"[A-Z][a-z]+(?:['-][A-Z][a-z]+)?"
_NAMED = re.compile(
    rf"\b(?:(?i:patient(?: name)?|pt(?: name)?|name|member name)\s*[:=]\s*)({_NAME}(?:,? {_NAME}){{1,2}})"
)
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss)\.? ({_NAME}(?: {_NAME})?)")
_PAIR = re.compile(rf"\b({_NAME}),? ({_NAME})\b")
_BIRTH = re.compile(r"(?i)\b(?:dob|d\.o\.b|born|date of birth)\b")
_NEAR = 60
"""Characters between a name and a date of birth, at most."""
_PHONE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Identifier:
    """What looks like `kind` at [start, end) of a text."""

    kind: str
    start: int
    end: int


def identifiers_in(text: str, known: Container[str] = frozenset()) -> tuple[Identifier, ...]:
    """Names with a date of birth, numbers of records and members, telephone numbers, addresses; in order.

    Args:
        text: What was typed.
        known: Words that are no names, in lower case.
    """
    found = sorted(_all(text, known), key=lambda i: (i.start, -i.end))
    kept: list[Identifier] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
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
    digits = sum(c.isdecimal() for c in text)
    if digits:
        for kind, label in _LABELLED.items():
            for match in re.finditer(rf"(?i)\b{label}\b{_NUMBER}", text):
                yield Identifier(kind, *match.span(1))
        for match in _SSN.finditer(text):
            yield Identifier("a social security number", *match.span())
        for match in _STREET.finditer(text):
            yield Identifier("an address", *match.span())
    if digits >= _PHONE_DIGITS:
        import phonenumbers  # here: only a text with so many digits needs it

        for phone in phonenumbers.PhoneNumberMatcher(text, "US"):
            yield Identifier("a telephone number", phone.start, phone.end)
    if "@" in text:
        for match in _MAIL.finditer(text):
            yield Identifier("an e-mail address", *match.span())
    for pattern in (_NAMED, _TITLED):
        for match in pattern.finditer(text):
            if not _is_known(match.group(1), known):
                yield Identifier("a name", *match.span(1))
    births = [m.start() for m in _BIRTH.finditer(text)]
    for match in _PAIR.finditer(text) if births else ():
        if min(abs(match.start() - b) for b in births) <= _NEAR and not _is_known(match.group(), known):
            yield Identifier("a name with a date of birth", *match.span())


def _is_known(words: str, known: Container[str]) -> bool:
    """Whether any of the words is one that describes, or a surgeon's eponym."""
    return any(word.lower() in known for word in re.findall(r"[A-Za-z]+", words))
