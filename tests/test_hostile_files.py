"""Files and names from somebody else: shown harmlessly, never obeyed, bounded."""

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from sampling import each, some

from assistant.cli import main

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, "-m", "assistant"]
HOSTILE = {
    "csi": "\x1b[2J\x1b[31mred",
    "osc 8": "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "osc 52": "\x1b]52;c;ZXZpbA==\x07",
    "dcs": "\x1bP+q544e\x1b\\",
    "c1": "\x9b31m\x90q\x9d52;c;AAAA\x9c",
    "bidi": "\u202egnihton\u2066x\u2069",
    "markup": "[bold red]x[/][link=https://evil.example]y[/link]",
    "jinja": "{{ ''.__class__.__mro__ }}{% include '/etc/passwd' %}",
    "yaml": "!!python/object/apply:os.system ['id']",
    "nul": "a\0b",
    "surrogate": "a\ud800b",
    "long": "x" * 19_000,
}


def is_harmless(text):
    return not [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\t"]


def transcript(path, text):
    lines = [
        {
            "event": "started",
            "policy": "hip-core-decompression",
            "version": 2,
            "case": text,
            "reviewer": text,
            "why": text,
            "intake": False,
        },
        {"event": "answered", "question": "age", "text": f"38 {text}"},
        {"event": "noted", "criterion": "I1a", "text": text},
        {"event": "picked", "facts": {"arthritis": "mild"}, "reason": text, "text": text},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_hostile_transcript_is_shown_harmlessly_in_every_form(tmp_path, text, form, capsys):
    path = transcript(tmp_path / "t.jsonl", text)
    assert main(["rationale", str(path), "--format", form]) == 0
    out = capsys.readouterr().out
    assert is_harmless(out)
    assert "object>" not in out
    assert "root:" not in out
    if form == "html":
        assert "<link" not in out.replace("<link rel", "")
        assert 'href="https://evil' not in out


@pytest.mark.parametrize("name", some(HOSTILE, 4))
def test_hostile_answers_are_shown_harmlessly_in_plain_mode(tmp_path, name):
    text = HOSTILE[name]
    env = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path)}
    given = f"38 {text}\n/answers\n/note I1a {text}\n/edit 1 {text}\nn\n/{text}\n/rationale\n/pick {text}\n"
    run = subprocess.run(
        [*RUN, "review", "--plain", "--no-intake", "--case", "H"],
        input=given.encode("utf-8", "surrogatepass"),
        capture_output=True,
        env=env,
        check=False,
    )
    assert run.returncode == 3, run.stderr
    assert is_harmless(run.stdout.decode())
    assert b"Traceback" not in run.stderr
    listed = subprocess.run([*RUN, "cases"], capture_output=True, env=env, check=False)
    assert is_harmless(listed.stdout.decode())


NAMES = {"csi": "\x1b[31mred", "newline": "a\nb", "bidi": "\u202ex", "bytes": "bad\udcff"}


@pytest.mark.parametrize(("name", "command"), each(list(NAMES), ["rationale", "replay", "transcript verify"]))
def test_file_names_in_error_sentences_are_harmless(tmp_path, name, command):
    path = os.fsencode(tmp_path) + b"/" + os.fsencode(NAMES[name]) + b".jsonl"
    Path(os.fsdecode(path)).write_bytes(b"\xff\xfe not json\n")
    run = subprocess.run([*RUN, *command.split(), path], capture_output=True, check=False)
    assert run.returncode in {0, 1, 2}
    assert b"Traceback" not in run.stderr
    assert is_harmless((run.stdout + run.stderr).decode("utf-8", "replace"))
    assert len((run.stdout + run.stderr).splitlines()) <= 2


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"x" * 3_000_000, "characters"),
        (b'{"event": "started", "policy": "p", "version": ' + b"[" * 50_000, "JSON"),
        (b'{"event": "started", "policy": "hip-core-decompression", "version": 2}\n' + b'{"event": "undone"}\n' * 200_000, "events"),
        (b"\0" * 100_000, "JSON"),
        (b'{"event": "started", "policy": "../../etc", "version": 2}\n', "no policy"),
        (b'{"event": "started", "policy": "hip-core-decompression", "version": 99999999999999999999}\n', "version"),
    ],
    ids=["long line", "deep", "many events", "nul", "path", "version"],
)  # fmt: skip
def test_sizes_and_depths_are_bounded_with_one_sentence(tmp_path, content, part, capsys):
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    assert main(["rationale", str(path)]) == 2
    err = capsys.readouterr().err
    assert part in err
    assert len(err.splitlines()) == 1


def own_policy(tmp_path, change):
    import shutil

    home = tmp_path / "own"
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, home / kind)
    change(home)
    return str(home)


def test_a_policy_directory_can_not_read_a_file_outside(tmp_path, capsys):
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2\n")

    def link(home):
        path = home / "policy" / "vocabulary" / "hip.yaml"
        path.unlink()
        path.symlink_to(secret)

    assert (
        main(["interpret", "x", "--policy", "hip-core-decompression", "--policy-path", own_policy(tmp_path, link)]) == 2
    )
    err = capsys.readouterr().err
    assert "leads outside" in err
    assert "hunter2" not in err


@pytest.mark.parametrize("name", ["../../../secret", "/etc/passwd", "hip/../../x"])
def test_a_vocabulary_name_is_no_path(tmp_path, name, capsys):
    def rename(home):
        path = home / "policy" / "hip-core-decompression" / "2.yaml"
        path.write_text(path.read_text().replace("vocabulary: [hip]", f"vocabulary: ['{name}']"))

    assert main(["policy", "check", "hip-core-decompression", "--policy-path", own_policy(tmp_path, rename)]) == 2
    assert "2.yaml:" in capsys.readouterr().err


def test_templates_of_somebody_else_are_not_run(tmp_path, capsys):
    def template(home):
        for path in (home / "prompts" / "rationale").glob("*.j2"):
            path.write_text("{{ ''.__class__.__mro__[1].__subclasses__() }}")

    home = own_policy(tmp_path, template)
    path = transcript(tmp_path / "t.jsonl", "x")
    assert main(["rationale", str(path), "--policy-path", home]) == 0
    assert "class" not in capsys.readouterr().out.replace("classif", "")
