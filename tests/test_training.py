"""Practice charts, what is said of answers, exams, progress: most through the command line, in line mode."""

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.answering import reads
from assistant.cli import main
from assistant.conversation import respond
from assistant.events import Started
from assistant.interview import advance, fold, next_question, outcome_of
from assistant.training.charts import chart_files, charts_of, find_chart, read_chart, readable
from assistant.training.checking import check_files, gold_determination, gold_values, scaffold
from assistant.training.exam import draw, is_boundary
from assistant.training.feedback import accepted_wording, after_answer, report
from assistant.training.records import ChartResult, Records
from assistant.training.schedule import AGAIN, EASY, GOOD, HARD, cards, next_up, rating_of
from assistant.training.scoring import leaves, score, verdict_on
from assistant.training.sessions import begun, drill_asks, gold_session, new_session
from assistant.transcript import read_events

AT = "2026-11-20T10:00:00+00:00"
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def charts(loaded):
    return {c.id: c for c in charts_of(loaded)[0]}


def session_of(chart, loaded, mode="practice", drill=""):
    return new_session(begun(chart, loaded, mode=mode, trainee="anna", at=AT, drill=drill), loaded)


def interview_of(chart, loaded):
    """A review at its first question that is not about the form."""
    session = session_of(chart, loaded)
    asks_form = next_question(session).question in loaded.prompts.intake
    return give(session, "/start")[0] if asks_form else session


def give(session, text):
    """The review after one typed line; what names a patient is kept as typed."""
    reply = respond(session, text)
    while reply.either:
        reply = reply.either[1]
    for event in reply.events:
        session = advance(session, event)
    return session, reply


def reviewed(chart, loaded, *, mode="practice", drill="", instead=None):
    """A chart answered in words that the program itself calls accepted; `instead` has other answers by question."""
    session, texts = session_of(chart, loaded, mode, drill), []
    gold, instead = gold_values(chart, loaded), dict(instead or {})
    for _ in range(80):
        if session.concluded:
            return texts, session
        ask = next_question(session)
        if ask is None:
            text = ""
        elif ask.question.id in instead and not ask.ask_back:
            text = instead[ask.question.id]
        elif ask.question is loaded.prompts.closing:
            text = "no"
        else:
            facts = [ask.fact] if ask.ask_back else ask.question.facts
            known = [f for f in facts if f in gold and gold[f] != loaded.policy.domains[f]]
            text = "; ".join(dict.fromkeys(accepted_wording(f, session, chart) for f in known)) or "/unknown"
        texts.append(text)
        session, _reply = give(session, text)
    raise AssertionError(f"{chart.id} did not end: {texts}")


