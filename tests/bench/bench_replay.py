"""Speed and memory of replaying: python tests/bench/bench_replay.py [MOST]

Prints transcripts a second of determinations alone, the cost of a full replay against reading the answers alone, what a
second process brings, and the memory for 1,000 and for MOST (100,000) transcripts in one stream.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

ANSWERS = [
    ("age", "{age}"), ("laterality", "right"), ("imaging", "MRI 10/28, report on file"), ("stage", "ARCO {stage}"),
    ("collapse", "no collapse"), ("arthritis", "KL {grade}"), ("symptoms", "R groin pain x{age} wks, limps"), ("circumstances", "no"),
]  # fmt: skip


def made(number, file, loaded, distinct=False):
    """Recorded transcripts of eight answers, with ages, stages and grades that vary; `distinct`: no answer twice."""
    from assistant.answering import reads
    from assistant.events import Answered, Started
    from assistant.interview import completed, start
    from assistant.transcript import encode

    kinds = []
    for age in range(20, 60, 3):
        for stage in (1, 2, 3):
            for grade in (0, 2, 3):
                first = Started(policy="hip-core-decompression", version=2, case="bench", intake=False)
                session = start(loaded, reads(loaded), first)
                lines = [encode(first)]
                for question, text in ANSWERS:
                    said = text.format(age=age, stage=stage, grade=grade)
                    if distinct:
                        said += f", see page {len(kinds) * 10 + len(lines)}"
                    written, session = completed(session, Answered(question=question, text=said))
                    lines.append(encode(written))
                kinds.append("\n".join(lines) + "\n")
    for i in range(number):
        file.write(kinds[i % len(kinds)])


def seconds(*options):
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "assistant", "replay", *options], check=True, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    return time.perf_counter() - began


def peak(*options):
    """Megabytes at most in a process of its own."""
    program = "import resource, sys; from assistant.cli import main; main(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", program, "replay", *options], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return float(run.stderr.split()[-1])


def compared(place, loaded, name):
    """A full replay against reading the same answers once."""
    from assistant.answering import reads
    from assistant.readers import reader_of
    from assistant.replay import replay
    from assistant.transcript import parse_piece, pieces_in

    path = place / "few.jsonl"
    with path.open("w") as file:
        made(126, file, loaded, distinct=name == "no answer twice")
    few = [parse_piece(piece) for piece in pieces_in([path])]
    answers = [(e.text, e.question) for events in few for e in events[1:]]
    for events in few[:20]:
        replay(loaded, events)
    began = time.process_time()
    for _ in range(3):
        for text, question in answers:
            reader_of(loaded).read(text, question)
    reading = time.process_time() - began
    whole = 0.0
    for _ in range(3):
        reads.cache_clear()  # answers that were read once are remembered; here each run meets them anew
        began = time.process_time()
        for events in few:
            replay(loaded, events)
        whole += time.process_time() - began
    rate = 3 * len(few) / whole
    print(
        f"full replay, {name}: {whole / reading:.2f} times the cost of reading once ({rate:,.0f} transcripts a second)"
    )


def main(most=100_000):
    from assistant.policy import load

    loaded = load(None)
    with tempfile.TemporaryDirectory() as place:
        files = {}
        for number in (1_000, most):
            files[number] = Path(place) / f"{number}.jsonl"
            with files[number].open("w") as file:
                made(number, file, loaded)
        empty = Path(place) / "one.jsonl"
        with empty.open("w") as file:
            made(1, file, loaded)
        start = seconds(str(empty), "--facts-only")
        took = seconds(str(files[most]), "--facts-only") - start
        print(
            f"facts only: {most / took:,.0f} transcripts of {len(ANSWERS)} answers a second, {most:,} in {took:.1f} s"
        )
        small = seconds(str(files[1_000]), "--facts-only") - start
        print(f"growth: {took / most / (small / 1_000):.2f} times the time a transcript from 1,000 to {most:,}")
        print(
            f"facts only, 2 processes: {took / (seconds(str(files[most]), '--facts-only', '--jobs', '2') - start):.2f} times as fast"
        )
        for name in ("answers that repeat", "no answer twice"):
            compared(Path(place), loaded, name)
        low, high = peak(str(files[1_000]), "--facts-only"), peak(str(files[most]), "--facts-only")
        print(f"memory: {low:.0f} MB for 1,000, {high:.0f} MB for {most:,}: {high / low:.2f} times")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
