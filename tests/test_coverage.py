"""What saved reviews show of a policy, and suggested reviews that show the rest."""

import io
import json
import re
import shutil
from itertools import product
from pathlib import Path

import pytest
from sampling import LONG, some

from assistant.answering import reads
from assistant.cli import main
from assistant.coverage import (
    DECIDING,
    Kind,
    Observer,
    Point,
    as_lines,
    as_page,
    coverage_of,
    points_of,
    report_coverage,
    suggest_for,
    suggested,
)
from assistant.coverage.answers import Answers
from assistant.coverage.cases import Finder, _counted, _joined, merged
from assistant.determination import Outcome, Truth, determine, readings_that_apply
from assistant.errors import AssistantError
from assistant.events import Answered, Concluded, Started
from assistant.findings import Context
from assistant.interview import fold, next_question
from assistant.policy import Library, load
from assistant.replay import replay, results
from assistant.transcript import parse_piece, pieces_in, read_events

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = ROOT / "transcripts"
DRIFT = Library((ROOT / "tests" / "policies" / "drift",))
STARTED = {"event": "started", "policy": "hip-core-decompression", "version": 2, "why": "by hand"}
CASE = {"event": "started", "policy": "hip-core-decompression", "version": 2, "intake": False}


@pytest.fixture(scope="module")
def ours(loaded):
    return coverage_of(loaded, pieces_in([TRANSCRIPTS]))


@pytest.fixture(scope="module")
def from_nothing(loaded):
    return suggested(loaded, points_of(loaded))


def written(path, *events):
    path.write_text("".join(json.dumps(e) + "\n" for e in events))
    return path


def shown(loaded, *events):
    lines = tuple(json.dumps(e) for e in events)
    from assistant.transcript import Piece

    return {str(p) for p in Observer(loaded).shown(parse_piece(Piece("x", 1, lines)))[1]}


def answer(question, text, **more):
    return {"event": "answered", "question": question, "text": text, **more}


# --- Our own reviews --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DECIDING)
def test_our_reviews_show_everything_that_decides(ours, kind):
    assert [str(p) for p in ours.missing(kind)] == []
    assert ours.percent(kind) == 100


def test_our_reviews_show_every_question_ask_back_and_note(ours):
    assert ours.missing(Kind.QUESTION, Kind.ASK_BACK, Kind.NOTE) == ()
    assert ours.errors == ()


def test_what_is_shown_is_what_every_beginning_of_a_review_shows(loaded):
    """Against the slow way: each beginning folded anew."""
    for path in sorted(TRANSCRIPTS.glob("*.jsonl"))[::4]:
        events = read_events(path)
        slow = set()
        for length in range(1, len(events) + 1):
            for side in fold(loaded, reads(loaded), events[:length]).sides:
                found = side.determination
                slow |= {f"criteria {c} {t.value}" for c, t in found.criteria.items()}
                slow |= {f"flags {f}" for f in found.flags} | {f"holds {h}" for h in found.holds}
                slow |= {f"reading notes {r}" for r in readings_that_apply(loaded.policy, found)}
        kinds = ("criteria", "flags", "holds", "reading notes")
        assert {str(p) for p in Observer(loaded).shown(events)[1] if p.kind in kinds} == slow, path


# --- What counts ------------------------------------------------------------------------------------------------------


def test_every_criterion_counts_with_each_truth_value(loaded):
    names = {p.name for p in points_of(loaded) if p.kind is Kind.CRITERION}
    assert names == {f"{c} {t}" for c, t in product(loaded.policy.criterion, ("true", "false", "unknown"))}


def test_an_outcome_counts_where_a_review_ends_with_it(loaded):
    open_review = shown(loaded, CASE, answer("age", "38"))
    assert {p for p in open_review if p.startswith("outcomes")} == {"outcomes information_needed"}
    over = shown(loaded, CASE, answer("age", "62"))
    assert {p for p in over if p.startswith("outcomes")} == {"outcomes criteria_not_met"}
    changed = shown(
        loaded,
        CASE,
        answer("age", "62"),
        {"event": "concluded", "determination": "criteria_not_met"},
        {"event": "reopened", "reason": "wrong date"},
        {"event": "undone"},
    )
    assert {p for p in changed if p.startswith("outcomes")} == {
        "outcomes criteria_not_met",
        "outcomes information_needed",
    }


def test_what_was_taken_back_was_still_shown(loaded):
    found = shown(loaded, CASE, answer("age", "62"), {"event": "undone"}, answer("age", "38"))
    assert {"criteria N3 unknown", "criteria N3 true", "criteria N3 false"} <= found


