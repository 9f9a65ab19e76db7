"""What files, directories, names and transcripts hold reaches no terminal raw: whole commands, the screen, pages, pytest."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from rich.segment import Segment
from sampling import LONG
from terminal import Terminal
from textual.color import Color

from assistant.cli import build_parser, main
from assistant.policy import packaged
from assistant.safe_text import first_hidden
from assistant.tui.lean import JoinFilter
from assistant.tui.text import line, wrapped

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, "-m", "assistant"]
EVIL = "\x1b]52;c;ZXZpbA==\x07\x9b31m\u202e\u2028\u200b"
SEEN = "␛]52;c;ZXZpbA==␇�31m���"
POLICY = "hip-core-decompression"


def raw(text):
    """The characters that a terminal obeys or a reader does not see; lines and tabs are layout."""
    return {
        f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in "\n\t"
    }


def files(directory, texts=EVIL):
    """A directory of one's own, whose name and whose files' names are hostile; the policy in it is sound."""
    home = directory / f"own{EVIL}"
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, home / kind)
    odd = home / "policy" / f"odd{EVIL}"
    odd.mkdir()
    (odd / "1.yaml").write_text("id: odd\n")
    reviews = home / f"reviews{EVIL}"
    reviews.mkdir()
    events = [json.loads(one) for one in (ROOT / "transcripts" / "not-met-age.jsonl").read_text().splitlines()]
    events[0] |= {"case": f"A{texts}", "reviewer": f"R{texts}", "why": texts, "intake": False}
    noted = [{"event": "noted", "criterion": "I1a", "text": f"see {texts}"}]
    picked = [{"event": "picked", "facts": {"arthritis": "mild"}, "reason": f"film {texts}", "text": texts}]
    told = [events[0], *[e | {"text": f"{e['text']} {texts}"} if e["event"] == "answered" else e for e in events[1:-1]]]
    told += [*noted, *picked]
    ended = events[-1] | {"determination": f"criteria_met{texts}"}
    (reviews / f"good{EVIL}.jsonl").write_text("".join(json.dumps(e) + "\n" for e in told))
    (reviews / f"bad{EVIL}.jsonl").write_text("".join(json.dumps(e) + "\n" for e in [*told, ended]))
    (reviews / f"broken{EVIL}.jsonl").write_text(json.dumps(events[0]) + "\n" + json.dumps({"event": EVIL}) + "\n")
    return home, reviews, reviews / f"good{EVIL}.jsonl"


# --- Every command ----------------------------------------------------------------------------------------------------


def leaves(parser, names=()):
    """Every command that the parser knows, by its words."""
    deeper = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not deeper:
        yield names, parser
    for action in deeper:
        for name, child in action.choices.items():
            yield from leaves(child, (*names, name))


def filled(action, hostile):
    """A hostile value for an argument: a path where it wants one, else words."""
    home, reviews, transcript = hostile
    name = f"{action.metavar} {action.dest}"
    if action.choices:
        return str(next(iter(action.choices)))
    if action.type in {int, float}:
        return "1"
    if action.dest in {"html", "csv", "output", "new"}:
        return str(reviews / f"{action.dest}{EVIL}.html")
    if action.dest == "policy_path":
        return str(home)
    if action.dest in {"id", "policy"}:
        return POLICY
    if action.dest in {"paths", "charts"} and action.nargs != "*":
        return str(reviews)
    return (
        str(transcript)
        if (action.type is Path and action.nargs != "*") or "FILE" in name or "TRANSCRIPT" in name
        else f"A{EVIL}"
    )


def calls(hostile):
    """Each command with all its positional arguments, with one it does not know, and with each of its options."""
    for names, parser in leaves(build_parser()):
        takes = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]
        base, optional = list(names), []
        if any(a.dest == "policy_path" for a in takes):
            base += ["--policy-path", str(hostile[0]), "--policy", POLICY]
        for action in takes:
            if not action.option_strings:
                (optional if action.nargs in {"?", "*"} and action.type is not Path else base).append(
                    filled(action, hostile)
                )
            elif action.required:
                base += [action.option_strings[0], filled(action, hostile)]
        if names == ("transcript", "suggest") and not LONG:  # beside these one gap is left to be closed
            base += [str(p) for p in (ROOT / "transcripts").glob("*.jsonl") if p.name != "coverage-knee-not-hip.jsonl"]
        yield names, [*base, *optional]
        yield names, [*base, f"--{EVIL}"]
        for action in takes:
            if action.option_strings and action.dest not in {"policy_path", "policy"} and not action.required:
                flag = action.option_strings[0]
                yield names, [*base, flag] if action.nargs == 0 else [*base, flag, filled(action, hostile)]


MANY = """
import io, json, os, sys
from assistant.cli import main
for given in json.load(open(sys.argv[1], encoding="utf-8")):
    sys.stdin = io.TextIOWrapper(io.BytesIO(sys.argv[2].encode() + b"\\n/answers\\n/rationale\\n"))
    print(flush=True)
    os.write(1, b"== " + json.dumps(given[:3]).encode() + b"\\n")
    try:
        main(given)
    except SystemExit:
        pass
    sys.stdout.flush()
    sys.stderr.flush()
