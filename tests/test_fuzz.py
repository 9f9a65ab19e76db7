"""Random answers, transcripts and policy files: one clear sentence or a result, never a crash, a hang or a stray file.

ASSISTANT_LONG=SECONDS runs each of the three for so many seconds instead of a few hundred inputs. A failure prints the
seed of its input; ASSISTANT_SEED=N begins there.
"""

import json
import os
import random
import shutil
import sys
import time
from pathlib import Path

import pytest
from sampling import SECONDS as LONG

from assistant.answering import reads
from assistant.conversation import respond
from assistant.errors import AssistantError
from assistant.events import Started
from assistant.interview import advance, fold, start
from assistant.journal import repair
from assistant.policy import Library, load
from assistant.rationale import render
from assistant.replay import replay
from assistant.transcript import read_events, verify

ROOT = Path(__file__).parent.parent
FIRST = int(os.environ.get("ASSISTANT_SEED") or 1)
FEW = 120
HANG = 1.0
"""Seconds of processor time that one input may take; only the long run holds to it."""

ANSWERS = [
    json.loads(line)
    for name in ("dev", "fresh-a", "prose")
    for line in (ROOT / f"tests/answers/{name}.jsonl").read_text().splitlines()
]
PIECES = [
    "\x1b[31m", "\x1b]8;;http://x\x07", "\x1b]52;c;AAAA\x07", "\x9b2J", "\x90q", "\u202e", "\u200b", "\ufeff", "\0", "\ud800", "[bold]", "[/]", "{{ 7*7 }}",
    "{% for x in y %}", "!!python/object", "&a", "*a", "\r\n", "\t", "é", "ﬁ", "Ⅲ", "½", "🦴", "((((", "))))", "????", "<b>", "&#x41;", "no ", "not ", "denies ", "? ",
    "stage ", "II", "III", "2-3", "KL", " mm", "50", "R ", "L ", "sorry, ", "/undo", "/pick ", "/edit 1 ", "//", "DOB 1/1/1980 ", "415-555-0199 ", "-" * 50, "a" * 300,
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_written_elsewhere(tmp_path):
    """An audit hook sees every file that is opened to write."""
    strays = []
    watching = [True]

    def watch(event, arguments):
        if watching[0] and event == "open" and isinstance(arguments[0], str | bytes):
            path, mode = os.fsdecode(arguments[0]), arguments[1]
            writes = (
                any(c in str(mode) for c in "wax+") if mode else bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
            )
            if writes and not path.startswith((str(tmp_path), "/dev/", "/proc/")) and "__pycache__" not in path:
                strays.append(path)

    sys.addaudithook(watch)
    yield
    watching[0] = False
    assert strays == []


def seeds():
    """Seeds until the inputs or the seconds are used up."""
    seed, end = FIRST, time.monotonic() + LONG
    while (time.monotonic() < end) if LONG else (seed < FIRST + FEW):
        yield seed
        seed += 1


def mutated(chance, data):
    """Bytes with some of them changed, cut, doubled or replaced by others that mean something."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[place:place] = chance.choice(PIECES).encode("utf-8", "surrogatepass")
            case 1:
                del data[place : place + chance.choice([1, 5, 50])]
            case 2 if data:
                data[min(place, len(data) - 1)] = chance.randrange(256)
            case 3:
                data[place:place] = data[place : place + chance.choice([10, 200])]
            case 4:
                number = str(chance.choice([-1, 0, 2, 99, 10**30, "null", "true", "1e999", '"x"', "[]"])).encode()
                data[place : place + chance.choice([0, 1, 2])] = number
            case _:
                line = data.splitlines(keepends=True)
                chance.shuffle(line)
                if chance.random() < 0.3:
                    data = bytearray(b"".join(line))
    return bytes(data)


def held(seed, began, what):
    taken = time.process_time() - began
    if LONG:
        assert taken <= HANG, f"seed {seed}: {what} took {taken:.2f} s"


def typed(chance):
    row = chance.choice(ANSWERS)
    text = row["text"] if chance.random() < 0.8 else ""
    for _ in range(chance.choice([0, 1, 2, 6])):
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(PIECES) + text[place:]
    return text * chance.choice([1, 1, 1, 1, 3]) if len(text) < 3_000 else text


def test_any_answers_make_a_review(capsys):
    loaded = load(None)
    made = 0
    for seed in seeds():
        chance = random.Random(seed)
        session = start(loaded, reads(loaded), Started(policy=loaded.policy.id, version=loaded.policy.version))
        for _ in range(chance.randrange(1, 12)):
            text = typed(chance)
            began = time.process_time()
            try:
                reply = respond(session, text)
                reply = reply.either[chance.randrange(2)] if reply.either else reply
                for event in reply.events:
                    session = advance(session, event)
            except Exception:
                print(f"seed {seed}: {text!r}")
                raise
            held(seed, began, repr(text[:100]))
            made += 1
        if seed % 20 == 0:
            form = chance.choice(["text", "markdown", "html", "json"])
            shown = render(session, form=form, audience="clinical", today=__import__("datetime").date(2026, 11, 23))
            assert not set(shown) & set(map(chr, [*range(9), 11, 12, 13, 27, 127, *range(0x80, 0xA0)])), f"seed {seed}"
    with capsys.disabled():
        print(f" {made} answers", end="")


def test_any_transcript_is_read_or_refused_in_a_sentence(tmp_path, capsys):
    loaded = load(None)
    sources = [p.read_bytes() for p in sorted((ROOT / "transcripts").glob("*.jsonl"))]
    path = tmp_path / "t.jsonl"
    whole, sentences = 0, set()
    for seed in seeds():
        chance = random.Random(seed)
        path.write_bytes(mutated(chance, chance.choice(sources)))
        began = time.process_time()
        try:
            verify(path)
            events = read_events(path)
            fold(loaded, reads(loaded), events)
            replay(loaded, events)
            whole += 1
        except AssistantError as error:
            sentences.add(str(error))
        except Exception:
            shutil.copy(path, tmp_path / "failed")
            print(f"seed {seed}")
            raise
        repair(path)
        held(seed, began, "a transcript")
    assert all(sentences)
    with capsys.disabled():
        print(f" {seed - FIRST + 1} transcripts, {whole} usable", end="")


def test_any_policy_file_is_used_or_refused_in_a_sentence(tmp_path, capsys):
    home = tmp_path / "own"
    name = Path("hip-core-decompression") / "2.yaml"
    for kind in ("policy", "prompts"):
        (home / kind / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / kind / name, home / kind / name)
    library = Library((home,))
    sources = {kind: (ROOT / kind / name).read_bytes() for kind in ("policy", "prompts")}
    good, sentences = 0, set()
    for seed in seeds():
        chance = random.Random(seed)
        kind = chance.choice(["policy", "prompts"])
        (home / kind / name).write_bytes(mutated(chance, sources[kind]))
        load.cache_clear()
        began = time.process_time()
        try:
            load("hip-core-decompression@2", library)
            good += 1
        except AssistantError as error:
            sentences.add(str(error))
        except Exception:
            print(f"seed {seed}")
            raise
        finally:
            (home / kind / name).write_bytes(sources[kind])
        held(seed, began, "a policy file")
    load.cache_clear()
    assert all(str(home) in s or "policy" in s for s in sentences)
    with capsys.disabled():
        print(f" {seed - FIRST + 1} policy files, {good} usable", end="")
