"""Train the second reader: `python tests/bench/train_second_reader.py [--out FILE] [--answers DIR]`; needs the extra `tools`.

The present reader is right on nearly all labelled answers, for its words were written with them in view. What it gets
wrong on answers that it has not seen is learned by taking words away from it: all that stand in one set of answers and
in few others, as if that set had never been seen (these count most), and phrases, cues and words drawn by chance.
Everything is measured on sets left out. The same answers and vocabulary give the same file, byte for byte.
"""

import argparse
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from assistant.answering import readings
from assistant.findings import Context
from assistant.matching.phrases import listed
from assistant.matching.second_reader import BEGIN, Familiar, common, features
from assistant.matching.text import normalise
from assistant.policy import in_order, load
from assistant.policy.files import Library, packaged
from assistant.readers import reader_of

ANSWERS = Path(__file__).parents[1] / "answers"
SETTINGS = {
    "draws": 6,  # how often words are taken away by chance
    "least": 20,  # examples that a feature must have
    "kept": 6500,  # features in the file, the heaviest
    "strictness": 0.05,  # inverse of the penalty on large weights
    "unseen_weight": 10,  # of an example from a set as if it had never been seen
    "choose_share": 0.09,  # readings that are to be chosen
    "silent_share": 0.7,  # readings below this share in risk may be silent where they are bare
    "least_pair": 4,  # times that a pair of words must stand in the answers
}
NO_PHRASES = frozenset(
    [
        "questions",
        "only_under",
        "best",
        "documents",
        "joined",
        "ordinary",
        "near_words",
        "fillers",
        "titles",
        "under",
        "fact",
        "id",
        "kind",
        "turning",
        "reasons",
        "set_aside",
        "rules",
        "none",
        "statement",
        "abbreviations",
        "numbers",
        "decades",
        "bounds",
        "modifiers",
        "letters",
        "labels",
        "classes",
        "bare",
    ]
)
"""What in a vocabulary holds no phrases, or none that a reader could do without."""
FOLDS = 4

Drop = Callable[[str, str], bool]


@dataclass(frozen=True)
class Thinned(Library):
    """The packaged vocabulary without some of its phrases."""

    name: str = ""
    drop: Drop = field(default=lambda _vocabulary, _phrase: False, compare=False)

    def vocabulary(self, name):
        return thinned(super().vocabulary(name), lambda phrase: self.drop(name, phrase))


def thinned(content, drop, key=""):
    """A vocabulary without the phrases to drop; of a list, one stays."""
    if key in NO_PHRASES:
        return content
    if isinstance(content, dict):
        return {k: thinned(v, drop, k) for k, v in content.items()}
    if isinstance(content, str) and "," in content:
        content = list(listed(content))
    if isinstance(content, list):
        if all(isinstance(phrase, str) for phrase in content):
            return [p for p in content if not drop(p)] or content[:1]
        return [thinned(part, drop, key) for part in content]
    return content


@cache
def spaced(text):
    return f" {' '.join(t.text for t in normalise(text).tokens)} "


def chance(*of):
    return random.Random("/".join(map(str, of))).random()


