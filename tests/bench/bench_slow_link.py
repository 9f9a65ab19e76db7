"""What an answer costs over a slow line: `python tests/bench/bench_slow_link.py [BYTES_A_SECOND] [DELAY]`.

A real ssh client and sshd, with a proxy between them that carries so many bytes a second (10,000) and delays all by so
many seconds (0.2), in each direction. From Enter to the next question on the screen; times are only reported.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[1] / directory) for directory in ("tui", "durability"))

import driver

from assistant.policy import load

ANSWERS = driver.SCRIPTS["early"][:6]
# The first answer is not counted: with it, what reading needs is compiled.


def measured(shell, server, rate, delay, options):
    """Seconds to the first question, and for each answer; bytes that came down for each answer."""
    expected = driver.stages(driver.SCRIPTS["early"], load())
    line = driver.SlowLine(server.port, rate=rate, delay=delay)
    with tempfile.TemporaryDirectory() as state:
        environment = {"ASSISTANT_STATE_DIR": state, "LANG": "C.UTF-8"}
        plain = "--plain" if shell == "plain" else ""
        remote = f"stty -echo; {sys.executable} -m assistant review --no-intake --case X {plain}"
        command = server.command(remote, port=line.port, environment=environment, options=options)
        began = time.monotonic()
        with driver.Driven(shell, "X", expected, command=command, environment={"TERM": "xterm-256color"}) as review:
            review.until_ready()
            first = time.monotonic() - began
            seconds, carried = [], []
            for answer in ANSWERS:
                review.send(review.typed(answer))
                review.terminal.settle(quiet=4 * delay + 0.3)
                before, began = line.carried["down"], time.monotonic()
                review.give("")
                seconds.append(time.monotonic() - began)
                review.terminal.settle(quiet=4 * delay + 0.3)
                carried.append(line.carried["down"] - before)
            review.terminal.end(b"/quit\r" if shell == "plain" else b"\x11")
    line.close()
    return first, seconds[1:], carried[1:]


def main(rate=10_000, delay=0.2):
    if reason := driver.missing_tools():
        raise SystemExit(reason)
    print(f"{rate:,.0f} bytes a second, {delay * 1000:.0f} ms in each direction; {len(ANSWERS) - 1} answers")
    with tempfile.TemporaryDirectory() as directory:
        server = driver.Server(Path(directory))
        try:
            for shell in ("screen", "plain"):
                for options in ((), ("-C",)):
                    first, seconds, carried = measured(shell, server, rate, delay, options)
                    print(
                        f"{shell} {'with ssh -C' if options else '':<12} seconds per answer: "
                        f"median {statistics.median(seconds):.2f}, highest {max(seconds):.2f}; "
                        f"bytes per answer: median {statistics.median(carried):.0f}; "
                        f"login and first question {first:.1f} s"
                    )
        finally:
            server.close()


if __name__ == "__main__":
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        os.environ.pop(name, None)
    main(*map(float, sys.argv[1:]))
