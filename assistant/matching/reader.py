"""From an answer to what it says of each fact, as a set of values still possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from os.path import commonprefix
from typing import Any

from .assertion import AFFIRMED, Assertion, ContextRules, Judgement, judge_tokens
from .mentions import Mention, Scene, unread_number, Tag, Values, collect
from .place import OTHER, OWN, Sides, site_of
from .text import Text, normalise
from .values import dates_in, years_between
from .vocabulary import Choice, Value, Vocabulary

_UNKNOWN = "unknown"
_SPEAKS_OF_ANOTHER = frozenset([Assertion.OTHER_PERSON])
_MANY = 50
_OPEN = frozenset([Assertion.UNCERTAIN, Assertion.NOT_DOCUMENTED])


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says of one fact, all its mentions brought together.

    `values` are those still possible; the whole domain means: spoken of and left open. `start` and `end` are offsets into
    the answer as typed. `closed`: the record does not tell, so that asking again is pointless.
    """

    fact: str
    values: Values
    quote: str
    start: int
    end: int
    assertion: Assertion = Assertion.AFFIRMED
    method: str = ""
    score: float = 100.0
    rivals: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """How a question reads answers that name no fact: bare yes, no, not sure; `bare` facts take a number or degree."""

    facts: tuple[str, ...] = ()
    yes: Mapping[str, Value] = field(default_factory=dict)
    no: Mapping[str, Value] = field(default_factory=dict)
    unclear: Mapping[str, Value] = field(default_factory=dict)
    bare: tuple[str, ...] = ()


