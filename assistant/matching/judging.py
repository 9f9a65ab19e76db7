"""What each mention of an answer says: its assertion, place, side, section and corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .assertion import AFFIRMED, Assertion, Judgement, judge_tokens
from .mentions import collect
from .numerals import unread
from .place import OTHER, OWN, Sides, follows_other, site_of
from .reading import Knowledge, says
from .scene import Mention, Scene, Tag

PART = "{part}"
"""Stands in reasons for what a side belongs to."""
_MANY = 50
_PRONOUN = 3
"""Words before "resolved" in a sentence that goes on about the one before: this has since resolved."""
_FEW = 5
_LONG = 12
"""Words of a sentence that is a note's, and no reply."""
SOURCES = frozenset(
    ["per", "on", "by", "according", "note", "notes", "says", "said", "states", "report", "reports", "form"]
)
"""Words that tell where a part of an answer comes from."""

# fmt: off
FOUND = frozenset([
    "seen", "found", "detected", "identified", "noted", "visible", "visualized", "visualised", "evident", "shown",
    "demonstrated", "appreciated", "observed", "revealed", "apparent", "present", "discerned", "demonstrable",
])
"""Words for what a study does or does not find."""
ON, BY = frozenset(["on", "in", "at"]), frozenset(["by", "with", "from", "per", "through"])
BETWEEN = ON | BY | {"of", "for", "to", "about", "before", "after", "until", "without", "regarding", "than", "as"}
PAPERS = frozenset([
    "info", "information", "mention", "word", "words", "data", "detail", "details", "record", "records", "report",
    "reports", "documentation", "reference", "note", "notes", "comment", "comments", "result", "results", "read",
    "order", "orders", "request", "plan", "plans", "update", "updates", "decision", "date", "dates", "clue", "idea",
    "file", "access", "interest", "prior", "previous", "recent", "new", "such", "other", "yet", "it", "them",
])
# fmt: on
"""What may be missing of a study that was not done, or not sent."""
_NAMES_IT = frozenset(["site", "side", "choice", "choice_any"])


