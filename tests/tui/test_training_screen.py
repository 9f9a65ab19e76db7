"""Training on the screen, in a real terminal: the chart beside or over the interview, and a whole exam."""

import asyncio
import json
import sys
from datetime import timedelta

import pytest
from sampling import first
from stub_review import fixed_now, new_session
from terminal import Terminal
from test_training import exam_lines, reviewed

from assistant.journal import Journal
from assistant.training.charts import charts_of
from assistant.training.coach import Coach
from assistant.tui.training import TrainingApp

F6 = "\x1b[17~"


@pytest.fixture(scope="session")
def charts(loaded):
    return {c.id: c for c in charts_of(loaded)[0]}


@pytest.fixture
def train(tmp_path):
    """`assistant train` in a terminal of its own."""
    opened = []

    def start(*arguments, size=(80, 24), wait="How old is"):
        command = [sys.executable, "-m", "assistant", "train", "--trainee", "anna", *map(str, arguments)]
        one = Terminal(size=size, command=command, environment={"ASSISTANT_STATE_DIR": str(tmp_path / "state")})
        opened.append(one)
        one.wait_for(wait)
        one.settle()
        return one

    yield start
    for one in opened:
        one.close()


def test_wide_the_chart_stands_beside_the_interview(train):
    screen = train("PV-5", size=(160, 45))
    screen.wait_for("Prior authorisation request PV-5")
    screen.wait_for("How old is the patient")
    screen.wait_for("N3 age 50 or more: open")
    assert "Minimal collapse called" not in screen.text
    assert max(screen.press(key) for key in "44 yo") <= 400
    screen.type("\r")
    screen.wait_for("right: age on the date of service: 44")


def test_wide_the_chart_is_scrolled_and_searched_by_keys(train):
    screen = train("PV-5", size=(160, 24))
    assert "Previous treatment" not in screen.text
    screen.type(F6)
    screen.type("G")
    screen.wait_for("Previous treatment")
    screen.type("g")
    screen.type("/")
    screen.type("Trendelenburg\r")
    screen.wait_for("Trendelenburg negative")
    screen.type("\x1bOP")
    screen.wait_for("F6 or Escape: back to the answer field")
    screen.type("\x1b")
    screen.type(F6)
    screen.type("44\r")
    screen.wait_for("right: age on the date of service: 44")


def test_narrow_a_key_brings_the_chart_and_takes_it_away(train):
    screen = train("PV-5", size=(80, 24))
    screen.wait_for("F6 Chart")
    assert "Prior authorisation" not in screen.text
    screen.type("44 half an answer")
    screen.type(F6)
    screen.wait_for("Prior authorisation request PV-5")
    screen.type(" ")
    place = screen.text
    assert "Prior authorisation request PV-5" not in place
    screen.type(F6)
    screen.wait_for("44 half an answer")
    screen.type(F6)
    assert screen.text == place
    screen.type("\x1b")
    screen.type("\x15/chart trendelenburg\r")
    screen.wait_for("Trendelenburg negative")
    screen.type("\x1b")
    screen.type("/chart Weber\r")
    screen.wait_for("“Weber” is not in the chart.")


@pytest.mark.parametrize("size", first([(80, 24), (60, 20), (160, 45)], 1), ids=lambda s: f"{s[0]}x{s[1]}")
def test_practice_ends_with_how_it_went(train, charts, loaded, size):
    lines, _session = reviewed(charts["PV-2"], loaded)
    screen = train("PV-2", size=size)
    for text in lines:
        screen.type(text + "\r")
        screen.settle()
    screen.wait_for("How it went")
    screen.wait_for("Outcome: right")
    screen.type("G")
    screen.wait_for("Open items and requests")
    screen.type("\x1b")
    assert screen.end(b"\x11") == 0
    assert screen.modes_left_on() == set()
    assert b"Kept: outcome right, 1 of 1 facts right" in screen.output


def test_leaving_keeps_everything_and_says_how_to_go_on(train):
    screen = train("PV-5")
    screen.type("44\r")
    assert screen.end(b"\x11") == 3
    assert b"Go on with the same command" in screen.output
    again = train("PV-5", wait="Which hip")
    again.wait_for("it goes on where you left it")


@pytest.mark.parametrize("size", first([(80, 24), (160, 45)], 1), ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_whole_exam_is_taken_in_a_real_terminal(train, charts, loaded, tmp_path, size):
    count, seed = (4 if size[0] >= 160 else 2), 11
    drawn, _lines = exam_lines(charts, loaded, count, seed)
    screen = train("--exam", "--count", count, "--seed", seed, size=size, wait="exam")
    for number, chart in enumerate(drawn, 1):
        screen.wait_for(f"case {chart.id}")
        screen.settle()
        if size[0] >= 160:
            screen.wait_for(f"Chart {chart.id} ({number} of {count})")
        for text in reviewed(chart, loaded, mode="exam")[0]:
            assert "Compared with the chart" not in screen.text
            screen.type(text + "\r")
            screen.settle()
    assert screen.end() == 0
    assert screen.modes_left_on() == set()
    said = screen.output.decode(errors="replace")
    assert "Certificate: exam passed" in said
    for chart in drawn:
        assert chart.front.title not in said.split("Certificate")[0].split(f"{drawn[0].id}: ")[0]
    (path,) = (tmp_path / "state" / "training" / "anna").glob("certificate-*.json")
    content = json.loads(path.read_text())
    assert (content["score"], content["seed"], [c["chart"] for c in content["charts"]]) == (
        100,
        seed,
        [c.id for c in drawn],
    )


def test_an_exam_that_was_left_goes_on_in_the_terminal(train, charts, loaded):
    drawn, lines = exam_lines(charts, loaded, 2, 11)
    screen = train("--exam", "--count", 2, "--seed", 11, wait="exam")
    screen.type(lines[0] + "\r")
    screen.settle()
    assert screen.end(b"\x11") == 3
    assert b"go on with: assistant train --exam" in screen.output
    again = train("--exam", wait=f"case {drawn[0].id}")
    for text in lines[1:]:
        again.type(text + "\r")
        again.settle()
    assert again.end() == 0
    assert b"Certificate: exam passed" in again.output


def test_a_dropped_line_in_an_exam_ends_it_and_loses_nothing(train, charts, loaded, tmp_path):
    drawn, lines = exam_lines(charts, loaded, 2, 11)
    screen = train("--exam", "--count", 2, "--seed", 11, wait="exam")
    screen.type(lines[0] + "\r")
    screen.settle()
    assert screen.hang_up() == 129
    kept = (tmp_path / "state" / "training" / "anna" / f"exam-1-{drawn[0].id}.jsonl").read_text()
    assert '"event": "answered"' in kept


def test_when_the_time_is_over_the_screen_closes(tmp_path, charts):
    session = new_session()
    journal = Journal(tmp_path / "exam.jsonl")
    journal.append(session.started)
    coach = Coach(charts["PV-1"], "1 of 2", exam=True, deadline=fixed_now() + timedelta(seconds=0.3))
    app = TrainingApp(session, journal, coach, ascii_only=False, now=fixed_now)

    async def main():
        async with app.run_test(size=(160, 40)) as pilot:
            await pilot.pause(0.1)
            for _ in range(100):
                if app.return_code is not None:
                    break
                await asyncio.sleep(0.05)

    asyncio.run(main())
    assert app.return_code == 3
