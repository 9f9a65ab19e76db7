"""The commands as a user and other programs call them: real processes, exit codes, one-sentence errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from forms import IN_ORDER

from assistant.batch import answer_lines

ROOT = Path(__file__).parent.parent
ANSWERS = ["38", "right", "MRI, report on file", "AVN, ARCO 2", "no collapse", "no arthritis", "groin pain", "no"]
RELEASE = ["release", ""]


@pytest.fixture
def assistant(tmp_path):
    def run(*args, given="", **environment):
        env = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path / "state"), **environment}
        return subprocess.run(
            [sys.executable, "-m", "assistant", *map(str, args)],
            input=given,
            capture_output=True,
            text=True,
            env=env,
            cwd=tmp_path,
            check=False,
            timeout=60,
        )

    return run


def one_sentence(result):
    assert "Traceback" not in result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def review(*lines):
    return "\n".join(["/start", *lines]) + "\n"


def form(tmp_path):
    """The options of a request on which everything is in order."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(IN_ORDER))
    return "--request", file


def test_version_and_help(assistant):
    assert assistant("--version").stdout.startswith("assistant 0.")
    for command in ([], ["review"], ["assess"], ["interpret"], ["resume"], ["replay"]):
        assert assistant(*command, "--help").returncode == 0


def test_a_review_by_pipe_ends_concluded_with_exit_code_zero(assistant, tmp_path):
    result = assistant("--case", "A1", *form(tmp_path), given=review(*ANSWERS, *RELEASE))
    assert result.returncode == 0, result.stderr
    assert "Criteria met." in result.stdout
    assert (tmp_path / "state" / "A1.jsonl").is_file()
    assert "criteria_met" in assistant("cases").stdout


def test_input_that_ends_midway_leaves_a_review_to_resume(assistant, tmp_path):
    first = assistant("--case", "A2", *form(tmp_path), given=review(*ANSWERS[:3]))
    assert first.returncode == 3
    assert "assistant resume A2" in first.stdout
    second = assistant("resume", "A2", "--plain", given="\n".join([*ANSWERS[3:], *RELEASE]) + "\n")
    assert second.returncode == 0, second.stdout
    assert "Question 4" in second.stdout


def test_a_rationale_is_found_by_the_reference_of_its_case(assistant, tmp_path):
    assistant("--case", "A3", given=review("52"))
    by_case = assistant("rationale", "A3")
    assert by_case.returncode == 0, by_case.stderr
    assert by_case.stdout == assistant("rationale", tmp_path / "state" / "A3.jsonl").stdout
    assert "A9" in one_sentence(assistant("rationale", "A9"))


def test_resume_without_a_name_takes_the_review_that_changed_last(assistant):
    assistant("--case", "old", given=review("38"))
    assistant("--case", "new", given=review("62"))
    assert "case new" in assistant("resume", "--plain").stdout


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["--policy", "nonsense"], ["no policy 'nonsense'", "hip-core-decompression"]),
        (["--policy", "hip-core-decompression@9"], ["no version '9'"]),
        (["--policy-path", "/nowhere"], ["/nowhere is no directory"]),
        (["--date-of-service", "12/10/2026"], ["is no date", "2026-12-10"]),
        (["--side", "up"], ["laterality", "left, right, bilateral"]),
        (["--case", "///"], ["can not be a case reference"]),
        (["resume", "nobody"], ["no review of case 'nobody'"]),
        (["resume"], ["no unfinished review"]),
        (["assess", "--facts", "nonsense"], ["not JSON"]),
        (["assess", "--facts", '{"age": 1}'], ["no fact 'age'"]),
        (["interpret", "x", "--question", "mood"], ["no question 'mood'"]),
        (["rationale", "missing.jsonl"], ["missing.jsonl", "can not be read"]),
        (["replay", "missing.jsonl"], ["missing.jsonl"]),
        (["frobnicate"], ["frobnicate"]),
        (["--frobnicate"], ["--frobnicate"]),
    ],
)
def test_wrong_use_gets_one_sentence(assistant, args, parts):
    result = assistant(*args)
    assert result.returncode in {1, 2}
    sentence = result.stderr.strip() or result.stdout.splitlines()[0]
    assert "Traceback" not in result.stderr + result.stdout
    assert all(part in sentence for part in parts), sentence


def test_a_request_file_answers_the_intake(assistant, tmp_path):
    request = tmp_path / "request.yaml"
    request.write_text(
        "case: RF1\nprocedure_codes: [S2325-RT]\nbirth_date: 1976-12-11\ndate_of_service: 2026-12-10\n"
        "clinical_documentation: present\n"
    )
    result = assistant("--request", request, given="/start\n")
    assert "case RF1" in result.stdout
    assert "Which procedure codes" not in result.stdout
    assert "How old" not in result.stdout
    json_request = tmp_path / "request.json"
    json_request.write_text(json.dumps({"case": "RF2", "procedure_codes": ["27130"]}))
    assert "not addressed" in assistant("--request", json_request, given=review("no", "")).stdout


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("laterality: up\n", "laterality"),
        ("date_of_service: soon\n", "is no date"),
        ("mood: calm\n", "no fact 'mood'"),
        ("a: [1\n", "request.yaml:"),
        ("- 1\n", "mapping"),
        ("a: &x [1]\nb: *x\n", "aliases"),
    ],
)
def test_a_bad_request_file_is_named_and_nothing_is_begun(assistant, tmp_path, content, part):
    request = tmp_path / "request.yaml"
    request.write_text(content)
    result = assistant("--request", request)
    assert result.returncode == 2
    assert part in one_sentence(result)
    assert "request.yaml" in result.stderr
    assert not list((tmp_path / "state").glob("*.jsonl"))


