"""What a reviewer can do on the screen: messages and events first, what is shown second."""

import pytest
from stub_review import fixed_now
from textual import events

from assistant.events import Answered, Asked, Noted, Picked, Reopened, Started, Undone
from assistant.interview import next_question
from assistant.transcript import read_events
from assistant.tui.answer_field import AnswerField
from assistant.tui.pages import Confirm, Entry, Page, Pick, RationalePage

RICH = "38 yo, right hip, groin pain, mri report: avn stage 2, no collapse, no arthritis"


def kinds(driven):
    return [type(e) for e in driven.app.session.events]


def test_an_answer_is_posted_kept_and_shown(drive):
    async def steps(driven):
        await driven.press(*"38")
        await driven.press("enter")
        assert [m.text for m in driven.posted(AnswerField.Submitted)] == ["38"]
        assert kinds(driven) == [Started, Asked, Answered]
        kept = read_events(driven.journal.path)
        assert kept == driven.app.session.events
        assert kept[-1].at == "2026-11-22T12:00:00+00:00"
        assert driven.field.text == ""
        assert "does not apply" in driven.text

    drive(steps)


def test_what_can_not_be_saved_is_given_again_by_enter_alone(drive):
    async def steps(driven):
        driven.journal.full = True
        await driven.answer("38 yo")
        assert driven.field.text == ""
        assert "Enter tries to save again: 38 yo" in driven.text
        assert "No space left on device" in driven.log
        assert "Not saved yet: 38 yo" in driven.log
        assert kinds(driven) == [Started]
        driven.journal.full = False
        await driven.press("enter")
        assert kinds(driven) == [Started, Asked, Answered]
        assert "No space" not in driven.log

    drive(steps)


def test_a_review_goes_on_in_another_place_with_the_answer_that_could_not_be_saved(drive, tmp_path):
    async def steps(driven):
        driven.journal.full = True
        await driven.answer("38 yo")
        driven.journal.full = False
        await driven.answer(f"/keep {tmp_path / 'other'}")
        assert "Saved in" in driven.log
        assert "Enter tries to save again: 38 yo" in driven.text
        await driven.press("enter")
        assert [e.event for e in read_events(tmp_path / "other" / "review.jsonl")] == ["started", "asked", "answered"]

    drive(steps)


def test_ctrl_c_says_at_once_what_is_not_saved_and_leaves_when_pressed_again(drive):
    async def steps(driven):
        driven.journal.full = True
        await driven.answer("38 yo")
        await driven.press("ctrl+c")
        assert "Not saved: 38 yo" in driven.log
        assert "everything is kept" not in driven.log
        assert driven.app.return_code is None
        await driven.press("ctrl+c")

    app = drive(steps)
    assert app.return_code == 3
    assert "38 yo\n" in app.farewell


