"""Minimal pairs made from the vocabulary itself: every phrase of it against the same phrase with one thing changed.

Only changes whose meaning is certain for every phrase are made; all others are in `test_minimal_pairs.py`, by hand.
"""

from itertools import permutations

import pytest

from assistant.policy import load
from assistant.readers import reader_of

LOADED = load(None)
READER = reader_of(LOADED)
DOCUMENTS = READER.vocabulary.documents
ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV", 5: "V", 6: "VI"}
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
STAGES_OF = {"ficat": 4, "arco": 4, "steinberg": 6, "jic": 4}
QUESTION_OF = {f: q.id for q in reversed(LOADED.prompts.questions) for f in q.facts}

# Each makes the affirmed phrase something that must not be committed as so.
WITHDRAWN = ("{}?", "? {}", "?{}", "not documented: {}")
WITHDRAWN_NOUNS = ("denies {}", "no evidence of {}", "possible {}", "r/o {}", "her mother has {}")
NOT_DONE = ("{} ordered", "{} scheduled for 12/1", "plan: {}", "will get {}", "{} pending", "{} not done", "no {}", "{} of the knee", "{} requested")  # fmt: skip


def read(text, question, fact):
    return next((r.values for r in READER.read(text, question) if r.fact == fact), None)


def committed(text, question, fact):
    values = read(text, question, fact)
    return next(iter(values)) if values and len(values) == 1 else None


def question_for(entry):
    asked = [q for q in (*entry.only_under, *entry.questions) if q in LOADED.prompts.question]
    return asked[0] if asked else QUESTION_OF[entry.fact]


ENTRIES = [e for d in DOCUMENTS for e in d.findings]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.id)
def test_a_finding_doubted_denied_or_of_another_person_is_not_committed(entry):
    question = question_for(entry)
    affirmed = [w for w in entry.words if committed(w, question, entry.fact) == entry.value]
    changes = WITHDRAWN + (() if entry.only_affirmed else WITHDRAWN_NOUNS)
    texts = [change.format(w) for w in affirmed for change in changes]
    assert [t for t in texts if committed(t, question, entry.fact) == entry.value] == []


# A good state that is hoped for, nearly there, over or out of reach.
NOT_SO_NOW = (
    "goal: {}", "hopes to be {}", "would like to be {}", "expected to be {}", "should be {}", "working toward {}",
    "will be {}", "far from {}", "hardly {}", "almost {}", "unable to be {}", "was {} before the fall", "used to be {}",
)  # fmt: skip


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.dated and e.only_affirmed], ids=lambda e: e.id)
def test_a_state_that_is_hoped_for_or_over_is_not_so_now(entry):
    question = question_for(entry)
    texts = [f.format(w) for w in entry.words if committed(w, question, entry.fact) == entry.value for f in NOT_SO_NOW]
    assert [t for t in texts if committed(t, question, entry.fact) == entry.value] == []


STAGE_FORMS = [
    (n, form)
    for n in range(1, 7)
    for form in (
        str(n),
        ROMAN[n],
        ROMAN[n].lower(),
        NUMBERS[n],
        *((f"{n}a", f"{ROMAN[n]}B", f"{n}-A") if n < 5 else ()),
    )
]


@pytest.mark.parametrize(("number", "form"), STAGE_FORMS, ids=[f for _, f in STAGE_FORMS])
def test_a_stage_is_read_exactly_and_its_neighbours_never(number, form):
    stage = DOCUMENTS[0].stages[0]
    systems = [w for s, ws in stage.systems.items() if number <= STAGES_OF.get(s, 0) and s != "jic" for w in ws]
    for name in (*(f"AVN {w}" for w in stage.words[:6]), *systems, *(f"{s} stage" for s in systems)):
        assert committed(f"{name} {form}", "stage", stage.fact) == number
        assert committed(f"{name} {form}?", "stage", stage.fact) is None
        assert committed(f"not {name} {form}", "stage", stage.fact) is None
        other = number % 4 + 1
        assert committed(f"{name} {form}, sorry, {other}", "stage", stage.fact) == other
        assert committed(f"{name} {form} to {other}", "stage", stage.fact) is None


