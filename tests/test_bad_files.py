"""Files that are bad in every way that was seen: named in one sentence, waited for never, and no other file suffers."""

import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.events import Answered, Concluded, Picked, Started
from assistant.journal import Journal, repair
from assistant.store import Store
from assistant.transcript import pieces_in, read_events, verify

ROOT = Path(__file__).parent.parent
GOOD = ROOT / "transcripts" / "chart-1-early-disease.jsonl"
RUN = [sys.executable, "-m", "assistant"]
STARTED = Started(policy="hip-core-decompression", version=2, case="c", reviewer="r", intake=False)
FIRST = b'{"event": "started", "policy": "hip-core-decompression", "version": 2, "case": "b", "reviewer": "r"}\n'
DRIFT = str(ROOT / "tests" / "policies" / "drift")
BAD = {
    "event is a list": b'{"event": []}\n',
    "format is a list": b'{"event": "started", "policy": "hip-core-decompression", "version": 2, "format": []}\n',
    "long line": FIRST + b'{"event": "noted", "text": "' + b"x" * 2_100_000 + b'"}\n',
    "many events": FIRST + b'{"event": "undone"}\n' * 10_100,
    "empty": b"",
    "blank": b"\n\n",
    "no transcript": b"some notes\n",
}


def run(*arguments, state=None, **more):
    """A real process; whatever waits for ever ends as a failure."""
    env = {**os.environ, **({"ASSISTANT_STATE_DIR": str(state)} if state else {})}
    given = {"capture_output": True, "text": True, "timeout": 120, "env": env, **more}
    return subprocess.run([*RUN, *map(str, arguments)], check=False, **given)


def made_bad(path, kind):
    """Something at a path that is no transcript."""
    if kind == "dangling link":
        path.symlink_to(path.with_name(f"nowhere-{path.stem}"))
    elif kind == "link to a directory":
        path.symlink_to(ROOT)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(BAD[kind])
    return path


KINDS = [*BAD, "dangling link", "link to a directory", "pipe"]


@pytest.fixture
def many(tmp_path):
    """A directory with one good review between two bad files of each kind."""
    directory = tmp_path / "many"
    directory.mkdir()
    bad = [made_bad(directory / f"{side}{n}.jsonl", kind) for side in "az" for n, kind in enumerate(KINDS)]
    shutil.copy(GOOD, directory / "good.jsonl")
    return directory, bad


# --- One bad file stops no command, and each is named ---


