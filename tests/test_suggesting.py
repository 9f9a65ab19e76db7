"""`assistant policy suggest-terms`: what reviewers typed, what was not read, and what they picked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.matching import Reader
from assistant.policy import Library, load
from assistant.readers import reader_of

ROOT = Path(__file__).parent.parent


def review(tmp_path, case, answer, pick, reviewer="first"):
    """A real review in plain mode: an answer that is not read, then a pick."""
    known = "38 years, R groin pain, cannot climb stairs, MRI with report on file: ARCO 2, no collapse"
    run = subprocess.run(
        [sys.executable, "-m", "assistant", "review", "--plain", "--no-intake", "--case", case, "--reviewer", reviewer],
        input=f"{known}\nright\n{answer}\n/pick arthritis {pick} by the report\ny\n/quit\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path / "state")},
    )
    assert run.returncode == 3, run.stderr
    return tmp_path / "state" / f"{case}.jsonl"


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("reviews")
    paths = [
        review(tmp_path, "S-1", "gone gnarly cartilage throughout", "severe"),
        review(tmp_path, "S-2", "gnarly cartilage, they write", "severe", "second"),
        review(tmp_path, "S-3", "Testname Fakeson gravelly joint", "mild"),
    ]
    return tmp_path / "state", paths


def test_a_phrase_of_two_cases_is_suggested_with_its_value(reviews, capsys):
    directory, _ = reviews
    assert main(["policy", "suggest-terms", str(directory)]) == 0
    out = capsys.readouterr().out
    first = out.splitlines()[0]
    assert "gnarly" in first
    assert "arthritis severe; picked in 2 cases by 2 reviewers, another value in 0" in first


def test_words_of_one_case_alone_are_never_suggested(reviews, capsys):
    directory, _ = reviews
    main(["policy", "suggest-terms", str(directory)])
    assert "fakeson" not in capsys.readouterr().out.lower()


def test_the_output_is_a_patch_and_makes_the_phrase_readable(reviews, tmp_path, capsys):
    directory, _ = reviews
    main(["policy", "suggest-terms", str(directory)])
    patch = tmp_path / "terms.patch"
    patch.write_text(capsys.readouterr().out)
    own = tmp_path / "own"
    for name in ("policy", "prompts"):
        shutil.copytree(ROOT / name, own / name)
    applied = subprocess.run(
        ["git", "apply", "--unsafe-paths", "-p1", patch], cwd=own, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    before: Reader = reader_of(load(None, Library()))
    after: Reader = reader_of(load("hip-core-decompression", Library((own,))))
    text = "gnarly cartilage on the film"
    assert not [r for r in before.read(text, "arthritis") if r.fact == "arthritis" and len(r.values) == 1]
    assert [set(r.values) for r in after.read(text, "arthritis") if r.fact == "arthritis"] == [{"severe"}]


def test_without_anything_unread_it_says_so(tmp_path, capsys):
    assert main(["policy", "suggest-terms", str(ROOT / "transcripts")]) == 0
    assert "Nothing to suggest" in capsys.readouterr().err
