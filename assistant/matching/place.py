"""Where in the body a mention belongs, and on which side: this hip, another part, the other side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .scene import Mention, Scene, Tag, place_tags

OWN, OTHER = "own", "other"
_TOPIC = 3
"""Clauses over which a part of the body stays the one spoken of."""
_FAR = 12
"""Clauses over which a heading holds."""

_CAUSE_LINKS = frozenset(["for", "due", "from", "by", "because", "d/t", "secondary", "after", "(", "with", "given"])
_BETWEEN_PLACES = frozenset([",", "with", "and", "but"])
_LISTING = frozenset([",", "and", "or", "&", "/", "the", "his", "her", "both", "also", "as", "well", "in"])
_BACK_LINKS = frozenset(["of", "in", "at", "to", "on", "involving", "within", "about", "over", "radiating", "from"])


def site_of(scene: Scene, mention: Mention) -> str:
    """The place that a mention belongs to: `own`, `other`, or nothing said."""
    here = place_tags(scene, scene.clause_of[mention.first])
    if mention.done:
        return (
            _attached(scene, mention, here) or _report_topic(scene, mention, here) or _elsewhere(scene, mention, here)
        )
    if mention.site == "open" and _caused_elsewhere(scene, mention):
        return OTHER
    inside = [place for tag, place in here if mention.first <= tag.first < mention.last]
    if inside:
        return OTHER if OTHER in inside and OWN not in inside else OWN
    segment = scene.segment_of[mention.first]
    return (
        _directly_before(scene, mention, here)
        or _directly_behind(scene, mention, here)
        or _nearest(mention, [(t, p) for t, p in here if scene.segment_of[t.first] == segment])
        or _last_before(mention, here)
        or _nearest(mention, here)
        or _heading(scene, mention)
        or _topic(scene, mention)
        or _elsewhere(scene, mention, here)
    )


def _topic(scene: Scene, mention: Mention) -> str:
    """Words that need a place, in a sentence that names none, are about the part that those before were about."""
    if mention.site != "needed":
        return ""
    number = scene.clause_of[mention.first]
    for earlier in range(number - 1, max(-1, number - _TOPIC), -1):
        places = place_tags(scene, earlier)
        if places:
            return OTHER if max(places, key=lambda p: p[0].first)[1] == OTHER else ""
    return ""


def follows_other(scene: Scene, mention: Mention) -> bool:
    """Whether the last place named before in the paragraph is another part, and this sentence names none."""
    number = scene.clause_of[mention.first]
    clauses = scene.text.clauses
    if place_tags(scene, number):
        return False
    for earlier in range(number - 1, max(-1, number - _TOPIC - 1), -1):
        if clauses[earlier].paragraph != clauses[number].paragraph:
            return False
        if places := {place for _, place in place_tags(scene, earlier)}:
            return places == {OTHER}
    return False


def _report_topic(scene: Scene, mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    """A report that names no place is of the study before it: "The ankle MRI was normal. The report is on file"."""
    number = scene.clause_of[mention.first]
    if here or number < 1 or (number, "choice") in scene.by_clause or (number - 1, "choice") not in scene.by_clause:
        return ""
    places = {place for _, place in place_tags(scene, number - 1)}
    return OTHER if places == {OTHER} else ""


def _elsewhere(scene: Scene, mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    """An answer that has named other parts of the body, and never this one, is about those."""
    if here or scene.places_named != {OTHER} or scene.spoken_of:
        return ""
    before = scene.clause_of[mention.first]
    return OTHER if any(places and clause <= before for clause, places in scene.places.items()) else ""


def _caused_elsewhere(scene: Scene, mention: Mention) -> bool:
    """A limit that something else explains: "cane due to neuropathy", "COPD limits walking".

    Where it only stands in the same sentence, the limit is left open.
    """
    clause = scene.clause_of[mention.first]
    for tag, _ in scene.by_clause.get((clause, "other_cause"), ()):
        before = scene.words[tag.last : mention.first]
        behind = scene.words[mention.last : tag.first]
        if tag.first >= mention.last and len(behind) <= 8 and _CAUSE_LINKS & set(behind):
            return True
        if tag.last <= mention.first and len(before) <= 2 and "," not in before:
            return True
        if (
            tag.last <= mention.first
            and len(before) <= _FAR
            and not any(p == OWN for _, p in place_tags(scene, clause))
        ):
            mention.doubtful = True
    return False


def _attached(scene: Scene, mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    """A study or report belongs to another part only when that part is attached to it: knee MRI, CT of the chest."""
    for tag, place in here:
        before = 0 <= mention.first - tag.last <= 0
        between = scene.words[mention.last : tag.first]
        behind = tag.first >= mention.last and len(between) <= 4
        behind = behind and (not between or "of" in between[:2] or set(between) <= {"=", ":", "-"})
        if before or behind:
            return place
    segment = scene.segment_of[mention.first]
    beside = {place for tag, place in here if scene.segment_of[tag.first] == segment}
    return OTHER if beside == {OTHER} else ""


def _directly_before(scene: Scene, mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    for tag, place in here:
        if 0 <= mention.first - tag.last <= 1 and not _BETWEEN_PLACES & set(scene.words[tag.last : mention.first]):
            return place
    return ""


def _directly_behind(scene: Scene, mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    for number, (tag, place) in enumerate(here):
        between = scene.words[mention.last : tag.first]
        if tag.first >= mention.last and 0 < len(between) <= 6 and between[0] in _BACK_LINKS and "," not in between:
            return OWN if place == OWN or _own_listed(scene, here[number:]) else place
    return ""


def _own_listed(scene: Scene, places: Sequence[tuple[Tag, str]]) -> bool:
    """Whether places in a row, with nothing but commas and "and" between them, have this one among them."""
    for (tag, place), (behind, _) in pairwise((*places, (places[-1][0], ""))):
        if place == OWN:
            return True
        gap = scene.words[tag.last : behind.first]
        if not gap or any(
            w not in _LISTING and "side" not in scene.kinds_at.get(tag.last + i, ()) for i, w in enumerate(gap)
        ):
            return False
    return False


def _nearest(mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    def gap(tag: Tag) -> int:
        return max(tag.first - mention.last, mention.first - tag.last, 0)

    closest = min((gap(tag) for tag, _ in here), default=None)
    found = {place for tag, place in here if gap(tag) == closest}
    if len(found) > 1:
        return OTHER
    return found.pop() if found else ""


def _last_before(mention: Mention, here: Sequence[tuple[Tag, str]]) -> str:
    before = [(tag.first, place) for tag, place in here if tag.last <= mention.first]
    return max(before)[1] if before else ""


def _heading(scene: Scene, mention: Mention) -> str:
    """A place that heads a paragraph ("Knee:") holds for the sentences below it in the same line."""
    number = scene.clause_of[mention.first]
    paragraph = scene.text.clauses[number].paragraph
    for earlier in range(number, max(-1, number - _FAR), -1):
        if scene.text.clauses[earlier].paragraph != paragraph:
            break
        for tag, place in reversed(place_tags(scene, earlier)):
            heads = tag.last < len(scene.words) and scene.words[tag.last] == ":"
            if heads and tag.last <= mention.first:
                return place
    return ""


class Sides:
    """The sides that an answer names, and which of them is under review."""

    def __init__(self, scene: Scene, side: str | None) -> None:
        self.scene = scene
        parts = {tag.first for tag, _ in scene.having("other_site")}
        self.tags = [
            (tag, str(term.value))
            for tag, term in scene.having("side")
            if not self._is_sign(tag) and not parts & {tag.last, tag.last + 1}
        ]
        self.review = side or self._declared()
        self.by_clause: dict[int, list[tuple[Tag, str]]] = {}
        for tag, name in self.tags:
            self.by_clause.setdefault(scene.clause_of[tag.first], []).append((tag, name))
        self.contrasts = self.unnamed = False

    def compare(self, mentions: Sequence[Mention]) -> None:
        """Note whether what is said of this place contrasts its sides, neither of which is said to be under review."""
        scene = self.scene
        named = {m.side for m in mentions}
        for tag, side in self.tags:
            near = (
                place
                for other, place in place_tags(scene, scene.clause_of[tag.first])
                if abs(other.first - tag.last) <= 1
            )
            if OWN in near or scene.vocabulary.bare.get("".join(scene.words[tag.last : tag.last + 1])) == "no":
                named.add(side)  # left hip, left none
        self.contrasts = self.review is None and {"left", "right"} <= named
        self.unnamed = self.review is None and {s for _, s in self.tags} >= {"one", "other"}

    def _is_sign(self, tag: Tag) -> bool:
        """A single letter glued to a number or another word is no side: L5, R2."""
        tokens = self.scene.text.tokens
        single = tag.last - tag.first == 1 and len(self.scene.words[tag.first]) == 1
        if not single:
            return False
        after = tokens[tag.last] if tag.last < len(tokens) else None
        return (after is not None and after.glued and after.text.isalnum()) or (
            tokens[tag.first].glued
            and tag.first > 0
            and tokens[tag.first - 1].text not in {"(", ":", "/", "+", "-", ",", "."}
        )

    def _declared(self) -> str | None:
        """The side that the answer itself says is under review."""
        scene = self.scene
        this = [tag for tag, side in self.tags if side == "this" and not self._silent(tag)]
        best: tuple[bool, bool, int, str] | None = None
        for tag, side in self.tags:
            if side in {"left", "right"}:
                for mark in this[:_FAR]:
                    gap = max(tag.first - mark.last, mark.first - tag.last, 0)
                    across = scene.clause_of[tag.first] != scene.clause_of[mark.first]
                    apart = "," in scene.words[min(tag.last, mark.last) : max(tag.first, mark.first)]
                    how_near = (across, apart, gap)
                    if gap <= (2 if across or apart else 6) and (best is None or how_near < best[:3]):
                        best = (*how_near, side)
        return best[3] if best else None

    def _silent(self, mark: Tag) -> bool:
        """Whether words for the request are said to tell nothing: the request doesn't say which."""
        cues = self.scene.cues_of.get(self.scene.clause_of[mark.first], ())
        return any(c.entry.kind == "not_documented" and 0 <= c.first - mark.last <= 1 for c in cues)

    def of(self, mention: Mention) -> str:
        """The side of a mention: left, right, both, this, other, or nothing said."""
        scene = self.scene
        same = self.by_clause.get(scene.clause_of[mention.first], [])
        inside = [side for tag, side in same if mention.first <= tag.first < mention.last]
        if inside:
            return inside[0]
        segment = scene.segment_of[mention.first]
        for candidates in (
            [(t, s) for t, s in same if scene.segment_of[t.first] == segment],
            [(t, s) for t, s in same if t.first < mention.first],
            same,
        ):
            sides = [s for _, s in candidates if s not in {"this", "one"}]
            if not sides and any(s == "this" for _, s in candidates):
                return "this"
            if sides:
                nearest = min(
                    ((t, s) for t, s in candidates if s not in {"this", "one"}),
                    key=lambda c: (max(c[0].first - mention.last, mention.first - c[0].last, 0), c[0].first),
                )
                return nearest[1]
        return self._heading(mention)

    def _heading(self, mention: Mention) -> str:
        """A side that heads the paragraph ("Left:") or stands in a clause that says little else."""
        scene = self.scene
        number = scene.clause_of[mention.first]
        paragraph = scene.text.clauses[number].paragraph
        for earlier in range(number, max(-1, number - _FAR), -1):
            if scene.text.clauses[earlier].paragraph != paragraph:
                break
            for tag, side in reversed(self.by_clause.get(earlier, [])):
                if side not in {"this", "one"} and tag.last <= mention.first and self._heads(tag):
                    return side
        return ""

    def _heads(self, tag: Tag) -> bool:
        words = self.scene.words
        return any(words[i] == ":" for i in range(tag.last, min(tag.last + 3, len(words))))

    def excludes(self, side: str) -> bool:
        """Whether a mention of that side is about the other one."""
        if side == "other":
            return not self.unnamed
        return self.review is not None and side in {"left", "right"} and side != self.review
