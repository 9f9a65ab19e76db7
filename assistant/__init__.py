"""Decide, question by question, whether a request meets a medical policy."""

import os

# pydantic otherwise looks through every installed package for plugins before the first model: a tenth of the start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
