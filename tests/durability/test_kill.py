"""Reviews that are cut off: whatever ends the process, every acknowledged answer is there and the review goes on.

Two sizes. Normally six reviews are killed. With ASSISTANT_LONG=1 in the environment it is 300, and more of everything:

    ASSISTANT_LONG=1 pytest tests/durability/test_kill.py

Each review has a seed, new in every run, which stands in the test's name and output. ASSISTANT_SEED=N makes N the first
of them again. When a process dies still depends on the machine, so a seed repeats the plan, not the microsecond.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import driver
import pytest
from charts import CHARTS
from driver import (
    PLAIN_SCRIPTS,
    SCREEN_SCRIPTS,
    SCRIPTS,
    Driven,
    check_after,
    finish,
    saved_stage,
    stages,
)
from sampling import LONG, each, first

from assistant.answering import reads
from assistant.events import Started
from assistant.interview import start
from assistant.journal import Journal, repair
from assistant.plain import PlainReview
from assistant.transcript import read_events

KILLS = 300 if LONG else 6
ENDINGS = 8 if LONG else 1
# All workers of one run must agree on the names of the tests, so the seed comes from what they share.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(time.time_ns())
FIRST = int(os.environ.get("ASSISTANT_SEED") or random.Random(RUN).randrange(10**6))
SHELLS = ("screen", "plain")
MOMENTS = ("start", "typing", "enter", "ahead", "enter", "enter")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def interrupted(review, answers, moment, chance):
    """Give some answers, and stop at a random place of the next one, with a random delay; nothing is awaited.

    Returns how many answers may be saved without having been acknowledged: what is typed before the next question is
    shown is no answer to it.
    """
    if moment == "start":
        time.sleep(chance.uniform(0, 0.8))
        return 0
    review.until_ready()
    before = chance.randrange(len(answers))
    for answer in answers[:before]:
        review.give(answer)
    following = answers[before:]
    if moment == "typing":
        review.send(following[0][: chance.randint(0, 60)])
    else:
        review.sent += 1
        review.send(review.typed(following[0]) + "\r")
    if moment == "ahead":
        time.sleep(0.1)
        review.send("".join(following[1:2]))
    time.sleep(chance.choice((0, chance.uniform(0, 0.02), chance.uniform(0, 0.1), chance.uniform(0, 0.3))))
    return 1


def planned(seed, shell):
    """The script and the source of chance of a seed."""
    chance = random.Random(seed)
    scripts = SCREEN_SCRIPTS if shell == "screen" else PLAIN_SCRIPTS
    return chance, scripts[chance.choice(sorted(scripts))]


def planned_kills(count):
    """Parameters: a shell, a moment and a seed, every shell and moment as often as the others."""
    plan = [(SHELLS[(n + n // len(MOMENTS)) % 2], MOMENTS[n % len(MOMENTS)], FIRST + n) for n in range(count)]
    marks: dict = {}
    return [pytest.param(*one, id="-".join(map(str, one)), marks=marks.get(one[:2], ())) for one in plan]


@pytest.mark.parametrize(("shell", "moment", "seed"), planned_kills(KILLS))
def test_a_killed_review_has_every_acknowledged_answer(shell, moment, seed, state, loaded):
    print(f"ASSISTANT_SEED={seed}")
    chance, answers = planned(seed, shell)
    expected = stages(answers, loaded)
    with Driven(shell, "X", expected) as review:
        in_flight = interrupted(review, answers, moment, chance)
        review.terminal.process.kill()
        review.terminal.process.wait()
        review.drain()
        acknowledged = review.acknowledged
        saved = check_after("X", expected, answers, acknowledged=acknowledged, sent=review.sent, in_flight=in_flight)
    if saved is None:  # killed before it had saved that it was started: the case is free
        with Driven(shell, "X", expected) as review:
            review.until_ready()
            review.give(answers[0])


ENDED_BY = {
    "SIGTERM": lambda review: review.terminal.process.send_signal(signal.SIGTERM),
    "SIGHUP": lambda review: review.terminal.process.send_signal(signal.SIGHUP),
    "closed": lambda review: review.terminal.hang_up(),
}


@pytest.mark.parametrize("seed", range(FIRST, FIRST + ENDINGS))
@pytest.mark.parametrize(("end", "shell"), each(list(ENDED_BY), SHELLS))
def test_a_review_ended_by_a_signal_has_every_acknowledged_answer(end, shell, seed, state, loaded):
    print(f"ASSISTANT_SEED={seed}")
    chance, answers = planned(seed, shell)
    expected = stages(answers, loaded)
    number = signal.SIGTERM if end == "SIGTERM" else signal.SIGHUP
    with Driven(shell, "X", expected) as review:
        interrupted(review, answers, chance.choice(("typing", "enter", "enter")), chance)
        while end == "closed" and review.terminal._read(0):
            pass  # what has come by now was seen; what comes later nobody sees
        acknowledged = review.acknowledged
        ENDED_BY[end](review)
        review.drain()
        status = review.terminal.process.wait(driver.PATIENCE)
        if end != "closed":
            acknowledged = review.acknowledged
            assert acknowledged <= review.sent
        # A shell reports 128 and the number for both; a review that had ended before the signal ended well.
        assert status in {128 + number, -number}
    if end == "closed":  # it may have gone on for a moment, unseen
        path = state / "X.jsonl"
        saved = saved_stage(path, expected)
        assert acknowledged <= saved <= review.sent
        finish("X", expected, saved, answers)
        assert saved_stage(path, expected) == len(answers)
    else:
        check_after("X", expected, answers, acknowledged=acknowledged, sent=review.sent)


@pytest.mark.parametrize("begin", first([0, 1], 1))
def test_killed_at_each_moment_of_saving(begin, state, loaded):
    """Before, amid and after every write and fsync: the process kills itself there, one review for each."""
    state.mkdir()
    answers = SCRIPTS["film"]
    expected = stages(answers, loaded)
    command = [sys.executable, driver.__file__, str(state), str(begin), "2"]
    path = os.pathsep.join([str(Path(driver.__file__).parents[1] / "tui"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}, timeout=300, check=True
    )
    ends = [json.loads(line) for line in run.stdout.splitlines()]
    assert [e["status"] for e in ends] == [-signal.SIGKILL] * (len(ends) - 1) + [0]
    assert len(ends) > 2 * len(answers)
    reached = set()
    for end in ends:
        name = f"M{end['moment']}"
        journal = state / f"{name}.jsonl"
        if not journal.exists() or b"\n" not in journal.read_bytes():
            continue  # see the tests of reviews that had not yet begun
        saved = saved_stage(journal, expected)
        acknowledged = driver.acknowledged_lines((state / f"{name}.out").read_bytes())
        assert acknowledged <= saved <= acknowledged + 1, name
        reached.add((acknowledged, saved))
    assert {saved for _, saved in reached} == set(range(len(answers) + 1))
    assert {saved - acknowledged for acknowledged, saved in reached} == {0, 1}
    begun = [e["moment"] for e in ends if (state / f"M{e['moment']}.jsonl").exists()]
    torn = [moment for moment in begun if driver.torn(state / f"M{moment}.jsonl")]
    for moment in torn[1:2]:
        finish(f"M{moment}", expected, saved_stage(state / f"M{moment}.jsonl", expected), answers)
    assert torn


LAST_BYTES = {"between answers": b"", "amid a write": b'{"event": "asked", "ques'}


@pytest.mark.parametrize(("shell", "tail"), each(SHELLS, list(LAST_BYTES)))
def test_a_window_that_looks_goes_on_when_the_other_is_killed(shell, tail, state, loaded):
    answers = SCRIPTS["film"]
    expected = stages(answers, loaded)
    ends = {"screen": "1. Request and policy", "plain": "Press Enter or type /quit to leave."}
    resume = [*driver.ASSISTANT, "resume", "X", *["--plain"] * (shell == "plain")]
    with Driven("plain", "X", expected) as first:
        first.until_ready().give(answers[0]).give(answers[1])
        second = Driven(shell, "X", expected, command=resume, size=(180, 60))
        second.until(lambda: "open in another window" in second.shown.lower(), "who has it open")
        first.terminal.process.kill()
        first.terminal.process.wait()
        with (state / "X.jsonl").open("ab") as file:
            file.write(LAST_BYTES[tail])
        if shell == "plain":
            second.send("\r")
        second.until(lambda: "you can answer here now" in second.shown, "leave to answer")
        for number, answer in enumerate(answers[2:], 3):
            words = " ".join(expected[number].marker.split()) if number < len(answers) else ends[shell]
            second.send(answer + "\r")
            second.until(lambda words=words: words in second.shown, "reply")
        second.terminal.close()
    assert saved_stage(state / "X.jsonl", expected) == len(answers)


# --- The host stops -----------------------------------------------------------------------------------------------


class Disk:
    """Notes what fsync was called for: how long each file was then, and which directories."""

    def __init__(self, monkeypatch):
        self.files = {}
        self.directories = set()
        real = os.fsync

        def fsync(handle):
            real(handle)
            found = os.fstat(handle)
            if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112 - a handle, not a path
                self.directories.add(found.st_ino)
            else:
                self.files[found.st_ino] = found.st_size

        monkeypatch.setattr(os, "fsync", fsync)

    def has(self, path):
        """How much of a file is on the disk for certain."""
        return self.files.get(path.stat().st_ino, 0)


class Watched(io.StringIO):
    """What the review says; at each word, how much of the journal was on the disk."""

    def __init__(self, disk, path):
        super().__init__()
        self.disk = disk
        self.path = path
        self.safe = []

    def write(self, text):
        self.safe.append((self.disk.has(self.path), self.path.stat().st_size))
        return super().write(text)


def reviewed(answers, path, disk, loaded, **options):
    """A whole review in this process; how many bytes were safe at each word that was said."""
    begun = Started(policy=loaded.policy.id, version=loaded.policy.version, case="X", at=NOW.isoformat(), **options)
    journal = Journal(path)
    journal.append(begun)
    out = Watched(disk, path)
    source = io.StringIO("".join(f"{answer}\n" for answer in answers))
    session = start(loaded, reads(loaded), begun)
    assert PlainReview(session, journal, source, out, lambda: NOW).run() == 0
    return out.safe


@pytest.mark.parametrize("name", sorted(CHARTS) if LONG else ["a short one"])
def test_when_the_host_stops_everything_that_was_said_is_on_the_disk(name, tmp_path, in_memory, loaded, monkeypatch):
    """At every word all that was written had been fsynced; from any later stop all of that is read back."""
    path = tmp_path / "X.jsonl"
    disk = Disk(monkeypatch)
    answers = CHARTS[name]["answers"] if name in CHARTS else ("52", "no", "")
    safe = reviewed(answers, path, disk, loaded, intake=name in CHARTS)
    assert all(on_disk == written for on_disk, written in safe)
    assert tmp_path.stat().st_ino in disk.directories
    whole = path.read_bytes()
    events = read_events(path)
    ends = [0] + [n + 1 for n, byte in enumerate(whole) if byte == 10]
    synced = sorted({on_disk for on_disk, _ in safe})
    assert len(synced) > len(answers)
    assert set(synced) <= set(ends)
    monkeypatch.undo()
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # of the copies below; a stop of the real host is not tested
    copy = in_memory / "copy.jsonl"
    seen = {}
    for last, following in zip(synced, [*synced[1:], len(whole)], strict=True):
        for offset in range(last, following + 1):
            copy.write_bytes(whole[:offset])
            cut = repair(copy).cut
            left = copy.read_bytes()
            assert left[:last] == whole[:last], f"fsynced bytes were lost after a stop at byte {offset}"
            if left not in seen:
                seen[left] = read_events(copy)
            lines = sum(end <= len(left) for end in ends[1:])
            assert seen[left] == events[:lines]
            assert lines >= sum(end <= offset for end in ends[1:])
            assert bool(cut) == (offset not in ends and len(left) < offset), offset
    assert set(map(len, seen)) >= set(synced)


TAILS = {
    "zeros": b"\0" * 700,
    "zero": b"\0",
    "no text": b"\xff\xfe",
    "half": b'{"event": "answered", "question": "age", "te',
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_what_a_stop_leaves_after_the_last_line_is_cut_off(tail, tmp_path, loaded, monkeypatch):
    path = tmp_path / "X.jsonl"
    reviewed(SCRIPTS["film"], path, Disk(monkeypatch), loaded, intake=False)
    whole, events = path.read_bytes(), read_events(path)
    path.write_bytes(whole + tail)
    assert repair(path).cut
    assert path.read_bytes() == whole
    assert read_events(path) == events


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (40 if LONG else 1)))
def test_a_review_torn_at_any_byte_is_resumed(seed, state, loaded):
    print(f"ASSISTANT_SEED={seed}")
    chance, answers = planned(seed, "plain")
    expected = stages(answers, loaded)
    command = [*driver.ASSISTANT, "review", "--no-intake", "--request", str(driver.REQUEST), "--plain", "--case", "X"]
    given = "".join(f"{answer}\n" for answer in answers)
    subprocess.run(command, input=given, text=True, stdout=subprocess.DEVNULL, check=True)
    path = state / "X.jsonl"
    assert saved_stage(path, expected) == len(answers)
    whole = path.read_bytes()
    offset = chance.randrange(whole.find(b"\n") + 1, len(whole))
    print(f"byte {offset} of {len(whole)}")
    path.write_bytes(whole[:offset])
    saved = saved_stage(path, expected)
    result = finish("X", expected, saved, answers)
    complete = whole.rfind(b"\n", 0, offset) + 1
    torn = offset not in {complete, whole.find(b"\n", offset)}
    assert ("torn" in result.stdout + result.stderr) == torn
    assert saved_stage(path, expected) == len(answers)


@pytest.mark.parametrize("left", [b"", b'{"event": "started", "form', b"\0" * 40], ids=["nothing", "torn", "zeros"])
def test_a_review_that_stopped_before_it_had_begun_does_not_block_its_case(left, state, loaded):
    """Nothing was acknowledged; but the case must be reviewable, by `resume` or from the start."""
    state.mkdir(mode=0o700)
    (state / "X.jsonl").write_bytes(left)
    answers = SCRIPTS["film"]
    given = "".join(f"{answer}\n" for answer in answers)
    ends = []
    for command in (["resume", "X"], ["review", "--no-intake", "--case", "X"]):
        run = subprocess.run(
            [*driver.ASSISTANT, *command, "--plain"], input=given, capture_output=True, text=True, check=False
        )
        ends.append(run.returncode)
        print(run.stderr)
        if run.returncode == 0:
            break
    assert ends[-1] == 0
    assert saved_stage(state / "X.jsonl", stages(answers, loaded)) == len(answers)
