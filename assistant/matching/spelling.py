"""Which word of the vocabulary a misspelt one means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from .assertion import ContextRules
from .vocabulary import Vocabulary

_SHORTEST, _LONGEST = 4, 30
"""Letters of a word that may be misspelt."""


class Spelling:
    """Words near misspelt ones. A word that the vocabulary or ordinary language knows is never taken for another."""

    def __init__(self, known: frozenset[str], terms: Iterable[str]) -> None:
        """Words that are what they are, and those among them that a misspelt one may mean."""
        self.known = known
        self._by_start: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted({w for w in terms if len(w) >= _SHORTEST and w.isalpha()}):
            self._by_start[word[0], len(word)].append(word)
        self.spelled = lru_cache(maxsize=50_000)(self.meant)

    def meant(self, word: str) -> tuple[str, float]:
        """The word of the vocabulary that a misspelt one means, with a score; itself when none is near enough.

        A word that the vocabulary or ordinary language knows is never corrected. Two neighbours equally near: none.
        """
        if not _SHORTEST <= len(word) <= _LONGEST or word in self.known or not word.isalpha():
            return word, 100.0
        from rapidfuzz.distance import OSA

        limit = 1 if len(word) < 8 else 2
        best: list[tuple[int, str]] = []
        for candidate in self._near(word, limit):
            edits = OSA.distance(word, candidate, score_cutoff=limit)
            if edits <= limit and self._may_stand_for(word, candidate, edits):
                best.append((edits, candidate))
        if not best:
            return word, 100.0
        best.sort()
        if (
            len(best) > 1
            and best[0][0] == best[1][0]
            and not (_same_letters(word, best[0][1]) or _same_stem(best[0][1], best[1][1]))
        ):
            return word, 100.0
        edits, meant = best[0]
        return meant, round(100.0 * (1 - edits / max(len(word), len(meant))), 1)

    def _near(self, word: str, limit: int) -> Iterator[str]:
        """Words of about this length that begin alike, or with the first two letters swapped."""
        for length in range(len(word) - limit, len(word) + limit + 1):
            yield from self._by_start.get((word[0], length), ())
            if word[1] != word[0]:
                yield from (c for c in self._by_start.get((word[1], length), ()) if c[1] == word[0])

    @staticmethod
    def _may_stand_for(word: str, candidate: str, edits: int) -> bool:
        """Short words only with two letters swapped: one letter more or less is another word there."""
        if len(word) == len(candidate) and len(word) < 7 and not _same_letters(word, candidate):
            return False  # one letter for another: in a short word that is another word
        if min(len(word), len(candidate)) < 5:
            left_out = len(candidate) == 5 and len(word) == 4 and candidate[0] == word[0] and candidate[-1] == word[-1]
            return edits == 1 and (left_out or _same_letters(word, candidate))
        return edits <= 1 or min(len(word), len(candidate)) >= 7


def _same_stem(one: str, other: str) -> bool:
    """Forms of one word: crutch and crutches."""
    needed = max(5, min(len(one), len(other)) - 2)
    return one[:needed] == other[:needed] and len(one) >= needed <= len(other)


def _same_letters(one: str, other: str) -> bool:
    return sorted(one) == sorted(other)


def clinical_spelling(vocabulary: Vocabulary, context: ContextRules) -> Spelling:
    """The spelling of findings and of the words around them; of the latter only longer words are corrected."""
    terms = vocabulary.phrases.words | frozenset(vocabulary.numbers)
    longer = {w for w in context.cues.words if len(w) > _SHORTEST}
    return Spelling(terms | context.cues.words | vocabulary.ordinary, terms | longer)
