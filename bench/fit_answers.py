"""Fits the weights of the answers: python -m bench.fit_answers --data ../shared/data/qa

Prints what core/knowledge/comparing.py (ranking) and confidence.py beside it (confidence) hold as constants, and how
well they do on each source when it is left out: ranking by a softmax over the candidates of each question, confidence
by a logistic regression with a small ridge, in numpy.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.answers import NOW, Json, Loaded, load, read
from bench.retrieval import model
from core.knowledge import comparing, confidence, search
from core.knowledge.signals import Signals
from core.product.audience import Audience

Array = np.ndarray[Any, Any]
CANDIDATES = 60
NAMES = ("full", "near", "share", "named", "elsewhere")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its source, its candidates' features, which of them are right, and the signals of its answer."""

    source: str
    answerable: bool
    features: Array
    right: Array
    signals: Signals


def look(loaded: Loaded, questions: list[Json]) -> list[Asked]:
    found = []
    for question in questions:
        with loaded.database.transaction(write=False, now=NOW) as db:
            db.enter(loaded.workspace)
            signals = loaded.search(db, question["question"]).signals
            index = search.shelf(db).of(db, loaded.product)
            allowed = index.readable(Audience.TEAM.reads)
            asked = search.read_question(question["question"], index, allowed)
            compared = comparing.compare(index, asked, allowed, None, db.memory.get("model"))
        rows = comparing.best_rows(compared.scores, CANDIDATES)
        zero = np.zeros(len(rows))
        parts = (
            compared.full[rows] if compared.full is not None else zero,
            compared.near[rows] if compared.near is not None else zero,
            compared.share[rows],
            (compared.there[rows] & compared.named).astype(float),
            compared.elsewhere[rows],
        )
        relevant = set(question["relevant"])
        right = np.array([loaded.ours[index.subjects[row]] in relevant for row in rows])
        name = f"{question['slice']}:{question['source'].split('/')[0]}" if question["slice"] == "faq" else ""
        found.append(Asked(name or question["slice"], question["answerable"], np.stack(parts, 1), right, signals))
    return found


# ---- ranking ----


def fit_ranking(asked: Sequence[Asked], steps: int = 400, ridge: float = 1e-3) -> Array:
    """Weights that make a right candidate likely among the others of its question; small sources count for more."""
    asked = [one for one in asked if one.answerable and one.right.any()]
    every = np.concatenate([one.features for one in asked])
    deviation = every.std(0) + 1e-6
    sizes = {source: sum(one.source == source for one in asked) for source in {one.source for one in asked}}
    weights = np.zeros(every.shape[1])
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        gradient = -ridge * weights
        total = sum(sizes[one.source] ** -0.5 for one in asked)
        for one in asked:
            scaled = one.features / deviation
            likely = np.exp(scaled @ weights - (scaled @ weights).max())
            likely /= likely.sum()
            wanted = likely * one.right
            gradient += sizes[one.source] ** -0.5 / total * (scaled.T @ (wanted / (wanted.sum() + 1e-12) - likely))
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        weights = weights + 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    found: Array = weights / deviation
    return found


def first_is_right(asked: Sequence[Asked], weights: Array) -> float:
    wanted = [one for one in asked if one.answerable]
    return float(
        np.mean([bool(one.right.any()) and bool(one.right[np.argmax(one.features @ weights)]) for one in wanted])
    )


# ---- confidence ----


def fit_confidence(asked: Sequence[Asked], ridge: float = 1.0) -> Array:
    """Logistic regression by Newton's method on scaled signals; the coefficients are for the signals as they are."""
    values = np.array([confidence.features(one.signals) for one in asked])
    wanted = np.array([one.answerable for one in asked], float)
    deviation = values.std(0)
    deviation[deviation < 1e-9] = 1.0
    scaled, weights = values / deviation, np.zeros(values.shape[1])
    keep = np.eye(len(weights)) * ridge
    keep[0, 0] = 1e-6
    for _ in range(50):
        likely = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (wanted - likely) - keep @ weights
        bend = (scaled * (likely * (1 - likely))[:, None]).T @ scaled + keep
        weights = weights + np.linalg.solve(bend, slope)
    found: Array = weights / deviation
    return found


