"""The determination: cases checked by hand, and properties that hold for all facts."""

import itertools
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.determination import Outcome, Truth, based_on, determine, notices, rules_of
from assistant.policy import Policy, values_of

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases" / "dev.jsonl").read_text().splitlines()]
CRITERIA_FACTS = [
    "age_years",
    "imaging_modality",
    "radiology_report",
    "osteonecrosis",
    "osteonecrosis_stage",
    "femoral_head_collapse",
    "arthritis",
    "hip_pain",
    "functional_disability",
]


def known(policy, facts):
    return {fact: values_of(policy, fact, value) for fact, value in facts.items()}


def ids(policy, found, truth):
    return [c.id for c in policy.criteria if found.criteria[c.id] is truth]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_case_comes_out_as_expected(policy, case):
    found = determine(policy, known(policy, case["facts"]))
    assert {
        "determination": found.outcome.value,
        "indications": found.criteria["IND"].value,
        "non_indications": found.criteria["NON"].value,
        "satisfied": ids(policy, found, Truth.TRUE),
        "failed": ids(policy, found, Truth.FALSE),
        "unknown": ids(policy, found, Truth.UNKNOWN),
        "flags": sorted(found.flags),
    } == case["expected"]


KNOCK_OUTS = [
    ("age_years", [50, 51, 90], ["N3"]),
    ("arthritis", ["moderate", "severe"], ["N1"]),
    ("osteonecrosis_stage", [3, 4, 5, 6], ["N2"]),
    ("osteonecrosis_stage", [0], []),
    ("femoral_head_collapse", ["moderate", "severe"], []),
    ("imaging_modality", ["radiograph", "ultrasound", "none"], []),
    ("radiology_report", ["absent"], []),
    ("osteonecrosis", ["absent"], []),
]


@pytest.mark.parametrize(("fact", "value", "applies"), [(f, v, n) for f, vs, n in KNOCK_OUTS for v in vs])
def test_each_knock_out_alone_settles_not_met(policy, fact, value, applies):
    found = determine(policy, known(policy, {fact: value}))
    assert found.outcome is Outcome.NOT_MET
    assert found.settled
    assert not found.live
    assert [c for c in ids(policy, found, Truth.TRUE) if c.startswith("N")] == applies


def test_no_other_single_value_settles(policy):
    settling = {(f, v) for f, vs, _ in KNOCK_OUTS for v in vs}
    for fact in CRITERIA_FACTS:
        for value in policy.domains[fact]:
            found = determine(policy, {fact: frozenset([value])})
            expected = (fact, value) in settling or (fact == "age_years" and value >= 50)
            assert found.settled == expected, (fact, value)


def test_pain_and_disability_both_absent_is_the_only_pair_that_knocks_out(policy):
    passing = {
        "age_years": 40,
        "imaging_modality": "mri",
        "radiology_report": "present",
        "osteonecrosis_stage": 2,
        "femoral_head_collapse": "none",
        "arthritis": "none",
    }
    assert determine(policy, known(policy, {"hip_pain": "absent"})).outcome is Outcome.INFORMATION_NEEDED
    both = known(policy, {"hip_pain": "absent", "functional_disability": "absent"})
    assert determine(policy, both).outcome is Outcome.NOT_MET
    for first, second in itertools.combinations(passing, 2):
        pair = known(policy, {first: passing[first], second: passing[second]})
        assert determine(policy, pair).outcome is Outcome.INFORMATION_NEEDED


def test_the_minimal_sufficient_set_is_met_and_every_smaller_one_is_not(policy):
    full = known(
        policy,
        {
            "hip_pain": "present",
            "age_years": 40,
            "imaging_modality": "mri",
            "radiology_report": "present",
            "osteonecrosis_stage": 2,
            "femoral_head_collapse": "minimal",
            "arthritis": "mild",
        },
    )
    assert determine(policy, full).outcome is Outcome.MET
    for dropped in full:
        assert determine(policy, {f: v for f, v in full.items() if f != dropped}).outcome is not Outcome.MET


