"""Plain mode in a real terminal: a burst is one answer, and no line answers a question that was not shown."""

import json
import os
import sys

import pytest
from terminal import Terminal


@pytest.fixture
def plain(tmp_path):
    command = [sys.executable, "-m", "assistant", "review", "--no-intake", "--case", "A-1", "--plain"]
    one = Terminal(command=command, environment={"ASSISTANT_STATE_DIR": str(tmp_path)})
    one.wait_for("How old is the patient")
    one.settle()
    yield one
    one.close()


def answers(tmp_path):
    rows = [json.loads(line) for line in (tmp_path / "A-1.jsonl").read_text().splitlines()]
    return [row["text"] for row in rows if row["event"] in {"answered", "picked"}]


def test_a_burst_of_lines_is_one_answer(plain, tmp_path):
    plain.type("38 yo, there is no evidence of\rosteonecrosis of the femoral head.\r", quiet=0.5)
    assert answers(tmp_path) == ["38 yo, there is no evidence of\nosteonecrosis of the femoral head."]


def test_a_line_typed_before_a_question_is_shown_waits_for_an_enter(plain, tmp_path):
    plain.process.send_signal(19)  # the program is slow: both lines are there before it shows the next question
    os.write(plain.fd, b"38 yo, MRN FAKE-0000-0103\r")
    plain.process.send_signal(18)
    plain.wait_for("y or n")
    plain.settle()
    assert answers(tmp_path) == []
    plain.type("y\r", quiet=0.5)
    assert answers(tmp_path) == ["38 yo, MRN [removed]"]


def test_a_burst_does_not_answer_yes_or_no(plain, tmp_path):
    plain.type("38\r", quiet=0.5)
    plain.type("/edit 1 62\r", quiet=0.5)
    plain.wait_for("y or n")
    plain.type("y\rright\r", quiet=0.5)
    assert answers(tmp_path) == ["38"]
    plain.type("n\r", quiet=0.5)
    plain.wait_for("Nothing was changed.")


def test_stray_bytes_are_read_as_windows_1252(plain, tmp_path):
    plain.type(b"38 yo, pt\x92s hip\r", quiet=0.5)
    assert answers(tmp_path) == ["38 yo, pt’s hip"]