def test_each_side_counts(loaded):
    found = shown(
        loaded,
        CASE,
        answer("laterality", "both"),
        answer("arthritis", "no OA", side="right"),
        answer("arthritis", "severe OA", side="left"),
    )
    assert {"criteria N1 true", "criteria N1 false", "flags bilateral_each_hip"} <= found


def test_questions_and_ask_backs_count_without_being_recorded_as_put(loaded):
    found = shown(loaded, CASE, answer("age", "not sure"), answer("age", "38"), answer("laterality", "R"))
    asked = {p for p in found if p.startswith(("questions", "ask-backs"))}
    assert asked == {"questions age", "ask-backs age", "questions laterality"}


def test_a_changed_answer_is_no_question(loaded):
    found = shown(loaded, CASE, answer("age", "38"), answer("age", "39", replaces=1))
    assert "ask-backs age" not in found


def test_only_words_within_what_was_read_are_used(loaded):
    found = shown(loaded, CASE, answer("symptoms", "groin pain; seen in the clinic with her mri disc"))
    terms = {p.removeprefix("vocabulary terms ") for p in found if p.startswith("vocabulary terms")}
    assert "groin pain" in terms
    nothing = shown(loaded, CASE, answer("symptoms", "the weather was fine"))
    assert not {p for p in nothing if p.startswith("vocabulary terms")}


def test_a_misspelt_word_uses_the_term_that_it_stands_for(loaded):
    assert "vocabulary terms groin pain" in shown(loaded, CASE, answer("symptoms", "groin pian"))


def test_a_recorded_reading_counts_as_it_was_recorded(loaded):
    read = {"fact": "hip_pain", "values": ["present"], "quote": "groin", "start": 0, "end": 5}
    found = shown(loaded, CASE, answer("symptoms", "groin pain", read=[read]))
    assert "vocabulary terms groin pain" not in found
    assert "criteria I1 true" in found


def test_a_note_that_no_case_shows_and_an_ask_back_of_the_form_are_no_gaps(loaded):
    points = {str(p) for p in points_of(loaded)}
    assert "reading notes R29" not in points
    assert "reading notes R27" in points
    assert "ask-backs request_codes" not in points
    assert "questions request_codes" in points


# --- Many transcripts -------------------------------------------------------------------------------------------------


def test_other_versions_are_left_out_and_bad_ones_named(loaded, tmp_path):
    written(tmp_path / "a.jsonl", STARTED, answer("age", "38"))
    written(tmp_path / "b.jsonl", {**STARTED, "version": 3})
    written(tmp_path / "c.jsonl", STARTED, answer("nonsense", "38"))
    (tmp_path / "d.jsonl").write_text("{\n")
    found = coverage_of(loaded, pieces_in([tmp_path]))
    assert (found.transcripts, found.others, len(found.errors)) == (1, 1, 2)
    assert "c.jsonl: there is no question 'nonsense'" in found.errors[0]
    assert "d.jsonl:1: not a line of JSON" in found.errors[1]


def test_several_reviews_in_one_file_each_count(loaded, tmp_path):
    path = written(tmp_path / "many.jsonl", STARTED, answer("age", "38"), STARTED, answer("age", "62"))
    found = coverage_of(loaded, pieces_in([path]))
    assert found.transcripts == 2
    assert found.counts[Point(Kind.CRITERION, "N3 true")] == 1
    assert found.counts[Point(Kind.CRITERION, "N3 unknown")] == 2


def test_percentages_are_of_the_kinds_asked_for(loaded, tmp_path):
    found = coverage_of(loaded, pieces_in([written(tmp_path / "a.jsonl", STARTED)]))
    unknown = len(loaded.policy.criterion)
    assert found.percent(Kind.CRITERION) == pytest.approx(100 / 3)
    assert found.percent(Kind.OUTCOME) == 25
    every = sum(p.kind in DECIDING for p in found.points)
    assert found.percent(*DECIDING) == pytest.approx(100 * (unknown + 1) / every)


# --- The report -------------------------------------------------------------------------------------------------------


def test_the_report_fits_80_columns_and_names_what_is_missing(loaded, tmp_path):
    lines = as_lines(coverage_of(loaded, pieces_in([written(tmp_path / "a.jsonl", STARTED)])))
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 60
    text = "\n".join(lines)
    assert re.search(r"criteria +13 of +39 +33\.3%", text)
    assert "N3 true" in text
    assert "pediatric" in text
    assert re.search(r"vocabulary terms: functional_disability \d+", text)