@pytest.mark.parametrize(
    ("facts", "i2a", "n2"),
    [
        ({"osteonecrosis_stage": 2}, "true", "false"),
        ({"osteonecrosis": "unknown", "osteonecrosis_stage": 2}, "unknown", "false"),
        ({"osteonecrosis": "unknown", "osteonecrosis_stage": 3}, "false", "unknown"),
        ({"osteonecrosis": "absent", "osteonecrosis_stage": 2}, "unknown", "false"),
        ({"osteonecrosis": "absent", "osteonecrosis_stage": 4}, "false", "unknown"),
        ({"osteonecrosis": "absent", "osteonecrosis_stage": 0}, "false", "false"),
        ({"osteonecrosis": "absent"}, "false", "false"),
        ({"osteonecrosis": "absent", "osteonecrosis_stage": "unknown"}, "false", "false"),
        ({"osteonecrosis": "present"}, "unknown", "unknown"),
        ({"osteonecrosis_stage": [1, 2]}, "true", "false"),
        ({"osteonecrosis_stage": [2, 3]}, "unknown", "unknown"),
        ({"osteonecrosis_stage": [3, 4]}, "false", "true"),
        ({"osteonecrosis_stage": [0, 1]}, "unknown", "false"),
        ({"osteonecrosis": "absent", "osteonecrosis_stage": [2, 3]}, "unknown", "unknown"),
    ],
)
def test_presence_and_stage(policy, facts, i2a, n2):
    found = determine(policy, known(policy, facts))
    assert (found.criteria["I2a"].value, found.criteria["N2"].value) == (i2a, n2)


@pytest.mark.parametrize(
    ("facts", "raised", "not_raised"),
    [
        ({"osteonecrosis_stage": [5, 6]}, ["stage_beyond_iv"], []),
        ({"osteonecrosis_stage": [4, 5]}, [], ["stage_beyond_iv"]),
        ({"age_years": [49, 50]}, ["age_boundary"], []),
        ({"age_years": [48, 49]}, [], ["age_boundary"]),
        ({"staging_system": "jic", "osteonecrosis_stage": [0, 5]}, ["stage_outside_system"], []),
        ({"staging_system": ["arco", "ficat"], "osteonecrosis_stage": 6}, ["stage_outside_system"], []),
        (
            {"osteonecrosis_stage": [1, 2], "femoral_head_collapse": ["moderate", "severe"]},
            ["stage_collapse_conflict"],
            [],
        ),
        ({"osteonecrosis_stage": "unknown"}, [], ["staging_system_not_named"]),
        ({"laterality": "unknown"}, ["laterality_unknown"], []),
        ({}, [], ["laterality_unknown"]),
        ({"procedure_codes": "unknown"}, ["procedure_code_missing"], ["code_not_listed"]),
        ({"procedure_codes": ["27130", "S2325"]}, ["code_outside_policy"], ["code_not_listed"]),
        ({"procedure_codes": ["20933", "27130"]}, ["addon_without_primary", "code_outside_policy"], []),
        ({"procedure_codes": ["20933", "27170-RT"]}, [], ["addon_without_primary", "code_outside_policy"]),
        ({"procedure_codes": ["26992"]}, ["generic_code"], ["unlisted_code"]),
        ({"laterality": "bilateral", "documented_laterality": "left"}, ["bilateral_one_side_documented"], []),
        ({"laterality": "left", "documented_laterality": "bilateral"}, [], ["laterality_mismatch"]),
    ],
)
def test_flags(policy, facts, raised, not_raised):
    flags = determine(policy, known(policy, facts)).flags
    assert [f for f in raised if f not in flags] == []
    assert [f for f in not_raised if f in flags] == []


def test_a_wrong_side_leaves_only_the_age(policy):
    facts = {
        "laterality": "left",
        "documented_laterality": "right",
        "osteonecrosis_stage": 4,
        "imaging_modality": "none",
    }
    assert determine(policy, known(policy, facts)).outcome is Outcome.INFORMATION_NEEDED
    assert determine(policy, known(policy, facts | {"age_years": 50})).outcome is Outcome.NOT_MET


def test_scope_goes_before_every_knock_out_and_circumstances_after_them(policy):
    outside = known(policy, {"procedure_codes": ["27130"], "age_years": 62})
    assert determine(policy, outside).outcome is Outcome.NOT_ADDRESSED
    stated = known(policy, {"individual_circumstances": "present"})
    assert determine(policy, stated).outcome is Outcome.NOT_ADDRESSED
    assert determine(policy, stated | known(policy, {"age_years": 62})).outcome is Outcome.NOT_MET


def facts_strategy(policy: Policy, names=tuple(CRITERIA_FACTS)):
    def of(fact):
        domain = sorted(policy.domains[fact], key=str)
        if fact == "age_years":
            domain = [17, 49, 50, 62]
        return st.frozensets(st.sampled_from(domain), min_size=1)

    return st.fixed_dictionaries({}, optional={fact: of(fact) for fact in names})


