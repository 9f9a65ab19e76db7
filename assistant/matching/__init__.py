"""Reading free text: from an answer to what it says of each fact, with the words that say so."""

from .assertion import Assertion, assertion_of
from .dates import ages_possible
from .form import FormReader, FormReading, load_form_reader
from .propose import Proposal, Tier, is_bare, propose, turning_beside
from .reader import Reader, load_reader
from .reading import Frame, Reading, SetAside
from .second_reader import SecondReader, load_second_reader

__all__ = [
    "Assertion",
    "FormReader",
    "FormReading",
    "Frame",
    "Proposal",
    "Reader",
    "Reading",
    "SecondReader",
    "SetAside",
    "Tier",
    "ages_possible",
    "assertion_of",
    "is_bare",
    "load_form_reader",
    "load_reader",
    "load_second_reader",
    "propose",
    "turning_beside",
]
