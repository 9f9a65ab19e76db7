"""From a session to its rationale: statements first, then wording and layout by templates."""

from .model import Rationale
from .render import AUDIENCES, Audience, Form, conclusion, render
from .statements import rationale_digest, statements

__all__ = ["AUDIENCES", "Audience", "Form", "Rationale", "conclusion", "rationale_digest", "render", "statements"]
