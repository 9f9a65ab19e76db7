"""What reading costs: `python tests/bench/bench_reading.py [SECONDS]`.

Times are those of this machine and are only reported: answers a second, growth with the vocabulary and with the length
of an answer, and both against rapidfuzz `process.extractOne` over the same terms in the same run.
"""

import json
import random
import string
import subprocess
import sys
import time
from pathlib import Path

from rapidfuzz import fuzz, process

from assistant.batch import interpret
from assistant.matching.phrases import listed
from assistant.matching.reader import Reader
from assistant.matching.vocabulary import Vocabulary
from assistant.policy import load, load_vocabulary
from assistant.readers import reader_of

ANSWERS = Path(__file__).parents[1] / "answers"
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
HOSTILE = {
    "prose": "No fracture, mild OA of the knee. R hip pain; ARCO 2, age 38, 3 mm. ",
    "no": "no ",
    "no pain,": "no pain, ",
    "stage 2": "stage 2 ",
    "digits": "1 ",
    "brackets": "(",
    "mri or ct": "mri or ct ",
    "left right": "left right ",
    "letters": "a",
    "misspelt": "osteonecorsis collapsd ",
    "tags": "<b>",
    "zero width": "\u200b",
}


def rows():
    names = ("dev", "fresh-a", "fresh-b")
    texts = [(ANSWERS / f"{name}.jsonl").read_text(encoding="utf-8") for name in names]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def rate(read, answers):
    """Calls a second over the answers, taken in turn."""
    for answer in answers:
        read(answer)
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for answer in answers:
            read(answer)
        done += len(answers)
    return done / (time.perf_counter() - began)


def seconds(read, text):
    """The best of three."""
    best = 9e9
    for _ in range(3):
        began = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - began)
    return best


def larger(times):
    """The policy's vocabulary with so many times its decoys, random two-word phrases."""
    chance = random.Random(1)

    def word():
        return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(4, 10)))

    document = dict(load_vocabulary("hip"))
    terms = sum(1 for _ in phrases_of(document))
    extra = [f"{word()} {word()}" for _ in range(terms * (times - 1))]
    return [{**document, "decoys": [*listed(document["decoys"]), *extra]}], terms


def phrases_of(document):
    """All phrases of a vocabulary: they stand in lists, or in texts with commas."""
    if isinstance(document, dict):
        for value in document.values():
            yield from listed(value) if isinstance(value, str) and "," in value else phrases_of(value)
    elif isinstance(document, list):
        for value in document:
            if isinstance(value, str):
                yield value
            else:
                yield from phrases_of(value)


def main():
    loaded = load()
    reader = reader_of(loaded)
    answers = rows()
    ours = rate(lambda row: interpret(loaded, row["text"], row["question"]), answers)
    terms = sorted({str(p) for p in phrases_of(load_vocabulary("hip"))})
    fuzzy = rate(lambda row: process.extractOne(row["text"], terms, scorer=fuzz.WRatio), answers[:60])
    print(f"{len(answers)} answers, {len(terms)} phrases")
    print(f"interpret                      {ours:9.0f} answers/s")
    print(f"rapidfuzz extractOne (WRatio)  {fuzzy:9.0f} answers/s   interpret is {ours / fuzzy:.1f} times as fast")

    print("\nvocabulary   answers/s   time to x1   extractOne time to x1")
    first = first_fuzzy = 0.0
    for times in (1, 10, 100):
        documents, _ = larger(times)
        vocabulary = Vocabulary(documents, reader.context)
        wide = Reader(vocabulary, reader.context, reader.domains, reader.frames)
        each = 1 / rate(lambda row, wide=wide: wide.read(row["text"], row["question"]), answers)
        choices = [str(p) for p in phrases_of(documents[0])]
        each_fuzzy = 1 / rate(lambda row, choices=choices: process.extractOne(row["text"], choices), answers[:4])
        first, first_fuzzy = first or each, first_fuzzy or each_fuzzy
        print(f"x{times:<10} {1 / each:10.0f} {each / first:12.2f} {each_fuzzy / first_fuzzy:23.2f}")

    print("\nlength: ms for 1,250 / 5,000 / 10,000 characters, time of the last to the one before (2 is linear)")
    for name, unit in HOSTILE.items():
        taken = [
            seconds(lambda text: interpret(loaded, text, "stage"), (unit * size)[:size])
            for size in (1250, 5000, 10_000)
        ]
        print(f"{name:12}", *(f"{1000 * t:8.1f}" for t in taken), f"{taken[2] / taken[1]:8.2f}")

    code = "from assistant.policy import load; from assistant.batch import interpret; interpret(load(), '38', 'age')"
    starts = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        starts.append(time.perf_counter() - began)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import rapidfuzz, yaml, pydantic"], check=True)
    bare = time.perf_counter() - began
    print(f"\nprocess to first answer {min(starts):.2f} s; importing rapidfuzz, yaml and pydantic alone {bare:.2f} s")


if __name__ == "__main__":
    main()
