"""Reading free text: from an answer to what it says of each fact, with the words that say so."""

from .assertion import Assertion, assertion_of
from .reader import Reader, load_reader
from .reading import Frame, Reading

__all__ = ["Assertion", "Frame", "Reader", "Reading", "assertion_of", "load_reader"]
