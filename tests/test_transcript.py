"""Transcripts on disk: what was acknowledged is there, and bad files are named by line."""

import errno
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.events import Answered, Concluded, Reopened, Started
from assistant.journal import Journal, repair
from assistant.store import Store
from assistant.transcript import TranscriptError, encode, parse_line, read_events

STARTED = Started(policy="hip-core-decompression", version=2, case="c")


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "c.jsonl")


def test_events_come_back_as_they_were_written(journal):
    events = (STARTED, Answered(question="age", text="38 “q” \x1b[31m\n\t", read=()))
    journal.append(*events)
    assert read_events(journal.path) == events


@given(st.text())
def test_any_text_survives_one_line_of_ascii(text):
    event = Answered(question="age", text=text.encode("utf-8", "replace").decode())
    line = encode(event)
    assert line.isascii()
    assert "\n" not in line
    assert parse_line(line, "x") == event


def test_fields_of_the_future_are_kept(journal):
    line = '{"event": "answered", "question": "age", "text": "38", "mood": "calm"}'
    assert "calm" in encode(parse_line(line, "x"))


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("not json", "not a line of JSON"),
        ("[1]", "not an event"),
        ('{"event": "danced"}', 'unknown event "danced"'),
        ('{"event": "answered"}', "question"),
        ('{"event": "started", "policy": "p", "version": 1, "format": 9}', "format 9"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(tmp_path, line, part):
    path = tmp_path / "bad.jsonl"
    path.write_text(encode(STARTED) + "\n" + line + "\n")
    with pytest.raises(TranscriptError) as caught:
        read_events(path)
    assert f"{path}:2" in str(caught.value)
    assert part in str(caught.value)


def test_a_transcript_begins_with_started(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"event": "undone"}\n')
    with pytest.raises(TranscriptError, match="begins with"):
        read_events(path)


def test_files_and_directory_are_readable_by_their_owner_alone(tmp_path):
    old = os.umask(0)
    try:
        store = Store(tmp_path / "state")
        store.prepare()
        journal = Journal(store.path_of("case 1"))
        journal.append(STARTED)
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_file_as_it_was(journal, monkeypatch):
    journal.append(STARTED)
    before = journal.path.read_bytes()
    real = os.write

    def half(handle, data):
        real(handle, bytes(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(TranscriptError, match="No space left"):
        journal.append(Answered(question="age", text="38"))
    monkeypatch.undo()
    assert journal.path.read_bytes() == before
    journal.append(Answered(question="age", text="38"))
    assert len(read_events(journal.path)) == 2


def test_a_torn_last_line_is_cut_off_and_shown(journal):
    journal.append(STARTED, Answered(question="age", text="38"))
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + b'{"event": "answ')
    found = repair(journal.path)
    assert found.cut == '{"event": "answ'
    assert "answ" in " ".join(found.lines)
    assert journal.path.read_bytes() == whole


def test_a_last_line_that_lacks_only_its_end_is_kept(journal):
    journal.append(STARTED, Answered(question="age", text="38"))
    journal.path.write_bytes(journal.path.read_bytes()[:-1])
    assert repair(journal.path).lines == ()
    assert len(read_events(journal.path)) == 2


def test_the_store_knows_which_reviews_are_open(tmp_path):
    store = Store(tmp_path)
    Journal(store.path_of("open")).append(STARTED)
    Journal(store.path_of("done")).append(STARTED, Concluded(determination="criteria_met"))
    Journal(store.path_of("again")).append(STARTED, Concluded(determination="criteria_met"), Reopened(reason="x"))
    (tmp_path / "junk.jsonl").write_text("junk")
    assert {c.path.stem: c.concluded is not None for c in store.cases()} == {
        "open": False,
        "done": True,
        "again": False,
    }


@pytest.mark.parametrize("case", ["../../etc/passwd", "/abs/olute", "a\x00b", "..", "x" * 300, "ümläut"])
def test_a_case_reference_never_leaves_the_store(tmp_path, case):
    store = Store(tmp_path)
    try:
        path = store.path_of(case)
    except TranscriptError:
        return
    assert path.parent == tmp_path
    assert len(path.name) < 100
