"""The readers of each policy's free-text answers, made from its vocabulary and its questions."""

from __future__ import annotations

from functools import lru_cache

from .errors import AssistantError
from .matching import FormReader, Frame, Reader, SecondReader, load_form_reader, load_reader, load_second_reader
from .matching.scene import Values
from .policy import Loaded, Question


@lru_cache(maxsize=8)
def reader_of(loaded: Loaded) -> Reader:
    """The reader of a policy's free-text answers, made once."""
    frames = {q.id: frame_of(q) for q in loaded.prompts.question.values()}
    documents = {name: loaded.library.vocabulary(name) for name in loaded.policy.vocabulary}
    return load_reader(documents, loaded.library.vocabulary("context"), _domains(loaded), frames)


@lru_cache(maxsize=8)
def second_reader_of(loaded: Loaded) -> SecondReader:
    """The second reader, made once.

    Raises:
        AssistantError: Its weights are missing or not as it needs them.
    """
    try:
        return load_second_reader(loaded.library.doubt())
    except ValueError as error:
        again = "Make it again with tests/bench/train_second_reader.py"
        raise AssistantError("doubt.json does not hold the weights of a second reader", again) from error


@lru_cache(maxsize=8)
def form_reader_of(loaded: Loaded) -> FormReader | None:
    """The reader of what a policy's request forms say, made once; None for a policy that reads no forms."""
    if not loaded.policy.form:
        return None
    questions = {q.id: frame_of(q) for q in loaded.prompts.question.values() if q.reads == "form"}
    words = dict(loaded.library.vocabulary(loaded.policy.form))
    words["statement"] = {**words["statement"], "fact": loaded.prompts.closing.facts[0]}
    return load_form_reader(words, reader_of(loaded), _domains(loaded), questions)


def frame_of(question: Question) -> Frame:
    """How a question reads answers that name no fact."""
    frame = question.frame
    return Frame(question.facts, dict(frame.yes), dict(frame.no), dict(frame.unclear), frame.bare)


def _domains(loaded: Loaded) -> dict[str, Values]:
    return {
        fact: frozenset(v for v in values if not isinstance(v, tuple))
        for fact, values in loaded.policy.domains.items()
        if loaded.policy.fact[fact].kind != "codes"
    }
