"""Replay of saved reviews: differences with their reasons, drift to another version, and transcripts made from others."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sampling import some

from assistant.answering import reads
from assistant.cli import main
from assistant.interview import fold, outcome_of
from assistant.policy import load
from assistant.replay.edit import minimised, redacted
from assistant.transcript import read_events

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = sorted((ROOT / "transcripts").glob("*.jsonl"))
CHART = ROOT / "transcripts" / "chart-1-early-disease.jsonl"
DRIFT = str(ROOT / "tests" / "policies" / "drift")
RUN = [sys.executable, "-m", "assistant"]


def own(tmp_path, change):
    """Policies of one's own, changed in one place."""
    home = tmp_path / "own"
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, home / kind, ignore=shutil.ignore_patterns("practice"))
    change(home)
    return str(home)


def edit(file, old, new):
    def change(home):
        path = home / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


# --- What a difference says -------------------------------------------------------------------------------------------


def test_a_broken_term_is_named_with_the_rule_that_read_it(tmp_path, capsys):
    changed = own(
        tmp_path / "b", edit("policy/vocabulary/hip.yaml", "groin pain, groin pains, groin pn,", "groin pains,")
    )
    assert main(["replay", str(CHART), "--policy-path", changed]) == 1
    out = capsys.readouterr().out
    assert "reading of hip_pain: recorded present “" in out.splitlines()[0]
    assert "by “hip pain named, affirmed” then" in out.splitlines()[0]
    gone = own(tmp_path / "c", edit("policy/vocabulary/hip.yaml", "      arthritis, arthritic,", "      arthritic,"))
    assert main(["replay", str(CHART), "--policy-path", gone]) == 1
    assert "reading of arthritis: recorded none “no arthritis”, now nothing (the rule “" in capsys.readouterr().out


def test_a_broken_criterion_is_named_with_its_label_and_facts(tmp_path, capsys):
    changed = own(
        tmp_path,
        edit(
            "policy/hip-core-decompression/2.yaml",
            "{fact: osteonecrosis_stage, in: [1, 2]}",
            "{fact: osteonecrosis_stage, in: [1]}",
        ),
    )
    assert main(["replay", str(CHART), "--policy-path", changed]) == 1
    out = capsys.readouterr().out
    assert "criterion I2a: recorded true, now false" in out
    assert "osteonecrosis, stage I-II" in out
    assert "osteonecrosis_stage 2" in out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("Rationale", "Grounds", "rationale text"), ("{% import", "{% broken", ".j2:")],
    ids=["other words", "syntax"],
)
def test_a_changed_template_is_named(tmp_path, old, new, said):
    """In a copy of the whole program: templates are only the program's own."""
    home = tmp_path / "program"
    shutil.copytree(ROOT / "assistant", home / "assistant", ignore=shutil.ignore_patterns("__pycache__"))
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, home / kind)
    path = home / "prompts" / "rationale" / "member.j2"
    text = path.read_text()
    if old not in text:
        old = text.split()[-3]
        new = f"{old}x" if said == "rationale text" else new
    path.write_text(
        text.replace(old, new, 1) if said != "rationale text" else text.rstrip() + "\n{{ line }}More words.\n"
    )
    run = subprocess.run(
        [*RUN, "replay", str(CHART)],
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(home)},
        check=False,
    )
    assert run.returncode == 1
    assert "member.j2" in run.stdout
    assert said in run.stdout


