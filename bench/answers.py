"""Answers: how good on questions with known answers (--data, --out), and how fast at 1k, 10k and 100k passages.

    python -m bench answers --data ../shared/data/qa --out preds.jsonl

loads the corpus as documents, asks every question as `ask` does, and writes a prediction a line: {"id", "ranked",
"answer", "confidence"}. Without --data it measures the time of an answer.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

import migrations
from bench import retrieval
from bench.databases import database
from bench.options import Options
from bench.report import Figures, Row
from core.chat.ask import Connection, Platform
from core.commands import assemble
from core.knowledge import answers
from core.knowledge.catching_up import catch_up
from core.knowledge.model import Model
from core.knowledge.search import Found, search
from core.product import products
from core.product.audience import Audience
from core.product.documents import Document
from core.product.people import Product
from core.store.bulk import chunks, insert_many
from core.store.database import Database, Session

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TERMINAL = Connection(Platform.TERMINAL, "local")
LOOKED_AT = 50  # passages of which the first ten documents are made

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A corpus in a database: each passage is a document; `ours` leads from a document's id to the corpus's."""

    database: Database
    workspace: str
    product: str
    ours: dict[str, str]

    def search(self, db: Session, question: str) -> Found:
        return search(db, self.product, Audience.TEAM, question, LOOKED_AT, judged=True)


def read(file: Path) -> list[Json]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def load(url: str, corpus: list[Json], model: Model | None) -> Loaded:
    """Every passage of the corpus as a document of one product, embedded where there is a model; a database that has
    the corpus already keeps it."""
    made = Database(url)
    migrations.upgrade(made.engine)
    workspace = assemble(made, model).connect(TERMINAL, NOW)
    with made.transaction(write=True, now=NOW) as db:
        db.enter(workspace)
        known = db.scalar(select(Product.id))
        product = known or products.make(db, "QA", "Questions", "UTC").id
    ours = {f"{n:032d}": one["id"] for n, one in enumerate(corpus)}
    for part in chunks(list(zip(ours, corpus, strict=True))) if known is None else ():
        rows = [
            {
                "id": key, "product_id": product, "title": one["title"], "text": one["text"],
                "audience": Audience.TEAM.value, "author_id": None,
            }
            for key, one in part
        ]  # fmt: skip
        with made.transaction(write=True, now=NOW) as db:
            db.enter(workspace)
            insert_many(db, Document, rows)
    done = 0
    while step := catch_up(made, NOW, 256):
        done += step
        print(f"answers: {done} passages embedded", file=sys.stderr, flush=True)
    return Loaded(made, workspace, product, ours)


def predict(loaded: Loaded, questions: list[Json]) -> Iterator[Json]:
    """What is answered to each question, as score.py reads it."""
    for question in questions:
        with loaded.database.transaction(write=False, now=NOW) as db:
            db.enter(loaded.workspace)
            found = loaded.search(db, question["question"])
        said = answers.composed(found, question["question"])
        ranked = dict.fromkeys(loaded.ours[hit.subject] for hit in found.hits)
        yield {
            "id": question["id"],
            "ranked": list(ranked)[:10],
            "answer": " ".join(said.sentences) if said.kind == "answer" else None,
            "confidence": said.confidence,
        }


def run(options: Options) -> Iterator[Row]:
    if options.data is None:
        yield from retrieval.run(options)
        return
    model = retrieval.model()
    if model is None:
        print("answers: no model is installed; words alone are compared", file=sys.stderr)
    questions = read(options.data / "questions.jsonl")
    with database("sqlite", options, options.folder) as url:
        loaded = load(url, read(options.data / "corpus.jsonl"), model)
        begun = time.perf_counter()
        predictions = list(predict(loaded, questions))
        each = 1000 * (time.perf_counter() - begun) / len(questions)
        loaded.database.close()
    out = options.out or Path("predictions.jsonl")
    out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in predictions), encoding="utf-8")
    print(f"answers: {len(predictions)} predictions in {out}; score.py scores them", file=sys.stderr)
    yield Row("an answer", "sqlite", len(loaded.ours), Figures(rate=1000 / each, p50=each))
