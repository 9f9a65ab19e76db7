"""The interview as a fold over events: what is asked, what counts, what can be taken back."""

import itertools
from datetime import date

import pytest
from forms import IN_ORDER
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.determination import Outcome
from assistant.errors import AssistantError
from assistant.events import Answered, Asked, Concluded, FactRead, Noted, Picked, Reopened, Started, Undone
from assistant.interview import advance, answered, fold, next_question, start

ALL_PASS = {
    "age": {"age_years": 38},
    "laterality": {"laterality": "right"},
    "imaging": {"imaging_modality": "mri", "radiology_report": "present"},
    "stage": {"osteonecrosis": "present", "osteonecrosis_stage": 2, "staging_system": "arco"},
    "collapse": {"femoral_head_collapse": "none"},
    "arthritis": {"arthritis": "none"},
    "symptoms": {"hip_pain": "present"},
}


def no_reading(_text, _question, _context):
    return ()


def read(**facts):
    return tuple(
        FactRead(fact=f, values=tuple(v) if isinstance(v, list | tuple) else (v,), quote=f"{f} {v}")
        for f, v in facts.items()
    )


def answer(question, side=None, replaces=None, **facts):
    return Answered(question=question, text=f"about {question}", side=side, replaces=replaces, read=read(**facts))


@pytest.fixture
def new(loaded):
    def make(**request):
        started = Started(
            policy=loaded.policy.id, version=loaded.policy.version, case="c", request=request, intake=False
        )
        return start(loaded, no_reading, started)

    return make


def after(session, *events):
    for event in events:
        session = advance(session, event)
    return session


def asked(session):
    ask = next_question(session)
    return ask and (ask.question.id, ask.ask_back)


def test_questions_come_in_the_order_that_settles_soonest(new):
    session = new(**IN_ORDER)
    seen = []
    for question, facts in ALL_PASS.items():
        seen.append(asked(session)[0])
        session = after(session, answer(question, **facts))
    assert seen == list(ALL_PASS)
    assert asked(session) == ("circumstances", False)
    assert session.current.determination.outcome is Outcome.MET


def test_an_age_of_fifty_settles_with_one_question(new):
    session = after(new(), answer("age", age_years=50))
    assert asked(session) == ("circumstances", False)
    session = after(session, answer("circumstances", individual_circumstances="absent"))
    assert next_question(session) is None
    assert session.current.determination.outcome is Outcome.NOT_MET


def test_one_rich_answer_settles_several_questions(new):
    facts = {**ALL_PASS["imaging"], **ALL_PASS["stage"], **ALL_PASS["collapse"], **ALL_PASS["arthritis"]}
    session = after(
        new(), answer("age", age_years=38), answer("laterality", laterality="left"), answer("imaging", **facts)
    )
    assert asked(session) == ("symptoms", False)


def test_pain_makes_the_question_on_function_moot_and_the_other_way_round(new):
    base = [answer(q, **f) for q, f in ALL_PASS.items() if q != "symptoms"]
    assert asked(after(new(**IN_ORDER), *base, answer("symptoms", hip_pain="present")))[0] == "circumstances"
    assert asked(after(new(), *base, answer("symptoms", hip_pain="absent")))[0] == "function"
    assert (
        asked(after(new(**IN_ORDER), *base, answer("arthritis", functional_disability="present")))[0] == "circumstances"
    )


def test_a_range_that_decides_nothing_is_asked_back_with_its_values(new):
    session = after(new(), answer("age", age_years=38), answer("laterality", laterality="left"))
    session = after(
        session,
        answer("imaging", **ALL_PASS["imaging"]),
        answer("stage", osteonecrosis="present", osteonecrosis_stage=[2, 3]),
    )
    ask = next_question(session)
    assert (ask.question.id, ask.ask_back, ask.fact) == ("stage", True, "osteonecrosis_stage")
    assert [(c.key, c.value) for c in ask.choices] == [("2", 2), ("3", 3), ("u", "unknown"), ("x", "unknown")]
    session = after(session, Picked(question="stage", facts={"osteonecrosis_stage": 2}, text="2"))
    assert asked(session) == ("collapse", False)


def test_a_range_that_passes_is_not_asked_back(new):
    session = after(new(), *[answer(q, **f) for q, f in ALL_PASS.items() if q in {"age", "laterality", "imaging"}])
    session = after(session, answer("stage", osteonecrosis="present", osteonecrosis_stage=[1, 2]))
    assert asked(session) == ("collapse", False)


def test_an_answer_that_says_nothing_is_asked_back_once_and_then_left_open(new):
    session = after(new(), answer("age"))
    assert asked(session) == ("age", True)
    session = after(session, answer("age"))
    assert asked(session) == ("laterality", False)


def test_a_record_that_does_not_say_is_not_asked_back(new):
    closed = (FactRead(fact="age_years", values=tuple(range(131)), quote="not in chart", closed=True),)
    session = after(new(), Answered(question="age", text="not in chart", read=closed))
    assert asked(session) == ("laterality", False)