class Reader:
    """Reads answers with one vocabulary."""

    def __init__(
        self, vocabulary: Vocabulary, context: ContextRules, domains: Mapping[str, Values], frames: Mapping[str, Frame]
    ) -> None:
        self.vocabulary = vocabulary
        self.context = context
        self.domains = domains
        self.frames = frames
        self.of_person = frozenset(a.fact for a in vocabulary.ages)
        self.choices = {c.fact: c for c in vocabulary.choices}
        self._known = (
            vocabulary.phrases.words | context.cues.words | vocabulary.ordinary | frozenset(vocabulary.numbers)
        )
        terms = vocabulary.phrases.words | frozenset(vocabulary.numbers)
        self._long = sorted(
            {w for w in terms if len(w) >= 4 and w.isalpha()}
            | {w for w in context.cues.words if len(w) >= 7 and w.isalpha()}
        )
        self._spelled = lru_cache(maxsize=50_000)(self._spell)

    def read(
        self,
        text: str,
        question: str | None = None,
        *,
        side: str | None = None,
        date_of_service: date | None = None,
        birth_date: date | None = None,
    ) -> tuple[Reading, ...]:
        """What an answer says, one reading a fact.

        Args:
            text: The answer as typed.
            question: The question that it answers, whose frame reads bare answers.
            side: The side under review; findings of the other one do not count.
            date_of_service: With it, a date of birth in the answer gives the age.
            birth_date: With it, a date of service in the answer gives the age.
        """
        plain = normalise(text, self.context.joined)
        if not any(c.isalnum() or c == "?" for c in plain.plain):
            return ()
        frame = self.frames.get(question or "", Frame())
        scene, scores = self._scene(plain, question, frame)
        bare = self._bare_answer(scene, frame)
        if bare is not None:
            return bare
        mentions = self._judged(scene, side)
        found = self._brought_together(scene, scores, mentions)
        found |= self._age_from_dates(scene, found, frame, date_of_service, birth_date)
        self._complete(scene, frame, found, mentions)
        return tuple(found.values())

    # --- what stands in the answer ---

    def _scene(self, text: Text, question: str | None, frame: Frame) -> tuple[Scene, list[float]]:
        words: list[str] = []
        scores: list[float] = []
        for written in self.context.spoken(text):
            if written in self._known or len(written) < 4 or not written.isalpha():
                words.append(written)
                scores.append(100.0)
            else:
                word, score = self._spelled(written)
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

    def _spell(self, word: str) -> tuple[str, float]:
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

    # --- what each mention says ---

    def _judged(self, scene: Scene, side: str | None) -> list[Mention]:
        mentions = [m for m in collect(scene) if m.fact in self.domains]
        judgements = judge_tokens(scene.text, [(m.first, m.last) for m in mentions], scene.cues)
        sides = Sides(scene, side)
        kept = []
        in_clause: dict[int, list[Mention]] = defaultdict(list)
        of_fact: dict[str, list[Mention]] = defaultdict(list)
        for mention in mentions:
            in_clause[scene.clause_of[mention.first]].append(mention)
            of_fact[mention.fact].append(mention)
        for mention, judgement in zip(mentions, judgements, strict=True):
            choice = self.choices.get(mention.fact)
            foreign = (
                choice is not None
                and choice.done
                and self._meant_for_another(scene, mention, judgement, in_clause[scene.clause_of[mention.first]])
            )
            listed = judgement.distant and (mention.solid or mention.done)
            result = judgement.result and mention.done
            mention.judgement = AFFIRMED if foreign or listed or result else judgement
            if mention.weak_negated and judgement.assertion is Assertion.NEGATED:
                mention.weak = True
            self._ended_later(scene, mention)
            mention.side = sides.of(mention) if sides.tags else ""
            if mention.solid and self._has_exception(scene, mention):
                mention.doubtful = True
        placed = [(m, self._tied(m)) for m in mentions]
        placed = [(m, tied) for m, tied in placed if not tied or self._in_place(scene, m)]
        sides.compare([m for m, tied in placed if tied])
        for mention, tied in placed:
            choice = self.choices.get(mention.fact)
            if tied and sides.excludes(mention.side):
                if not (choice and choice.done):
                    continue
                # a study of the other side alone is none of this side; one of both is
                mention.doubtful = mention.doubtful or mention.side == "other"
            if tied and sides.contrasts and mention.side in {"left", "right"} and not (choice and choice.done):
                mention.doubtful = mention.doubtful or not self._same_on_both(mention, of_fact[mention.fact][:_MANY])
            if tied and sides.unnamed and not (choice and choice.done):
                mention.doubtful = True
            kept.append(mention)
        return self._corrected(scene, self._by_section(scene, kept))

    @staticmethod
    def _by_section(scene: Scene, mentions: list[Mention]) -> list[Mention]:
        """What a report found counts over what it was asked; what its plan names has not been done."""
        sections = scene.sections()
        if not sections:
            return mentions
        for mention in mentions:
            if (
                sections.get(mention.first) == "planned"
                and mention.done
                and mention.judgement.assertion is Assertion.AFFIRMED
            ):
                mention.judgement = Judgement(Assertion.PLANNED, "heading")
        found = {m.fact for m in mentions if sections.get(m.first) == "found" and _says(m) is not None}
        return [m for m in mentions if m.fact not in found or sections.get(m.first) != "asked"]

    @staticmethod
    def _meant_for_another(scene: Scene, mention: Mention, judgement: Judgement, mentions: Sequence[Mention]) -> bool:
        """A negation or doubt before a finding says nothing of the study that the clause names behind it."""
        if judgement.assertion not in {Assertion.NEGATED, Assertion.UNCERTAIN} or not judgement.rule:
            return False
        start = scene.text.tokens[mention.first].start
        for other in mentions:
            begins = scene.text.tokens[other.first].start
            if other.fact != mention.fact and not other.done and judgement.end <= begins < start:
                return True
        return False

    @staticmethod
    def _ended_later(scene: Scene, mention: Mention) -> None:
        """Something past that the next clause says is over: "had pain in 2021; it resolved"."""
        if mention.judgement.assertion is not Assertion.PAST:
            return
        following = scene.clause_of[mention.first] + 1
        if any((following, kind) in scene.by_clause for kind in ("finding", "head")):
            return
        for cue in scene.cues:
            if (
                scene.clause_of[cue.first] == following
                and cue.entry.kind == "negated"
                and cue.entry.direction == "after"
            ):
                start, end = scene.text.tokens[cue.first].start, scene.text.tokens[cue.last - 1].end
                mention.judgement = Judgement(Assertion.NEGATED, cue.entry.id, start, end)
                return

    def _tied(self, mention: Mention) -> bool:
        """Whether a mention is about a place of the body; a person's age and the level of care are not."""
        choice = self.choices.get(mention.fact)
        return mention.fact not in self.of_person and (choice is None or choice.done)

    @staticmethod
    def _in_place(scene: Scene, mention: Mention) -> bool:
        if mention.site == "own":
            return True
        place = site_of(scene, mention)
        if not place and scene.places_named == {"other"}:
            mention.doubtful = True  # an answer about another part of the body alone
        if mention.site == "needed":
            return place == OWN or (place == "" and scene.question in mention.questions)
        return place != OTHER

    @staticmethod
    def _has_exception(scene: Scene, mention: Mention) -> bool:
        """Whether "except" follows in the clause: "no complaints except hip pain"."""
        clause = scene.clause_of[mention.first]
        return any(
            cue.entry.kind == "exception" and cue.first >= mention.last and scene.clause_of[cue.first] == clause
            for cue in scene.cues
        )

    @staticmethod
    def _same_on_both(mention: Mention, mentions: Sequence[Mention]) -> bool:
        """Whether the other side is said to be the same."""
        others = [m for m in mentions if m.fact == mention.fact and m.side not in {mention.side, ""}]
        return bool(others) and all(_says(m) == _says(mention) for m in others)

    def _taken_back(self, scene: Scene, tag: Tag, mentions: Sequence[Mention]) -> None:
        """A bare yes or no behind a correction is what the mention before it should have said."""
        rest = [w for w in scene.words[tag.last :] if w.isalnum()]
        kind = self.vocabulary.bare.get(" ".join(rest))
        before = [m for m in mentions if m.last <= tag.first]
        if before and kind in {"yes", "no"}:
            start, end = scene.text.tokens[tag.last - 1].start, scene.text.tokens[-1].end
            assertion = Assertion.AFFIRMED if kind == "yes" else Assertion.NEGATED
            max(before, key=lambda m: m.first).judgement = Judgement(assertion, "correction", start, end)

    def _corrected(self, scene: Scene, mentions: list[Mention]) -> list[Mention]:
        """What stands before "sorry" or "I mean" gives way to what stands behind it."""
        for tag, _ in scene.having("correction"):
            again = {m.fact for m in mentions if m.first >= tag.last}
            if not again:
                self._taken_back(scene, tag, mentions)
            mentions = [m for m in mentions if m.first >= tag.first or m.fact not in again]
        return mentions

    # --- all mentions of a fact together ---

    def _brought_together(
        self, scene: Scene, scores: Sequence[float], mentions: Sequence[Mention]
    ) -> dict[str, Reading]:
        by_fact: dict[str, list[Mention]] = defaultdict(list)
        for mention in mentions:
            if mention.judgement.assertion not in _SPEAKS_OF_ANOTHER:
                by_fact[mention.fact].append(mention)
        found: dict[str, Reading] = {}
        for fact, said in by_fact.items():
            asked = scene.question is None or fact in self.frames.get(scene.question, Frame()).facts
            reading = self._together(scene, scores, fact, said if asked else [m for m in said if not m.weak])
            if reading:
                found[fact] = reading
        for stage in self.vocabulary.stages:
            self._fit_stage(found, stage.fact, stage.disease_fact, stage.disease_value, stage.system_fact)
        return found

    @staticmethod
    def _fit_stage(found: dict[str, Reading], stage: str, disease: str, value: str, system: str) -> None:
        """A disease that is absent has no stage; stages that disagree name no system."""
        absent = disease in found and value not in found[disease].values
        if absent and stage in found and len(found[stage].values) > 1:
            del found[stage]
        if stage in found and found[stage].method.startswith("conflict"):
            found.pop(system, None)
        if stage in found and len(found[stage].values) > 1 and any(r[-1:].isdigit() for r in found[stage].rivals):
            found.pop(system, None)
        if system in found and len(found[system].values) > 1:
            del found[system]

    def _together(self, scene: Scene, scores: Sequence[float], fact: str, said: Sequence[Mention]) -> Reading | None:
        domain = self.domains[fact]
        choice = self.choices.get(fact)
        current = [(m, v) for m in said if (v := _says(m)) is not None and not _is_open(m, v, domain)]
        for lesser in ("implied", "weak"):
            if any(not getattr(m, lesser) for m, _ in current):
                current = [(m, v) for m, v in current if not getattr(m, lesser)]
        if not frozenset.intersection(*(v for _, v in current), domain):
            current = self._now(scene, current) or current
        open_mentions = [m for m in said if _opens(m, domain)]
        if current:
            # what a study was asked to find gives way to what it found
            open_mentions = [m for m in open_mentions if not m.judgement.advised]
            open_mentions = [m for m in open_mentions if not self._compatible(m, [v for _, v in current])]
        if current and any(not m.implied for m, _ in current):
            open_mentions = [m for m in open_mentions if not m.implied]
        if choice and choice.best:
            return self._best(scene, scores, choice, said, current, open_mentions)
        if open_mentions and not (current and all(_refines(m) for m in open_mentions)):
            return self._reading(scene, scores, fact, domain, open_mentions[0], said)
        if not current:
            past = [m for m in said if m.judgement.assertion in {Assertion.PAST, Assertion.PLANNED}]
            silent = past or [m for m in said if (_says(m) or frozenset()) == domain]
            return self._reading(scene, scores, fact, domain, silent[0], said) if silent else None
        together = frozenset.intersection(*(v for _, v in current))
        if not together:
            union = frozenset().union(*(v for _, v in current))
            return self._reading(scene, scores, fact, union, current[0][0], said, conflict=True)
        deciding = min(current, key=lambda c: (len(c[1]), c[0].last - c[0].first))[0]
        return self._reading(scene, scores, fact, together, deciding, said)

    def _compatible(self, mention: Mention, current: Sequence[Values]) -> bool:
        """Whether a negation of the higher degrees only ("no significant …") leaves room for what is said besides."""
        if not mention.judgement.limited or mention.judgement.assertion is not Assertion.NEGATED:
            return False
        allowed: Values = mention.denied or self.domains[mention.fact]
        for grade in self.vocabulary.grades:
            if grade.fact == mention.fact:
                allowed = frozenset([grade.absent, next(iter(grade.degrees))])
        return all(values <= allowed for values in current)

    @staticmethod
    def _now(scene: Scene, current: list[tuple[Mention, Values]]) -> list[tuple[Mention, Values]]:
        """Of mentions that disagree, those in a clause that says "now"."""
        clauses = {scene.clause_of[tag.first] for tag, _ in scene.having("current")}
        return [(m, v) for m, v in current if scene.clause_of[m.first] in clauses]

    def _best(
        self,
        scene: Scene,
        scores: Sequence[float],
        choice: Choice,
        said: Sequence[Mention],
        current: Sequence[tuple[Mention, Values]],
        open_mentions: Sequence[Mention],
    ) -> Reading | None:
        """The best of several things that were done; what may have been done, too, leaves it open."""
        domain = self.domains[choice.fact]
        done = {next(iter(v)): m for m, v in reversed(current) if len(v) == 1 and next(iter(v)) != choice.none}
        none = [m for m, v in current if v == {choice.none}]
        if done and none:
            return self._reading(scene, scores, choice.fact, domain, none[0], said, conflict=True)
        if done:
            best = min(done, key=lambda v: choice.best.index(str(v)))
            possible = {best}
            for mention in open_mentions:
                if (
                    len(mention.said) == 1
                    and mention.judgement.assertion is Assertion.UNCERTAIN
                    and not mention.judgement.advised
                ):
                    possible |= {v for v in mention.said if choice.best.index(str(v)) < choice.best.index(str(best))}
            if _joined_by_or(scene, list(done.values())):
                possible |= set(done)
            return self._reading(scene, scores, choice.fact, frozenset(possible), done[best], said)
        if none:
            return self._reading(scene, scores, choice.fact, frozenset([choice.none]), none[0], said)
        if open_mentions:
            return self._reading(scene, scores, choice.fact, domain, open_mentions[0], said)
        if current:
            left = frozenset.intersection(*(v for _, v in current)) or domain
            return self._reading(scene, scores, choice.fact, left, current[0][0], said)
        spoken = [m for m in said if m.judgement.assertion is not Assertion.OTHER_PERSON]
        return self._reading(scene, scores, choice.fact, domain, spoken[0], said) if spoken else None

    def _reading(
        self,
        scene: Scene,
        scores: Sequence[float],
        fact: str,
        values: Values,
        deciding: Mention,
        said: Sequence[Mention],
        conflict: bool = False,
    ) -> Reading:
        tokens = scene.text.tokens
        start, end = tokens[deciding.first].start, tokens[deciding.last - 1].end
        judgement = deciding.judgement
        if judgement.rule and judgement.end > judgement.start and abs(judgement.start - start) < 60:
            start, end = min(start, judgement.start), max(end, judgement.end)
        raw_start, raw_end = scene.text.raw_span(start, end)
        method = f"conflict: {deciding.rule}" if conflict else deciding.rule
        rivals = tuple(dict.fromkeys(m.rule for m in said if m is not deciding and m.rule != deciding.rule))
        closed = len(values) > 1 and (judgement.assertion is Assertion.NOT_DOCUMENTED or deciding.closed)
        score = min(scores[deciding.first : deciding.last], default=100.0)
        quote = scene.text.raw[raw_start:raw_end]
        return Reading(fact, values, quote, raw_start, raw_end, judgement.assertion, method, score, rivals, closed)

    # --- what the question makes of it ---

    def bare_kind(self, text: str) -> str | None:
        """Whether a whole answer is only a yes, a no, not sure (`unclear`) or not documented (`closed`)."""
        scene, _ = self._scene(normalise(text, self.context.joined), None, Frame())
        return self._bare_kind(scene)

    def _bare_kind(self, scene: Scene) -> str | None:
        spoken = [w for w in scene.words if w.isalnum() or ("/" in w and len(w) > 1) or "'" in w or w == "?"]
        kind = self.vocabulary.bare.get(" ".join(w for w in spoken if w != "?" or len(spoken) == 1))
        if kind is None:
            kinds = {self.vocabulary.bare.get(w) for w in spoken}
            kind = kinds.pop() if len(kinds) == 1 else None
        if kind in {"yes", "no"} and "?" in spoken:
            kind = "unclear"
        return kind

    def _bare_answer(self, scene: Scene, frame: Frame) -> tuple[Reading, ...] | None:
        kind = self._bare_kind(scene)
        if kind is None:
            return None
        given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear)
        return self._framed(scene, given, kind)

    def _framed(self, scene: Scene, given: Mapping[str, Value], kind: str) -> tuple[Reading, ...]:
        tokens = [t for t in scene.text.tokens if t.text.strip()]
        start, end = scene.text.raw_span(tokens[0].start, tokens[-1].end)
        assertion = {"yes": Assertion.AFFIRMED, "no": Assertion.NEGATED, "unclear": Assertion.UNCERTAIN}.get(
            kind, Assertion.NOT_DOCUMENTED
        )
        quote = scene.text.raw[start:end]
        return tuple(
            Reading(
                fact,
                self.domains[fact] if value == _UNKNOWN else frozenset([value]),
                quote,
                start,
                end,
                assertion,
                f"bare {kind}",
                closed=kind == "closed",
            )
            for fact, value in given.items()
            if fact in self.domains
        )

    def _complete(self, scene: Scene, frame: Frame, found: dict[str, Reading], mentions: Sequence[Mention]) -> None:
        """What the question still makes of the answer: a leading yes or no, a word that the record is silent."""
        if not frame.facts:
            return
        for stage in self.vocabulary.stages:
            disease = found.get(stage.disease_fact)
            if (
                stage.fact in frame.facts
                and disease
                and stage.disease_value in disease.values
                and len(disease.values) == 1
            ):
                if stage.fact not in found:
                    found[stage.fact] = Reading(
                        stage.fact,
                        self.domains[stage.fact],
                        disease.quote,
                        disease.start,
                        disease.end,
                        method=f"{stage.id}: not staged",
                    )
        if frame.facts[0] in found:
            return
        kind = self._leading(scene)
        another = False
        if kind is None:
            kinds = {c.entry.kind for c in scene.cues}
            another = any(m.judgement.assertion is Assertion.OTHER_PERSON for m in mentions) or "other_person" in kinds
            numbered = frame.facts[0] in frame.bare or any(s.fact in frame.bare for s in self.vocabulary.stages)
            if numbered and not found and unread_number(scene):
                kind = "unclear"
            elif "not_documented" in kinds and not found:
                kind = "closed"
            elif (another and not found) or (kinds & {"uncertain", "planned"} and not found):
                kind = "unclear"
        if kind is None:
            return
        given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear)
        if another:
            given = {frame.facts[0]: _UNKNOWN}
        for reading in self._framed(scene, given, kind):
            found.setdefault(reading.fact, reading)

    def _leading(self, scene: Scene) -> str | None:
        """A yes or no that begins the answer and stands by itself."""
        first = scene.words[0]
        kind = self.vocabulary.bare.get(first)
        if kind not in {"yes", "no"} or len(scene.words) < 2:
            return None
        return kind if scene.words[1] in {",", ".", ":", ";", "-", "\n", "!", "("} else None

    def _age_from_dates(
        self, scene: Scene, found: Mapping[str, Reading], frame: Frame, service: date | None, birth: date | None
    ) -> dict[str, Reading]:
        """An age from a date of birth, if the day of service is known too; a date of birth alone leaves it open."""
        for age in self.vocabulary.ages:
            if age.fact not in self.domains or not any(
                k in {"age_birth"} for t in scene.tags for k in (x.kind for x in t.entry)
            ):
                continue
            if age.fact in found and len(found[age.fact].values) == 1:
                continue
            dates = dates_in(scene.text.plain)
            starts = {
                kind: [scene.text.tokens[t.first].start for t, _ in scene.having(kind)]
                for kind in ("age_birth", "age_service")
            }
            born, day = _labelled(dates, starts["age_birth"], starts["age_service"])
            day = day or service
            values: Values = self.domains[age.fact]
            if born and day and born <= day:
                values = frozenset([years_between(born, day)]) & self.domains[age.fact] or values
            if born is None and age.fact not in frame.facts:
                continue
            start, end = scene.text.raw_span(scene.text.tokens[0].start, scene.text.tokens[-1].end)
            return {
                age.fact: Reading(age.fact, values, scene.text.raw[start:end], start, end, method=f"{age.id}: dates")
            }
        return {}

    def dates(self, text: str) -> tuple[tuple[str, date, int, int], ...]:
        """The dates of birth and of service that a text gives: `birth` or `service`, the day, and where it stands.

        Two dates without labels are those of birth and of service, in this order of time.
        """
        plain = normalise(text, self.context.joined)
        scene, _ = self._scene(plain, None, Frame())
        found = dates_in(plain.plain)
        labels = [
            (plain.tokens[tag.first].start, name)
            for kind, name in (("age_birth", "birth"), ("age_service", "service"))
            for tag, _ in scene.having(kind)
        ]
        named = []
        for start, end, day in found:
            before = [label for label in labels if label[0] < start]
            if before:
                named.append((max(before)[1], day, *plain.raw_span(start, end)))
        if not labels and len(found) == 2:
            for name, (start, end, day) in zip(("birth", "service"), sorted(found, key=lambda f: f[2]), strict=True):
                named.append((name, day, *plain.raw_span(start, end)))
        return tuple(named)

    def explain(self, text: str, question: str | None = None, *, side: str | None = None) -> list[str]:
        """For a person: each mention, the rule that judged it, and what came of it."""
        plain = normalise(text, self.context.joined)
        if not plain.tokens:
            return ["nothing to read"]
        scene, _ = self._scene(plain, question, self.frames.get(question or "", Frame()))
        lines = []
        for mention in self._judged(scene, side):
            start, end = plain.raw_span(plain.tokens[mention.first].start, plain.tokens[mention.last - 1].end)
            said = sorted(map(str, mention.said))
            shown = ", ".join(said) if len(said) <= 6 else f"{len(said)} values"
            by = f" by '{mention.judgement.rule}'" if mention.judgement.rule else ""
            side_word = f", {mention.side}" if mention.side else ""
            lines.append(
                f"{text[start:end]!r}: {mention.fact} = {shown} ({mention.rule}); {mention.judgement.assertion}{by}{side_word}"
            )
        for reading in self.read(text, question, side=side):
            values = sorted(map(str, reading.values))
            shown = ", ".join(values) if len(values) <= 6 else f"{len(values)} values"
            rivals = f"; rivals: {', '.join(reading.rivals)}" if reading.rivals else ""
            lines.append(f"=> {reading.fact}: {shown} {reading.quote!r} ({reading.method}, {reading.score:g}){rivals}")
        return lines