COMMANDS = {
    "replay": (["replay"], "1 differ|replayed"),
    "replay in parallel": (["replay", "--jobs", "2"], "replayed"),
    "replay on another version": (["replay", "--policy-version", "3", "--policy-path", DRIFT], "sides of reviews"),
    "agreement": (["agreement", "--unfinished", "--resamples", "0"], "percent|agree"),
    "coverage": (["policy", "coverage", "hip-core-decompression@2"], "by 1 transcripts"),
    "suggest-terms": (["policy", "suggest-terms", "--policy", "hip-core-decompression@2"], ""),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_over_many_files_goes_on_past_each_bad_one_and_names_it(many, command, capsys):
    directory, bad = many
    arguments, said = COMMANDS[command]
    assert main([*arguments, str(directory)]) == 1
    shown = capsys.readouterr()
    text = " ".join((shown.out + shown.err).split())
    assert re.search(said, text)
    assert [p.name for p in bad if p.name not in text] == []
    assert "error in the program" not in text


def test_a_directory_with_the_name_of_a_transcript_is_searched_like_any_other(tmp_path, capsys):
    (tmp_path / "x.jsonl").mkdir()
    shutil.copy(GOOD, tmp_path / "x.jsonl" / "inside.jsonl")
    assert main(["replay", str(tmp_path)]) == 0
    assert "1 replayed, 0 differ" in capsys.readouterr().out


def test_the_store_names_every_bad_file_and_resume_goes_on_with_a_good_one(tmp_path):
    for number, kind in enumerate(KINDS):
        made_bad(tmp_path / f"bad{number}.jsonl", kind)
    (tmp_path / "directory.jsonl").mkdir()
    names = [f"bad{n}.jsonl" for n in range(len(KINDS))] + ["directory.jsonl"]
    alone = run("resume", "--plain", state=tmp_path, input="")
    assert alone.returncode == 2
    assert [n for n in names if n not in alone.stderr] == []
    Journal(Store(tmp_path).path_of("open")).append(STARTED.model_copy(update={"case": "open"}))
    listed = run("cases", state=tmp_path)
    assert listed.returncode == 1
    assert listed.stdout.split("\t")[0] == "open"
    assert [n for n in names if n not in listed.stderr] == []
    resumed = run("resume", "--plain", state=tmp_path, input="")
    assert resumed.returncode == 3, resumed.stderr
    assert [n for n in names if n not in resumed.stdout] == []
    purged = run("purge", "--older-than", "1d", "--yes", state=tmp_path)
    assert purged.returncode == 1
    assert [n for n in names if n not in purged.stderr] == []
    assert {p.name for p in tmp_path.glob("*.jsonl")} == {*names, "open.jsonl"}


@pytest.mark.parametrize("kind", ["event is a list", "dangling link", "pipe", "many events"])
def test_resume_names_the_file_that_is_bad(tmp_path, kind):
    made_bad(tmp_path / "B.jsonl", kind)
    found = run("resume", "B", "--plain", state=tmp_path, input="")
    assert found.returncode == 2
    assert "B.jsonl" in found.stderr or "B.damaged-1" in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert "error in the program" not in found.stderr


def test_events_that_fit_no_policy_are_said_with_their_file(tmp_path):
    Journal(tmp_path / "N.jsonl").append(STARTED.model_copy(update={"policy": "no-such-policy"}))
    found = run("resume", "N", "--plain", state=tmp_path, input="")
    assert found.returncode == 2
    assert "N.jsonl: there is no policy 'no-such-policy'" in found.stderr


def collected(directory):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-n", "0", str(directory)],
        capture_output=True, text=True, cwd=directory, check=False, timeout=120,
    )  # fmt: skip


def test_the_plugin_takes_reviews_and_nothing_of_others(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"status":"started","id":1}\n{"status":"done"}\n')
    (tmp_path / "event.jsonl").write_text('{"event": "started", "job": 7}\n')
    (tmp_path / "nested.jsonl").write_text('{"row": {"event": "started", "policy": "p"}}\n')
    shutil.copy(GOOD, tmp_path / "good.jsonl")
    (tmp_path / "marked.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD.read_bytes())
    (tmp_path / "torn.jsonl").write_bytes(FIRST.rstrip(b"}\n") + b"\n")
    found = collected(tmp_path)
    assert "2 passed" in found.stdout
    assert "1 failed" in found.stdout
    assert "torn.jsonl:1: not a line of JSON" in found.stdout
    assert "Traceback" not in found.stdout


# --- Nothing is waited for, and memory stays small ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["rationale", "{pipe}"],
        ["transcript", "verify", "{pipe}", "/dev/zero"],
        ["replay", "{pipe}", "/dev/zero"],
        ["review", "--plain", "--case", "X", "--request", "{pipe}"],
        ["train", "--check", "{pipe}"],
    ],
    ids=lambda a: " ".join(a[:2]),
)
def test_a_pipe_or_a_device_in_the_place_of_a_file_is_refused_at_once(tmp_path, arguments):
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    found = run(*(a.format(pipe=pipe) for a in arguments), state=tmp_path / "state", input="")
    assert found.returncode in {1, 2}
    said = found.stdout + found.stderr
    assert "is a named pipe, not a file" in said
    assert ("/dev/zero is a device, not a file" in said) is ("/dev/zero" in arguments)


@pytest.mark.parametrize("place", ["policy/vocabulary/hip.yaml", "policy/hip-core-decompression/2.yaml", "prompts/hip-core-decompression/2.yaml"])  # fmt: skip
def test_a_pipe_in_the_place_of_a_policy_file_is_refused_at_once(tmp_path, place):
    for kind in ("policy", "prompts"):
        shutil.copytree(ROOT / kind, tmp_path / kind, ignore=shutil.ignore_patterns("practice"))
    (tmp_path / place).unlink()
    os.mkfifo(tmp_path / place)
    found = run("interpret", "x", "--policy", "hip-core-decompression@2", "--policy-path", tmp_path)
    assert found.returncode == 2
    assert f"{place} is a named pipe, not a file" in found.stderr