def test_answers_that_exclude_each_other_are_asked_with_both_quotes(new):
    session = after(
        new(),
        answer("age", age_years=38),
        answer("laterality", laterality="left"),
        answer("imaging", osteonecrosis_stage=2, **ALL_PASS["imaging"]),
    )
    session = after(session, answer("stage", osteonecrosis="present", osteonecrosis_stage=3))
    finding = session.current.findings["osteonecrosis_stage"]
    assert finding.conflict
    assert [s.turn for s in finding.sources] == [3, 4]
    assert finding.values == {2, 3}
    ask = next_question(session)
    assert (ask.question.id, ask.ask_back, ask.fact) == ("stage", True, "osteonecrosis_stage")
    session = after(session, answer("stage", osteonecrosis_stage=2))
    assert session.current.findings["osteonecrosis_stage"].value == 2


def test_skipped_questions_are_not_put_again_but_stay_open(new):
    session = after(new(), answer("age", age_years=38), Answered(question="laterality", text="/skip", read=()))
    assert asked(session)[0] == "imaging"
    assert "laterality" not in session.current.findings


def test_undo_takes_back_the_last_thing_done(new):
    one = after(new(), answer("age", age_years=38))
    two = after(one, answer("laterality", laterality="left"), Undone())
    assert two.turns == one.turns
    assert two.current.findings == one.current.findings
    with pytest.raises(AssistantError, match="nothing to undo"):
        after(new(), Undone())


def test_an_edit_replaces_the_answer_and_can_be_undone(new):
    session = after(new(), answer("age", age_years=62), answer("laterality", laterality="left"))
    assert session.current.determination.outcome is Outcome.NOT_MET
    edited = after(session, answer("age", replaces=1, age_years=38))
    assert edited.current.findings["age_years"].value == 38
    assert edited.current.findings["laterality"].value == "left"
    assert edited.current.determination.outcome is Outcome.INFORMATION_NEEDED
    assert after(edited, Undone()).turns == session.turns


def test_what_was_said_of_one_side_does_not_count_when_the_side_is_changed(loaded):
    def by_side(text, question, context):
        if question.id == "laterality":
            return read(laterality=text)
        if text == "left head round, right collapsed" and context.side:
            return read(femoral_head_collapse="none" if context.side == "left" else "severe")
        return ()

    session = start(loaded, by_side, Started(policy=loaded.policy.id, version=2, intake=False))
    session = after(session, answered(session, "laterality", "left"))
    session = after(session, answered(session, "collapse", "left head round, right collapsed"))
    assert session.current.findings["femoral_head_collapse"].value == "none"
    event = answered(session, "laterality", "right", replaces=1)
    changed = after(session, event)
    assert changed.left_behind == (2,)
    assert "femoral_head_collapse" not in changed.current.findings
    assert after(session, event, Undone()).current.findings["femoral_head_collapse"].value == "none"


def test_both_hips_are_taken_one_at_a_time_with_a_determination_each(new):
    session = after(new(), answer("age", age_years=38), answer("laterality", laterality="bilateral"))
    assert [s.side for s in session.sides] == ["right", "left"]
    assert next_question(session).side == "right"
    for side, stage in (("right", 2), ("left", 4)):
        for question, facts in (*ALL_PASS.items(), ("circumstances", {"individual_circumstances": "absent"})):
            if question not in {"age", "laterality"} and next_question(session).side == side:
                wanted = {**facts, "osteonecrosis_stage": stage} if question == "stage" else facts
                session = after(session, answer(question, side=side, **wanted))
    right, left = session.sides
    assert right.determination.outcome is Outcome.MET
    assert left.determination.outcome is Outcome.NOT_MET
    assert right.findings["osteonecrosis_stage"].value == 2
    assert "bilateral_each_hip" in right.determination.flags


def test_what_was_said_before_both_sides_were_known_counts_for_neither(new):
    session = after(
        new(), answer("age", age_years=38, hip_pain="present"), answer("laterality", laterality="bilateral")
    )
    assert session.left_behind == (1,)
    assert all("hip_pain" not in s.findings for s in session.sides)


def test_dates_give_the_age_in_completed_years(new):
    day_before = new(birth_date="1976-12-11", date_of_service="2026-12-10")
    assert day_before.current.findings["age_years"].value == 49
    birthday = new(birth_date="1976-12-10", date_of_service="2026-12-10")
    assert birthday.current.findings["age_years"].value == 50
    assert birthday.context.date_of_service == date(2026, 12, 10)


def test_an_age_that_does_not_fit_the_dates_is_a_conflict(new):
    session = after(new(birth_date="1976-12-10", date_of_service="2026-12-10"), answer("laterality", age_years=49))
    assert session.current.findings["age_years"].conflict


