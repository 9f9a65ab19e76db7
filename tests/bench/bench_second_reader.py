"""What the second reader costs: `python tests/bench/bench_second_reader.py`. Times are only reported, as ratios, too."""

import json
import time
from pathlib import Path

from assistant.answering import proposals, readings
from assistant.findings import Context
from assistant.matching import load_second_reader
from assistant.policy import load
from assistant.readers import reader_of

ANSWERS = Path(__file__).parents[1] / "answers"


def main():
    loaded = load()
    rows = [json.loads(line) for line in (ANSWERS / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(row["text"], loaded.prompts.question[row["question"]]) for row in rows]
    reader_of(loaded)
    began = time.perf_counter()
    load_second_reader(loaded.library.doubt())
    opening = time.perf_counter() - began
    for text, question in asked[:20]:
        proposals(loaded, text, question, readings(loaded, text, question, Context()), ())
    first = second = 0.0
    count = 0
    for text, question in asked:
        began = time.perf_counter()
        read = readings(loaded, text, question, Context())
        between = time.perf_counter()
        proposals(loaded, text, question, read, ())
        first, second = first + between - began, second + time.perf_counter() - between
        count += len(read)
    print(f"weights loaded in {1000 * opening:.1f} ms")
    print(
        f"second reader {1000 * second / count:.3f} ms a reading, {second / first:.2f} of the time of the first reader"
    )


if __name__ == "__main__":
    main()
