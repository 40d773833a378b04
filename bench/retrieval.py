"""The time of an answer at 1k, 10k and 100k passages on both databases, on one core, the question embedded each time.

The passages are filler, and so are their vectors: words drawn from a list, and unit vectors drawn at random. Half of
the questions name a document. Who asks is a process of its own, as a replica is: its memory is what a replica needs.
"""

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

import numpy as np

import migrations
from bench import process
from bench.databases import database, pin_backends
from bench.imports import bulk_of_text
from bench.options import Options
from bench.report import Figures, Row
from bot import knowing, settings
from core.chat.ask import Connection, Platform
from core.commands import assemble
from core.knowledge import answers, terms
from core.knowledge.catching_up import catch_up
from core.knowledge.model import Model, pack
from core.knowledge.passages import Passage, next_version
from core.product import products
from core.product.audience import Audience
from core.product.documents import Document
from core.store.base import new_id
from core.store.bulk import put_many
from core.store.database import Database, Session

SIZES = (1_000, 10_000, 100_000)
ASKED = 300
WARM = 20  # questions before the clock runs
MOST = 50.0  # milliseconds at the largest size, 95 of 100 answers
SHORT, LONG = 200, 700  # characters of a passage
TOGETHER = 20  # passages of one document
INDEXED = 64  # documents that are written and embedded while the others are there
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
HERE = Connection(Platform.TERMINAL, "local")


def model() -> Model | None:
    return knowing.model(settings.load())


def run(options: Options) -> Iterator[Row]:
    found = model()
    if found is None:
        raise process.Failed("no model is installed: make setup")
    sizes = options.items or SIZES
    for kind in options.databases:
        for size in sizes:
            folder = options.folder / f"{kind}-{size}"
            folder.mkdir()
            with database(kind, options, folder) as url:
                product = filled(url, size, found.mark)
                with ProcessPoolExecutor(1, get_context("spawn"), pinned, (options.server_core,)) as replica:
                    yield from replica.submit(measured, url, kind, size, product, size == sizes[-1], options).result()


def pinned(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def filled(url: str, size: int, mark: str) -> str:
    """A product of so many passages; its id."""
    made = Database(url)
    migrations.upgrade(made.engine)
    workspace = assemble(made).connect(HERE, NOW)
    with made.transaction(write=True, now=NOW) as db:
        db.enter(workspace)
        product = products.make(db, "APP", "App", "UTC").id
        fill(db, product, size, prose(size), mark)
    made.close()
    return product


def prose(size: int) -> str:
    return bulk_of_text(random.Random(size), 400_000)


def measured(url: str, kind: str, size: int, product: str, last: bool, options: Options) -> list[Row]:
    """An answer, and a document indexed beside the others, in a process that knows nothing yet."""
    made = Database(url)
    workspace = assemble(made, model()).connect(HERE, NOW)
    asked = list(questions(size))
    empty = process.rss(os.getpid()) or 0.0
    begun = time.perf_counter()
    once(made, workspace, product, "Which separator does the export have?")
    first = time.perf_counter() - begun
    pin_backends(url, options)
    for question in asked[:WARM]:
        once(made, workspace, product, question)
    times, used = [], []
    for question in asked[WARM:]:
        begun, spent = time.perf_counter(), time.process_time()
        once(made, workspace, product, question)
        times.append(1000 * (time.perf_counter() - begun))
        used.append(1000 * (time.process_time() - spent))
    held = process.rss(os.getpid()) or 0.0
    note = (
        f"p95 of the processor's time {np.quantile(used, 0.95):.1f} ms; the first, which reads all passages, "
        f"{first:.2f} s; {held - empty:.0f} MB for passages and model; filler"
    )
    figures = Figures(
        1000 / float(np.mean(times)), *np.quantile(times, (0.5, 0.99)).tolist(), float(np.mean(used)), held,
        float(np.quantile(times, 0.95)),
    )  # fmt: skip
    answered = Row("an answer", kind, size, figures, within=MOST if last else None, note=note)
    return [answered, indexed(made, workspace, product, kind, size)]


def questions(size: int) -> Iterator[str]:
    rng, text = random.Random(-size), prose(size)
    for n in range(WARM + ASKED):
        start = rng.randrange(len(text) - 80)
        named = f"Document {rng.randrange(max(1, size // TOGETHER))}: " if n % 2 else ""
        yield f"{named}What about {' '.join(text[start : start + 60].split())} number {n}?"


def once(made: Database, workspace: str, product: str, question: str) -> answers.Answered:
    with made.transaction(write=False, now=NOW) as db:
        db.enter(workspace)
        return answers.answer(db, product, Audience.TEAM, question)


def indexed(made: Database, workspace: str, product: str, kind: str, size: int) -> Row:
    """Documents of one passage, each written, found at once by its words, and embedded as the worker does."""
    rng, text = random.Random(size + 1), prose(size)
    writing, finding = [], []
    for n in range(INDEXED):
        start = rng.randrange(len(text) - LONG)
        begun = time.perf_counter()
        with made.transaction(write=True, now=NOW) as db:
            db.enter(workspace)
            said = f"Zebra{n} {' '.join(text[start : start + LONG].split())}"
            db.add(Document(id=new_id(), product_id=product, title=f"New{n}", text=said, audience="team"))
        writing.append(1000 * (time.perf_counter() - begun))
        begun = time.perf_counter()
        found = once(made, workspace, product, f"New{n}: what about zebra{n}?")
        finding.append(1000 * (time.perf_counter() - begun))
        if not any(hit and f"Zebra{n} " in hit.text for hit in (found.source, *found.related)):
            raise process.Failed(f"a new document of {size:,} was not found at once")
    begun = time.perf_counter()
    embedded = catch_up(made, NOW, INDEXED)
    each = 1000 * (time.perf_counter() - begun) / max(1, embedded)
    p50, p95 = np.quantile(writing, (0.5, 0.95)).tolist()
    note = (
        f"then found in {np.median(finding):.1f} ms, the slowest {max(finding):.1f}; embedded later, {each:.1f} ms each"
    )
    return Row("a document written", kind, size, Figures(1000 / float(np.mean(writing)), p50, p95=p95), note=note)


def fill(db: Session, product: str, size: int, text: str, mark: str) -> None:
    rng, draws = random.Random(size), np.random.default_rng(size)
    version = next_version(db, product)
    for first in range(0, size, 1000):
        vectors = draws.standard_normal((min(1000, size - first), 384)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
        put_many(db, Passage, [one(product, first + n, text, rng, mark, version, v) for n, v in enumerate(vectors)])


def one(
    product: str, n: int, text: str, rng: random.Random, mark: str, version: int, vector: "np.ndarray[object, object]"
) -> dict[str, object]:
    start = rng.randrange(len(text) - LONG)
    said, title = text[start : start + rng.randrange(SHORT, LONG)], f"Document {n // TOGETHER}"
    return {
        "id": f"{n}:0", "product_id": product, "kind": "document", "source_id": str(n),
        "subject_id": str(n // TOGETHER), "audience": "team", "title": title, "path": "", "text": said, "at": NOW,
        "author_id": None, "terms": terms.pack(title, "", said), "vector": pack(vector), "embedded_by": mark,
        "revised": version, "version": version, "gone": False,
    }  # fmt: skip
