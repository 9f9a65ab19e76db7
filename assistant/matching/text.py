"""An answer made ready to be read: in plain form, in tokens and clauses, every sign traceable to what was typed."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# What reviewers' keyboards, word processors and viewers put for plain signs.
_SIGNS = {
    "‘": "'",
    "’": "'",
    "‚": "'",
    "‛": "'",
    "`": " ",
    "´": "'",
    "“": " ",
    "”": " ",
    "„": " ",
    '"': " ",
    "«": " ",
    "»": " ",
    "–": "-",
    "—": " - ",
    "―": " - ",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "→": " -> ",
    "⇒": " -> ",
    "↓": " decreased ",
    "↑": " increased ",
    "≤": "<=",
    "≥": ">=",
    "Ø": " no ",
    "ø": " no ",
    "∅": " no ",
    "✔": " yes ",
    "✓": " yes ",
    "☑": " yes ",
    "✗": " no ",
    "✘": " no ",
    "☒": " no ",
    "•": "\n",
    "·": " ",
    "*": " ",
    "{": " ",
    "}": " ",
    "_": " ",
    "~": " about ",
    "≈": " about ",
    "|": " | ",
    "×": "x",
    "°": " degrees ",
    "±": " ",
    "\t": " ",
    "\r": "\n",
    "\x0b": "\n",
    "\x0c": "\n",
    "\x85": "\n",
    "\u2028": "\n",
    "\u2029": "\n",
}

# Letters of other alphabets that look like Latin ones; answers are in English.
_LOOK_ALIKES = dict(
    zip(
        "АВЕКМНОРСТУХаеорсухіѕјΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοριıᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
        "ABEKMHOPCTYXaeopcyxisjABEZHIKMNOPTYXaopiiABCDEFGHIJKLMNOPRSTUVWYZ",
        strict=True,
    )
)
_SIMPLE = re.compile(r"[a-zA-Z0-9 .,;:?!'()/%<>=+&#\n-]*")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,6});")
_LINK = re.compile(r"\]\([^()\n]{0,300}\)")
_SPACED = re.compile(r"(?<!\S)[a-z](?: (?:- )?[a-z]){2,}(?!\S)")
_TOKEN = re.compile(r"[a-z]+(?:'(?:t|ve|re|ll|d|m)(?![a-z]))?(?:'s(?![a-z]))?|\d+(?:\.\d+)?|-+>|<=|>=|\n|[^\sa-z\d]")
_SLASHED = re.compile(r"(?<![a-z0-9])[a-z]{1,3}/[a-z]{0,3}(?![a-z0-9])")
_DATE = re.compile(r"(?<![\d.])\d{1,4}([/.-])\d{1,2}\1\d{2,4}(?!\d)")
_LONGEST = 60
"""Words in a clause at most: what stands further apart is not read together, and no text can cost more for it."""

_HARD = {"\n", ";", "!"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign in plain form; `start` and `end` are offsets into the plain text."""

    text: str
    start: int
    end: int
    glued: bool
    """No space before it: the `b` of `2b`."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A run of tokens that is read by itself: [first, last)."""

    first: int
    last: int
    paragraph: int
    ended: str
    """The sign that ended it, `?` above all."""


@dataclass(frozen=True, slots=True)
class Text:
    """An answer in plain form. `origins` maps each plain character to its place in `raw`."""

    raw: str
    plain: str
    origins: Sequence[int]
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the plain text stands in the text as typed."""
        if start >= end or not self.plain:
            return 0, 0
        return self.origins[start], self.origins[end - 1] + 1

    def plain_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the text as typed stands in the plain text."""
        inside = [i for i, origin in enumerate(self.origins) if start <= origin < end]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


def normalise(raw: str, joined: frozenset[str] = frozenset()) -> Text:
    """Make an answer plain and cut it up.

    Args:
        raw: The answer as typed; anything at all.
        joined: Abbreviations written with a slash (`w/o`) that are one word.
    """
    if _SIMPLE.fullmatch(raw) and "&" not in raw and "](" not in raw and not _TAG.search(raw):
        plain = raw.lower()
        origins: Sequence[int] = range(len(raw))
    else:
        plain, origins = _plain(raw)
    tokens = _tokens(plain, joined)
    return Text(raw, plain, origins, tokens, _clauses(tokens))


def _plain(raw: str) -> tuple[str, Sequence[int]]:
    skipped = _markup(raw)
    characters: list[str] = []
    origins: list[int] = []
    position = 0
    while position < len(raw):
        if position in skipped:
            end, text = skipped[position]
        else:
            end, text = position + 1, _character(raw[position])
        characters.append(text)
        origins.extend([position] * len(text))
        position = end
    return "".join(characters), origins


def _character(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character].lower()
    if character.isascii():
        return character.lower() if character >= " " or character == "\n" else " "
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cs", "Co", "Cn"}:
        return ""
    if category == "Cc":
        return " "
    plain = unicodedata.normalize("NFKD", character)
    kept = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Me"})
    kept = "".join(_SIGNS.get(c, _LOOK_ALIKES.get(c, c)) for c in kept)
    return kept.lower() if kept.isascii() or kept.isalnum() else " "


