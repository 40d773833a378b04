"""Signed slash commands over HTTP: list, show, add and move beside both bare Bolt echoes, at growing backlogs.

Two peers in the same run, each row once beside each: the echo as one writes it, and the strict one (see bench.echo).
"""

import random
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from bench import process
from bench.databases import database, pin_backends
from bench.echo import echoing
from bench.imports import steward, title, write_jira
from bench.load import Job, Result, measure, total
from bench.options import Options
from bench.report import Figures, Row, middle
from bench.standin import standing
from bench.start import serving

SIZES = (1_000, 100_000, 1_000_000)
ROUNDS = 3
TEXTS = 2_000  # different texts of one command before they repeat
BARRED = 100_000
LEAST = {
    "sqlite": {"list": 0.40, "show": 0.40, "add": 0.20, "move": 0.20},
    "postgresql": {"list": 0.30, "show": 0.30, "add": 0.20, "move": 0.20},
}
Server = tuple[int, "subprocess.Popen[bytes]"]  # its port and process
ECHO = [("list", "list")]


@dataclass(slots=True)
class Rounds:
    """One command's results, round by round, each beside the echoes measured just before it."""

    ours: list[Result] = field(default_factory=list)
    peers: dict[str, list[Result]] = field(default_factory=dict)
    rss: list[float | None] = field(default_factory=list)

    def rows(self, what: str, kind: str, items: int) -> Iterator[Row]:
        for name in self.peers:
            yield self._row(what, kind, items, name)

    def _row(self, what: str, kind: str, items: int, name: str) -> Row:
        beside = self.peers[name]
        ours = middle([replace(one.figures, rss=held) for one, held in zip(self.ours, self.rss, strict=True)])
        peer: Figures = middle([one.figures for one in beside])
        ratio = median(one.rate / other.rate for one, other in zip(self.ours, beside, strict=True))
        errors, note = total(self.ours + beside)
        least = LEAST[kind][what] if items == BARRED else None
        return Row(what, kind, items, ours, name, peer, ratio, least, errors=errors, note=note)


def commands(items: int) -> dict[str, list[tuple[str, str]]]:
    """For each measured command its texts and the word that only the right answer has."""
    rng = random.Random(items)

    def key() -> str:
        return f"APP-{rng.randint(1, items)}"

    moves = [(key(), key()) for _ in range(TEXTS)]
    return {
        "list": [("list", "APP-")],
        "show": [(f"show {one}", one) for one in (key() for _ in range(TEXTS))],
        "add": [(f"add {title(rng)}", "APP-") for _ in range(TEXTS)],
        "move": [(f"move {one} below {other}", one) for one, other in moves if one != other],
    }


def fill(url: str, items: int, folder: Path) -> None:
    """Put `items` items into product APP, by the road a team's own backlog takes; one file for every database."""
    file = folder.parent / f"jira-{items}.csv"
    if not file.exists():
        write_jira(file, items)
    steward("import", str(file), "--product", "APP", url=url, folder=folder)


@contextmanager
def served(url: str, api: str, options: Options, folder: Path) -> Iterator[Server]:
    """`steward serve` on the server's core, ready; yields its port and process."""
    port = process.free_port()
    command, settings = process.python("-m", "bot", "serve"), serving(url, api, port)
    with process.running(command, folder=folder, core=options.server_core, settings=settings) as server:
        process.wait_ready(server, f"http://127.0.0.1:{port}/readyz", folder)
        yield port, server


def introduce(url: str, api: str, options: Options, folder: Path) -> None:
    """Make the product, with the generator's person as its product owner, as the first to run setup becomes."""
    steward("migrate", url=url, folder=folder)
    with served(url, api, options, folder) as (port, _):
        # the answer to setup is the checklist, which leaves as a message of its own
        for hello in (("setup Bench key=APP tz=UTC", ""), ("product list", "Bench")):
            result = measure(Job(port, [hello], command="/steward", connections=1, requests=1), options.generator_core)
            if result.errors:
                raise process.Failed(f"{hello[0]} was not answered as expected: {result.wrong}")


def measured(ours: Server, echoes: Mapping[str, Server], url: str, items: int, options: Options) -> dict[str, Rounds]:
    says = commands(items)
    rounds = {what: Rounds() for what in says}

    def load(server: Server, texts: list[tuple[str, str]]) -> Result:
        port, running = server
        return measure(
            Job(port, texts, seconds=options.seconds, connections=options.connections),
            options.generator_core,
            running.pid,
        )

    load(ours, says["list"])  # opens the server's database connections
    pin_backends(url, options)
    for _ in range(ROUNDS):
        for what, texts in says.items():
            for name, echo in echoes.items():
                rounds[what].peers.setdefault(name, []).append(load(echo, ECHO))
            rounds[what].ours.append(load(ours, texts))
            rounds[what].rss.append(process.rss(ours[1].pid))
    return rounds


def run(options: Options) -> Iterator[Row]:
    with (
        standing(options.folder / "slack", options.generator_core) as api,
        echoing(options.folder / "echo", options.server_core, api=api) as echo,
        echoing(options.folder / "strict", options.server_core, api=api, strict=True) as strict,
    ):
        echoes = {"bolt echo": echo, "bolt echo, strict": strict}
        for kind in options.databases:
            for items in options.items or SIZES:
                folder = options.folder / f"{kind}-{items}"
                folder.mkdir()
                with database(kind, options, folder) as url:
                    introduce(url, api, options, folder)
                    fill(url, items, folder)
                    with served(url, api, options, folder) as ours:
                        rounds = measured(ours, echoes, url, items, options)
                for what, taken in rounds.items():
                    yield from taken.rows(what, kind, items)
