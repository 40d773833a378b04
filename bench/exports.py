"""Rows a second of `steward import`, and of `steward export` beside the same rows written by the standard library."""

import csv
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import imports
from bench.options import Options
from bench.report import Figures, Row

Items = Sequence[Mapping[str, Any]]


def plain_json(items: Items, path: Path) -> None:
    """In one piece, which is faster than json.dump: that one encodes in Python."""
    path.write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")


def plain_csv(items: Items, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(items[0])
        out.writerows(item.values() for item in items)


PEERS: Mapping[str, tuple[str, Callable[[Items, Path], None]]] = {
    "json": ("json.dumps", plain_json),
    "csv": ("csv.writer", plain_csv),
}


def measure(kind: str, rows: int, url: str, folder: Path, options: Options) -> Iterator[Row]:
    """The export of the product APP, which holds `rows` items, as it is typed: start, reading and writing."""
    items: Items = ()
    for form, (name, write) in PEERS.items():
        path, plain = folder / f"export.{form}", folder / f"plain.{form}"
        arguments = ("export", "--product", "APP", "--format", form, "--out", str(path))
        begun = time.perf_counter()
        imports.steward(*arguments, url=url, folder=folder, core=options.server_core)
        took = time.perf_counter() - begun
        items = items or json.loads(path.read_text(encoding="utf-8"))["items"]
        begun = time.perf_counter()
        write(items, plain)
        plainly = time.perf_counter() - begun
        megabytes = path.stat().st_size / 1e6
        path.unlink()
        plain.unlink()
        yield Row(
            f"export {form}",
            kind,
            rows,
            Figures(rate=rows / took),
            name,
            Figures(rate=rows / plainly),
            ratio=plainly / took,
            errors=rows - len(items),
            note=f"{megabytes:.0f} MB in {took:.1f} s; the peer writes rows that stand in memory",
        )


def run(options: Options) -> Iterator[Row]:
    yield from imports.run(options, measure)