# `{a}` and `{b}` are two stages: `{a}` is meant, or (left open) neither may be committed.
STAGE_PAIRS_MEANT = """
stage {a}, not {b} | stage {A}, not {B} | not stage {b} but stage {a} | stage {a} rather than {b}
stage {a} (previously {b}) | was stage {b}, now stage {a} | was {b} last year, now {a} | currently {a}, was {b}
progressed from stage {b} to stage {a} | ARCO {A}, KL {b} | KL {b}, ARCO {A} | stage {a}, Tonnis {b}
stage {a} AVN w KL{b} OA | ARCO {a}; {b} mm depression | stage {a} x {b} months | stage {a} AVN of {b} cm lesion
Ficat {A} with {b} prior injections | ulcer stage {b}, AVN stage {a} | CKD stage {b}; ONFH stage {a}
AVN stage {a}, CKD {b} | brother had stage {b}; patient stage {a} | knee stage {b}, hip stage {a}
shoulder AVN stage {b}. Hip AVN stage {a} | contralateral hip stage {b}; this one stage {a}
"""
STAGE_PAIRS_OPEN = """
stage {a}, the surgeon wrote {b} | stage {b} per surgeon, stage {a} per radiology | stage {a} vs {b} | stage {a}/{b}
stage {a}-{b} | stage {a} or {b} | between stage {a} and {b} | stage {a} to {b} | stage {a}, possibly {b}
stage {a}; {b} on addendum | left {a}, right {b} | L {a} R {b} | R: {A}, L: {B} | stage {a} right, stage {b} left
stage {A} on the left and {B} on the right | stage {a} R, {b} L | likely {a} | {a}? | {a} I think | looks like {a}
prelim read {a}, final {b} | early {a} vs late {b}
"""
GRADE_PAIRS_MEANT = """
{b} in 2022, now {a} | was {b}, now {a} | {a} hip OA, {b} knee OA | {b} knee OA and {a} hip OA | {b} pain, {a} arthritis
{a} arthritis with {b} pain | {b}, correction {a} | {b} OA, sorry, {a} | {b} effusion, {a} OA | {b} stenosis L4-5, hip OA {a}
"""
GRADE_PAIRS_OPEN = """
{a} to {b} OA | {a}-{b} | {a}/{b} | {a} or {b} arthritis | {a} left, {b} right | {a}, possibly {b} | {b}? {a}?
{b} -> {a} | {a} per rad, {b} per ortho
"""


def templates(table):
    return [t.strip() for line in table.strip().splitlines() for t in line.split("|")]


@pytest.mark.parametrize("template", templates(STAGE_PAIRS_MEANT))
def test_of_two_stages_the_one_that_is_meant(template):
    for a, b in permutations((1, 2, 3, 4), 2):
        text = template.format(a=a, b=b, A=ROMAN[a], B=ROMAN[b])
        assert committed(text, "stage", "osteonecrosis_stage") in ({a} if "was" not in template else {a, None}), text


@pytest.mark.parametrize("template", templates(STAGE_PAIRS_OPEN))
def test_of_two_stages_none_where_the_text_leaves_it_open(template):
    for a, b in permutations((1, 2, 3, 4), 2):
        text = template.format(a=a, b=b, A=ROMAN[a], B=ROMAN[b])
        assert committed(text, "stage", "osteonecrosis_stage") is None, text


@pytest.mark.parametrize("template", templates(GRADE_PAIRS_MEANT))
def test_of_two_degrees_the_one_that_is_meant(template):
    for a, b in permutations(("mild", "moderate", "severe"), 2):
        text = template.format(a=a, b=b)
        assert committed(text, "arthritis", "arthritis") == a, text


@pytest.mark.parametrize("template", templates(GRADE_PAIRS_OPEN))
def test_of_two_degrees_none_where_the_text_leaves_it_open(template):
    for a, b in permutations(("mild", "moderate", "severe"), 2):
        text = template.format(a=a, b=b)
        assert committed(text, "arthritis", "arthritis") is None, text


@pytest.mark.parametrize("bound", ["at least {}", "{} or worse"])
def test_a_bound_leaves_every_degree_beyond_it(bound):
    assert read(bound.format("moderate"), "arthritis", "arthritis") == {"moderate", "severe"}


GRADES = [(g, degree, w) for d in DOCUMENTS for g in d.grades for degree, words in g.degrees.items() for w in words]


@pytest.mark.parametrize(("grade", "degree", "word"), GRADES, ids=[f"{g.id} {w}" for g, _, w in GRADES])
def test_a_degree_counts_for_its_finding_of_this_hip_when_it_is_certain(grade, degree, word):
    question = QUESTION_OF[grade.fact]
    for head in grade.heads[:12]:
        assert committed(f"{word} {head}", question, grade.fact) == degree
        for change in ("{}?", "possible {}", "{} of the contralateral hip"):
            assert committed(change.format(f"{word} {head}"), question, grade.fact) is None


