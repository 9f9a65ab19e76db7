"""A real terminal to run the screen in: what it sends, what is seen, which modes it leaves on."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

STUB = Path(__file__).with_name("stub_review.py")
ENVIRONMENT = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "TEXTUAL_DISABLE_KITTY_KEY": "1",
    "TEXTUAL_ANIMATIONS": "none",
}
REPLIES = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;0$y"}
UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
MODES = {
    b"1000": "mouse",
    b"1002": "mouse",
    b"1003": "mouse",
    b"1006": "mouse",
    b"1004": "focus reports",
    b"1049": "alternate screen",
    b"2004": "bracketed paste",
    b"2048": "in-band resize",
}


class Terminal:
    def __init__(self, *arguments, size=(80, 24), environment=None, command=None):
        self.size = size
        self.output = bytearray()
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.fd, child = pty.openpty()
        self._set_size(*size)
        clean = {
            k: v
            for k, v in os.environ.items()
            if k not in {"NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "COLUMNS", "LINES"}
        }
        self.process = subprocess.Popen(
            command or [sys.executable, str(STUB), *map(str, arguments)],
            stdin=child,
            stdout=child,
            stderr=child,
            env=clean | ENVIRONMENT | (environment or {}),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - SIGHUP needs a controlling terminal
        )
        os.close(child)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _read(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        self.output += data
        for query, reply in REPLIES.items():
            if query in data:
                os.write(self.fd, reply)
        self._stream.feed(UNKNOWN_TO_PYTE.sub(b"", data))
        return data

    def settle(self, quiet=0.4, limit=60.0):
        """Read until nothing comes for a while and nobody is at work on more; how many bytes came."""
        began, count = time.monotonic(), 0
        while time.monotonic() - began < limit:
            data = self._read(quiet)
            if data is None or (not data and not self._at_work()):
                break
            count += len(data)
        return count

    def _at_work(self):
        """Whether a process of the session runs or waits for a processor: a busy host is slow, not done."""
        for stat in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
                if state in "RD" and int(session) == self.process.pid:
                    return True
        return False

    def wait_for(self, text, limit=60.0):
        began = time.monotonic()
        while text not in self.text:
            assert time.monotonic() - began < limit, f"no {text!r} on the screen:\n{self.text}"
            assert self._read(0.2) is not None, f"ended before {text!r}:\n{self.text}"
        return self

    def type(self, keys, quiet=0.15):
        """Send keys at once; how many bytes came back."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)
        return self.settle(quiet)

    def flood(self, keys):
        """Send more than a terminal holds."""
        rest = memoryview(keys)
        while rest:
            if select.select([], [self.fd], [], 0.05)[1]:
                rest = rest[os.write(self.fd, rest[:4_000]) :]
            while select.select([self.fd], [], [], 0)[0]:
                self._read(0)

    def press(self, key):
        """Send one key that changes the screen; how many bytes came back."""
        os.write(self.fd, key.encode() if isinstance(key, str) else key)
        assert select.select([self.fd], [], [], 60)[0], f"no reply to {key!r}"
        return self.settle(0.05)

    @property
    def text(self):
        return "\n".join(row.rstrip() for row in self.screen.display)

    def end(self, keys=None, number=None):
        """Leave by keys or a signal; the exit status."""
        if keys:
            os.write(self.fd, keys)
        if number:
            self.process.send_signal(number)
        began = time.monotonic()
        while self.process.poll() is None and time.monotonic() - began < 60:
            self._read(0.05)
        while self._read(0.1):
            pass
        return self.process.poll()

    def hang_up(self):
        """The line drops: nobody reads any more, and the system sends SIGHUP."""
        os.close(self.fd)
        self.fd = -1
        return self.process.wait(60)

    def modes_left_on(self):
        state = {}
        for codes, switch in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", bytes(self.output)):
            for code in codes.split(b";"):
                state[code] = switch == b"h"
        left = {name for code, name in MODES.items() if state.get(code)}
        left |= set() if state.get(b"25", True) else {"hidden cursor"}
        kitty = sum(1 if kind == b">" else -1 for kind in re.findall(rb"\x1b\[([><])[0-9;]*u", bytes(self.output)))
        return left | ({"kitty keys"} if kitty > 0 else set())

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.fd >= 0:
            os.close(self.fd)
