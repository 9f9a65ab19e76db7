"""What is typed and pasted: any byte, bursts, and keys that come before what they would act on is shown."""

import itertools
import json
import signal
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampling import each, first
from terminal import Terminal
from textual import events

from assistant.events import Answered
from assistant.tui.answer_field import EARLY, MAX_LENGTH, AnswerField
from assistant.tui.bursts import Bursts, Piece, pasted_text
from assistant.tui.pages import Confirm, Entry

RICH = "38 yo, right hip, groin pain, mri report: avn stage 2, no collapse, no arthritis"


def answers(path):
    """The texts of the answers that a journal holds."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row["text"] for row in rows if row["event"] == "answered"]


def pieces(*chunks):
    bursts = Bursts()
    found = [piece for chunk in chunks for piece in bursts.feed(chunk)]
    return [*found, *bursts.silence()]


# --- Cutting what comes into pieces ---


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("no\r", [("keys", "no"), ("enter", "\r")]),
        ("no\rno\r", [("keys", "no"), ("break", "\n"), ("keys", "no"), ("enter", "\r")]),
        ("a\r\n\r\nb\r\n", [("keys", "a"), ("break", "\n\n"), ("keys", "b"), ("enter", "\r")]),
        ("a\nb\n", [("keys", "a"), ("break", "\n"), ("keys", "b"), ("keys", "\n")]),
        ("no\r\x11", [("keys", "no"), ("enter", "\r"), ("keys", "\x11")]),
        ("no\r\x1b[A", [("keys", "no"), ("enter", "\r"), ("keys", "\x1b[A")]),
        ("\x1b", [("keys", "\x1b")]),
        ("\x1b\r", [("keys", "\x1b"), ("enter", "\r")]),
        ("\x1b[200~a\rb\x1b[201~\r", [("paste", "a\rb"), ("enter", "\r")]),
        ("38\r\x1b[200~a\x1b[201~\r", [("keys", "38"), ("break", "\n"), ("paste", "a"), ("enter", "\r")]),
        ("\x1b[200~a\x1b[31mb\x1b[200~c\x1b[201~", [("paste", "a\x1b[31mb\x1b[200~c")]),
    ],
    ids=repr,
)
def test_a_burst_is_cut_the_same_wherever_the_line_splits_it(typed, expected):
    def joined(found):
        parts = itertools.groupby(found, key=lambda piece: piece.kind)
        return [(kind, "".join(p.text for p in group)) for kind, group in parts]

    whole = joined(pieces(typed))
    assert whole == joined([Piece(*one) for one in expected])
    for at in range(1, len(typed)):
        assert joined(pieces(typed[:at], typed[at:])) == whole
    assert joined(pieces(*typed)) == whole


@given(st.lists(st.text(st.sampled_from("ab\r\n\x1b[20~1")), max_size=6))
def test_nothing_that_was_typed_is_lost(chunks):
    text = "".join(chunks)
    kept = "".join(piece.text for piece in pieces(*chunks))
    if "\x1b[200~" not in text:
        assert [c for c in kept if c not in "\r\n"] == [c for c in text if c not in "\r\n"]


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        (" 38 \x1b[31m yo \a", " 38  yo "),
        ("\x1b]0;title\a38\x1b]52;c;ZXZpbA==\x1b\\ yo", "38 yo"),
        ("\x1b]0;no end\n38 yo", "0;no end\n38 yo"),
        ("\x9b31m38\x90q\x9c yo\0\x08", "38 yo"),
        ("one\r\ntwo\rthree\x0cfour\x85five\tsix", "one\ntwo\nthree\nfour\nfive\tsix"),
        ("38\x1b", "38"),
    ],
    ids=repr,
)
def test_escape_sequences_in_a_paste_are_dropped_in_place(pasted, text):
    assert pasted_text(pasted) == text


# --- On a real terminal ---


STRAY = {b"\x92": "’", b"\xe9": "é", b"\x81": "\N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize(
    ("byte", "how", "locale"), each(list(STRAY), ["typed", "pasted"], ["C.UTF-8", "en_US.ISO-8859-1"])
)
def test_a_byte_that_is_no_utf8_is_shown_and_kept(terminal, tmp_path, byte, how, locale):
    sign, pasted = STRAY[byte], how == "pasted"
    screen = terminal(environment={"LANG": locale, "LC_ALL": locale, "PYTHONIOENCODING": "utf-8"})
    text = b"38 yo, pt" + byte + b"s hip"
    screen.type(b"\x1b[200~" + text + b"\x1b[201~" if pasted else text)
    screen.wait_for(f"pt{sign}s hip")
    screen.type("\r")
    screen.wait_for("age on the date of service: 38")
    assert screen.end(b"\x11") == 3
    assert answers(tmp_path / "review.jsonl") == [f"38 yo, pt{sign}s hip"]


def test_a_byte_that_could_begin_a_character_does_not_wait_for_ever(terminal):
    screen = terminal()
    screen.type(b"pes cav\xe9")
    screen.wait_for("pes cavé")
    screen.type("épée")
    screen.wait_for("pes cavéépée")


def test_escape_sequences_in_a_bracketed_paste_leave_the_words_in_order(terminal, tmp_path):
    screen = terminal()
    screen.type(b"\x1b[200~ 38 \x1b[31m yo \a\x1b[201~")
    screen.wait_for("38  yo")
    screen.type("\r")
    screen.wait_for("age on the date of service: 38")
    screen.end(b"\x11")
    assert answers(tmp_path / "review.jsonl") == [" 38  yo "]


@pytest.mark.parametrize(
    "text", first(["38 yo, no\rcollapse\r", "38 yo, no\r\ncollapse\r\n\r\n", "38 yo, no\ncollapse\r"], 2)
)
def test_lines_that_come_in_a_burst_are_one_answer(terminal, tmp_path, text):
    screen = terminal()
    assert screen.type(text) <= 10_000
    screen.wait_for("age on the date of service: 38")
    screen.settle()  # the rest of the same redraw may come behind the words on a busy host
    assert screen.settle(quiet=1.0) == 0
    screen.end(b"\x11")
    assert answers(tmp_path / "review.jsonl") == ["38 yo, no\ncollapse"]


def test_a_double_send_answers_one_question(terminal, tmp_path):
    screen = terminal()
    screen.type("no\rno\r")
    screen.wait_for("> no⏎ no")
    screen.end(b"\x11")
    assert len(answers(tmp_path / "review.jsonl")) == 1


def test_leaving_does_not_overtake_an_answer(terminal, tmp_path):
    screen = terminal()
    assert screen.end(b"38 yo\r\x11") == 3
    assert answers(tmp_path / "review.jsonl") == ["38 yo"]
    assert b"not sent" not in screen.output


def test_what_was_not_sent_is_said_to_be_unsent(terminal, tmp_path):
    screen = terminal()
    screen.type("half an ans")
    assert screen.end(b"\x03\x03") == 3
    assert b"What stood in the answer field was not sent. Everything is saved." in screen.output
    assert answers(tmp_path / "review.jsonl") == []


def test_a_quit_signal_restores_the_terminal(terminal):
    screen = terminal()
    assert screen.end(None, signal.SIGQUIT) == 131
    assert screen.modes_left_on() == set()


# --- Keys that come before what they would act on is shown ---


def test_keys_typed_before_a_question_is_shown_are_not_its_answer(drive):
    async def steps(driven):
        await driven.press(*"38")
        await driven.press_ahead("enter", *"right", "enter")
        assert [e.text for e in driven.app.session.events if isinstance(e, Answered)] == ["38"]
        assert driven.field.text == "right\n"
        assert EARLY in driven.text
        await driven.press("enter")
        assert [e.text for e in driven.app.session.events if isinstance(e, Answered)] == ["38", "right"]
        assert EARLY not in driven.text

    drive(steps)


def test_an_enter_as_a_question_is_shown_is_no_answer_of_what_was_typed_ahead(drive):
    async def steps(driven):
        await driven.press(*"38")
        await driven.press_ahead("enter", *"right")
        assert len(driven.posted(AnswerField.Submitted)) == 1
        driven.app._shown_since += 1000  # nobody has read it yet
        await driven.pilot.press("enter")
        assert len(driven.posted(AnswerField.Submitted)) == 1
        assert driven.field.text == "right\n"

    drive(steps)


@pytest.mark.parametrize("first", ["38 yo, MRN FAKE-0000-0103", "/edit 1 52 yo"])
def test_a_dialog_takes_no_key_that_was_typed_before_it_was_shown(drive, first):
    async def steps(driven):
        await driven.answer("38 yo")
        before = driven.app.session.events
        driven.field.set_text(first)
        await driven.press_ahead("enter", *"no", "space", *"collapse", "enter")
        assert isinstance(driven.app.screen, Confirm)
        assert driven.app.session.events == before
        assert "In the answer field: no collapse" in driven.text
        await driven.press("escape")
        assert "no collapse" in driven.field.text

    drive(steps)


def test_a_dialog_acts_on_the_keys_that_it_shows_and_on_no_others(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("/edit 1 52 yo")
        await driven.press("y", "n")
        assert isinstance(driven.app.screen, Confirm)
        assert "In the answer field: yn" in driven.text
        await driven.press("enter")
        assert isinstance(driven.app.screen, Confirm)
        assert "waits in the answer field" in " ".join(driven.text.split())
        assert driven.app.session.turns[0].text == "38 yo"
        await driven.press("enter")
        assert driven.app.session.turns[0].text == "52 yo"
        assert driven.field.text == "yn"

    drive(steps)


def test_what_is_pasted_into_a_dialog_goes_to_the_answer_field(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("/edit 1 52 yo")
        driven.app.post_message(events.Paste("no\x1b[31m collapse"))
        await driven.shown()
        assert "In the answer field: no collapse" in driven.text
        await driven.press("escape")
        assert driven.field.text == "no collapse"

    drive(steps)


def test_keys_behind_the_enter_of_an_entry_wait_in_the_answer_field(drive):
    async def steps(driven):
        await driven.press("f3", "f5")
        assert isinstance(driven.app.screen, Entry)
        await driven.press_ahead(*"cane", "enter", *"38")
        assert driven.app.session.events[-1].text == "cane"
        assert driven.app.screen_stack[0].query_one(AnswerField).text == "38"

    drive(steps)


def test_leaving_waits_for_the_answer_before_it(drive):
    async def steps(driven):
        await driven.press(*"38")
        await driven.press_ahead("enter", "ctrl+q")

    app = drive(steps)
    assert [e.text for e in app.session.events if isinstance(e, Answered)] == ["38"]
    assert app.return_code == 3


def test_leaving_while_a_dialog_asks_says_that_the_answer_was_not_saved(drive):
    async def steps(driven):
        await driven.answer("38 yo, MRN FAKE-0000-0103")
        assert "was not saved" in driven.app.last_words
        await driven.press("escape")
        assert "Everything is saved" in driven.app.last_words

    drive(steps)


# --- Changing an answer ---


@pytest.mark.parametrize("command", ["/back", "/edit 2"])
def test_a_retyped_answer_replaces_the_old_one(drive, command):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("right")
        await driven.answer(command)
        assert driven.field.text == "right"
        assert "Changing answer 2: type it anew" in " ".join(driven.log.split())
        await driven.press("ctrl+u", *"stage 2", "enter")
        assert isinstance(driven.app.screen, Confirm)
        await driven.press("enter")
        assert [t.text for t in driven.app.session.turns] == ["38 yo", "stage 2"]
        await driven.answer("avn")
        assert len(driven.app.session.turns) == 3

    drive(steps)


@pytest.mark.parametrize("keys", [["escape"], ["enter"], ["ctrl+u", "enter"]], ids="-".join)
def test_an_answer_that_is_not_retyped_stays_as_it_was(drive, keys):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("right")
        before = driven.app.session.events
        await driven.answer("/back")
        await driven.press("f2", "escape")
        await driven.press(*keys)
        assert "Answer 2 stays as it was." in driven.log
        assert driven.field.text == ""
        await driven.answer("avn")
        assert driven.app.session.events[: len(before)] == before
        assert driven.app.session.turns[-1].text == "avn"

    drive(steps)


def test_escape_out_of_the_privacy_question_goes_on_with_the_change(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("right")
        await driven.answer("/back")
        await driven.press("ctrl+u")
        await driven.answer("stage 2, MRN FAKE-0000-0103")
        await driven.press("escape")
        assert driven.field.text == "stage 2, MRN FAKE-0000-0103"
        await driven.press("enter", "enter", "enter")
        assert [t.text for t in driven.app.session.turns] == ["38 yo", "stage 2, MRN [removed]"]

    drive(steps)


# --- More than an answer holds ---


def test_what_is_pasted_without_marks_is_one_piece(terminal, tmp_path):
    """Of a terminal that does not mark a paste: more than an answer holds is refused whole and at once."""
    screen = terminal()
    screen.type("kept ")
    screen.flood(b"groin pain, " * 100_000)
    screen.wait_for("characters; nothing was pasted")
    assert " > kept" in screen.text
    screen.flood(b"groin pain, limps\r" * 100)
    screen.wait_for("limps")
    assert screen.end(b"\r\x11") == 3
    assert answers(tmp_path / "review.jsonl") == ["kept " + "\n".join(["groin pain, limps"] * 100)]


@given(st.lists(st.text(st.sampled_from("ab \r\n"), min_size=1), min_size=1, max_size=6))
def test_nothing_of_a_flood_is_lost(chunks):
    text = "x" * 600 + "".join(chunks)
    kept = pieces(text[:600], *chunks)
    assert kept[0].kind == "paste"
    assert [c for piece in kept for c in piece.text if c not in "\r\n"] == [c for c in text if c not in "\r\n"]


def test_a_full_field_says_so_once_and_takes_no_more(drive):
    async def steps(driven):
        driven.field.set_text("x" * MAX_LENGTH)
        await driven.press(*"yyy")
        assert driven.field.text == "x" * MAX_LENGTH
        assert driven.log.count("An answer has at most 20,000 characters") == 1
        await driven.press("backspace", "y")
        assert driven.field.text == "x" * (MAX_LENGTH - 1) + "y"

    drive(steps)


def test_an_answer_that_is_too_long_stays_in_the_field(drive):
    async def steps(driven):
        text = "x" * (MAX_LENGTH + 1)
        driven.field.set_text(text)
        await driven.press("enter")
        assert "longer than 20,000 characters and was not taken" in driven.log
        assert driven.field.text == text

    drive(steps)


FAULTY = """
import sys
from assistant.cli import main
from assistant.tui import driver
def fail(self, data):
    raise UnicodeDecodeError("utf-8", b"Jane Roe", 0, 1, "invalid start byte")
if len(sys.argv) == 1:
    driver.XTermParser.feed = fail
sys.exit(main(["review", "--no-intake", "--case", "F"]))
"""


def test_a_fault_in_reading_keys_leaves_a_report_and_no_screen(tmp_path):
    screen = Terminal(command=[sys.executable, "-c", FAULTY], environment={"ASSISTANT_STATE_DIR": str(tmp_path)})
    try:
        assert screen.end(b"Jane Roe\r") == 1
        assert screen.modes_left_on() == set()
        reports = [path.read_text() for path in tmp_path.glob("crash-*.txt")]
        assert len(reports) == 1
        assert "UnicodeDecodeError" in reports[0]
        assert "driver.py" in reports[0]
        assert "Jane" not in reports[0]
        assert b"UnicodeDecodeError" in screen.output
    finally:
        screen.close()
