"""What could not be saved: it is kept, can be given again, and is never said to be saved."""

import os
import resource
import shutil
import subprocess
import sys
import time

import pytest
from sampling import LONG, first
from terminal import Terminal

from assistant.cli import main
from assistant.events import Noted, Started
from assistant.journal import Journal
from assistant.store import Store
from assistant.transcript import MAX_EVENTS, read_events

ASSISTANT = [sys.executable, "-m", "assistant"]
REVIEW = ["review", "--no-intake", "--case", "A-1"]
# Root may enter every directory, unless it gives that up.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


class Plain:
    """A review line by line, whose disk can be full."""

    def __init__(self, *arguments, prefix=()):
        self.process = subprocess.Popen(
            [*prefix, *ASSISTANT, *arguments, "--plain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = self._until_prompt()

    def _until_prompt(self):
        text = ""
        while not text.endswith("\n> ") and (character := self.process.stdout.read(1)):
            text += character
        return text

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._until_prompt()

    def leave(self):
        """The exit code, and what was said, after `/quit` that is obeyed."""
        said = self.say("/quit")
        return self.process.wait(60), said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def disk(process, *, full):
    """Whether a process may write more than the few bytes that there are."""
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))


def answers(path):
    return [e.text for e in read_events(path) if e.event == "answered"]


def run(*arguments, given=""):
    return subprocess.run([*ASSISTANT, *arguments], input=given, capture_output=True, text=True, check=False)


@pytest.fixture
def on_screen(state):
    """A review on the screen."""
    opened = []

    def start(prefix=()):
        one = Terminal(size=(70, 40), command=[*prefix, *ASSISTANT, *REVIEW])
        opened.append(one)
        one.wait_for("How old is the patient").settle()
        return one

    yield start
    for one in opened:
        one.close()


def see(screen, words):
    """Wait until words are shown, wherever the lines are broken, and the screen is ready for keys."""
    began = time.monotonic()
    while "".join(words.split()) not in "".join(screen.text.split()):
        assert time.monotonic() - began < 60, f"no {words!r} on the screen:\n{screen.text}"
        assert screen._read(0.2) is not None, f"ended before {words!r}:\n{screen.text}"
    screen.settle()


def after_leaving(screen):
    """What stands on the terminal when the screen has gone."""
    output = bytes(screen.output)
    return output[output.rindex(b"\x1b[?1049l") :].decode()


# --- Leaving ---


def test_plain_mode_keeps_what_failed_over_other_commands_and_says_so_on_leaving(state):
    with Plain(*REVIEW) as review:
        disk(review.process, full=True)
        said = review.say("38 yo")
        assert "could not be saved" in said
        assert "Not saved yet: “38 yo” Press Enter to try again." in said
        assert "field" not in said
        assert "Not saved yet: “38 yo”" in review.say("/why")
        assert "could not be saved" in review.say("")
        said = review.say("/quit")
        assert review.process.poll() is None
        assert "Not saved: 38 yo" in said
        assert "/quit again leaves" in said
        code, said = review.leave()
    assert code == 3
    assert "This was not saved; all else is:\n38 yo\nGo on with: assistant resume A-1" in said
    assert "Everything is saved" not in said


def test_plain_mode_gives_what_failed_again_after_other_commands(state):
    with Plain(*REVIEW) as review:
        disk(review.process, full=True)
        review.say("38 yo")
        review.say("/criteria")
        disk(review.process, full=False)
        assert "Which hip" in review.say("")
        code, said = review.leave()
    assert (code, "Everything is saved. Go on with: assistant resume A-1" in said) == (3, True)
    assert answers(state / "A-1.jsonl") == ["38 yo"]


def test_plain_mode_at_the_end_of_input_shows_what_was_not_saved(state):
    with Plain(*REVIEW) as review:
        disk(review.process, full=True)
        review.say("38 yo")
        said = review.process.communicate()[0]
    assert review.process.returncode == 3
    assert "This was not saved; all else is:\n38 yo\n" in said


def test_an_answer_that_was_replaced_is_not_given_to_the_next_question(state):
    with Plain(*REVIEW) as review:
        disk(review.process, full=True)
        review.say("38 yo")
        disk(review.process, full=False)
        assert "Answered anew, so this was not given: 38 yo" in review.say("age 39")
        assert "Type an answer" in review.say("")
    assert answers(state / "A-1.jsonl") == ["age 39"]


@pytest.mark.parametrize("leave", first([b"\x11", b"/quit\r"], 1))
def test_the_screen_says_what_is_not_saved_and_asks_once_more(on_screen, leave):
    screen = on_screen()
    disk(screen.process, full=True)
    answer = "38 yo, in one piece whatever its length, so that it can be copied and pasted again " * 2
    screen.type(answer + "\r")
    see(screen, "could not be saved")
    screen.type(leave)
    see(screen, "again leaves")
    assert screen.process.poll() is None
    assert screen.end(leave) == 3
    said = after_leaving(screen)
    assert "This was not saved; all else is:" in said
    assert answer.strip() in said
    assert "assistant resume A-1" in said
    assert "Everything is saved" not in said


