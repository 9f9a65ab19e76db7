"""From an answer to what it says of each fact, as a set of values still possible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from .assertion import ContextRules
from .framing import Framing
from .judging import PART, Judging
from .reading import Frame, Reading, SetAside
from .scene import Scene, Values
from .second_reader import Surroundings, surroundings_of
from .spelling import clinical_spelling
from .text import Text, normalise
from .together import Together
from .vocabulary import SIDE_KINDS, Vocabulary

_WORDS = re.compile(r"[a-z]+")


class Reader:
    """Reads answers with one vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, context: ContextRules, domains: Mapping[str, Values], frames: Mapping[str, Frame]
    ) -> None:
        self.vocabulary = vocabulary
        self.context = context
        self.domains = domains
        self.frames = frames
        self.spelling = clinical_spelling(vocabulary, context)
        self.judging = Judging(vocabulary, domains, frames)
        self.together = Together(vocabulary, domains, frames)
        self.framing = Framing(vocabulary, domains, frames)
        self._seen: tuple[tuple[str, str | None], Scene, list[float]] | None = None

    def read(
        self,
        text: str,
        question: str | None = None,
        *,
        side: str | None = None,
    ) -> tuple[Reading, ...]:
        """What an answer says, one reading a fact.

        Args:
            text: The answer as typed.
            question: The question that it answers, whose frame reads bare answers.
            side: The side under review; findings of the other one do not count.
        """
        plain = normalise(text, self.context.joined)
        if not any(c.isalnum() or c == "?" for c in plain.plain):
            return ()
        frame = self.frames.get(question or "", Frame())
        scene, scores = self._scene(plain, question, frame)
        bare = self.framing.bare_answer(scene, frame)
        if bare is not None:
            return bare
        mentions = self.judging.judged(scene, side)
        found = self.together.brought_together(scene, scores, mentions)
        self.together.add_unread_stages(scene, found)
        self.framing.complete(scene, frame, found, mentions)
        return tuple(found.values())

    def _scene(self, text: Text, question: str | None, frame: Frame) -> tuple[Scene, list[float]]:
        """What stands in an answer; kept until the next one, for one answer is looked at several times."""
        seen = self._seen
        if seen is None or seen[0] != (text.raw, question):
            seen = self._seen = ((text.raw, question), *self._look(text, question, frame))
        return seen[1], seen[2]

    def _look(self, text: Text, question: str | None, frame: Frame) -> tuple[Scene, list[float]]:
        words: list[str] = []
        scores: list[float] = []
        for written in self.context.spoken(text):
            word, score = self.spelling.spelled(written)
            words.append(word)
            scores.append(score)
        tags = self.vocabulary.phrases.find(text.tokens, words)
        corrected = [tag for tag in tags if any(term.kind == "correction" for term in tag.entry)]
        cues = [
            cue
            for cue in self.context.find(text, words)
            if not any(
                tag.first <= cue.first and cue.last <= tag.last and cue.entry.kind == "negated" for tag in corrected
            )
        ]
        return Scene(text, words, tags, cues, self.vocabulary, self.domains, question, frame.bare), scores

    @cached_property
    def _side_words(self) -> frozenset[str]:
        phrases = [w for d in self.vocabulary.documents if d.sides for k in SIDE_KINDS for w in getattr(d.sides, k)]
        return _words_of(phrases)

    def regards_side(self, text: str) -> bool:
        """Whether an answer may read differently for another side under review."""
        plain = normalise(text, self.context.joined)
        words = {part for w in self.context.spoken(plain) for part in _WORDS.findall(self.spelling.spelled(w)[0])}
        return not self._side_words.isdisjoint(words)

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every word of the vocabulary and of ordinary language that it lists; a word only near one may be a name."""
        words = self.vocabulary
        return words.phrases.words | (words.ordinary - words.near) | words.fillers

    def bare_kind(self, text: str) -> str | None:
        """Whether a whole answer is only a yes, a no, not sure (`unclear`) or not documented (`closed`)."""
        scene, _ = self._scene(normalise(text, self.context.joined), None, Frame())
        return self.framing.bare_kind(scene)

    def unread(self, text: str, question: str | None = None) -> tuple[tuple[str, ...], ...]:
        """Runs of words, within a clause, that the vocabulary and the context rules do not know; none with digits."""
        plain = normalise(text, self.context.joined)
        scene, _ = self._scene(plain, question, self.frames.get(question or "", Frame()))
        known = {i for tag in scene.tags for i in range(tag.first, tag.last)} | scene.cued
        runs: list[list[str]] = [[]]
        for i, word in enumerate(scene.words):
            if i in known or not word.isalpha() or (i and scene.clause_of[i] != scene.clause_of[i - 1]):
                runs.append([])
            if i not in known and word.isalpha():
                runs[-1].append(word)
        return tuple(tuple(run) for run in runs if any(w not in self.vocabulary.fillers for w in run))

    def surroundings(self, text: str, question: str | None = None) -> Surroundings:
        """An answer as the second reader sees it."""
        plain = normalise(text, self.context.joined)
        scene, _ = self._scene(plain, question, self.frames.get(question or "", Frame()))
        return surroundings_of(scene)

    def set_aside(
        self, text: str, question: str | None = None, side: str | None = None, part: str = "side"
    ) -> tuple[SetAside, ...]:
        """What was found in an answer and does not count, and why, in plain words; `part` is what has sides."""
        plain = normalise(text, self.context.joined)
        if not plain.tokens:
            return ()
        scene, _ = self._scene(plain, question, self.frames.get(question or "", Frame()))
        aside = []
        counted = {r.fact: r for r in self.read(text, question, side=side)}
        for mention, reason in self.judging.not_counted(scene, side):
            start, end = plain.raw_span(plain.tokens[mention.first].start, plain.tokens[mention.last - 1].end)
            reading = counted.get(mention.fact)
            if reading and reading.start <= start and end <= reading.end and len(reading.values) == 1:
                continue
            aside.append(SetAside(text[start:end], start, end, reason.replace(PART, part)))
        return tuple(dict.fromkeys(aside))

    def explain(self, text: str, question: str | None = None, *, side: str | None = None) -> list[str]:
        """For a person: each mention, the rule that judged it, and what came of it."""
        plain = normalise(text, self.context.joined)
        if not plain.tokens:
            return ["nothing to read"]
        scene, _ = self._scene(plain, question, self.frames.get(question or "", Frame()))
        lines = []
        for mention in self.judging.judged(scene, side):
            start, end = plain.raw_span(plain.tokens[mention.first].start, plain.tokens[mention.last - 1].end)
            said = sorted(map(str, mention.said))
            shown = ", ".join(said) if len(said) <= 6 else f"{len(said)} values"
            by = f" by '{mention.judgement.rule}'" if mention.judgement.rule else ""
            side_word = f", {mention.side}" if mention.side else ""
            judged = f"{mention.judgement.assertion}{by}{side_word}"
            lines.append(f"{text[start:end]!r}: {mention.fact} = {shown} ({mention.rule}); {judged}")
        for reading in self.read(text, question, side=side):
            values = sorted(map(str, reading.values))
            shown = ", ".join(values) if len(values) <= 6 else f"{len(values)} values"
            rivals = f"; rivals: {', '.join(reading.rivals)}" if reading.rivals else ""
            lines.append(f"=> {reading.fact}: {shown} {reading.quote!r} ({reading.method}, {reading.score:g}){rivals}")
        return lines


def load_reader(
    documents: Mapping[str, Mapping[str, Any]],
    context: Mapping[str, Any],
    domains: Mapping[str, Values],
    frames: Mapping[str, Frame],
) -> Reader:
    """A reader from parsed vocabulary files."""
    rules = ContextRules(context)
    return Reader(Vocabulary(documents.values(), rules), rules, domains, frames)


def _words_of(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(word for phrase in phrases for word in _WORDS.findall(phrase))
