"""The full-screen shell; the only place that knows Textual."""

from .app import ReviewApp, run

__all__ = ["ReviewApp", "run"]
