"""python -m bench [NAME …]: measure ours beside a peer in one run, and say whether the bars hold."""

import argparse
import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench import process, report
from bench.databases import server
from bench.options import Options

MEASURES = {
    "http": "bench.http",
    "backlog": "bench.backlog",
    "start": "bench.start",
    "exchange": "bench.exports",
    "ceiling": "bench.ceiling",
    "roadmap": "bench.roadmap",
    "forecast": "bench.forecast",
    "sprints": "bench.sprints",
    "answers": "bench.answers",
    "schedule": "bench.schedule",
    "deliver": "bench.deliver",
}
GROWTH = 1.5  # times the time at the smallest size that one may take at the largest


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split(":")[1].strip())
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; none lists them")
    parser.add_argument("--items", type=int, nargs="+", default=[], metavar="N", help="sizes instead of the usual ones")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="of each window of load (2)")
    parser.add_argument("--connections", type=int, default=8, metavar="C", help="requests under way at once (8)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--data", type=Path, metavar="DIR", help="answers: corpus.jsonl and questions.jsonl")
    parser.add_argument("--out", type=Path, metavar="FILE", help="answers: where the predictions go")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there as well")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    if options.seconds <= 0 or options.connections < 1 or any(size < 2 for size in options.items):
        parser.error("--seconds must be above 0, --connections at least 1, and --items at least 2")
    return options


def catalogue() -> None:
    for name, module in MEASURES.items():
        print(f"  {name:<10} {(importlib.import_module(module).__doc__ or '').splitlines()[0]}")


def about(options: Options) -> str:
    """The conditions of a run, in one line."""
    core = options.generator_core
    placed = (
        "no core of its own for the server" if core is None else f"load on core {core}, server on {options.server_core}"
    )
    load = f"load average {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {placed}, {load}"


def measure(name: str, options: Options) -> Iterator[report.Row]:
    """The rows of one measure as they are taken, each told on standard error."""
    options.folder.mkdir()
    for row in importlib.import_module(MEASURES[name]).run(options):
        print(
            f"{name}: {row.title}: {report.number(row.ratio or row.ours.rate)} {row.verdict}",
            file=sys.stderr,
            flush=True,
        )
        yield row


def settle(given: argparse.Namespace, folder: Path) -> Options:
    cores = process.cores() or (None, None)
    databases = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    options = Options(
        folder,
        tuple(sorted(given.items)),
        given.seconds,
        given.connections,
        databases,
        given.data,
        given.out,
    )
    if url := os.environ.get("TEST_DATABASE_URL"):
        options = replace(options, postgresql=url)
    return replace(options, generator_core=cores[0], server_core=cores[1])


def run(given: argparse.Namespace) -> int:
    rows: list[report.Row] = []
    code = 0
    with tempfile.TemporaryDirectory(prefix="steward-bench-") as folder:
        options = settle(given, Path(folder))
        conditions = about(options)
        try:
            if "postgresql" in options.databases and set(given.names) & {
                "http",
                "exchange",
                "roadmap",
                "schedule",
                "deliver",
            }:
                with server(options.postgresql):
                    pass
            for name in given.names:
                found: list[report.Row] = []
                try:
                    for row in measure(name, replace(options, folder=options.folder / name)):
                        found.append(row)
                finally:
                    rows += report.grown(found, GROWTH)
        except process.Failed as failed:
            print(f"bench: {failed}", file=sys.stderr)
            code = 2
        except KeyboardInterrupt:
            print("bench: stopped", file=sys.stderr)
            code = 130
    if rows:
        report.show(rows, conditions)
    if given.json:
        report.save(rows, conditions, given.json)
    return code or int(any(row.margin is not None and row.margin < 1 for row in rows))


def main(arguments: list[str] | None = None) -> int:
    given = parse(arguments)
    if not given.names:
        catalogue()
        return 0
    process.interruptible()
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
