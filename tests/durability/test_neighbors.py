"""Other windows, other processes and other users of the host: none ends a review, writes into it or reads it."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driver import ASSISTANT, PATIENCE, REQUEST
from terminal import Terminal

from assistant import ownership
from assistant.cli import main
from assistant.events import Answered, Started
from assistant.journal import Journal, Owner, holder_of, repair
from assistant.transcript import TranscriptError, read_events, verify

NOBODY = 65534
STARTED = Started(policy="hip-core-decompression", version=2, case="N")
ANSWER = Answered(question="age", text="38", read=())
ME = Owner.of_this_process("me", "2026-11-23T09:14:00+00:00")
UNSEEN, SEEN_AGAIN = "can not be seen just now", "can be seen again"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files and processes to another user")


class Plain:
    """A review in plain mode over pipes."""

    def __init__(self, *arguments, before=()):
        self.process = subprocess.Popen(
            [*before, *ASSISTANT, *arguments, "--plain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def said(self):
        """All up to the next prompt, or the end."""
        told = b""
        while not told.endswith(b"\n> ") and (more := self.process.stdout.read1(1)):
            told += more
        return told.decode()

    def give(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.said()


@pytest.fixture
def writer(state):
    """A window that has review N open."""
    with Plain("review", "--no-intake", "--case", "N") as window:
        window.said()
        yield window


def answers(state):
    return [e.text for e in read_events(state / "N.jsonl") if e.event == "answered"]


def bound_by_permissions():
    """What to start a process with, so that files closed to their owner are closed to it."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root opens every file, and setpriv (package util-linux) is not there to take that from it")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


# --- A window that only looks -------------------------------------------------------------------------------------


@contextlib.contextmanager
def moved(path):
    """Something is out of its place for a while."""
    away = path.with_name("away")
    path.rename(away)
    try:
        yield
    finally:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        away.rename(path)


@contextlib.contextmanager
def replaced(path, put):
    with moved(path):
        put(path)
        yield


@contextlib.contextmanager
def closed(path):
    path.chmod(0)
    try:
        yield
    finally:
        path.chmod(0o700)


HICCUPS = {
    "directory moved": moved,
    "another directory": lambda state: replaced(state, lambda p: (p.mkdir(0o700), shutil.copy(REQUEST, p / "N.jsonl"))),
    "directory unreadable": closed,
    "review gone": lambda state: moved(state / "N.jsonl"),
    "review is a fifo": lambda state: replaced(state / "N.jsonl", os.mkfifo),
    "review is a copy": lambda state: replaced(state / "N.jsonl", lambda p: shutil.copy(p.with_name("away"), p)),
    "lock gone": lambda state: moved(state / "N.lock"),
    "lock is a directory": lambda state: replaced(state / "N.lock", Path.mkdir),
    "lock is a fifo": lambda state: replaced(state / "N.lock", os.mkfifo),
    "lock is a link": lambda state: replaced(state / "N.lock", lambda p: p.symlink_to("away")),
    "lock is another file": lambda state: replaced(state / "N.lock", lambda p: p.touch(0o600)),
}


def test_a_window_that_looks_says_that_it_can_not_and_goes_on_looking(writer, state):
    before = (state / "N.jsonl").read_bytes()
    with Plain("resume", "N", before=bound_by_permissions()) as looking:
        assert "open in another window" in looking.said()
        for name, hiccup in HICCUPS.items():
            with hiccup(state):
                said = looking.give("left")
                assert said.count(UNSEEN) <= 1, name
                assert len([line for line in looking.give("left").splitlines() if UNSEEN in line]) == 1, name
            looking.give("")
            assert UNSEEN not in looking.give(""), name
            assert (state / "N.jsonl").read_bytes() == before
        assert {p.name for p in state.iterdir()} == {"N.jsonl", "N.lock"}
        writer.give("38")
        assert "38" in looking.give("")
        writer.process.kill()
        writer.process.wait()
        assert "you can answer here now" in looking.give("")
        looking.give("left")
    assert answers(state) == ["38", "left"]


def until(screen, words):
    """What is on the screen, wherever its lines are broken."""
    began = time.monotonic()
    while words not in (text := " ".join(re.sub(r"[│┃|]", " ", screen.text).split())):
        assert time.monotonic() - began < PATIENCE, f"no {words!r}:\n{screen.text}"
        assert screen._read(0.2) is not None, f"ended before {words!r}:\n{screen.text}"
    return text