class Judging(Knowledge):
    """Judges mentions."""

    def judged(self, scene: Scene, side: str | None, dropped: list[tuple[Mention, str]] | None = None) -> list[Mention]:
        """The mentions that count for the side under review, each with what the words around it say.

        Those that do not count for their side or place are added to `dropped`, with the reason.
        """
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
            foreign = mention.done and self._meant_for_another(
                scene, mention, judgement, in_clause[scene.clause_of[mention.first]]
            )
            listed = judgement.distant and (mention.solid or mention.done or choice is not None)
            listed = listed and not self._continues(scene, mention)
            result = mention.done and (judgement.result or _found_on(scene, mention, judgement))
            meant = choice and not choice.done and judgement.assertion is Assertion.PLANNED  # a request is a plan
            mention.judgement = AFFIRMED if foreign or listed or result or meant else judgement
            if mention.weak_negated and judgement.assertion is Assertion.NEGATED:
                mention.weak = True
            if (mention.solid or choice) and self._past_a_noun(scene, mention):
                mention.doubtful = True
            self._ended_later(scene, mention)
            mention.side = sides.of(mention) if sides.tags else ""
            if mention.solid and (self._has_exception(scene, mention) or self._undone(scene, mention)):
                mention.doubtful = True
        self._repeated(scene, of_fact)
        self._denied_later(scene, mentions, in_clause)
        self._denied_elsewhere(scene, side, mentions)
        dropped = [] if dropped is None else dropped
        placed = [(m, self._tied(m)) for m in mentions]
        in_place = [(m, tied, not tied or self._in_place(scene, m)) for m, tied in placed]
        dropped += [(m, _elsewhere(scene, m)) for m, _, here in in_place if not here and site_of(scene, m) == OTHER]
        placed = [(m, tied) for m, tied, here in in_place if here]
        sides.compare([m for m, tied in placed if tied])
        for mention, tied in placed:
            choice = self.choices.get(mention.fact)
            if tied and sides.excludes(mention.side):
                if not (choice and choice.done):
                    dropped.append((mention, f"about the {mention.side} {PART}"))
                    continue
                # a study of the other side alone is none of this side; one of both is
                mention.doubtful = True
            if tied and sides.contrasts and mention.side in {"left", "right"} and not (choice and choice.done):
                mention.doubtful = mention.doubtful or not self._same_on_both(mention, of_fact[mention.fact][:_MANY])
            if tied and sides.unnamed and not (choice and choice.done):
                mention.doubtful = True
            kept.append(mention)
        return self._corrected(scene, self._by_section(scene, kept))

    def not_counted(self, scene: Scene, side: str | None) -> list[tuple[Mention, str]]:
        """The mentions that say nothing of now and of the side under review, and why, in plain words."""
        found: list[tuple[Mention, str]] = []
        kept = self.judged(scene, side, found)
        settled = {m.fact for m in kept if m.judgement.assertion in {Assertion.AFFIRMED, Assertion.NEGATED}}
        for mention in kept:
            assertion = mention.judgement.assertion
            if assertion is Assertion.OTHER_PERSON:
                found.append((mention, "about another person"))
            elif assertion is Assertion.PAST and says(mention) is None:
                found.append((mention, "in the past"))
            elif assertion is Assertion.PLANNED and (mention.done or says(mention) is None):
                found.append((mention, "planned, not done"))
            elif mention.judgement.advised and mention.fact in settled:
                found.append((mention, "asked, not found"))
        return sorted(found, key=lambda f: f[0].first)

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
        found = {m.fact for m in mentions if sections.get(m.first) == "found" and says(m) is not None}
        return [m for m in mentions if m.done or m.fact not in found or sections.get(m.first) != "asked"]

    @staticmethod
    def _meant_for_another(scene: Scene, mention: Mention, judgement: Judgement, mentions: Sequence[Mention]) -> bool:
        """A negation or doubt before a finding says nothing of the study that the clause names behind it."""
        if judgement.assertion not in {Assertion.NEGATED, Assertion.UNCERTAIN} or not judgement.rule:
            return False
        if any(c.entry.kind == "planned" and 0 <= c.first - mention.last <= 1 for c in scene.cues):
            return False  # suspected AVN MRI ordered
        start = scene.text.tokens[mention.first].start
        for other in mentions:
            begins = scene.text.tokens[other.first].start
            if other.fact != mention.fact and not other.done and judgement.end <= begins < start:
                return True
        return False

    def _continues(self, scene: Scene, mention: Mention) -> bool:
        """Whether a mention is part of what stands right before it: no AVN stage 2."""
        diseases = {s.disease_fact for s in self.vocabulary.stages if mention.fact in {s.fact, s.disease_fact}}
        return any(tag.last == mention.first and term.of.fact in diseases for tag, term in scene.having("finding"))

    @staticmethod
    def _ended_later(scene: Scene, mention: Mention) -> None:
        """Something past that the next clause says is over: "had pain in 2021; it resolved"."""
        if mention.judgement.assertion is not Assertion.PAST:
            return
        following = scene.clause_of[mention.first] + 1
        if any((following, kind) in scene.by_clause for kind in ("finding", "head")):
            return
        begins = scene.text.clauses[following].first if following < len(scene.text.clauses) else 0
        for cue in scene.cues_of.get(following, ()):
            if cue.entry.kind == "negated" and cue.entry.direction == "after" and cue.first - begins <= _PRONOUN:
                start, end = scene.text.tokens[cue.first].start, scene.text.tokens[cue.last - 1].end
                mention.judgement = Judgement(Assertion.NEGATED, cue.entry.id, start, end)
                return

    @staticmethod
    def _repeated(scene: Scene, of_fact: Mapping[str, Sequence[Mention]]) -> None:
        """The same words twice are no list and no lesser matter: "no limp per PCP, a limp per ortho" is a conflict."""
        for mentions in of_fact.values():
            said: dict[tuple[str, ...], list[Mention]] = defaultdict(list)
            for mention in mentions[:_MANY]:
                said[tuple(scene.words[mention.first : mention.last])].append(mention)
            for same in said.values():
                for before, again in pairwise(same):
                    cue = before.judgement
                    if cue.assertion is Assertion.NEGATED and again.judgement.start == cue.start and cue.rule:
                        again.judgement = AFFIRMED
                if len({m.judgement.assertion for m in same}) > 1:
                    for mention in same:
                        mention.weak = False

    @staticmethod
    def _denied_later(scene: Scene, mentions: Sequence[Mention], in_clause: Mapping[int, Sequence[Mention]]) -> None:
        """A clause that only ends in a denial leaves open what the one before it said: "pain; second note denies"."""
        for mention in mentions:
            following = scene.clause_of[mention.first] + 1
            if mention.judgement.assertion is not Assertion.AFFIRMED or following in in_clause:
                continue
            for cue in scene.cues_of.get(following, ()):
                clause = scene.text.clauses[following]
                says_so = ":" not in scene.words[clause.first : cue.first] and cue.first - clause.first > 1
                if cue.entry.id == "no" and cue.last == clause.last and says_so:
                    mention.doubtful = True

    def _denied_elsewhere(self, scene: Scene, side: str | None, mentions: Sequence[Mention]) -> None:
        """A part that names a source, or now, and says none leaves open what was said before: "pain; MD note: none"."""
        spoken = {scene.segment_of[m.first] for m in mentions}
        if side:  # a part about a side is compared with the side under review
            spoken |= {scene.segment_of[tag.first] for tag, _ in scene.having("side")}
        now = {scene.segment_of[tag.first] for tag, _ in scene.having("current")}
        parts: dict[int, list[str]] = defaultdict(list)
        for i, word in enumerate(scene.words):
            if word.isalnum():
                parts[scene.segment_of[i]].append(word)
        for mention in mentions:
            if mention.done or mention.judgement.assertion is not Assertion.AFFIRMED:
                continue
            behind = scene.segment_of[mention.last - 1]
            for segment in (behind + 1, behind + 2):
                words = parts.get(segment, [])
                says_none = words and "no" in {self.vocabulary.bare.get(words[0]), self.vocabulary.bare.get(words[-1])}
                told = SOURCES & set(words) or segment in now
                if says_none and segment not in spoken and len(words) <= _FEW and told:
                    mention.doubtful = True

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
        if not place and mention.site == "open" and follows_other(scene, mention):
            mention.doubtful = True  # the sentence before was about another part, and this one names none
        clause = scene.text.clauses[scene.clause_of[mention.first]]
        placed = scene.places_named or scene.having("choice")
        if mention.site == "needed" and not placed and clause.last - clause.first > _LONG:
            mention.doubtful = True  # in a note's long sentence that names no place it may be any
        if mention.site == "needed":
            return place == OWN or (place == "" and scene.question in mention.questions)
        return place != OTHER

    @staticmethod
    def _has_exception(scene: Scene, mention: Mention) -> bool:
        """Whether "except" follows in the clause: "no complaints except hip pain"."""
        clause = scene.clause_of[mention.first]
        return any(cue.entry.kind == "exception" and cue.first >= mention.last for cue in scene.cues_of.get(clause, ()))

    @staticmethod
    def _past_a_noun(scene: Scene, mention: Mention) -> bool:
        """Whether a bare "no" or "not" before a value has an unread word for its own: no progr, OA still mild."""
        judgement = mention.judgement
        if judgement.assertion is not Assertion.NEGATED or judgement.end > scene.text.tokens[mention.first].start:
            return False
        if scene.text.plain[judgement.start : judgement.end] not in {"no", "not"}:
            return False
        first = mention.first
        while first and scene.text.tokens[first - 1].start >= judgement.end:
            first -= 1
        return first < mention.first and unread(scene, first)

    @staticmethod
    def _undone(scene: Scene, mention: Mention) -> bool:
        """Whether what is said is undone right before it, or before "without": far from fine, never walks without."""
        if mention.judgement.assertion is Assertion.NEGATED:
            return False
        reach = _FEW if scene.words[mention.first] == "without" else 1
        cues = scene.cues_of.get(scene.clause_of[mention.first], ())
        return any(c.entry.kind == "doubling" and c.first < mention.first <= c.last + reach for c in cues)

    @staticmethod
    def _same_on_both(mention: Mention, mentions: Sequence[Mention]) -> bool:
        """Whether the other side is said to be the same."""
        others = [m for m in mentions if m.fact == mention.fact and m.side not in {mention.side, ""}]
        return bool(others) and all(says(m) == says(mention) for m in others)

    def _taken_back(self, scene: Scene, tag: Tag, mentions: Sequence[Mention]) -> None:
        """A bare yes or no behind a correction is what the mention before it should have said."""
        rest: list[str] = []
        for i in range(tag.last, len(scene.words)):
            if rest and (not scene.words[i].isalnum() or scene.words[i] in SOURCES | {"at"}):
                break
            if scene.words[i].isalnum():
                rest.append(scene.words[i])
        kind = self.vocabulary.bare.get(" ".join(rest))
        before = [m for m in mentions if 0 <= tag.first - m.last <= _FEW]
        if before and kind in {"yes", "no"}:
            start, end = scene.text.tokens[tag.last - 1].start, scene.text.tokens[-1].end
            assertion = Assertion.AFFIRMED if kind == "yes" else Assertion.NEGATED
            max(before, key=lambda m: m.first).judgement = Judgement(assertion, "correction", start, end)

    def _contradicted(self, scene: Scene, mentions: Sequence[Mention]) -> list[Mention]:
        """A value, "no" and another value: a correction of numbers (4 mm no 1 mm) or L, no, R; L no R is not plain."""
        ordered = sorted(mentions, key=lambda m: (m.fact, m.first, m.last))
        dropped: list[Mention] = []
        for before, again in pairwise(ordered):
            between = [w for w in scene.words[before.last : again.first] if w.isalnum()]
            if before.fact != again.fact or before.said == again.said or between != ["no"]:
                continue
            numbers = all(any(w.isdecimal() for w in scene.words[m.first : m.last]) for m in (before, again))
            if numbers or scene.words[again.first - 1] == ",":
                dropped.append(before)
                again.judgement = AFFIRMED
            elif (choice := self.choices.get(before.fact)) and not choice.done:
                before.doubtful = again.doubtful = True
        return [m for m in mentions if m not in dropped]

    def _corrected(self, scene: Scene, mentions: list[Mention]) -> list[Mention]:
        """What stands before "sorry" or "I mean" gives way to what stands behind it."""
        mentions = self._contradicted(scene, mentions)
        for tag, _ in scene.having("correction"):
            again = {m.fact for m in mentions if m.first >= tag.last}
            behind = [
                m.first
                for m in mentions
                if m.first >= tag.last and scene.clause_of[m.first] == scene.clause_of[tag.first]
            ]
            moved = any(0 <= other.first - tag.last <= _PRONOUN for other, _ in scene.near("other_site", tag))
            for mention in mentions if moved and not behind else ():  # "hip pain - no, that was her shoulder"
                mention.doubtful = mention.doubtful or (mention.last <= tag.first and self._tied(mention))
            self._taken_back(scene, tag, mentions)
            mentions = [m for m in mentions if m.first >= tag.first or m.fact not in again]
        return mentions


