"""What typed lines mean, the same in every shell."""

import pytest
from forms import IN_ORDER

from assistant.answering import reads
from assistant.conversation import COMMANDS, accept, respond
from assistant.determination import Outcome
from assistant.events import Answered, Picked, Started
from assistant.interview import advance, next_question, start


@pytest.fixture
def new(loaded):
    return start(
        loaded, reads(loaded), Started(policy=loaded.policy.id, version=2, case="c", intake=False, request=IN_ORDER)
    )


def say(session, *texts):
    for text in texts:
        for event in respond(session, text).events:
            session = advance(session, event)
    return session


MET = ("38", "right", "MRI, report on file", "AVN ARCO 2", "no collapse", "no arthritis", "groin pain")


def test_a_whole_review_ends_locked_with_its_determination(new):
    session = say(new, *MET, "no")
    assert next_question(session) is None
    assert not respond(session, "").events
    session = say(session, "release")
    assert session.concluded.determination == "criteria_met"
    assert respond(session, "/undo").events == ()
    assert respond(session, "39").events == ()
    again = respond(session, "/reopen the report was amended")
    assert not advance(session, again.events[0]).concluded


def test_every_reading_is_said_with_the_words_that_matched(new):
    reply = respond(new, "38")
    assert any("38" in line and "“38”" in line for line in reply.lines)
    session = say(new, *MET[:3])
    lines = respond(session, "AVN ARCO 2").lines
    assert any("I2a" in line and "met" in line for line in lines)


def test_two_slashes_begin_an_answer_with_a_slash(new):
    reply = respond(new, "//38")
    assert any(isinstance(e, Answered) and e.text == "/38" for e in reply.events)


def test_an_unknown_command_is_never_taken_for_an_answer(new):
    for text in ("/nonsense", "/ 38", "/e", "/38"):
        reply = respond(new, text)
        assert not reply.events


@pytest.mark.parametrize("command", list(COMMANDS))
def test_no_command_fails_anywhere_in_a_review(new, command):
    sessions = [new, say(new, *MET[:4]), say(new, *MET), say(new, *MET, "no"), say(new, *MET, "no", "")]
    for session in sessions:
        for rest in ("", " x", " 1", " 1 55", " I2b text", " arthritis mild because", " 99999999999"):
            reply = respond(session, command + rest)
            assert reply.events or reply.lines or reply.show or reply.quit or reply.pending, command + rest


def test_an_edit_shows_its_effect_and_changes_nothing_until_it_is_accepted(new):
    session = say(new, *MET)
    reply = respond(session, "/edit 1 62")
    assert reply.pending is not None
    assert not reply.events
    assert any("N3" in line and "applies" in line for line in reply.lines)
    edited = advance(session, accept(session, reply.pending).events[0])
    assert edited.current.determination.outcome is Outcome.NOT_MET
    assert edited.current.findings["arthritis"].value == "none"


def test_edit_without_text_puts_the_old_answer_back_into_the_field(new):
    session = say(new, "38")
    for command in ("/edit 1", "/back"):
        reply = respond(session, command)
        assert (reply.prefill, reply.editing) == ("38", 1)
    assert respond(session, "62", editing=1).pending == respond(session, "/edit 1 62").pending
    assert respond(session, "/why", editing=1).show == "why"


def test_an_override_needs_a_reason_and_keeps_it(new):
    session = say(new, *MET)
    refused = respond(session, "/pick arthritis moderate")
    assert refused.pending is None
    assert "Say why" in refused.lines[0]
    reply = respond(session, "/pick arthritis moderate the addendum says so")
    assert isinstance(reply.pending, Picked)
    assert reply.pending.origin == "override"
    overridden = advance(session, reply.pending)
    assert overridden.current.findings["arthritis"].reason == "the addendum says so"
    assert overridden.current.determination.outcome is Outcome.NOT_MET


def test_a_numbered_choice_answers_an_ask_back(new):
    session = say(new, "38", "right", "MRI, report on file", "AVN, ARCO")
    ask = next_question(session)
    assert ask.ask_back
    assert "2" in [c.key for c in ask.choices]
    session = say(session, "2")
    assert session.current.findings["osteonecrosis_stage"].value == 2


def test_grades_are_chosen_by_letter_because_their_numbers_mean_something_else(new):
    session = say(new, *MET[:4], "collapse")
    ask = next_question(session)
    assert (ask.question.id, ask.ask_back) == ("collapse", True)
    assert all(not c.key.isdecimal() for c in ask.choices)


def test_unknown_leaves_the_fact_open_for_good(new):
    session = say(new, "/unknown")
    assert session.current.findings["age_years"].closed
    assert next_question(session).question.id == "laterality"
    assert session.current.determination.outcome is Outcome.INFORMATION_NEEDED


def test_a_note_goes_to_the_criterion_named_or_to_the_present_one(new):
    session = say(new, "/note I2b see addendum", "/note asked the clinic")
    assert [t.note.criterion for t in session.turns] == ["I2b", "N3"]


def test_a_very_long_answer_is_refused_in_one_sentence(new):
    reply = respond(new, "x" * 20_001)
    assert not reply.events
    assert len(reply.lines) == 1


def test_a_settled_review_can_be_closed_after_the_last_question(new):
    session = say(new, "62")
    assert not respond(session, "/conclude").events
    session = say(session, "no", "/conclude")
    assert session.concluded.determination == "criteria_not_met"


def test_an_open_review_is_closed_as_information_needed_only_on_purpose(new):
    session = say(new, "38")
    assert not respond(session, "/conclude").events


def test_a_date_of_service_outside_the_version_is_warned_of_at_once(loaded):
    session = start(
        loaded,
        reads(loaded),
        Started(policy=loaded.policy.id, version=2, case="c", request={"procedure_codes": ["S2325"]}),
    )
    session = say(session, "yes", "R")
    reply = respond(session, "DOB 3/15/1992, DOS 12/4/2026")
    assert any("check which version applies" in line for line in reply.lines)


def test_circumstances_are_taken_word_for_word_and_only_a_bare_no_is_none(new):
    for text in (
        "repeat decompression after one in 2023",
        "no, but she had radiation of this hip",
        "nothing but a pacemaker",
    ):
        assert say(new, *MET, text).current.determination.outcome is Outcome.NOT_ADDRESSED, text
    for text in ("no", "None.", "nothing else", "no, nothing"):
        assert say(new, *MET, text).current.determination.outcome is Outcome.MET, text
    assert next_question(say(new, *MET, "not sure")).ask_back
