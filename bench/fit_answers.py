"""Fits the weights of the answers: python -m bench.fit_answers --data ../shared/data/qa

Prints what core/knowledge/comparing.py (ranking) and confidence.py beside it (confidence) hold as constants, how well
they do on each source when it is left out, and what each feature brings, all in one trial: ranking by a softmax over
the candidates of each question, then, with those weights, confidence by a logistic regression with a small ridge.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import select

from bench.answers import NOW, Json, Loaded, load, read
from bench.retrieval import model
from core.knowledge import comparing, confidence, search
from core.knowledge import model as models
from core.knowledge.comparing import Weights
from core.knowledge.index import Index
from core.knowledge.model import Model, without_title
from core.knowledge.passages import Passage
from core.knowledge.signals import Signals
from core.product.audience import Audience

Array = np.ndarray[Any, Any]
T = TypeVar("T", "Asked", "Judged")
CANDIDATES = 60  # the best rows by each feature, whatever the weights: so these do not depend on the ones before
NAMES = Weights._fields
ALONE = ("words without title", "words", "meaning without title", "meaning")  # features that are tried by themselves
TRIED = (("full", "share"), ("full", "share", "named"), ("full", "share", "named", "elsewhere"), NAMES)
FORMS = 2  # decimals of a weight of the ranking


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its source, its candidates' features, the documents they are of, and which of them are right.

    features  a row for each candidate, a column for each of NAMES; `elsewhere` below 0
    alone     likewise for each of ALONE
    """

    text: str
    source: str
    answerable: bool
    features: Array
    alone: Array
    documents: tuple[str, ...]
    right: Array


def look(loaded: Loaded, questions: list[Json]) -> list[Asked]:
    found, titles = [], None
    for question in questions:
        with loaded.database.transaction(write=False, now=NOW) as db:
            db.enter(loaded.workspace)
            loaded.search(db, question["question"])  # brings the index up to date
            index, model = search.shelf(db).of(db, loaded.product), db.memory.get("model")
            if model is not None and titles is None:
                rows = db.execute(select(Passage.id, Passage.title))
                titles = embedded_titles(index, model, {row.id: row.title for row in rows})
        allowed = index.readable(Audience.TEAM.reads)
        asked = search.read_question(question["question"], index, allowed)
        compared = comparing.compare(index, asked, allowed, None, model)
        zero = np.zeros(index.size)
        full = zero if compared.full is None else compared.full
        near = zero if compared.near is None else compared.near
        named = (compared.there & compared.named).astype(float)
        bare = index.lexical(asked.terms, allowed, heading=0.0).scores
        own = zero if model is None or titles is None else own_meaning(full, titles, model.question(asked.text))
        every = np.stack((full, near, compared.share, named, -compared.elsewhere), 1)
        alone = np.stack((bare, compared.share, own, full), 1)
        best = candidates([*alone.T, near, np.where(named > 0, near + compared.share, -np.inf)])
        documents = tuple(loaded.ours[index.subjects[row]] for row in best)
        right = np.isin(documents, question["relevant"])
        name = f"{question['slice']}:{question['source'].split('/')[0]}" if question["slice"] == "faq" else ""
        source = name or question["slice"]
        text, answerable = question["question"], question["answerable"]
        found.append(Asked(text, source, answerable, every[best], alone[best], documents, right))
    return found


def candidates(features: Sequence[Array]) -> Array:
    """The rows that are among the best by some feature."""
    return np.unique(np.concatenate([comparing.best_rows(one, CANDIDATES) for one in features]).astype(int))


def embedded_titles(index: Index, model: Model, titles: dict[str, str]) -> tuple[Array, Array, Array]:
    """The vector of every title, which of them each row has, and how near each row's vector is to its own."""
    names = list(dict.fromkeys(titles[key] for key in index.ids))
    vectors = model.embed(names)
    number = {name: n for n, name in enumerate(names)}
    which = np.array([number[titles[key]] for key in index.ids])
    near = np.zeros(index.size, np.float32)
    for n, vector in enumerate(vectors):
        rows = np.flatnonzero(which == n)
        near[rows] = index.nearness(rows, vector)
    return vectors, which, near


def own_meaning(full: Array, titles: tuple[Array, Array, Array], question: Array) -> Array:
    """How near each row is to a question without its title."""
    vectors, which, near = titles
    each = vectors @ question
    found: Array = without_title(full, near, 0.0) - models.TITLE * each[which]
    return found


# ---- ranking ----