REMOVED, CHANGED = "was removed by something else", "was changed by something else"


def swap(path):
    """Another file in its place, as long as it was."""
    shutil.copyfile(path, path.with_suffix(".other"))
    path.with_suffix(".other").replace(path)


@pytest.mark.parametrize(
    ("harm", "why"), [("unlink", REMOVED), (swap, CHANGED), (lambda path: path.write_text("x\n"), CHANGED)]
)
def test_what_was_harmed_beneath_is_never_said_to_be_saved(state, harm, why):
    path = state / "A-1.jsonl"
    with Plain(*REVIEW) as review:
        review.say("38 yo")
        path.unlink() if harm == "unlink" else harm(path)
        said = review.say("/quit")
        assert why in said
        assert "again leaves" in said
        code, said = review.leave()
    assert code == 3
    assert why in said
    assert "   38 yo\n" in said
    assert "saved." not in said.replace("not saved", "")


def test_a_closed_review_that_was_removed_is_not_left_in_silence(state):
    with Plain(*REVIEW) as review:
        for line in ("38 yo", "left", "x-ray only, no MRI or CT", "no", ""):
            said = review.say(line)
        assert "Press Enter or type /quit to leave" in said
        (state / "A-1.jsonl").unlink()
        assert REMOVED in review.say("")
        code, said = review.leave()
    assert (code, "x-ray only" in said) == (3, True)


def test_a_resumed_review_knows_its_file_too(state):
    run(*REVIEW, "--plain", given="38 yo\n")
    with Plain("resume", "A-1") as review:
        (state / "A-1.jsonl").unlink()
        assert REMOVED in review.say("left")
        assert "Saved in" in review.say(f"/keep {state}")
        assert "Everything" not in review.say("")
        code, said = review.leave()
    assert (code, "Everything is saved" in said) == (3, True)
    assert answers(state / "A-1.jsonl") == ["38 yo", "left"]


def test_the_screen_shows_the_answers_of_a_review_that_was_removed(on_screen, state):
    screen = on_screen()
    screen.type("38 yo\r")
    see(screen, "Which hip")
    (state / "A-1.jsonl").unlink()
    screen.type(b"\x11")
    see(screen, REMOVED)
    assert screen.end(b"\x11") == 3
    said = after_leaving(screen)
    assert REMOVED in said
    assert "   38 yo" in said
    assert "Everything is saved" not in said


# --- Another directory ---


