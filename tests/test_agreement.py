"""Agreement: each number as it was printed by those who proposed it, and the report on reviews made by the program."""

import csv
import io
import json
import re
import stat
import sys
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from charts import CHARTS
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.events import Answered, Concluded, Started
from assistant.interview import completed, next_question, outcome_of, start
from assistant.policy import Library
from assistant.transcript import encode

pytest.importorskip("statsmodels", reason="pip install 'assistant[agreement]'")

from assistant.agreement import run
from assistant.agreement import statistics as s
from assistant.answering import reads
from assistant.cli import main


def square(*rows):
    """A table of two raters from a contingency table, ratings named 0, 1, 2 …"""
    return {(str(i), str(j)): n for i, row in enumerate(rows) for j, n in enumerate(row)}


def columns(*raters):
    """A table from one string of ratings a rater, a dot for none."""
    return Counter(tuple(None if r == "." else r for r in unit) for unit in zip(*raters, strict=True))


# --- Published tables -----------------------------------------------------------------------------------------------

YES_NO = ("0", "1")
PARADOX_A = square((40, 9), (6, 45))
PARADOX_B = square((80, 10), (5, 5))


def test_cohen_1968_two_judges_of_200_cases():
    # Cohen, Weighted kappa, Psychological Bulletin 70 (1968), table 1: unweighted kappa .492
    assert round(s.cohen_kappa(square((88, 14, 18), (10, 40, 10), (2, 6, 12))), 3) == 0.492


def test_feinstein_cicchetti_1990_high_agreement_and_low_kappa():
    # J Clin Epidemiol 43 (1990) 543-549: both tables agree on 85 %, kappa is .70 and .32
    assert s.agreement(PARADOX_A) == s.agreement(PARADOX_B) == 0.85
    assert round(s.cohen_kappa(PARADOX_A), 2) == 0.70
    assert round(s.cohen_kappa(PARADOX_B), 2) == 0.32


def test_cicchetti_feinstein_1990_positive_and_negative_agreement():
    # J Clin Epidemiol 43 (1990) 551-558: 2a/(f1+g1) and 2d/(f2+g2) of the same two tables
    assert [round(s.specific_agreement(PARADOX_A, r), 2) for r in YES_NO] == [0.84, 0.86]
    assert [round(s.specific_agreement(PARADOX_B, r), 2) for r in YES_NO] == [0.91, 0.40]


def test_byrt_1993_indices_on_the_example_of_sim_and_wright():
    # Byrt, Bishop, Carlin, J Clin Epidemiol 46 (1993) 423-429, as worked by Sim & Wright, Phys Ther 85 (2005) 257-268:
    # kappa .67, prevalence index .28, bias index .05, PABAK .69
    table = square((22, 2), (4, 11))
    assert round(s.cohen_kappa(table), 2) == 0.67
    assert round(s.prevalence_index(table, YES_NO), 2) == 0.28
    assert round(s.bias_index(table, YES_NO), 2) == 0.05
    assert round(s.pabak(s.agreement(table), 2), 2) == 0.69


def test_fleiss_1971_thirty_patients_and_six_psychiatrists():
    # Psychological Bulletin 76 (1971) 378-382: kappa .430 (ratings: data set `diagnoses` of the R package irr)
    patients = (
        "444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444 224445 "
        "333335 111455 111112 224444 133555 555555 244444 224555 114444 144445 222224 111155 224444 133333 555555"
    )
    table = Counter(tuple(p) for p in patients.split())
    assert sum(table.values()) == 30
    assert round(s.fleiss_kappa(table), 3) == 0.430


