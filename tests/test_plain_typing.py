"""Plain mode: any byte from a pipe, bursts on a terminal, and answers that are changed by typing them anew."""

import json
import os
import subprocess
import sys

import pytest

from assistant.decoding import STRAY_BYTES
from assistant.pages import proposed_file, rationale_asked

ASSISTANT = [sys.executable, "-m", "assistant"]
PLAIN = [*ASSISTANT, "review", "--no-intake", "--case", "A-1", "--plain"]


def environment(tmp_path):
    return {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path)}


def answers(tmp_path):
    rows = [json.loads(line) for line in (tmp_path / "A-1.jsonl").read_text().splitlines()]
    return [(row["text"], row.get("replaces")) for row in rows if row["event"] == "answered"]


def piped(tmp_path, data, command=PLAIN, **more):
    return subprocess.run(
        command, input=data, capture_output=True, env=environment(tmp_path) | more, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("stray", "text"),
    [
        (b"pt\x92s na\xefve \x81", "pt’s naïve \N{REPLACEMENT CHARACTER}"),
        ("pt’s naïve".encode(), "pt’s naïve"),
        (b"\xe9\xe9n \xe2\x80", "één â€"),
        (b"\xff\xfe\xed\xa0\x80", "ÿþí\N{NO-BREAK SPACE}€"),
    ],
    ids=repr,
)
def test_stray_bytes_are_read_as_windows_1252(stray, text):
    assert stray.decode("utf-8", STRAY_BYTES) == text


def test_writing_does_not_use_what_is_for_reading():
    with pytest.raises(UnicodeEncodeError):
        "’".encode("ascii", STRAY_BYTES)


@pytest.mark.parametrize("locale", ["C.UTF-8", "C", "POSIX"])
def test_a_pipe_with_stray_bytes_is_read_to_its_end(tmp_path, locale):
    done = piped(tmp_path, b"\xef\xbb\xbf38 yo, pt\x92s hip\nright\n", LC_ALL=locale)
    assert done.returncode == 3
    assert answers(tmp_path) == [("38 yo, pt’s hip", None), ("right", None)]


def test_the_contracts_take_stray_bytes(tmp_path):
    one = piped(tmp_path, b"pt\x92s ARCO 2", [*ASSISTANT, "interpret"])
    assert json.loads(one.stdout)["facts"]["osteonecrosis_stage"] == 2
    row = b'{"id": 1, "text": "pt\x92s ARCO 2"}\n'
    several = piped(tmp_path, row * 2, [*ASSISTANT, "interpret", "--jsonl"])
    assert [json.loads(x)["facts"]["osteonecrosis_stage"] for x in several.stdout.splitlines()] == [2, 2]
    facts = piped(tmp_path, b'{"age_years": 38, "note\x92": 1}', [*ASSISTANT, "assess"])
    assert b"Traceback" not in facts.stderr


@pytest.mark.parametrize("command", ["/back", "/edit 2"])
def test_an_answer_is_changed_by_typing_it_anew(tmp_path, command):
    done = piped(tmp_path, f"38\nright\n{command}\nleft\ny\n".encode())
    assert answers(tmp_path)[1:] == [("right", None), ("left", 2)]
    said = done.stdout.decode()
    assert "Answer 2: right" in said
    assert "Changing answer 2: type it anew and press Enter; an empty line leaves it as it was." in said


def test_an_empty_line_leaves_the_answer_as_it_was(tmp_path):
    done = piped(tmp_path, b"38\nright\n/back\n\nMRI\n")
    assert [text for text, _ in answers(tmp_path)] == ["38", "right", "MRI"]
    assert b"Answer 2 stays as it was." in done.stdout


def test_a_rationale_is_shown_and_saved_by_words(tmp_path):
    file = tmp_path / "letter.html"
    done = piped(tmp_path, f"38\n/rationale member\n/rationale Provider {file}\n/rationale no such file/x\n".encode())
    said = done.stdout.decode()
    assert f"Saved to {file}." in said
    assert file.read_text().startswith("<!DOCTYPE html>")
    assert "no such file/x can not be written" in said
    assert "1. Request and policy" not in said


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("", ("clinical", "text", "")),
        ("member", ("member", "text", "")),
        ("HTML provider", ("provider", "html", "")),
        ("member letter.txt", ("member", "text", "letter.txt")),
        ("my letter.md", ("clinical", "markdown", "my letter.md")),
        ("text x.html", ("clinical", "text", "x.html")),
    ],
    ids=repr,
)
def test_what_is_asked_of_a_rationale(about, expected):
    assert rationale_asked(about) == expected


def test_a_proposed_file_is_a_name_and_no_path():
    assert proposed_file("../../A 1\x1b", "member", "markdown") == "A-1-member.md"
