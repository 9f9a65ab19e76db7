"""The practice charts on the screen, in a real terminal: typed as a nurse would, to the concluded end."""

import os
import re
import subprocess
import sys

import pytest
from charts import CHARTS
from sampling import some
from terminal import Terminal

from assistant.answering import reads
from assistant.interview import fold, outcome_of
from assistant.transcript import read_events

TIME = re.compile(r"\"at\": \"[^\"]*\"|\"texts\": \{[^}]*\}|, \"line\": \d+, \"chain\": \"\w+\"")


@pytest.mark.parametrize("name", some(CHARTS, 2))
@pytest.mark.parametrize("size", [(80, 24)], ids=["80x24"])
def test_a_chart_is_reviewed_on_the_screen(name, size, tmp_path, loaded):
    chart = CHARTS[name]
    screen = Terminal(
        size=size,
        command=[sys.executable, "-m", "assistant", "--case", name, "--reviewer", "reviewer"],
        environment={"ASSISTANT_STATE_DIR": str(tmp_path)},
    )
    try:
        screen.wait_for("procedure codes")
        screen.settle()
        for text in chart["answers"]:
            screen.type(text + "\r")
            screen.settle()
        screen.wait_for("1. Request and policy")
        screen.type("\x1b")
        screen.settle()
        screen.end(b"\x11")
    finally:
        screen.close()
    path = tmp_path / f"{name}.jsonl"
    session = fold(loaded, reads(loaded), read_events(path))
    assert session.concluded
    assert outcome_of(session).value == chart["determination"]
    assert sorted(session.current.determination.flags) == sorted(chart["flags"])
    if keep := os.environ.get("KEEP_TRANSCRIPTS"):
        with open(os.path.join(keep, f"{name}.jsonl"), "w") as file:  # noqa: PTH118, PTH123 - a tool's output
            file.write(path.read_text())


def test_the_screen_and_plain_mode_write_the_same_transcript(tmp_path):
    name = "chart-2-age-decides"
    answers = CHARTS[name]["answers"]
    command = [sys.executable, "-m", "assistant", "--case", name, "--reviewer", "reviewer"]
    screen = Terminal(command=command, environment={"ASSISTANT_STATE_DIR": str(tmp_path / "screen")})
    try:
        screen.wait_for("procedure codes")
        screen.settle()
        for text in answers:
            screen.type(text + "\r")
            screen.settle()
        screen.type("\x1b")
        screen.end(b"\x11")
    finally:
        screen.close()
    environment = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path / "plain")}
    given = "\n".join(answers) + "\n"
    subprocess.run(
        [*command, "--plain"], input=given, text=True, env=environment, stdout=subprocess.DEVNULL, check=True
    )
    screen_lines, plain_lines = (
        [TIME.sub("", line) for line in (tmp_path / kind / f"{name}.jsonl").read_text().splitlines()]
        for kind in ("screen", "plain")
    )
    assert screen_lines == plain_lines
