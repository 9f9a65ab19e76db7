"""A review with a reader of a few fixed words, so that the screen is tested apart from the reading of answers.

As a script: `python stub_review.py JOURNAL [ascii] [mouse] [broken]` runs it on the real screen.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from assistant.events import FactRead, Started
from assistant.interview import start
from assistant.journal import Journal
from assistant.policy import load

WORDS = (
    ("groin pain", "hip_pain", "present"),
    ("hip pain", "hip_pain", "present"),
    ("no pain", "hip_pain", "absent"),
    ("cane", "functional_disability", "present"),
    ("mri", "imaging_modality", "mri"),
    ("report", "radiology_report", "present"),
    ("avn", "osteonecrosis", "present"),
    ("stage 2", "osteonecrosis_stage", 2),
    ("stage 3", "osteonecrosis_stage", 3),
    ("no collapse", "femoral_head_collapse", "none"),
    ("no arthritis", "arthritis", "none"),
    ("severe arthritis", "arthritis", "severe"),
    ("right", "laterality", "right"),
    ("38", "age_years", 38),
    ("52", "age_years", 52),
    ("outpatient", "level_of_care", "outpatient"),
    ("nothing else", "individual_circumstances", "absent"),
)


def read_words(text, _question, _context):
    low, found = text.lower(), {}
    for words, fact, value in WORDS:
        at = low.find(words)
        if at >= 0 and fact not in found:
            quote = text[at : at + len(words)]
            found[fact] = FactRead(fact=fact, values=(value,), quote=quote, start=at, end=at + len(words))
    return tuple(found.values())


def new_session(intake=False):
    loaded = load("hip-core-decompression")
    sys.path.append(str(Path(__file__).parent.parent))  # as a script it stands alone
    from forms import IN_ORDER

    request = {} if intake else IN_ORDER
    started = Started(
        policy=loaded.policy.id, version=loaded.policy.version, case="A-1", intake=intake, request=request
    )
    return start(loaded, read_words, started)


def fixed_now():
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


def main(path, *options):
    from assistant import tui

    if "broken" in options:
        from assistant import saving

        def fail(session, _events, _at):
            raise RuntimeError(session.started.case, "Jane Roe")

        saving.stamped = fail
    session = new_session()
    journal = Journal(Path(path))
    journal.append(session.started)
    return tui.run(session, journal, mouse="mouse" in options, ascii_only="ascii" in options, now=fixed_now)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