def test_krippendorff_2011_four_observers_with_missing_ratings():
    # Computing Krippendorff's Alpha-Reliability (2011), section C: nominal alpha .743
    table = columns("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    assert round(s.krippendorff_alpha(table), 3) == 0.743


def test_krippendorff_2011_two_observers_of_binary_data():
    # The same, section A: ten units, alpha .095
    assert round(s.krippendorff_alpha(columns("0100000010", "1110010000")), 3) == 0.095


def test_gwet_2014_ac1_of_four_raters_with_missing_ratings():
    # Handbook of Inter-Rater Reliability, 4th ed. (2014), as documented with irrCAC (raw_4raters): AC1 .77544
    table = columns("123321412...", "1233224125..", ".33323422513", "12332441251.")
    assert round(s.gwet_ac1(table, 5), 5) == 0.77544


def test_gwet_2014_ac1_of_two_abstractors():
    # The same (cont3x3abstractors): agreement .89, AC1 .84933, and Cohen's kappa .79641
    table = square((13, 0, 0), (0, 20, 7), (0, 4, 56))
    assert s.agreement(table) == pytest.approx(0.89)
    assert round(s.gwet_ac1(table, 3), 5) == 0.84933
    assert round(s.cohen_kappa(table), 5) == 0.79641


# --- Properties -----------------------------------------------------------------------------------------------------

ratings = st.sampled_from(["a", "b", "c", None])
patterns = st.integers(2, 4).flatmap(lambda n: st.lists(st.tuples(*[ratings] * n), min_size=1, max_size=14))
QUICK = s.Resampling(seed=3, times=40)


def summary(units, resampling=QUICK):
    return s.summarise(
        len(units[0]) if units else 3, tuple((f"case {i}", p) for i, p in enumerate(units)), None, resampling
    )


def numbers(found):
    estimates = (found.agreement, found.kappa, found.alpha, found.ac1, found.pabak)
    return [v for e in estimates for v in (e.value, e.low, e.high)] + [found.prevalence, found.bias]


@settings(deadline=None, max_examples=60)
@given(patterns, st.randoms())
def test_the_order_of_reviewers_and_of_units_does_not_matter(units, rng):
    order = list(range(len(units[0])))
    rng.shuffle(order)
    turned = [tuple(p[i] for i in order) for p in units]
    assert numbers(summary(turned)) == pytest.approx(numbers(summary(units)), nan_ok=False)
    backwards = list(reversed(units))
    again = summary(backwards)
    assert [e.value for e in (again.kappa, again.alpha)] == pytest.approx(
        [e.value for e in (summary(units).kappa, summary(units).alpha)]
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=20).filter(lambda r: len(set(r)) > 1), st.integers(2, 4))
def test_perfect_agreement_gives_one(values, raters):
    found = summary([(v,) * raters for v in values])
    assert [found.agreement.value, found.kappa.value, found.alpha.value, found.ac1.value, found.pabak.value] == (
        pytest.approx([1] * 5)
    )
    assert all(v == 1 for _r, v in found.specific)


@settings(deadline=None, max_examples=60)
@given(patterns)
def test_nothing_is_nan_and_what_is_missing_has_a_reason(units):
    found = summary(units)
    for estimate in (found.agreement, found.kappa, found.alpha, found.ac1, found.pabak):
        if estimate.value is None:
            assert "not enough data" in estimate.why
        else:
            assert -1.0001 <= estimate.value <= 1.0001
        if estimate.low is not None:
            assert estimate.low <= estimate.high
        else:
            assert estimate.why


def test_few_cases_give_no_interval_and_many_give_the_same_one_again():
    few = summary([("a", "b"), ("a", "a"), ("b", "b")])
    assert (few.kappa.low, few.kappa.why) == (None, "fewer than 10 cases")
    many = [("a", "a"), ("b", "b"), ("a", "b"), ("b", "b"), ("a", "a")] * 6
    first, again = summary(many), summary(list(many))
    assert first.kappa.low < first.kappa.value < first.kappa.high
    assert first == again
    assert summary(many, s.Resampling(4, 40)).kappa != first.kappa


def test_an_interval_is_about_as_wide_as_the_formula_says():
    # Fleiss, Cohen, Everitt (1969): the standard error of kappa in large samples, here by statsmodels
    from statsmodels.stats.inter_rater import cohens_kappa

    units = [p for p, n in PARADOX_A.items() for _ in range(n)]
    found = summary(units, s.Resampling(1, 2000)).kappa
    formula = cohens_kappa([[40, 9], [6, 45]])
    assert found.low == pytest.approx(formula.kappa_low, abs=0.04)
    assert found.high == pytest.approx(formula.kappa_upp, abs=0.04)


