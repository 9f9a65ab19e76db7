"""A simulated class of five reviewers (synthetic: no real person) on the same twelve cases, through the real plain mode.

Each answers from the same invented charts, with slips of a kind and number that differ; the report on their agreement
must have the figures that an independent computation from the raw outcomes gives.
"""

import io
import json
import random
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations

import pytest
from forms import IN_ORDER

from assistant.answering import reads
from assistant.cli import main
from assistant.events import Started
from assistant.interview import next_question, start
from assistant.journal import Journal
from assistant.plain import PlainReview
from assistant.policy import load
from assistant.release_view import release_side
from assistant.transcript import read_events

GOOD = {
    "age": "38 yo", "laterality": "R", "imaging": "MRI 11/3, radiology report on file", "stage": "ARCO II", "collapse": "no collapse",
    "arthritis": "no OA, KL 0", "symptoms": "R groin pain x5 mo", "function": "stairs one at a time", "circumstances": "no", "level_of_care": "outpatient",
}  # fmt: skip
CHARTS = {
    "C-01": {}, "C-02": {"age": "62 yo"}, "C-03": {"stage": "ARCO IIIA"}, "C-04": {"collapse": "2.5 mm depression"}, "C-05": {"arthritis": "KL 3"},
    "C-06": {"imaging": "x-ray only, no report"}, "C-07": {"stage": "no stage given"}, "C-08": {"age": "DOB 15 January 1977, DOS 10 December 2026"},
    "C-09": {"collapse": "minimal collapse"}, "C-10": {"symptoms": "no hip pain", "function": "no limits, walks unaided"}, "C-11": {}, "C-12": {"collapse": "not mentioned"},
}  # fmt: skip
SLIPS = {
    "stage": ["ARCO III", "stage not given"], "collapse": ["moderate collapse", "not mentioned"], "arthritis": ["KL 3", "not mentioned"],
    "age": ["52 yo"], "imaging": ["MRI, no report in the packet"],
}  # fmt: skip
REVIEWERS = {"careful": 0.0, "good": 0.03, "average": 0.08, "hasty": 0.16, "new": 0.3}


class Nurse:
    """Types what the chart says, or a slip, to whatever is asked."""

    def __init__(self, chart, slips):
        self.answers = {**GOOD, **chart, **slips}
        self.review = None
        self.tried = False

    def readline(self):
        ask = next_question(self.review.session)
        if self.review.session.concluded:
            return ""
        if ask is None:
            first, self.tried = not self.tried, True  # what may not be released yet is pended
            return "release\n" if first and release_side(self.review.session) else "\n"
        turns = [t for t in self.review.session.turns if t.question == ask.question.id]
        return "/unknown\n" if turns else self.answers.get(ask.question.id, "/unknown") + "\n"

    def isatty(self):
        return False


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    directory = tmp_path_factory.mktemp("class")
    loaded = load(None)
    clock = datetime(2026, 11, 23, 9, tzinfo=UTC)
    for name, rate in REVIEWERS.items():
        chance = random.Random(f"class {name}")
        for case, chart in CHARTS.items():
            slips = {q: chance.choice(wrong) for q, wrong in SLIPS.items() if chance.random() < rate}
            started = Started(
                policy=loaded.policy.id,
                version=2,
                case=case,
                reviewer=name,
                intake=False,
                request=IN_ORDER,
                at=clock.isoformat(),
                why="synthetic",
            )
            nurse = Nurse(chart, slips)
            journal = Journal(directory / f"{name}-{case}.jsonl")
            journal.append(started)
            nurse.review = PlainReview(
                start(loaded, reads(loaded), started), journal, nurse, io.StringIO(), lambda: clock
            )
            assert nurse.review.run() == 0
    return directory


def outcomes(directory):
    found = {}
    for path in directory.glob("*.jsonl"):
        events = read_events(path)
        found[events[0].case, events[0].reviewer] = events[-1].determination
    return found


def fleiss(rows):
    """Fleiss (1971), formulas 2 to 8, from a list of ratings for each subject."""
    raters, subjects = len(rows[0]), len(rows)
    categories = sorted({r for row in rows for r in row})
    agreement = Fraction(0)
    for row in rows:
        agreement += Fraction(sum(row.count(c) * (row.count(c) - 1) for c in categories), raters * (raters - 1))
    agreement /= subjects
    chance = sum(Fraction(sum(row.count(c) for row in rows), subjects * raters) ** 2 for c in categories)
    return float((agreement - chance) / (1 - chance))


def report(directory, capsys, *options):
    code = main(["agreement", str(directory), "--format", "json", "--resamples", "0", *options])
    assert code == 0
    return json.loads(capsys.readouterr().out)


def outcome_of(comparison):
    return next(m for m in comparison["measures"] if m["kind"] == "outcome")


def test_the_whole_class_agrees_as_an_independent_computation_says(reviews, capsys):
    found = outcomes(reviews)
    assert len(found) == 60
    assert len(set(found.values())) >= 3
    rows = [[found[case, name] for name in REVIEWERS] for case in CHARTS]
    everyone = next(c for c in report(reviews, capsys)["comparisons"] if len(c["reviewers"]) == len(REVIEWERS))
    pairs = [a == b for row in rows for a, b in combinations(row, 2)]
    assert outcome_of(everyone)["units"] == len(CHARTS)
    assert outcome_of(everyone)["agreement"]["value"] == pytest.approx(sum(pairs) / len(pairs))
    assert outcome_of(everyone)["fleiss"]["value"] == pytest.approx(fleiss(rows))


def test_against_the_careful_one_as_gold_the_order_of_quality_shows(reviews, capsys):
    found = outcomes(reviews)
    against = {}
    for comparison in report(reviews, capsys, "--gold", "careful")["comparisons"]:
        if comparison["kind"] == "gold":
            against[next(r for r in comparison["reviewers"] if r != "careful")] = comparison
    for name in list(REVIEWERS)[1:]:
        same = sum(found[case, name] == found[case, "careful"] for case in CHARTS)
        assert outcome_of(against[name])["agreement"]["value"] == pytest.approx(same / len(CHARTS))
    assert outcome_of(against["new"])["agreement"]["value"] < outcome_of(against["good"])["agreement"]["value"]


def test_disagreements_are_listed_with_the_words_of_both(reviews, capsys):
    assert main(["agreement", str(reviews), "--resamples", "0"]) == 0
    out = capsys.readouterr().out
    assert "careful" in out
    assert "new" in out
    assert "“" in out
