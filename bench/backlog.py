"""The preview of a new order, the readiness of one item, and an export, as the core does them, at growing backlogs.

A preview looks at every open item, and an export at every item: theirs are items a second, and what a whole one takes
stands under p50.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bench import imports
from bench.options import Options
from bench.report import Figures, Row
from bench.roadmap import said, timed
from core.chat.ask import Connection, Platform
from core.commands import assemble
from core.exchange.exporting import exported
from core.product import people, workspaces
from core.product.items import Item
from core.store.bulk import chunks, update_many
from core.store.database import Database

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 5
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TERMINAL = Connection(Platform.TERMINAL, "local")
SCORE = ("reach", "impact", "confidence", "effort")


def run(options: Options) -> Iterator[Row]:
    for row in imports.run(options, measure, SIZES):
        if row.what != "import":  # that is a measure of its own
            yield row


def measure(kind: str, rows: int, url: str, _folder: Path, _options: Options) -> Iterator[Row]:
    database = Database(url)
    steward = assemble(database)
    open_items = scored(database)
    preview = timed(lambda: said(steward, "backlog rank by=rice"), ROUNDS)
    note = f"of {open_items:,} open items, each with a score"
    yield Row("rank preview", kind, rows, each(preview, open_items), note=note)
    rng = random.Random(rows)
    ready = timed(lambda: said(steward, f"backlog ready {rng.randint(1, rows)}"), 20 * ROUNDS)
    yield Row("ready", kind, rows, ready)
    for form in ("json", "csv", "markdown"):
        yield Row(f"export {form}", kind, rows, each(timed(lambda form=form: export(database, form), 2), rows))
    database.close()


def export(database: Database, form: str) -> int:
    """Write the product as an export does, to nowhere; the characters written."""
    with database.transaction(write=False, now=NOW) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        [product] = directory.products.values()
        return sum(map(len, exported(db, directory, product, form)))


def each(figures: Figures, count: int) -> Figures:
    """A whole one's figures with its items a second as the rate."""
    return Figures(rate=count * (figures.rate or 0), p50=figures.p50)


def scored(database: Database) -> int:
    """Give every open item what RICE wants; the number of them."""
    rng = random.Random(1)
    with database.transaction(write=True, now=NOW) as db:
        workspaces.enter(db, TERMINAL)
        ids = list(db.scalars(select(Item.id).where(Item.closed_at.is_(None))))
        db.ledger.label = "score"
        for part in chunks(ids):
            before = dict.fromkeys(SCORE)
            update_many(db, Item, [(one, before, {name: float(rng.randint(1, 100)) for name in SCORE}) for one in part])
    database.analyze()
    return len(ids)
