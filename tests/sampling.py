"""How much is tested: a fixed choice normally, everything with ASSISTANT_LONG in the environment."""

import os
from itertools import product

SECONDS = float(os.environ.get("ASSISTANT_LONG") or 0)
"""For how long what never ends by itself goes on."""
LONG = SECONDS > 0


def some(items, count, always=lambda item: False):
    """Choose `count` of the items, evenly spread and the same every time, and those that are `always` tested.

    With ASSISTANT_LONG in the environment these are all.
    """
    items = list(items)
    if LONG or count >= len(items):
        return items
    chosen = {n * len(items) // count for n in range(count)}
    return [item for n, item in enumerate(items) if n in chosen or always(item)]


def each(*lists):
    """Combine lists so that each value of each comes at least once, with ASSISTANT_LONG every one with every other."""
    if LONG:
        return list(product(*lists))
    return [tuple(values[n % len(values)] for values in lists) for n in range(max(map(len, lists)))]


def first(items, count):
    """Choose the first `count` of the items, with ASSISTANT_LONG in the environment all."""
    return list(items) if LONG else list(items)[:count]