def test_settled_agrees_with_trying_every_completion(policy):
    shrunk = {
        "age_years": (38, 62),
        "imaging_modality": ("mri", "radiograph"),
        "osteonecrosis_stage": (0, 2, 3),
        "femoral_head_collapse": ("minimal", "severe"),
        "arthritis": ("mild", "moderate"),
    }

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def check(data):
        facts = {}
        for fact in CRITERIA_FACTS:
            values = shrunk.get(fact, sorted(policy.domains[fact], key=str))
            chosen = data.draw(st.one_of(st.none(), st.frozensets(st.sampled_from(values), min_size=1)))
            if chosen is not None:
                facts[fact] = chosen
        found = determine(policy, facts)
        stage = facts.get("osteonecrosis_stage", frozenset())
        contradiction = facts.get("osteonecrosis") == {"absent"} and stage and 0 not in stage
        outcomes = set()
        open_choices = []
        for fact in CRITERIA_FACTS:
            values = facts.get(fact, frozenset(shrunk.get(fact, policy.domains[fact])))
            if contradiction and fact in {"osteonecrosis", "osteonecrosis_stage"}:
                values = frozenset(shrunk.get(fact, policy.domains[fact]))
            if fact == "osteonecrosis" and fact not in facts and stage and 0 not in stage:
                values = frozenset(["present"])
            open_choices.append([frozenset([v]) for v in values])
        for choice in itertools.product(*open_choices):
            full = dict(zip(CRITERIA_FACTS, choice, strict=True))
            if full["osteonecrosis"] == {"absent"}:
                del full["osteonecrosis_stage"]
            outcomes.add(determine(policy, full).outcome)
            if len(outcomes) > 1:
                break
        if contradiction and found.outcome is Outcome.NOT_MET:
            return
        assert found.settled == (len(outcomes) == 1)
        if found.settled:
            assert outcomes == {found.outcome}

    check()


def test_adding_information_never_turns_true_into_false_or_back(policy):
    @settings(max_examples=300, deadline=None)
    @given(facts_strategy(policy), st.data())
    def check(facts, data):
        before = determine(policy, facts)
        fact = data.draw(st.sampled_from(CRITERIA_FACTS))
        values = before.facts.get(fact, policy.domains[fact])
        more = dict(facts)
        more[fact] = frozenset([data.draw(st.sampled_from(sorted(values, key=str)))])
        after = determine(policy, more)
        contradicted = "osteonecrosis_stage_conflict" in after.flags and more["osteonecrosis"] == {"absent"}
        for criterion, truth in before.criteria.items():
            if truth is not Truth.UNKNOWN:
                allowed = {truth, Truth.UNKNOWN} if contradicted else {truth}
                assert after.criteria[criterion] in allowed, criterion
        if before.outcome in {Outcome.MET, Outcome.NOT_MET} and not contradicted:
            assert after.outcome is before.outcome

    check()


def test_every_combination_gets_exactly_one_outcome_in_any_order(policy):
    names = [f for f in policy.domains if f != "procedure_codes"]

    @settings(max_examples=300, deadline=None)
    @given(facts_strategy(policy, (*names, "procedure_codes")), st.randoms())
    def check(facts, random):
        found = determine(policy, facts)
        assert found.outcome in set(Outcome)
        shuffled = list(facts.items())
        random.shuffle(shuffled)
        assert determine(policy, dict(shuffled)) == found

    check()


def test_a_fact_is_live_exactly_when_it_can_change_the_outcome(policy):
    @settings(max_examples=60, deadline=None)
    @given(facts_strategy(policy), st.data())
    def check(facts, data):
        found = determine(policy, facts)
        fact = data.draw(st.sampled_from(CRITERIA_FACTS))
        rules = rules_of(policy)
        if fact in found.live or found.outcome is not Outcome.INFORMATION_NEEDED:
            return
        values = found.facts.get(fact, policy.domains[fact])
        others = {f: v for f, v in facts.items() if f != fact}
        seen = set()
        for group in rules.classes(fact, values):
            seen.add(determine(policy, {**others, fact: frozenset([min(group, key=str)])}).outcome)
        assert len(seen) == 1

    check()


def test_the_overdue_line_counts_from_the_given_day(policy):
    assert "121 days overdue" in based_on(policy, date(2026, 11, 22))
    assert "1 day overdue" in based_on(policy, date(2026, 7, 25))
    assert "overdue" not in based_on(policy, date(2026, 7, 24))
    assert notices(policy, date(2026, 1, 1)) == ()


def test_a_date_of_service_outside_the_version_is_warned_of(policy):
    today = date(2026, 1, 1)
    assert "before this version was approved" in notices(policy, today, date(2025, 1, 1))[0]
    assert "after this version's next review" in notices(policy, today, date(2026, 12, 1))[0]
    assert notices(policy, today, date(2026, 1, 2)) == ()
