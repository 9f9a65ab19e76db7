"""Reviews that are driven from outside and cut off: what must be there, what the screen acknowledged, a slow line.

As a script: `python driver.py DIRECTORY FIRST STEP` runs a review in plain mode again and again, each time killed at a
later moment of saving (before, amid and after each write and fsync), and prints one line of JSON for each.
"""

import contextlib
import functools
import io
import itertools
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from terminal import Terminal

from assistant.answering import reads
from assistant.conversation import CONCLUDE_HINT, respond
from assistant.events import Answered, Asked, Noted, Picked, Started, Undone
from assistant.interview import fold, next_question, stamped, start
from assistant.journal import repair
from assistant.release_view import release_side
from assistant.transcript import read_events
from assistant.view import question_view

ASSISTANT = [sys.executable, "-m", "assistant"]
PATIENCE = 60.0
CONCLUDED = "This review is concluded."
TO_RELEASE = "Type release to release it"
REQUEST = Path(__file__).with_name("request.json")
"""A form on which everything is in order."""

SCRIPTS = {
    "early": (
        "38",
        "right",
        "MRI, report on file",
        "AVN, ARCO 2",
        "no collapse",
        "no arthritis",
        "groin pain",
        "no",
        "release",
    ),
    "asked-back": (
        "38",
        "R",
        "MRI",
        "1",
        "AVN",
        "2",
        "minimal collapse, 1 mm",
        "no OA, KL 1",
        "R hip pain 7 mo",
        "no",
        "release",
    ),
    "film": ("38", "L hip", "x-ray only, no MRI or CT", "no", ""),
}
# On the screen the question tells how far the review is, so each answer must lead to a question not seen before.
SCREEN_SCRIPTS = {**SCRIPTS, "long": ("38", "right", "MRI 11/3, rads report on file; " * 250, "AVN, ARCO 3", "no", "")}
# In plain mode prompts are counted, so these may go back; a terminal takes no line of more than 4,095 bytes.
PLAIN_SCRIPTS = {
    **SCRIPTS,
    "long": ("38", "right", "MRI 11/3, rads report on file; " * 130, "AVN, ARCO 3", "no", ""),
    "changes": (
        "38",
        "left",
        "/undo",
        "right",
        "MRI, report on file",
        "/note I2b p. 3",
        "stage 2",
        "/undo",
        "ARCO 3",
        "no",
        "",
    ),
}


# --- What a review must be after each answer ----------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A review after some of its answers, as the fold says: nothing of this comes from a terminal or a file."""

    session: object
    marker: str

    @property
    def ask(self):
        ask = next_question(self.session)
        return ask and (ask.question.id, ask.side, ask.ask_back, ask.fact)

    @property
    def determinations(self):
        return [(s.side, s.determination.outcome, dict(s.determination.criteria)) for s in self.session.sides]


def marker(session):
    """Words on the screen that no earlier stage of a script shows."""
    view = question_view(session)
    if view:
        return view.text
    if session.concluded:
        return CONCLUDED
    return TO_RELEASE if release_side(session) else CONCLUDE_HINT


@functools.cache
def stages(answers, loaded, *, intake=False):
    """The review after none, one, two ... all of the answers."""
    request = {} if intake else json.loads(REQUEST.read_text())
    begun = Started(policy=loaded.policy.id, version=loaded.policy.version, intake=intake, request=request)
    session = start(loaded, reads(loaded), begun)
    found = [Stage(session, marker(session))]
    for answer in answers:
        reply = respond(session, answer)
        assert reply.events, f"{answer!r} was not taken: {reply.lines}"
        _, session = stamped(session, reply.events, "")
        found.append(Stage(session, marker(session)))
    return found


def plain_facts(events):
    """What happened, without times, digests, and a question that was put but not answered."""
    kept = list(events[1:])
    while kept and isinstance(kept[-1], Asked) and kept[-1].question:
        kept.pop()
    told = []
    for event, after in itertools.zip_longest(kept, kept[1:]):
        stray = isinstance(event, Asked) and isinstance(after, Asked) and event.question == after.question
        if not stray:
            fields = {n for n in type(event).model_fields if n not in {"at", "chain", "rationale", "texts"}}
            told.append(event.model_dump(mode="json", include=fields))
    return told