def test_a_warning_where_kappa_misleads_and_only_there():
    (warning,) = summary([p for p, n in PARADOX_B.items() for _ in range(n)]).warnings
    assert warning.startswith("Kappa misleads here: 88% of the ratings are '0'")
    assert not summary([p for p, n in PARADOX_A.items() for _ in range(n)]).warnings


@pytest.mark.parametrize(
    ("units", "why"),
    [
        ([("a",)], "not enough data: one reviewer"),
        ([("a", None), (None, "b")], "not enough data: nothing rated by two"),
        ([("a", "a"), ("a", "a")], "not enough data: all ratings are alike"),
        ([], "not enough data: nothing rated by two"),
    ],
)
def test_what_cannot_be_computed_says_so(units, why):
    assert summary(units).alpha.why == why


# --- End to end -----------------------------------------------------------------------------------------------------


@pytest.fixture
def review(loaded, tmp_path):
    """Write a review made by the program itself; returns its path."""

    def make(case, reviewer, answers, concluded=True, **started):
        first = Started(policy=loaded.policy.id, version=loaded.policy.version, case=case, reviewer=reviewer, **started)
        session = start(loaded, reads(loaded), first)
        events = [first]
        for text in answers:
            if not (ask := next_question(session)):
                break
            written, session = completed(session, Answered(question=ask.question.id, side=ask.side, text=text))
            events.append(written)
        if concluded:
            events.append(Concluded(determination=outcome_of(session).value))
        directory = tmp_path / "reviews"
        directory.mkdir(exist_ok=True)
        path = directory / f"{len(list(directory.iterdir()))}.jsonl"
        path.write_text("".join(encode(e) + "\n" for e in events))
        return path

    return make


def answers(chart, old="", new=""):
    return [a.replace(old, new) if old else a for a in CHARTS[chart]["answers"]]


@pytest.fixture
def panel(review, tmp_path):
    """Anna and Ben on all six charts, Carla on four; Ben reads one stage and one collapse otherwise."""
    for chart in CHARTS:
        review(chart, "Anna", answers(chart))
        ben = answers(chart, "stage II,", "stage III,") if chart == "chart-1-early-disease" else answers(chart)
        ben = answers(chart, "minimal collapse", "severe collapse") if chart == "chart-5-minimal-collapse" else ben
        review(chart.upper(), "Ben", ben)
    for chart in list(CHARTS)[:4]:
        review(chart, " carla ", answers(chart))
    return tmp_path / "reviews"


def report(paths, **options):
    out, notes = io.StringIO(), io.StringIO()
    code = run(
        paths if isinstance(paths, list) else [paths],
        library=Library(),
        out=out,
        notes=notes,
        **{"resamples": 50} | options,
    )
    return code, out.getvalue(), notes.getvalue()


def test_two_reviewers_agree_on_all_charts_but_two(panel, tmp_path):
    code, text, _ = report(panel, form="json")
    assert code == 0
    found = json.loads(text)
    assert found["reviewers"] == ["Anna", "Ben", "carla"]
    assert len(found["cases"]) == 6
    pair = next(c for c in found["comparisons"] if c["reviewers"] == ["Anna", "Ben"])
    outcome = pair["measures"][0]
    assert (outcome["id"], outcome["units"], outcome["agreement"]["value"]) == ("outcome", 6, pytest.approx(4 / 6))
    stage = next(m for m in pair["measures"] if m["id"] == "osteonecrosis_stage")
    assert stage["agreement"]["value"] < 1
    disagreement = next(d for d in found["disagreements"] if d["id"] == "osteonecrosis_stage")
    assert (disagreement["case"], disagreement["side"]) == ("chart-1-early-disease", "right")
    assert disagreement["said"]["Anna"]["quotes"] == ["ARCO stage II"]
    assert disagreement["said"]["Ben"]["quotes"] == ["ARCO stage III"]
    assert found["chosen"] == ["chart-1-early-disease", "chart-5-minimal-collapse"]


