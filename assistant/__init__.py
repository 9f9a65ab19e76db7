"""Decide, question by question, whether a request meets a medical policy."""

import gc
import os

# pydantic otherwise looks through every installed package for plugins before the first model: a tenth of the start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# Starting makes many objects that stay; looking for garbage among them every 700 costs a tenth of the start.
gc.set_threshold(20_000, 20, 20)
