"""Reviews through a real ssh connection: a real sshd, a real client in a real terminal, and what goes wrong on the way."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import driver
import pytest
from charts import CHARTS
from driver import SCRIPTS, Driven, Server, SlowLine, saved_stage, stages
from sampling import first, some

from assistant.answering import reads
from assistant.interview import fold, outcome_of
from assistant.transcript import read_events

pytestmark = pytest.mark.skipif(bool(driver.missing_tools()), reason=driver.missing_tools() or "-")
ANSWERS = SCRIPTS["film"]
PYTHON = sys.executable
SHELLS = ("screen", "plain")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("sshd"))
    yield one
    one.close()


@pytest.fixture
def over_ssh(server, state, tmp_path):
    """Start a command on the other side; the review that it shows, and a file with the number of its process."""
    opened = []

    def start(command, shell, expected, *, port=None, remote=None, size=(80, 24), term="xterm-256color", options=()):
        number = tmp_path / f"pid{len(opened)}"
        asked = f"echo $$ > {number}; exec {command}"
        environment = {"ASSISTANT_STATE_DIR": str(state), "LANG": "C.UTF-8", **(remote or {})}
        client = server.command(asked, port=port, environment=environment, options=options)
        # Over ssh the echo is made over there; it is part of what comes.
        review = Driven(shell, "X", expected, command=client, size=size, environment={"TERM": term})
        review.number = number
        opened.append(review)
        return review

    yield start
    for review in opened:
        review.terminal.close()


def review_command(*options, stty="stty -echo; "):
    """In plain mode without echo, so that every byte is the program's own."""
    return f"sh -c '{stty}exec {PYTHON} -m assistant review --case X {' '.join(options)}'"


def resume_command(*options):
    return f"sh -c 'stty -echo; exec {PYTHON} -m assistant resume X {' '.join(options)}'"


def dropped(review):
    """The client is killed; over there the program must end by itself."""
    number = int(review.number.read_text())
    os.kill(review.terminal.process.pid, signal.SIGKILL)
    review.terminal.process.wait()
    review.drain()
    gone(number)


def gone(number):
    began = time.monotonic()
    while Path(f"/proc/{number}").exists():
        assert time.monotonic() - began < driver.PATIENCE, f"process {number} is still there"
        time.sleep(0.02)


def left(review):
    """Leave by keys; the exit code that ssh hands back."""
    keys = b"/quit\r" if review.shell == "plain" else b"\x11"
    return review.terminal.end(keys)


def concluded(path, expected):
    assert saved_stage(path, expected) == len(expected) - 1
    return expected[-1].session.concluded


@pytest.mark.parametrize("shell", first(SHELLS, 1))
def test_a_whole_chart_over_ssh(shell, over_ssh, state, loaded):
    name = "chart-1-early-disease" if shell == "screen" else "chart-4-crescent"
    chart = CHARTS[name]
    expected = stages(tuple(chart["answers"]), loaded, intake=True)
    review = over_ssh(review_command(*["--plain"] * (shell == "plain")), shell, expected)
    review.until_ready()
    for answer in chart["answers"]:
        review.give(answer)
    if shell == "screen":
        review.terminal.type("\x1b")
    assert left(review) == 0
    assert concluded(state / "X.jsonl", expected)
    session = fold(loaded, reads(loaded), read_events(state / "X.jsonl"))
    assert session.concluded.determination == chart["determination"]
    assert outcome_of(session).value == chart["determination"]
    assert sorted(session.current.determination.flags) == sorted(chart["flags"])


@pytest.mark.parametrize("shell", first(SHELLS, 1))
def test_a_dropped_connection_loses_nothing_acknowledged(shell, over_ssh, state, loaded):
    expected = stages(ANSWERS, loaded)
    plain = ["--plain"] * (shell == "plain")
    review = over_ssh(review_command("--no-intake", *plain), shell, expected)
    review.until_ready()
    review.give(ANSWERS[0]).give(ANSWERS[1])
    review.send("half an ans")
    dropped(review)
    saved = saved_stage(state / "X.jsonl", expected)
    assert saved == review.acknowledged == 2

    again = over_ssh(resume_command(*plain), shell, expected)
    again.resumed(saved)
    for answer in ANSWERS[saved:]:
        again.give(answer)
    assert "half an ans" not in (state / "X.jsonl").read_text()
    if shell == "screen":
        again.terminal.type("\x1b")
    assert left(again) == 0
    assert concluded(state / "X.jsonl", expected)


