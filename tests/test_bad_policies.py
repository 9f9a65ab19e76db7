"""A file with any error is not used: one sentence says which file and line, and what to do."""

import re
from pathlib import Path

import pytest

from assistant.policy import Library, PolicyError, load, packaged

HIP = "hip-core-decompression"
GOOD = {kind: (packaged(kind) / HIP / "2.yaml").read_text(encoding="utf-8") for kind in ("policy", "prompts")}
BAD = sorted((Path(__file__).parent / "policies" / "bad").glob("*.yaml"))


def written(root: Path, kind: str, content: str | bytes, name: str = f"{HIP}/2.yaml") -> Path:
    """A policy or prompts file in a directory of one's own."""
    path = root / kind / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(root: Path, wanted: str = HIP) -> str:
    with pytest.raises(PolicyError) as caught:
        load(wanted, Library((root,)))
    return str(caught.value)


def line_with(text: str, marker: str) -> int:
    """The number of the only line that is the marker, or else that holds it."""
    lines = text.splitlines()
    found = [i for i, line in enumerate(lines, 1) if line == marker]
    found = found or [i for i, line in enumerate(lines, 1) if marker in line]
    assert len(found) == 1, f"{len(found)} lines hold {marker!r}"
    return found[0]


def edited(kind: str, old: str, new: str) -> str:
    assert GOOD[kind].count(old) == 1, f"{GOOD[kind].count(old)} places hold {old!r}"
    return GOOD[kind].replace(old, new)


def test_the_unbroken_files_load_from_a_directory_of_ones_own(tmp_path: Path) -> None:
    paths = [written(tmp_path, kind, GOOD[kind]) for kind in ("policy", "prompts")]
    assert load(HIP, Library((tmp_path,))).digest == load(HIP).digest
    assert all(p.is_file() for p in paths)


@pytest.mark.parametrize("bad", BAD, ids=lambda p: p.stem)
def test_file_that_is_no_plain_data(bad: Path, tmp_path: Path) -> None:
    """The first line of each file says which error is expected."""
    text = bad.read_text(encoding="utf-8")
    path = written(tmp_path, bad.stem.partition("-")[0], text)
    expected = text.splitlines()[0].removeprefix("# ").replace("{path}", str(path))
    # three dots stand for words of the YAML library
    assert re.fullmatch(".+".join(re.escape(part) for part in expected.split("...")), error_of(tmp_path))


def test_file_that_is_nested_too_deeply(tmp_path: Path) -> None:
    path = written(tmp_path, "policy", "id: deep\nfacts:\n  " + "[" * 60 + "]" * 60 + "\n")
    assert error_of(tmp_path) == f"{path}:3: nested more than 40 deep. Make it flatter"


def test_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = written(tmp_path, "policy", GOOD["policy"].encode("utf-8").replace("Tönnis".encode(), b"T\xf6nnis"))
    error = error_of(tmp_path)
    assert error.startswith(f"{path}")
    assert "not readable as YAML" in error
    assert error.endswith("Save it as plain UTF-8 text")
    assert "\n" not in error


def test_file_that_is_too_large(tmp_path: Path) -> None:
    path = written(tmp_path, "policy", "# " + "x" * 4_000_000 + "\n")
    assert error_of(tmp_path) == f"{path} is larger than 4 MB. Split it"


def test_policy_without_prompts(tmp_path: Path) -> None:
    written(tmp_path, "policy", edited("policy", "\nversion: 2\n", "\nversion: 3\n"), f"{HIP}/3.yaml")
    wanted = "no prompts for policy 'hip-core-decompression' version 3. Add prompts/hip-core-decompression/3.yaml"
    assert error_of(tmp_path) == wanted


def test_policy_that_is_not_there(tmp_path: Path) -> None:
    assert error_of(tmp_path, "knee") == "there is no policy 'knee'. There is: hip-core-decompression"
    assert error_of(tmp_path, f"{HIP}@7") == f"policy '{HIP}' has no version '7'. There is: 2"


