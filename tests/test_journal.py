"""The journal of a live review: chained lines, damage, locks, full disks."""

import contextlib
import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cli import main
from assistant.events import Answered, Concluded, Noted, Started
from assistant.journal import Journal, Owner, holder_of, repair
from assistant.store import Store
from assistant.transcript import TranscriptError, read_events, verify

STARTED = Started(policy="hip-core-decompression", version=2, case="c")
ANSWERS = tuple(Answered(question="age", text=f"answer {n}", read=()) for n in range(6))
ME = Owner.of_this_process("me", "2026-11-23T09:14:00+00:00")


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "c.jsonl")
    made.append(STARTED)
    for answer in ANSWERS:
        made.append(answer)
    return made


# --- Tamper evidence ---


def test_what_was_written_is_verified_and_carries_on_over_a_restart(journal):
    before = verify(journal.path)
    assert (before.problem, before.lines, before.chained) == ("", 7, 7)
    Journal(journal.path).append(Noted(criterion="N1", text="later"))
    after = verify(journal.path)
    assert (after.problem, after.lines) == ("", 8)
    assert after.last != before.last


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_is_found_at_its_line(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("chain") / "c.jsonl"
    journal = Journal(path)
    journal.append(STARTED, *ANSWERS)
    raw = path.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 2).filter(lambda i: raw[i] != 10))
    new = data.draw(st.sampled_from([c for c in b"abcxyz0189" if c != raw[place]]))
    path.write_bytes(raw[:place] + bytes([new]) + raw[place + 1 :])
    line = raw[:place].count(b"\n") + 1
    problem = verify(path).problem
    assert re.search(rf"\b{line}\b", problem), problem


def changed(path, change):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(change(lines)))
    return verify(path).problem


def test_the_first_line_that_was_altered_dropped_reordered_or_inserted_is_named(journal):
    whole = journal.path.read_text()
    said = {}
    for name, change in {
        "altered": lambda x: [*x[:3], x[3].replace("answer 2", "answer 9"), *x[4:]],
        "dropped": lambda x: x[:3] + x[4:],
        "two dropped": lambda x: x[:3] + x[5:],
        "reordered": lambda x: [*x[:3], x[4], x[3], *x[5:]],
        "inserted": lambda x: [*x[:3], '{"event": "undone"}\n', *x[3:]],
        "inserted copy": lambda x: [*x[:4], x[2], *x[4:]],
    }.items():
        journal.path.write_text(whole)
        said[name] = changed(journal.path, change)
    assert said == {
        "altered": "line 4 was altered",
        "dropped": "line 4 of the original was dropped",
        "two dropped": "lines 4 to 5 of the original were dropped",
        "reordered": "line 4 was reordered: it was written as line 5",
        "inserted": "line 4 was inserted: it has no link to the one before",
        "inserted copy": "line 5 was inserted or reordered: it was written as line 3",
    }


def test_verify_is_a_command_and_resume_says_so_too(journal, capsys):
    assert main(["transcript", "verify", str(journal.path)]) == 0
    assert verify(journal.path).last in capsys.readouterr().out
    changed(journal.path, lambda x: x[:3] + x[4:])
    assert main(["transcript", "verify", str(journal.path)]) == 1
    assert "line 4 of the original was dropped" in capsys.readouterr().out


def test_a_transcript_written_by_hand_needs_no_chain_and_gets_one_when_it_goes_on(tmp_path, capsys):
    path = tmp_path / "hand.jsonl"
    path.write_text('{"event": "started", "policy": "hip-core-decompression", "version": 2}\n')
    assert main(["transcript", "verify", str(path)]) == 1
    assert "1 of 1 lines without a chain" in capsys.readouterr().out
    Journal(path).append(*ANSWERS)
    assert verify(path).problem == ""
    assert changed(path, lambda x: [x[0].replace("hip", "hop"), *x[1:]]) == "one of the lines 1 to 2 was altered"


# --- Damage ---


def test_damage_before_whole_lines_keeps_the_file_and_asks_for_what_came_later(journal):
    raw = journal.path.read_bytes()
    lines = raw.splitlines(keepends=True)
    journal.path.write_bytes(b"".join([*lines[:3], b"#### \xff\xfe damaged\n", *lines[4:]]))
    damaged = journal.path.read_bytes()
    found = repair(journal.path)
    assert found.damaged == 4
    assert found.kept.read_bytes() == damaged
    assert found.later == ("answer 3", "answer 4", "answer 5")
    assert journal.path.read_bytes() == b"".join(lines[:3])
    assert verify(journal.path).problem == ""
    said = " ".join(found.lines)
    assert "Line 4" in said
    assert "answer 5" in said


