"""`roadmap list` beside many items, and the time a picture takes to draw, each with its growth."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from bench import imports
from bench.options import Options
from bench.report import Figures, Row
from core.chat.ask import Ask, Connection, Place, Platform, Speaker
from core.commands import assemble
from core.commands.dispatch import Steward
from core.product import timeline, trend
from core.product.metrics import Value
from core.product.timeline import Bar
from core.store.database import Database

ENTRIES, LINKED = 12, 40  # of the roadmap, and items behind each
ROUNDS = 60
DRAWN = 12
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LIST_BAR, PICTURE_BAR = 20.0, 1.5  # lists and pictures a second, at the least


def run(options: Options) -> Iterator[Row]:
    yield from imports.run(options, listing)
    yield from pictures()


def listing(kind: str, rows: int, url: str, _folder: Path, _options: Options) -> Iterator[Row]:
    """`roadmap list` and `roadmap show` as the core answers them, beside a product of `rows` items."""
    database = Database(url)
    steward = assemble(database)
    for number in range(1, ENTRIES + 1):
        first = 1 + (number - 1) * LINKED
        items = " ".join(str(n) for n in range(first, min(first + LINKED, rows + 1)))
        said(steward, f"roadmap add Entry {number} horizon=now to=2027-01-{number + 1:02}")
        if items:
            said(steward, f"roadmap link R-{number} {items}")
    for line in ("roadmap list", "roadmap show R-1"):
        figures = timed(lambda line=line: said(steward, line), ROUNDS)
        yield Row(line, kind, rows, figures, least=LIST_BAR, most=1.5, note=f"{ENTRIES} entries of {LINKED} items")
    database.close()


_asked = count()


def said(steward: Steward, line: str) -> None:
    """Whoever set it up says a line in #app, and it is not refused."""
    here, who = Place("#app", name="app"), Speaker("bench", "bench")
    ask = Ask(f"bench{next(_asked)}", Connection(Platform.TERMINAL, "local"), who, here, line, NOW)
    reply = steward.answer(ask)
    if reply is None or not reply.ok:
        raise RuntimeError(f"{line}: {reply.refused if reply else 'no reply'}")


def pictures() -> Iterator[Row]:
    """Drawing alone, warm; the first one of a process loads matplotlib, which takes longer."""
    today = NOW.date()
    for number in (3, timeline.MOST):
        bars = [bar(n, today) for n in range(number)]
        figures = timed(lambda bars=bars: timeline.chart("Acme app", bars, today), DRAWN)
        yield Row(f"timeline of {number}", "", None, figures, least=PICTURE_BAR, note="entries; drawn alone, warm")
    for number in (10, 365):
        values = [Value(today - timedelta(days=number - n), 30 + n % 17) for n in range(number)]
        figures = timed(lambda values=values: trend.chart("activation", values, "%", 40, "up", today), DRAWN)
        yield Row("trend picture", "", number, figures, least=PICTURE_BAR, most=1.5, note="values; drawn alone, warm")


def bar(number: int, today: date) -> Bar:
    first = today + timedelta(days=9 * number - 30)
    return Bar(f"Entry {number}", "now", first, first + timedelta(days=40), number, 14, number, ((first, True),))


def timed(act: Callable[[], object], rounds: int) -> Figures:
    """Milliseconds of one after the other, in one thread."""
    act()
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - begun))
    return Figures(rate=1000 / median(took), p50=median(took), p99=quantiles(took, n=100)[-1])
