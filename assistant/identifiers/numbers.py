"""Numbers that belong to one person: by the label before them, or by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .finding import Identifier

RECORD = "a medical record number"
MEMBER = "a member or account number"
SOCIAL = "a social security number"
PHONE = "a telephone number"

# The first list needs no word for number after it; after the second only a word for number makes it one.
_LABELS = {
    RECORD: (
        r"mrn|mr ?#|mr (?=(?:no|num|number)\b)|med(?:ical)?\.? rec(?:ord)?s?"
        r"|(?:patient|pt|person|emr|ehr) (?:id|identifier|number|no\b|#)|pid|csn",
        r"chart|hospital|unit|record|patient|pt|visit|encounter|epic|emr|ehr|id",
    ),
    MEMBER: (
        r"(?:member|mbr|subscriber|insured|beneficiary|insurance|medicare|medicaid|enrollee|policy ?holder)(?:['’]s)?"
        r"|hicn|mbi|acct|account|driver'?s? lic(?:en[cs]e)?|passport",
        r"policy|plan|group|certificate|license",
    ),
    SOCIAL: (r"ssn|ss ?#|soc(?:ial)?\.? sec(?:urity)?|social", r""),
}
_WORD = r"(?:\s*\(?(?:no|num|number|numbers|id|nr|identifier|identification|card)\b\.?\)?|\s*#)"
_SAYS = r"is|was|of|as|listed|reads?|shows?|ending|ends|in|last|four|4|digits|on|file|card"
_LINK = rf"[\s:#=.,(-]*(?:\b(?:{_SAYS})\b[\s:#=-]*){{0,4}}"
_DATE = r"\d{4}-\d\d?-\d\d?\b|[01]?\d[-/.][0-3]?\d[-/.](?:\d\d|\d{4})\b"
_NUMBER = (
    rf"(?P<number>(?!{_DATE})(?:"
    r"(?=[A-Za-z-]{0,12}\d)[A-Za-z0-9][A-Za-z0-9-]{3,40}(?:[ ](?=[A-Z]*\d)[A-Z0-9]{2,5}\b){0,3}"
    r"|\d{1,4}(?:[ .-]\d{2,5}){1,4}|[A-Z]{1,5}(?:[ -]\d{2,7}){1,4}))(?![\w/])"
)


def _labelled(strong: str, weak: str) -> re.Pattern[str]:
    labels = rf"(?:{strong})(?:{_WORD}){{0,2}}" + (rf"|(?:{weak}){_WORD}" if weak else "")
    return re.compile(rf"(?i:\b(?:{labels}){_LINK}){_NUMBER}")


_LABELLED = {kind: _labelled(strong, weak) for kind, (strong, weak) in _LABELS.items()}
_HIDDEN = r"(?:\d{3}|[xX*]{3})(?P<s>[ .–-]| - )(?:\d{2}|[xX*]{2})(?P=s)"
_SHAPES = (
    (SOCIAL, re.compile(rf"(?<![\w-]){_HIDDEN}(?!(?<= )(?:19|20)\d\d)\d{{4}}(?![\w-])")),  # a year is no last group
    (MEMBER, re.compile(r"\b[1-9][A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}\b")),
    ("an e-mail address", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")),
)
_PHONE_SHAPE = re.compile(r"(?:\+?1[ .-]?)?\(?\d{3}\)?[ ./-]{1,3}\d{3}[ .-]{1,3}\d{4}\b")
_PHONE_WORD = re.compile(r"(?i)\b(?:cell|phone|tel|telephone|mobile|ph|call|text|reached|contact)\b[^\d\n]{0,20}$")
_NO_PHONE = re.compile(r"(?i)\bnpi\b[^\d\n]{0,12}$")
_YEAR = re.compile(r"(?:19|20)\d\d")


def numbers_in(text: str) -> Iterator[Identifier]:
    """Numbers of records, members and accounts, social security and telephone numbers, and e-mail addresses."""
    if "@" not in text and sum(c.isdecimal() for c in text) < 4:
        return
    for kind, pattern in _LABELLED.items():
        for match in pattern.finditer(text):
            if not _YEAR.fullmatch(match["number"]):
                yield Identifier(kind, *match.span("number"))
    for kind, pattern in _SHAPES:
        for match in pattern.finditer(text):
            yield Identifier(kind, *match.span())
    yield from _phones(text)


def _phones(text: str) -> Iterator[Identifier]:
    """Numbers in use, numbers written as telephone numbers are, and seven digits after a word for telephone."""
    if sum(c.isdecimal() for c in text) < 7:
        return
    import phonenumbers  # here: only a text with so many digits needs it

    for phone in phonenumbers.PhoneNumberMatcher(text, "US", leniency=phonenumbers.Leniency.POSSIBLE):
        before = text[max(0, phone.start - 30) : phone.start]
        written = _PHONE_SHAPE.fullmatch(phone.raw_string) or _PHONE_WORD.search(before)
        if (written or phonenumbers.is_valid_number(phone.number)) and not _NO_PHONE.search(before):
            yield Identifier(PHONE, phone.start, phone.end)