def _says(mention: Mention) -> Values | None:
    """The values that a mention leaves, given its assertion; None when it says nothing now."""
    assertion = mention.judgement.assertion
    if assertion is Assertion.AFFIRMED:
        return mention.said
    if assertion is Assertion.NEGATED:
        if mention.graded_negation is not None:
            return mention.graded_negation or None
        return mention.denied
    if assertion is Assertion.PAST:
        return mention.said if mention.done else None
    if assertion is Assertion.PLANNED:
        return None if mention.done or mention.dated else mention.said
    return None


def _is_open(mention: Mention, values: Values, domain: Values) -> bool:
    return values == domain or mention.doubtful or mention.judgement.limited or mention.judgement.distant


def _opens(mention: Mention, domain: Values) -> bool:
    """Whether a mention leaves its fact open, whatever other mentions say."""
    judgement = mention.judgement
    if judgement.assertion in _OPEN:
        return True
    if judgement.assertion is Assertion.PLANNED and mention.done:
        return True
    if judgement.assertion is Assertion.NEGATED and mention.denied is None and mention.graded_negation is None:
        return False
    return (
        judgement.limited
        or judgement.distant
        or (mention.doubtful and (_says(mention) is not None or mention.said == domain))
    )


def _refines(mention: Mention) -> bool:
    """An open mention that a definite one beside it settles: a weak one."""
    return mention.weak