STUDIES = [
    (value, w)
    for d in DOCUMENTS
    for c in d.choices
    if c.fact == "imaging_modality" and not c.only_under
    for value, words in c.values.items()
    for w in words
]


@pytest.mark.parametrize(("value", "word"), STUDIES, ids=[w for _, w in STUDIES])
def test_a_study_counts_when_it_was_done_and_of_this_part(value, word):
    if committed(word, "imaging", "imaging_modality") != value:
        pytest.skip("says it beside other words only")
    assert committed(f"{word} done 3/4/26", "imaging", "imaging_modality") == value
    for change in NOT_DONE:
        assert committed(change.format(word), "imaging", "imaging_modality") != value, change


@pytest.mark.parametrize("years", [17, 18, 38, 49, 50, 51, 64])
def test_an_age_is_a_number_of_years_of_this_patient(years):
    for form in (
        "{}",
        "{} yo",
        "{} y/o M",
        "{}yo female",
        "age {}",
        "{} years old",
        "{}F",
        "M {}",
        "she is {}",
        "aged {}",
    ):
        assert committed(form.format(years), "age", "age_years") == years
    for form in ("about {}", "{}?", "mother is {}", "{} months of pain", "under {}", "BMI {}", "{} days ago"):
        assert committed(form.format(years), "age", "age_years") is None
    assert committed(f"{years} yo, sorry, {years + 1}", "stage", "age_years") == years + 1


# --- Sides --------------------------------------------------------------------------------------------------------------

# fmt: off
OF_A_SIDE = {
    ("symptoms", "hip_pain"): (
        "pain in the {s} hip", "pain in her {s} hip", "{s} hip hurts", "{s} hip is painful", "ache in the {s} groin",
        "the {s} groin is painful", "aching of the {s} hip", "pain over the {s} hip", "{S} groin pain x 3 mo",
        "hip pain on the {s}", "groin pain, {s}", "pain {s} groin", "{s} sided hip pain", "hip pain, {s} side",
        "pain at the {s} hip joint", "c/o {S} hip pain", "pain localized to the {s} groin", "{s} buttock pain",
        "pain into the {s} thigh", "the {s} one hurts", "hurts on the {s}", "no pain in the {s} hip",
        "{s} hip is pain free", "denies {s} hip pain", "{s} hip does not hurt",
    ),
    ("stage", "osteonecrosis"): (
        "AVN of the {s} femoral head", "{s} hip AVN", "osteonecrosis {s} hip", "ONFH {s}", "AVN ({s})",
        "avascular necrosis in the {s} hip", "{S} hip: AVN", "{s} femoral head is normal", "no AVN in the {s} hip",
        "{S}: stage 2", "{s} hip ARCO 2", "stage II on the {s}", "ARCO 2 of the {s} hip",
    ),
    ("collapse", "femoral_head_collapse"): (
        "collapse of the {s} femoral head, 3 mm", "no collapse of the {s} femoral head", "{s} head is round",
        "{s}: no collapse", "{s} femoral head collapsed 3 mm", "mild flattening of the {s} femoral head",
    ),
    ("arthritis", "arthritis"): (
        "mild OA of the {s} hip", "{s} hip KL 3", "no arthritis in the {s} hip", "{s}: Tonnis 2",
        "severe {s} hip osteoarthritis", "moderate degenerative changes of the {s} hip",
    ),
    ("function", "functional_disability"): (
        "{s} hip limits walking", "limps because of the {s} hip", "cane for the {s} hip",
        "cannot climb stairs due to {s} hip pain", "{s} hip does not limit her",
    ),
}
# fmt: on


@pytest.mark.parametrize(
    ("question", "fact", "template"), [(*key, t) for key, ts in OF_A_SIDE.items() for t in ts], ids=str
)
def test_what_is_said_of_one_side_never_counts_for_the_other(question, fact, template):
    for side, other in (("left", "right"), ("right", "left")):
        text = template.format(s=side, S=side[0].upper())
        own, across = (
            next((r.values for r in READER.read(text, question, side=s) if r.fact == fact), frozenset())
            for s in (side, other)
        )
        assert len(own) == 1, text
        assert len(across) != 1, text


def test_no_phrase_hides_a_side():
    """A side inside a longer phrase would not be seen as one: "pain in the left hip"."""
    phrases = [p for e in ENTRIES for p in e.words] + [
        h for d in DOCUMENTS for g in d.grades for h in (*g.heads, *g.needing)
    ]
    assert [p for p in phrases if {"left", "right"} & set(p.split())] == []