def said(events):
    """The texts that were given, in order, undone ones too."""
    return [getattr(e, "text", "/undo") for e in events if isinstance(e, Answered | Picked | Noted | Undone)]


def saved_stage(path, expected):
    """How many answers a journal holds: it must be exactly one of the stages, from the question to the criteria."""
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    repair(copy)
    events = read_events(copy)
    copy.unlink()
    told = plain_facts(events)
    found = [n for n, stage in enumerate(expected) if plain_facts(stage.session.events) == told]
    assert len(found) == 1, f"{path} is at no stage of its review; it holds {[one[:30] for one in said(events)]}"
    stage = expected[found[0]]
    loaded = stage.session.loaded
    session = fold(loaded, reads(loaded), events)
    again = Stage(session, marker(session))
    assert again.ask == stage.ask
    assert again.determinations == stage.determinations
    return found[0]


def torn(path):
    """Whether a file ends amid a line."""
    return path.read_bytes()[-1:] not in {b"", b"\n"}


# --- A review in a terminal ---------------------------------------------------------------------------------------


class Driven:
    """A review in a terminal of its own, on the screen or in plain mode, and how many answers it acknowledged."""

    def __init__(self, shell, case, expected, *, command=None, size=(80, 24), environment=None, options=()):
        self.shell = shell
        self.case = case
        self.expected = expected
        self.sent = 0
        plain = ["--plain"] if shell == "plain" else []
        command = command or [
            *ASSISTANT,
            "review",
            "--no-intake",
            "--request",
            str(REQUEST),
            "--case",
            case,
            *plain,
            *options,
        ]
        self.terminal = Terminal(size=size, command=command, environment=environment)
        self.without_echo()

    def without_echo(self):
        """All bytes that come are the program's own."""
        attributes = termios.tcgetattr(self.terminal.fd)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self.terminal.fd, termios.TCSANOW, attributes)

    @property
    def shown(self):
        """The words on the screen, without the criteria beside them."""
        rows = (row.split("│")[0].rstrip("▐▌█ ") for row in self.terminal.text.splitlines())
        return " ".join(" ".join(rows).split())

    @property
    def acknowledged(self):
        """Answers to which there was any reply."""
        if self.shell == "plain":
            return acknowledged_lines(bytes(self.terminal.output))
        shown = self.shown
        stages_shown = [n for n, stage in enumerate(self.expected) if " ".join(stage.marker.split()) in shown]
        if "1. Request and policy" in shown:  # the rationale, opened over the interview at its end
            stages_shown.append(len(self.expected) - 1)
        return max(stages_shown, default=0)

    @property
    def ready(self):
        """Whether the next question stands there, and the field or prompt waits."""
        if self.shell == "plain":
            return bytes(self.terminal.output).count(b"\r\n> ") > self.sent
        return self.acknowledged >= self.sent and any(stage.marker[:12] in self.shown for stage in self.expected)

    def until(self, condition, what):
        """Read until something is so."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < PATIENCE, f"no {what} in the {self.shell}:\n{self.terminal.text}"
            assert self.terminal._read(0.1) is not None, f"ended before {what}:\n{self.terminal.text}"
        return self

    def until_ready(self):
        """Read until the next question stands there."""
        if self.shell == "screen" and self.sent == len(self.expected) - 1:
            return self.until(lambda: "1. Request and policy" in self.shown, "rationale")
        return self.until(lambda: self.ready, f"reply to answer {self.sent}")

    def resumed(self, number):
        """Wait until a resumed review stands where it was left; answers are counted from there."""
        self.expected = self.expected[number:]
        words = " ".join(self.expected[0].marker.split())
        return self.until(lambda: words in self.shown, f"question after answer {number}")

    def send(self, keys):
        """Type without waiting."""
        os.write(self.terminal.fd, keys.encode())

    def empty_field(self, held):
        """Take back what stands in the field."""
        self.send("\x15")
        return self.until(lambda: held not in self.shown, "empty field")

    def give(self, answer):
        """Type an answer, and wait for the reply; a long one is pasted."""
        self.send(self.typed(answer) + "\r")
        self.sent += 1
        return self.until_ready()

    def typed(self, answer):
        """The bytes for an answer; a terminal takes no line of more than 4,095 bytes, but a screen is pasted to."""
        return f"\x1b[200~{answer}\x1b[201~" if self.shell == "screen" and len(answer) > 500 else answer

    def drain(self):
        """Read what was written before the process ended."""
        if self.terminal.fd >= 0:
            while self.terminal._read(1.0):
                pass
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.close()


def acknowledged_lines(output):
    """In plain mode: prompts after which anything was said."""
    _, *after = output.replace(b"\r\n", b"\n").split(b"\n> ")
    return sum(bool(text.strip()) for text in after)


def finish(case, expected, number, answers):
    """Resume in plain mode through a pipe, look at what is there, give the rest; what was printed."""
    given = "\n".join(["/answers", *answers[number:], ""])
    command = [*ASSISTANT, "resume", case, "--plain"]
    result = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    assert "Press Enter or type /quit to leave." in result.stdout
    if not expected[number].session.concluded:
        assert expected[number].marker in result.stdout.split("\n> ")[0]
    for turn in expected[number].session.turns:
        assert turn.text[:40] in result.stdout.split("\n> ")[1]
    return result


def check_after(case, expected, answers, *, acknowledged, sent, in_flight=1):
    """After a review was cut off: nothing acknowledged is missing, and it can be finished.

    Of what was not acknowledged, at most `in_flight` answers are there.
    """
    path = Path(os.environ["ASSISTANT_STATE_DIR"]) / f"{case}.jsonl"
    if not acknowledged and (not path.exists() or not path.stat().st_size):
        return None
    number = saved_stage(path, expected)
    assert acknowledged <= number <= min(acknowledged + in_flight, sent), (
        f"{acknowledged} answers were acknowledged, {sent} sent, {number} are saved"
    )
    finish(case, expected, number, answers)
    assert saved_stage(path, expected) == len(answers)
    return number


# --- Killed at each moment of saving ------------------------------------------------------------------------------


class Moments:
    """Stands in for the calls that save; at the moment with a given number the process kills itself."""

    def __init__(self, last):
        self.last = last
        self.count = 0
        self.write = os.write
        self.fsync = os.fsync
        self.open = os.open

    def here(self):
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def install(self):
        os.write, os.fsync, os.open = self._write, self._fsync, self._open

    def _write(self, handle, data):
        data = bytes(data)
        for part in (data[: len(data) // 2], data[: data.find(b"\n") + 1]):
            if self.count == self.last:
                self.write(handle, part)
            self.here()
        return self.write(handle, data)

    def _fsync(self, handle):
        self.here()
        self.fsync(handle)
        self.here()

    def _open(self, path, flags, *more, **others):
        handle = self.open(path, flags, *more, **others)
        if flags & (os.O_CREAT | os.O_APPEND):
            self.here()
        return handle


def run_until(moment, directory, answers):
    """In a child: a review in plain mode that kills itself at a moment, or ends."""
    from assistant import cli

    os.environ["ASSISTANT_STATE_DIR"] = str(directory)
    with (directory / f"M{moment}.out").open("wb", buffering=0) as out:
        sys.stdout = io.TextIOWrapper(out, write_through=True)
        sys.stdin = io.StringIO("".join(f"{a}\n" for a in answers))
        if isinstance(moment, int):
            Moments(moment).install()
        return cli.main(["review", "--no-intake", "--request", str(REQUEST), "--case", f"M{moment}", "--plain"])


def kill_at_each_moment(directory, first, step):
    """Fork a review for each moment, until one is not killed any more."""
    answers = SCRIPTS["film"]
    told, sys.stdout = sys.stdout, None
    run_until("whole", Path(directory), answers)  # what is imported for this one serves all children
    sys.stdout = told
    for moment in itertools.count(int(first), int(step)):
        child = os.fork()
        if not child:
            status = 70
            with contextlib.suppress(BaseException):
                status = run_until(moment, Path(directory), answers)
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"moment": moment, "status": status}), flush=True)
        if status != -signal.SIGKILL:
            break


# --- A slow line --------------------------------------------------------------------------------------------------


class SlowLine:
    """A TCP proxy: so many bytes a second and so many seconds of delay, in each direction."""

    def __init__(self, port, *, rate=10_000, delay=0.2):
        self.rate = rate
        self.delay = delay
        self.target = port
        self.carried = {"up": 0, "down": 0}
        self._frozen = threading.Event()
        self._sockets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets += [near, far]
                self._carry(near, far, "up")
                self._carry(far, near, "down")

    def _carry(self, source, target, way):
        waiting = queue.Queue(64)

        def take():
            free = 0.0
            data = b"-"
            while data:
                try:
                    data = source.recv(1024)
                except OSError:
                    data = b""
                free = max(time.monotonic(), free) + len(data) / self.rate
                waiting.put((free + self.delay, data))

        def pass_on():
            while True:
                due, data = waiting.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if self._frozen.is_set():
                    continue
                try:
                    if not data:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(data)
                    self.carried[way] += len(data)
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        threading.Thread(target=pass_on, daemon=True).start()

    def freeze(self):
        """From now on nothing comes through, and neither side is told."""
        self._frozen.set()

    def close(self):
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the threads that read
            one.close()


# --- A real sshd --------------------------------------------------------------------------------------------------

TOOLS = {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}


def tool(name):
    """Where a program is; sshd is seldom on the path of a user."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def missing_tools():
    """Why there can be no sshd here; empty when there can."""
    missing = [
        f"{name} is not installed (Debian package {package})" for name, package in TOOLS.items() if not tool(name)
    ]
    return "; ".join(missing)