def _same_stem(one: str, other: str) -> bool:
    """Forms of one word: crutch and crutches."""
    return len(commonprefix([one, other])) >= max(5, min(len(one), len(other)) - 2)


def _same_letters(one: str, other: str) -> bool:
    return sorted(one) == sorted(other)


def _joined_by_or(scene: Scene, mentions: Sequence[Mention]) -> bool:
    if len(mentions) < 2:
        return False
    ordered = sorted(mentions, key=lambda m: m.first)
    return any(
        "or" in scene.words[a.last : b.first] and b.first - a.last <= 3
        for a, b in zip(ordered, ordered[1:], strict=False)
    )


def _labelled(
    dates: Sequence[tuple[int, int, date]], births: Sequence[int], services: Sequence[int]
) -> tuple[date | None, date | None]:
    """Which date is that of birth and which that of service: each belongs to the label before it."""
    born = day = None
    for start, _, value in dates:
        before = [(p, "birth") for p in births if p < start] + [(p, "service") for p in services if p < start]
        label = max(before)[1] if before else ""
        if label == "birth" and born is None:
            born = value
        elif label == "service":
            day = value
    return born, day


def load_reader(
    documents: Mapping[str, Mapping[str, Any]],
    context: Mapping[str, Any],
    domains: Mapping[str, Values],
    frames: Mapping[str, Frame],
) -> Reader:
    """A reader from parsed vocabulary files."""
    rules = ContextRules(context)
    return Reader(Vocabulary(documents.values(), rules.joined), rules, domains, frames)