"""


def test_no_command_writes_a_raw_control_character(tmp_path):
    hostile = files(tmp_path)
    wanted = list(calls(hostile))
    (tmp_path / "calls.json").write_text(json.dumps([given for _names, given in wanted]))
    state = tmp_path / f"state{EVIL}"
    state.mkdir()
    shutil.copy(hostile[2], state / f"kept{EVIL}.jsonl")
    (state / f"damaged{EVIL}.jsonl").write_text("{")
    environment = {**os.environ, "ASSISTANT_STATE_DIR": str(state), "USER": f"U{EVIL}", "LOGNAME": f"U{EVIL}"}
    run = subprocess.run(
        [sys.executable, "-c", MANY, tmp_path / "calls.json", f"38 yo {EVIL}"],
        capture_output=True,
        env=environment,
        check=True,
    )
    out, err = run.stdout.decode(), run.stderr.decode()
    assert {names for names, _given in wanted} >= {("policy", "list"), ("paths",), ("cases",), ("review",)}
    assert out.count("\n== ") == len(wanted)
    assert "Traceback" not in err
    assert raw(err) == set()
    spoiled = {part.split("\n")[0] for part in out.split("\n== ") if raw(part)}
    assert spoiled == set()
    assert (out + err).count("]52;c;ZXZpbA==") > 200


def run(*arguments, **environment):
    given = {**os.environ, **environment}
    return subprocess.run(
        [*RUN, *map(str, arguments)], capture_output=True, env=given, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_a_directory_name_is_one_cell_of_one_row_in_any_encoding(tmp_path, encoding):
    home, _reviews, _transcript = files(tmp_path / f"a\nb\tc{EVIL}\udcff")
    environment = {"PYTHONIOENCODING": encoding, "ASSISTANT_STATE_DIR": str(home / "state")}
    listed = run("policy", "list", "--policy-path", home, **environment)
    places = run("paths", **environment)
    assert (listed.returncode, places.returncode, listed.stderr, places.stderr) == (0, 0, b"", b"")
    for shown, rows in ((listed.stdout, 2), (places.stdout, 3)):
        lines = shown.decode(encoding).splitlines()
        assert len(lines) == rows
        assert {one.count("\t") for one in lines} == {1}
        assert raw(shown.decode(encoding)) == set()


def test_interpret_answers_in_ascii_and_loses_nothing():
    text = f"right hip pain {EVIL} 38 yo, “stage II” é"
    given = json.dumps({"id": EVIL, "text": text}) + "\n[]\n"
    shown = subprocess.run([*RUN, "interpret", "--jsonl"], input=given.encode(), capture_output=True, check=False)
    single = subprocess.run([*RUN, "interpret", text], capture_output=True, check=False)
    for written in (shown.stdout, single.stdout):
        assert written.isascii()
        assert raw(written.decode()) == set()
    answer = json.loads(shown.stdout.splitlines()[0])
    assert answer["id"] == EVIL
    assert all(text[r["start"] : r["end"]] == r["quote"] for r in answer["readings"])
    assert json.loads(single.stdout)["readings"] == answer["readings"] != []


# --- The door ---------------------------------------------------------------------------------------------------------

CHARACTERS = {
    r"\e": "U+001B ESCAPE",
    r"\x7f": "U+007F DELETE",
    r"\x9b": "U+009B CONTROL CHARACTER",
    "\u202e": "U+202E RIGHT-TO-LEFT OVERRIDE",
    "\u2066": "U+2066 LEFT-TO-RIGHT ISOLATE",
    r"\u2028": "U+2028 LINE SEPARATOR",
    "\u200b": "U+200B ZERO WIDTH SPACE",
}
PLACES = {
    "policy": (f"policy/{POLICY}/2.yaml", "title:"),
    "prompts": (f"prompts/{POLICY}/2.yaml", "    text:"),
    "vocabulary": ("policy/vocabulary/hip.yaml", ""),
    "form": ("policy/vocabulary/form.yaml", ""),
}


def spoiled(tmp_path, place, written):
    """A copy of the packaged policy with one more thing in it; the file and the line."""
    name, key = PLACES[place]
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, tmp_path / "own" / kind)
    path = tmp_path / "own" / name
    lines = path.read_text().split("\n")
    at = next(n for n, one in enumerate(lines) if one.startswith(key))
    if key:
        lines[at] = f'{key} "A {written}B"'
    else:
        lines.append(f'zzz: ["{written}"]')
        at = len(lines) - 1
    path.write_text("\n".join(lines) + "\n")
    return path, at + 1


@pytest.mark.parametrize(
    ("place", "written", "name"),
    [("policy", *one) for one in CHARACTERS.items()]
    + [(place, *one) for place in list(PLACES)[1:] for one in list(CHARACTERS.items())[2:4]],
)
def test_a_policy_with_a_hidden_character_is_not_sound(tmp_path, capsys, place, written, name):
    path, number = spoiled(tmp_path, place, written)
    assert main(["policy", "check", POLICY, "--policy-path", str(tmp_path / "own")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"{path}:{number}: " in shown.err
    assert name in shown.err
    assert len(shown.err.splitlines()) == 1
    assert raw(shown.err) == set()


@pytest.mark.parametrize(
    "command", [["policy", "show"], ["policy", "coverage", POLICY, "transcripts", "--html", "x.html"]]
)
def test_a_policy_with_an_escape_is_not_shown(tmp_path, monkeypatch, capfdbinary, command):
    spoiled(tmp_path, "policy", r"\e]52;c;ZXZpbA==\a")
    monkeypatch.setenv("ASSISTANT_POLICY_PATH", str(tmp_path / "own"))
    command = [
        str(ROOT / "transcripts") if c == "transcripts" else c.replace("x.html", str(tmp_path / "x.html"))
        for c in command
    ]
    assert main(command) == 2
    shown = capfdbinary.readouterr()
    assert raw((shown.out + shown.err).decode()) == set()
    assert not (tmp_path / "x.html").exists()


def test_a_hidden_character_in_a_comment_is_found_too(tmp_path, capsys):
    path, _number = spoiled(tmp_path, "policy", "fine")
    path.write_text(f"# harmless {chr(0x202E)}\n{path.read_text()}")
    assert main(["policy", "check", POLICY, "--policy-path", str(tmp_path / "own")]) == 2
    assert f"{path}:1: " in capsys.readouterr().err


@pytest.mark.parametrize("written", ['"right\\e[2J"', "'right\u200b'"])
def test_a_request_file_with_a_hidden_character_is_refused(tmp_path, capsys, written):
    (tmp_path / "request.yaml").write_text(f"date_of_service: 2026-12-10\nlaterality: {written}\n")
    assert main(["review", "--plain", "--request", str(tmp_path / "request.yaml")]) == 2
    assert f"{tmp_path / 'request.yaml'}:2: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("34-year-old", "34-year-old\x1b[2J", "ESCAPE"),
        ("34-year-old", "34-year-old\u202e", "OVERRIDE"),
        ("title: Early", 'title: "\\u200bEarly"\nx-was: Early', "ZERO WIDTH SPACE"),
    ],
    ids=["record", "bidi", "front matter"],
)
def test_a_chart_with_a_hidden_character_is_refused_by_its_line(tmp_path, capsys, old, new, name):
    source = (packaged("prompts") / "practice" / POLICY / "01-clear-early-disease.md").read_text()
    path = tmp_path / "chart.md"
    path.write_text(source.replace(old, new, 1))
    number = path.read_text()[: path.read_text().index(new)].count("\n") + 1
    assert main(["train", "--check", str(path)]) == 1
    assert re.search(rf"^{re.escape(str(path))}:{number}: .*{name}", capsys.readouterr().out, re.MULTILINE)


def test_what_is_packaged_holds_no_hidden_character():
    found = [p for kind in ("policy", "prompts") for p in packaged(kind).rglob("*") if p.is_file()]
    assert len(found) > 30
    assert {p.suffix for p in found} >= {".yaml", ".md", ".j2"}
    assert [str(p) for p in found if first_hidden(p.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "bom"])
def test_line_ends_byte_order_marks_and_spaces_of_any_editor_are_no_fault(tmp_path, capsys, line_end, mark):
    path, _number = spoiled(tmp_path, "policy", "no\u00a0break")
    path.write_bytes((mark + path.read_text()).replace("\n", line_end).encode())
    assert main(["policy", "check", POLICY, "--policy-path", str(tmp_path / "own")]) == 0
    assert "is sound" in capsys.readouterr().out


# --- The shells -------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path):
    """A review with hostile texts among the reviews, in a directory with a hostile name; its case and the environment."""
    _home, _reviews, transcript = files(tmp_path)
    state = tmp_path / f"state{EVIL}"
    environment = {"ASSISTANT_STATE_DIR": str(state)}
    made = run("transcript", "fork", transcript, "--at", "2", "--case", "K-1", **environment)
    assert made.returncode == 0, made.stderr
    return "K-1", environment


def test_plain_mode_shows_hostile_texts_harmlessly(kept):
    case, environment = kept
    typed = f"/answers\n/note I1a {EVIL}\n/policy\n/why\n/rationale\n/{EVIL}\n/policy {EVIL}\n"
    shown = subprocess.run(
        [*RUN, "resume", case, "--plain"],
        input=typed.encode(),
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert shown.returncode == 3, shown.stderr
    assert raw(shown.stdout.decode()) == raw(shown.stderr.decode()) == set()
    assert SEEN in shown.stdout.decode()


def test_a_real_terminal_gets_no_sequence_from_a_transcript(kept):
    case, environment = kept
    screen = Terminal(size=(80, 24), environment=environment, command=[*RUN, "resume", case])
    try:
        screen.wait_for("Undo")
        for opened in ("/answers", "/rationale", "/criteria"):
            screen.type(opened + "\r", quiet=0.3)
            screen.type("\x1b", quiet=0.3)
        assert screen.end(b"\x11") == 3
        # The program itself ends one sequence with a bell: the shape of the pointer.
        sent = bytes(screen.output).decode().replace("\x1b]22;default\x07", "")
        assert "]52;c;ZXZpbA==" in sent
        assert [one for one in ("\x1b]52", "\x07", "\x9b", "\u202e", "\u2028", "\u200b") if one in sent] == []
    finally:
        screen.close()


def test_the_last_step_before_the_screen_lets_nothing_through():
    drawn = JoinFilter().apply([Segment(f"a{EVIL}", None), Segment("b", None)], Color.parse("black"))
    assert raw("".join(one.text for one in drawn)) == set()


def test_lines_wrap_as_they_are_shown():
    one = line("\u200b" * 30 + "\x1b" * 30, hang=2)
    rows = wrapped([one], 20)
    assert [row.end - row.start for row in rows] == [20, 18, 18, 4]
    assert raw(one.text) == set()


# --- Pages and pytest -------------------------------------------------------------------------------------------------


def test_pages_hold_no_hidden_character(tmp_path):
    home, reviews, _transcript = files(tmp_path)
    shutil.copytree(ROOT / "tests" / "policies" / "drift", home, dirs_exist_ok=True)
    common = ["--policy-path", str(home)]
    pages = {
        "coverage": ["policy", "coverage", *common, f"{POLICY}@2", str(reviews), "--html"],
        "drift": ["replay", *common, str(reviews), "--policy-version", "3", "--html"],
        "agreement": [
            "agreement",
            *common,
            str(reviews),
            "--resamples",
            "0",
            "--unfinished",
            "--format",
            "html",
            "--output",
        ],
    }
    for name, command in pages.items():
        assert main([*command, str(tmp_path / f"{name}.html")]) in {0, 1}, name
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert raw(page) == set(), name
        assert "]52;c;ZXZpbA==" in page


def test_pytest_shows_hostile_names_and_differences_harmlessly(tmp_path):
    _home, reviews, _transcript = files(tmp_path)
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-rA",
            "-vv",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            "-p",
            "no:xdist",
            reviews.name,
        ],
        capture_output=True,
        cwd=reviews.parent,
        check=False,
    )
    out = shown.stdout.decode()
    assert shown.returncode == 1, out
    assert f"bad{SEEN}.jsonl" in out
    assert raw(re.sub(r"^rootdir: .*$", "", out, flags=re.MULTILINE)) == set()
