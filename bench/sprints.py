"""Sprint status, plan, forecast and load of a team, inside the process, at growing backlogs."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.databases import database
from bench.http import fill
from bench.imports import steward
from bench.options import Options
from bench.report import Figures, Row
from core.chat.ask import Ask, Connection, Place, Platform, Speaker
from core.commands import assemble
from core.store.database import Database

SIZES = (1_000, 100_000)
ROUNDS = 40
HELD = 30  # items in the sprint
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
LINES = {
    "status": ("sprint status", "pts done"),
    "plan": ("sprint plan", "Room"),
    "forecast": ("sprint forecast by=2026-12-24", "85 %"),
    "forecast of an item": ("sprint forecast {last}", "85 %"),
    "load": ("team load", "Open"),
}


def script(keys: list[str]) -> str:
    """A sprint with items of ours on top of the imported ones, and a record of what was finished before."""
    said: list[tuple[str, datetime]] = [
        (f"backlog add Story {n} points={n % 5 + 1}", START - timedelta(days=50)) for n in range(len(keys))
    ]
    said += [(f"backlog move {key} top", START - timedelta(days=50)) for key in reversed(keys)]
    past, held = keys[:-HELD], keys[-HELD:]
    said += [
        (f"backlog done {key}", START - timedelta(days=45) + timedelta(hours=26 * n)) for n, key in enumerate(past)
    ]
    said += [("sprint new from=2026-11-02", START), (f"sprint add {' '.join(held)}", START), ("sprint start", START)]
    said += [(f"backlog done {key}", START + timedelta(days=n // 3)) for n, key in enumerate(held[:12])]
    return "\n".join(json.dumps({"as": "ann", "in": "#app", "say": say, "at": at.isoformat()}) for say, at in said)


def timed(opened: Database, line: str, wanted: str) -> Figures:
    """One asker after the other, each answer looked at."""
    ours = assemble(opened)
    taken = []
    for n in range(ROUNDS):
        at = START + timedelta(days=4, seconds=n)
        ask = Ask(f"bench{n}", Connection(Platform.TERMINAL, "local"), Speaker("ann", "ann"), Place("app"), line, at)
        begun = time.perf_counter()
        reply = ours.answer(ask)
        taken.append(1000 * (time.perf_counter() - begun))
        if reply is None or not reply.ok or wanted not in str(reply.card):
            raise RuntimeError(f"{line!r} was answered by {reply}")
    taken = sorted(taken[2:])  # the first ones compile the statements and import numpy
    return Figures(rate=1000 / median(taken), p50=median(taken), p99=taken[-1])


def run(options: Options) -> Iterator[Row]:
    for kind in options.databases:
        for items in options.items or SIZES:
            folder = options.folder / f"{kind}-{items}"
            folder.mkdir()
            with database(kind, options, folder) as url:
                setup = json.dumps({"as": "ann", "in": "#app", "say": "setup Bench key=APP tz=UTC"})
                steward("chat", "--json", url=url, folder=folder, say=setup + "\n")
                fill(url, items, folder)
                keys = [f"APP-{items + n}" for n in range(1, HELD + 41)]
                steward("chat", "--json", url=url, folder=folder, say=script(keys) + "\n")
                opened = Database(url)
                try:
                    for what, (line, wanted) in LINES.items():
                        yield Row(what, kind, items, timed(opened, line.format(last=keys[-1]), wanted))
                finally:
                    opened.close()