def typed(*arguments, lines=()):
    """`assistant train` in line mode, in this process: starting one takes longer than the training."""
    given = io.TextIOWrapper(io.BytesIO("".join(f"{line}\n" for line in lines).encode()), encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    command = ["train", "--plain", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patched:
        for name, stream in (("stdin", given), ("stdout", out), ("stderr", err)):
            patched.setattr(sys, name, stream)
        code = main(command)
    shown = []
    for stream in (out, err):
        stream.flush()
        shown.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(command, code, *shown)


# --- The packaged charts ----------------------------------------------------------------------------------------------


def test_all_packaged_charts_pass_the_check(loaded, capsys):
    assert main(["train", "--check"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "20 charts checked, all sound" in out.err


def test_the_charts_cover_outcomes_flags_and_criteria(charts, loaded):
    policy = loaded.policy
    found = {c.id: gold_determination(c, loaded) for c in charts.values()}
    assert {d.outcome.value for d in found.values()} == {
        "criteria_met",
        "criteria_not_met",
        "information_needed",
        "not_addressed",
    }
    raised = {f for d in found.values() for f in d.flags}
    assert {f.id for f in policy.flags} - raised == {"individual_circumstances"}
    deciding = {key for c in charts.values() for key in c.front.deciding}
    for criterion in (c for c in policy.criteria if not c.children):
        assert criterion.id in deciding
        truths = {d.criteria[criterion.id].value for d in found.values()}
        assert {"true", "false"} <= truths, criterion.id
    assert {c.front.difficulty for c in charts.values()} == {1, 2, 3, 4, 5}
    assert all(c.front.traps and c.front.teaching and c.front.title for c in charts.values())


def test_each_criterion_alone_decides_some_chart(charts, loaded):
    """Without its facts the chart would end otherwise: nobody passes by reading everything else."""
    from assistant.determination import determine

    decisive = set()
    for chart in charts.values():
        gold = gold_values(chart, loaded)
        outcome = determine(loaded.policy, gold).outcome
        for criterion in (c for c in loaded.policy.criteria if not c.children):
            without = {f: v for f, v in gold.items() if f not in criterion.facts()}
            if determine(loaded.policy, without).outcome is not outcome:
                decisive.add(criterion.id)
    assert decisive == {c.id for c in loaded.policy.criteria if not c.children}


@pytest.mark.parametrize("path", chart_files("hip-core-decompression"), ids=lambda p: p.stem)
def test_a_chart_answered_as_it_says_is_all_right(path, loaded):
    chart = read_chart(path)[0]
    _texts, session = reviewed(chart, loaded)
    result = score(session, chart, first=True)
    assert [v for v in result.verdicts if v.mark != "right"] == []
    assert result.outcome_right
    assert all(result.criteria.values())


@pytest.mark.parametrize("path", chart_files("hip-core-decompression"), ids=lambda p: p.stem)
def test_gold_as_a_review_ends_as_expected(path, loaded):
    chart = read_chart(path)[0]
    session = gold_session(chart, loaded)
    assert outcome_of(session).value == chart.front.expected.determination
    assert session.concluded
    assert score(session, chart).outcome_right


# --- Checking and writing charts --------------------------------------------------------------------------------------

SOUND = Path(__file__).parent.parent / "prompts" / "practice" / "hip-core-decompression" / "01-clear-early-disease.md"

FAULTS = {
    "no front matter": (lambda t: t.replace("---\n", "", 1), 1, "front matter between two lines of ---"),
    "not YAML": (lambda t: t.replace("difficulty: 1", "difficulty: [1"), 6, "not YAML"),
    "a tag": (lambda t: t.replace("difficulty: 1", "difficulty: !!python/name:os.system 1"), 5, "tags are not allowed"),
    "an alias": (
        lambda t: t.replace("title: Early", "title: &a Early").replace("set: practice", "set: *a"),
        4,
        "aliases",
    ),
    "a key twice": (lambda t: t.replace("difficulty: 1", "difficulty: 1\ndifficulty: 2"), 6, "a key stands twice"),
    "no id": (lambda t: t.replace("id: PV-1\n", "", 1), 1, "id: Field required"),
    "an id that is a path": (lambda t: t.replace("id: PV-1", "id: ../x", 1), 2, "id: String should match"),
    "difficulty": (lambda t: t.replace("difficulty: 1", "difficulty: 6"), 5, "less than or equal to 5"),
    "another policy": (lambda t: t.replace("policy: Hip core", "policy: Knee core"), 6, "is for 'Knee core"),
    "unknown fact": (lambda t: t.replace("  hip_pain:", "  hip_pains:"), 8, "no fact 'hip_pains'"),
    "unknown value": (lambda t: t.replace("hip_pain: present", "hip_pain: maybe"), 8, "can not be 'maybe'"),
    "a value of another kind": (lambda t: t.replace("hip_pain: present", "hip_pain: {a: b}"), 8, "can not be"),
    "determination": (
        lambda t: t.replace("determination: criteria_met", "determination: not_addressed"),
        21,
        "the gold facts lead to criteria_met, not to not_addressed",
    ),
    "no determination": (
        lambda t: t.replace("determination: criteria_met", "determination: approved"),
        21,
        "expected.determination: Input should be 'criteria_met'",
    ),
    "indications": (lambda t: t.replace("indications: 'true'", "indications: 'false'", 1), 22, "it is true, not false"),
    "non-indications": (lambda t: t.replace("non_indications: 'false'", "non_indications: unknown"), 23, "it is false"),
    "satisfied": (lambda t: t.replace("[I1, I1a,", "[I1a,"), 24, "I1 is missing"),
    "failed": (lambda t: t.replace("failed: [N1, N2, N3]", "failed: [N1, N2, N3, I1]"), 25, "I1 is true"),
    "unknown criterion": (lambda t: t.replace("unknown: []", "unknown: [I9]"), 26, "there is no criterion 'I9'"),
    "flags": (lambda t: t.replace("flags: []", "flags: [age_boundary]"), 27, "nothing raises the flag 'age_boundary'"),
    "unknown flag": (lambda t: t.replace("flags: []", "flags: [red]"), 27, "there is no flag 'red'"),
    "deciding words": (
        lambda t: t.replace("I1b: 'takes stairs", "I1b: 'takes the stairs"),
        34,
        "do not stand in the chart",
    ),
    "deciding what": (
        lambda t: t.replace("  I1b: 'takes", "  I7: 'takes"),
        34,
        "'I7' is no criterion, fact or flag:ID",
    ),
    "no teaching": (
        lambda t: re.sub(r"teaching: .*?\ndeciding", "teaching: ''\ndeciding", t, flags=re.S),
        30,
        "'teaching' is",
    ),
    "not said to be invented": (
        lambda t: t.replace("*Invented chart for training.", "*Chart."),
        2,
        "the chart is invented",
    ),
    "unknown key": (lambda t: t.replace("difficulty: 1", "difficulty: 1\nhint: none"), 6, "there is no key 'hint'"),
    "no text": (lambda t: t.split("\n---\n")[0] + "\n---\n", 2, "no text below its front matter"),
}


@pytest.mark.parametrize(("spoil", "line", "message"), FAULTS.values(), ids=FAULTS)
def test_each_fault_of_a_chart_is_named_with_its_line(tmp_path, capsys, spoil, line, message):
    path = tmp_path / "chart.md"
    path.write_text(spoil(SOUND.read_text()))
    assert main(["train", "--check", str(path)]) == 1
    found = [one for one in capsys.readouterr().out.splitlines() if one.startswith(f"{path}:{line}: ")]
    assert any(message in one for one in found), found


def test_all_faults_are_told_at_once_and_sound_files_are_not_named(tmp_path, capsys):
    (tmp_path / "sound.md").write_text(SOUND.read_text())
    (tmp_path / "same.md").write_text(SOUND.read_text().replace("flags: []", "flags: [red]"))
    assert main(["train", "--check", str(tmp_path)]) == 1
    out = capsys.readouterr()
    assert [one.split(": ", 1)[1] for one in out.out.splitlines()] == [
        "nothing raises the flag 'red'",
        "there is no flag 'red'",
        "the id 'PV-1' is that of same.md, too",
    ]
    assert "2 charts checked, 3 faults" in out.err


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"x" * 300_000, b"---\n" + b"[" * 5_000 + b"\n---\n"])
def test_a_file_that_is_no_chart_is_one_line(tmp_path, capsys, content):
    path = tmp_path / "chart.md"
    path.write_bytes(content)
    assert main(["train", "--check", str(path)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_new_chart_has_every_fact_and_says_what_is_left_to_do(tmp_path, capsys, loaded):
    path = tmp_path / "my-chart.md"
    assert main(["train", "--new", str(path)]) == 0
    chart, faults = read_chart(path)
    assert not faults
    assert set(chart.front.facts) == {f for q in loaded.prompts.questions for f in q.facts}
    assert main(["train", "--check", str(path)]) == 1
    assert f"{path}:22: the gold facts lead to information_needed" in capsys.readouterr().out
    assert main(["train", "--new", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_scaffold_is_sound_when_it_is_filled_in(tmp_path, loaded):
    text = scaffold("MY-1", loaded)
    for fact, value in {
        "age_years": "30",
        "laterality": "left",
        "imaging_modality": "mri",
        "radiology_report": "present",
        "osteonecrosis": "present",
        "osteonecrosis_stage": "2",
        "staging_system": "arco",
        "femoral_head_collapse": "none",
        "arthritis": "none",
        "hip_pain": "present",
        "functional_disability": "present",
        "level_of_care": "outpatient",
    }.items():
        text = text.replace(f"  {fact}: unknown", f"  {fact}: {value}")
    text = text.replace("satisfied: []", "satisfied: [I1, I1a, I1b, I2, I2a, I2b]").replace(
        "failed: []", "failed: [N1, N2, N3]"
    )
    text = re.sub(r"  (\w+): ''", r"  \1: '## History'", text)
    (tmp_path / "my.md").write_text(text)
    assert check_files([tmp_path / "my.md"], loaded) == (1, ())


# --- A chart that somebody drops into a directory ---------------------------------------------------------------------


def test_a_dropped_in_chart_works_without_code(tmp_path, loaded):
    """In the form of the vignettes: no deciding lines, another id."""
    text = re.sub(r"deciding:\n(?:  .*\n)+", "", SOUND.read_text().replace("PV-1", "OWN-1"))
    (tmp_path / "own.md").write_text(text)
    chart = read_chart(tmp_path / "own.md")[0]
    lines, _session = reviewed(chart, loaded)
    run = typed("OWN-1", "--charts", tmp_path, "--trainee", "anna", lines=lines)
    assert run.returncode == 0, run.stderr
    assert "Outcome: right" in run.stdout
    assert "Kept: outcome right, 10 of 10 facts right" in run.stderr
    assert typed(tmp_path / "own.md", "--trainee", "ben", lines=lines).returncode == 0


def test_a_chart_of_ones_own_takes_the_place_of_a_packaged_one_and_bad_ones_are_left_out(tmp_path, loaded, capsys):
    (tmp_path / "a.md").write_text(SOUND.read_text().replace("title: Early disease", "title: Ours"))
    (tmp_path / "b.md").write_text(
        SOUND.read_text().replace("hip_pain: present", "hip_pain: maybe").replace("PV-1", "B-1")
    )
    found, faults = charts_of(loaded, tmp_path)
    assert next(c for c in found if c.id == "PV-1").front.title.startswith("Ours")
    assert [f.line for f in faults] == [8]
    assert main(["train", "--list", "--charts", str(tmp_path)]) == 0
    assert f"left out: {tmp_path / 'b.md'}:8: " in capsys.readouterr().err


HOSTILE = "<script>alert(1)</script> {{ 7*7 }} [bold]x[/]"


def test_a_hostile_chart_is_shown_harmlessly(tmp_path, loaded):
    import unicodedata

    text = SOUND.read_text().replace("PV-1", "EVIL-1")
    text = text.replace("34-year-old teacher.", f"34-year-old teacher. {HOSTILE}")
    for key in ("title: Early", "teaching: Walk", "- 'none: every"):
        text = text.replace(key, key + " <b>")
    (tmp_path / "evil.md").write_text(text)
    lines, _session = reviewed(read_chart(tmp_path / "evil.md")[0], loaded)
    run = typed("EVIL-1", "--charts", tmp_path, lines=["/chart \x1b[2J", *lines])
    assert run.returncode == 0, run.stderr
    shown = run.stdout + run.stderr
    assert [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"] == []
    assert "<script>alert(1)</script> {{ 7*7 }} [bold]x[/]" in shown.replace("\n  ", " ")


def test_markdown_is_shown_as_plain_text():
    assert readable("| Date of birth / sex | 2 June 1997 / male |") == "Date of birth / sex: 2 June 1997 / male"
    assert readable("|---|---|") == ""
    assert readable("*Impression: **left** hip, 2 * 3 mm.*") == "Impression: left hip, 2 * 3 mm."


# --- What is said of an answer ----------------------------------------------------------------------------------------

MISTAKES = {
    # chart, answers before, the answer, fact, mark, kind, what is shown
    "subtracted years": ("PV-7", [], "50", "age_years", "elsewhere", "date arithmetic", ["7 December 1976", "R18:"]),
    "wrong side": (
        "PV-1",
        ["34"],
        "left",
        "laterality",
        "elsewhere",
        "side",
        ["No symptoms on the left.", "you have left, the chart right"],
    ),
    "booked MRI": (
        "PV-11",
        ["40", "R"],
        "MRI, report on file",
        "imaging_modality",
        "elsewhere",
        "source of imaging",
        ["booked"],
    ),
    "grade for stage": (
        "PV-9",
        ["46", "L", "MRI, report on file"],
        "stage 3",
        "osteonecrosis_stage",
        "wrong",
        "stage",
        ["II"],
    ),
    "two millimetres": (
        "PV-10",
        ["23", "R", "MRI, report on file", "ARCO 2"],
        "minimal collapse",
        "femoral_head_collapse",
        "wrong",
        "degree",
        ["2.0 mm over a width of 9 mm", "I2b no or minimal collapse: not met", "R10:", "exactly 2 mm is moderate"],
    ),
    "the other hip's grade": (
        "PV-9",
        ["46", "L", "MRI, report on file", "Steinberg 2", "no collapse"],
        "no arthritis",
        "arthritis",
        "elsewhere",
        "side",
        [
            "Right hip: doubtful narrowing",
            "Kellgren-Lawrence grade 3.",
            "N1 moderate or severe arthritis: applies",
            "trap: ",
        ],
    ),
    "no pain on the other side": (
        "PV-8",
        ["31", "L", "MRI, report on file", "stage 2", "no collapse", "no arthritis"],
        "no hip pain",
        "hip_pain",
        "elsewhere",
        "side",
        ["No pain in the right hip, ever.", "left groin pain, 3 out of 10", "this would have been read: "],
    ),
    "limits overlooked": (
        "PV-6",
        ["15", "L", "MRI, report on file", "ARCO 1", "no collapse", "no arthritis", "no hip pain now"],
        "ADLs independent",
        "functional_disability",
        "wrong",
        "negation",
        ["she uses the school lift", "I1b functional disability: met"],
    ),
    "silence": (
        "PV-3",
        ["29", "R", "MRI, report pending", "AVN, stage not stated"],
        "no collapse",
        "femoral_head_collapse",
        "elsewhere",
        "silence",
        ["the chart does not give it"],
    ),
    "system not named": (
        "PV-8",
        ["31", "L", "MRI, report on file"],
        "ARCO 2",
        "staging_system",
        "wrong",
        "stage",
        ["you have ARCO, the chart not documented"],
    ),
}


@pytest.mark.parametrize(
    ("chart_id", "before", "text", "fact", "mark", "kind", "shown"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_named_with_its_kind_and_the_line_that_decides(
    charts, loaded, chart_id, before, text, fact, mark, kind, shown
):
    chart, session = charts[chart_id], interview_of(charts[chart_id], loaded)
    for one in before:
        session, _reply = give(session, one)
    session, reply = give(session, text)
    verdict = verdict_on(session, chart, fact)
    assert (verdict.mark, verdict.kind) == (mark, kind)
    said = "\n".join(after_answer(session, chart, reply.events))
    for words in shown:
        assert words in said
    assert "Correct it with /back" in said


def test_right_answers_are_shown_with_the_line_that_decides(charts, loaded):
    chart, session = charts["PV-10"], interview_of(charts["PV-10"], loaded)
    for one in ("23", "R", "MRI, report on file", "ARCO 2"):
        session, _reply = give(session, one)
    session, reply = give(session, "2 mm")
    assert after_answer(session, chart, reply.events) == (
        "Compared with the chart:",
        "  right: collapse of the femoral head: moderate collapse (I2b no or minimal collapse: not met)",
        "    the chart: “Depression of the weight-bearing surface of 2.0 mm over a width of 9 mm.”",
    )


def test_what_is_asked_back_is_not_given_away(charts, loaded):
    chart, session = charts["PV-1"], session_of(charts["PV-1"], loaded)
    for one in ("34", "R"):
        session, _reply = give(session, one)
    session, reply = give(session, "MRI")
    assert next_question(session).ask_back
    assert "on file" not in "\n".join(after_answer(session, chart, reply.events))
    session, reply = give(session, "/unknown")
    said = "\n".join(after_answer(session, chart, reply.events))
    assert "MISSED: radiologist's report: you have not documented, the chart on file" in said


def test_both_hips_are_judged_together_when_both_are_done(charts, loaded):
    chart, session = charts["PV-18"], interview_of(charts["PV-18"], loaded)
    for text in ("38", "both hips", "MRI, report on file"):
        session, reply = give(session, text)
    assert "nothing to compare" in "\n".join(after_answer(session, chart, reply.events))
    _texts, session = reviewed(chart, loaded)
    assert score(session, chart).share == 1


def test_what_was_corrected_after_it_was_shown_stays_wrong_in_practice(charts, loaded):
    chart, session = charts["PV-7"], interview_of(charts["PV-7"], loaded)
    session, _reply = give(session, "50")
    session, reply = give(session, f"/edit {len(session.turns)} 49")
    from assistant.conversation import accept

    for event in accept(session, reply.pending).events:
        session = advance(session, event)
    assert verdict_on(session, chart, "age_years").mark == "right"
    first = score(session, chart, first=True).verdicts
    assert next(v.mark for v in first if v.fact == "age_years") == "elsewhere"


def test_the_report_has_it_all_at_80_columns_and_side_by_side(charts, loaded):
    _texts, session = reviewed(charts["PV-10"], loaded, instead={"collapse": "minimal collapse"})
    lines = report(session, charts["PV-10"], DAY.date(), width=80)
    assert max(map(len, lines)) <= 80
    for words in (
        "Outcome: WRONG",
        "yours: criteria met",
        "chart: criteria not met",
        "WRONG        collapse of the femoral head: yours minimal collapse; chart moderate",
        "the chart: “Depression of the weight-bearing surface of 2.0 mm over a width of 9 mm.”",
        "R10: Collapse by depth",
        "this would have been read: ",
        "WRONG        I2b no or minimal collapse",
        "1 degree",
        "To remember",
        "Your rationale",
        "The rationale from the gold facts",
    ):
        assert words in " ".join(line.strip() if line.startswith("    ") else line for line in lines), words
    wide = report(session, charts["PV-10"], DAY.date(), width=160)
    assert any(re.match(r"Your rationale +\| The rationale from the gold facts", line) for line in wide)
    assert max(map(len, wide)) <= 160


# --- Practice as a whole ----------------------------------------------------------------------------------------------


def directory(trainee="anna"):
    return Path(os.environ["ASSISTANT_STATE_DIR"]) / "training" / trainee


def results(trainee="anna"):
    return Records(directory(trainee)).read()


def test_practice_is_kept_as_an_ordinary_transcript_readable_by_its_owner_alone(charts, loaded):
    lines, _session = reviewed(charts["PV-2"], loaded)
    run = typed("PV-2", "--trainee", "anna", lines=["/chart osteoarthritis", *lines])
    assert run.returncode == 0
    shown = run.stdout.split("How old is", 1)[1].split("How old is")[0].split("[Last question]")[0]
    assert "Mild osteoarthritis of the left hip" in shown
    assert "Warehouse supervisor" not in shown
    path = directory() / "PV-2.1.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory().stat().st_mode) == 0o700
    session = fold(loaded, reads(loaded), read_events(path))
    assert (session.started.mode, session.started.case, session.started.reviewer) == ("practice", "PV-2", "anna")
    assert session.concluded
    assert main(["replay", str(path)]) == 0
    assert main(["transcript", "verify", str(path)]) == 0
    (result,) = results()
    assert (result.chart, result.outcome_right, result.right, result.of) == ("PV-2", True, 1, 1)
    assert stat.S_IMODE(Records(directory()).path.stat().st_mode) == 0o600
    assert main(["cases"]) == 0


def test_what_was_left_goes_on_and_what_was_closed_begins_anew(charts, loaded):
    lines, _session = reviewed(charts["PV-1"], loaded)
    assert typed("PV-1", "--trainee", "anna", lines=lines[:3]).returncode == 3
    again = typed("PV-1", "--trainee", "anna", lines=lines[3:])
    assert again.returncode == 0
    assert "goes on where you left it" in again.stdout
    assert [r.transcript for r in results()] == ["PV-1.1.jsonl"]
    assert typed("PV-1", "--trainee", "anna", lines=lines).returncode == 0
    assert [r.transcript for r in results()] == ["PV-1.1.jsonl", "PV-1.2.jsonl"]


def test_a_result_that_was_not_written_is_written_the_next_time(charts, loaded):
    lines, _session = reviewed(charts["PV-1"], loaded)
    typed("PV-1", "--trainee", "anna", lines=lines)
    path = Records(directory()).path
    whole = path.read_bytes()
    for torn in (b"", whole[:50]):
        path.write_bytes(torn)
        assert main(["train", "--list", "--trainee", "anna"]) == 0
        assert [r.chart for r in results()] == ["PV-1"]
        assert path.read_bytes() == whole


def test_a_damaged_result_is_named_by_its_line(charts, loaded, capsys):
    Records(directory()).prepare()
    (directory() / "results.ndjson").write_text('{"record": "chart"}\n\n')
    assert main(["train", "--list", "--trainee", "anna"]) == 2
    assert "results.ndjson:1: not a result" in capsys.readouterr().err


def test_two_names_never_share_a_directory(tmp_path):
    from assistant.store import Store

    store = Store(tmp_path)
    assert Records.of(store, "a/b").directory != Records.of(store, "a_b").directory
    assert Records.of(store, "../../x").directory.parent == tmp_path / "training"


# --- Drills and what comes next ---------------------------------------------------------------------------------------


def test_a_drill_asks_one_criterion_and_gives_the_rest(charts, loaded):
    lines, session = reviewed(charts["PV-10"], loaded, drill="I2b")
    assert [t.question for t in session.turns] == ["collapse", "circumstances"]
    assert list(score(session, charts["PV-10"]).criteria) == ["I2b"]
    run = typed("PV-10", "--drill", "i2b", "--trainee", "anna", lines=lines)
    assert run.returncode == 0
    assert results()[0].drill == "I2b"
    for criterion in leaves(loaded.policy):
        if not criterion.part:
            assert any(drill_asks(c, loaded, criterion.id) for c in charts.values()), criterion.id


def result_of(chart="PV-1", *, at=DAY, right=10, of=10, outcome_right=True, criteria=None, **more):
    base = {"at": at.isoformat(), "policy": "hip-core-decompression", "version": 2, "digest": "", "transcript": "t"}
    marks = {"outcome": "a", "gold": "a", "outcome_right": outcome_right, "right": right, "of": of}
    return ChartResult(**base, **marks, chart=chart, criteria=criteria or {}, **more)


def test_ratings_come_from_the_score():
    assert rating_of(result_of()) == EASY
    assert rating_of(result_of(right=9)) == GOOD
    assert rating_of(result_of(right=7)) == HARD
    assert rating_of(result_of(right=5)) == AGAIN
    assert rating_of(result_of(outcome_right=False)) == AGAIN


def test_what_went_wrong_comes_back_sooner_and_the_plan_is_the_same_each_time():
    taken = [result_of("PV-1", criteria={"N3": True, "I2b": False}), result_of("PV-2", outcome_right=False)]
    known = cards(taken)
    assert known["chart:PV-2"].due < known["chart:PV-1"].due
    assert known["criterion:I2b"].due < known["criterion:N3"].due
    assert {n: c.due for n, c in cards(taken).items()} == {n: c.due for n, c in known.items()}
    assert cards([result_of(drill="I2b", criteria={"I2b": True})]).keys() == {"criterion:I2b"}


def test_new_charts_come_by_difficulty_then_what_is_due(charts, loaded):
    every = list(charts.values())
    first = next_up([], every, loaded, DAY)
    assert (first.chart.id, first.drill, first.why) == ("PV-1", "", "a new chart")
    taken = [result_of("PV-1", criteria={"I2b": False, "N3": True})]
    assert next_up(taken, every, loaded, DAY + timedelta(hours=1)).chart.id == "PV-2"
    due = next_up(taken, every, loaded, DAY + timedelta(days=2))
    assert due.drill == "I2b"
    assert due.chart.id != "PV-1"
    assert drill_asks(due.chart, loaded, "I2b")
    assert "due since" in due.why
    only = next_up([result_of("PV-1")], [charts["PV-1"]], loaded, DAY)
    assert only.why.startswith("nothing is due before")
    assert next_up([], [], loaded, DAY) is None


def test_without_a_chart_the_one_that_is_due_is_taken(charts, loaded):
    lines, _session = reviewed(charts["PV-1"], loaded)
    run = typed("--trainee", "anna", lines=lines)
    assert "Practice: chart PV-1 (a new chart)." in run.stderr
    assert "Practice: chart PV-2 (a new chart)." in typed("--trainee", "anna").stderr


# --- Exams ------------------------------------------------------------------------------------------------------------


def test_an_exam_is_drawn_half_and_half_with_boundary_cases_by_its_seed(charts):
    every = list(charts.values())
    for seed in range(50):
        drawn = draw(every, 10, seed)
        assert drawn == draw(every, 10, seed) == draw(every[::-1], 10, seed)
        met = [c for c in drawn if c.front.expected.determination == "criteria_met"]
        assert len(met) == 5
        assert len(set(drawn)) == 10
        assert sum(map(is_boundary, met)) >= 2
        assert sum(is_boundary(c) for c in drawn if c not in met) >= 2
    assert len({tuple(c.id for c in draw(every, 10, seed)) for seed in range(50)}) > 40
    assert is_boundary(charts["PV-7"])
    assert not is_boundary(charts["PV-1"])
    assert len(draw(every, 20, 1)) == 20


def exam_lines(charts, loaded, count, seed, instead=None):
    from assistant.training.sessions import asks_anything

    drawn = draw([c for c in charts.values() if asks_anything(c, loaded)], count, seed)
    return drawn, [line for c in drawn for line in reviewed(c, loaded, mode="exam", instead=instead)[0]]


def test_an_exam_says_nothing_until_its_end_then_certifies(charts, loaded):
    drawn, lines = exam_lines(charts, loaded, 4, 7)
    run = typed("--exam", "--count", 4, "--seed", 7, "--minutes", 60, "--trainee", "anna", lines=lines)
    assert run.returncode == 0, run.stderr
    assert "seed 7, attempt 1, pass mark 90%, 60 minutes" in run.stderr
    before, _, after = run.stdout.partition(f"{drawn[0].id}: {drawn[0].front.title}")
    assert "Compared with the chart" not in run.stdout
    for chart in drawn:
        assert chart.front.title not in before
        assert chart.front.teaching[:30] not in before
        assert chart.front.title in drawn[0].front.title + after
    assert "minutes left" in before
    text = (directory() / "certificate-hip-core-decompression-2-exam-1.txt").read_text()
    assert text in run.stdout
    assert max(map(len, text.splitlines())) <= 80
    path = directory() / "certificate-hip-core-decompression-2-exam-1.json"
    content = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert content["result"] == "passed"
    assert content["policy"] == {
        "id": "hip-core-decompression",
        "version": 2,
        "title": loaded.policy.title,
        "digest": loaded.digest,
    }
    assert (content["trainee"], content["seed"], content["attempt"], content["score"]) == ("anna", 7, 1, 100)
    assert [c["chart"] for c in content["charts"]] == [c.id for c in drawn]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", content["date"])
    for chart in content["charts"]:
        own = fold(loaded, reads(loaded), read_events(directory() / f"exam-1-{chart['chart']}.jsonl"))
        assert own.started.mode == "exam"
        assert chart["transcript_link"]


def test_a_failed_exam_is_told_and_a_retake_is_counted(charts, loaded):
    _drawn, lines = exam_lines(charts, loaded, 2, 3, instead={"age": "77"})
    failed = typed("--exam", "--count", 2, "--seed", 3, "--trainee", "anna", lines=lines)
    assert failed.returncode == 1
    assert "Result: exam not passed" in failed.stdout
    assert not list(directory().glob("certificate-*"))
    _drawn, lines = exam_lines(charts, loaded, 2, 4)
    passed = typed("--exam", "--count", 2, "--seed", 4, "--pass-mark", 100, "--trainee", "anna", lines=lines)
    assert passed.returncode == 0
    assert "attempt 2" in passed.stdout
    assert "attempt 1" in typed("--progress", "--trainee", "anna").stdout


def test_an_exam_that_was_left_goes_on_with_the_same_charts(charts, loaded):
    _drawn, lines = exam_lines(charts, loaded, 3, 5)
    cut = len(lines) // 2
    first = typed("--exam", "--count", 3, "--seed", 5, "--trainee", "anna", lines=lines[:cut])
    assert first.returncode == 3
    assert "go on with: assistant train --exam" in first.stderr
    other = typed("--exam", "--count", 3, "--trainee", "anna")
    assert other.returncode == 2
    assert "was left unfinished" in other.stderr
    assert typed("--exam", "--trainee", "anna", lines=lines[cut:]).returncode == 0


def test_an_exam_that_is_abandoned_is_marked_as_it_stands(charts, loaded):
    _drawn, lines = exam_lines(charts, loaded, 2, 5)
    typed("--exam", "--count", 2, "--seed", 5, "--trainee", "anna", lines=lines[:1])
    ended = typed("--abandon", "--trainee", "anna")
    assert ended.returncode == 1
    assert "not taken to its end" in ended.stdout
    assert typed("--abandon", "--trainee", "anna").returncode == 2


def test_when_the_time_is_over_nothing_more_is_taken(charts, loaded, tmp_path):
    """The clock is moved: a minute passes between two charts."""
    from assistant.journal import Owner
    from assistant.training.classroom import Classroom
    from assistant.training.lines import PlainTraining

    records = Records(tmp_path / "training" / "anna")
    records.prepare()
    moment = DAY

    def now():
        return moment

    room = Classroom(records, loaded, list(charts.values()), "anna", now, Owner("anna", "host", 1, AT))
    exam = room.begin_exam(2, 5, 1, 90)
    out = io.StringIO()

    def shell(session, journal, coach, said):
        nonlocal moment
        lines = reviewed(coach.chart, loaded, mode="exam")[0]
        code = PlainTraining(
            session, journal, io.StringIO("".join(f"{x}\n" for x in lines)), out, now, said, coach
        ).run()
        moment += timedelta(seconds=61)
        return code

    assert room.take_exam(exam, shell) == 0
    found, path = room.end_exam(exam)
    assert (found.outcomes_right, found.score, found.passed) == (1, 50, False)
    assert "(allowed: 1 minutes)" in path.read_text()

    late = io.StringIO()
    exam = room.begin_exam(2, 5, 1, 90)

    def slow(session, journal, coach, said):
        nonlocal moment
        moment += timedelta(seconds=61)
        return PlainTraining(session, journal, io.StringIO("38\n"), late, now, said, coach).run()

    assert room.take_exam(exam, slow) == 0
    assert "The time is over; what was typed last was not taken." in late.getvalue()
    assert room.end_exam(exam)[0].facts == 0


# --- Progress ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def months():
    """Results of a trainee who learns: synthetic."""
    Records(directory()).prepare()
    for n in range(24):
        right = {"I1a": True, "I2b": n > 8, "N3": n % 3 > 0}
        kinds = {"degree": 1} if n <= 8 else {}
        at = DAY + timedelta(days=3 * n)
        one = result_of(f"PV-{n % 20 + 1}", at=at, right=8, criteria=right, mistakes=kinds)
        Records(directory()).append(one.model_copy(update={"transcript": f"t{n}"}))


def test_progress_is_plotted_in_the_terminal(months, capsys):
    assert main(["train", "--progress", "--trainee", "anna"]) == 0
    out = capsys.readouterr().out
    assert "20 Nov 2026" in out
    assert "100┤" in out
    assert re.search(r"2 I2b no or minimal collapse +24 +62% +100%", out)
    assert "degree 9" in out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out


def test_progress_of_nobody_is_no_fault(capsys):
    assert main(["train", "--progress", "--trainee", "nobody"]) == 0
    assert "Nothing was practised yet" in capsys.readouterr().out


def test_progress_as_csv(months, tmp_path):
    path = tmp_path / "out.csv"
    assert main(["train", "--progress", "--trainee", "anna", "--csv", str(path)]) == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert len(rows) == 72
    assert {r["criterion"] for r in rows} == {"I1a", "I2b", "N3"}
    assert sum(int(r["right"]) for r in rows if r["criterion"] == "I2b") == 15
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["train", "--progress", "--trainee", "anna", "--csv", str(path)]) == 2


class Parsed(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in {"src", "href"}]


def test_progress_as_a_page_needs_nothing_else_and_is_escaped(months, tmp_path):
    from assistant.policy import load
    from assistant.training.progress import as_csv, as_html

    text = as_html(list(results()), load(), "<script>x</script>", ())
    page = Parsed(text)
    assert page.links == []
    assert "script" not in page.tags
    assert page.tags.count("svg") == 3
    assert "&lt;script&gt;" in text
    assert "'=1+1" in as_csv(list(results()), load(), "=1+1", ())


# --- Wrong use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["PV-99"], "there is no chart 'PV-99'"),
        (["PV-1", "PV-2"], "one chart at a time"),
        (["--drill", "X9"], "there is no criterion 'X9' to drill"),
        (["PV-11", "--drill", "N2"], "N2 is not asked in chart PV-11"),
        (["--exam", "--count", "99"], "99 charts can not be drawn"),
        (["--exam", "--count", "0"], "0 charts can not be drawn"),
        (["--exam", "--minutes", "0"], "--minutes 0 is out of range"),
        (["--exam", "--pass-mark", "101"], "--pass-mark 101 is out of range"),
        (["--exam", "--seed", "-1"], "--seed -1 is out of range"),
        (["--exam", "PV-1"], "--exam takes no chart"),
        (["--exam", "--progress"], "--exam and --progress do not go together"),
        (["--count", "3"], "--count belongs to --exam"),
        (["--csv", "x.csv"], "--csv and --html belong to --progress"),
        (["--charts", "/nowhere"], "/nowhere is no directory"),
        (["--abandon"], "no exam was left unfinished"),
        (["--new", "/nowhere/x.md"], "can not be written"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, message, capsys):
    assert main(["train", "--plain", "--trainee", "anna", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_a_chart_with_a_fault_is_refused_with_its_line(tmp_path, capsys):
    path = tmp_path / "bad.md"
    path.write_text(SOUND.read_text().replace("hip_pain: present", "hip_pain: maybe"))
    assert main(["train", "--plain", str(path)]) == 2
    assert f"{path}:8: " in capsys.readouterr().err


def test_a_store_that_can_not_be_written_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path / "file" / "x"))
    assert main(["train", "--plain", "PV-1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_the_request_form_says_is_asked_or_given(charts, loaded):
    """Never both: nothing that is asked is given away, and without the questions the outcome would not follow."""
    from assistant.training.sessions import asks_anything, form_is_asked

    session = session_of(charts["PV-17"], loaded)
    asked = next_question(session).question in loaded.prompts.intake
    assert asked is form_is_asked(loaded)
    assert bool(session.started.request) is not asked
    assert session_of(charts["PV-1"], loaded).started.request == {}
    assert asks_anything(charts["PV-14"], loaded) is asked


def test_the_first_event_says_what_it_is_of(charts, loaded):
    started = begun(charts["PV-1"], loaded, mode="exam", trainee="anna", at=AT, exam="exam-1")
    assert isinstance(started, Started)
    assert (started.mode, started.case, started.digest) == ("exam", "PV-1", loaded.digest)
    assert started.model_extra["chart"] == charts["PV-1"].digest
    assert find_chart("pv-1", list(charts.values()), loaded) is charts["PV-1"]
