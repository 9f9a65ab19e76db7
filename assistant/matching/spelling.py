"""Which word of the vocabulary a misspelt one means."""

from __future__ import annotations

from functools import lru_cache

from .assertion import ContextRules
from .vocabulary import Vocabulary


class Spelling:
    """Words near misspelt ones. A word that the vocabulary or ordinary language knows is never taken for another."""

    def __init__(self, vocabulary: Vocabulary, context: ContextRules) -> None:
        self.known = vocabulary.phrases.words | context.cues.words | vocabulary.ordinary | frozenset(vocabulary.numbers)
        terms = vocabulary.phrases.words | frozenset(vocabulary.numbers)
        self._long = sorted(
            {w for w in terms if len(w) >= 4 and w.isalpha()}
            | {w for w in context.cues.words if len(w) >= 5 and w.isalpha()}
        )
        self.spelled = lru_cache(maxsize=50_000)(self.meant)

    def meant(self, word: str) -> tuple[str, float]:
        """The word of the vocabulary that a misspelt one means, with a score; itself when none is near enough.

        A word that the vocabulary or ordinary language knows is never corrected. Two neighbours equally near: none.
        """
        from rapidfuzz.distance import OSA

        limit = 1 if len(word) < 8 else 2
        best: list[tuple[int, str]] = []
        for candidate in self._long:
            if abs(len(candidate) - len(word)) > limit or (candidate[0] != word[0] and candidate[:2] != word[1::-1]):
                continue
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
