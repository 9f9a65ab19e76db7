"""Pairs of answers that differ in one word or sign and must be read differently."""

import pytest

from assistant.batch import interpret

# question | one answer => fact=value … | the other => fact=value …   (`?` = left open, `-` = not spoken of)
HAND_WRITTEN = """
symptoms | R hip pain => hip_pain=present | no R hip pain => hip_pain=absent
symptoms | reports hip pain => hip_pain=present | denies hip pain => hip_pain=absent
symptoms | hip pain: Y => hip_pain=present | hip pain: N => hip_pain=absent
symptoms | hip pain (+) => hip_pain=present | hip pain (-) => hip_pain=absent
symptoms | with groin pain => hip_pain=present | without groin pain => hip_pain=absent
symptoms | groin pain => hip_pain=present | groin pain? => hip_pain=?
symptoms | groin pain => hip_pain=present | ?groin pain => hip_pain=?
symptoms | groin pain => hip_pain=present | possible groin pain => hip_pain=?
symptoms | groin pain => hip_pain=present | h/o groin pain => hip_pain=?
symptoms | groin pain daily => hip_pain=present | groin pain resolved => hip_pain=absent
symptoms | hip pain => hip_pain=present | knee pain => hip_pain=-
symptoms | hip pain => hip_pain=present | back pain => hip_pain=-
symptoms | her hip hurts => hip_pain=present | her mother's hip hurts => hip_pain=?
symptoms | thigh pain => hip_pain=present | calf pain => hip_pain=-
symptoms | painful hip => hip_pain=present | painless hip => hip_pain=absent
symptoms | hip pain documented => hip_pain=present | hip pain not documented => hip_pain=?
symptoms | there is hip pain => hip_pain=present | whether there is hip pain is not stated => hip_pain=?
symptoms | no change in the hip pain => hip_pain=present | no hip pain => hip_pain=absent
symptoms | no doubt about hip pain => hip_pain=present | no hip pain, no doubt => hip_pain=absent
symptoms | not only hip pain but night sweats => hip_pain=present | not hip pain but night sweats => hip_pain=absent
symptoms | hip pain is back => hip_pain=present | hip pain is gone => hip_pain=absent
symptoms | neither knee nor hip pain => hip_pain=absent | knee and hip pain => hip_pain=present
symptoms | none => hip_pain=absent functional_disability=absent | yes => hip_pain=?
symptoms | denies => hip_pain=absent | not sure => hip_pain=?
symptoms | never without hip pain => hip_pain=present | now without hip pain => hip_pain=absent
function | limps => functional_disability=present | limps? => functional_disability=?
function | uses a cane => functional_disability=present | husband uses a cane => functional_disability=?
function | uses a cane => functional_disability=present | used a cane in 2019 => functional_disability=?
function | can't climb stairs => functional_disability=present | no trouble climbing stairs, fully independent => functional_disability=absent
function | limited => functional_disability=? | not limited => functional_disability=absent
function | restricted in walking => functional_disability=present | unrestricted in walking => functional_disability=absent
function | unable to work => functional_disability=present | works full duty => functional_disability=absent
function | needs crutches => functional_disability=present | no limitations => functional_disability=absent
function | difficulty with stairs => functional_disability=present | difficulty with stairs not documented => functional_disability=?
function | yes => functional_disability=present | no => functional_disability=absent
function | yes => functional_disability=present | n/a => functional_disability=?
function | cannot walk without a cane => functional_disability=present | walks without a cane, no limits => functional_disability=absent
function | possibly limited => functional_disability=? | clearly limited on stairs => functional_disability=present
imaging | MRI done => imaging_modality=mri | MRI ordered => imaging_modality=?
imaging | MRI done => imaging_modality=mri | MRI scheduled for 12/3 => imaging_modality=?
imaging | MRI => imaging_modality=mri | MRI? => imaging_modality=?
imaging | MRI => imaging_modality=mri | MRI recommended => imaging_modality=?
imaging | MRI hip => imaging_modality=mri | MRI knee => imaging_modality=-
imaging | MRI and x-ray => imaging_modality=mri | x-ray, MRI pending => imaging_modality=radiograph
imaging | CT and x-ray => imaging_modality=ct | no CT, x-ray only => imaging_modality=radiograph
imaging | MRI hip => imaging_modality=mri | MR done of the lumbar spine; hip x-ray => imaging_modality=radiograph
imaging | bone scan => imaging_modality=nuclear | ultrasound => imaging_modality=ultrasound
imaging | x-ray only => imaging_modality=radiograph | no x-ray, no imaging at all => imaging_modality=none
imaging | none => imaging_modality=none | yes => imaging_modality=?
imaging | MRI or CT => imaging_modality=? | MRI and CT => imaging_modality=mri
imaging | MRI, report on file => radiology_report=present | MRI, report not on file => radiology_report=absent
imaging | MRI, report attached => radiology_report=present | MRI, report pending => radiology_report=?
imaging | MRI, rads report => radiology_report=present | MRI, no rads report => radiology_report=absent
imaging | MRI read by radiology => radiology_report=present | MRI not read by radiology => radiology_report=absent
imaging | MRI with report => radiology_report=present | MRI without report => radiology_report=absent
imaging | MRI, radiologist's report => radiology_report=present | MRI, radiologist's report? => radiology_report=?
imaging | MRI yes, report yes => radiology_report=present | MRI yes, report no => radiology_report=absent
imaging | MRI with a read by radiology => radiology_report=present | MRI => radiology_report=-
stage | stage II => osteonecrosis_stage=2 | stage III => osteonecrosis_stage=3
stage | stage I => osteonecrosis_stage=1 | stage II => osteonecrosis_stage=2
stage | stage IV => osteonecrosis_stage=4 | stage VI => osteonecrosis_stage=6
stage | ARCO 2 => osteonecrosis_stage=2 | ARCO 3 => osteonecrosis_stage=3
stage | ARCO IIA => osteonecrosis_stage=2 | ARCO IIIA => osteonecrosis_stage=3
stage | Ficat 2 => staging_system=ficat | ARCO 2 => staging_system=arco
stage | Penn 2B => staging_system=steinberg | JIC 2 => staging_system=jic
stage | Steinberg IC => osteonecrosis_stage=1 | Steinberg IIC => osteonecrosis_stage=2
stage | stage 0 => osteonecrosis_stage=0 | stage 1 => osteonecrosis_stage=1
stage | stage two => osteonecrosis_stage=2 | stage three => osteonecrosis_stage=3
stage | stage II => osteonecrosis_stage=2 | stage II-III => osteonecrosis_stage=?
stage | stage II => osteonecrosis_stage=2 | stage II? => osteonecrosis_stage=?
stage | stage 2 AVN => osteonecrosis_stage=2 | stage 2 or 3 AVN => osteonecrosis_stage=?
stage | ARCO II => osteonecrosis_stage=2 | ARCO not given => osteonecrosis_stage=?
stage | AVN => osteonecrosis=present | no AVN => osteonecrosis=absent
stage | AVN => osteonecrosis=present | ?AVN => osteonecrosis=?
stage | AVN => osteonecrosis=present | r/o AVN => osteonecrosis=?
stage | AVN confirmed => osteonecrosis=present | AVN excluded => osteonecrosis=absent
stage | AVN => osteonecrosis=present | AVN cannot be excluded => osteonecrosis=?
stage | probable AVN => osteonecrosis=? | proven AVN => osteonecrosis=present
stage | hip AVN => osteonecrosis=present | knee AVN => osteonecrosis=-
stage | AVN of the femoral head => osteonecrosis=present | AVN of the humeral head => osteonecrosis=-
stage | osteonecrosis => osteonecrosis=present | osteoporosis => osteonecrosis=-
stage | he has AVN => osteonecrosis=present | his uncle had AVN => osteonecrosis=?
stage | positive for AVN => osteonecrosis=present | negative for AVN => osteonecrosis=absent
stage | 2 => osteonecrosis_stage=2 | 3 => osteonecrosis_stage=3
stage | yes => osteonecrosis=present | no => osteonecrosis=absent
stage | stage 3, I mean stage 2 => osteonecrosis_stage=2 | stage 2, I mean stage 3 => osteonecrosis_stage=3
stage | stage 2 AVN => osteonecrosis_stage=2 | CKD stage 2, AVN => osteonecrosis_stage=?
stage | L (under review) ARCO 1, R ARCO 3 => osteonecrosis_stage=1 | L ARCO 1, R (under review) ARCO 3 => osteonecrosis_stage=3
stage | L ARCO 1 => osteonecrosis_stage=1 | L ARCO 1, R ARCO 3 => osteonecrosis_stage=?
collapse | no collapse => femoral_head_collapse=none | collapse => femoral_head_collapse=?
collapse | minimal collapse => femoral_head_collapse=minimal | moderate collapse => femoral_head_collapse=moderate
collapse | mild collapse => femoral_head_collapse=minimal | marked collapse => femoral_head_collapse=severe
collapse | minimal => femoral_head_collapse=minimal | minimal to moderate => femoral_head_collapse=?
collapse | 1 mm depression => femoral_head_collapse=minimal | 2 mm depression => femoral_head_collapse=moderate
collapse | 4 mm depression => femoral_head_collapse=moderate | 4.5 mm depression => femoral_head_collapse=severe
collapse | under 2 mm => femoral_head_collapse=minimal | over 2 mm => femoral_head_collapse=?
collapse | 3 mm depression => femoral_head_collapse=moderate | 0.3 mm depression => femoral_head_collapse=minimal
collapse | 3 mm depression => femoral_head_collapse=moderate | 3 cm lesion => femoral_head_collapse=-
collapse | depression 1 mm => femoral_head_collapse=minimal | depression 1 cm => femoral_head_collapse=severe
collapse | head is round => femoral_head_collapse=none | head is not round => femoral_head_collapse=?
collapse | without collapse => femoral_head_collapse=none | with collapse => femoral_head_collapse=?
collapse | no collapse => femoral_head_collapse=none | no significant collapse => femoral_head_collapse=?
collapse | no collapse => femoral_head_collapse=none | no change in the mild collapse => femoral_head_collapse=minimal
collapse | no collapse => femoral_head_collapse=none | collapse not mentioned => femoral_head_collapse=?
collapse | no collapse => femoral_head_collapse=none | collapse can't be excluded => femoral_head_collapse=?
collapse | pre-collapse => femoral_head_collapse=none | post-collapse => femoral_head_collapse=?
collapse | severe collapse of the head => femoral_head_collapse=severe | severe collapse of L1 => femoral_head_collapse=-
collapse | severe, sorry, mild => femoral_head_collapse=minimal | mild, sorry, severe => femoral_head_collapse=severe
collapse | no => femoral_head_collapse=none | yes => femoral_head_collapse=?
collapse | R (requested): no collapse. L: severe collapse => femoral_head_collapse=none | R: no collapse. L (requested): severe collapse => femoral_head_collapse=severe
arthritis | no OA => arthritis=none | OA => arthritis=?
arthritis | mild OA => arthritis=mild | moderate OA => arthritis=moderate
arthritis | moderate OA => arthritis=moderate | severe OA => arthritis=severe
arthritis | mild OA => arthritis=mild | mild to moderate OA => arthritis=?
arthritis | mild hip OA => arthritis=mild | mild knee OA => arthritis=-
arthritis | KL 1 => arthritis=none | KL 2 => arthritis=mild
arthritis | KL 2 => arthritis=mild | KL 3 => arthritis=moderate
arthritis | KL 3 => arthritis=moderate | KL 4 => arthritis=severe
arthritis | KL 2 => arthritis=mild | KL 2-3 => arthritis=?
arthritis | KL 2 => arthritis=mild | Tonnis 2 => arthritis=moderate
arthritis | Tonnis 1 => arthritis=mild | Tonnis 3 => arthritis=severe
arthritis | no OA => arthritis=none | no severe OA => arthritis=?
arthritis | no OA => arthritis=none | no worsening of the mild OA => arthritis=mild
arthritis | OA severe => arthritis=severe | OA not graded => arthritis=?
arthritis | early OA => arthritis=mild | end-stage OA => arthritis=severe
arthritis | hip OA moderate => arthritis=moderate | mother's hip OA moderate => arthritis=?
arthritis | severe hip OA => arthritis=severe | rheumatoid arthritis of the hands => arthritis=-
arthritis | possible OA => arthritis=? | definite mild OA => arthritis=mild
arthritis | mild. Amended: moderate => arthritis=moderate | moderate. Amended: mild => arthritis=mild
arthritis | L mild OA, R (requested) severe OA => arthritis=severe | L (requested) mild OA, R severe OA => arthritis=mild
age | 49 => age_years=49 | 50 => age_years=50
age | 49 yo => age_years=49 | about 49 => age_years=?
age | 49 => age_years=49 | 49? => age_years=?
age | 50 => age_years=50 | 49/50 => age_years=?
age | 38F => age_years=38 | 83F => age_years=83
age | thirty-eight => age_years=38 | forty-eight => age_years=48
age | pt is 38, mother 62 => age_years=38 | mother is 38, pt is 62 => age_years=62
age | 46 => age_years=46 | was 46 when diagnosed => age_years=?
age | DOB 12/11/1976, DOS 12/10/2026 => age_years=49 | DOB 12/10/1976, DOS 12/10/2026 => age_years=50
age | DOB 06/15/1980, DOS 06/14/2025 => age_years=44 | DOB 06/15/1980 => age_years=?
age | 52, sorry, 25 => age_years=25 | 25, sorry, 52 => age_years=52
age | 44 => age_years=44 | not in chart => age_years=?
laterality | R => laterality=right | L => laterality=left
laterality | right hip => laterality=right | left hip => laterality=left
laterality | RT => laterality=right | LT => laterality=left
laterality | right => laterality=right | right? => laterality=?
laterality | left => laterality=left | both => laterality=bilateral
laterality | R and L => laterality=bilateral | R or L => laterality=?
laterality | left => laterality=left | left, sorry, right => laterality=right
level_of_care | inpatient => level_of_care=inpatient | outpatient => level_of_care=outpatient
level_of_care | IP => level_of_care=inpatient | OP => level_of_care=outpatient
imaging | no abnormality on x-ray => imaging_modality=radiograph | no x-ray => imaging_modality=?
imaging | no lesion seen on MRI => imaging_modality=mri | no mention of an MRI => imaging_modality=?
imaging | MRI of the pelvis was performed => imaging_modality=mri | MRI of the pelvis could be performed => imaging_modality=?
imaging | x-ray of the hip obtained => imaging_modality=radiograph | may need an x-ray of the hip => imaging_modality=?
imaging | MRI w/o 8/22 radiologist report in packet => radiology_report=present | MRI 8/22 without radiologist report => radiology_report=absent
stage | ARCO 2 => osteonecrosis_stage=2 | approx ARCO stage 2, looks like => osteonecrosis_stage=?
stage | second stage by Ficat => osteonecrosis_stage=2 | third stage by Ficat => osteonecrosis_stage=3
stage | ARCO 3 no ARCO 2 => osteonecrosis_stage=2 | ARCO 2 no ARCO 3 => osteonecrosis_stage=3
stage | IIB per Steinberg => osteonecrosis_stage=2 | IIIB per Steinberg => osteonecrosis_stage=3
stage | AVN of the head => osteonecrosis=present | AVN is a progressive disease => osteonecrosis=?
arthritis | no collapse KL 2 => arthritis=mild | no collapse KL 3 => arthritis=moderate
arthritis | arthritis is mild => arthritis=mild | arthritis, if any, is mild => arthritis=?
collapse | depressed 4 mm no 1 mm => femoral_head_collapse=minimal | depressed 1 mm no 4 mm => femoral_head_collapse=moderate
symptoms | denies hip pain => hip_pain=absent | does not deny hip pain => hip_pain=present
symptoms | denies hip pain => hip_pain=absent | denies severe hip pain => hip_pain=?
symptoms | no hip pain => hip_pain=absent | pills do not control the hip pain => hip_pain=present
symptoms | pain in the hip => hip_pain=present | hip pain - no, that was the shoulder => hip_pain=?
symptoms | hip pain for 30 years => hip_pain=present | 30 years old, hip pain => age_years=30
symptoms | has groin pain => hip_pain=present | patients usually present with groin pain => hip_pain=?
symptoms | pain in back and hips => hip_pain=present | pain in back and knees => hip_pain=-
function | fully independent => functional_disability=absent | goal: fully independent => functional_disability=?
function | does all normal activities => functional_disability=absent | unable to do normal activities => functional_disability=present
function | has a cane => functional_disability=present | has a cane but doesn't use it => functional_disability=absent
arthritis | OA, KL 2 => arthritis=mild | OA: KL 1-2 => arthritis=?
collapse | collapse: none => femoral_head_collapse=none | collapse: none/minimal => femoral_head_collapse=?
symptoms | no relief of hip pain => hip_pain=present | no further hip pain => hip_pain=absent
stage | stage 3 => osteonecrosis_stage=3 | pre stage 3 => osteonecrosis_stage=?
function | limps per wife => functional_disability=present | wife limps => functional_disability=?
symptoms | pain in the left thigh => hip_pain=present | pain in the left calf => hip_pain=-
function | no cane walks 2 miles => functional_disability=absent | no longer walks without a cane => functional_disability=present
function | walks without a stick => functional_disability=absent | never walks without a stick => functional_disability=?
function | walks with a cane => functional_disability=present | options discussed: a cane => functional_disability=?
laterality | L, no, R => laterality=right | R, no, L => laterality=left
level_of_care | outpatient => level_of_care=outpatient | outpatient? => level_of_care=?
level_of_care | not inpatient, outpatient => level_of_care=outpatient | not outpatient, inpatient => level_of_care=inpatient
"""


def parsed(line):
    question, *sides = (part.strip() for part in line.split(" | "))
    answers = [side.rsplit(" => ", 1) for side in sides]
    return question, [(text, dict(pair.split("=") for pair in facts.split())) for text, facts in answers]


PAIRS = [parsed(line) for line in HAND_WRITTEN.strip().splitlines()]


def said(loaded, question, text, fact):
    found = interpret(loaded, text, question)["facts"].get(fact)
    return "-" if found is None else "?" if found == "unknown" else str(found)


def test_there_are_enough_pairs_and_each_differs():
    assert len(PAIRS) >= 150
    for _question, ((one, _), (other, _)) in PAIRS:
        assert one != other


@pytest.mark.parametrize(("question", "answers"), PAIRS, ids=lambda p: p if isinstance(p, str) else p[1][0][:40])
def test_a_pair_is_read_apart(loaded, question, answers):
    for text, facts in answers:
        for fact, value in facts.items():
            assert said(loaded, question, text, fact) == value, text