def rows_of(directory):
    """The labelled answers by set. Those that need a request form beside them are left out."""
    sets = {}
    for path in sorted(directory.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        sets[path.stem] = [row for row in rows if "form" not in row]
    return {name: rows for name, rows in sets.items() if rows}


def thinnings(sets):
    """Each reader to learn from: its name, whether its sets are as if unseen, the sets it reads, what it lacks."""
    texts = {name: "".join(spaced(row["text"]) for row in rows) for name, rows in sets.items()}

    @cache
    def sets_with(phrase):
        return frozenset(name for name, text in texts.items() if spaced(phrase) in text)

    yield "whole", False, list(sets), None
    for name in sets:
        for most in (1, 2, 4):

            def unseen(_vocabulary, phrase, name=name, most=most):
                return name in sets_with(phrase) and len(sets_with(phrase)) <= most

            yield f"unseen {most}", True, [name], unseen
    for draw in range(int(SETTINGS["draws"])):
        yield "tenth", False, list(sets), lambda v, p, d=draw: chance("tenth", d, v, p) < 0.1
        yield "quarter", False, list(sets), lambda v, p, d=draw: chance("quarter", d, v, p) < 0.25
        yield "cues", False, list(sets), lambda v, p, d=draw: v == "context" and chance("cue", d, p) < 0.4
        yield (
            "words",
            False,
            list(sets),
            lambda _v, p, d=draw: any(chance("word", d, w) < 0.06 for w in spaced(p).split()),
        )


@dataclass(frozen=True)
class Example:
    """A reading of a thinned reader, and whether the label says otherwise."""

    of: str
    thinning: str
    unseen: bool
    wrong: bool
    found: tuple[str, ...]


def plain(value):
    text = str(value).strip().lower()
    return text.removesuffix(".0") if text.replace(".", "", 1).isdigit() else text


def wrong(loaded, row, reading):
    """Whether a label says otherwise than a reading that settles its fact; None for one that settles nothing."""
    values = list(reading.ordered) or list(in_order(loaded.policy, reading.fact, reading.values))
    gold = row["gold"].get(reading.fact)
    if loaded.policy.fact[reading.fact].kind == "codes":
        return set(values) != set(gold or ()) if values else None
    return plain(values[0]) != plain(gold) if len(values) == 1 else None


def examples_of(loaded, rows, of, thinning, unseen, familiar):
    labelled = {fact for row in rows for fact in row["gold"]}  # a set that labels a fact nowhere says nothing of it
    reader = reader_of(loaded)
    for row in rows:
        question = loaded.prompts.question[row["question"]]
        read = readings(loaded, row["text"], question, Context())
        judged = [(r, wrong(loaded, row, r)) for r in read if r.fact in labelled]
        judged = [(r, is_wrong) for r, is_wrong in judged if is_wrong is not None]
        if not judged:
            continue
        around = reader.surroundings(row["text"], question.id)
        surprises = familiar.surprises(around)
        for reading, is_wrong in judged:
            found = features(
                around, reading, asked=reading.fact in question.facts, readings=len(read), surprises=surprises
            )
            yield Example(of, thinning, unseen, is_wrong, tuple(map(sys.intern, dict.fromkeys(found))))


def counted(loaded, rows):
    """How often words, and pairs of them, stand in answers."""
    words, pairs = Counter(), Counter()
    reader = reader_of(loaded)
    for row in rows:
        answer = [BEGIN, *common(reader.surroundings(row["text"], row["question"]))]
        words.update(answer)
        pairs.update(f"{one} {other}" for one, other in pairwise(answer))
    least = SETTINGS["least_pair"]
    return {w: n for w, n in words.items() if n > 1}, {p: n for p, n in pairs.items() if n >= least}


def gathered(sets):
    """All examples; how familiar words are is counted without the set that an example is from."""
    whole = load()
    familiar = {
        name: Familiar(*counted(whole, [row for other, rows in sets.items() if other != name for row in rows]))
        for name in sets
    }
    examples = []
    for number, (thinning, unseen, names, drop) in enumerate(thinnings(sets)):
        loaded = whole if drop is None else replace(whole, library=Thinned(name=str(number), drop=drop))
        for name in names:
            examples += examples_of(loaded, sets[name], name, thinning, unseen, familiar[name])
        print(f"{thinning} {names[0] if unseen else ''}: {len(examples)} examples", file=sys.stderr)
    return examples


def matrix(examples, numbers):
    columns, ends = [], [0]
    for example in examples:
        columns += [numbers[f] for f in example.found if f in numbers]
        ends.append(len(columns))
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(examples), len(numbers)))


def fitted(examples):
    """The weight of each feature, in hundredths, heaviest first; the model's own bias is left to the calibration."""
    often = Counter(f for e in examples for f in e.found)
    numbers = {f: i for i, f in enumerate(sorted(f for f, n in often.items() if n >= SETTINGS["least"]))}
    weight = [SETTINGS["unseen_weight"] if e.unseen else 1 for e in examples]
    model = LogisticRegression(C=SETTINGS["strictness"], solver="liblinear", random_state=0, max_iter=500)
    model.fit(matrix(examples, numbers), [e.wrong for e in examples], sample_weight=weight)
    weights = {f: round(100 * float(model.coef_[0][i])) for f, i in numbers.items()}
    heaviest = sorted((f for f, w in weights.items() if w), key=lambda f: (-abs(weights[f]), f))
    return {f: weights[f] for f in sorted(heaviest[: int(SETTINGS["kept"])])}