def fit_ranking(asked: Sequence[Asked], names: Sequence[str] = NAMES, steps: int = 400, ridge: float = 1e-3) -> Array:
    """Weights that make a right candidate likely among the others of its question; small sources count for more. Those
    of features that are not named are 0."""
    asked = [one for one in asked if one.answerable and one.right.any()]
    columns = [NAMES.index(name) for name in names]
    every, right = np.concatenate([one.features[:, columns] for one in asked]), np.concatenate([o.right for o in asked])
    deviation = every.std(0) + 1e-6
    scaled = every / deviation
    sizes = np.array([len(one.right) for one in asked])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    counts = {source: sum(one.source == source for one in asked) for source in {one.source for one in asked}}
    share = np.array([counts[one.source] ** -0.5 for one in asked])
    share = np.repeat(share / share.sum(), sizes)

    def whole(values: Array, how: Any = np.add) -> Array:
        """Of each candidate's question, for each candidate."""
        return np.repeat(how.reduceat(values, starts), sizes)

    weights = np.zeros(len(columns))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        scores = scaled @ weights
        likely = np.exp(scores - whole(scores, np.maximum))
        likely /= whole(likely)
        wanted = likely * right
        gradient = scaled.T @ (share * (wanted / (whole(wanted) + 1e-12) - likely)) - ridge * weights
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        weights = weights + 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    found = np.zeros(len(NAMES))
    found[columns] = weights / deviation
    return found


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where the first right document of questions stands: shares at the first place and in the first five, and the mean
    reciprocal rank in the first ten."""

    first: float
    five: float
    reciprocal: float

    def __str__(self) -> str:
        return f"hit@1 {self.first:.3f}  hit@5 {self.five:.3f}  MRR@10 {self.reciprocal:.3f}"


def ranked(asked: Sequence[Asked], score: Callable[[Asked], Array]) -> Ranked:
    """How well scores of the candidates put the documents of answerable questions in order."""
    places = []
    for one in asked:
        if not one.answerable:
            continue
        order = np.argsort(-score(one), kind="stable")
        right = dict.fromkeys((one.documents[n], bool(one.right[n])) for n in order)
        places.append(next((place for place, (_, fits) in enumerate(right) if fits), 10**6))
    at = np.array(places)
    return Ranked(float((at < 1).mean()), float((at < 5).mean()), float(np.where(at < 10, 1 / (at + 1), 0).mean()))


def ablate(asked: Sequence[Asked]) -> Iterator[tuple[str, Ranked]]:
    """Each feature by itself, then one more each time with weights fitted without the source that they are tried on."""
    for n, name in enumerate(ALONE):
        yield name, ranked(asked, by_itself(n))
    for names in TRIED:
        apart = left_out(asked, fitting(names))
        yield " + ".join(names), ranked(asked, by_source(apart))


def by_itself(column: int) -> Callable[[Asked], Array]:
    return lambda one: one.alone[:, column]


def by_source(apart: Mapping[str, Array]) -> Callable[[Asked], Array]:
    """Each question by the weights that were fitted without its source."""
    return lambda one: one.features @ apart[one.source]


def fitting(names: Sequence[str]) -> Callable[[Sequence[Asked]], Array]:
    return lambda asked: fit_ranking(asked, names)


def weighed(weights: Array) -> Callable[[Asked], Array]:
    return lambda one: one.features @ weights


# ---- confidence ----


def signals_of(loaded: Loaded, asked: Sequence[Asked]) -> list["Judged"]:
    """What the confidence is made of, with the ranking's weights as they are set."""
    found = []
    for one in asked:
        with loaded.database.transaction(write=False, now=NOW) as db:
            db.enter(loaded.workspace)
            found.append(Judged(one.source, one.answerable, loaded.search(db, one.text).signals))
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    source: str
    answerable: bool
    signals: Signals


def fit_confidence(asked: Sequence[Judged], ridge: float = 1.0) -> Array:
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


def sure(asked: Sequence[Judged], weights: Array) -> Array:
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


def left_out(asked: Sequence[T], fit: Callable[[Sequence[T]], Array]) -> dict[str, Array]:
    """What is fitted without each source."""
    return {source: fit([one for one in asked if one.source != source]) for source in sorted({a.source for a in asked})}


def report_ranking(asked: Sequence[Asked], shipped: Weights, *, meaning: bool) -> Weights:
    """Print what each feature brings, and how the weights do; the weights as they are to be held."""
    if meaning:
        for name, how in ablate(asked):
            print(f"  {name:<42} {how}", flush=True)
    fit = fitting(NAMES if meaning else NAMES[2:])
    fitted = Weights(*(round(float(value), FORMS) for value in fit(asked)))
    held = np.array(fitted)
    print(f"ranking    {fitted}{'' if fitted == shipped else f', but {shipped} is held'}")
    print(f"  {'fitted on all':<42} {ranked(asked, weighed(held))}")
    apart = left_out(asked, fit)
    print(f"  {'each source left out in turn':<42} {ranked(asked, by_source(apart))}")
    for source, weights in apart.items():
        part = [one for one in asked if one.source == source]
        alone, all_ = ranked(part, weighed(weights)).first, ranked(part, weighed(held)).first
        print(f"  {source:<16} n {len(part):>3}  hit@1 left out {alone:.3f}  all {all_:.3f}")
    return fitted


def report_confidence(asked: Sequence[Judged], shipped: Sequence[float]) -> None:
    wanted = np.array([one.answerable for one in asked])
    sources = np.array([one.source for one in asked])
    weights = np.round(fit_confidence(asked), 3)
    held = "" if np.array_equal(weights, shipped) else f", but {list(shipped)} is held"
    print(f"confidence {[float(value) for value in weights]}{held}")
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
    parser.add_argument("--kept", type=Path, metavar="FILE", help="a SQLite file that keeps the embedded corpus")
    given = parser.parse_args()
    meaning = not given.words
    shipped = comparing.WITH_MEANING if meaning else comparing.WORDS_ALONE
    with tempfile.TemporaryDirectory(prefix="steward-fit-") as folder:
        url = f"sqlite:///{(given.kept or Path(folder) / 'fit.sqlite').absolute()}"
        loaded = load(url, read(given.data / "corpus.jsonl"), model() if meaning else None)
        asked = look(loaded, read(given.data / "questions.jsonl"))
        fitted = report_ranking(asked, shipped, meaning=meaning)
        if meaning:
            comparing.WITH_MEANING = fitted
        else:
            comparing.WORDS_ALONE = fitted
        report_confidence(signals_of(loaded, asked), confidence.WITH_MEANING if meaning else confidence.WORDS_ALONE)
        loaded.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