@pytest.fixture
def tmux():
    """A tmux server of its own; its socket needs a short path."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed (Debian package tmux)")
    directory = tempfile.mkdtemp(prefix="tmux")
    socket = Path(directory) / "s"
    yield f"tmux -u -S {socket} -f /dev/null"
    subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
    shutil.rmtree(directory)


def test_in_tmux_a_dropped_connection_does_not_even_end_the_review(tmux, over_ssh, state, loaded):
    expected = stages(ANSWERS, loaded)
    inside = f"{PYTHON} -m assistant review --no-intake --case X; echo left $?; sleep 60"
    review = over_ssh(f'{tmux} new-session -s review "{inside}"', "screen", expected)
    review.until_ready()
    review.give(ANSWERS[0])
    review.send("half an ans")
    review.until(lambda: "half an ans" in review.shown, "typed words")
    dropped(review)

    again = over_ssh(f"{tmux} attach-session -t review", "screen", expected)
    again.resumed(1)
    again.until(lambda: "half an ans" in again.shown, "typed words")
    again.empty_field("half an ans")
    for answer in ANSWERS[1:]:
        again.give(answer)
    again.send("\x1b")
    again.until(lambda: "This review is concluded." in again.shown, "end")
    again.send("\x11")
    again.until(lambda: "left 0" in again.shown, "exit code")
    assert concluded(state / "X.jsonl", expected)


def no_colour(output):
    codes = {code for group in re.findall(rb"\x1b\[([0-9;:]*)m", output) for code in re.split(rb"[;:]", group)}
    return codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"22", b"23", b"24", b"27"}


CONDITIONS = {
    "LANG=C": {"remote": {"LANG": "C"}},
    "ASCII only": {
        "remote": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        "shell": "plain",
        "check": lambda output: output.isascii(),
    },
    "TERM=dumb": {"term": "dumb", "shell": "plain", "check": lambda output: b"\x1b" not in output},
    "TERM=vt100": {"term": "vt100"},
    "NO_COLOR": {"remote": {"NO_COLOR": "1"}, "check": no_colour},
    "60x20": {"size": (60, 20)},
}


@pytest.mark.parametrize("name", some(CONDITIONS, 3))
def test_a_short_review_over_ssh(name, over_ssh, state, loaded):
    condition = dict(CONDITIONS[name])
    shell = condition.pop("shell", "screen")
    check = condition.pop("check", lambda output: True)
    expected = stages(ANSWERS, loaded)
    review = over_ssh(review_command("--no-intake"), shell, expected, **condition)
    review.until_ready()
    for answer in ANSWERS:
        review.give(answer)
    if shell == "screen":
        assert b"\x1b[?1049h" in review.terminal.output
        review.terminal.type("\x1b")
        review.until(lambda: "F1 Help" in review.terminal.text.splitlines()[-1], "keys in the last row")
    assert left(review) == 0
    assert review.terminal.modes_left_on() == set()
    assert check(bytes(review.terminal.output))
    assert concluded(state / "X.jsonl", expected)


def test_a_window_resized_midway_over_ssh(over_ssh, state, loaded):
    expected = stages(ANSWERS, loaded)
    review = over_ssh(review_command("--no-intake"), "screen", expected, size=(60, 20))
    review.until_ready()
    assert "Indications" not in review.terminal.text
    review.give(ANSWERS[0])
    review.send("half an ans")
    review.until(lambda: "half an ans" in review.shown, "typed words")
    review.terminal.resize(100, 30)
    review.until(lambda: "Indications" in review.terminal.text, "criteria beside the question")
    review.until(lambda: "F1 Help" in review.terminal.text.splitlines()[29], "keys in the last row")
    review.until(lambda: "half an ans" in review.shown, "typed words")
    review.empty_field("half an ans")
    for answer in ANSWERS[1:]:
        review.give(answer)
    review.terminal.type("\x1b")
    assert left(review) == 0
    assert concluded(state / "X.jsonl", expected)


@pytest.mark.parametrize("shell", first(["plain", "screen"], 1))
def test_a_short_review_over_a_slow_line(shell, server, over_ssh, state, loaded):
    line = SlowLine(server.port, rate=10_000, delay=0.1)  # 200 ms there and back
    expected = stages(ANSWERS, loaded)
    try:
        plain = ["--plain"] * (shell == "plain")
        review = over_ssh(review_command("--no-intake", *plain), shell, expected, port=line.port)
        review.until_ready()
        for answer in ANSWERS[:-1]:
            began = time.monotonic()
            review.give(answer)
            print(f"{shell}: {time.monotonic() - began:.2f} s for {answer!r}")
        review.send("\r")
        review.sent += 1
        review.until_ready()
        if shell == "screen":
            review.send("\x1b")
        assert left(review) == 0
        assert line.carried["down"] > 2000
    finally:
        line.close()
    assert concluded(state / "X.jsonl", expected)


def test_a_line_that_dies_silently_lets_the_nurse_look_and_then_go_on(server, over_ssh, state, loaded):
    """Over there nobody knows yet that the line is dead: the old process still runs, and has the review open."""
    line = SlowLine(server.port, rate=10**7, delay=0)
    expected = stages(ANSWERS, loaded)
    try:
        review = over_ssh(review_command("--no-intake"), "screen", expected, port=line.port)
        review.until_ready()
        review.give(ANSWERS[0])
        line.freeze()
        review.terminal.process.kill()
        old = int(review.number.read_text())
        again = over_ssh(resume_command(), "screen", expected)
        again.resumed(1)
        again.until(lambda: f"process {old}" in again.shown, "which process has it open")
    finally:
        line.close()  # now the server learns of it
    gone(old)
    again.until(lambda: "you can answer here now" in again.shown, "leave to answer")
    for answer in ANSWERS[1:]:
        again.give(answer)
    again.terminal.type("\x1b")
    assert left(again) == 0
    assert concluded(state / "X.jsonl", expected)


@pytest.mark.parametrize("shell", first(["plain", "screen"], 1))
def test_what_a_slow_line_brings_at_once_answers_one_question(shell, over_ssh, state, loaded):
    """Keys that wait on the line arrive together: those of later answers are for questions that were not shown."""
    expected = stages(ANSWERS, loaded)
    review = over_ssh(review_command("--no-intake", *["--plain"] * (shell == "plain")), shell, expected)
    review.until_ready()
    review.send("".join(f"{answer}\r" for answer in ANSWERS[:-1]))
    review.until(lambda: "age on the date of service" in review.shown, "reply")
    review.terminal.settle()
    left(review)
    assert len({e.question for e in read_events(state / "X.jsonl") if hasattr(e, "text")}) == 1
