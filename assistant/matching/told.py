"""An answer about a form made ready to be read: words, with dates and codes as one word each, and their segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .codes import Code, almost_codes, diagnoses_in, procedures_in
from .dates import Day, days_in
from .segments import Segment, segments
from .text import Text, normalise

DATE, CODE, DIAGNOSIS, ALMOST, QUESTION = "<date>", "<code>", "<dx>", "<almost>", "<?>"


@dataclass
class Told:
    """The words of an answer; `spans` are offsets into the plain text, `segment_of` is -1 for signs between segments.

    `understood` are the words that some reader made sense of.
    """

    text: Text
    words: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    segment_of: list[int] = field(default_factory=list)
    reach: list[tuple[int, int]] = field(default_factory=list)
    """The words [first, last) of each segment."""
    days: dict[int, Day] = field(default_factory=dict)
    codes: dict[int, Code] = field(default_factory=dict)
    diagnoses: dict[int, Code] = field(default_factory=dict)
    almost: dict[int, Code] = field(default_factory=dict)
    understood: set[int] = field(default_factory=set)

    def raw(self, first: int, last: int) -> tuple[int, int]:
        """Where words stand in the answer as typed."""
        return self.text.raw_span(self.spans[first][0], self.spans[last - 1][1])

    def quote(self, first: int, last: int) -> str:
        """Words as typed."""
        start, end = self.raw(first, last)
        return self.text.raw[start:end]

    def unread(self) -> list[tuple[int, int]]:
        """Runs of words, within a segment, that nobody made sense of."""
        runs: list[tuple[int, int]] = []
        for i, word in enumerate(self.words):
            if i in self.understood or not any(c.isalnum() for c in word):
                continue
            if runs and runs[-1][1] == i and self.segment_of[i] == self.segment_of[i - 1]:
                runs[-1] = (runs[-1][0], i + 1)
            else:
                runs.append((i, i + 1))
        return runs


def told(
    raw: str, joined: frozenset[str], spelled: Callable[[str], str], letters: str, *, day_first: bool = False
) -> Told:
    """Make an answer ready.

    Args:
        raw: The answer as typed.
        joined: Abbreviations with a slash that are one word.
        spelled: The word that a misspelt one means.
        letters: First letters of diagnosis codes that need no point.
        day_first: Whether figures of dates have the day first.
    """
    text = normalise(raw, joined)
    found = Told(text)
    days = days_in(text.plain, day_first=day_first)
    taken = [(d.start, d.end) for d in days]
    diagnoses = diagnoses_in(text.plain, taken, letters)
    taken += [(c.start, c.end) for c in diagnoses]
    codes = procedures_in(text.plain, taken)
    taken += [(c.start, max(c.end, c.modified)) for c in codes]
    almost = almost_codes(text.plain, taken)
    typed: dict[int, tuple[str, int, Day | Code]] = {}
    for kind, ones in ((DATE, days), (DIAGNOSIS, diagnoses), (CODE, codes), (ALMOST, almost)):
        _mark(typed, kind, ones)
    kept = [text.raw_span(start, end) for start, end in taken]
    position = 0
    starts = sorted(typed)
    for token in text.tokens:
        while starts and starts[0] < token.end:
            start = starts.pop(0)
            kind, end, one = typed[start]
            place = len(found.words)
            found.words.append(kind)
            found.spans.append((start, end))
            position = end
            if isinstance(one, Day):
                found.days[place] = one
            else:
                {CODE: found.codes, DIAGNOSIS: found.diagnoses, ALMOST: found.almost}[kind][place] = one
        if token.start < position:
            continue
        found.words.append(QUESTION if token.text == "?" else spelled(token.text))
        found.spans.append((token.start, token.end))
    _segmented(found, segments(raw, kept))
    return found


def _mark(typed: dict[int, tuple[str, int, Day | Code]], kind: str, ones: Iterable[Day | Code]) -> None:
    typed.update({one.start: (kind, one.end, one) for one in ones})


def _segmented(found: Told, cut: list[Segment]) -> None:
    found.segments = cut
    number = 0
    for start, _ in found.spans:
        place = found.text.raw_span(start, start + 1)[0]
        while number < len(cut) and cut[number].end <= place:
            number += 1
        found.segment_of.append(number if number < len(cut) and cut[number].start <= place else -1)
    found.reach = [(0, 0)] * len(cut)
    for word, segment in enumerate(found.segment_of):
        if segment < 0:
            found.understood.add(word)  # what only cuts: but, a comma
        else:
            first = found.reach[segment][0] if found.reach[segment][1] else word
            found.reach[segment] = (first, word + 1)