def test_a_change_that_waits_for_its_enter_is_not_said_to_be_saved(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("/edit 1 52 yo")
        await driven.press("ctrl+q")
        assert driven.app.return_code is None
        assert "Not saved: /edit 1 52 yo" in driven.text
        await driven.press("escape", "ctrl+q")

    assert "Everything is saved" in drive(steps).farewell


def test_what_names_a_patient_is_asked_about_before_anything_is_written(drive):
    async def steps(driven):
        await driven.answer("38 yo, MRN FAKE-0000-0103")
        assert isinstance(driven.app.screen, Confirm)
        assert "looks like a medical record number" in driven.text
        assert kinds(driven) == [Started]
        await driven.press("escape")
        assert driven.field.text == "38 yo, MRN FAKE-0000-0103"
        await driven.press("enter")
        await driven.press("enter")
        assert driven.app.session.turns[0].text == "38 yo, MRN [removed]"
        await driven.answer("R, MRN FAKE-0000-0103")
        await driven.press("n")
        assert driven.app.session.turns[1].text == "R, MRN FAKE-0000-0103"

    drive(steps)


HOSTILE = "\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m\x90q\u202e[bold]{{ 7*7 }}\0"


def test_hostile_text_is_drawn_as_harmless_signs(drive):
    async def steps(driven):
        await driven.answer(f"38 yo {HOSTILE}")
        await driven.answer(f"/note N3 {HOSTILE}")
        for command in ("/answers", "/rationale", "/criteria"):
            await driven.answer(command)
            assert not set(driven.text) & set("\x1b\x07\x9b\x90\u202e\0")
            assert "49" not in driven.text.replace("49 ", "")
            await driven.press("escape")

    drive(steps)


def test_a_fault_in_reading_an_answer_does_not_cost_it(drive, monkeypatch):
    async def steps(driven):
        with monkeypatch.context() as broken:
            broken.setattr("assistant.tui.app.respond", lambda _session, text, _editing: {}[text])
            await driven.answer("38 yo")
        assert driven.field.text == "38 yo"
        assert "This was not recorded because of a fault (KeyError" in driven.log
        assert "38 yo" not in driven.log
        await driven.press("enter")
        assert kinds(driven) == [Started, Asked, Answered]

    drive(steps)


@pytest.mark.parametrize("change", [("/edit 1 52 yo",), ("/edit 1", "52 yo")])
def test_a_change_that_can_not_be_saved_is_asked_again(drive, change):
    async def steps(driven):
        await driven.answer("38 yo")
        for line in change:
            await driven.answer(line)
        driven.journal.full = True
        await driven.press("enter")
        assert "could not be saved" in driven.log
        assert "Not saved yet: /edit 1 52 yo" in driven.log
        driven.journal.full = False
        await driven.press("enter")
        assert isinstance(driven.app.screen, Confirm)
        await driven.press("enter")
        assert driven.app.session.turns[0].text == "52 yo"

    drive(steps)


def test_answers_are_shown_as_they_were_typed(drive):
    text = "[bold]hip pain[/] {{ 7 * 7 }} \\n %s"

    async def steps(driven):
        await driven.answer(text)
        assert text[:20] in driven.text
        assert "{{ 7 * 7 }}" in driven.text
        await driven.answer("bell \x07 escape \x1b[31m tab \t end")
        await driven.press("f4")
        assert "bell ␇ escape ␛[31m tab   end" in driven.text

    drive(steps, size=(120, 40))


def test_control_z_takes_back_text_then_the_last_answer(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.press("x", "ctrl+z")
        assert kinds(driven)[-1] is Answered
        await driven.press("ctrl+z")
        assert kinds(driven)[-1] is Undone
        assert "Taken back: 38 yo" in driven.text

    drive(steps)


@pytest.mark.parametrize(
    ("key", "typed", "title"),
    [("f1", "/help", "Help"), ("f2", "/why", "Why this is asked"), ("f4", "/answers", "Answers")],
)
def test_keys_open_what_the_commands_open(drive, key, typed, title):
    async def steps(driven):
        await driven.press(key)
        by_key = driven.rows
        assert driven.rows[0] == f" {title}"
        await driven.press("escape")
        await driven.answer(typed)
        assert driven.rows == by_key
        await driven.press("q")
        assert isinstance(driven.app.focused, AnswerField)

    drive(steps)


def test_pages_replace_each_other_and_keep_the_typed_text(drive):
    async def steps(driven):
        await driven.press(*"half an", "f4", "f2", "f1", "escape", "escape")
        assert len(driven.app.screen_stack) == 1
        assert driven.field.text == "half an"

    drive(steps)


def test_every_command_can_be_typed_without_a_fault(drive):
    from assistant.conversation import COMMANDS

    async def steps(driven):
        for command in COMMANDS:
            if command not in {"/quit", "/rationale", "/conclude"}:
                await driven.answer(command)
                while len(driven.app.screen_stack) > 1:
                    await driven.press("escape")
        await driven.answer("/nonsense")
        assert "There is no command /nonsense" in driven.text
        await driven.answer("//slash")
        assert driven.app.session.events[-1].text == "/slash"

    drive(steps)


def test_the_criteria_are_chosen_read_and_noted_on(drive):
    async def steps(driven):
        await driven.press("f3", "j", "down", "f2")
        assert "I1b" in driven.rows[2]
        await driven.press("escape", "f5")
        assert isinstance(driven.app.screen, Entry)
        assert "Note on I1b functional disability" in driven.text
        await driven.press(*"wheelchair", "enter")
        noted = driven.app.session.events[-1]
        assert isinstance(noted, Noted)
        assert (noted.criterion, noted.text) == ("I1b", "wheelchair")
        await driven.press("f5", *"not kept", "escape")
        assert driven.app.session.events[-1] is noted

    drive(steps)


def test_an_edit_shows_its_effect_before_it_is_made(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.press("f4", "enter")
        assert driven.field.text == "38 yo"
        await driven.press("ctrl+u", *"52 yo", "enter")
        assert isinstance(driven.app.screen, Confirm)
        assert "N3 age 50 or more: does not apply → applies" in driven.text
        await driven.press("escape")
        assert "Nothing was changed." in driven.text
        assert driven.app.session.turns[0].text == "38 yo"
        await driven.answer("/edit 1 52 yo")
        await driven.press("enter")
        assert driven.app.session.turns[0].text == "52 yo"
        assert driven.app.session.turns[0].edited

    drive(steps)


def test_a_value_is_picked_from_a_list_with_a_reason(drive):
    async def steps(driven):
        await driven.answer(RICH)
        await driven.press("f4")
        while driven.app.screen.pane.selected_key != "fact:arthritis":
            await driven.press("j")
        await driven.press("enter")
        assert isinstance(driven.app.screen, Pick)
        await driven.press("down", "down", "enter", *"read by a second radiologist", "enter")
        assert isinstance(driven.app.screen, Confirm)
        await driven.press("enter")
        picked = driven.app.session.events[-1]
        assert isinstance(picked, Picked)
        assert (picked.facts, picked.origin) == ({"arthritis": "moderate"}, "override")
        assert picked.reason == "read by a second radiologist"
        assert "N1 moderate or severe arthritis: applies" in " ".join(driven.text.split())

    drive(steps, size=(120, 40))


def test_a_pick_against_what_was_read_wants_a_reason(drive):
    async def steps(driven):
        await driven.answer(RICH)
        await driven.answer("/pick arthritis moderate")
        assert "Say why" in driven.text
        assert not isinstance(driven.app.session.events[-1], Picked)

    drive(steps)


def test_an_ask_back_is_answered_by_number(drive):
    async def steps(driven):
        await driven.answer("38 yo, right, mri report, avn")
        await driven.answer("stage unclear")
        while "To be sure" not in driven.text:
            await driven.answer("hm")
        assert "2 stage II" in driven.text.replace("\xa0", " ")
        await driven.answer("2")
        assert isinstance(driven.app.session.events[-1], Picked)

    drive(steps)


def test_a_whole_review_to_its_conclusion(drive):
    async def steps(driven):
        await driven.answer(RICH)
        while driven.app.session.turns[-1].question != "circumstances":
            await driven.answer("nothing else")
        assert "What a release of the right side rests on" in driven.text
        await driven.press("enter")
        assert not driven.app.session.concluded
        assert "This does not release" in driven.text
        await driven.answer("release")
        assert driven.app.session.concluded.determination == "criteria_met"
        assert isinstance(driven.app.screen, RationalePage)
        await driven.press("escape")
        assert "Concluded: " in driven.text
        await driven.answer("/reopen new report")
        assert isinstance(driven.app.session.events[-1], Reopened)
        await driven.answer("pend the new report")
        assert driven.app.session.concluded.determination == "information_needed"
        await driven.press("escape", "ctrl+q")

    assert drive(steps).return_code == 0


def test_an_open_line_of_the_last_screen_is_answered_by_its_number(drive):
    async def steps(driven):
        await driven.answer(RICH)
        while next_question(driven.app.session) is not None:
            await driven.answer("/skip")
        assert "(1) " in driven.text
        await driven.answer("release")
        assert not driven.app.session.concluded
        await driven.answer("1")
        await driven.answer("nothing else")
        assert "(1) " not in driven.text
        await driven.answer("release")
        assert driven.app.session.concluded.determination == "criteria_met"

    drive(steps)


def test_the_rationale_is_saved_and_sent_to_the_terminal(drive, tmp_path):
    async def steps(driven):
        await driven.answer(RICH)
        await driven.press("f9")
        page = driven.app.screen
        assert isinstance(page, RationalePage)
        await driven.press("c")
        assert "Sent to the terminal" in driven.text
        assert driven.app.clipboard == page.rationale
        await driven.press("s")
        driven.field.set_text(str(tmp_path / "why.txt"))
        await driven.press("enter")
        assert "Saved to" in driven.text
        assert (tmp_path / "why.txt").read_text() == page.rationale
        await driven.press("s")
        driven.field.set_text(str(tmp_path / "no" / "why.txt"))
        await driven.press("enter")
        assert "can not be written" in " ".join(driven.text.split())

    drive(steps)


def test_leaving_unfinished_is_3(drive):
    async def steps(driven):
        await driven.press("ctrl+q")

    assert drive(steps).return_code == 3


def test_the_second_control_c_leaves_and_the_first_says_so(drive):
    async def steps(driven):
        await driven.press(*"half", "ctrl+c")
        assert driven.app.return_code is None
        assert "Press Ctrl+C again" in driven.text
        assert driven.field.text == "half"
        await driven.press("f4", "ctrl+c")

    assert drive(steps).return_code == 3


def test_a_long_paste_is_refused_in_words(drive):
    async def steps(driven):
        driven.field.post_message(events.Paste("x" * 20_001))
        await driven.pilot.pause()
        assert "longer than 20,000 characters; nothing was pasted" in driven.log

    drive(steps)


def test_a_very_long_answer_is_kept_whole_and_shown_in_part(drive):
    text = "groin pain " * 1_800

    async def steps(driven):
        await driven.answer(text)
        await driven.pilot.pause()
        assert driven.app.session.events[-1].text == text
        assert "F4 shows all" in driven.log
        assert len(driven.log) < 2_000

    drive(steps)


def test_a_page_is_searched(drive):
    async def steps(driven):
        await driven.press("f4", "slash", *"OSTEO", "enter")
        assert driven.app.screen.pane.sought == "osteo"
        first = driven.app.screen.pane._match
        await driven.press("n")
        assert driven.app.screen.pane._match > first
        await driven.press("N")
        assert driven.app.screen.pane._match == first
        await driven.press("slash", *"[nowhere]", "enter")
        assert "“[nowhere]” is not here." in driven.text

    drive(steps)


def test_a_long_page_is_read_with_the_keys_of_pagers(drive):
    async def steps(driven):
        await driven.press("f1")
        pane = driven.app.screen.pane
        await driven.press("G")
        assert pane._top == pane._last_top > 0
        await driven.press("g")
        assert pane._top == 0
        await driven.press("ctrl+d", "j", "k", "ctrl+u")
        assert pane._top == 0
        await driven.press("space", "b")
        assert pane._top == 0

    drive(steps, size=(80, 16))


def test_keys_of_the_interview_wait_while_a_dialog_asks(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("/edit 1 52 yo")
        await driven.press("f4", "ctrl+z", "f5")
        assert isinstance(driven.app.screen, Confirm)
        assert len(driven.app.screen_stack) == 2

    drive(steps)


def test_narrow_screens_show_the_criteria_on_a_page(drive):
    async def steps(driven):
        assert "Non-indications" not in driven.text
        await driven.press("f3")
        assert isinstance(driven.app.screen, Page)
        assert "Non-indications" in driven.text
        await driven.press("down", "enter")
        assert driven.rows[0] == " What the policy says"

    drive(steps, size=(60, 20))


def test_resizing_keeps_text_place_and_selection(drive):
    async def steps(driven):
        await driven.answer(RICH)
        await driven.press(*"half")
        for size in ((60, 20), (20, 5), (200, 50), (80, 24)):
            await driven.pilot.resize_terminal(*size)
            await driven.pilot.pause()
            assert driven.field.text == "half"
            assert driven.field.has_focus
            assert "half" in driven.text

    drive(steps)


def test_the_keys_shown_are_those_for_where_one_is(drive):
    async def steps(driven):
        assert "Ctrl+Z Undo" in driven.rows[-1]
        await driven.press("f3")
        assert "F5 Note" in driven.rows[-1]
        await driven.press("f1")
        assert "The criteria of the policy" in driven.text
        await driven.press("escape", "escape", "tab")
        assert "Search" in driven.rows[-1]
        await driven.press("slash", *"relying", "enter", "escape")
        assert "Ctrl+Z Undo" in driven.rows[-1]

    drive(steps)


def test_a_skipped_question_is_answered_later(drive):
    async def steps(driven):
        await driven.answer("/skip")
        await driven.press("f4", "enter")
        assert driven.field.text == ""
        await driven.press(*"38 yo", "enter", "enter")
        assert driven.app.session.turns[0].text == "38 yo"

    drive(steps)


def test_a_search_moves_the_selection_to_what_it_finds(drive):
    async def steps(driven):
        await driven.answer("38 yo")
        await driven.answer("right")
        await driven.answer("mri report")
        await driven.press("f4", "slash", *"which hip", "enter")
        pane = driven.app.screen.pane
        assert pane.selected_key == "answer:2"
        await driven.press("slash", *"stage", "enter")
        assert pane.selected_key.startswith("fact:osteonecrosis")
        await driven.press("slash", *"mri", "enter")
        first = pane.selected_key
        await driven.press("n", "N")
        assert pane.selected_key == first
        await driven.press("enter")
        assert len(driven.app.screen_stack) > 1

    drive(steps, size=(120, 40))


@pytest.mark.parametrize("size", [(80, 24), (80, 20), (200, 50)], ids=str)
def test_after_a_long_answer_its_first_facts_are_in_view(drive, size):
    async def steps(driven):
        await driven.answer(f"{RICH}, cane. {'The rest of the note is of no use here. ' * 12}")
        first = driven.app.screen._said[0]
        assert first[:30] in driven.text
        await driven.answer("no")
        assert "> no" in driven.text

    drive(steps, size=size)


def test_the_overdue_notice_stands_there_once_and_in_full_with_f1_and_f2(drive):
    async def steps(driven):
        seen = " ".join(driven.text.split())
        assert seen.count("Policy review was due 24 July 2026, 121 days ago") == 1
        assert "relying on this result" not in seen
        for key in ("f1", "f2"):
            await driven.press(key, "G")
            assert "is 121 days overdue; check for a newer version" in driven.app.screen.pane.text
            await driven.press("escape")

    drive(steps)


def test_a_date_of_service_outside_the_version_is_still_said(drive):
    async def steps(driven):
        await driven.answer("DOB 1990-01-01, DOS 2025-01-05")
        shown = " ".join(driven.log.split())
        assert ("is before this version was approved" in shown) == bool(driven.app.session.dates)

    drive(steps)


def test_the_rationale_is_shown_and_saved_for_each_audience_in_each_form(drive, tmp_path, monkeypatch):
    from assistant.rationale import AUDIENCES, render

    monkeypatch.chdir(tmp_path)
    endings = {"text": "txt", "markdown": "md", "html": "html", "json": "json"}

    async def steps(driven):
        await driven.answer(RICH)
        await driven.press("f9")
        assert "a Next audience" in driven.rows[-1]
        for audience in AUDIENCES:
            for form, ending in endings.items():
                made = render(driven.app.session, form=form, audience=audience, today=fixed_now().date())
                assert driven.app.screen.rationale == made
                assert driven.rows[0] == f" Rationale: {audience}, {form}"
                await driven.press("s")
                assert driven.field.text == f"A-1-{audience}.{ending}"
                await driven.press("enter")
                assert "Saved to" in driven.text
                assert (tmp_path / f"A-1-{audience}.{ending}").read_text() == made
                await driven.press("f")
            await driven.press("a")

    drive(steps)


def test_rationales_are_asked_for_by_words(drive, tmp_path):
    async def steps(driven):
        await driven.answer(RICH)
        await driven.answer("/rationale provider html")
        assert driven.rows[0] == " Rationale: provider, html"
        assert driven.app.screen.rationale.startswith("<!DOCTYPE html>")
        await driven.press("escape")
        await driven.answer(f"/rationale member {tmp_path / 'the letter.txt'}")
        assert "Saved to" in driven.log
        assert (tmp_path / "the letter.txt").exists()

    drive(steps)