def test_a_state_directory_that_can_not_be_written_is_said_at_once(assistant, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = assistant("--case", "A3", given="/start\n38\n", ASSISTANT_STATE_DIR=str(blocked / "state"))
    assert result.returncode == 2
    assert "can not be kept" in one_sentence(result)


def test_answers_full_of_markup_and_escapes_are_shown_as_text(assistant):
    nasty = "\x1b[31mred\x1b]52;c;aGk=\x07 [bold]x[/] {{ 7*7 }} {% raw %} <b>"
    result = assistant("--case", "A4", given=review(nasty, "/answers"))
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "49" not in result.stdout.replace("2049", "")
    assert "[bold]x[/]" in result.stdout


def test_a_100_kb_answer_is_handled(assistant):
    result = assistant("--case", "A5", given=review("pain " * 20_000 + "x", "38"))
    assert result.returncode == 3
    assert "Traceback" not in result.stderr


def test_assess_answers_every_line_in_order_and_names_the_bad_ones(assistant):
    lines = [
        '{"id": 1, "facts": {"age_years": 62}}',
        "nonsense",
        '{"id": 3, "facts": {"age_years": "old"}}',
        '{"id": 4, "facts": {}}',
        '{"id": 5}',
    ]
    result = assistant("assess", "--jsonl", given="\n".join(lines) + "\n")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1
    assert [row["id"] for row in rows] == [1, None, 3, 4, 5]
    assert rows[0]["determination"] == "criteria_not_met"
    assert rows[0]["settled"] is True
    assert all("error" in rows[i] for i in (1, 2, 4))
    assert {m["fact"] for m in rows[3]["missing"]} >= {"age_years", "arthritis", "femoral_head_collapse"}
    assert rows[3]["notices"]


def test_assess_takes_lists_as_possible_values(assistant):
    found = json.loads(assistant("assess", "--facts", '{"osteonecrosis_stage": [1, 2]}').stdout)
    assert found["criteria"]["I2a"] == "true"
    found = json.loads(assistant("assess", "--facts", '{"osteonecrosis_stage": [2, 3]}').stdout)
    assert found["criteria"]["I2a"] == "unknown"


def test_interpret_quotes_the_words_that_it_read(assistant):
    text = "MRI: AVN, ARCO II, no collapse"
    found = json.loads(assistant("interpret", "--question", "stage", text).stdout)
    assert found["facts"]["osteonecrosis_stage"] == 2
    for reading in found["readings"]:
        assert text[reading["start"] : reading["end"]] == reading["quote"]


def test_interpret_reads_each_line_on_its_own(assistant):
    rows = [
        {"id": "a", "question": "age", "text": "38"},
        {"id": "b", "question": "mood", "text": "x"},
        {"id": "c", "text": 7},
    ]
    result = assistant("interpret", "--jsonl", given="\n".join(map(json.dumps, rows)))
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert out[0]["facts"] == {"age_years": 38}
    assert "error" in out[1]
    assert "error" in out[2]
    assert result.returncode == 1


@pytest.mark.parametrize("args", [["--version"], ["interpret", "38", "--question", "age"], ["assess", "--facts", "{}"]])
def test_the_screen_library_is_not_loaded_where_there_is_no_screen(args):
    program = f"import sys; from assistant.cli import main; main({args!r}); sys.exit('textual' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert result.returncode == 0


def test_a_policy_of_ones_own_is_found_by_path(assistant, tmp_path):
    for kind in ("policy", "prompts"):
        target = tmp_path / "own" / kind / "hip-core-decompression"
        target.mkdir(parents=True)
        text = (ROOT / kind / "hip-core-decompression" / "2.yaml").read_text()
        (target / "7.yaml").write_text(text.replace("\nversion: 2\n", "\nversion: 7\n", 1))
    result = assistant("policy", "list", "--policy-path", tmp_path / "own")
    assert "hip-core-decompression@7" in result.stdout
    checked = assistant("policy", "check", "hip-core-decompression@7", "--policy-path", tmp_path / "own")
    assert "is sound" in checked.stdout, checked.stderr


def test_a_broken_policy_is_never_half_used(assistant, tmp_path):
    target = tmp_path / "own" / "policy" / "hip-core-decompression"
    target.mkdir(parents=True)
    text = (ROOT / "policy" / "hip-core-decompression" / "2.yaml").read_text()
    (target / "8.yaml").write_text(text.replace("\nversion: 2\n", "\nversion: 8\n", 1).replace("min: 50", "mim: 50"))
    result = assistant("--policy", "hip-core-decompression@8", "--policy-path", tmp_path / "own")
    assert result.returncode == 2
    assert "8.yaml:" in one_sentence(result)


def test_a_line_that_trips_the_program_does_not_cost_the_others():
    def answer(row):
        return {"half": 1 / row["n"]}

    lines = list(answer_lines(['{"id": 1, "n": 0}', '{"id": 2, "n": 2}'], answer))
    assert [(json.loads(line)["id"], good) for line, good in lines] == [(1, False), (2, True)]
    assert "ZeroDivisionError" in lines[0][0]
