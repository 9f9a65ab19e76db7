"""Reading free text: from an answer to what it says of each fact, with the words that say so."""

from .assertion import Assertion, assertion_of
from .dates import ages_possible
from .form import FormReader, FormReading, load_form_reader
from .reader import Reader, load_reader
from .reading import Frame, Reading, SetAside

__all__ = [
    "Assertion",
    "FormReader",
    "FormReading",
    "Frame",
    "Reader",
    "Reading",
    "SetAside",
    "ages_possible",
    "assertion_of",
    "load_form_reader",
    "load_reader",
]
