"""The packaged hip policy against the published text, version 2. What is expected is stated here on its own."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.determination import determine, readings_that_apply
from assistant.policy import Loaded, Policy, Prompts, load, packaged, read_yaml, values_of

HIP = "hip-core-decompression"

# Numbers printed at each criterion, ranges expanded; nothing printed means that the one above counts.
PRINTED = {
    "IND": (3, 4),
    "I1": (4, 5, 6),
    "I1a": (),
    "I1b": (),
    "I2": (7,),
    "I2a": (8,),
    "I2b": (8,),
    "NON": (7,),
    "N1": (),
    "N2": (8,),
    "N3": (8, 9),
}
INHERITED = {"I1a": (4, 5, 6), "I1b": (4, 5, 6), "N1": (7,)}

CODES = {
    "20933": ("CPT", "add_on"),
    "26992": ("CPT", "generic"),
    "27071": ("CPT", "generic"),
    "27170": ("CPT", "specific"),
    "27299": ("CPT", "unlisted"),
    "S2325": ("HCPCS", "specific"),
}

EVIDENCE = {
    "E1": ("Hu 2023", (3,), ["18"]),
    "E2": ("Andronic 2021", (5,), ["49", "2,540", "75.1", "39", "20", "1,134", "56", "38%", "26"]),
    "E3": ("Kang 2018", (1,), ["100", "106", "28.3%", "49%", "20%", "50%", "10"]),
    "E4": ("Zalavras and Lieberman 2014", (7,), ["one of two"]),
    "E5": ("Rajagopal 2012", (4,), ["poor, fair or good"]),
    "E6": ("Several reviews", (3, 4, 10, 11, 12), []),
    "E7": ("Description of the service", (1, 2), []),
}

# First author, year, volume, first page, DOI or PMID, and where the number is printed.
REFERENCES = {
    1: ("Kang", 2018, "9(1)", "274", "10.1186/s13287-018-1030-y", {"description", "E3", "E7"}),
    2: ("Jawad", 2012, "470(9)", "2636", "10.1007/s11999-012-2416-2", {"description", "E7"}),
    3: ("Hu", 2023, "18(1)", "965", "10.1186/s13018-023-04463-4", {"IND", "E1", "E6"}),
    4: ("Rajagopal", 2012, "22(5)", "489", "10.5301/HIP.2012.9748", {"IND", "I1", "E5", "E6"}),
    5: ("Andronic", 2021, "45(3)", "605", "10.1007/s00264-020-04790-9", {"I1", "E2"}),
    6: ("Hsu", 2011, "21(6)", "672", "10.5301/HIP.2011.8760", {"I1"}),
    7: ("Zalavras", 2014, "22(7)", "455", "10.5435/jaaos-22-07-455", {"I2", "NON", "E4"}),
    8: ("Steinberg", 1995, "77(1)", "34", "7822393", {"I2a", "I2b", "N2", "N3"}),
    9: ("Tang", 2025, "107-B(3)", "308", "10.1302/0301-620X.107B3.BJJ-2024-0815.R1", {"N3"}),
    10: ("Min", 2008, "466(5)", "1087", "10.1007/s11999-008-0191-x", {"E6"}),
    11: ("Konarski", 2022, "19(12)", "7348", "10.3390/ijerph19127348", {"E6"}),
    12: ("Petek", 2019, "4(3)", "85", "10.1302/2058-5241.4.180036", {"E6"}),
}

FLAGS = {
    "scope": {"code_not_listed", "other_condition", "other_body_part"},
    "refer": {"individual_circumstances"},
    "hold": {
        "addon_without_primary",
        "unlisted_code",
        "procedure_code_missing",
        "no_clinical_documentation",
        "multiple_procedures",
        "laterality_mismatch",
        "bilateral_one_side_documented",
    },
    "note": {
        "staging_system_not_named",
        "stage_zero",
        "stage_beyond_iv",
        "stage_outside_system",
        "stage_collapse_tension",
        "stage_collapse_conflict",
        "stage_arthritis_tension",
        "osteonecrosis_stage_conflict",
        "indication_gap",
        "bilateral_each_hip",
        "age_boundary",
        "pediatric",
        "asymptomatic",
        "function_without_pain",
        "advanced_imaging_missing",
        "stage_not_from_advanced_imaging",
        "nuclear_staging_limited",
        "radiology_report_missing",
        "laterality_unknown",
        "code_outside_policy",
        "generic_code",
    },
}

ASKED = {
    "age": ("How old is the patient on the date of service?", ("age_years",)),
    "laterality": ("Which hip is the request for?", ("laterality",)),
    "imaging": (
        "Which imaging was done, and is a radiologist's report on file?",
        ("imaging_modality", "radiology_report"),
    ),
    "stage": (
        "Does the imaging show osteonecrosis of the femoral head, at which stage, by which system?",
        ("osteonecrosis", "osteonecrosis_stage", "staging_system"),
    ),
    "collapse": (
        "Does the imaging show collapse of the femoral head, and how much?",
        ("femoral_head_collapse",),
    ),
    "arthritis": ("Does the imaging show arthritis of the hip, and how severe?", ("arthritis",)),
    "symptoms": ("Which hip symptoms does the record document?", ("hip_pain",)),
    "function": (
        "How do the symptoms limit function (walking, stairs, work, dressing, sleep)?",
        ("functional_disability",),
    ),
    "level_of_care": ("Inpatient or outpatient?", ("level_of_care",)),
}

# What a bare yes, a bare no and "not sure" say, by the labelling guide.
BARE = {
    "symptoms": (
        {"hip_pain": "unknown"},
        {"hip_pain": "absent", "functional_disability": "absent"},
        {"hip_pain": "unknown"},
    ),
    "function": (
        {"functional_disability": "present"},
        {"functional_disability": "absent"},
        {"functional_disability": "unknown"},
    ),
    "imaging": ({"imaging_modality": "unknown"}, {"imaging_modality": "none"}, {"imaging_modality": "unknown"}),
    "stage": (
        {"osteonecrosis": "present", "osteonecrosis_stage": "unknown"},
        {"osteonecrosis": "absent"},
        {"osteonecrosis": "unknown", "osteonecrosis_stage": "unknown"},
    ),
    "collapse": (
        {"femoral_head_collapse": "unknown"},
        {"femoral_head_collapse": "none"},
        {"femoral_head_collapse": "unknown"},
    ),
    "arthritis": ({"arthritis": "unknown"}, {"arthritis": "none"}, {"arthritis": "unknown"}),
}

# Words of the official code descriptors, each list in alphabetical order: the descriptors themselves stand nowhere.
DESCRIPTOR_WORDS = (
    "addition allograft and code cutting fixation for hemicortical hemicylindrical ie in includes intercalary internal "
    "list partial performed placement primary procedure separately templating to when",
    "abscess and bone cortex eg hip incision joint or osteomyelitis pelvis",
    "abscess bone craterization deep eg excision femur greater ilium intramuscular of or osteomyelitis partial pubis "
    "saucerization subfascial symphysis trochanter wing",
    "area bone femoral graft head includes intertrochanteric neck obtaining or subtrochanteric",
    "hip joint or pelvis procedure unlisted",
)

TEXTBOOK = {
    "hip_pain": "present",
    "functional_disability": "present",
    "imaging_modality": "mri",
    "radiology_report": "present",
    "osteonecrosis": "present",
    "osteonecrosis_stage": 2,
    "staging_system": "steinberg",
    "femoral_head_collapse": "none",
    "arthritis": "none",
    "age_years": 38,
    "laterality": "right",
    "level_of_care": "outpatient",
}


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(HIP)


@pytest.fixture(scope="module")
def policy(loaded: Loaded) -> Policy:
    return loaded.policy


@pytest.fixture(scope="module")
def prompts(loaded: Loaded) -> Prompts:
    return loaded.prompts


class TestIdentity:
    def test_version_and_dates(self, policy: Policy) -> None:
        assert (policy.id, policy.version) == (HIP, 2)
        assert policy.original_date == date(2024, 5, 28)
        assert policy.approved == policy.last_review == date(2025, 7, 24)
        assert policy.next_review == date(2026, 7, 24)

    def test_revision_history_contradicts_the_header(self, policy: Policy) -> None:
        assert policy.revision_printed.lower() == "not applicable"
        assert [(r.version, r.date) for r in policy.revisions] == [(2, date(2025, 7, 24))]
        changes = " ".join(policy.revisions[0].changes)
        for study in ("Hu 2023", "Konarski 2022", "Petek 2019", "Rajagopal 2012", "Min 2008"):
            assert study in changes

    def test_population_and_level_of_care(self, policy: Policy) -> None:
        assert [(p.minimum_age, p.maximum_age) for p in policy.population][1] == (0, 17)
        assert policy.population[0].minimum_age == 18
        assert set(policy.levels_of_care) == {"inpatient", "outpatient"}


class TestCriteria:
    def test_the_published_criteria_and_no_others(self, policy: Policy) -> None:
        assert [c.id for c in policy.criteria] == [c for c in PRINTED if c not in {"IND", "NON"}]

    @pytest.mark.parametrize("criterion", PRINTED)
    def test_superscripts_as_printed(self, policy: Policy, criterion: str) -> None:
        assert policy.criterion[criterion].references == PRINTED[criterion]

    @pytest.mark.parametrize("criterion", INHERITED)
    def test_superscripts_inherited(self, policy: Policy, criterion: str) -> None:
        assert policy.citations(criterion) == INHERITED[criterion]

    def test_reference_1_is_at_no_criterion(self, policy: Policy) -> None:
        cited = {n for c in policy.criterion.values() for n in c.references}
        assert cited == {3, 4, 5, 6, 7, 8, 9}


class TestCodes:
    def test_the_six_codes(self, policy: Policy) -> None:
        assert {c.code: (c.system, c.kind) for c in policy.codes} == CODES

    def test_only_the_add_on_code_needs_another(self, policy: Policy) -> None:
        assert policy.code_groups["primary"] == frozenset(CODES) - {"20933"}


class TestEvidence:
    def test_complete_and_in_order(self, policy: Policy) -> None:
        assert [e.id for e in policy.evidence] == list(EVIDENCE)

    @pytest.mark.parametrize("item", EVIDENCE)
    def test_study_references_and_figures(self, policy: Policy, item: str) -> None:
        study, references, figures = EVIDENCE[item]
        entry = next(e for e in policy.evidence if e.id == item)
        assert (entry.study, entry.references) == (study, references)
        said = " ".join((entry.design, *entry.figures, entry.statement))
        for figure in figures:
            assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d%]|[.,]\d)", said), figure

    def test_shown_only_with_criteria_that_cite_the_same(self, policy: Policy) -> None:
        for entry in policy.evidence:
            for criterion in entry.supports:
                assert set(entry.references) & set(policy.criterion[criterion].references), (entry.id, criterion)

    def test_nothing_is_proven_or_recommended(self, policy: Policy) -> None:
        for entry in policy.evidence:
            assert not re.search(r"\b(prov|recommend|establish|should|must)", entry.statement), entry.id
            if entry.id != "E7":
                assert entry.statement.startswith(("The policy cites", "The policy reports", "The policy states"))

    def test_stem_cells_are_never_shown_as_part_of_the_service(self, policy: Policy) -> None:
        for entry in policy.evidence:
            if "stem cell" in entry.statement.lower():
                assert "outside this determination" in entry.statement
                assert entry.supports == ()


class TestReferences:
    def test_complete_and_in_order(self, policy: Policy) -> None:
        assert [r.number for r in policy.references] == list(range(1, 13))

    @pytest.mark.parametrize("number", REFERENCES)
    def test_as_printed(self, policy: Policy, number: int) -> None:
        author, year, volume, page, identifier, places = REFERENCES[number]
        entry = policy.reference[number]
        assert entry.authors.split()[0] == author
        assert entry.year == year
        assert re.split("[:-]", entry.locator.removeprefix(volume))[1] == page
        assert entry.locator.startswith(volume + ":")
        assert (entry.doi or entry.pmid) == identifier
        assert set(entry.printed_at) == places

    def test_printed_at_agrees_with_what_cites_it(self, policy: Policy) -> None:
        citing = [(c.id, c.references) for c in policy.criterion.values()]
        citing += [(e.id, e.references) for e in policy.evidence]
        for place, numbers in citing:
            for number in numbers:
                assert place in policy.reference[number].printed_at, (place, number)


class TestFlagsReadingsRequirements:
    @pytest.mark.parametrize("effect", FLAGS)
    def test_every_flag_with_its_effect(self, policy: Policy, effect: str) -> None:
        assert {f.id for f in policy.flags if f.effect == effect} == FLAGS[effect]

    def test_readings_are_complete(self, policy: Policy) -> None:
        assert [r.id for r in policy.readings] == [f"R{n}" for n in range(1, 33)]

    def test_requirements_are_complete(self, policy: Policy) -> None:
        assert [r.id for r in policy.requirements] == [f"G{n}" for n in range(1, 7)]

    def test_reading_notes_are_one_or_two_sentences(self, policy: Policy) -> None:
        for reading in policy.readings:
            assert 1 <= len(re.findall(r"[.!?](?=\s|$)", reading.note)) <= 2, reading.id

    def test_a_flag_raises_the_readings_it_names(self, policy: Policy) -> None:
        for flag in policy.flags:
            for name in flag.readings:
                reading = next(r for r in policy.readings if r.id == name)
                assert reading.when != "never", (flag.id, name)


def applying(policy: Policy, **facts: Any) -> set[str]:
    """Ids of the readings that apply to the textbook case with some facts changed (None leaves one out)."""
    given = {k: v for k, v in {**TEXTBOOK, **facts}.items() if v is not None}
    possible = {k: values_of(policy, k, v) for k, v in given.items()}
    return set(readings_that_apply(policy, determine(policy, possible)))


class TestWhenReadingsAreShown:
    def test_textbook_case(self, policy: Policy) -> None:
        assert applying(policy) == {"R27", "R30"}

    @pytest.mark.parametrize(
        ("reading", "facts"),
        [
            ("R1", {"staging_system": None}),
            ("R1", {"staging_system": "unknown"}),
            ("R1", {"staging_system": "arco"}),
            ("R2", {"osteonecrosis_stage": 5}),
            ("R2", {"osteonecrosis_stage": [5, 6]}),
            ("R3", {"osteonecrosis_stage": 0, "osteonecrosis": None}),
            ("R4", {"osteonecrosis_stage": 5, "staging_system": "ficat"}),
            ("R4", {"osteonecrosis_stage": 0, "staging_system": "jic", "osteonecrosis": None}),
            ("R5", {"staging_system": "ficat"}),
            ("R6", {"osteonecrosis_stage": [2, 3]}),
            ("R6", {"femoral_head_collapse": ["minimal", "moderate"]}),
            ("R6", {"arthritis": ["mild", "moderate"]}),
            ("R6", {"age_years": [49, 50]}),
            ("R7", {"femoral_head_collapse": "minimal"}),
            ("R8", {"femoral_head_collapse": None}),
            ("R8", {"femoral_head_collapse": "unknown"}),
            ("R8", {"femoral_head_collapse": "severe"}),
            ("R8", {"osteonecrosis_stage": 4}),
            ("R9", {"osteonecrosis_stage": "unknown"}),
            ("R9", {"osteonecrosis_stage": 3}),
            ("R10", {"femoral_head_collapse": "moderate"}),
            ("R11", {"imaging_modality": "nuclear"}),
            ("R11", {"imaging_modality": "radiograph"}),
            ("R12", {"imaging_modality": "none"}),
            ("R12", {"radiology_report": "absent"}),
            ("R12", {"radiology_report": "unknown"}),
            ("R13", {"radiology_report": "absent"}),
            ("R14", {"imaging_modality": "radiograph"}),
            ("R15", {"arthritis": "moderate"}),
            ("R16", {"arthritis": None}),
            ("R16", {"arthritis": "unknown"}),
            ("R16", {"arthritis": ["mild", "moderate"]}),
            ("R17", {"arthritis": "severe"}),
            ("R18", {"age_years": 49}),
            ("R18", {"age_years": 50}),
            ("R19", {"age_years": 16}),
            ("R20", {"laterality": "bilateral"}),
            ("R21", {"hip_pain": "absent"}),
            ("R22", {"hip_pain": "absent", "functional_disability": "absent"}),
            ("R23", {"radiology_report": "absent"}),
            ("R24", {"age_years": 61}),
            ("R25", {"age_years": 61}),
            ("R26", {"procedure_codes": ["27170"]}),
            ("R28", {"individual_circumstances": "present"}),
            ("R31", {"osteonecrosis": "absent"}),
            ("R32", {"requested_condition": "other"}),
            ("R32", {"osteonecrosis": "absent", "osteonecrosis_stage": None, "staging_system": None}),
        ],
    )
    def test_shown(self, policy: Policy, reading: str, facts: Mapping[str, Any]) -> None:
        assert reading in applying(policy, **facts)

    @pytest.mark.parametrize(
        ("reading", "facts"),
        [
            ("R6", {"osteonecrosis_stage": [1, 2]}),  # all values pass: nothing is left open
            ("R6", {"osteonecrosis": "unknown"}),
            ("R10", {"femoral_head_collapse": "severe"}),
            ("R16", {"arthritis": None, "age_years": 61, "radiology_report": None}),  # decided without it
            ("R17", {"arthritis": "mild"}),
            ("R24", {"arthritis": "severe"}),
            ("R26", {"procedure_codes": ["27130"]}),
        ],
    )
    def test_not_shown(self, policy: Policy, reading: str, facts: Mapping[str, Any]) -> None:
        assert reading not in applying(policy, **facts)


class TestPrompts:
    def test_order_texts_and_facts(self, prompts: Prompts) -> None:
        assert {q.id: (q.text, q.facts) for q in prompts.questions} == ASKED
        assert [q.id for q in prompts.questions] == list(ASKED)

    @pytest.mark.parametrize("question", BARE)
    def test_bare_answers(self, prompts: Prompts, question: str) -> None:
        frame = prompts.question[question].frame
        assert (dict(frame.yes), dict(frame.no), dict(frame.unclear)) == BARE[question]

    def test_bare_numbers_and_grades(self, prompts: Prompts) -> None:
        bare = {q.id: q.frame.bare for q in prompts.questions if q.frame.bare}
        assert bare == {
            "age": ("age_years",),
            "stage": ("osteonecrosis_stage",),
            "collapse": ("femoral_head_collapse",),
            "arthritis": ("arthritis",),
        }

    def test_when_each_is_asked(self, prompts: Prompts) -> None:
        how = {q.id: q.ask for q in prompts.questions if q.ask != "relevant"}
        assert how == {"laterality": "open", "level_of_care": "record"}

    def test_closing(self, prompts: Prompts) -> None:
        assert prompts.closing.id == "circumstances"
        assert prompts.closing.text == "Is there anything about this patient that the criteria do not address?"
        assert prompts.closing.facts == ("individual_circumstances",)

    def test_why_is_one_line_and_names_a_criterion_with_its_label(self, prompts: Prompts, policy: Policy) -> None:
        for question in prompts.questions:
            assert "\n" not in question.why
            criteria = {c.id for c in policy.criteria if set(c.facts()) & set(question.facts)}
            own = {c for c in criteria if not policy.criterion[c].children} or criteria
            for criterion in own:
                assert criterion in question.why, (question.id, criterion)
            for criterion, label in re.findall(r"\b([IN]\d[ab]?) \(([^)]*)\)", question.why):
                assert label == policy.criterion[criterion].label

    def test_no_text_says_which_answer_leads_where(self, prompts: Prompts) -> None:
        leading = re.compile(r"\b(met|fails?|passe?s?|qualif\w+|disqualif\w+|decides|required|satisf\w+|eligible)\b")
        for question in prompts.question.values():
            for text in (question.text, question.help, question.ask_back, *question.look_for, *question.forms):
                assert not leading.search(text), (question.id, text)

    def test_every_request_fact_can_be_asked(self, prompts: Prompts, policy: Policy) -> None:
        asked = {f for q in prompts.question.values() for f in q.facts}
        assert asked == {f.id for f in policy.facts}


def texts(content: Any, under: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a parsed file with the keys above it."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from texts(value, f"{under}.{key}")
    elif isinstance(content, list):
        for one in content:
            yield from texts(one, under)
    elif isinstance(content, str):
        yield under, content


def own_files() -> list[Path]:
    return [packaged("policy") / HIP / "2.yaml", packaged("prompts") / HIP / "2.yaml"]


class TestWording:
    @pytest.mark.parametrize("path", own_files(), ids=["policy", "prompts"])
    def test_nothing_is_denied_or_approved(self, path: Path) -> None:
        forbidden = re.compile(
            r"\b(deny|denied|denial|approv\w*|not medically necessary|medically unnecessary)\b", re.I
        )
        for where, text in texts(read_yaml(path)):
            # the one thing that is approved is the policy itself (R27)
            assert not forbidden.search(text) or text.startswith("The version, its approval date"), where

    def test_no_official_descriptor_anywhere(self) -> None:
        bags = [frozenset(words.split()) for words in DESCRIPTOR_WORDS]
        paths = [p for kind in ("policy", "prompts") for p in packaged(kind).rglob("*") if p.is_file()]
        assert len(paths) >= 2
        for path in paths:
            words = re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower())
            for i in range(len(words) - 4):
                phrase = words[i : i + 5]
                assert not any(len(set(phrase)) == 5 and bag.issuperset(phrase) for bag in bags), (path, phrase)