def scored(examples, weights):
    return np.array([sum(weights.get(f, 0) for f in e.found) / 100 for e in examples])


def left_out(examples, names):
    """Examples of sets as if unseen, each with the score of weights trained without its set and some others."""
    order = sorted(names, key=lambda name: chance("fold", name))
    tested, scores = [], []
    for number in range(FOLDS):
        fold = set(order[number::FOLDS])
        weights = fitted([e for e in examples if e.of not in fold])
        of_fold = [e for e in examples if e.of in fold and e.thinning == "unseen 1"]
        tested += of_fold
        scores.append(scored(of_fold, weights))
    return tested, np.concatenate(scores)


def figures(tested, scores):
    """How well scores sort the wrong readings from the right ones."""
    is_wrong = np.array([e.wrong for e in tested])
    if is_wrong.all() or not is_wrong.any():
        return {"readings": len(tested), "wrong": int(is_wrong.sum())}
    order = np.argsort(-scores, kind="stable")
    share = {
        f"wrong_in_top_{percent}_percent": round(
            float(is_wrong[order[: len(order) * percent // 100]].sum() / is_wrong.sum()), 3
        )
        for percent in (5, 10, 20, 30)
    }
    auc = round(float(roc_auc_score(is_wrong, scores)), 3)
    return {"readings": len(tested), "wrong": int(is_wrong.sum()), "auc": auc, **share}


def by_set(tested, scores):
    """The figures of all sets left out, of findings and of forms."""
    kinds = {"all": lambda _: True, "findings": lambda n: "form" not in n, "forms": lambda n: "form" in n}
    found = {}
    for kind, of_kind in kinds.items():
        kept = [i for i, e in enumerate(tested) if of_kind(e.of)]
        if kept:
            found[kind] = figures([tested[i] for i in kept], scores[kept])
    return found


def trained(directory):
    """The content of a weights file."""
    sets = rows_of(directory)
    examples = gathered(sets)
    tested, scores = left_out(examples, list(sets))
    calibration = LogisticRegression(solver="lbfgs").fit(scores.reshape(-1, 1), [e.wrong for e in tested])
    slope, bias = round(float(calibration.coef_[0][0]), 4), round(float(calibration.intercept_[0]), 4)

    def risk(share):
        return round(float(1 / (1 + np.exp(-(slope * np.quantile(scores, share) + bias)))), 4)

    words, pairs = counted(load(), [row for rows in sets.values() for row in rows])
    return {
        "made_by": "tests/bench/train_second_reader.py",
        "settings": SETTINGS,
        "sources": {
            f"{name}.jsonl": f"sha256:{hashlib.sha256((directory / f'{name}.jsonl').read_bytes()).hexdigest()}"
            for name in sets
        },
        "held_out": by_set(tested, scores),
        "choose_from": risk(1 - SETTINGS["choose_share"]),
        "silent_to": risk(SETTINGS["silent_share"]),
        "slope": slope,
        "bias": bias,
        "weights": fitted(examples),
        "words": dict(sorted(words.items())),
        "pairs": dict(sorted(pairs.items())),
    }


def main():
    parser = argparse.ArgumentParser(description="Train the second reader.")
    parser.add_argument("--answers", type=Path, default=ANSWERS, help="a directory of labelled answers")
    parser.add_argument("--out", type=Path, default=packaged("policy") / "vocabulary" / "doubt.json")
    given = parser.parse_args()
    content = trained(given.answers)
    given.out.write_text(json.dumps(content, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{given.out}: {given.out.stat().st_size // 1000} kB")
    for kind, found in content["held_out"].items():
        print(kind, ", ".join(f"{k} {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