def _elsewhere(scene: Scene, mention: Mention) -> str:
    """That a mention is about another part of the body, with the word for the nearest one."""
    places = [tag for tag, _ in scene.having("other_site")]
    if not places:
        return "about another part of the body"
    near = min(places, key=lambda t: (scene.clause_of[t.first] != scene.clause_of[mention.first],
                                      abs(t.first - mention.first)))  # fmt: skip
    return f"about another part of the body ({' '.join(scene.words[near.first : near.last])})"


def _found_on(scene: Scene, mention: Mention, judgement: Judgement) -> bool:
    """Whether a study is where nothing was found: "no abnormalities on x-ray" says that there was one."""
    if judgement.assertion is not Assertion.NEGATED or not judgement.rule:
        return False
    first = mention.first
    while first and scene.text.tokens[first - 1].start >= judgement.end:
        first -= 1
    words = scene.words
    place = next((i for i in reversed(range(first, mention.first)) if words[i] in BETWEEN), first)
    if mention.first - place > _FEW or not all(w.isalnum() for w in words[place : mention.first]):
        return False
    before = [i for i in range(first, place) if words[i].isalpha()]
    if any(words[i] in FOUND for i in before):
        return words[place] in ON | BY
    denied = scene.text.plain[judgement.start : judgement.end].split()[:1] == ["no"]
    named = not before or words[before[-1]] in PAPERS or bool(scene.kinds_at.get(before[-1], set()) & _NAMES_IT)
    return denied and words[place] in ON and not named
