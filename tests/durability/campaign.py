"""Single runs of a fault campaign: a real review that is disturbed, and what must hold afterwards, whatever it was.

Each run takes its choices from one seed and a directory of its own, and raises `FindingError` when something does not
hold. Of the program's words only "saved" is looked at, and the questions themselves.
"""

import contextlib
import errno
import io
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from driver import ASSISTANT, PATIENCE, REQUEST, SCREEN_SCRIPTS, Driven, plain_facts, stages

from assistant.cli import main
from assistant.journal import Journal
from assistant.transcript import TranscriptError, read_events, verify

INJECTION = Path(__file__).with_name("faults")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EINTR)
SIGNALS = (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGSTOP)
ALWAYS = 10**9
LEFT = (0, 2, 3)
"""Exit codes of a review that ended in order: done, refused in a sentence, unfinished."""
FINISHED = 0.3
"""How many of the reviews are brought to their end after what happened."""
PLAIN_END = "Press Enter or type /quit to leave."
ALL_SAVED = re.compile(r"everything is saved|all (\w+ )?(is|are|was|were) saved", re.IGNORECASE)
NOT_SAVED = re.compile(r"\bnot (be |yet )?saved|\bunsaved|n't saved|can ?not be saved", re.IGNORECASE)
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b[=>()][0-9A-B]?")
STRANGER = 54_321
"""A user that nobody is: what this one can read, every other user can."""


class FindingError(AssertionError):
    """Something that must hold does not."""


def hold(condition, what, detail=""):
    if not condition:
        raise FindingError(f"{what}\n{detail[-1500:]}" if detail else what)


@dataclass
class Tally:
    """What a campaign has done."""

    counts: Counter = field(default_factory=Counter)

    def add(self, *what, times=1):
        self.counts[" ".join(map(str, what))] += times

    def lines(self):
        return [f"  {count:7,}  {what}" for what, count in sorted(self.counts.items())]


# --- A review that is spoken with ---------------------------------------------------------------------------------