class Server:
    """An sshd of our own on a free loopback port, with keys made on the spot."""

    def __init__(self, directory):
        self.directory = directory
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(
                [tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True
            )
        shutil.copyfile(directory / "user.pub", directory / "authorized_keys")
        for _ in range(5):  # another process may take the port between finding and using it
            self.port = free_port()
            self._begin()
            if self._answers():
                break
            self.close()
        else:
            raise AssertionError((directory / "sshd.log").read_text())

    def _begin(self):
        config = self.directory / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1:{self.port}\n"
            f"HostKey {self.directory}/host\n"
            f"PidFile {self.directory}/sshd.pid\n"
            f"AuthorizedKeysFile {self.directory}/authorized_keys\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin prohibit-password\nUseDNS no\nPrintMotd no\nPrintLastLog no\nMaxStartups 100\n"
            "AcceptEnv LANG LC_* NO_COLOR ASSISTANT_* PYTHON* TMUX_TMPDIR\n"
        )
        host = " ".join((self.directory / "host.pub").read_text().split()[:2])
        (self.directory / "known_hosts").write_text(f"assistant-test {host}\n")
        with (self.directory / "sshd.log").open("w") as log:
            self.process = subprocess.Popen([tool("sshd"), "-D", "-e", "-f", str(config)], stderr=log)

    def _answers(self):
        began = time.monotonic()
        while self.process.poll() is None and time.monotonic() - began < PATIENCE:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            time.sleep(0.05)
        return False

    def command(self, remote, *, port=None, environment=None, options=()):
        """An ssh client that runs a command in a terminal over there."""
        import getpass

        passed = {k: v for k, v in os.environ.items() if k == "PYTHONPATH" and v}
        setting = " ".join(f'"{k}={v}"' for k, v in (passed | (environment or {})).items())
        chosen = {
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "HostKeyAlias": "assistant-test",
            "UserKnownHostsFile": self.directory / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "LogLevel": "ERROR",
            **({"SetEnv": setting} if setting else {}),
        }
        settings = [f"-o{name}={value}" for name, value in chosen.items()]
        where = ["-p", str(port or self.port), "-i", str(self.directory / "user"), "-l", getpass.getuser()]
        return [tool("ssh"), "-F", "none", "-tt", "-e", "none", *where, *settings, *options, "127.0.0.1", remote]

    def close(self):
        self.process.terminate()
        self.process.wait(20)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


if __name__ == "__main__":
    kill_at_each_moment(*sys.argv[1:])