def test_the_screen_of_a_window_that_looks_goes_on_too(writer, state):
    screen = Terminal(command=[*ASSISTANT, "resume", "N"], size=(160, 50))
    try:
        until(screen, "open in another window")
        for name in ("directory moved", "lock is a link", "lock is a fifo"):
            with HICCUPS[name](state):
                until(screen, UNSEEN)
            until(screen, SEEN_AGAIN)
        writer.give("38")
        until(screen, "Which hip")
        assert screen.process.poll() is None
        assert not re.search("Traceback|Error", screen.text)
    finally:
        screen.process.kill()
        screen.close()
    assert answers(state) == ["38"]


def test_a_window_that_looks_never_takes_a_review_that_is_another(writer, state):
    with Plain("resume", "N") as looking:
        looking.said()
        copy = state / "copy"
        shutil.copy(state / "N.jsonl", copy)
        copy.replace(state / "N.jsonl")
        writer.process.kill()
        writer.process.wait()
        assert UNSEEN in looking.give("38")
        assert "look, but not answer" in looking.give("38")
    assert answers(state) == []


# --- Two writers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_window_whose_lock_was_removed_saves_nothing_beside_another(how, writer, state):
    lock = state / "N.lock"
    lock.unlink()
    if how == "replaced":
        lock.touch(0o600)
    with Plain("resume", "N") as second:
        assert "another window" not in second.said()
        said = writer.give("38")
        assert "N.lock was removed or replaced" in said
        assert "Not saved yet: “38”" in said
        second.give("left, 39")
    assert answers(state) == ["left, 39"]
    assert verify(state / "N.jsonl").problem == ""


# --- Taking over --------------------------------------------------------------------------------------------------


def test_a_window_that_is_stopped_is_ended_and_named(writer, state):
    writer.give("38")
    writer.process.send_signal(signal.SIGSTOP)
    with Plain("resume", "N", "--take-over") as mine:
        said = mine.said()
        assert re.search(rf"The other window was ended: .*process {writer.process.pid},", said)
        mine.give("left")
    assert writer.process.wait(PATIENCE) in {-signal.SIGHUP, 128 + signal.SIGHUP}
    assert answers(state) == ["38", "left"]


