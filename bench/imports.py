"""Rows a second of `steward import` on a file in Jira's layout, with history."""

import csv
import random
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bench import process
from bench.databases import database
from bench.options import Options
from bench.report import Figures, Row

SIZES = (10_000, 100_000)
LEAST = {"sqlite": 4000.0, "postgresql": 2500.0}  # rows a second at BARRED rows
BARRED = 100_000
HEADER = (
    "Summary",
    "Issue key",
    "Issue id",
    "Issue Type",
    "Status",
    "Priority",
    "Resolution",
    "Created",
    "Resolved",
    "Labels",
    "Custom field (Story Points)",
    "Description",
)
WORDS = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
VERBS = (
    "add",
    "allow",
    "check",
    "clean",
    "close",
    "fix",
    "hide",
    "keep",
    "load",
    "make",
    "merge",
    "move",
    "open",
    "reject",
)
GLUE = ("the", "a", "of", "for", "when", "after", "while", "before", "without", "and", "or", "because", "in", "on")


def bulk_of_text(rng: random.Random, length: int) -> str:
    """Prose enough to cut descriptions from; a description is a slice, so that a million of them take seconds."""
    parts: list[str] = []
    size = 0
    while size < length:
        word = rng.choice(WORDS if rng.random() < 0.6 else GLUE)
        part = word + rng.choices((" ", ", ", ".\n", "\n\n"), (80, 8, 10, 2))[0]
        parts.append(part)
        size += len(part)
    return "".join(parts)


def title(rng: random.Random) -> str:
    """About 53 characters, one in a hundred above 110, as in real trackers."""
    length = min(int(rng.lognormvariate(3.97, 0.34)), 200)
    text = f"{rng.choice(VERBS).capitalize()} the {rng.choice(WORDS)}"
    while len(text) < length:
        text += f" {rng.choice(GLUE)} {rng.choice(WORDS)}"
    return text


def write_jira(path: Path, rows: int) -> None:
    """Write `rows` issues as Jira's CSV export has them; the same every time.

    Descriptions have a median of 350 characters, a tenth above 1,700, the longest 30,000, and span lines; three in
    five issues are closed.
    """
    rng = random.Random(rows)
    prose = bulk_of_text(rng, 400_000)
    begun = datetime(2019, 1, 7, 9, 0)  # noqa: DTZ001 -- Jira's export has no zone
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number in range(1, rows + 1):
            created = begun + timedelta(minutes=number * 2 + rng.randrange(600))
            closed = rng.random() < 0.6
            resolved = created + timedelta(hours=rng.randrange(1, 4000))
            size, start = min(int(rng.lognormvariate(5.86, 1.23)), 30_000), rng.randrange(370_000)
            out.writerow(
                (
                    title(rng),
                    f"BENCH-{number}",
                    10_000_000 + number,
                    rng.choice(("Story", "Bug", "Bug", "Task")),
                    "Done" if closed else rng.choice(("To Do", "To Do", "In Progress")),
                    rng.choice(("Blocker", "Major", "Major", "Minor")),
                    "Fixed" if closed else "",
                    created.strftime("%d/%b/%y %H:%M"),
                    resolved.strftime("%d/%b/%y %H:%M") if closed else "",
                    rng.choice(WORDS),
                    rng.choice(("", "1", "2", "3", "5", "8")),
                    prose[start : start + size],
                )
            )


def steward(*arguments: str, url: str, folder: Path, say: str = "", core: int | None = None) -> str:
    """Run one steward command to its end and return what it printed. Raises Failed where it fails."""
    command = process.pinned(process.python("-m", "bot", *arguments), core)
    settings = process.environment({"STEWARD_DATABASE_URL": url})
    done = subprocess.run(
        command, input=say, capture_output=True, text=True, cwd=folder, env=settings, start_new_session=True
    )
    if done.returncode:
        raise process.Failed(f"steward {' '.join(arguments)} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


After = Callable[[str, int, str, Path, Options], Iterable[Row]]  # database, items, its address, folder

SETUP = '{"as": "bench", "in": "#bench", "say": "setup Bench key=APP tz=UTC", "id": "bench-setup"}\n'


def run(options: Options, after: After = lambda *_: (), sizes: Sequence[int] = SIZES) -> Iterator[Row]:
    """Import; `after` measures what can be done with a product that holds that many items."""
    for kind in options.databases:
        for rows in options.items or sizes:
            folder = options.folder / f"{kind}-{rows}"
            folder.mkdir()
            file = folder / "jira.csv"
            write_jira(file, rows)
            with database(kind, options, folder) as url:
                steward("chat", "--json", url=url, folder=folder, say=SETUP)
                begun = time.perf_counter()
                steward("import", str(file), "--product", "APP", url=url, folder=folder, core=options.server_core)
                took = time.perf_counter() - begun
                least = LEAST[kind] if rows == BARRED else None
                megabytes = file.stat().st_size / 1e6
                file.unlink()
                note = f"{megabytes:.0f} MB in {took:.1f} s"
                yield Row("import", kind, rows, Figures(rate=rows / took), least=least, note=note)
                yield from after(kind, rows, url, folder, options)