def test_nothing_missing_is_said_by_silence(ours):
    text = "\n".join(as_lines(ours))
    assert "all of these                       100.0%" in text
    assert "  holds:" not in text


def test_almost_everything_is_never_called_everything(loaded):
    from assistant.coverage.report import _percent

    assert _percent(99.97) == "99.9%"
    assert _percent(100.0) == "100.0%"


@pytest.mark.parametrize(("least", "code"), [(None, 0), (5.0, 0), (99.0, 1), (100.0, 1)])
def test_too_little_coverage_fails(tmp_path, least, code):
    path = written(tmp_path / "a.jsonl", STARTED, answer("age", "38"))
    out = io.StringIO()
    assert report_coverage([path], Library(), "hip-core-decompression@2", out, fail_under=least) == code
    assert ("is less than" in out.getvalue()) == bool(code)


def test_words_alone_never_fail(ours):
    assert ours.percent(Kind.TERM) < 50
    assert report_coverage([TRANSCRIPTS], Library(), None, io.StringIO(), fail_under=100) == 0


def test_a_transcript_that_can_not_be_followed_fails(tmp_path):
    written(tmp_path / "a.jsonl", STARTED, answer("age", "38"))
    written(tmp_path / "b.jsonl", STARTED, answer("nonsense", "\x1b[31m"))
    out = io.StringIO()
    assert report_coverage([tmp_path], Library(), None, out) == 1
    assert "1 could not be followed" in out.getvalue().replace("\n", " ")
    assert "\x1b" not in out.getvalue()


def test_no_transcript_is_an_error(tmp_path):
    with pytest.raises(AssistantError, match="no transcripts of this policy"):
        report_coverage([tmp_path], Library(), None, io.StringIO())


def test_the_page_stands_by_itself_and_is_escaped(loaded, tmp_path):
    name = "<script>alert(1)</script>.jsonl"
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / name.replace("/", "_")
    written(path, STARTED, answer("<b>", "38"))
    written(tmp_path / "x" / "good.jsonl", STARTED)
    page = tmp_path / "page.html"
    report_coverage([tmp_path / "x"], Library(), None, io.StringIO(), html=page)
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "there is no question '<b>'" not in text
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", text)
    assert text.startswith("<!doctype html>")
    assert text.count('<td class="n never">never') > 50


def test_the_page_lists_every_point(loaded, ours):
    page = as_page(ours)
    for point in points_of(loaded):
        if point.kind in {Kind.FLAG, Kind.QUESTION, Kind.NOTE, Kind.OUTCOME}:
            assert f"<td>{point.name}<td>" in page


def test_a_page_that_can_not_be_written_is_one_sentence(tmp_path):
    path = written(tmp_path / "a.jsonl", STARTED)
    with pytest.raises(AssistantError, match="can not be written"):
        report_coverage([path], Library(), None, io.StringIO(), html=tmp_path / "no" / "page.html")


# --- Which facts show a point -----------------------------------------------------------------------------------------


def test_every_point_that_decides_has_a_case_that_shows_it(loaded):
    finder = Finder(loaded, Answers(loaded))
    observer = Observer(loaded)
    assert finder.determined(finder.usual).outcome is Outcome.MET
    assert finder.determined(finder.usual).flags == ()
    for point in (p for p in points_of(loaded) if p.kind in {*DECIDING, Kind.NOTE}):
        for case in finder.cases(point):
            found = finder.determined({**finder.usual, **case})
            if point in observer.of_determination(found) or point == Point(Kind.OUTCOME, found.outcome.value):
                break
        else:
            pytest.fail(f"no case shows {point}")


@pytest.mark.parametrize("truth", Truth)
@pytest.mark.parametrize("how", ["all", "any", "none"])
def test_tables_read_backwards_give_what_was_asked_for(how, truth):
    from assistant.determination import conjunction, disjunction, negate

    def part(name):
        return lambda wanted: iter([{name: frozenset([wanted.value])}])

    parts = [part(name) for name in "abc"]
    forward = {"all": conjunction, "any": disjunction, "none": lambda ts: negate(disjunction(ts))}[how]
    rest = Truth.TRUE if how == "all" else Truth.FALSE
    found = list(_joined(how, parts, truth))
    assert found
    for case in found:
        assert forward([Truth(next(iter(case[n]))) if n in case else rest for n in "abc"]) is truth


@pytest.mark.parametrize("truth", Truth)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_so_many_of_several_read_backwards(count, truth):
    from assistant.determination import _at_least

    parts = [lambda wanted, n=n: iter([{n: frozenset([wanted.value])}]) for n in "abc"]
    for case in _counted(parts, count, truth):
        assert _at_least(count, [Truth(next(iter(case[n]))) for n in "abc"]) is truth


