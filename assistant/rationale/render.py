"""Statements through templates. What reviewers wrote is data here: shown, never obeyed, in every form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import cache
from typing import Any, Literal, get_args

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from ..events import Concluded
from ..interview import Session, advance, as_concluded, ending_of, outcome_of
from ..policy import packaged
from ..safe_text import clean
from .model import Rationale, SideRationale
from .statements import rationale_digest, statements

Form = Literal["text", "markdown", "html", "json"]
Audience = Literal["clinical", "member", "provider"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

# Templates may be laid out freely: a line begins only where they say so. `clean` lets neither mark through from data.
_LINE, _INDENT = Markup("\x01"), Markup("\x02")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&$^@]|(?<=\bwww)\.|(?<=[a-z]):(?=//))", re.IGNORECASE)


def render(session: Session, *, form: Form = "text", audience: Audience = "clinical", today: date) -> str:
    """The rationale of a review.

    Args:
        session: The review, finished or not.
        form: Plain text, Markdown, a whole HTML page, or JSON.
        audience: The reviewer's file (clinical), the requesting office (provider) or the patient (member).
        today: The date of printing, for the state of the policy's own review.
    """
    return _rendered(statements(session, today), form, audience)


def _rendered(rationale: Rationale, form: Form, audience: Audience) -> str:
    if form == "json":
        return json.dumps(_content(rationale, audience), indent=1, ensure_ascii=True) + "\n"
    template = _environment(form).get_template(f"{audience}.j2")
    return _laid_out(template.render(r=rationale, form=form))


def conclusion(session: Session) -> Concluded:
    """The event that closes a review as it stands, with the fingerprints of its rationale."""
    placed = as_concluded(session)
    outcomes = {s.side or "": ending_of(placed, s).value for s in session.sides}
    event = Concluded(determination=outcome_of(placed).value, determinations=outcomes)
    rationale = statements(advance(session, event), session.policy.approved)
    texts = {}
    for audience in AUDIENCES:
        text = _rendered(rationale, "text", audience)
        texts[audience] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return event.model_copy(update={"rationale": rationale_digest(rationale), "texts": texts})


def _laid_out(text: str) -> str:
    """The lines that templates began, indented, without two empty ones in a row."""
    lines: list[str] = []
    for chunk in text.split(str(_LINE)):
        squashed = re.sub(r"\s*\n\s*", " ", chunk).strip()
        line = squashed.replace(_INDENT, "  ").rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"


def _content(rationale: Rationale, audience: Audience) -> dict[str, Any]:
    """What each audience gets as JSON: all of it, or what its letter says."""
    content = asdict(rationale)
    chosen = {"clinical": _clinical, "provider": _provider, "member": _member}[audience]
    sides = [chosen(side) for side in rationale.sides]
    common = {
        "clinical": set(content),
        "provider": {"policy", "version", "approved", "notices", "case", "state", "codes", "date_of_service", "limits"},
        "member": {"policy", "version", "approved", "notices", "case", "state", "date_of_service", "limits"},
    }[audience]
    return {"audience": audience, **{k: v for k, v in content.items() if k in common and k != "sides"}, "sides": sides}


def _clinical(side: SideRationale) -> dict[str, Any]:
    content = asdict(side)
    del content["member"]
    return content


def _provider(side: SideRationale) -> dict[str, Any]:
    return {
        "side": side.side,
        "outcome": side.outcome,
        "reasons": [
            {"criterion": c.label, "result": c.word, "facts": [{"fact": f.label, "value": f.value} for f in c.facts]}
            for c in (side.deciding if side.outcome != "information_needed" else ())
        ],
        "notes": [f.note for f in side.acting_flags],
        "requests": [{"ask": r.ask, "for": [*r.criteria, *r.notes]} for r in side.requests],
        "curable": list(side.curable),
    }


def _member(side: SideRationale) -> dict[str, Any]:
    return {"outcome": side.outcome, **asdict(side.member)}


@cache
def _environment(form: Form) -> ImmutableSandboxedEnvironment:
    """The environment of a form: the sandbox, its escaping, and all templates, read once."""
    templates = {p.name: p.read_text(encoding="utf-8") for p in (packaged("prompts") / "rationale").glob("*.j2")}
    escaped = _ESCAPES[form]
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if hasattr(value, "__html__") else escaped(clean(str(value))),
    )
    environment.globals |= {"line": _LINE, "indent": _INDENT}
    return environment


_ESCAPES: dict[Form, Callable[[str], Markup]] = {
    "text": Markup,
    "markdown": lambda text: Markup(_MARKDOWN.sub(r"\\\1", text)),  # noqa: S704 - escaped right here
    "html": escape,
}