def test_what_a_settled_review_did_not_ask_is_no_disagreement(panel):
    found = json.loads(report(panel, form="json")[1])
    differing = {d["id"] for d in found["disagreements"] if d["case"] == "chart-1-early-disease"}
    assert "I2a" in differing
    # Ben's stage III settles the case before symptoms are asked: no rating of them, so no other one
    assert "I1" not in differing


def test_text_fits_eighty_columns_and_shows_both_quotes(panel):
    code, text, _ = report(panel, seed=7)
    assert code == 0
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "seed 7" in " ".join(text.split())
    assert "Anna: stage II “ARCO stage II”" in text
    assert "Ben: stage III “ARCO stage III”" in text
    assert "nan" not in text.lower().split()


def test_gold_is_compared_with_each_and_left_out_of_the_rest(panel):
    found = json.loads(report(panel, form="json", gold="ANNA")[1])
    titles = [(c["kind"], c["reviewers"]) for c in found["comparisons"]]
    assert titles == [("gold", ["Ben", "Anna"]), ("gold", ["carla", "Anna"]), ("all", ["Ben", "carla"])]
    assert found["comparisons"][1]["measures"][0]["agreement"]["value"] == 1
    with pytest.raises(AssistantError, match="no reviewer 'Dora'"):
        report(panel, gold="Dora")


@pytest.mark.parametrize(
    ("options", "count"),
    [({"count": 2}, 2), ({"percent": 50}, 3), ({"count": 99}, 6), ({"cases": ("CHART-3-thin-file",)}, 1)],
)
def test_cases_to_talk_about_are_drawn_by_seed_or_named(panel, options, count):
    first = json.loads(report(panel, form="json", **options)[1])
    assert len(first["chosen"]) == count
    assert first["chosen"] == json.loads(report(panel, form="json", **options)[1])["chosen"]
    assert {d["case"] for d in first["disagreements"]} <= set(first["chosen"])


def test_a_page_needs_nothing_else_and_shows_markup_as_text(review, tmp_path):
    evil = "<script>alert(1)</script>"
    for reviewer, stage in (("Anna", "II"), (f"Ben{evil}", "III")):
        texts = answers("chart-1-early-disease", "stage II,", f"stage {stage},")
        review(f"case \x1b[31m{evil}\u202e", reviewer, texts)
    code, page, _ = report(tmp_path / "reviews", form="html")
    assert code == 0
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, dict(attributes)))
    parser.feed(page)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _a in tags}
    assert not any(name in attributes for _tag, attributes in tags for name in ("src", "href", "onload"))
    assert "&lt;script&gt;" in page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(drawing)
    assert "<svg" in page
    for form in ("text", "html", "csv", "json"):
        shown = report(tmp_path / "reviews", form=form)[1]
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]", shown)


def test_csv_has_one_width_and_no_formulas(review, tmp_path):
    for reviewer, stage in (("=cmd()", "II"), ("@Ben", "III")):
        review("+1", reviewer, answers("chart-1-early-disease", "stage II,", f"stage {stage},"))
    for table in ("statistics", "disagreements"):
        rows = list(csv.reader(io.StringIO(report(tmp_path / "reviews", form="csv", table=table)[1])))
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 5
        assert not any(re.match(r"[=@+]|-\D", cell) for row in rows for cell in row)


@pytest.mark.parametrize("form", ["text", "html", "csv", "json"])
def test_one_reviewer_or_one_case_is_no_crash(review, form):
    alone = review("c", "Anna", answers("chart-2-age-decides"))
    code, text, _ = report([alone], form=form)
    assert code == 0
    assert "not enough data" in text.lower()
    other = review("c", "Ben", answers("chart-2-age-decides"))
    code, text, _ = report([alone, other, alone], form=form)
    assert code == 0
    assert "nan" not in re.findall(r"[a-z]+", text.lower())