@pytest.mark.parametrize("left", [b"", b'{"event": "started", "form', b"\0" * 40])
def test_a_review_that_stopped_before_it_had_begun_can_be_begun(left, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    (tmp_path / "X.jsonl").write_bytes(left)
    run = [sys.executable, "-m", "assistant"]
    begun = subprocess.run(
        [*run, "review", "--plain", "--no-intake", "--case", "X"],
        input="38\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert begun.returncode == 3, begun.stderr
    assert [e.event for e in read_events(tmp_path / "X.jsonl")] == ["started", "asked", "answered"]


# --- Two windows ---


HOLD = """
import sys, pathlib
from assistant.journal import Journal, Owner
journal = Journal(pathlib.Path(sys.argv[1]))
assert journal.lock(Owner.of_this_process("first", "2026-11-23T08:00:00+00:00")) is None
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other_window(journal):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, journal.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    with process:
        yield process
        process.kill()


def test_the_second_window_may_look_and_not_write(journal, other_window):
    second = Journal(journal.path)
    holder = second.lock(ME)
    assert (holder.user, holder.pid, holder.since[:10]) == ("first", other_window.pid, "2026-11-23")
    before = journal.path.read_bytes()
    with pytest.raises(TranscriptError, match=f"another window .first on .*, process {other_window.pid}"):
        second.append(ANSWERS[0])
    assert journal.path.read_bytes() == before
    assert holder_of(journal.path).pid == other_window.pid


def test_what_a_killed_window_leaves_is_taken_over_by_itself(journal, other_window):
    other_window.kill()
    other_window.wait()
    second = Journal(journal.path)
    assert second.lock(ME) is None
    second.append(ANSWERS[0])
    assert holder_of(journal.path).pid == os.getpid()
    second.release()
    assert holder_of(journal.path) is None


def test_a_note_of_another_host_is_believed_until_asked_not_to(journal):
    note = {"user": "x", "host": "far-away", "pid": 1, "since": "2026-11-23T08:00:00"}
    journal.lock_path.write_text(json.dumps(note))
    second = Journal(journal.path)
    assert second.lock(ME).host == "far-away"
    assert second.lock(ME, take_over=True) is None
    second.release()


def test_the_lock_file_is_its_owners_alone_whatever_the_umask(journal):
    old = os.umask(0)
    try:
        journal.lock(ME)
    finally:
        os.umask(old)
    assert journal.lock_path.stat().st_mode & 0o777 == 0o600
    journal.release()


def test_a_window_that_looks_follows_and_takes_over_in_plain_mode(tmp_path):
    state = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path)}
    run = [sys.executable, "-m", "assistant"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": state}
    first = subprocess.Popen([*run, "review", "--plain", "--no-intake", "--case", "W"], **pipes)
    first.stdin.write("38\n")
    first.stdin.flush()
    while "Which hip" not in first.stdout.readline():
        continue
    second = subprocess.run(
        [*run, "resume", "W", "--plain"], input="left\n", capture_output=True, text=True, env=state, check=False
    )
    assert "open in another window" in second.stdout
    assert "you can look, but not answer" in second.stdout
    listed = subprocess.run([*run, "cases"], capture_output=True, text=True, env=state, check=False).stdout
    assert f"process {first.pid}" in listed
    first.communicate()
    third = subprocess.run(
        [*run, "resume", "W", "--plain"], input="left\n", capture_output=True, text=True, env=state, check=False
    )
    assert "another window" not in third.stdout
    assert [e.text for e in read_events(tmp_path / "W.jsonl") if e.event == "answered"] == ["38", "left"]


# --- Disks ---


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", ["write", "fsync", "open"])
def test_a_write_that_fails_leaves_nothing_and_the_next_one_works(journal, monkeypatch, fault, call):
    before = journal.path.read_bytes()

    def fails(*_args, **_more):
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fails)
        with pytest.raises(TranscriptError, match=re.escape(os.strerror(fault))) as caught:
            journal.append(ANSWERS[0])
    assert "/keep" in str(caught.value)
    assert journal.path.read_bytes() == before
    journal.append(ANSWERS[0])
    assert verify(journal.path).lines == 8


def test_a_review_moves_to_another_directory_with_all_its_events(journal, tmp_path):
    events = read_events(journal.path)
    old = journal.path
    journal.move_to(str(tmp_path / "elsewhere"), events)
    journal.append(ANSWERS[0])
    assert read_events(tmp_path / "elsewhere" / "c.jsonl") == (*events, ANSWERS[0])
    assert read_events(old) == events
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o700


def test_a_file_that_something_else_changed_is_not_written_over(journal):
    with journal.path.open("a") as file:
        file.write('{"event": "undone"}\n')
    with pytest.raises(TranscriptError, match="changed by something else"):
        journal.append(ANSWERS[0])


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 64 kB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system can not be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_costs_no_answer_and_the_review_goes_on(small_disk, tmp_path):
    state = {**os.environ, "ASSISTANT_STATE_DIR": str(small_disk)}
    run = [sys.executable, "-m", "assistant"]
    first = subprocess.run(
        [*run, "review", "--plain", "--no-intake", "--case", "F"],
        input="38\n",
        capture_output=True,
        text=True,
        env=state,
        check=False,
    )
    assert first.returncode == 3
    (small_disk / "filler").write_bytes(b"x" * 4096)
    with contextlib.suppress(OSError), (small_disk / "filler").open("ab", buffering=0) as file:
        while file.write(b"x" * 4096):
            continue
    other = tmp_path / "other"
    given = f"left {'very long answer ' * 800}\n/keep {other}\n\n/quit\n"
    second = subprocess.run(
        [*run, "resume", "F", "--plain"], input=given, capture_output=True, text=True, env=state, check=False
    )
    assert "No space left on device" in second.stdout
    assert f"Saved in {other}" in second.stdout
    assert [e.event for e in read_events(small_disk / "F.jsonl")] == ["started", "asked", "answered"]
    texts = [e.text for e in read_events(other / "F.jsonl") if e.event == "answered"]
    assert texts[0] == "38"
    assert texts[1].startswith("left very long answer")
    (small_disk / "filler").unlink()
    third = subprocess.run(
        [*run, "resume", "F", "--plain"], input="mri\n", capture_output=True, text=True, env=state, check=False
    )
    assert third.returncode == 3
    assert [e.text for e in read_events(small_disk / "F.jsonl") if e.event == "answered"] == ["38"]
    assert [e.text for e in read_events(other / "F.jsonl") if e.event == "answered"][2:] == ["mri"]


# --- Listing and purging ---


def test_cases_lists_what_there_is_and_purge_removes_only_what_was_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    store = Store(tmp_path)
    for name, events in {
        "open": ANSWERS[:2],
        "old": (*ANSWERS[:2], Concluded(determination="criteria_met")),
        "new": (Concluded(determination="criteria_met"),),
    }.items():
        Journal(store.path_of(name)).append(STARTED.model_copy(update={"case": name}), *events)
    long_ago = 1_700_000_000
    for name in ("open", "old"):
        os.utime(store.path_of(name), (long_ago, long_ago))
    assert main(["cases"]) == 0
    rows = {line.split("\t")[0]: line.split("\t") for line in capsys.readouterr().out.splitlines()}
    assert rows["old"][2:5] == ["finished", "2", "criteria_met"]
    assert rows["open"][2] == "open"
    assert main(["purge", "--older-than", "1y", "--dry-run"]) == 0
    assert store.path_of("old").exists()
    assert main(["purge", "--older-than", "1y", "--yes"]) == 0
    out = capsys.readouterr().out
    assert "old" in out
    assert "open" not in out
    assert {p.stem for p in tmp_path.glob("*.jsonl")} == {"open", "new"}
    assert main(["purge", "--older-than", "soon"]) == 2


def test_purge_asks_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    path = Store(tmp_path).path_of("old")
    Journal(path).append(STARTED, Concluded(determination="criteria_met"))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert main(["purge", "--older-than", "90d"]) == 1
    assert path.exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["purge", "--older-than", "90d"]) == 0
    assert not path.exists()


def test_a_damaged_review_is_listed_with_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    (tmp_path / "B.jsonl").write_text("junk\n")
    assert main(["cases"]) == 1
    assert "assistant resume B" in capsys.readouterr().err
    assert main(["resume", "B", "--plain"]) == 2
    assert "assistant review --case B" in capsys.readouterr().err
    assert list(Path(tmp_path).glob("B.damaged-*"))
