"""What the screen costs over a slow line: `python tests/bench/bench_screen.py [RUNS]`.

Byte counts are the same on every machine and have budgets, which tests/tui asserts. Times and memory are those of this
machine, as ratios to a bare Textual app that imports the same libraries, and are only reported.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))

from terminal import Terminal

BARE = """
import jinja2, pydantic, rapidfuzz, yaml
from textual.app import App
from textual.widgets import Static
class Bare(App):
    BINDINGS = [("ctrl+q", "quit", "Quit")]
    def compose(self):
        yield Static("How old is the patient")
Bare().run(mouse=False)
"""
SENTENCE = "38 yo, right hip and groin pain for eight months, walks with a cane"
READY = "How old is the patient"


def memory_kib(pid):
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def started(size=(80, 24), command=None):
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        screen = Terminal(Path(directory) / "review.jsonl", size=size, command=command).wait_for(READY)
        return screen, time.perf_counter() - began


def measured(runs, command=None):
    """Medians of the seconds to the first paint and of KiB, after one run that compiles what is imported."""
    seconds, memory = [], []
    started(command=command)[0].close()
    for _ in range(runs):
        screen, taken = started(command=command)
        screen.settle()
        seconds.append(taken)
        memory.append(memory_kib(screen.process.pid))
        screen.close()
    return statistics.median(seconds), statistics.median(memory)


def report(name, value, budget, unit="bytes"):
    print(f"{name:<44}{value:>10} {unit:<6} budget {budget}")


def main(runs=3):
    for size, per_key in (((80, 24), 250), ((200, 50), 400)):
        screen, _ = started(size)
        screen.settle()
        where = f"{size[0]}x{size[1]}"
        report(f"first screen, {where}", len(screen.output), 15_000)
        keys = [screen.press(key) for key in SENTENCE]
        report(f"one key, median, {where}", round(statistics.median(keys)), per_key)
        report(f"one key, highest, {where}", max(keys), per_key)
        report(f"Enter, {where}", screen.type("\r", quiet=0.5), 10_000)
        report(f"idle for 3 s, {where}", screen.settle(quiet=3.0), 0)
        screen.end(b"\x11")
        report(f"modes left on, {where}", len(screen.modes_left_on()), 0, "modes")
        screen.close()
    bare_seconds, bare_memory = measured(runs, [sys.executable, "-c", BARE])
    seconds, memory = measured(runs)
    report("first paint against a bare app", f"{seconds / bare_seconds:.2f}", "1.2 (reported only)", "times")
    report("memory against a bare app", f"{memory / bare_memory:.2f}", "1.3 (reported only)", "times")


if __name__ == "__main__":
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": tempfile.mkdtemp()}
    main(*map(int, sys.argv[1:]))