def _markup(raw: str) -> dict[int, tuple[int, str]]:
    """Stretches of markup: where each begins, where it ends, and what stands for it."""
    found: dict[int, tuple[int, str]] = {}
    start = raw.find("<!--")
    while start >= 0:
        end = raw.find("-->", start)
        if end < 0:
            break
        found[start] = (end + 3, " ")
        start = raw.find("<!--", end)
    for match in _TAG.finditer(raw):
        found.setdefault(match.start(), (match.end(), " "))
    for match in _LINK.finditer(raw):
        found.setdefault(match.start(), (match.end(), " "))
    for match in _ENTITY.finditer(raw):
        text = html.unescape(match.group())
        found.setdefault(match.start(), (match.end(), " " if len(text) != 1 else _character(text)))
    return found


def _tokens(plain: str, joined: frozenset[str]) -> tuple[Token, ...]:
    whole: dict[int, tuple[int, str]] = {}
    if "/" in plain:
        whole |= {m.start(): (m.end(), m.group()) for m in _SLASHED.finditer(plain) if m.group() in joined}
    if _SPACED.search(plain):
        for spaced in _SPACED.finditer(plain):
            whole[spaced.start()] = (spaced.end(), re.sub(r"[ -]", "", spaced.group()))
    for day in _DATE.finditer(plain):
        whole[day.start()] = (day.end(), day.group())
    tokens: list[Token] = []
    position = end = 0
    while match := _TOKEN.search(plain, position):
        start = match.start()
        text, position = match.group(), match.end()
        if text.endswith("->"):
            text = "->"
        if start in whole:
            position, text = whole[start]
        if text == "-" and start == end and tokens and position < len(plain) and _between_letters(plain, start):
            # x-ray, end-stage: two words
            end = position
            continue
        glued = start == end and start > 0 and plain[start - 1] != "\n"
        tokens.append(Token(text.removesuffix("'s"), start, position, glued))
        end = position
    return tuple(tokens)


def _between_letters(plain: str, position: int) -> bool:
    before, after = plain[position - 1], plain[position + 1]
    return before.isalpha() and after.isalpha()


def _clauses(tokens: Sequence[Token]) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    first = paragraph = 0
    for i, token in enumerate(tokens):
        text = token.text
        hard = text in _HARD or text == "->"
        hard = hard or (text == "?" and not _opens(tokens, i))
        hard = hard or (text == "." and _ends_sentence(tokens, i))
        hard = hard or (text == "/" and not token.glued and i + 1 < len(tokens) and not tokens[i + 1].glued)
        if hard or i - first >= _LONGEST:
            end = i if hard else i + 1
            if end > first:
                clauses.append(Clause(first, end, paragraph, text if hard else ""))
            first = i + 1
            paragraph += text == "\n"
    if first < len(tokens):
        clauses.append(Clause(first, len(tokens), paragraph, ""))
    return tuple(clauses)


def _opens(tokens: Sequence[Token], i: int) -> bool:
    """A question mark before its word: `?AVN`, `MRI ? AVN`; but not before a reply: `pain ? no`."""
    if i + 1 == len(tokens) or (tokens[i].glued and i > 0):
        return False
    following = tokens[i + 1]
    if following.glued or i == 0:
        return True
    return (following.text[0].isalnum() or following.text[0] in "<>") and following.text not in _REPLIES


_REPLIES = frozenset(["yes", "no", "none", "y", "n", "nil", "not", "unknown", "neg", "pos", "denies"])

_ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "pt",
        "st",
        "stg",
        "gr",
        "vs",
        "approx",
        "u",
        "univ",
        "e",
        "g",
        "i",
        "fig",
        "hx",
        "tx",
        "rx",
        "mod",
        "sev",
        "min",
        "max",
        "lt",
        "rt",
        "bilat",
        "y",
        "o",
        "yr",
        "yrs",
        "mo",
        "mos",
        "wk",
        "wks",
    ]
)


def _ends_sentence(tokens: Sequence[Token], i: int) -> bool:
    """A full stop ends a sentence unless it belongs to an abbreviation or to a list number."""
    if i + 1 == len(tokens):
        return True
    before, after = tokens[i - 1].text if i else "", tokens[i + 1]
    if len(before) == 1 and i > 2 and tokens[i].glued and tokens[i - 1].glued and tokens[i - 2].text == ".":
        return after.text == "\n"  # c.t. ordered
    if after.glued and after.text != "\n":
        return False
    if before.isdecimal() and len(before) <= 2 and (i == 1 or tokens[i - 2].text in {"\n", ":", ".", ";"}):
        return True
    if before == "no":
        return not after.text.isdecimal()
    return not (before in _ABBREVIATIONS and after.text.isalnum())