def test_a_concluded_review_is_locked_until_it_is_reopened(new):
    session = after(new(), answer("age", age_years=62), Concluded(determination="criteria_not_met"))
    assert next_question(session) is None
    with pytest.raises(AssistantError, match="concluded"):
        advance(session, answer("laterality", laterality="left"))
    assert asked(after(session, Reopened(reason="wrong birth date")))[0] == "circumstances"


def test_completing_asks_what_can_no_longer_change_the_outcome(new):
    session = after(new(), answer("age", age_years=62), Asked(completing=True))
    assert asked(session)[0] == "laterality"
    for question, facts in ALL_PASS.items():
        if question != "age":
            session = after(session, answer(question, **facts))
    assert asked(session)[0] == "function"
    session = after(session, answer("function", functional_disability="present"))
    assert asked(session)[0] == "level_of_care"


def test_circumstances_send_a_case_that_meets_the_criteria_to_a_physician(new):
    session = after(new(), *[answer(q, **f) for q, f in ALL_PASS.items()])
    assert session.current.determination.outcome is Outcome.MET
    told = after(session, answer("circumstances", individual_circumstances="present"))
    assert told.current.determination.outcome is Outcome.NOT_ADDRESSED


def test_intake_asks_about_the_form_and_what_is_given_is_not_asked(loaded):
    fresh = start(loaded, no_reading, Started(policy=loaded.policy.id, version=2))
    assert next_question(fresh).question.id == "request_codes"
    given = start(
        loaded, no_reading, Started(policy=loaded.policy.id, version=2, request={"procedure_codes": ["S2325"]})
    )
    assert next_question(given).question.id == "request_condition"
    unlisted = start(
        loaded, no_reading, Started(policy=loaded.policy.id, version=2, request={"procedure_codes": ["27299"]})
    )
    assert next_question(unlisted).question.id == "request_unlisted"
    declined = after(fresh, Answered(question="request_codes", text="/start", read=()))
    assert next_question(declined).question.id == "age"


@pytest.mark.parametrize(
    "event",
    [
        Answered(question="nonsense", text="x"),
        Answered(question="age", text="x", replaces=7),
        Answered(question="age", text="x", read=(FactRead(fact="nonsense", values=(1,), quote=""),)),
        Picked(facts={"nonsense": 1}),
        Picked(facts={"arthritis": "terrible"}),
        Noted(criterion="X9", text="x"),
        Reopened(reason="x"),
        Started(policy="p", version=1),
    ],
)
def test_an_event_that_does_not_fit_is_refused_in_one_sentence(new, event):
    with pytest.raises(AssistantError) as caught:
        advance(new(), event)
    assert "\n" not in str(caught.value)


def events_strategy():
    pairs = st.sampled_from([*ALL_PASS.items(), ("stage", {"osteonecrosis_stage": 3}), ("age", {"age_years": 62})])
    return st.lists(st.one_of(pairs.map(lambda p: answer(p[0], **p[1])), st.just(Undone())), max_size=12)


def test_a_fold_over_the_events_is_the_session_that_made_them(new, loaded):
    @settings(max_examples=100, deadline=None)
    @given(events_strategy())
    def check(events):
        session = new()
        for event in events:
            if not isinstance(event, Undone) or session.turns:
                session = advance(session, event)
        again = fold(loaded, no_reading, session.events)
        assert again == session

    check()


def test_the_order_of_answers_never_changes_what_is_known(new):
    facts = list(ALL_PASS.items())
    expected = after(new(), *[answer(q, **f) for q, f in facts]).current.determination
    for order in itertools.islice(itertools.permutations(facts), 0, None, 97):
        assert after(new(), *[answer(q, **f) for q, f in order]).current.determination == expected


def test_of_several_studies_the_most_advanced_counts_in_any_order(new):
    for order in (("mri", "radiograph"), ("radiograph", "mri")):
        events = [answer("imaging", imaging_modality=order[0]), answer("arthritis", imaging_modality=order[1])]
        finding = after(new(), *events).current.findings["imaging_modality"]
        assert (finding.value, finding.conflict) == ("mri", False)
    denied = after(new(), answer("imaging", imaging_modality="mri"), answer("arthritis", imaging_modality="none"))
    assert denied.current.findings["imaging_modality"].conflict


def test_an_unclear_answer_to_the_last_question_is_asked_back_once(new):
    session = after(new(), answer("age", age_years=62))
    session = after(session, answer("circumstances", individual_circumstances=["present", "absent"]))
    assert asked(session) == ("circumstances", True)
    assert next_question(after(session, answer("circumstances", individual_circumstances="absent"))) is None


def test_without_a_date_of_service_the_age_is_that_of_the_review_and_says_so(loaded):
    started = Started(
        policy="hip-core-decompression", version=2, at="2026-11-23T08:00:00+00:00", request={"birth_date": "1976-11-24"}
    )
    finding = start(loaded, no_reading, started).current.findings["age_years"]
    assert finding.values == {49, 50}  # the service may be after the birthday
    assert "on the day of this review, 2026-11-23" in finding.sources[-1].quote
