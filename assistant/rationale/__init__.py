"""From a session to its rationale: statements first, then wording and layout by templates."""

from .model import Rationale
from .render import Audience, Form, render
from .statements import rationale_digest, statements

__all__ = ["Audience", "Form", "Rationale", "rationale_digest", "render", "statements"]