def test_cases_that_exclude_each_other_are_not_brought_together():
    one, two = {"a": frozenset([1])}, {"a": frozenset([2]), "b": None}
    assert merged(one, two) is None
    assert merged(one, {"b": None}) == {"a": frozenset([1]), "b": None}


# --- Answers ----------------------------------------------------------------------------------------------------------


def test_every_value_of_the_interview_has_words_that_read_to_exactly_it(loaded):
    """The disease and its stage go together: a stage says the disease, and the disease alone leaves the stage open."""
    answers = Answers(loaded)
    wordless = []
    for question in loaded.prompts.questions:
        for fact in question.facts:
            numbers = loaded.policy.fact[fact].kind == "integer"
            for value in loaded.policy.domains[fact]:
                if numbers and value not in {0, 1, 2, 3, 49}:
                    continue
                case = {fact: frozenset([value])}
                if fact == "osteonecrosis_stage":
                    case["osteonecrosis"] = frozenset(["present"])
                elif (fact, value) == ("osteonecrosis", "present"):
                    case["osteonecrosis_stage"] = frozenset([2])
                text = answers.words_for(question, case, case, Context())
                if text is None:
                    wordless.append((fact, value))
                else:
                    assert answers.read(question, text, Context()) == case
    assert wordless == []


def test_every_question_can_be_answered_without_settling_it(loaded):
    answers = Answers(loaded)
    for question in (*loaded.prompts.questions, loaded.prompts.closing):
        assert answers.open_words(question, Context()), question.id


def test_the_examples_of_the_policy_are_taken_first(loaded):
    answers = Answers(loaded)
    collapse = loaded.prompts.question["collapse"]
    case = {"femoral_head_collapse": frozenset(["moderate"])}
    assert answers.words_for(collapse, case, case, Context()) == "moderately flattened"


def test_no_words_are_better_than_wrong_words(loaded):
    answers = Answers(loaded)
    condition = loaded.prompts.question["request_condition"]
    case = {
        "requested_body_part": frozenset(["other"]),
        "requested_condition": frozenset(["osteonecrosis_femoral_head"]),
    }
    assert answers.words_for(condition, case, case, Context()) is None  # what is elsewhere is another condition


# --- Suggested reviews ------------------------------------------------------------------------------------------------


def test_from_nothing_few_reviews_show_everything_but_words(loaded, from_nothing, tmp_path):
    found, left = from_nothing
    assert left == []
    assert len(found) <= 10
    paths = [
        written(tmp_path / f"{one.name}.jsonl", *(e.model_dump(exclude_none=True) for e in one.events)) for one in found
    ]
    together = coverage_of(loaded, pieces_in(paths))
    assert together.missing(*(k for k in Kind if k is not Kind.TERM)) == ()


def test_each_names_the_gaps_that_it_closes_and_no_gap_is_named_twice(loaded, from_nothing):
    named = []
    for one in from_nothing[0]:
        started = one.events[0]
        assert isinstance(started, Started)
        assert all(p.name in started.why for p in one.closes)
        assert set(one.closes) <= Observer(loaded).shown(one.events)[1]
        named += one.closes
    assert len(named) == len(set(named))


def test_each_is_as_it_is_typed_and_ends_where_a_review_ends(loaded, from_nothing):
    for one in from_nothing[0]:
        assert all(e.read is None and not e.rereads for e in one.events if isinstance(e, Answered))
        assert isinstance(one.events[-1], Concluded)
        assert next_question(fold(loaded, reads(loaded), one.events[:-1])) is None


def test_each_replays_without_a_difference(loaded, from_nothing):
    for one in from_nothing[0]:
        assert replay(loaded, one.events)[1] == ()


def test_one_gap_takes_one_review_and_nothing_missing_none(loaded):
    found, left = suggested(loaded, [Point(Kind.FLAG, "pediatric")])
    assert (len(found), left) == (1, [])
    assert "17" in " ".join(e.text for e in found[0].events if isinstance(e, Answered))
    assert suggested(loaded, []) == ([], [])
    assert suggested(loaded, [Point(Kind.TERM, "groin pain")]) == ([], [])


def test_another_version_with_other_facts_is_closed_too():
    loaded = load("hip-core-decompression@3", DRIFT)
    gaps = some((p for p in points_of(loaded) if p.kind in {Kind.CRITERION, Kind.HOLD}), 9)
    found, left = suggested(loaded, gaps)
    assert left == []
    for one in found:
        assert replay(loaded, one.events)[1] == ()


