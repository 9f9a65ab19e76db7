"""Every fact in many surroundings: a sentence made of a fact's words says what the surroundings make of them.

The words come from five facts, stages, ages, studies and sides; the surroundings are written by hand, each with what it
does to any words: leaves them open, denies them, affirms them, gives them to somebody else.
"""

import pytest

from assistant.policy import load
from assistant.readers import reader_of

READER = reader_of(load(None))


def templates(text):
    return [part.strip() for part in " ".join(text.split()).split(" | ")]


def committed(text, question, fact):
    values = next((r.values for r in READER.read(text, question) if r.fact == fact), None)
    return next(iter(values)) if values and len(values) == 1 else None


# fact: question, words that affirm it, their value, words that deny it, their value
FACTS = {
    "hip_pain": ("symptoms", ["hip pain", "groin pain", "pain in the hip"], "present", "no hip pain", "absent"),
    "functional_disability": (
        "function", ["a limp", "difficulty with stairs", "trouble putting on shoes"], "present", "no limp", "absent",
    ),
    "osteonecrosis": ("stage", ["AVN", "osteonecrosis of the femoral head"], "present", "no AVN", "absent"),
    "femoral_head_collapse": (
        "collapse", ["mild collapse", "minimal flattening of the head"], "minimal", "no collapse", "none",
    ),
    "arthritis": ("arthritis", ["moderate OA", "moderate degenerative changes"], "moderate", "no OA", "none"),
}  # fmt: skip
GRADED = {"femoral_head_collapse", "arthritis"}

LEFT_OPEN = templates("""
{} cannot be excluded | {} not ruled out | possible {} | {} is suspected | concern for {} | {} suspected | r/o {} |
to rule out {} | {} was the reason for the scan | MRI ordered for {} | evaluate for {} | {}? | ?{} | questionable {}
| {} vs something else | if {} is present | whether there is {} is not stated | {} not mentioned | {} not addressed
in the note | nothing about {} | no mention of {} | {} to be determined | cannot tell if {} | equivocal for {} |
report is silent on {} | {} is being queried | query {} | {} not commented on | unclear whether {} | notes conflict
about {} | I could not find whether there is {} | likely {} | probable {} | presumed {} | {} felt to be likely |
suspicious for {} | findings suggestive of {} | {} was considered | mother has {} | father had {} | wife has {} |
brother with {} | family history of {} | FH: {} | his sister's {} | {} in his father | {} runs in the family | her
husband has {} | a cousin had {} | {} in mother | most patients have {} | patients with lupus often have {} | the
disease may cause {} | {} is common in patients on steroids | {} can be present early on | it can lead to {} | risks
include infection, {} and bleeding | there is a possibility of {} | raises the possibility of {} | {}, I have my doubts
| I think {} | looks like {} | {} is not excluded | none of the notes mention {} | {} isn't addressed anywhere
""")

DENIED = templates("""
no {} | no evidence of {} | negative for {} | {}: no | {} - no | {}: none | {} absent | {} not present | denies {} |
{} excluded on MRI | {} was ruled out | {} has been excluded | no sign of {} | no signs of {} | there is no {} |
there was no {} | {} is not seen | did not show {} | does not show {} | never had {} | free of {} | no {} seen | no
{} whatsoever | not any {} | {} neg | neg for {} | no {} per report | absence of {} | lacks {} | {} not identified |
failed to show {} | fails to demonstrate {} | no fracture or {} | no fracture, dislocation or {} | has no {} at all
| {}? No. | {} is denied
""")

AFFIRMED = templates("""
{} | has {} | there is {} | does not deny {} | tramadol is not taking care of the {} | PT has not helped the {} | with {} | {} noted | {} present | {}: yes | {} + | + {} | shows {} | confirms {} | c/w
{} | consistent with {} | {} is documented | {} seen | {}? Yes. | positive for {} | known {} | persistent {} |
ongoing {} | still has {} | {} confirmed | {} again noted | {} per report | documented {} | not only fracture but {}
| {} is evident | {} on exam today | reveals {} | demonstrates {} | no doubt about {} | no change in {} | {} remains
| no improvement in {} | pt has {} and no fever | no fever but {} | {}, no fever | no fracture. {}. | his brother is
well; pt has {} | does have {} | there is definitely {} | clear {} | obvious {}
""")