def state_of(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


class Piped:
    """A review in plain mode, through pipes."""

    shell = "plain through pipes"

    def __init__(self, arguments, environment, expected):
        self.expected = expected
        self.output = b""
        self.process = subprocess.Popen(
            [*ASSISTANT, *arguments, "--plain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        self.ended = False
        self.position = 0

    def read(self, wait):
        """What comes within so many seconds; None at the end."""
        handle = self.process.stdout.fileno()
        if not select.select([handle], [], [], wait)[0]:
            return b""
        return os.read(handle, 65536) or None

    def write(self, text):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()

    def hear(self):
        """Read until the next prompt or the end; what was said."""
        start, began = len(self.output), time.monotonic()
        while not self.ended and not self.output[start:].replace(b"\r\n", b"\n").endswith(b"\n> "):
            data = self.read(0.2)
            if data is None:
                self.ended = True
            elif state_of(self.process) == "T":
                self.process.kill()
            hold(time.monotonic() - began < PATIENCE, "no prompt and no end", self.words(start))
            self.output += data or b""
        return self.words(start)

    def words(self, start=0):
        return ESCAPES.sub(b"", self.output[start:]).decode(errors="replace").replace("\r\n", "\n")

    def say(self, text, *, answer=False):
        """Say something; what was replied. After an answer, see where the review stands now."""
        self.write(text)
        reply = self.hear()
        if answer:
            self.position = max(self.position, self.seen_in(reply))
        return reply

    def seen_in(self, said):
        words = " ".join(said.split())
        ends = self.expected[-1].session.concluded and PLAIN_END in words
        found = [n for n, one in enumerate(self.expected) if " ".join(one.marker.split()) in words]
        return len(self.expected) - 1 if ends else max(found, default=0)

    def begin(self):
        said = self.hear()
        self.position = self.seen_in(said)
        return said

    def leave(self, how):
        """Leave by a command, the end of the input or a signal; the last words."""
        start = len(self.output)
        if isinstance(how, int):
            self.process.send_signal(how)
        for _ in range(3):
            if how == "quit" and not self.ended:
                self.ask_to_leave()
        self.close_input()
        while not self.ended:
            self.hear()
        self.end()
        return self.words(start)

    def ask_to_leave(self):
        self.say("/quit")

    def close_input(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def end(self):
        """The exit status."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise FindingError(f"it does not end\n{self.words()[-2000:]}") from None
        finally:
            self.stop()
        return status

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.close_input()
        self.process.stdout.close()


class InTerminal(Piped):
    """A review in plain mode, in a terminal."""

    shell = "plain in a terminal"
    plain = ("--plain",)

    def __init__(self, arguments, environment, expected):
        self.expected = expected
        self.driven = Driven(
            "plain" if self.plain else "screen",
            "X",
            expected,
            command=[*ASSISTANT, *arguments, *self.plain],
            environment=environment,
        )
        self.terminal, self.process = self.driven.terminal, self.driven.terminal.process
        self.ended = False
        self.position = 0

    @property
    def output(self):
        return bytes(self.terminal.output)

    @output.setter
    def output(self, _read):
        """The terminal keeps it itself."""

    def read(self, wait):
        return self.terminal._read(wait)

    def write(self, text):
        with contextlib.suppress(OSError):
            os.write(self.terminal.fd, text.encode() + b"\r")

    def close_input(self):
        if not self.ended:
            with contextlib.suppress(OSError):
                os.write(self.terminal.fd, b"\x04")

    def stop(self):
        if self.terminal.fd >= 0:
            self.terminal.close()
            self.terminal.fd = -1


class OnScreen(InTerminal):
    """A review on the screen."""

    shell = "screen"
    plain = ()

    def hear(self):
        """Read until nothing more comes and nobody is at work."""
        start, began = len(self.output), time.monotonic()
        while not self.ended:
            self.terminal.settle(quiet=0.5, limit=PATIENCE)
            if state_of(self.process) == "T":
                self.process.kill()
                self.process.wait()
            self.ended = state_of(self.process) in {"", "Z"}
            hold(time.monotonic() - began < PATIENCE, "the screen does not come to rest", self.driven.shown)
            if self.drawn:
                break
        while self.ended and self.terminal._read(0.1):
            pass
        return self.words(start)

    @property
    def drawn(self):
        return any(" ".join(one.marker.split())[:12] in self.driven.shown for one in self.expected) or self.position

    def say(self, text, *, answer=False):
        pasted = f"\x1b[200~{text}\x1b[201~" if len(text) > 500 else text
        self.press(f"\x15{pasted}\r" if text else "\r")  # whatever stands in the field goes first
        reply = self.hear()
        if answer:
            self.position = max(self.position, self.driven.acknowledged)
        return reply

    def begin(self):
        said = self.hear()
        self.position = self.driven.acknowledged
        return said

    def close_input(self):
        """A screen has no end of its input; what does not leave on being asked is hung up."""
        if not self.ended:
            self.process.send_signal(signal.SIGHUP)

    def press(self, keys):
        with contextlib.suppress(OSError):
            os.write(self.terminal.fd, keys.encode())

    def ask_to_leave(self):
        for keys in ("\x11", "\x1b"):  # a page may have to be closed first
            if not self.ended:
                self.press(keys)
                self.hear()

    def leave(self, how):
        start = len(self.output)
        super().leave("quit" if how == "end" else how)
        words = self.output[start:]
        _, ended, last = words.rpartition(b"\x1b[?1049l")
        return ESCAPES.sub(b"", last if ended else words).decode(errors="replace")


SHELLS = (Piped, InTerminal, OnScreen)


# --- What is on disk ----------------------------------------------------------------------------------------------


def facts_in(path, directory):
    """What whole lines of a journal say; None when nothing was begun there. They must be chained."""
    if not path.is_file():
        return None
    whole, line_end, _ = path.read_bytes().rpartition(b"\n")
    copy = directory / "copy.jsonl"
    copy.write_bytes(whole + line_end)
    if not whole.strip(b"\0"):
        return None
    try:
        events = read_events(copy)
    except TranscriptError as error:
        raise FindingError(f"{path.name}: a line before the last one is damaged: {error}") from error
    problem = verify(copy).problem
    hold(not problem, f"the lines of {path} are not chained: {problem}")
    return plain_facts(events)


def begins(facts, start):
    return facts is not None and facts[: len(start)] == start


def environment_of(directory, **more):
    clean = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES", "NO_COLOR", "FAULTS"}}
    return {**clean, "ASSISTANT_STATE_DIR": str(directory), **more}


def disturbed(directory, log, plan):
    """The environment of a process whose calls are disturbed."""
    path = os.pathsep.join(filter(None, [str(INJECTION), os.environ.get("PYTHONPATH", "")]))
    return {"FAULTS": json.dumps({"under": str(directory), "log": str(log), **plan}), "PYTHONPATH": path}


def ran(arguments, directory, given=""):
    """Run a command to its end; its exit code and all that it said."""
    result = subprocess.run(
        [*ASSISTANT, *arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment_of(directory),
        timeout=PATIENCE,
        check=False,
    )
    hold("Traceback" not in result.stdout, "a traceback", result.stdout)
    return result.returncode, result.stdout


FRESH = ["review", "--no-intake", "--request", str(REQUEST), "--case", "X"]
RESUME = ["resume", "X"]


def journal_at(stage, directory):
    """The bytes of a review so far."""
    started, *others = stage.session.events
    path = directory / "made.jsonl"
    Journal(path).append(started.model_copy(update={"case": "X"}), *others)
    data = path.read_bytes()
    path.unlink()
    return data


# --- Faults and signals amid a review -----------------------------------------------------------------------------

_CALLS = {}


def calls_of(begun, expected, answers, directory):
    """How often an undisturbed review makes each call."""
    if begun not in _CALLS:
        place, log = directory / "counting", directory / "counting.log"
        place.mkdir()
        put(begun, expected[2], place, directory)
        given = "".join(
            f"{one}\n" for one in (*answers[0 if begun == "fresh" else 2 :], f"/keep {place}/kept", "/quit")
        )
        arguments = [*(FRESH if begun == "fresh" else RESUME), "--plain"]
        environment = environment_of(place / "state", **disturbed(place, log, {}))
        subprocess.run(
            [*ASSISTANT, *arguments], input=given, text=True, env=environment, capture_output=True, check=False
        )
        _CALLS[begun] = Counter(log.read_text().splitlines())
        hold(_CALLS[begun]["write"], "nothing was written under observation")
        shutil.rmtree(place)
        log.unlink()
    return _CALLS[begun]


TORN = b'{"at": "2026-11-23T09:14:00+00:00", "event": "asked", "ques'


def put(begun, stage, place, directory):
    """Put a journal there that is to be resumed; what it holds."""
    if begun == "fresh":
        return b""
    data = journal_at(stage, directory)
    if begun == "torn":
        data += TORN
    elif begun == "damaged":
        lines = data.splitlines(keepends=True)
        data = b"".join([*lines[:-1], b"#### damaged\n", lines[-1]])
    (place / "state").mkdir(mode=0o700)
    (place / "state" / "X.jsonl").write_bytes(data)
    (place / "state" / "X.jsonl").chmod(0o600)
    return data


def plan_of(chance, kind, calls):
    """Which calls are disturbed, when, how long and how."""
    how = chance.choice(("before", "after", "part"))
    name = "write" if kind == "signal" and how == "part" else chance.choice(sorted(calls))
    names, first = [name], min(chance.randint(1, calls[name]) for _ in range(2))  # not every review comes to the last
    last = first + chance.choice((0, 0, 1, 2, 5, ALWAYS))
    if chance.random() < 0.25:  # a disk that refuses all at once, and not only one call
        names = sorted({name, *chance.sample(sorted(calls), chance.randint(1, len(calls)))})
    if kind == "signal":
        return {"calls": [name], "first": first, "last": first, "how": how, "signal": chance.choice(SIGNALS)}
    how = chance.choice(("before", "before", "after", "part", "part", "short"))
    if how in {"part", "short"}:
        names = ["write", *(["ftruncate"] if chance.random() < 0.4 else [])]
        first = min(first, calls["write"])
        last = first + chance.choice((0, 1, 3, ALWAYS))
    return {"calls": names, "first": first, "last": last, "how": how, "errno": chance.choice(ERRORS)}


def disturbed_review(chance, directory, loaded, tally, *, kind="fault", shell=None, begun=None, plan=None):
    """A real review amid whose saves calls fail, or the process is ended; all of it is looked at afterwards."""
    shell = shell or chance.choice((Piped, Piped, InTerminal, OnScreen))
    scripts = set(SCREEN_SCRIPTS) - ({"long"} if shell is InTerminal else set())  # a terminal cuts long lines
    answers = SCREEN_SCRIPTS[chance.choice(sorted(scripts))]
    expected = stages(answers, loaded)
    begun = begun or chance.choice(("fresh", "fresh", "whole", "torn", "damaged"))
    plan = plan or plan_of(chance, kind, calls_of(begun, expected, answers, directory))
    place, log = directory / "place", directory / "log"
    place.mkdir()
    stage = chance.randint(1, min(3, len(answers) - 1))
    before = put(begun, expected[stage], place, directory)
    told = f"{kind} in a review ({shell.shell}, {begun}, {len(answers)} answers): {json.dumps(plan)}"
    run = Run(chance, place, expected, answers, begun_at=stage if begun in {"whole", "torn"} else 0)
    environment = environment_of(place / "state", **disturbed(place, log, plan))
    talk = shell([*(FRESH if begun == "fresh" else RESUME)], environment, expected)
    try:
        with naming(told):
            run.converse(talk)
            check_ending(run, talk, plan)
            noted = [one[1:] for one in log.read_text().splitlines() if one.startswith("!")]
            for one in noted:
                tally.add(kind, one)
            tally.add("reviews,", f"{kind} in {talk.shell}{'' if noted else ' (never reached)'}")
            tally.add("acknowledged answers", times=run.acknowledged)
            check_disk(run, talk, before, begun, tally)
    finally:
        talk.stop()


@contextlib.contextmanager
def naming(told):
    """Say of a finding what was done."""
    try:
        yield
    except FindingError as error:
        raise FindingError(f"{told}\n{error}") from None
    except Exception as error:
        raise FindingError(f"{told}\n{type(error).__name__}: {str(error)[-3000:]}") from error


class Run:
    """What was typed and what was acknowledged."""

    def __init__(self, chance, place, expected, answers, begun_at=0):
        self.chance = chance
        self.place = place
        self.expected = expected
        self.answers = answers
        self.sent = begun_at
        self.acknowledged = begun_at
        self.pending = False
        self.last_words = ""
        self.how = ""

    def converse(self, talk):
        """Give the answers; when one is not taken try again, type it anew, move to another directory, or leave."""
        talk.begin()
        self.sent = max(self.sent, talk.position)
        until = self.chance.choice((len(self.answers), self.chance.randint(0, len(self.answers))))
        refused = 0
        while not talk.ended and talk.position < until and refused < 6:
            action = self.chance.choice(("again", "again", "anew", "keep", "leave")) if self.pending else "anew"
            if action == "leave" and refused:
                break
            before = talk.position
            if action == "keep":
                self.keep(talk)
            else:
                self.sent = before + 1
                talk.say("" if action == "again" else self.answers[before], answer=True)
                self.pending = talk.position == before
            refused = 0 if talk.position > before else refused + 1
        self.acknowledged = max(self.acknowledged, talk.position)
        if talk.ended:
            talk.end()
        else:
            self.how = self.chance.choice(("quit", "quit", "quit", "end", signal.SIGTERM, signal.SIGHUP))
            self.last_words = talk.leave(self.how)

    def keep(self, talk):
        """Move to another directory; when it says that it saves there now, all must be there."""
        kept = self.place / f"kept{self.chance.randrange(3)}"
        said = talk.say(f"/keep {kept}")
        if not talk.ended and re.search(rf"\bsaved in\s+{re.escape(str(kept))}", " ".join(said.split()), re.IGNORECASE):
            found = facts_in(kept / "X.jsonl", self.place.parent)
            hold(begins(found, self.facts(talk.position)), "it says it moved, and answers are missing there", said)

    def facts(self, number):
        return plain_facts(self.expected[number].session.events)

    def files(self):
        """The file of the review, wherever it was moved to."""
        return sorted(self.place.glob("*/X.jsonl"))


def check_ending(run, talk, plan):
    """It ended in order, or by the signal that was sent; and said the truth of what is saved."""
    said = talk.words()
    status = talk.process.returncode
    sent = {plan["signal"]} if "signal" in plan else set()
    sent |= {run.how} if isinstance(run.how, int) else set()
    sent |= {signal.SIGKILL} if signal.SIGSTOP in sent else set()
    allowed = {*LEFT, *(-one for one in sent), *(128 + one for one in sent)}
    hold("Traceback" not in said, "a traceback", said)
    hold(status in allowed, f"exit code {status}", said)
    if run.how not in {"quit", "end"} or status not in LEFT or not run.pending:
        return
    typed = run.facts(run.sent)
    if any(facts_in(path, run.place.parent) == typed for path in run.files()):
        return  # the disk has it although the program could not know
    hold(not ALL_SAVED.search(run.last_words), "it claims that all is saved, and the last answer is not", said)
    hold(NOT_SAVED.search(run.last_words), "on leaving it does not say that an answer is not saved", said)


def check_disk(run, talk, before, begun, tally):
    """Every acknowledged answer is there, nothing else is, and the review goes on."""
    directory = run.place.parent
    if begun == "damaged":
        kept = {path.name: path.read_bytes() for path in run.place.glob("state/X*") if path.is_file()}
        hold(before in kept.values(), "a damaged file is neither as it was nor kept", talk.words())
        if kept["X.jsonl"] == before:
            code, said = ran([*RESUME, "--plain"], run.place / "state", "/quit\n")
            hold(code == 3, f"a damaged review is not resumed: exit code {code}", said)
            hold(before in [path.read_bytes() for path in run.place.glob("state/X.d*")], "it is not kept", said)
            return
    found = {path: facts_in(path, directory) for path in run.files()}
    start, end = run.facts(run.acknowledged), run.facts(max(run.sent, run.acknowledged))
    whole = [path for path, facts in found.items() if begins(facts, start)]
    if not whole:
        hold(not start and run.acknowledged == 0, lost(run, found, tally), talk.words())
        return
    for path, facts in found.items():
        fitting = facts is None or begun == "damaged" or end[: len(facts)] == facts
        hold(fitting, f"{path} holds what was not given", f"{facts}\n{end}\n{talk.words()}")
    last = max(whole, key=lambda path: len(found[path]))
    code, said = ran([*RESUME, "--plain"], last.parent, "/answers\n/quit\n")
    hold(code in {0, 3}, f"it can not be resumed: exit code {code}", f"{talk.words()}\n---\n{said}")
    for turn in run.expected[run.acknowledged].session.turns:
        hold(turn.text[:40] in said, f"{turn.text[:40]!r} is not among the answers of the resumed review", said)
    again = facts_in(last, directory)
    hold(begins(again, start), "an answer is lost by resuming", said)
    hold(not verify(last).problem, f"after resuming: {verify(last).problem}", said)
    if begun != "damaged" and again == start and run.chance.random() < FINISHED:
        rest = "".join(f"{one}\n" for one in run.answers[run.acknowledged :])
        code, said = ran([*RESUME, "--plain"], last.parent, rest)
        hold(facts_in(last, directory) == run.facts(len(run.answers)), "it can not be brought to its end", said)
        tally.add("reviews resumed and finished")


def lost(run, found, tally):
    tally.add("lost answers", times=run.acknowledged)
    held = {str(path): len(facts or ()) for path, facts in found.items()}
    return f"answers are lost: {run.acknowledged} were acknowledged; events in files: {held}"


# --- Altered files ------------------------------------------------------------------------------------------------


def altered(chance, data):
    """A kind of alteration, the bytes after it, and the line (1-based) where it is if that is certain."""
    lines = data.splitlines(keepends=True)
    number = chance.randrange(len(lines))
    other = chance.randrange(len(lines))
    place = chance.randrange(len(data))
    garbage = chance.choice([b"\0" * 40, b"\xff\xfe\x80", b"garbage\n", b'{"event": "undone"}\n', b"\n\n{}\n", b"{"])
    match chance.choice(("bit", "bit", "bit", "cut", "doubled", "swapped", "dropped", "appended", "inserted")):
        case "bit":
            flipped = data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
            return "bit", flipped, data[:place].count(b"\n") + 1 if data[place] != ord("\n") else 0
        case "cut":
            return "cut", data[:place], 0
        case "doubled":
            return "doubled line", b"".join([*lines[: number + 1], lines[number], *lines[number + 1 :]]), 0
        case "swapped":
            lines[number], lines[other] = lines[other], lines[number]
            return "swapped lines", b"".join(lines), 0
        case "dropped":
            return "dropped line", b"".join([*lines[:number], *lines[number + 1 :]]), 0
        case "inserted":
            return "inserted garbage", b"".join([*lines[:number], garbage, *lines[number:]]), 0
        case _:
            return "appended garbage", data + garbage, 0


def checked(path):
    """What `verify` says of a file, in this process: exit code and words."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(["transcript", "verify", str(path)])
    return code, said.getvalue()


def begun_with(said):
    """The lines before the first question, without the title."""
    return {line for line in said.split("\nType / ")[0].splitlines() if " case X" not in line}


def altered_file(chance, directory, loaded, tally, *, many=25):
    """`verify` names every alteration, and `resume` drops no answer without a word."""
    answers = SCREEN_SCRIPTS[chance.choice(sorted(SCREEN_SCRIPTS))]
    data = journal_at(stages(answers, loaded)[chance.randint(1, len(answers))], directory)
    path = directory / "state" / "X.jsonl"
    path.parent.mkdir(mode=0o700)
    path.touch(0o600)
    for _ in range(many):
        kind, changed, line = altered(chance, data)
        unseen = changed == data or data.startswith(changed + b"\n" * (not changed.endswith(b"\n")))
        path.write_bytes(changed)
        with naming(f"altered file: {kind} at byte {first_difference(data, changed)} of {len(data)}"):
            code, said = checked(path)
            hold(code in {0, 1, 2} and said.strip(), f"verify: exit code {code}", said)
            tally.add("altered,", kind, "(not to be seen)" if unseen else "named" if code else "NOT NAMED")
            hold(unseen or code, "verify does not name it", said)
            hold(not line or re.search(rf"\b{line}\b", said), f"verify does not name line {line}", said)
    with naming(f"resumed after: {kind} at byte {first_difference(data, changed)} of {len(data)}: {changed[-80:]!r}"):
        check_resumed(directory, data, changed, tally)


def first_difference(one, other):
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def check_resumed(directory, data, changed, tally):
    """Nothing of an altered file goes without a word, and its bytes are kept."""
    state, clean = directory / "state", directory / "clean"
    clean.mkdir(mode=0o700)
    (clean / "X.jsonl").write_bytes(data)
    (clean / "X.jsonl").chmod(0o600)
    answers = texts_in(clean / "X.jsonl")
    _, usual = ran([*RESUME, "--plain"], clean, "/quit\n")
    code, said = ran([*RESUME, "--plain"], state, "/quit\n")
    tally.add("altered files resumed, exit code", code)
    hold(code in LEFT, f"resume of an altered file: exit code {code}", said)
    kept = [path.read_bytes() for path in state.glob("X*") if path.is_file()]
    whole = changed[: changed.rfind(b"\n") + 1]
    hold(
        any(one.startswith(changed) or (whole and one.startswith(whole)) for one in kept) or not whole,
        "bytes of the altered file are kept nowhere",
        said,
    )
    told = code == 2 or begun_with(said) - begun_with(usual)
    journal = state / "X.jsonl"
    left = texts_in(journal) if code != 2 and journal.exists() else answers
    missing = [text for text in answers if left.count(text) < answers.count(text)]
    cut_at_a_line_end = data.startswith(changed) and changed.endswith(b"\n")
    hold(told or not missing or cut_at_a_line_end, f"{missing} is dropped without a word", said)
    tail = changed[len(whole) :].decode(errors="replace")
    for text in missing:
        hold(text[:20] not in tail or text[:20] in said, f"{text[:20]!r} is cut off and not shown", said)


def texts_in(path):
    return [text for event in read_events(path, unfinished=True) if (text := getattr(event, "text", ""))]


def opened_to_others(chance, directory, loaded, tally):
    """A file that others may read, or that is somebody else's, is refused; or nothing more is written there."""
    answers = SCREEN_SCRIPTS["early"]
    data = journal_at(stages(answers, loaded)[2], directory)
    path = directory / "state" / "X.jsonl"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(data)
    kind = chance.choice(("0644", "0666", "0620", "other owner") if os.geteuid() == 0 else ("0644", "0666", "0620"))
    if kind == "other owner":
        os.chown(path, STRANGER, STRANGER)
        path.chmod(0o600)
    else:
        path.chmod(int(kind, 8))
    path.parent.chmod(0o755)
    with naming(f"the file of a review is {kind}"):
        code, said = ran([*RESUME, "--plain"], path.parent, f"{answers[2]}\n/quit\n")
        found = path.stat()
        reached = path.parent.stat().st_mode & 0o011  # a directory that nobody may enter closes its files, too
        closed = found.st_uid == os.geteuid() and not (reached and found.st_mode & 0o077)
        hold(code in LEFT, f"exit code {code}", said)
        hold(path.read_bytes().startswith(data), "answers are lost", said)
        tally.add("files open to others,", "refused" if code == 2 else "closed" if closed else "WRITTEN TO")
        hold(closed or path.read_bytes() == data, "an answer was saved where others may read or write it", said)


# --- Another process ----------------------------------------------------------------------------------------------


def second_process(chance, directory, loaded, tally, *, what=None):
    """Something else writes, cuts, removes, replaces or locks the file of a review that is under way."""
    answers = SCREEN_SCRIPTS[chance.choice(sorted(set(SCREEN_SCRIPTS) - {"long"}))]
    expected = stages(answers, loaded)
    place = directory / "place"
    state = place / "state"
    place.mkdir()
    what = what or chance.choice(sorted(MEDDLING))
    shell = chance.choice((Piped, Piped, OnScreen))
    talk = shell(FRESH, environment_of(state), expected)
    run = Run(chance, place, expected, answers)
    others = []
    try:
        with naming(f"{what} amid a review ({shell.shell})"):
            talk.begin()
            for answer in answers[: chance.randint(1, 3)]:
                talk.say(answer, answer=True)
            MEDDLING[what](state, others, expected)
            until = min(talk.position + chance.randint(0, 2), len(answers))
            while not talk.ended and not run.pending and talk.position < until:
                before = talk.position
                run.sent = before + 1
                talk.say(answers[before], answer=True)
                run.pending = talk.position == before
                new = answers[before] if not run.pending else ""
                hold(not new or is_kept(new, place), f"{new!r} was acknowledged and is in no file", talk.words())
            if run.pending and chance.random() < 0.5:
                run.keep(talk)
            run.acknowledged = talk.position
            run.how = "quit"
            run.last_words = talk.leave("quit") if not talk.ended else talk.words()
            tally.add("another process:", what, "-", "refused" if run.pending else "went on")
            tally.add("acknowledged answers", times=run.acknowledged)
            check_meddled(run, talk, others)
    finally:
        talk.stop()
        for other in others:
            other.stop()


def is_kept(text, place):
    files = (path for path in place.glob("**/X*") if path.is_file())
    return any(json.dumps(text) in path.read_text(errors="replace") for path in files)


def check_meddled(run, talk, others):
    """It did not claim more than is there, and what is there is in order if another window wrote it."""
    said = talk.words()
    hold("Traceback" not in said, "a traceback", said)
    hold(talk.process.returncode in LEFT, f"exit code {talk.process.returncode}", said)
    typed = run.answers[: run.acknowledged]
    missing = [text for text in typed if text and not is_kept(text, run.place)]
    hold(not (missing and ALL_SAVED.search(run.last_words)), f"it claims that all is saved: not {missing}", said)
    hold(not missing or NOT_SAVED.search(run.last_words), f"on leaving it does not say that {missing} is gone", said)
    for other in others:
        told = other.leave("quit") if not other.ended else ""
        hold("Traceback" not in other.words(), "a traceback", other.words())
        for text in run.answers[: other.position]:
            hold(not text or is_kept(text, run.place), f"the other window's {text!r} is in no file", told)
        hold(not verify(run.place / "state" / "X.jsonl").problem, "two windows wrote into each other", said)


def append_line(state, *_):
    with (state / "X.jsonl").open("ab") as file:
        file.write(b'{"event": "undone"}\n')


def cut_file(state, *_):
    os.truncate(state / "X.jsonl", (state / "X.jsonl").stat().st_size // 2)


def replace_by_older(state, *_):
    lines = (state / "X.jsonl").read_bytes().splitlines(keepends=True)
    (state / "older").write_bytes(b"".join(lines[:2]))
    (state / "older").replace(state / "X.jsonl")


def replace_by_same_size(state, *_):
    size = (state / "X.jsonl").stat().st_size
    (state / "other").write_bytes(b" " * (size - 1) + b"\n")
    (state / "other").replace(state / "X.jsonl")


def second_window(state, others, expected):
    """The lock is removed, a second window opens the review and answers first."""
    (state / "X.lock").unlink()
    other = Piped(RESUME, environment_of(state), expected)
    others.append(other)
    other.begin()
    for _ in range(2):
        if not other.ended and other.position < len(expected) - 1:
            answered = [turn.text for turn in expected[-1].session.turns]
            text = answered[other.position] if other.position < len(answered) else ""
            other.say(text, answer=True)


MEDDLING = {
    "a line is appended": append_line,
    "the file is cut": cut_file,
    "the file is removed": lambda state, *_: (state / "X.jsonl").unlink(),
    "the file is replaced by an older one": replace_by_older,
    "the file is replaced by one of the same size": replace_by_same_size,
    "the lock is removed": lambda state, *_: (state / "X.lock").unlink(),
    "the lock is removed and a second window answers": second_window,
    "the lock is overwritten": lambda state, *_: (state / "X.lock").write_text('{"host": "far-away", "pid": []'),
    "the directory is moved away": lambda state, *_: state.rename(state.with_name("elsewhere")),
}


# --- Another user -------------------------------------------------------------------------------------------------


def as_stranger(script, *arguments):
    """Run a shell command as a user who owns nothing; whether it worked, and what it printed."""
    result = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *map(str, arguments)],
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        timeout=PATIENCE,
    )
    return result.returncode == 0, result.stdout


def second_user(chance, directory, loaded, tally):
    """While a review goes on and afterwards, no other user reads, lists, writes or locks anything of it."""
    answers = SCREEN_SCRIPTS["early"]
    expected = stages(answers, loaded)
    place = directory / "place"
    place.mkdir()
    os.chmod(place, chance.choice((0o755, 0o1777)))  # noqa: PTH101 - whatever the umask
    state, kept = place / "state", place / "kept"
    old = os.umask(chance.choice((0, 0o022)))
    talk = Piped(FRESH, environment_of(state), expected)
    os.umask(old)
    try:
        with naming("another user"):
            talk.begin()
            for answer in answers[:2]:
                talk.say(answer, answer=True)
            check_closed(place, talk, tally)
            talk.say(f"/keep {kept}")
            talk.say(answers[2], answer=True)
            check_closed(place, talk, tally)
            hold(talk.position == 3, "another user can hold up a review", talk.words())
            talk.leave("quit")
            check_closed(place, talk, tally)
    finally:
        talk.stop()


def check_closed(place, talk, tally):
    """Another user tries all of it."""
    files = [path for path in place.rglob("*") if path.is_file()]
    hold(len(files) >= 2, "there is nothing to be read", talk.words())
    for path in files:
        for script in ('cat "$1"', 'stat "$1"', 'echo x >> "$1"', 'rm -f "$1"', 'exec 9<"$1"', 'ln "$1" "$1.x"'):
            worked, said = as_stranger(script, path)
            hold(not worked, f"another user can: {script} of {path.name}", said)
            tally.add("another user refused")
    for directory in {path.parent for path in files}:
        for script in ('ls "$1"', 'touch "$1/x"', 'cd "$1"'):
            worked, said = as_stranger(script, directory)
            hold(not worked, f"another user can: {script} of {directory.name}", said)
            tally.add("another user refused")
    if talk.process.poll() is None:
        _, said = as_stranger('cat /proc/"$1"/cmdline /proc/"$1"/environ; ls -l /proc/"$1"/fd', talk.process.pid)
        hold(str(talk.expected[3].session.turns[2].text) not in said, "another user sees an answer", said)


def older_lock_of_another(chance, directory, loaded, tally):
    """What another user put where a review is to be kept is neither followed nor written to."""
    place = directory / "place"
    place.mkdir()
    os.chmod(place, 0o1777)  # noqa: PTH101 - whatever the umask
    target = place / "theirs"
    kind = chance.choice(('ln -s "$2" "$1"', 'touch "$1"; chmod 666 "$1"', 'mkdir "$1"'))
    name = chance.choice(("X.jsonl", "X.lock"))
    as_stranger(f'touch "$2"; chmod 666 "$2"; {kind}', place / name, target)
    answers = SCREEN_SCRIPTS["early"]
    with naming(f"another user made {name} beforehand: {kind}"):
        code, said = ran([*FRESH, "--plain"], place, "".join(f"{one}\n" for one in answers[:3]))
        hold(code in LEFT, f"exit code {code}", said)
        _, seen = as_stranger('cat "$1"/* 2>&1', place)
        tally.add("places prepared by another user,", "refused" if code == 2 else "used")
        theirs = [path for path in place.rglob("*") if path.is_file() and path.stat().st_uid == STRANGER]
        seen += "".join(path.read_text() for path in theirs)
        hold(json.dumps(answers[2]) not in seen, "another user reads the answers", said)


# --- The campaign -------------------------------------------------------------------------------------------------


def signalled_review(chance, directory, loaded, tally, **fixed):
    """As `disturbed_review`, with signals."""
    disturbed_review(chance, directory, loaded, tally, kind="signal", **fixed)


RUNS = {
    disturbed_review: 10,
    signalled_review: 5,
    altered_file: 3,
    second_process: 4,
    opened_to_others: 1,
    **({second_user: 1, older_lock_of_another: 1} if os.geteuid() == 0 else {}),
}
"""What a campaign does, and how often."""
