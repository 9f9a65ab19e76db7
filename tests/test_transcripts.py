"""Saved reviews come out the same again, and between them show what the policy can do."""

import json
import shutil
from pathlib import Path

import pytest

from assistant.answering import reads
from assistant.cli import main
from assistant.events import Answered, Asked, Picked, Started, Undone
from assistant.interview import Session, completed, fold, start
from assistant.policy import Library
from assistant.replay import results
from assistant.transcript import read_events

TRANSCRIPTS = sorted((Path(__file__).parent.parent / "transcripts").glob("*.jsonl"))


@pytest.fixture(scope="module")
def reviews(loaded):
    found = []
    for path in TRANSCRIPTS:
        events = read_events(path)
        found.append((path.stem, events, fold(loaded, reads(loaded), events)))
    return found


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: p.stem)
def test_a_saved_review_comes_out_the_same_again(path):
    assert [r.differences for r in results([path], Library())] == [()]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: p.stem)
def test_what_is_known_does_not_depend_on_how_it_was_reached(path, loaded):
    """Answer by answer, as in an interview, and all at once, as when a review is resumed."""
    first, *rest = read_events(path)
    session = start(loaded, reads(loaded), first)
    for event in rest:
        session = completed(session, event, anew=True)[1]
        whole = Session(loaded, session.read, session.events, first)
        assert session.turns == whole.turns
        assert session.sides == whole.sides
        assert session.dates == whole.dates


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda p: p.stem)
def test_each_says_what_it_shows(path):
    started = read_events(path)[0]
    assert isinstance(started, Started)
    assert started.why


def test_together_they_show_every_outcome_knock_out_and_way_of_working(reviews):
    outcomes, flags, decided, ways = set(), set(), set(), set()
    for _name, events, session in reviews:
        for side in session.sides:
            outcomes.add(side.determination.outcome.value)
            flags |= set(side.determination.flags)
            decided |= {c for c, truth in side.determination.criteria.items() if truth == "true" and c.startswith("N")}
            decided |= {f"{c} fails" for c, truth in side.determination.criteria.items() if truth == "false"}
        ways |= {"bilateral"} if len(session.sides) == 2 else set()
        ways |= {"ask-back" for e in events if isinstance(e, Asked) and e.ask_back}
        ways |= {"override" for e in events if isinstance(e, Picked) and e.origin == "override"}
        ways |= {"undo" for e in events if isinstance(e, Undone)}
        ways |= {"edit" for e in events if isinstance(e, Answered) and e.replaces}
    assert outcomes == {"criteria_met", "criteria_not_met", "information_needed", "not_addressed"}
    assert {"N1", "N2", "N3", "I2a fails", "I2b fails", "I2 fails", "I1 fails"} <= decided
    assert {"asymptomatic", "stage_zero", "advanced_imaging_missing", "radiology_report_missing"} <= flags
    assert {"laterality_mismatch", "addon_without_primary", "unlisted_code", "multiple_procedures"} <= flags
    assert ways == {"bilateral", "ask-back", "override", "undo", "edit"}


def test_a_copied_review_is_a_test_and_a_changed_one_is_named_by_line(tmp_path, capsys):
    copy = tmp_path / "copy.jsonl"
    shutil.copy(TRANSCRIPTS[0], copy)
    assert main(["replay", str(copy)]) == 0
    lines = copy.read_text().splitlines()
    number, altered = next((i, json.loads(line)) for i, line in enumerate(lines) if '"concluded"' in line)
    altered["determination"] = "criteria_met" if altered["determination"] != "criteria_met" else "criteria_not_met"
    lines[number] = json.dumps(altered)
    copy.write_text("\n".join(lines) + "\n")
    assert main(["replay", str(copy)]) == 1
    out = capsys.readouterr().out
    assert f"line {number + 1}" in out
    assert "determination" in out


def test_accepted_differences_are_recorded_and_nothing_else_changes(tmp_path, capsys):
    copy = tmp_path / "copy.jsonl"
    text = TRANSCRIPTS[0].read_text()
    copy.write_text(text.replace('"criteria_met"', '"criteria_not_met"'))
    assert main(["replay", str(copy)]) == 1
    assert main(["replay", "--accept", str(copy)]) == 0
    assert main(["replay", str(copy)]) == 0
    was, now = ([json.loads(line) for line in lines.splitlines()] for lines in (text, copy.read_text()))
    assert [(e["event"], e.get("text"), e.get("at")) for e in was] == [
        (e["event"], e.get("text"), e.get("at")) for e in now
    ]
    capsys.readouterr()


def test_a_hand_written_review_needs_no_recorded_readings(tmp_path):
    path = tmp_path / "hand.jsonl"
    path.write_text(
        '{"event": "started", "policy": "hip-core-decompression", "version": 2, "why": "by hand"}\n'
        '{"event": "answered", "question": "age", "text": "62"}\n'
        '{"event": "answered", "question": "circumstances", "text": "no"}\n'
        '{"event": "concluded", "determination": "criteria_not_met"}\n'
    )
    assert [r.differences for r in results([path], Library())] == [()]