DISAGREEING = templates("""
{0} per pt, {1} per MD | note 1 says {0}, note 2 says {1} | ortho: {0}. PCP: {1}. | {0} on page 2, {1} on page 5 |
{0} in the HPI but {1} in the ROS | surgeon writes {0}; radiologist writes {1} | {1} per radiology, {0} per surgeon |
one note {0}, another {1} | {0} vs {1} | {0} / {1} | {1}, {0} | {0}, {1}
""")
NOW_DENIED = ["{0}, sorry, {1}", "had {0}, now {1}", "{0} in 2022, {1} today", "previously {0}; currently {1}"]
NOW_AFFIRMED = ["{1} - correction: {0}", "was {1}, now {0}", "{1} in January, {0} now"]


@pytest.mark.parametrize("template", LEFT_OPEN)
@pytest.mark.parametrize("fact", FACTS)
def test_words_that_are_doubted_or_of_somebody_else_are_never_committed(fact, template):
    question, words, *_ = FACTS[fact]
    assert [w for w in words if committed(template.format(w), question, fact) is not None] == []


@pytest.mark.parametrize("template", DENIED)
@pytest.mark.parametrize("fact", FACTS)
def test_words_that_are_denied_are_never_affirmed(fact, template):
    """Without a mild collapse there may be a worse one: a denied degree denies that and the lesser ones at most."""
    question, words, _, _, denied = FACTS[fact]
    allowed = {denied, None} if fact in GRADED else {denied}
    assert {committed(template.format(w), question, fact) for w in words} <= allowed


@pytest.mark.parametrize("template", AFFIRMED)
@pytest.mark.parametrize("fact", FACTS)
def test_words_that_are_affirmed_are_committed(fact, template):
    question, words, value, *_ = FACTS[fact]
    assert {committed(template.format(w), question, fact) for w in words} == {value}


@pytest.mark.parametrize("template", DISAGREEING)
@pytest.mark.parametrize("fact", FACTS)
def test_sources_that_disagree_leave_it_open(fact, template):
    question, words, _, denial, _ = FACTS[fact]
    assert committed(template.format(words[0], denial), question, fact) is None


@pytest.mark.parametrize("fact", FACTS)
def test_what_is_so_now_or_was_corrected_counts(fact):
    question, words, value, denial, denied = FACTS[fact]
    assert {committed(t.format(words[0], denial), question, fact) for t in NOW_DENIED} == {denied}
    assert {committed(t.format(words[0], denial), question, fact) for t in NOW_AFFIRMED} == {value}


STAGE_KEPT = templates("""
{} | AVN {} | AVN, {} | {} AVN of the femoral head | MRI 3/4/25: AVN {} | {} per MRI | {} per radiology report | {},
no collapse | {} w/o collapse | {} (precollapse) | {} on the right | R hip AVN {} | {} per Dr. Smith 10/12 | 38 yo
with AVN {} | {}; KL 1 | {}, KL grade 3 OA | {}, Tonnis 1 | T1/T2 MRI: AVN {} | CKD stage 3; AVN {} | AVN {}; stage
3 CKD | knee AVN stage 3, hip {} | {}, was stage 1 last year | previously stage 1, now {} | stage 3, correction {} |
{} not stage 3
""")
STAGE_OPEN = templates("""
{}? | possible {} | {} vs stage 3 | {} or stage III | between {} and 3 | {} per rad, stage 3 per ortho | left {},
right stage 3 | {} on left; stage 1 on right | not {} | at least {} | early {}, some say late 1 | mother's AVN was
{} | {} of the humeral head | {} knee AVN | {} kidney disease | {} breast cancer | no stage given, {} in 2019 for
other hip | {} or so | {}-ish | if {} then proceed | policy requires {} | {} cannot be confirmed | awaiting MRI to
confirm {} | {} suspected | would guess {}
""")
AGE_KEPT = templates("""
{} | {} female | pt is {} | {}, R hip AVN stage 2 | {} w/ hip pain x 6 mo | {} per facesheet | {}; husband is 55 |
{}, seen 10/12/25 | {} on DOS | {} with 2 kids | {}, smokes 1 ppd x 20 years | {}, diagnosed at 45 | {} (not 59) |
59, sorry, {} | {} DOB 3/3/1976
""")
AGE_OPEN = templates("""
{}? | about {} | {} or 50 | {} per form, 51 per chart | mother is {} | {} at onset | {} when diagnosed | under {} |
over {} | {} in 2019 | will be {} next year | nearly {} | husband {} | father died at {}
""")
STUDY_DONE = templates("""
{} | {} done | {} 3/4/25 | {} of the hip | {} completed | had {} in March | {} shows AVN | {} reviewed | {} on file
| {} report in chart | {} performed at outside facility | {} R hip w/o contrast | {} done, report pending | {} hip,
head CT negative
""")
STUDY_NOT_DONE = templates("""
{} ordered | {} pending | {} scheduled for 3/4 | {} not done | no {} | needs {} | {} requested | {} denied by
insurer | {} cancelled | {} of the knee | knee {} | {} lumbar spine | {} not completed | {} to be done | will get {}
| awaiting {} | {} refused | recommend {} | {}? | {} was never performed | {} has not been done | {} could not be
done | unable to get {} | brother's {} | {} if pain persists | plan: {} | {} next week | contraindication to {} | {}
contraindicated | {} approved, not yet done | {} auth pending | declined {} | {} machine was down | {} rescheduled
""")
SIDE_KEPT = templates("""
{side} | {side} hip | {side} side | {side} hip core decompression | request is for the {side} hip | {side} hip only
| {side} femoral head | {side} (form and notes agree) | {other} hip replaced 2019, {side} now | not {other}, {side}
| {side} not {other} | {other}, sorry {side} | {side} hip; {other} knee pain | {side} per order
""")
SIDE_OTHER = templates("""
{side} knee arthroscopy in 2020; {other} hip | {side} done last year, {other} now
""")
SIDE_OPEN = templates("""
{side}? | {side} or {other} | form {side}, chart {other} | {side} vs {other} | maybe {side} | {side} knee | {side}
shoulder | {side} arm | {side} per form, {other} per MRI
""")