STAYS = """
import os, signal, sys, pathlib
from assistant.journal import Journal, Owner
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGCONT, lambda *_: os.kill(os.getpid(), signal.SIGSTOP) if "stops" in sys.argv else None)
journal = Journal(pathlib.Path(sys.argv[1]))
assert journal.lock(Owner.of_this_process("first", "2026-11-23T08:00:00+00:00")) is None
print("held", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def holding(tmp_path):
    """Begin a process that has a review open and does not leave when it is asked to."""
    begun = []

    def hold(*how):
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", STAYS, tmp_path / "N.jsonl", *how], stdout=subprocess.PIPE, text=True
            )
        )
        assert begun[-1].stdout.readline() == "held\n"
        return begun[-1]

    yield hold
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", ["goes on", "stops"])
def test_a_window_that_does_not_leave_is_named_with_what_to_do(how, holding, tmp_path, monkeypatch):
    holder = holding(how)
    monkeypatch.setattr(ownership, "PATIENCE", 0.5)
    with pytest.raises(TranscriptError, match=f"process {holder.pid}, .*has not left") as caught:
        Journal(tmp_path / "N.jsonl").lock(ME, take_over=True)
    assert ("it is stopped" in str(caught.value)) == (how == "stops")
    assert f"kill -KILL {holder.pid}" in str(caught.value)
    holder.kill()
    holder.wait()
    journal = Journal(tmp_path / "N.jsonl")
    assert journal.lock(ME, take_over=True) is None
    journal.release()


@contextlib.contextmanager
def bystander(**more):
    with subprocess.Popen(["sleep", "60"], **more) as process:
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("named", [-1, 0, "own", "not this program", "of another user", 10**30, 1e999, "x", None])
def test_no_process_is_ended_that_does_not_have_the_review(named, holding, tmp_path, monkeypatch):
    """What would be sent is only noted: a signal to process -1 would end the test, and whoever runs it."""
    if named == "of another user" and os.geteuid():
        pytest.skip("only root can begin a process of another user")
    holder = holding()
    sent = []
    with bystander() as mine, bystander(user=NOBODY) if not os.geteuid() else contextlib.nullcontext() as theirs:
        pids = {"own": os.getpid(), "not this program": mine, "of another user": theirs}
        note = {"user": "x", "host": socket.gethostname(), "pid": pids.get(named, named), "since": "2026-11-23"}
        (tmp_path / "N.lock").write_text(json.dumps(note) if named is not None else "")
        with monkeypatch.context() as noting:
            noting.setattr(os, "kill", lambda *what: sent.append(what))
            with pytest.raises(TranscriptError, match="No process was ended"):
                Journal(tmp_path / "N.jsonl").lock(ME, take_over=True)
    assert sent == []
    assert holder.poll() is None


def test_a_command_says_why_it_can_not_take_over(writer, state, capfd):
    note = json.loads((state / "N.lock").read_text())
    (state / "N.lock").write_text(json.dumps(note | {"host": "far-away"}))
    assert main(["resume", "N", "--plain", "--take-over"]) == 2
    assert "open on another host" in capfd.readouterr().err


def test_listing_reviews_waits_for_no_fifo(state):
    state.mkdir(0o700)
    Journal(state / "N.jsonl").append(STARTED)
    os.mkfifo(state / "N.lock")
    listed = subprocess.run([*ASSISTANT, "cases"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert listed.stdout.startswith("N\t")
    resumed = subprocess.run(
        [*ASSISTANT, "resume", "N", "--plain"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert resumed.returncode == 2
    assert resumed.stderr.count("\n") == 1
    assert "N.lock is not an ordinary file" in resumed.stderr


# --- Directories and files that others may write ------------------------------------------------------------------


@pytest.fixture
def refused(capsys):
    """What is said when a review is refused."""

    def said(*command):
        assert main([*command, "--plain"]) == 2
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        return told.err

    return said


@pytest.mark.parametrize("kind", ["jsonl", "lock"])
@pytest.mark.parametrize("whose", ["hard link", pytest.param("of another user", marks=as_root)])
def test_a_file_that_another_user_can_read_gets_no_answer(whose, kind, state, tmp_path, refused):
    state.mkdir(0o700)
    planted = state / f"N.{kind}"
    planted.touch()
    planted.chmod(0o666)
    if whose == "hard link":
        (tmp_path / "theirs").hardlink_to(planted)
    else:
        os.chown(planted, NOBODY, NOBODY)
    said = refused("review", "--no-intake", "--case", "N")
    assert str(planted) in said
    assert ("hard link" if whose == "hard link" else "another user") in said
    assert planted.read_bytes() == b""


def test_a_hard_link_made_during_a_review_gets_no_further_answer(writer, state, tmp_path):
    writer.give("38")
    (tmp_path / "theirs").hardlink_to(state / "N.jsonl")
    assert "hard link" in writer.give("left hip")
    assert b"left hip" not in (tmp_path / "theirs").read_bytes()
    (tmp_path / "theirs").unlink()
    writer.give("")
    assert answers(state) == ["38", "left hip"]


@pytest.mark.parametrize("command", ["review", "resume"])
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
@pytest.mark.parametrize("place", ["itself", "above"])
def test_a_directory_that_others_may_write_is_refused(place, mode, command, tmp_path, monkeypatch, refused):
    above = tmp_path / "above"
    state = above / "state"
    state.mkdir(0o700, parents=True)
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(state))
    Journal(state / "N.jsonl").append(STARTED)
    opened = state if place == "itself" else above
    opened.chmod(mode)
    options = ["review", "--no-intake", "--case", "M"] if command == "review" else ["resume", "N"]
    said = refused(*options)
    assert f"{opened} may be written by other users" in said
    assert f"chmod go-w {opened}" in said
    assert [p.name for p in state.iterdir()] == ["N.jsonl"]


@as_root
def test_a_directory_of_another_user_is_refused(state, refused):
    state.mkdir(0o700)
    os.chown(state, NOBODY, NOBODY)
    assert f"{state} belongs to another user" in refused("review", "--case", "N")
    assert list(state.iterdir()) == []


def test_a_link_in_a_directory_that_others_may_write_is_refused(tmp_path, monkeypatch, refused):
    (tmp_path / "private").mkdir(0o700)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "state").symlink_to(tmp_path / "private")
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path / "open" / "state"))
    assert "may be written by other users" in refused("review", "--case", "N")


def test_a_review_does_not_move_to_where_others_may_write(writer, state, tmp_path):
    writer.give("38")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert "may be written by other users" in writer.give(f"/keep {tmp_path / 'open'}")
    assert list((tmp_path / "open").iterdir()) == []
    writer.give("left")
    assert answers(state) == ["38", "left"]


def test_directories_that_are_made_are_closed_to_others_whatever_the_umask(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path / "new" / "deep" / "state"))
    run = subprocess.run(
        ["sh", "-c", 'umask 000; exec "$@"', "sh", *ASSISTANT, "review", "--plain", "--case", "N"],
        input="38\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 3, run.stderr
    made = [tmp_path / "new", tmp_path / "new/deep", tmp_path / "new/deep/state"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in made} == {0o700}


def test_a_repair_writes_into_no_file_that_waits_for_it(tmp_path):
    journal = Journal(tmp_path / "N.jsonl")
    journal.append(STARTED, ANSWER)
    (tmp_path / "N.new").touch()
    (tmp_path / "theirs").hardlink_to(tmp_path / "N.new")
    with journal.path.open("ab") as file:
        file.write(b'{"event": "ans')
    assert repair(journal.path).cut
    assert (tmp_path / "theirs").read_bytes() == b""
    assert journal.path.stat().st_nlink == 1
    assert holder_of(journal.path) is None


# --- The list of processes ----------------------------------------------------------------------------------------


def processes():
    """What another user of the host sees."""
    if os.geteuid():
        pytest.skip("only root can look as another user")
    if not shutil.which("ps"):
        pytest.skip("ps (package procps) is not installed")
    listed = subprocess.run(
        ["ps", "-ewwo", "pid=,args="], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, check=True
    )  # fmt: skip
    return dict(line.split(maxsplit=1) for line in listed.stdout.splitlines() if " " in line.strip())


@pytest.mark.parametrize("shell", ["plain", "screen"])
def test_another_user_sees_no_date_and_no_case(shell, state, tmp_path):
    request = tmp_path / "request.yaml"
    request.write_text("birth_date: 1988-03-12\n")
    given = ["review", "--case", "A-1001", "--date-of-service", "2026-12-10", "--request", str(request)]
    if shell == "plain":
        with Plain(*given) as window:
            window.said()
            seen = processes()[str(window.process.pid)]
    else:
        screen = Terminal(command=[*ASSISTANT, *given])
        try:
            until(screen, "A-1001")
            seen = processes()[str(screen.process.pid)]
        finally:
            screen.process.kill()
            screen.close()
    assert seen.split() == ["assistant"]
    assert read_events(state / "A-1001.jsonl")[0].request == {
        "birth_date": "1988-03-12",
        "date_of_service": "2026-12-10",
    }


def test_a_date_of_birth_is_not_taken_from_the_command_line(refused):
    said = refused("review", "--birth-date", "1988-03-12")
    assert "--request -" in said
    assert "1988" not in said
    helped = subprocess.run([*ASSISTANT, "review", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--birth-date" not in helped + (Path(__file__).parents[2] / "README.md").read_text()


def test_a_request_is_read_from_standard_input_in_plain_mode_and_the_screen(state):
    request = "case: N\\nbirth_date: 1988-03-12\\ndate_of_service: 2026-12-10\\n"
    program = " ".join(ASSISTANT)
    piped = subprocess.run(
        ["sh", "-c", f"printf '{request}' | {program} --request - --plain"], capture_output=True, check=False
    )
    assert piped.returncode == 3
    assert read_events(state / "N.jsonl")[0].request["birth_date"] == "1988-03-12"
    screen = Terminal(command=["sh", "-c", f"printf '{request.replace('N', 'S', 1)}' | exec {program} --request -"])
    try:
        until(screen, "case S")
        screen.type("S2325\r")
        until(screen, "S2325")
        assert screen.end(keys=b"\x11") == 3
    finally:
        screen.close()
    assert [e.text for e in read_events(state / "S.jsonl") if e.event == "answered"] == ["S2325"]
