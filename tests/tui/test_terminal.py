"""The screen in a real terminal: bytes, signals, modes. Counts are asserted, times never."""

import re
import signal

import pytest
from sampling import LONG, first

SENTENCE = "38 yo, right hip and groin pain for eight months, walks with a cane, no fall"
SIZES = {(80, 24): 250, (200, 50): 400}


@pytest.mark.parametrize(("size", "budget"), first(SIZES.items(), 1), ids=str)
def test_bytes_per_key(terminal, size, budget):
    screen = terminal(size=size)
    costs = [screen.press(key) for key in SENTENCE]
    assert max(costs) <= budget
    screen.wait_for(SENTENCE[-20:])


def test_bytes_of_the_first_screen_of_an_answer_and_while_idle(terminal):
    screen = terminal()
    assert len(screen.output) <= 15_000
    screen.type(SENTENCE)
    assert screen.type("\r", quiet=0.4) <= 10_000
    screen.wait_for("hip requested: right")
    screen.settle()  # the rest of the same redraw may come behind the words on a busy host
    assert screen.settle(quiet=1.5) == 0


def test_editing_keys_cost_little_and_show_what_is_there(terminal):
    screen = terminal()
    screen.type("left hip 髖関節 pa\u0301in")
    costs = [screen.type(keys) for keys in ("\x01", "\x1b[C", "\x7f", "L", "\x05", "\x17", "\x1b[D", "\x0b", "x")]
    assert max(costs) <= 250
    row = next(row for row in screen.text.splitlines() if row.startswith(" > "))
    assert "Left hip" in row
    assert row.endswith("節x")


@pytest.mark.parametrize(
    ("keys", "number", "status"),
    [
        (b"\x11", None, 3),
        (b"\x03\x03", None, 3),
        (b"/quit\r", None, 3),
        (None, signal.SIGTERM, 143),
        (None, signal.SIGHUP, 129),
        (None, signal.SIGINT, 130),
    ],
    ids=["ctrl+q", "ctrl+c twice", "/quit", "SIGTERM", "SIGHUP", "SIGINT"],
)
def test_every_ending_restores_the_terminal(terminal, keys, number, status):
    screen = terminal()
    screen.type("half an ans")
    if keys == b"/quit\r":
        screen.type(b"\x15")
    assert screen.end(keys, number) == status
    assert screen.modes_left_on() == set()


def test_the_mouse_is_on_only_when_asked_for(terminal):
    assert b"?1000h" not in terminal().output
    with_mouse = terminal("mouse")
    assert b"?1000h" in with_mouse.output
    with_mouse.end(b"\x11")
    assert with_mouse.modes_left_on() == set()


def test_a_dropped_line_ends_it(terminal):
    assert terminal().hang_up() == 129


def test_a_fault_is_one_sentence_without_what_was_typed(terminal):
    screen = terminal("broken")
    screen.type("groin zebra")
    assert screen.end(b"\r") == 1
    assert screen.modes_left_on() == set()
    said = bytes(screen.output[screen.output.rindex(b"\x1b[?1049l") :])
    assert b"stopped because of a fault (RuntimeError in stub_review.py" in said
    assert b"resume" in said
    assert b"Jane" not in said
    assert b"zebra" not in said
    assert b"Traceback" not in said


def test_no_color_sends_no_colour(terminal):
    screen = terminal(environment={"NO_COLOR": "1"})
    screen.type("38 yo, right hip, groin pain\r")
    screen.type(b"\x1bOS")
    codes = {code for group in re.findall(rb"\x1b\[([0-9;]*)m", bytes(screen.output)) for code in group.split(b";")}
    assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7"}


def test_ascii_draws_only_ascii(terminal):
    screen = terminal("ascii")
    screen.type("38 yo, right hip, groin pain\r")
    screen.wait_for('"groin pain"')
    assert screen.text.isascii()


@pytest.mark.parametrize("theme", first(["no-such-theme", "ansi-dark", "textual-light", "ansi-light"], 2))
def test_other_themes_keep_the_budget_and_the_words(terminal, theme):
    screen = terminal(environment={"TEXTUAL_THEME": theme})
    assert max(screen.press(key) for key in "38 yo, groin pain") <= 250
    screen.type("\r")
    screen.wait_for("hip pain: met")


def test_a_resize_midway_keeps_everything(terminal):
    screen = terminal()
    screen.type("38 yo, right hip, groin pain\r")
    screen.type("half an answer")
    for size in ((60, 20), (20, 5), (200, 50), (80, 24)):
        screen.resize(*size)
        screen.settle()
        screen.wait_for("half an answer")
    screen.wait_for("hip pain: met")


def test_a_small_window_says_so_and_still_takes_answers(terminal, tmp_path):
    screen = terminal(size=(20, 5), wait="too small")
    screen.type("38 yo\r")
    screen.end(b"\x11")
    assert '"text": "38 yo"' in (tmp_path / "review.jsonl").read_text()


def test_what_is_pasted_is_one_answer(terminal, tmp_path):
    screen = terminal()
    screen.type(b"\x1b[200~38 yo\r\nright hip\a\r\x1b[201~")
    screen.wait_for("38 yo⏎right hip")
    screen.type("\r")
    screen.end(b"\x11")
    assert '"text": "38 yo\\nright hip' in (tmp_path / "review.jsonl").read_text()


def test_nothing_typed_becomes_a_command_to_the_terminal(terminal):
    screen = terminal()
    screen.type("[bold red]hip pain[/] {{ 7*7 }} \\x1b]0;title\\a\r")
    screen.wait_for("[bold red]hip pain[/] {{ 7*7 }}")
    assert b"\x1b]0;" not in screen.output


def test_a_very_long_answer_does_not_freeze_the_screen(terminal):
    screen = terminal()
    screen.type(b"\x1b[200~" + b"groin pain since the fall " * 750 + b"\x1b[201~", quiet=1.0)
    costs = [screen.press(key) for key in "right"]
    assert max(costs) <= 400
    assert re.search(r"fall\s+right", screen.text)


def test_rows_scroll_within_budget_when_the_field_is_full(terminal):
    screen = terminal()
    if not LONG:
        screen.type("word " * 48)
    costs = [screen.press(key) for key in "word " * (60 if LONG else 12)]
    assert max(costs) <= 400
    assert sorted(costs)[len(costs) // 2] <= 250