def test_a_gap_that_nothing_closes_is_named(loaded, tmp_path):
    home = tmp_path / "own"
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, home / kind, ignore=shutil.ignore_patterns("practice"))
    path = home / "policy" / "hip-core-decompression" / "2.yaml"
    never = (
        "    when: {all: [{fact: age_years, max: 17}, {fact: age_years, min: 49}]}\n    note: The same criteria apply"
    )
    text = path.read_text()
    assert "    when: {fact: age_years, max: 17}\n    note: The same criteria apply" in text
    path.write_text(text.replace("    when: {fact: age_years, max: 17}\n    note: The same criteria apply", never, 1))
    own = load("hip-core-decompression", Library((home,)))
    gaps = [Point(Kind.FLAG, "pediatric"), Point(Kind.FLAG, "age_boundary")]
    found, left = suggested(own, gaps)
    assert left == [gaps[0]]
    assert [one.closes for one in found] == [(gaps[1],)]


def test_they_are_written_into_new_files(tmp_path):
    paths = [p for p in sorted(TRANSCRIPTS.glob("*.jsonl")) if p.name != "hold-add-on-code.jsonl"]
    out, notes = io.StringIO(), io.StringIO()
    assert suggest_for(paths, Library(), None, out, notes, tmp_path / "new") == 0
    files = sorted((tmp_path / "new").glob("*.jsonl"))
    assert [str(f) for f in files] == out.getvalue().split()
    assert [r.differences for r in results(files, Library())] == [()] * len(files)
    assert all(not r.error for r in results(files, Library()))
    assert files
    with pytest.raises(AssistantError, match="exists already"):
        suggest_for(paths, Library(), None, io.StringIO(), io.StringIO(), tmp_path / "new")


def test_without_a_directory_they_are_one_text_that_replays(tmp_path):
    without = ("coverage", "hold", "edit") if LONG else ("hold", "coverage-b", "coverage-k")
    paths = [p for p in sorted(TRANSCRIPTS.glob("*.jsonl")) if not p.name.startswith(without)]
    text, notes = io.StringIO(), io.StringIO()
    assert suggest_for(paths, Library(), "hip-core-decompression@2", text, notes) == 0
    stream = tmp_path / "stream.jsonl"
    stream.write_text(text.getvalue())
    assert len(list(pieces_in([stream]))) > 1
    assert "gaps; edit them" in notes.getvalue()
    assert all(not r.differences and not r.error for r in results([stream], Library()))


def test_determinations_are_worked_out_once(loaded, monkeypatch):
    """Many reviews come by the same facts; a second pass works out nothing."""
    paths = sorted(TRANSCRIPTS.glob("*.jsonl"))
    coverage_of(loaded, pieces_in(paths))
    from assistant import determination

    def refused(*_):
        raise AssertionError("worked out again")

    monkeypatch.setattr(determination, "_determined", refused)
    assert determine(loaded.policy, {}).outcome is Outcome.INFORMATION_NEEDED
    coverage_of(loaded, pieces_in(paths))


# --- On the command line ----------------------------------------------------------------------------------------------


def test_coverage_on_the_command_line(tmp_path, capsys):
    arguments = ["policy", "coverage", "hip-core-decompression@2", str(TRANSCRIPTS), "--fail-under"]
    assert main([*arguments, "100", "--html", str(tmp_path / "page.html")]) == 0
    assert "100.0%" in capsys.readouterr().out
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert main([*arguments[:3], str(TRANSCRIPTS / "not-met-age.jsonl"), "--fail-under", "90"]) == 1
    assert main(["policy", "coverage", "nothing-such", str(TRANSCRIPTS)]) == 2
    capsys.readouterr()


def test_suggested_reviews_on_the_command_line(tmp_path, capsys):
    paths = [str(p) for p in sorted(TRANSCRIPTS.glob("*.jsonl")) if p.name != "coverage-knee-not-hip.jsonl"]
    output = tmp_path / "new"
    assert main(["transcript", "suggest", "--policy", "hip-core-decompression", *paths, "--output", str(output)]) == 0
    said = capsys.readouterr()
    assert [str(p) for p in sorted(output.iterdir())] == said.out.split()
    assert "gaps" in said.err
    assert main(["replay", str(output)]) == 0
    together = ["policy", "coverage", "hip-core-decompression", str(output), *paths, "--fail-under", "100"]
    assert main(together) == 0
    capsys.readouterr()
