"""`python -m assistant`."""

from .cli import entry

entry()
