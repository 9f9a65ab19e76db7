import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering import readings
from assistant.batch import interpret
from assistant.errors import AssistantError
from assistant.findings import Context
from assistant.matching import Reading, Tier, propose
from assistant.matching.second_reader import Bars, Doubt
from assistant.policy import load
from assistant.policy.files import Library, packaged
from assistant.readers import second_reader_of

ANSWERS = Path(__file__).parent / "answers"
BARS = Bars(choose_from=0.1, silent_to=0.02)
READING = Reading("hip_pain", frozenset(["present"]), "hip pain", 0, 8)
DOUBTED = Reading("hip_pain", frozenset(["present"]), "hip pain", 0, 8, doubt="two days are possible")


@pytest.mark.parametrize(
    ("reading", "risk", "given", "tier", "reason"),
    [
        (READING, 0.01, {"bare": True}, Tier.SILENT, "a bare answer to the question asked"),
        (READING, 0.05, {"bare": True}, Tier.CONFIRM, "a bare answer that is less sure than most"),
        (READING, 0.01, {}, Tier.CONFIRM, "read from the words “hip pain”"),
        (READING, 0.3, {}, Tier.CHOOSE, "the second reader doubts it"),
        (READING, 0.3, {"bare": True}, Tier.CHOOSE, "the second reader doubts it"),
        (READING, 0.01, {"settled": False, "bare": True}, Tier.CHOOSE, "more than one value stays possible"),
        (READING, 0.01, {"turned_by": ("awaiting",)}, Tier.CHOOSE, "“awaiting” stands beside it and was not read"),
        (DOUBTED, 0.01, {"bare": True}, Tier.CHOOSE, "two days are possible"),
    ],
)
def test_a_reading_has_one_tier_and_says_why(reading, risk, given, tier, reason):
    proposal = propose(reading, Doubt(risk, ()), BARS, **given)
    assert (proposal.tier, proposal.because[0]) == (tier, reason)


@pytest.mark.parametrize(
    ("question", "text", "tiers"),
    [
        ("age", "38", {"age_years": "silent"}),
        ("stage", "ARCO II", dict.fromkeys(["osteonecrosis", "osteonecrosis_stage", "staging_system"], "silent")),
        ("collapse", "none", {"femoral_head_collapse": "silent"}),
        ("arthritis", "no", {"arthritis": "silent"}),
        ("age", "seen on 3 May, age 38 per the form", {"age_years": "confirm"}),
        ("imaging", "MRI recc", {"imaging_modality": "choose"}),
        ("imaging", "awaiting MRI", {"imaging_modality": "choose"}),
        ("stage", "stage II-III", {"osteonecrosis": "confirm", "osteonecrosis_stage": "choose"}),
        ("symptoms", "no injections for her groin pain so far", {"hip_pain": "choose"}),
    ],
)
def test_interpret_says_what_each_reading_needs(question, text, tiers):
    assert interpret(load(), text, question)["tiers"] == tiers


def test_interpret_as_a_process_gives_tiers_risks_and_reasons_without_a_learning_library():
    code = "import sys; from assistant.cli import entry; sys.argv = ['assistant', 'interpret', '--question', 'imaging', 'MRI recc']\n"
    code += "try: entry()\nfinally: print(sorted({'sklearn', 'numpy', 'scipy'} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    reading = json.loads(done.stdout)["readings"][0]
    assert done.stderr.splitlines()[-1] == "[]"
    assert 0 <= reading["risk"] <= 1
    assert reading["because"] == ["“recc” stands beside it and was not read"]


WORDS = [
    "no",
    "hip",
    "groin",
    "pain",
    "MRI",
    "CT",
    "reviewed",
    "stage",
    "II",
    "ARCO",
    "collapse",
    "his",
    "mother",
    "had",
    "?",
    ",",
    ".",
    ";",
    "38",
    "y/o",
    "awaiting",
    "absent\n",
]
texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


@settings(max_examples=120, deadline=None)
@given(texts, st.sampled_from([None, *(q.id for q in load().prompts.questions)]))
def test_of_any_text_the_second_reader_gives_a_risk_and_no_value(text, question):
    answer = interpret(load(), text, question)
    asked = load().prompts.question[question] if question else None
    read = readings(load(), text, asked, Context())
    assert {r["fact"]: set(r["values"]) for r in answer["readings"]} == {
        r.fact: set(r.ordered) or set(r.values) for r in read
    }
    assert set(answer["tiers"]) == set(answer["facts"])
    assert all(0 <= r["risk"] <= 1 and r["because"] for r in answer["readings"])
    assert interpret(load(), text, question) == answer


def test_the_weights_are_those_of_the_labelled_answers_that_they_name():
    content = json.loads((packaged("policy") / "vocabulary" / "doubt.json").read_text())
    assert content["sources"]
    for name, digest in content["sources"].items():
        found = f"sha256:{hashlib.sha256((ANSWERS / name).read_bytes()).hexdigest()}"
        assert found == digest, f"{name} has changed: run tests/bench/train_second_reader.py"


@pytest.mark.parametrize("content", ["{", "[]", '{"weights": {}}'])
def test_weights_that_can_not_be_used_are_one_sentence(tmp_path, content):
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary" / "doubt.json").write_text(content)
    loaded = load(None, Library())
    broken = type(loaded)(loaded.policy, loaded.prompts, loaded.digest, Library((tmp_path,)))
    with pytest.raises(AssistantError, match=r"doubt\.json"):
        second_reader_of(broken)


def test_more_in_doubt_is_more_often_wrong_on_answers_left_out():
    held_out = json.loads((packaged("policy") / "vocabulary" / "doubt.json").read_text())["held_out"]
    assert held_out["all"]["wrong_in_top_10_percent"] >= 0.5
