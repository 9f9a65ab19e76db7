"""The reader of each policy's free-text answers, made from its vocabulary and its questions."""

from __future__ import annotations

from functools import lru_cache

from .matching import Frame, Reader, load_reader
from .policy import Loaded


@lru_cache(maxsize=8)
def reader_of(loaded: Loaded) -> Reader:
    """The reader of a policy's free-text answers, made once."""
    frames = {
        q.id: Frame(q.facts, dict(q.frame.yes), dict(q.frame.no), dict(q.frame.unclear), q.frame.bare)
        for q in loaded.prompts.question.values()
    }
    documents = {name: loaded.library.vocabulary(name) for name in loaded.policy.vocabulary}
    domains = {
        fact: frozenset(v for v in values if not isinstance(v, tuple))
        for fact, values in loaded.policy.domains.items()
        if loaded.policy.fact[fact].kind != "codes"
    }
    return load_reader(documents, loaded.library.vocabulary("context"), domains, frames)