def sure(asked: Sequence[Asked], weights: Array) -> Array:
    values = np.array([confidence.features(one.signals) for one in asked])
    found: Array = 1 / (1 + np.exp(-values @ weights))
    return found


def auroc(likely: Array, wanted: Array) -> float:
    yes, no = likely[wanted], likely[~wanted]
    return (
        float((yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()) if len(yes) and len(no) else float("nan")
    )


def balanced(likely: Array, wanted: Array, bar: float) -> float:
    return (
        float((likely[wanted] >= bar).mean() + (likely[~wanted] < bar).mean()) / 2 if (~wanted).any() else float("nan")
    )


def calibration(likely: Array, wanted: Array, bins: int = 10) -> float:
    """Expected calibration error over bins of equal size."""
    parts = np.array_split(np.argsort(likely), bins)
    return float(sum(len(part) * abs(likely[part].mean() - wanted[part].mean()) for part in parts) / len(likely))


def best_bar(likely: Array, wanted: Array) -> float:
    return float(max(np.quantile(likely, np.linspace(0.05, 0.6, 111)), key=lambda bar: balanced(likely, wanted, bar)))


# ---- all of it ----


def left_out(asked: Sequence[Asked], fit: Callable[[Sequence[Asked]], Array]) -> dict[str, Array]:
    """What is fitted without each source."""
    return {source: fit([one for one in asked if one.source != source]) for source in sorted({a.source for a in asked})}


def report(asked: list[Asked]) -> None:
    wanted = np.array([one.answerable for one in asked])
    sources = np.array([one.source for one in asked])
    ranking, without = fit_ranking(asked), left_out(asked, fit_ranking)
    print("ranking   ", {name: round(float(value), 2) for name, value in zip(NAMES, ranking, strict=True)})
    for source, weights in without.items():
        part = [one for one in asked if one.source == source]
        print(f"  {source:<16} n {len(part):>3}  hit@1 left out {first_is_right(part, weights):.3f}", end="")
        print(f"  all {first_is_right(part, ranking):.3f}")
    weights = fit_confidence(asked)
    print("confidence", [round(float(value), 3) for value in weights])
    crossed, right = np.zeros(len(asked)), np.zeros(len(asked), bool)
    for source, apart in left_out(asked, fit_confidence).items():
        here = sources == source
        others = [one for one in asked if one.source != source]
        crossed[here] = sure([one for one in asked if one.source == source], apart)
        bar = best_bar(sure(others, apart), np.array([one.answerable for one in others]))
        right[here] = (crossed[here] >= bar) == wanted[here]
        print(f"  {source:<16} AUROC {auroc(crossed[here], wanted[here]):.3f}  bar {bar:.2f}", end="")
        print(f"  balanced {balanced(crossed[here], wanted[here], bar):.3f}")
    once = sure(asked, weights)
    bar = best_bar(once, wanted)
    print(f"  left out in turn: AUROC {auroc(crossed, wanted):.3f}", end="")
    print(f"  balanced {(right[wanted].mean() + right[~wanted].mean()) / 2:.3f}", end="")
    print(f"  calibration error {calibration(crossed, wanted):.3f}")
    print(
        f"  fitted on all: AUROC {auroc(once, wanted):.3f}  bar {bar:.2f}  balanced {balanced(once, wanted, bar):.3f}",
        end="",
    )
    print(f"  calibration error {calibration(once, wanted):.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fit_answers", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--words", action="store_true", help="without meaning")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steward-fit-") as folder:
        url = f"sqlite:///{folder}/fit.sqlite"
        loaded = load(url, read(given.data / "corpus.jsonl"), None if given.words else model())
        asked = look(loaded, read(given.data / "questions.jsonl"))
        loaded.database.close()
    report(asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
