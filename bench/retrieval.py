"""The time of an answer at 1k, 10k and 100k passages on both databases. The passages are filler, and so are their
vectors: words drawn from a list, and unit vectors drawn at random. The question is embedded each time."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

import migrations
from bench import process
from bench.databases import database
from bench.imports import bulk_of_text
from bench.options import Options
from bench.report import Figures, Row
from bot import knowing, settings
from core.chat.ask import Connection, Platform
from core.commands import assemble
from core.knowledge import answers, terms
from core.knowledge.model import Model, pack
from core.knowledge.passages import Passage, next_version
from core.product import products
from core.product.audience import Audience
from core.store.bulk import put_many
from core.store.database import Database, Session

SIZES = (1_000, 10_000, 100_000)
ASKED = 200
MOST = 50.0  # milliseconds at the largest size, 95 of 100 answers
SHORT, LONG = 200, 700  # characters of a passage
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def model() -> Model | None:
    return knowing.model(settings.load())


def run(options: Options) -> Iterator[Row]:
    found = model()
    if found is None:
        raise process.Failed("no model is installed: make setup")
    for kind in options.databases:
        for size in options.items or SIZES:
            folder = options.folder / f"{kind}-{size}"
            folder.mkdir()
            with database(kind, options, folder) as url:
                yield measured(url, kind, size, found)


def measured(url: str, kind: str, size: int, found: Model) -> Row:
    made = Database(url)
    migrations.upgrade(made.engine)
    workspace = assemble(made, found).connect(Connection(Platform.TERMINAL, "local"), NOW)
    rng = random.Random(size)
    text = bulk_of_text(rng, 400_000)
    begun = time.perf_counter()
    with made.transaction(write=True, now=NOW) as db:
        db.enter(workspace)
        product = products.make(db, "APP", "App", "UTC").id
        fill(db, product, size, text, rng, found.mark)
    written = time.perf_counter() - begun
    begun = time.perf_counter()
    once(made, workspace, product, "Which separator does the export have?")
    loaded = time.perf_counter() - begun
    times = []
    for n in range(ASKED):
        start = rng.randrange(len(text) - 80)
        begun = time.perf_counter()
        once(made, workspace, product, f"What about {text[start : start + 60]} number {n}?")
        times.append(1000 * (time.perf_counter() - begun))
    made.close()
    times.sort()
    note = f"p95 {times[int(0.95 * ASKED)]:.1f} ms; read at first in {loaded:.2f} s; written in {written:.1f} s; filler"
    figures = Figures(rate=1000 * ASKED / sum(times), p50=times[ASKED // 2], p99=times[int(0.99 * ASKED)])
    return Row("an answer, question embedded", kind, size, figures, note=note)


def once(made: Database, workspace: str, product: str, question: str) -> None:
    with made.transaction(write=False, now=NOW) as db:
        db.enter(workspace)
        answers.answer(db, product, Audience.TEAM, question)


def fill(db: Session, product: str, size: int, text: str, rng: random.Random, mark: str) -> None:
    draws = np.random.default_rng(size)
    version = next_version(db, product)
    for first in range(0, size, 1000):
        vectors = draws.standard_normal((min(1000, size - first), 384)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
        put_many(db, Passage, [one(product, first + n, text, rng, mark, version, v) for n, v in enumerate(vectors)])


def one(
    product: str, n: int, text: str, rng: random.Random, mark: str, version: int, vector: "np.ndarray[object, object]"
) -> dict[str, object]:
    start = rng.randrange(len(text) - LONG)
    said, title = text[start : start + rng.randrange(SHORT, LONG)], f"Passage {n}"
    return {
        "id": f"{n}:0", "product_id": product, "kind": "document", "source_id": str(n), "subject_id": str(n),
        "audience": "team", "title": title, "path": "", "text": said, "at": NOW, "author_id": None,
        "terms": terms.pack(title, "", said), "vector": pack(vector), "embedded_by": mark, "revised": version,
        "version": version, "gone": False,
    }  # fmt: skip