def bad_places(tmp_path):
    """What can not be used, and the word that says why."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    (tmp_path / "file").write_text("")
    return {
        f"{closed}/in": "Permission denied",
        "~nosuchuser/x": "no such user",
        "x" * 300: "File name too long",
        f"{tmp_path}/file": "File exists",
        "/dev/full/x": "Not a directory",
    }


def test_a_place_that_can_not_be_used_is_one_sentence_and_costs_nothing(state, tmp_path):
    with Plain(*REVIEW, prefix=UNPRIVILEGED) as review:
        disk(review.process, full=True)
        review.say("38 yo")
        for place, why in (bad_places(tmp_path) | {"a\0b": "a character that no path may have"}).items():
            said = review.say(f"/keep {place}")
            assert why in said
            assert "can not be used" in said
            assert "Not saved yet: “38 yo”" in said
        assert "no such user" in review.say("/rationale ~nosuchuser/x")
        assert "a character that no path may have" in review.say("/rationale a\0b")
        disk(review.process, full=False)
        review.say("")
        assert answers(state / "A-1.jsonl") == ["38 yo"]


def test_on_the_screen_too_and_what_is_typed_is_never_part_of_the_answer(on_screen, state, tmp_path):
    screen = on_screen(UNPRIVILEGED)
    disk(screen.process, full=True)
    screen.type("38 yo\r")
    see(screen, "Not saved yet: 38 yo")
    for place, why in (bad_places(tmp_path) | {"~nosuchuser/y": "no such user"}).items():
        command = "/rationale member text" if place.endswith("/y") else "/keep"
        screen.type(f"{command} {place}\r")
        see(screen, why)
    disk(screen.process, full=False)
    screen.type(f"/keep {tmp_path}/other\r")
    see(screen, "Press Enter to give this again: 38 yo")
    screen.type("\r")
    see(screen, "Which hip")
    assert screen.end(b"\x11") == 3
    assert "Everything is saved. Go on with: assistant resume A-1" in after_leaving(screen)
    assert answers(tmp_path / "other" / "A-1.jsonl") == ["38 yo"]


def test_a_moved_review_is_found_where_it_is(state, tmp_path, capsys):
    first, second = tmp_path / "first", tmp_path / "second"
    with Plain(*REVIEW) as review:
        review.say("38 yo")
        assert "Later: assistant resume A-1\n" in review.say(f"/keep {first}")
        review.say("left")
        old = (state / "A-1.jsonl").read_bytes()
        other = run("resume", "A-1", "--plain", given="right\n").stdout
        assert "you can look, but not answer" in other
        assert "“left”" in other
        assert (state / "A-1.jsonl").read_bytes() == old
    with Plain("resume", "A-1") as review:
        assert "Which hip" not in review.said
        review.say(f"/keep {second}")
        review.say("mri, report on file")
    assert answers(second / "A-1.jsonl") == ["38 yo", "left", "mri, report on file"]
    assert main(["cases"]) == 0
    listed, kept = capsys.readouterr()
    assert listed.split("\t")[:4] == ["A-1", "hip-core-decompression@2", "open", "3"]
    assert f"A-1 is kept in {second}" in kept
    assert "mri, report on file" in run("resume", "--plain", given="/answers\n").stdout
    assert main(["rationale", "A-1"]) == 0
    assert "“mri”" in capsys.readouterr().out
    (state / "A-1.jsonl").unlink()
    assert main(["review", "--case", "A-1", "--plain"]) == 2
    assert "already" in capsys.readouterr().err
    second.rename(tmp_path / "away")
    assert main(["resume", "A-1", "--plain"]) == 2
    assert f"was moved to {second}/A-1.jsonl, which is not there now" in capsys.readouterr().err
    assert main(["cases"]) == 0
    assert f"A-1 was moved to {second}" in capsys.readouterr().err


def test_a_place_that_can_not_be_marked_is_named_with_the_command_that_opens_the_right_copy(state, tmp_path):
    other = tmp_path / "o t h e r"
    with Plain(*REVIEW, prefix=UNPRIVILEGED) as review:
        review.say("38 yo")
        state.chmod(0o500)
        said = review.say(f"/keep {other}")
        assert "the copy without what is answered from here on" in said
        review.say("left")
        state.chmod(0o700)
        looking = run("resume", "A-1", "--plain", given="right\n").stdout
        assert "you can look, but not answer" in looking
        assert answers(state / "A-1.jsonl") == ["38 yo"]
        state.chmod(0o500)
        code, last = review.leave()
    assert code == 3
    command = last.split("Go on with: ")[1].strip()
    assert command in said
    state.chmod(0o700)
    command = command.replace("assistant", f"{sys.executable} -m assistant", 1) + " --plain"
    opened = subprocess.run(command, shell=True, input="/answers\n", capture_output=True, text=True, check=False)
    assert "left" in opened.stdout


def test_a_place_is_marked_as_soon_as_it_can_be(state, tmp_path):
    with Plain(*REVIEW, prefix=UNPRIVILEGED) as review:
        review.say("38 yo")
        state.chmod(0o500)
        assert "ASSISTANT_STATE_DIR=" in review.say(f"/keep {tmp_path}/other")
        state.chmod(0o700)
        assert "Go on with: assistant resume A-1" in review.leave()[1]
    run("resume", "A-1", "--plain", given="left\n")
    assert answers(tmp_path / "other" / "A-1.jsonl") == ["38 yo", "left"]


def test_a_window_that_looks_goes_along_and_never_writes_into_the_old_copy(state, tmp_path):
    with Plain(*REVIEW) as review:
        review.say("38 yo")
        with Plain("resume", "A-1") as looking:
            review.say(f"/keep {tmp_path}/other")
            review.say("left")
            review.leave()
            assert "you can answer here now" in looking.say("/why")
            looking.say("mri, report on file")
    assert answers(state / "A-1.jsonl") == ["38 yo"]
    assert answers(tmp_path / "other" / "A-1.jsonl") == ["38 yo", "left", "mri, report on file"]


def test_purging_takes_every_copy_of_a_moved_review(state, tmp_path):
    other = tmp_path / "other"
    run(*REVIEW, "--plain", given=f"38 yo\n/keep {other}\nleft\nx-ray only, no MRI or CT\nno\n\n")
    for path in (state / "A-1.jsonl", other / "A-1.jsonl"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert main(["purge", "--older-than", "1y", "--yes"]) == 0
    assert [*state.iterdir(), *other.iterdir()] == []


# --- As long as it can be ---


def written(path, count):
    """A review of so many entries."""
    path.parent.mkdir(exist_ok=True)
    started = Started(policy="hip-core-decompression", version=2, case="L", intake=False)
    Journal(path).append(started, *(Noted(text=f"note {n}") for n in range(1, count)))


def test_a_long_review_is_opened_again(state):
    written(state / "L.jsonl", 2_500 if LONG else 1_200)
    result = run("resume", "L", "--plain", given="38 yo\n")
    assert (result.returncode, result.stderr) == (3, "")
    assert answers(state / "L.jsonl") == ["38 yo"]


def test_no_more_is_written_than_can_be_read_again(state):
    path = Store(state).path_of("L")
    written(path, MAX_EVENTS - 3)
    given = "/note one more\n38 yo\n/note the last one\n/note too much\n/quit\n/quit\n"
    said = run("resume", "L", "--plain", given=given).stdout
    assert "room for 2 more entries" in said
    assert "room for 0 more entries" in said
    assert "this review is full" in said
    assert "These were not saved; all else is:\n/note the last one\n/note too much" in said
    assert len(read_events(path)) == MAX_EVENTS