def test_the_report_as_json_has_both_sides_of_every_difference(tmp_path, capsys):
    changed = own(tmp_path, edit("policy/vocabulary/hip.yaml", "      arthritis, arthritic,", "      arthritic,"))
    assert main(["replay", str(CHART), "--policy-path", changed, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["replayed"], report["differing"], report["interrupted"]) == (1, 1, False)
    first = report["transcripts"][0]["differences"][0]
    assert (first["what"], first["name"], first["now"]) == ("reading of", "arthritis", "nothing")


def test_many_reviews_in_one_file_or_on_standard_input(tmp_path, capsys, monkeypatch):
    many = tmp_path / "many.jsonl"
    many.write_text("".join(p.read_text() for p in TRANSCRIPTS))
    assert main(["replay", str(many), "--jobs", "2"]) == 0
    assert f"{len(TRANSCRIPTS)} replayed, 0 differ" in capsys.readouterr().out
    broken = many.read_text().replace('"determination": "criteria_met"', '"determination": "criteria_not_met"')
    run = subprocess.run([*RUN, "replay", "-"], input=broken, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{len(TRANSCRIPTS)} replayed" in run.stdout


def test_facts_only_compares_determinations_without_reading(tmp_path, capsys):
    changed = own(tmp_path, edit("policy/vocabulary/hip.yaml", "groin pain, groin pains, groin pn,", "groin pains,"))
    assert main(["replay", str(ROOT / "transcripts"), "--facts-only", "--policy-path", changed]) == 0
    other = own(
        tmp_path / "b",
        edit(
            "policy/hip-core-decompression/2.yaml",
            "{fact: osteonecrosis_stage, in: [1, 2]}",
            "{fact: osteonecrosis_stage, in: [1]}",
        ),
    )
    assert main(["replay", str(CHART), "--facts-only", "--policy-path", other]) == 1
    assert "determination: recorded criteria_met, now criteria_not_met" in capsys.readouterr().out


def test_an_interrupt_leaves_a_usable_report(tmp_path):
    """More than a pipe holds has been taken when all of it is written; then the program waits for more, and is stopped."""
    many = "".join(p.read_text() for p in TRANSCRIPTS)
    process = subprocess.Popen(
        [*RUN, "replay", "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        process.stdin.write(many.encode() * 2)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["interrupted"]
    assert 0 < report["replayed"] < len(TRANSCRIPTS) * 2


# --- The pytest plugin ------------------------------------------------------------------------------------------------


def collected(directory, *options):
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            "-n",
            "0",
            *options,
            str(directory),
        ],
        capture_output=True,
        text=True,
        cwd=directory,
        check=False,
    )


def test_a_copied_review_is_a_test_by_itself(tmp_path):
    shutil.copy(CHART, tmp_path / "mine.jsonl")
    (tmp_path / "data.jsonl").write_text('{"id": 1}\n')
    run = collected(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout


def test_a_failure_is_in_words_that_a_reviewer_understands(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(CHART.read_text().replace('"determination": "criteria_met"', '"determination": "criteria_not_met"'))
    run = collected(tmp_path)
    assert run.returncode == 1
    assert "came out another way than it was saved" in run.stdout
    assert "determination: recorded criteria_not_met, now criteria_met" in run.stdout
    assert "Traceback" not in run.stdout
    assert collected(tmp_path, "--review-accept").returncode == 0
    assert collected(tmp_path).returncode == 0


def test_the_plugin_tries_another_version(tmp_path):
    shutil.copy(ROOT / "transcripts" / "bilateral.jsonl", tmp_path)
    run = collected(tmp_path, "--review-policy-path", DRIFT, "--review-policy-version", "3")
    assert run.returncode == 1
    assert "N3 false → true" in run.stdout


# --- Drift ------------------------------------------------------------------------------------------------------------


def transcript(path, *answers, version=2):
    lines = [
        {"event": "started", "policy": "hip-core-decompression", "version": version, "case": path.stem, "intake": False}
    ]
    lines += [{"event": "answered", "question": q, "text": t} for q, t in answers]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


MET = [
    ("age", "38"), ("laterality", "right"), ("imaging", "MRI, report on file"), ("stage", "ARCO 2"), ("collapse", "no collapse"),
    ("arthritis", "none"), ("symptoms", "groin pain"), ("circumstances", "no"),
]  # fmt: skip


def test_drift_says_what_changed_by_which_criterion_and_what_must_be_asked(tmp_path, capsys):
    transcript(tmp_path / "same.jsonl", *MET)
    transcript(tmp_path / "older.jsonl", ("age", "47"), *MET[1:])
    transcript(tmp_path / "unnamed.jsonl", *MET[:3], ("stage", "stage 2"), *MET[4:])
    page = tmp_path / "report.html"
    code = main(["replay", str(tmp_path), "--policy-version", "3", "--policy-path", DRIFT, "--html", str(page)])
    out = capsys.readouterr().out
    assert code == 1
    assert (
        "3 sides of reviews on hip-core-decompression@3: 1 the same, 1 changed, 1 can not be decided any more, 0" in out
    )
    assert "older.jsonl: criteria_met → criteria_not_met, by N3 false → true" in out
    assert "unnamed.jsonl: criteria_met → can not be decided: ask staging_system (question 'stage')" in out
    assert "same.jsonl" not in out
    html = page.read_text()
    assert "<svg" in html
    assert "criteria met" in html
    assert "http" not in html.replace("http://www.w3.org", "")


def test_drift_follows_renamed_facts_and_questions(tmp_path, capsys):
    transcript(tmp_path / "t.jsonl", *MET[:-1], ("circumstances", "yes, lives alone, far from any hospital"))
    assert main(["replay", str(tmp_path), "--policy-version", "3", "--policy-path", DRIFT, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["after"] == {"not_addressed": 1}
    assert report["cases"] == []


def test_our_transcripts_on_the_example_version(capsys):
    assert main(["replay", str(ROOT / "transcripts"), "--policy-path", DRIFT, "--json", "--jobs", "2"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == 0
    assert report["same"] + report["changed"] + report["undecided"] == report["sides"]
    assert all(case["because"] for case in report["cases"] if case["before"] != case["after"])


# Words of two sides, of two hips, taken back and set by hand.
HARD = {"wrong-side", "bilateral", "chart-1-early-disease"}


# --- Made from others -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", some(TRANSCRIPTS, 8, lambda p: p.stem in HARD), ids=lambda p: p.stem)
def test_a_redacted_review_replays_to_the_same_result(path, tmp_path, capsys):
    loaded = load(None)
    events = read_events(path)
    before = fold(loaded, reads(loaded), events)
    found = redacted(loaded, events)
    after = fold(loaded, reads(loaded), found.events)
    assert [s.determination.outcome for s in after.sides] == [s.determination.outcome for s in before.sides]
    assert [{f: x.values for f, x in s.findings.items()} for s in after.sides] == [
        {f: x.values for f, x in s.findings.items()} for s in before.sides
    ]
    out = tmp_path / "r.jsonl"
    assert main(["transcript", "redact", str(path), "--output", str(out)]) == 0
    assert main(["replay", str(out)]) == 0, capsys.readouterr().out


def test_names_dates_and_places_do_not_survive_redaction(tmp_path, capsys):
    words = "Testa Fakeson of Testville, seen 03/11/2026 by Dr Example"
    path = transcript(tmp_path / "t.jsonl", ("age", f"{words}: 38 yo"), ("symptoms", f"{words}: R groin pain, limps"))
    with path.open("a") as file:
        file.write(json.dumps({"event": "noted", "criterion": "I1a", "text": words}) + "\n")
    assert main(["transcript", "redact", str(path)]) == 0
    captured = capsys.readouterr()
    for word in ("Fakeson", "Testville", "03/11", "Example"):
        assert word not in captured.out
    assert "groin pain" in captured.out
    path = transcript(tmp_path / "u.jsonl", ("age", "DOB 15 March 1992, service 4 December 2026"))
    main(["transcript", "redact", str(path)])
    assert "'1992' was kept" in capsys.readouterr().err


def test_a_review_is_shown_as_a_conversation(capsys):
    assert main(["transcript", "show", str(CHART)]) == 0
    out = capsys.readouterr().out
    assert "How old is the patient" in out or "date of birth" in out.lower()
    assert "groin pain" in out
    assert "Concluded: criteria_met" in out


def test_a_review_begins_again_from_an_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    assert main(["transcript", "fork", str(CHART), "--at", "3", "--case", "WHAT-IF"]) == 0
    assert "assistant resume WHAT-IF" in capsys.readouterr().out
    forked = read_events(tmp_path / "WHAT-IF.jsonl")
    texts = [e.text for e in read_events(CHART) if e.event == "answered"]
    assert [e.text for e in forked if e.event == "answered"] == texts[:3]
    assert main(["transcript", "verify", str(tmp_path / "WHAT-IF.jsonl")]) == 0
    assert main(["transcript", "fork", str(CHART), "--at", "99"]) == 2
    assert "no answer number 99" in capsys.readouterr().err


def test_minimise_keeps_the_outcome_with_the_fewest_words(tmp_path):
    loaded = load(None)
    path = transcript(
        tmp_path / "t.jsonl",
        ("symptoms", "R groin pain and she limps"),
        ("age", "she is now 62 years old"),
        ("stage", "ARCO 2"),
    )
    small = minimised(loaded, read_events(path))
    assert [e.text for e in small[1:]] == ["62"]
    whole = minimised(loaded, read_events(CHART))
    assert outcome_of(fold(loaded, reads(loaded), whole)).value == "criteria_met"
    assert (
        sum(len(getattr(e, "text", "").split()) for e in whole)
        < sum(len(getattr(e, "text", "").split()) for e in read_events(CHART)) / 2
    )


def test_minimise_keeps_the_first_difference(tmp_path):
    loaded = load(None)
    text = CHART.read_text().replace(
        '"fact": "arthritis", "values": ["none"]', '"fact": "arthritis", "values": ["mild"]'
    )
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    small = minimised(loaded, read_events(path))
    assert [e.event for e in small] == ["started", "answered"]