def test_a_pipe_in_the_place_of_a_lock_is_refused_at_once(tmp_path):
    Journal(tmp_path / "L.jsonl").append(STARTED)
    os.mkfifo(tmp_path / "L.lock")
    assert run("cases", state=tmp_path).returncode == 0
    found = run("resume", "L", "--plain", state=tmp_path, input="")
    assert found.returncode == 2
    assert "L.lock is not an ordinary file" in found.stderr


LITTLE_MEMORY = """
import resource, sys
from assistant.cli import main
resource.setrlimit(resource.RLIMIT_AS, (700_000_000,) * 2)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["transcript", "verify"], ["replay"]], ids=" ".join)
def test_a_large_file_that_is_no_transcript_is_refused_early(tmp_path, command):
    contents = {"words": (b"", b"x\n"), "empty": (FIRST, b"\n"), "objects": (FIRST, b"{}\n"), "ends": (b"", b"\n")}
    for name, (beginning, short) in contents.items():
        (tmp_path / name).write_bytes(beginning + short * (60_000_000 // len(short)))
    found = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY, *command, *(tmp_path / name for name in contents)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert found.returncode in {1, 2}
    said = found.stdout + found.stderr
    assert [name for name in contents if f"{name}:" not in said] == []
    assert "Memory" not in said


def test_a_line_without_end_on_standard_input_costs_only_itself():
    rows = json.dumps({"id": 1, "text": "x" * 3_000_000}) + "\n" + json.dumps({"id": 2, "text": "38"}) + "\n"
    found = run("interpret", "--jsonl", "--question", "age", input=rows)
    answers = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(answers) == 2
    assert "2,000,000 characters" in answers[0]["error"]
    assert answers[1]["id"] == 2
    assert "facts" in answers[1]


# --- How long an answer may be ---


LONG = "groin pain, limps. " * 1_100


def test_an_answer_is_bounded_wherever_it_comes_from(tmp_path, capsys):
    assert len(LONG) > 20_000
    said = "longer than 20,000 characters"
    found = run("interpret", input=LONG * 80)
    assert (found.returncode, said in found.stderr) == (2, True)
    found = run("interpret", "--jsonl", input=json.dumps({"id": 1, "text": LONG}) + "\n")
    assert (found.returncode, said in found.stdout) == (1, True)
    path = tmp_path / "long.jsonl"
    for event in (
        {"event": "answered", "question": "age", "text": LONG},
        {"event": "noted", "text": LONG},
        {"event": "picked", "facts": {"arthritis": "mild"}, "reason": LONG},
    ):
        path.write_bytes(FIRST + json.dumps(event).encode() + b"\n")
        assert main(["rationale", str(path)]) == 2
        err = capsys.readouterr().err
        assert f"{path}:2" in err
        assert said in err
        assert len(err) < 500
    # 20,000 characters are an answer, and half a surrogate pair is a character.
    path.write_bytes(
        FIRST + json.dumps({"event": "answered", "question": "age", "text": LONG[:19_999] + "\ud800"}).encode()
    )
    assert len(read_events(path)[1].text) == 20_000


def test_plain_mode_says_that_an_answer_is_too_long_and_goes_on(tmp_path):
    found = run("review", "--plain", "--no-intake", "--case", "P", state=tmp_path, input=f"{LONG}\n38\n")
    assert "longer than 20,000 characters and was not taken" in found.stdout
    assert [e.text for e in read_events(tmp_path / "P.jsonl") if isinstance(e, Answered)] == ["38"]


# --- Was a file changed? ---


@pytest.fixture
def chained_review(tmp_path):
    journal = Journal(tmp_path / "c.jsonl")
    journal.append(STARTED, *(Picked(facts={"arthritis": v}, reason="x", text="x") for v in ("mild", "none")))
    return journal.path


def test_verify_is_content_only_with_a_chain_on_every_line(chained_review, tmp_path, capsys):
    whole = chained_review.read_text()
    assert main(["transcript", "verify", str(chained_review)]) == 0
    stripped = re.sub(r', "line": \d+, "chain": "\w+"', "", whole)
    chained_review.write_text(stripped)
    assert main(["transcript", "verify", str(chained_review)]) == 1
    assert "3 of 3 lines without a chain of hashes" in capsys.readouterr().out
    Journal(chained_review).append(Concluded(determination="information_needed"))
    assert main(["transcript", "verify", str(chained_review)]) == 1
    assert "3 of 4 lines without a chain of hashes" in capsys.readouterr().out
    empty, words = tmp_path / "empty.jsonl", tmp_path / "shadow"
    empty.touch()
    words.write_text("root:*:19000:0:99999:7:::\n")
    chained_review.write_text(whole)
    assert main(["transcript", "verify", str(empty), str(words), str(tmp_path), str(chained_review)]) == 2
    said = capsys.readouterr()
    assert "empty.jsonl is empty" in said.err
    assert "shadow:1: not a line of JSON" in said.err
    assert "is a directory" in said.err
    assert "3 lines as they were written" in said.out


def test_accepting_keeps_the_chain_and_the_permissions(tmp_path, capsys):
    path = tmp_path / "a.jsonl"
    Journal(path).append(*(e.model_copy(update={"determination": "criteria_not_met"}) if isinstance(e, Concluded) else e for e in read_events(GOOD)))  # fmt: skip
    path.chmod(0o640)
    assert main(["replay", str(path)]) == 1
    assert main(["replay", "--accept", str(path)]) == 0
    assert main(["replay", str(path)]) == 0
    assert main(["transcript", "verify", str(path)]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    path.write_text(path.read_text().replace('"criteria_met"', '"criteria_not_met"'))  # tampered with
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["replay", "--accept", str(path)]) == 1
    assert "was altered since it was written, and is not accepted" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_accepting_goes_on_past_what_can_not_be_rewritten_and_follows_no_link(tmp_path, capsys):
    differing = GOOD.read_text().replace('"criteria_met"', '"criteria_not_met"')
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(differing)
    reviews = tmp_path / "reviews"
    reviews.mkdir()
    (reviews / "a.jsonl").symlink_to(elsewhere)
    for name in ("b", "c"):
        (reviews / f"{name}.jsonl").write_text(differing * 2)
    (reviews / "c.new").write_text("a file of mine")
    assert main(["replay", "--accept", str(reviews)]) == 1
    out = capsys.readouterr().out
    assert "a.jsonl is a link, not a file" in out
    assert elsewhere.read_text() == differing
    (reviews / "a.jsonl").unlink()
    assert main(["replay", str(reviews)]) == 0
    assert (reviews / "c.new").read_text() == "a file of mine"
    assert sorted(p.name for p in reviews.iterdir()) == ["b.jsonl", "c.jsonl", "c.new"]


# --- What is written is the writer's alone ---


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "{}", "--policy-version", "3", "--policy-path", DRIFT, "--html"],
        ["policy", "coverage", "hip-core-decompression@2", "{}", "--html"],
        ["agreement", "{}", "--unfinished", "--resamples", "0", "--format", "html", "--output"],
        ["transcript", "minimise", "{}", "--output"],
    ],
    ids=["drift", "coverage", "agreement", "minimise"],
)
def test_a_report_is_private_and_writes_over_nothing(tmp_path, arguments, capsys):
    review = shutil.copy(GOOD, tmp_path / "good.jsonl")
    if "minimise" in arguments:
        review = tmp_path / "short.jsonl"
        review.write_bytes(FIRST + b'{"event": "answered", "question": "age", "text": "62"}\n')
    arguments = [a.format(review) for a in arguments]
    mine, link, page = tmp_path / "mine.txt", tmp_path / "link.html", tmp_path / "page.html"
    mine.write_text("mine")
    link.symlink_to(mine)
    old = os.umask(0)
    try:
        main([*arguments, str(page)])
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        for taken in (mine, link):
            assert main([*arguments, str(taken)]) == 2
            assert "exists already" in capsys.readouterr().err
    finally:
        os.umask(old)
    assert mine.read_text() == "mine"
    assert link.is_symlink()


# --- Purging ---


def test_purging_one_case_leaves_another_that_is_named_like_what_was_kept_of_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path))
    store = Store(tmp_path)
    Journal(store.path_of("A")).append(STARTED, Concluded(determination="criteria_met"))
    Journal(store.path_of("A.damaged-2")).append(STARTED)
    for kept in ("A.damaged-1", "A.damaged-2", ".A.jsonl.new", "AB.damaged-1"):
        (tmp_path / kept).write_text("kept")
    os.utime(store.path_of("A"), (1_700_000_000,) * 2)
    assert main(["purge", "--older-than", "1y", "--yes"]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"A.damaged-2.jsonl", "AB.damaged-1"}
    assert "1 removed" in capsys.readouterr().out


def test_a_review_that_somebody_goes_on_with_while_purge_asks_is_kept(tmp_path):
    path = Store(tmp_path).path_of("A")
    Journal(path).append(STARTED, Concluded(determination="criteria_met"))
    os.utime(path, (1_700_000_000,) * 2)
    env = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*RUN, "purge", "--older-than", "1y"], env=env, **pipes) as purge:
        while (said := purge.stdout.read(1)) and said != "?":
            continue
        Journal(path).append(Answered(question="age", text="38"))
        out, err = purge.communicate("y\n", timeout=60)
    assert purge.returncode == 1
    assert "in use again" in err
    assert "0 removed" in out
    assert path.exists()


# --- Byte order marks, permissions, faults ---


MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_is_no_damage(tmp_path, capsys):
    path = tmp_path / "M.jsonl"
    Journal(path).append(STARTED, Answered(question="age", text="38"))
    whole = path.read_bytes()
    path.write_bytes(MARK + whole)
    assert len(read_events(path)) == 2
    assert verify(path).problem == ""
    assert not [piece.refused for piece in pieces_in([path]) if piece.refused]
    assert repair(path).lines == ()
    assert path.read_bytes() == whole
    piped = subprocess.run(
        [*RUN, "replay", "-"], input=MARK + GOOD.read_bytes() + b"\xff\n", capture_output=True, check=False
    )
    assert b"not a line of JSON" in piped.stdout
    assert b"error in the program" not in piped.stdout + piped.stderr
    chart = tmp_path / "chart.md"
    chart.write_bytes(MARK + next((ROOT / "prompts" / "practice").rglob("*.md")).read_bytes())
    assert main(["train", "--check", str(chart)]) == 0
    capsys.readouterr()


AS_NOBODY = """
import os, sys
from assistant.cli import main
main(sys.argv[1:])  # with all rights, so that all is imported
print("now"); print("now", file=sys.stderr)
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.exit(main(sys.argv[1:]))
"""


def as_nobody(state, *arguments):
    """The exit code and what is said without the rights of root, who reads everything."""
    found = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "ASSISTANT_STATE_DIR": str(state)},
    )  # fmt: skip
    return found.returncode, "".join(text.partition("now\n")[2] for text in (found.stdout, found.stderr))


@pytest.fixture
def open_to_all():
    """A directory that another user can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_missing_permission_is_said_as_that(open_to_all):
    state = open_to_all / "store"
    state.mkdir()
    Journal(state / "P.jsonl").append(STARTED)
    (state / "closed").mkdir()
    shutil.copy(GOOD, state / "closed" / "good.jsonl")
    (state / "P.jsonl").chmod(0)
    (state / "closed").chmod(0)
    try:
        code, said = as_nobody(state, "cases")
        assert code == 1
        assert "P.jsonl can not be read: Permission denied" in said
        assert "damaged" not in said
        code, said = as_nobody(state, "replay", state)
        assert code == 1
        assert "P.jsonl can not be read: Permission denied" in said
        assert "closed can not be read: Permission denied" in said
        state.chmod(0)
        code, said = as_nobody(state, "cases")
        assert code == 2
        assert "can not be read: Permission denied" in said
        assert "No reviews yet" not in said
    finally:
        state.chmod(0o755)
        (state / "closed").chmod(0o755)


def test_no_command_leaves_a_core_file():
    """`interpret` is at work on what it was given, and is asked what core file it may leave."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard == 0:
        pytest.skip("core files are switched off here for all")
    with subprocess.Popen(
        [*RUN, "interpret", "--jsonl", "--question", "age"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),  # noqa: PLW1509 - nothing else runs
    ) as process:
        process.stdin.write(b'{"id": 1, "text": "38"}\n' * 1_000)
        process.stdin.flush()
        process.stdout.read(1)
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        process.kill()
    assert re.search(r"Max core file size +0 ", limits)
