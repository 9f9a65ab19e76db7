"""All mentions of a fact brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .assertion import Assertion
from .reading import Frame, Knowledge, Reading, is_open, opens, says
from .scene import Mention, Scene, Values
from .values import STAGE_NUMERALS
from .vocabulary import Choice

_SPEAKS_OF_ANOTHER = frozenset([Assertion.OTHER_PERSON])


class Together(Knowledge):
    """Brings mentions together into readings."""

    def brought_together(
        self, scene: Scene, scores: Sequence[float], mentions: Sequence[Mention]
    ) -> dict[str, Reading]:
        """One reading for each fact that the mentions speak of."""
        by_fact: dict[str, list[Mention]] = defaultdict(list)
        for mention in mentions:
            if mention.judgement.assertion not in _SPEAKS_OF_ANOTHER:
                by_fact[mention.fact].append(mention)
        found: dict[str, Reading] = {}
        for fact, said in by_fact.items():
            asked = scene.question is None or fact in self.frames.get(scene.question, Frame()).facts
            strong = [m for m in said if not m.weak]
            reading = self._together(scene, scores, fact, said if asked or strong else [])
            if reading:
                found[fact] = reading
        for stage in self.vocabulary.stages:
            self._fit_stage(found, stage.fact, stage.disease_fact, stage.disease_value, stage.system_fact)
        self._doubt_reports(scene, found, mentions)
        return found

    def add_unread_stages(self, scene: Scene, found: dict[str, Reading]) -> None:
        """A numeral that nothing explains beside a stage that is read may be another stage: ARCO II, addendum IIIA."""
        tagged = {i for tag in scene.tags for i in range(tag.first, tag.last)}
        past = {scene.segment_of[cue.first] for cue in scene.cues if cue.entry.kind == "past"}
        denied = {cue.last for cue in scene.cues if cue.entry.kind == "negated"}
        for stage in self.vocabulary.stages:
            reading = found.get(stage.fact)
            if reading is None or len(reading.values) != 1:
                continue
            for i, word in enumerate(scene.words):
                value = STAGE_NUMERALS.get(word)
                start, end = scene.text.raw_span(scene.text.tokens[i].start, scene.text.tokens[i].end)
                quoted = any(r.start <= start and end <= r.end for r in found.values())
                named = tagged & {i, i - 1} or (i and scene.words[i - 1] in stage.other_numerals)
                settled = quoted or {value} == reading.values or scene.segment_of[i] in past or i in denied
                if value is None or named or settled:
                    continue
                several = reading.values | ({value} & self.domains[stage.fact])
                found[stage.fact] = replace(reading, values=several, method=f"conflict: {reading.method}")

    def _doubt_reports(self, scene: Scene, found: dict[str, Reading], mentions: Sequence[Mention]) -> None:
        """Where several studies are named, a report that stands nearest to a lesser one may be of that one."""
        for choice in (c for c in self.vocabulary.choices if c.documents and c.fact in found):
            studies = [m for m in mentions if m.fact == choice.fact and len(m.said) == 1 and m.said != {choice.none}]
            best = [m for m in studies if m.said == found[choice.fact].values]
            for fact in choice.documents:
                reading = found.get(fact)
                reports = [m for m in mentions if reading and m.fact == fact and m.rule == reading.method]
                if not best or not reports or reading is None or len(reading.values) != 1:
                    continue
                beside = {scene.segment_of[r.first] for r in reports}
                nearest = min(
                    studies,
                    key=lambda m: (
                        scene.segment_of[m.first] not in beside,
                        min(abs(m.first - r.first) for r in reports),
                    ),
                )
                if nearest.said != best[0].said and nearest.judgement.assertion is Assertion.AFFIRMED:
                    doubt = "several studies are named; this may be the report of a lesser one"
                    found[fact] = replace(reading, doubt=doubt)

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
        current = [(m, v) for m in said if (v := says(m)) is not None and not is_open(m, v, domain)]
        if not frozenset.intersection(*(v for _, v in current), domain):
            current = self._now(scene, current, whole=choice is None) or current
        for lesser in ("implied", "weak"):
            if any(not getattr(m, lesser) for m, _ in current):
                current = [(m, v) for m, v in current if not getattr(m, lesser)]
        open_mentions = [m for m in said if opens(m, domain)]
        if current:
            # what a study was asked to find gives way to what it found
            open_mentions = [m for m in open_mentions if not m.judgement.advised]
            open_mentions = [m for m in open_mentions if not m.judgement.distant]
            open_mentions = [m for m in open_mentions if not self._compatible(m, [v for _, v in current])]
        if current and any(not m.implied for m, _ in current):
            open_mentions = [m for m in open_mentions if not m.implied]
        if choice and choice.best:
            return self._best(scene, scores, choice, said, current, open_mentions)
        if open_mentions and not (current and all(_refines(m) for m in open_mentions)):
            return self._reading(scene, scores, fact, domain, open_mentions[0], said)
        if not current:
            past = [m for m in said if m.judgement.assertion in {Assertion.PAST, Assertion.PLANNED}]
            silent = past or [m for m in said if (says(m) or frozenset()) == domain]
            return self._reading(scene, scores, fact, domain, silent[0], said) if silent else None
        together = frozenset.intersection(*(v for _, v in current))
        if not together:
            union = frozenset().union(*(v for _, v in current))
            return self._reading(scene, scores, fact, union, current[0][0], said, conflict=True)
        deciding, narrowest = min(current, key=lambda c: (len(c[1]), c[0].last - c[0].first))
        if len(together) == 1 < len(narrowest):
            together = narrowest  # what only follows is not said: OA, KL 1-2
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
    def _now(scene: Scene, current: list[tuple[Mention, Values]], whole: bool) -> list[tuple[Mention, Values]]:
        """Of mentions that disagree, those in a part of a clause that says "now", or else in such a `whole` clause."""
        tags = [tag for tag, _ in scene.having("current")]
        behind = [tag for tag in tags if "choice" in scene.kinds_at.get(tag.last, ())]  # the current MRI shows
        segments = {scene.segment_of[tag.first] for tag in tags if tag not in behind}
        near = [(m, v) for m, v in current if scene.segment_of[m.last - 1] in segments]
        near += [
            (m, v)
            for m, v in current
            if any(m.first >= t.last and scene.clause_of[m.first] == scene.clause_of[t.first] for t in behind)
        ]
        clauses = {scene.clause_of[tag.first] for tag, _ in scene.having("current")}
        chosen = near or [(m, v) for m, v in current if whole and scene.clause_of[m.first] in clauses]
        # what a later sentence says has not given way to this "now"
        last = max((scene.clause_of[m.first] for m, _ in chosen), default=0)
        return chosen if all(scene.clause_of[m.first] <= last for m, _ in current) else []

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
                    better = choice.best[: choice.best.index(str(best))]
                    possible |= {v for v in mention.said if v in better}
            doubted = [m for m in open_mentions if m.judgement.assertion is Assertion.UNCERTAIN and len(m.said) == 1]
            for one, other in _joined_by_or(scene, [*done.values(), *doubted]):
                if one in done.values() or other in done.values():
                    possible |= {*one.said, *other.said}
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
        side = deciding.side if deciding.side in {"left", "right", "both"} else ""
        return Reading(
            fact, values, quote, raw_start, raw_end, judgement.assertion, method, score, rivals, closed, side
        )


def _refines(mention: Mention) -> bool:
    """An open mention that a definite one beside it settles: a weak one."""
    return mention.weak and not mention.judgement.distant


def _joined_by_or(scene: Scene, mentions: Sequence[Mention]) -> list[tuple[Mention, Mention]]:
    """Neighbours that "or" or "versus" stands between."""
    ordered = sorted(mentions, key=lambda m: m.first)
    joining = {"or", "vs", "versus"}
    return [
        (a, b) for a, b in pairwise(ordered) if joining & set(scene.words[a.last : b.first]) and b.first - a.last <= 3
    ]