STAGES = ["stage 2", "stage II", "ARCO 2", "Ficat II", "ARCO stage IIa", "Steinberg 2B", "grade 2 AVN", "stage two"]
AGES = ["49", "49 yo", "49 y/o", "49-year-old", "age 49", "49 years old"]
STUDIES = {
    "MRI": "mri", "CT": "ct", "bone scan": "nuclear", "x-ray": "radiograph", "ultrasound": "ultrasound",
    "plain films": "radiograph",
}  # fmt: skip
SIDES = {"right": "left", "R": "left", "left": "right", "L": "right", "Lt": "right", "RT": "left"}
MEANT = {"right": "right", "R": "right", "left": "left", "L": "left", "Lt": "left", "RT": "right"}


@pytest.mark.parametrize("template", STAGE_KEPT)
def test_a_stage_is_read_whatever_stands_beside_it(template):
    assert {committed(template.format(s), "stage", "osteonecrosis_stage") for s in STAGES} == {2}


def test_a_corrected_stage_counts():
    assert {committed(f"{s} - typo, stage 3", "stage", "osteonecrosis_stage") for s in STAGES} == {3}


@pytest.mark.parametrize("template", STAGE_OPEN)
def test_a_stage_that_is_not_settled_is_not_committed(template):
    assert {committed(template.format(s), "stage", "osteonecrosis_stage") for s in STAGES} == {None}


@pytest.mark.parametrize("template", AGE_KEPT)
def test_an_age_is_read_whatever_stands_beside_it(template):
    assert {committed(template.format(a), "age", "age_years") for a in AGES} == {49}


@pytest.mark.parametrize("template", AGE_OPEN)
def test_an_age_that_is_not_settled_or_of_somebody_else_is_not_committed(template):
    assert {committed(template.format(a), "age", "age_years") for a in AGES} == {None}


@pytest.mark.parametrize("template", STUDY_DONE)
def test_a_study_that_was_done_counts(template):
    assert {m: committed(template.format(m), "imaging", "imaging_modality") for m in STUDIES} == STUDIES


@pytest.mark.parametrize("template", STUDY_NOT_DONE)
def test_a_study_that_was_not_done_never_counts(template):
    found = {m: committed(template.format(m), "imaging", "imaging_modality") for m in STUDIES}
    assert [m for m, value in found.items() if value == STUDIES[m]] == []


@pytest.mark.parametrize("template", SIDE_KEPT)
def test_the_requested_side_is_read(template):
    found = {s: committed(template.format(side=s, other=o), "laterality", "laterality") for s, o in SIDES.items()}
    assert found == MEANT


@pytest.mark.parametrize("template", SIDE_OTHER)
def test_the_side_of_something_else_is_not_the_requested_one(template):
    found = {s: committed(template.format(side=s, other=o), "laterality", "laterality") for s, o in SIDES.items()}
    assert found == SIDES


@pytest.mark.parametrize("template", SIDE_OPEN)
def test_sides_that_are_not_settled_are_asked(template):
    found = {committed(template.format(side=s, other=o), "laterality", "laterality") for s, o in SIDES.items()}
    assert found == {None}
