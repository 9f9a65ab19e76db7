"""The answer field and the wrapping under it."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App

from assistant.tui.answer_field import MAX_LENGTH, AnswerField
from assistant.tui.text import Line, ascii_marks, marked, row_starts, width_of, wrapped

TEXTS = st.text(st.sampled_from("ab c  髖é\u0301😀\n-"), max_size=60)


@given(TEXTS, st.integers(2, 20))
def test_rows_cover_the_text_and_fit(text, width):
    shown = marked(text)
    starts = row_starts(shown, width)
    assert starts == sorted(set(starts))
    rows = [shown[a:b] for a, b in zip(starts, [*starts[1:], len(shown)], strict=True)]
    assert "".join(rows) == shown
    assert all(width_of(row.rstrip(" ")) <= width for row in rows)


@given(TEXTS, TEXTS, st.integers(2, 20))
def test_wrapping_from_a_row_on_is_wrapping_all(before, after, width):
    text = marked(before + after)
    starts = row_starts(text, width)
    for first in starts:
        assert row_starts(text, width, first) == starts[starts.index(first) :]


@given(st.text(max_size=50))
def test_marks_keep_the_length_and_are_printable(text):
    assert len(marked(text)) == len(text) == len(ascii_marks(marked(text)))
    assert marked(text).isprintable()


def test_later_rows_hang():
    rows = wrapped([Line((("one two three", ""),), hang=2)], 8)
    assert [(r.start, r.end, r.indent) for r in rows] == [(0, 8, 0), (8, 13, 2)]


class FieldApp(App):
    CSS = "AnswerField { height: 3; width: 30; }"

    BINDINGS = (("ctrl+z", "note('ctrl+z')"), ("up", "note('up')"), ("down", "note('down')"))

    def __init__(self):
        super().__init__()
        self.submitted = []
        self.refused = 0
        self.skipped = []

    def compose(self):
        yield AnswerField()

    def action_note(self, key):
        self.skipped.append(key)

    def on_answer_field_submitted(self, event):
        self.submitted.append(event.text)

    def on_answer_field_paste_refused(self):
        self.refused += 1


def edit(steps):
    async def main():
        app = FieldApp()
        async with app.run_test() as pilot:
            field = app.query_one(AnswerField)
            field.focus()
            await pilot.pause()
            await steps(app, pilot, field)

    asyncio.run(main())


def put(text, cursor=None):
    return text, len(text) if cursor is None else cursor


@pytest.mark.parametrize(
    ("before", "pressed", "after"),
    [
        (put("left hip", 0), ["x"], put("xleft hip", 1)),
        (put("left hip"), ["backspace"], put("left hi")),
        (put("left hip"), ["home", "delete"], put("eft hip", 0)),
        (put("left hip"), ["ctrl+a", "ctrl+k"], put("")),
        (put("left hip", 4), ["ctrl+u"], put(" hip", 0)),
        (put("left hip", 4), ["ctrl+k"], put("left")),
        (put("left hip"), ["ctrl+w"], put("left ")),
        (put("left hip  "), ["ctrl+w"], put("left ")),
        (put("left hip"), ["ctrl+left", "ctrl+left", "ctrl+right"], put("left hip", 4)),
        (put("left hip"), ["left", "left", "right", "ctrl+e"], put("left hip")),
        (put("a\u0301"), ["backspace"], put("")),
        (put("a\u0301b"), ["left", "left"], put("a\u0301b", 0)),
        (put("髖b", 0), ["delete"], put("b", 0)),
        (put("left"), ["ctrl+w", "ctrl+z"], put("left")),
        (put("left"), ["ctrl+w", "ctrl+z", "ctrl+y"], put("")),
        (put("left", 4), ["x", "y", "z", "ctrl+z"], put("left")),
        (put(""), ["left", "right", "backspace", "delete", "ctrl+w", "ctrl+u", "ctrl+k", "home", "end"], put("")),
    ],
    ids=repr,
)
def test_editing(before, pressed, after):
    async def steps(_app, pilot, field):
        field.set_text(before[0])
        field.cursor = before[1]
        await pilot.press(*pressed)
        assert (field.text, field.cursor) == after

    edit(steps)


def test_enter_posts_the_text_and_begins_anew():
    async def steps(app, pilot, field):
        await pilot.press(*"abc", "enter", *"d", "enter")
        assert app.submitted == ["abc", "d"]
        assert field.text == ""
        field.restore("abc ")
        await pilot.press("x")
        assert field.text == "abc x"

    edit(steps)


def test_rows_are_moved_through_and_left_at_the_edges():
    async def steps(app, pilot, field):
        field.set_text("one two three four five six seven eight")
        await pilot.press("up")
        assert app.skipped == []
        assert field.cursor < 30
        await pilot.press("up", "down", "down")
        assert app.skipped == ["up", "down"]

    edit(steps)


def test_undo_of_an_empty_field_is_for_what_is_around():
    async def steps(app, pilot, field):
        await pilot.press("a", "ctrl+z")
        assert (field.text, app.skipped) == ("", [])
        await pilot.press("ctrl+z")
        assert app.skipped == ["ctrl+z"]
        await pilot.press("a", "backspace", "ctrl+z")
        assert app.skipped == ["ctrl+z", "ctrl+z"]
        await pilot.press(*"abc", "ctrl+u", "ctrl+z")
        assert (field.text, len(app.skipped)) == ("abc", 2)

    edit(steps)


def test_a_paste_is_one_piece_and_too_much_is_refused_whole():
    async def steps(app, pilot, field):
        field.post_message(events.Paste("one\r\ntwo\rthree\n"))
        await pilot.pause()
        assert field.text == "one\ntwo\nthree"
        assert app.submitted == []
        field.post_message(events.Paste("x" * MAX_LENGTH))
        await pilot.pause()
        assert field.text == "one\ntwo\nthree"
        assert app.refused == 1

    edit(steps)


@pytest.mark.parametrize("width", [3, 4, 5, 12])
def test_a_narrow_field_never_breaks(width):
    async def steps(_app, pilot, field):
        field.styles.width = width
        await pilot.pause()
        field.set_text("髖関節 é")
        await pilot.press("left", "backspace", "up", "home", "x", "end")
        assert field.text == "x髖関節é"

    edit(steps)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.one_of(TEXTS, st.sampled_from(["home", "end", "left", "ctrl+w", "backspace", "ctrl+z", "up"])), max_size=8
    )
)
def test_what_is_repainted_piece_by_piece_is_the_whole(steps_taken):
    """After any editing, the cells held as painted are those of a fresh field."""

    async def steps(_app, pilot, field):
        for step in steps_taken:
            if step in {"home", "end", "left", "ctrl+w", "backspace", "ctrl+z", "up"}:
                await pilot.press(step)
            else:
                field._edit(field.cursor, field.cursor, step)
        painted, top = field._painted, field._top
        field._wrap()
        assert field._starts == row_starts(marked(field.text), field._columns)
        field._top = top
        assert painted == field._cells()

    edit(steps)
