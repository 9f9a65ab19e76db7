"""What the question makes of an answer: bare yes and no, silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .assertion import Assertion
from .numerals import unread_number
from .reading import Frame, Knowledge, Reading
from .scene import Mention, Scene
from .vocabulary import Value

_UNKNOWN = "unknown"
_LEADING = 8


class Framing(Knowledge):
    """Reads answers by the frame of their question."""

    def bare_kind(self, scene: Scene) -> str | None:
        """Whether a whole answer is only a yes, a no, not sure (`unclear`) or not documented (`closed`)."""
        spoken = [w for w in scene.words if w.isalnum() or ("/" in w and len(w) > 1) or "'" in w or w == "?"]
        kind = self.vocabulary.bare.get(" ".join(w for w in spoken if w != "?" or len(spoken) == 1))
        if kind is None:
            kinds = {self.vocabulary.bare.get(w) for w in spoken}
            kind = kinds.pop() if len(kinds) == 1 else None
        if kind in {"yes", "no"} and "?" in spoken:
            kind = "unclear"
        return kind

    def bare_answer(self, scene: Scene, frame: Frame) -> tuple[Reading, ...] | None:
        """What the question makes of an answer that is only a yes, a no or the like; None for any other answer."""
        kind = self.bare_kind(scene)
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

    def complete(self, scene: Scene, frame: Frame, found: dict[str, Reading], mentions: Sequence[Mention]) -> None:
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
                and stage.fact not in found
            ):
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
        kind = self._leading(scene, frozenset(frame.facts))
        if kind in {"yes", "no"} and frame.facts[0] in self.vocabulary.facts and self._taken_back(scene, kind):
            kind = "unclear"
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
            elif not found and not mentions and self.vocabulary.bare.get(scene.words[0]) == "yes":
                kind = "unclear"  # yes see ortho consult
        if kind is None:
            return
        given = {"yes": frame.yes, "no": frame.no}.get(kind, frame.unclear)
        if another:
            given = {frame.facts[0]: _UNKNOWN}
        for reading in self._framed(scene, given, kind):
            found.setdefault(reading.fact, reading)

    @staticmethod
    def _taken_back(scene: Scene, kind: str) -> bool:
        """Whether what follows a leading yes or no is doubtful, of another person or part: yes, his uncle had AVN."""
        kinds = {c.entry.kind for c in scene.cues if c.first}
        open_kinds = {"uncertain", "not_documented", "other_person", "planned"} | (
            {"negated"} if kind == "yes" else set()
        )
        return bool(kinds & open_kinds) or scene.places_named == {"other"} or bool(scene.having("other_system"))

    @staticmethod
    def _facts_at(scene: Scene, i: int) -> set[str]:
        """The facts that the words at token i speak of."""
        return {term.of.fact for tag, term in scene.having("finding") if tag.first <= i < tag.last}

    def _leading(self, scene: Scene, facts: frozenset[str]) -> str | None:
        """A yes, no or not sure that begins the answer and stands by itself."""
        tokens = scene.text.tokens
        for i in range(1, min(len(scene.words), _LEADING)):
            inside = tokens[i].glued and i + 1 < len(tokens) and tokens[i + 1].glued  # the dot of n.a.
            if scene.words[i] in {",", ".", ":", ";", "-", "\n", "!", "("} and not inside:
                if "finding" in scene.kinds_at.get(0, ()) and not facts & self._facts_at(scene, 0):
                    return None  # it answers another question: asymptomatic
                return self.vocabulary.bare.get(
                    " ".join(w for w in scene.words[:i] if w.isalnum() or "/" in w or "'" in w)
                )
        return None