def test_what_does_not_count_is_named(review, tmp_path):
    review("", "Anna", answers("chart-2-age-decides"))
    review("c", "", answers("chart-2-age-decides"))
    review("c", "Anna", answers("chart-2-age-decides")[:3], concluded=False)
    review("c", "Ben", answers("chart-2-age-decides"), at="2026-12-01T08:00:00+00:00")
    review("c", "Ben", answers("chart-1-early-disease"), at="2026-12-02T08:00:00+00:00")
    (tmp_path / "reviews" / "bad.jsonl").write_text("{}\n")
    code, text, _ = report(tmp_path / "reviews", form="json")
    assert code == 1
    notices = "\n".join(json.loads(text)["notices"])
    for part in ("names no case", "names no reviewer", "is not concluded", "4.jsonl, started last", "unknown event"):
        assert part in notices
    assert json.loads(report(tmp_path / "reviews", form="json", unfinished=True)[1])["reviewers"] == ["Anna", "Ben"]


def test_different_sides_are_named_and_not_compared(review, tmp_path):
    texts = answers("chart-1-early-disease")
    review("c", "Anna", [re.sub(r"\bR\b", "L", a).replace("right", "left") for a in texts])
    review("c", "Ben", texts)
    found = json.loads(report(tmp_path / "reviews", form="json")[1])
    assert "different sides (Anna: left; Ben: right)" in " ".join(found["notices"])
    assert found["comparisons"][0]["measures"][0]["units"] == 0
    assert "laterality" in {d["id"] for d in found["disagreements"]}


def test_what_the_form_says_is_no_rating(review, tmp_path):
    for reviewer in ("Anna", "Ben"):
        review("c", reviewer, answers("chart-1-early-disease"), request={"level_of_care": "outpatient"})
    found = json.loads(report(tmp_path / "reviews", form="json")[1])
    assert "level_of_care" not in {m["id"] for m in found["comparisons"][0]["measures"]}


def test_a_file_of_ones_own_that_others_cannot_read_and_nothing_is_overwritten(panel, tmp_path):
    target = tmp_path / "report.html"
    code, said, _ = report(panel, form="html", output=target)
    assert (code, said) == (0, f"Saved to {target}.\n")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(AssistantError, match="exists already"):
        report(panel, output=target)


def test_bad_wishes_and_a_missing_library_are_one_sentence(panel, tmp_path, monkeypatch):
    for options in ({"seed": -1}, {"count": 0}, {"percent": 101}, {"resamples": -1}, {"cases": ("nowhere",)}):
        with pytest.raises(AssistantError):
            report(panel, **options)
    with pytest.raises(AssistantError, match="no transcripts"):
        report([])
    with pytest.raises(AssistantError, match="can not be read"):
        report(tmp_path / "none.jsonl")
    s._library.cache_clear()
    monkeypatch.setitem(sys.modules, "statsmodels.stats.inter_rater", None)
    with pytest.raises(AssistantError, match=r"needs the library statsmodels\. Install it: pip install"):
        report(panel)
    s._library.cache_clear()


def test_the_library_waits_until_it_is_wanted():
    import subprocess

    code = "import assistant.agreement, sys; assert not {'statsmodels', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_charts_say_is_gold(loaded, tmp_path, capsys):
    from test_training import reviewed

    from assistant.training.charts import charts_of

    charts = {c.id: c for c in charts_of(loaded)[0]}
    for name, chart, instead in (
        ("anna", "PV-2", {}),
        ("anna", "PV-5", {}),
        ("ben", "PV-5", {"age": "61"}),
    ):
        session = reviewed(charts[chart], loaded, mode="exam", instead=instead)[1]
        first = session.started.model_copy(update={"reviewer": name})
        (tmp_path / f"{name}-{chart}.jsonl").write_text("".join(encode(e) + "\n" for e in (first, *session.events[1:])))
    assert main(["agreement", str(tmp_path), "--gold-charts", "--format", "json", "--resamples", "0"]) == 0
    found = json.loads(capsys.readouterr().out)
    outcomes = {tuple(c["reviewers"]): c["measures"][0]["agreement"]["value"] for c in found["comparisons"]}
    assert outcomes["anna", "the charts"] == 1
    assert outcomes["ben", "the charts"] == 0
    assert main(["agreement", str(tmp_path), "--gold", "anna", "--gold-charts"]) == 2


def test_reviews_of_no_chart_cannot_be_compared_with_charts(panel, capsys):
    assert main(["agreement", str(panel), "--gold-charts"]) != 0
    assert "no chart has the id of a case in these reviews" in capsys.readouterr().err
