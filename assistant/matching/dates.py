"""Dates in an answer: their shapes, what they may mean, and the ages that follow from two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_SHAPE = re.compile(
    rf"""(?<![\w/.$-])(?:
        (?P<iso>\d{{4}}([/.-])\d{{1,2}}\2\d{{1,2}})
      | (?P<figures>\d{{1,2}}([/.-])\d{{1,2}}\4(?P<year>\d{{4}}|'?\d{{2}}))
      | (?P<day_month>\d{{1,2}}(?:st|nd|rd|th)?[ -]{{0,2}}(?:of[ ])?{_MONTH}\b\.?,?[ -]{{0,2}}
          (?P<year2>\d{{4}}|'?\d{{2}}))
      | (?P<month_day>{_MONTH}\.?[ -]{{0,2}}\d{{1,2}}(?:st|nd|rd|th)?(?:,[ ]?|[ -]{{1,2}}|(?='))
          (?P<year3>\d{{4}}|'?\d{{2}}))
    )(?![\w/?-]|\.\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_FIGURES = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Day:
    """A date at [start, end): the days that it may be, that of the usual order first. `short`: no century given."""

    start: int
    end: int
    days: tuple[date, ...]
    short: bool

    @property
    def swappable(self) -> bool:
        """Whether day and month could be the other way round."""
        return len(self.days) > 1

    def of_century(self, pivot: int) -> Day:
        """The same with the century that two figures of a year mean: from `pivot` on the last one."""
        if not self.short:
            return self
        days = []
        for day in self.days:
            short = day.year % 100
            try:
                days.append(day.replace(year=(1900 if pivot and short >= pivot else 2000) + short))
            except ValueError:
                continue  # 29 February of another century
        return Day(self.start, self.end, tuple(days), False)


def days_in(text: str, *, day_first: bool = False) -> list[Day]:
    """All dates in a text.

    Figures are read month first (12/7/2026), with dots day first, unless `day_first`. Where one date of the text shows
    the order of its figures (8/17/85), the others with that sign have the same.
    """
    matches = [m for m in _SHAPE.finditer(text)] if any(c.isdecimal() for c in text) else []  # noqa: C416
    shown: dict[str, set[bool]] = {}
    for match in matches:
        if match["figures"]:
            first, second = (int(n) for n in _FIGURES.findall(match["figures"])[:2])
            if (first > 12) != (second > 12):
                shown.setdefault(match[4], set()).add(first > 12)
    return [day for match in matches if (day := _day(match, day_first, shown.get(match[4] or "", set())))]


def no_days_in(text: str) -> list[tuple[int, int]]:
    """Where a text has the shape of a date that no calendar has: 2/30/2026."""
    matches = _SHAPE.finditer(text) if any(c.isdecimal() for c in text) else ()
    found = {(d.start, d.end) for order in (False, True) for d in days_in(text, day_first=order)}
    return [m.span() for m in matches if m.span() not in found]


def _day(match: re.Match[str], day_first: bool, shown: set[bool]) -> Day | None:
    year = match["year"] or match["year2"] or match["year3"] or ""
    short = len(year.strip("'")) == 2
    written = match.group().replace("'", "")
    if short:
        written = f"{written[:-2]}20{written[-2:]}"
    if match["figures"] is None:
        days = [_parsed(re.sub(r"(?<=\d)(?:st|nd|rd|th)|\bof\b", " ", written).replace("sept", "sep"), False)]
    else:
        first, second = (int(n) for n in _FIGURES.findall(written)[:2])
        orders = [day_first, not day_first]
        if match[4] == ".":
            orders = [True]
        elif len(shown) == 1:
            orders = [True in shown]
        elif first > 12 or second > 12:
            orders = [first > 12]
        days = [_parsed(written.replace(".", "/"), order) for order in orders]
    found = tuple(dict.fromkeys(d for d in days if d))
    return Day(match.start(), match.end(), found, short) if found else None


def _parsed(written: str, day_first: bool) -> date | None:
    from dateutil.parser import ParserError, parse

    try:
        found = parse(written, dayfirst=day_first).date()
    except (ParserError, OverflowError, ValueError):
        return None
    # The library takes the other order where the one asked for gives no day.
    figures = [int(n) for n in _FIGURES.findall(written)]
    swapped = len(figures) == 3 and figures[0] < 1000 and figures[int(day_first)] != found.month
    return None if swapped else found


def years_between(birth: date, day: date) -> int:
    """Completed years from a birth date to a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def ages_possible(births: Sequence[date], days: Sequence[date]) -> frozenset[int]:
    """Completed years at each day that is possible, from each birth date that is; none for a birth after the day."""
    return frozenset(_ages(births, days))


def _ages(births: Sequence[date], days: Sequence[date]) -> Iterator[int]:
    for birth in births:
        yield from (years_between(birth, day) for day in days if birth <= day)