# name: (kind, the text, what stands there instead, text on the line that is named, the error)
EDITS = {
    "unknown key": (
        "policy",
        "publisher: Cohere Medical Policy\n",
        "publisher: Cohere Medical Policy\nowner: somebody\n",
        "owner: somebody",
        "owner: unknown key. Correct that line",
    ),
    "unknown key deep inside": (
        "policy",
        "          when: {fact: hip_pain, in: [present]}",
        "          when: {fact: hip_pain, is_not: [present]}",
        "is_not",
        "indications.all.0.any.0.when.is_not: unknown key. Correct that line",
    ),
    "unknown fact in a criterion": (
        "policy",
        "          when: {fact: hip_pain, in: [present]}",
        "          when: {fact: hip_pian, in: [present]}",
        "hip_pian",
        "there is no fact 'hip_pian'. Use one of {facts}",
    ),
    "unknown value in a criterion": (
        "policy",
        "          when: {fact: femoral_head_collapse, in: [none, minimal]}",
        "          when: {fact: femoral_head_collapse, in: [none, slight]}",
        "[none, slight]",
        "'femoral_head_collapse' can not be 'slight'; it can be none, minimal, moderate, severe, or unknown. "
        "Correct the value",
    ),
    "a test that nothing passes": (
        "policy",
        "      when: {fact: age_years, min: 50}",
        "      when: {fact: age_years, min: 150}",
        "min: 150",
        "the test of 'age_years' is always or never true. Correct min and max",
    ),
    "reference that is not listed": (
        "policy",
        "      references: [8, 9]",
        "      references: [8, 13]",
        "[8, 13]",
        "N3 cites reference 13, which is not listed. Add it",
    ),
    "criterion without a citation": (
        "policy",
        "  section: Medical Necessity Criteria, Non-Indications\n  references: [7]\n",
        "  section: Medical Necessity Criteria, Non-Indications\n",
        "non_indications:",
        "NON cites nothing, nor does any criterion above it. Add its references",
    ),
    "criterion that nothing requests": (
        "policy",
        "  - facts: [arthritis]\n",
        "  - facts: [level_of_care]\n",
        "requests:",
        "nothing says what to request while 'arthritis' is unknown. Add it to requests",
    ),
    "unknown criterion in a reading": (
        "policy",
        "    when: {criterion: N3, is: true}",
        "    when: {criterion: N4, is: true}",
        "criterion: N4",
        "there is no criterion 'N4'. Correct the id",
    ),
    "unknown criterion in evidence": (
        "policy",
        "    supports: [I2, NON]",
        "    supports: [I3, NON]",
        "[I3, NON]",
        "there is no criterion 'I3'. Correct the id",
    ),
    "unknown reading in a flag": (
        "policy",
        "    readings: [R11, R12]",
        "    readings: [R11, R99]",
        "[R11, R99]",
        "there is no reading 'R99'. Correct the id",
    ),
    "unknown flag in a requirement": (
        "policy",
        "    flags: [multiple_procedures]",
        "    flags: [many_procedures]",
        "[many_procedures]",
        "there is no flag 'many_procedures'. Correct the id",
    ),
    "unknown group of codes": (
        "policy",
        "    when: {fact: procedure_codes, codes_include: generic}",
        "    when: {fact: procedure_codes, codes_include: general}",
        "codes_include: general",
        "there is no group of codes 'general'. Use specific, add_on, unlisted, generic, listed, primary",
    ),
    "reference printed where it is not cited": (
        "policy",
        "    printed_at: [N3]",
        "    printed_at: [N1]",
        "printed_at: [N1]",
        "reference 9 is not printed at 'N1'. Name criteria, evidence items or 'description' that cite it",
    ),
    "id given twice": (
        "policy",
        "  - id: R32\n",
        "  - id: R31\n",
        "readings:",
        "'R31' stands 2 times in readings. Give each its own id",
    ),
    "hold that asks for nothing": (
        "policy",
        "    request: a request form that names the procedure codes\n",
        "",
        "- id: procedure_code_missing",
        "flags.{index}: a hold needs fact and request: what is missing and what to ask for. Correct that line",
    ),
    "unknown vocabulary": (
        "policy",
        "vocabulary: [hip]",
        "vocabulary: [hop]",
        "vocabulary: [hop]",
        "there is no vocabulary 'hop'. Add policy/vocabulary/hop.yaml",
    ),
    "no such date": (
        "policy",
        "next_review: 2026-07-24",
        "next_review: next summer",
        "next summer",
        "next_review: Input should be a valid date or datetime, invalid character in year. Correct that line",
    ),
    "version that is not that of the path": (
        "policy",
        "id: hip-core-decompression\nversion: 2\n",
        "id: hip-core-decompression\nversion: 3\n",
        "id: hip-core-decompression",
        "says 'hip-core-decompression' version 3. Make it agree with its path",
    ),
    "unknown fact in a question": (
        "prompts",
        "    facts: [functional_disability]\n",
        "    facts: [functional_ability]\n",
        "facts: [functional_ability]",
        "there is no fact 'functional_ability'. Use one of {facts_and_dates}",
    ),
    "criterion that no question reaches": (
        "prompts",
        "    facts: [arthritis]\n    settles: [arthritis]\n",
        "    facts: [osteonecrosis]\n",
        "questions:",
        "N1 can not be reached: no question asks 'arthritis'. Add a question",
    ),
    "settles what it does not ask": (
        "prompts",
        "    settles: [level_of_care]\n",
        "    settles: [level]\n",
        "settles: [level]",
        "'level' is not among the facts of the question. Add it to facts",
    ),
    "unknown value of a bare answer": (
        "prompts",
        "      no: {imaging_modality: none}",
        "      no: {imaging_modality: nothing}",
        "  - id: imaging",
        "'imaging_modality' can not be 'nothing'; it can be mri, ct, nuclear, radiograph, ultrasound, none, or "
        "unknown. Correct the value",
    ),
    "unknown requirement": (
        "prompts",
        "    requirement: G1\n",
        "    requirement: G7\n",
        "requirement: G7",
        "there is no requirement 'G7'. Correct the id",
    ),
    "question given twice": (
        "prompts",
        "  - id: collapse\n",
        "  - id: stage\n",
        "questions:",
        "the question 'stage' stands 2 times. Give each its own id",
    ),
    "unknown way of asking": (
        "prompts",
        "    ask: record\n",
        "    ask: never\n",
        "ask: never",
        "questions.8.ask: Input should be 'relevant', 'open' or 'record'. Correct that line",
    ),
    "prompts for another version": (
        "prompts",
        "policy: hip-core-decompression\nversion: 2\n",
        "policy: hip-core-decompression\nversion: 1\n",
        "policy: hip-core-decompression",
        "these prompts are for 'hip-core-decompression' version 1. Correct them",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_one_broken_place(name: str, tmp_path: Path) -> None:
    kind, old, new, marker, message = EDITS[name]
    text = edited(kind, old, new)
    path = written(tmp_path, kind, text)
    policy = load(HIP).policy
    expected = (
        message.replace("{facts}", ", ".join(policy.domains))
        .replace("{facts_and_dates}", ", ".join(policy.fact))
        .replace("{index}", str([f.id for f in policy.flags].index("procedure_code_missing")))
    )
    assert error_of(tmp_path) == f"{path}:{line_with(text, marker)}: {expected}"
